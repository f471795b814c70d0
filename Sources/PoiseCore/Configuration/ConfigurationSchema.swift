/// Every key of a configurable type with its type, default, unit, range and meaning. It is made from the declarations, so it
/// always agrees with them.
public struct ConfigurationSchema: Hashable, Sendable {
  /// One key, one term, or one section.
  public struct Entry: Hashable, Sendable {
    /// `ppo.clipRange`; below a list of sections `pushes.N.force`, below names of one's choice
    /// `joints.NAME.scale`, below a list of terms `rewards.tilt.weight`.
    public var path: String
    /// What may be written, in a word or two: `number`, `list of names`, `section`.
    public var type: String
    /// The default as it would be written; `(required)` if the key has none.
    public var defaultText: String
    /// The unit in SI symbols; empty for values without one.
    public var unit: String
    /// The interval or the names that are allowed; empty if the type alone describes it.
    public var allowed: String
    /// One sentence on what the key means.
    public var documentation: String
    /// Names in older files for the last part of the path.
    public var formerNames: [String]

    /// Makes an entry; texts that are left out are empty.
    public init(
      path: String, type: String, defaultText: String = "", unit: String = "", allowed: String = "",
      documentation: String, formerNames: [String] = []
    ) {
      self.path = path
      self.type = type
      self.defaultText = defaultText
      self.unit = unit
      self.allowed = allowed
      self.documentation = documentation
      self.formerNames = formerNames
    }
  }

  /// The text in the column of defaults for a key without a default.
  static let requiredText = "(required)"

  /// All keys, in the order in which they are declared; the keys of a section follow it.
  public var entries: [Entry]

  /// A table with one line for each key, its columns aligned; ends with a newline.
  public var table: String {
    let header = ["key", "type", "default", "unit", "allowed", "meaning"]
    return TextTable(header: header, rows: entries.map(\.columns), isTextOnly: true).text(indent: 0) + "\n"
  }

  /// The keys of one section and what is below them, with the section itself; `nil` where none is called so.
  ///
  /// - Parameter path: `ppo`, `training`, or deeper: `ppo.learningRate`.
  public func section(_ path: String) -> Self? {
    var section = self
    section.entries = entries.filter { $0.path == path || $0.path.hasPrefix(path + ".") }
    return section.entries.isEmpty ? nil : section
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
