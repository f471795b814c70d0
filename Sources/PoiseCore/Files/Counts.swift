extension Int {
  /// Whether a count that a file tells is one from which counting may go on: 0 to 2⁴⁸.
  ///
  /// No run counts so far, and beyond it the next step, or a sum, could leave the integers and end the process.
  public var isPossibleCount: Bool { (0..<1 << 48).contains(self) }
}
