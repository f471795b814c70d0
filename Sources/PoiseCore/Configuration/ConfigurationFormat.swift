/// The format of a `Value` in a file: how it is read, checked, written and documented.
///
/// Formats are values that combine: `.optional(.list(of: .number(.positive, unit: "rad")))`.
public struct ConfigurationFormat<Value: Sendable>: Sendable {
  /// The text of the schema's column `type`: `number`, `list of names`, `section or null`.
  public var typeName: String
  /// The unit in SI symbols; empty for values without one.
  public var unit: String
  /// The text of the schema's column `allowed`: `(0, 1]`, `'direct', 'iterative'`; empty if the type alone describes
  /// it.
  public var allowed: String
  /// The phrase after "allowed" in messages: `a number above 0 rad/s`.
  public var phrase: String
  /// Reads a node, or reports why that is not possible and returns `nil`. The second argument is the default value, if
  /// there is one.
  public var read: @Sendable (ConfigurationNode, Value?, inout ConfigurationReader) -> Value?
  /// Writes the value as a node; reading that node gives the same value.
  public var write: @Sendable (Value) -> ConfigurationNode
  /// Writes the value on one line, for the schema's column `default`.
  public var summary: @Sendable (Value) -> String
  /// Lists the keys below this one, if the value has any.
  public var children: @Sendable (Value?, _ path: String) -> [ConfigurationSchema.Entry]

  /// Makes a format of its parts, which the properties of the same names explain.
  ///
  /// - Parameters:
  ///   - typeName: what may be written, in a word or two.
  ///   - unit: in SI symbols; empty for values without one.
  ///   - allowed: the interval or the names that are allowed; empty if the type alone describes it.
  ///   - phrase: the same for messages, after "allowed".
  ///   - read: turns a node into a value, or reports why it cannot.
  ///   - write: turns a value into a node.
  ///   - summary: the value on one line; by default the written value.
  ///   - children: the keys below this one; none by default.
  public init(
    typeName: String, unit: String = "", allowed: String = "", phrase: String,
    read: @escaping @Sendable (ConfigurationNode, Value?, inout ConfigurationReader) -> Value?,
    write: @escaping @Sendable (Value) -> ConfigurationNode,
    summary: (@Sendable (Value) -> String)? = nil,
    children: @escaping @Sendable (Value?, _ path: String) -> [ConfigurationSchema.Entry] = { _, _ in [] }
  ) {
    self.typeName = typeName
    self.unit = unit
    self.allowed = allowed
    self.phrase = phrase
    self.read = read
    self.write = write
    self.summary = summary ?? { write($0).flowText }
    self.children = children
  }
}

// MARK: - Booleans, text, choices

extension ConfigurationFormat where Value == Bool {
  /// `true` or `false`, and nothing else: `yes` and `on` are booleans in YAML 1.1, but text in YAML 1.2.
  public static var boolean: Self {
    Self(
      typeName: "boolean", allowed: "true, false", phrase: "true or false",
      read: { node, _, reader in
        if let scalar = node.scalar, !scalar.isQuoted {
          if scalar.text == "true" { return true }
          if scalar.text == "false" { return false }
        }
        let remedy =
          switch node.scalar?.text.lowercased() {
          case "true", "yes", "on", "y", "1": "Write true, without quotes."
          case "false", "no", "off", "n", "0": "Write false, without quotes."
          default: ""
          }
        reader.report(node, allowed: "true or false", remedy: remedy)
        return nil
      },
      write: { .plain($0 ? "true" : "false") })
  }
}

extension ConfigurationFormat where Value == String {
  /// Any text that is not empty.
  ///
  /// - Parameter phrase: what the text is, for messages and the schema: `the name of a body`, `a path to an MJCF file`.
  public static func text(_ phrase: String = "text") -> Self {
    Self(
      typeName: "text", allowed: phrase == "text" ? "" : phrase, phrase: phrase,
      read: { node, _, reader in
        if let scalar = node.scalar, !scalar.text.isEmpty, !node.isNull { return scalar.text }
        reader.report(
          node, allowed: phrase, remedy: node.isNull ? "Put the word in quotes if it is meant as text." : "")
        return nil
      },
      write: { .text($0) })
  }
}

extension ConfigurationFormat where Value == ConfigurationNode {
  /// Any value that is not empty, unchanged, for a later stage to interpret.
  public static var anyValue: Self {
    Self(
      typeName: "value", phrase: "a value",
      read: { node, _, reader in
        if !node.isEmpty { return node }
        reader.report(node, allowed: "a value", remedy: "Write null for none.")
        return nil
      },
      write: { $0 })
  }
}

extension ConfigurationFormat where Value: RawRepresentable<String> & CaseIterable {
  /// One of the cases of an enumeration, by their raw values.
  public static var choice: Self { choice(among: Array(Value.allCases)) }
}

extension ConfigurationFormat where Value: RawRepresentable<String> {
  /// One of several values, by their raw values.
  public static func choice(among values: [Value]) -> Self {
    choice(among: values.map(\.rawValue), read: { name in values.first { $0.rawValue == name } }, write: \.rawValue)
  }
}

extension ConfigurationFormat where Value == String {
  /// One of several names.
  ///
  /// - Parameters:
  ///   - names: the names.
  ///   - advice: where they are explained, as a sentence; may be empty.
  public static func choice(among names: [String], advice: String = "") -> Self {
    choice(among: names, advice: advice, read: { names.contains($0) ? $0 : nil }, write: { $0 })
  }
}

extension ConfigurationFormat {
  private static func choice(
    among names: [String], advice: String = "", read: @escaping @Sendable (String) -> Value?,
    write: @escaping @Sendable (Value) -> String
  ) -> Self {
    let phrase = names.count == 1 ? quotedList(names) : "one of \(quotedList(names))"
    return Self(
      typeName: "choice", allowed: names.joined(separator: ", "), phrase: phrase,
      read: { node, _, reader in
        if let scalar = node.scalar, let value = read(scalar.text) { return value }
        let remedies = [suggestion(for: node.scalar?.text ?? "", among: names), advice]
        reader.report(node, allowed: phrase, remedy: remedies.filter { !$0.isEmpty }.joined(separator: " "))
        return nil
      },
      write: { .text(write($0)) })
  }
}
