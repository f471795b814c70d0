import Foundation

/// The sanitizer that the tests were built with; Tests/Torture/support/suite.py says which.
public enum Sanitizer {
  /// `address` or `thread`, `nil` for none.
  public static let name = ProcessInfo.processInfo.environment["POISE_SANITIZER"]

  /// How many times slower it may make a program; 1 without one.
  public static let slowness = name == nil ? 1 : 10
}
