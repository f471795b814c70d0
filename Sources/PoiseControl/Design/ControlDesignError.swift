/// Why a controller cannot be designed for a robot: a person's robot or scenario does not allow it.
public struct ControlDesignError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found.
  public var found: String
  /// What the design needs.
  public var allowed: String
  /// What to do, as a sentence; may be empty.
  public var remedy: String

  /// An error; `found` and `allowed` are phrases.
  public init(found: String, allowed: String, remedy: String = "") {
    self.found = found
    self.allowed = allowed
    self.remedy = remedy
  }

  /// All in one line.
  public var description: String { "found \(found); allowed \(allowed). \(remedy)" }
}
