/// Every key of a configurable type with type, default, unit, range and meaning; made from the declarations, so it
/// cannot lie.
public struct ConfigurationSchema: Hashable, Sendable {
  /// One key, one term, or one section.
  public struct Entry: Hashable, Sendable {
    /// `ppo.clipRange`; below a list of sections `pushes.N.force`, below a list of terms `rewards.tilt.weight`.
    public var path: String
    public var type: String
    public var defaultText: String
    /// SI symbols; empty for values without a unit.
    public var unit: String
    public var allowed: String
    public var documentation: String

    public init(
      path: String, type: String, defaultText: String = "", unit: String = "", allowed: String = "",
      documentation: String
    ) {
      self.path = path
      self.type = type
      self.defaultText = defaultText
      self.unit = unit
      self.allowed = allowed
      self.documentation = documentation
    }
  }

  /// What stands in the column of defaults for a key that has none.
  static let requiredText = "(required)"

  public var entries: [Entry]

  public init<Value: Configurable>(of type: Value.Type) {
    entries = Value.schemaEntries(defaults: Value(), prefix: "")
  }

  /// A table with one line for each key, its columns aligned; ends with a newline.
  public var table: String {
    let header = ["key", "type", "default", "unit", "allowed", "meaning"]
    let rows = [header] + entries.map(\.columns)
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      var line = ""
      for (text, width) in zip(row, widths) { line += text + String(repeating: " ", count: width - text.count + 2) }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as a list of objects, for programs.
  public var json: ConfigurationNode {
    .sequence(
      entries.map { entry in
        .mapping(
          zip(["key", "type", "default", "unit", "allowed", "documentation"], entry.columns).map { ($0, .text($1)) })
      })
  }
}

extension ConfigurationSchema.Entry {
  fileprivate var columns: [String] { [path, type, defaultText, unit, allowed, documentation] }
}

// MARK: - Checking the declarations themselves

extension ConfigurationSchema {
  /// What a programmer got wrong in the declarations of a type, for a test to show: double or badly spelled keys,
  /// missing documentation, defaults that lie outside their own range or break a cross check.
  public static func faults<Value: Configurable>(of type: Value.Type) -> [String] {
    let schema = ConfigurationSchema(of: Value.self)
    var faults: [String] = []
    var seen: Set<String> = []
    for entry in schema.entries {
      if !seen.insert(entry.path).inserted { faults.append("\(entry.path): declared twice") }
      let isSpelledWell = entry.path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { name in
        name == "N"
          || (name.first?.isLowercase ?? false) && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      }
      if !isSpelledWell { faults.append("\(entry.path): not in lowerCamelCase") }
      if entry.documentation.isEmpty || entry.documentation.contains("\n") {
        faults.append("\(entry.path): documentation is not one line")
      }
    }
    // The default of a required key is only a placeholder.
    let placeholders = Set(schema.entries.filter { $0.defaultText == requiredText }.map(\.path))
    do {
      _ = try Configured<Value>(reading: Value().written)
    } catch {
      let wrong = error.problems.filter { !placeholders.contains($0.place) }
      faults += wrong.map { "\($0.place): the default is \($0.found); allowed \($0.allowed)" }
    }
    return faults
  }
}
