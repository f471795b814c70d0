extension Int {
  /// Whether counting can continue from this number, which was read from a file: 0 to 2⁴⁸.
  ///
  /// No run counts that far. Beyond it, the next step or a sum could overflow and end the process.
  public var isPossibleCount: Bool { (0..<1 << 48).contains(self) }
}
