public import PoiseCore

/// A target value that the robot is asked to follow, such as a velocity.
public struct Command: Configurable, Hashable {
  /// What terms call the command.
  public var name = ""
  /// The range that the value is drawn from uniformly, in `unit`.
  public var range = 0.0...0.0
  /// The unit, for tables; empty for a dimensionless number.
  public var unit = ""
  /// Time between two draws, s; `nil` draws once, at the start of an episode.
  public var interval: Double?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("name", \.name, .text("a name"), "What terms call it.", isRequired: true),
    .key("range", \.range, .range(), "Drawn uniformly when an episode starts.", isRequired: true),
    .key("unit", \.unit, unitFormat, "Its unit, for tables."),
    .key(
      "interval", \.interval, .optional(.number(.above(0, through: 1e6), unit: "s")),
      "Time between two draws; null: drawn once."),
  ]
}

/// Text that may be empty.
private let unitFormat = ConfigurationFormat<String>(
  typeName: "text", phrase: "a unit, such as \"m/s\"",
  read: { node, _, reader in
    if case .scalar(let scalar) = node.content { return scalar.text }
    reader.report(node, allowed: "a unit, such as \"m/s\"")
    return nil
  },
  write: { .text($0) })
