/// A place in the user's input: a file and a line, or a command-line option.
public struct ConfigurationLocation: Hashable, Sendable {
  /// The file as the user named it, or an option such as `--set seed=3`.
  public var file: String
  /// The line in `file`, counted from 1; `nil` if there are no lines.
  public var line: Int?

  /// A place in a file; without a line, the file as a whole.
  public init(file: String, line: Int? = nil) {
    self.file = file
    self.line = line
  }
}

/// A configuration before its keys are interpreted: text, lists and mappings, each with the place where it was written.
///
/// YAML is one source of such trees (`PoiseScenarios`); nothing here depends on YAML, apart from writing.
public struct ConfigurationNode: Hashable, Sendable {
  /// The content of a node.
  public enum Content: Hashable, Sendable {
    /// A number, a word, a boolean, or nothing.
    case scalar(Scalar)
    /// A list, in the order of the file.
    case sequence([ConfigurationNode])
    /// A mapping, in the order of the file; a key may occur twice, which reading reports.
    case mapping([Entry])
  }

  /// Text that a key's format interprets.
  public struct Scalar: Hashable, Sendable {
    /// The characters, without quotes and with escapes resolved.
    public var text: String
    /// Whether the text was in quotes or in a text block, so that it can only be text.
    public var isQuoted: Bool

    /// A scalar with the given text, unquoted by default.
    public init(_ text: String, isQuoted: Bool = false) {
      self.text = text
      self.isQuoted = isQuoted
    }
  }

  /// One `key: value` of a mapping.
  public struct Entry: Hashable, Sendable {
    /// The text before the colon.
    public var key: String
    /// The place of the key.
    public var location: ConfigurationLocation
    /// The value after the colon, or below it.
    public var value: ConfigurationNode

    /// Makes an entry; a location with an empty file means that the tree was made in code.
    public init(_ key: String, at location: ConfigurationLocation = .init(file: ""), _ value: ConfigurationNode) {
      self.key = key
      self.location = location
      self.value = value
    }
  }

  /// The text, list or mapping.
  public var content: Content
  /// The place of the value.
  public var location: ConfigurationLocation

  /// Makes a node; a location with an empty file means that the tree was made in code.
  public init(_ content: Content, at location: ConfigurationLocation = .init(file: "")) {
    self.content = content
    self.location = location
  }
}

extension ConfigurationNode {
  /// Text that is written without quotes: a number, `true`, `null`.
  public static func plain(_ text: String) -> Self { Self(.scalar(Scalar(text))) }
  /// Text that can only be text.
  public static func text(_ text: String) -> Self { Self(.scalar(Scalar(text, isQuoted: true))) }
  /// A list of nodes, made in code.
  public static func sequence(_ items: [Self]) -> Self { Self(.sequence(items)) }
  /// A mapping of keys to values in the given order, made in code.
  public static func mapping(_ entries: [(String, Self)]) -> Self { Self(.mapping(entries.map { Entry($0, $1) })) }
  /// The word `null`, without quotes.
  public static var null: Self { plain("null") }

  var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// Whether there is a key without a value.
  var isEmpty: Bool { scalar.map { !$0.isQuoted && $0.text.isEmpty } ?? false }

  /// Whether the value is an explicit `null` or `~`.
  package var isNull: Bool { scalar.map { !$0.isQuoted && ["null", "~", "Null", "NULL"].contains($0.text) } ?? false }

  /// The entries of a mapping; an empty list if nothing was written below its key.
  package var entries: [Entry]? {
    if case .mapping(let entries) = content { return entries }
    return isEmpty ? [] : nil
  }

  /// The same tree, with every part at one location.
  public func placed(at location: ConfigurationLocation) -> Self {
    switch content {
    case .scalar: return Self(content, at: location)
    case .sequence(let items): return Self(.sequence(items.map { $0.placed(at: location) }), at: location)
    case .mapping(let entries):
      let moved = entries.map { Entry($0.key, at: location, $0.value.placed(at: location)) }
      return Self(.mapping(moved), at: location)
    }
  }

  /// The value as a message shows it: `-1`, `'fast'`, `a list of 3 values`, `a mapping with the keys 'a', 'b'`.
  public var found: String {
    switch content {
    case .scalar(let scalar):
      if isEmpty { return "nothing" }
      if !scalar.isQuoted, NumberSyntax(scalar.text) == .number { return scalar.text }
      return quoted(scalar.text)
    case .sequence(let items):
      return items.isEmpty
        ? "an empty list" : items.count == 1 ? "a list of 1 value" : "a list of \(items.count) values"
    case .mapping(let entries):
      if entries.isEmpty { return "an empty mapping" }
      let names = entries.prefix(3).map { quoted($0.key) }.joined(separator: ", ")
      return "a mapping with the key\(entries.count == 1 ? "" : "s") \(names)\(entries.count > 3 ? ", …" : "")"
    }
  }
}

/// `'text'`, on one line and at most 60 characters long. White space that looks like a blank but is not one is named after the text.
func quoted(_ text: String) -> String {
  let line = text.prefix(61).map { $0.isNewline ? "↵" : $0 }
  return "'" + String(line.prefix(60)) + (line.count > 60 ? "…" : "") + "'" + foreignSpaceRemark(text)
}

/// ` (with a no-break space, U+00A0)`, or nothing: text copied from web pages holds white space that no program takes for a blank.
public func foreignSpaceRemark(_ text: String) -> String {
  guard
    let space = text.unicodeScalars.first(where: {
      $0.value >= 0xA0 && ($0.properties.isWhitespace || $0.value == 0x200B)
    })
  else { return "" }
  let digits = String(space.value, radix: 16, uppercase: true)
  let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  let name = space.properties.name.map { "\($0.lowercased()), " } ?? ""
  return " (with a \(name)U+\(code), which looks like a blank)"
}

/// `'a', 'b', 'c'`.
func quotedList(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }
