extension Int {
  /// Whether a number from a file is possible as a count: at least 0 and below 2⁴⁸.
  ///
  /// No run reaches larger counts. With one, the next step or a sum could overflow and end the process.
  public var isPossibleCount: Bool { (0..<1 << 48).contains(self) }

  /// The integer part of a number that may be anything: the nearest end of the integers' range where it lies beyond
  /// that, and 0 for NaN. `Int(_:)` ends the process on these, so it is not for numbers that come from a file.
  package init(clamping number: Double) {
    self = number >= 0x1p63 ? .max : number <= -0x1p63 ? .min : number.isNaN ? 0 : Int(number)
  }
}
