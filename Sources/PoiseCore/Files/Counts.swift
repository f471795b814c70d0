extension Int {
  /// Whether a number from a file is possible as a count: at least 0 and below 2⁴⁸.
  ///
  /// No run reaches larger counts. With one, the next step or a sum could overflow and end the process.
  public var isPossibleCount: Bool { (0..<1 << 48).contains(self) }
}
