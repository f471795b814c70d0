extension ConfigurationNode {
  /// The tree as YAML 1.2, in block style, with short lists in brackets; ends with a newline. Reading it gives the
  /// same tree.
  public var yamlText: String { blockLines.joined(separator: "\n") + "\n" }

  /// The tree as YAML on one line, in flow style.
  public var flowText: String {
    switch content {
    case .scalar(let scalar): return yamlScalar(scalar)
    case .sequence(let items): return "[" + items.map(\.flowText).joined(separator: ", ") + "]"
    case .mapping(let entries):
      return "{" + entries.map { "\(yamlKey($0.key)): \($0.value.flowText)" }.joined(separator: ", ") + "}"
    }
  }

  /// Whether the value is written on the line of its key.
  private var isInline: Bool {
    switch content {
    case .scalar: true
    case .sequence(let items): items.allSatisfy { $0.scalar != nil }
    case .mapping(let entries): entries.isEmpty
    }
  }

  private var blockLines: [String] {
    if isInline { return [flowText] }
    switch content {
    case .scalar: return [flowText]
    case .sequence(let items):
      return items.flatMap { item in
        item.blockLines.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
      }
    case .mapping(let entries):
      return entries.flatMap { entry in
        entry.value.isInline
          ? ["\(yamlKey(entry.key)): \(entry.value.flowText)"]
          : ["\(yamlKey(entry.key)):"] + entry.value.blockLines.map { "  " + $0 }
      }
    }
  }

  /// The tree as JSON (RFC 8259), two spaces for each level, short lists on one line; no newline at the end.
  public var jsonText: String { json(indent: "") }

  private func json(indent: String) -> String {
    let inner = indent + "  "
    switch content {
    case .scalar(let scalar):
      let isLiteral =
        !scalar.isQuoted && (["true", "false", "null"].contains(scalar.text) || isJSONNumber(scalar.text))
      return isLiteral ? scalar.text : escaped(scalar.text)
    case .sequence(let items):
      if isInline { return "[" + items.map { $0.json(indent: "") }.joined(separator: ", ") + "]" }
      return "[\n" + items.map { inner + $0.json(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .mapping(let entries):
      if entries.isEmpty { return "{}" }
      let lines = entries.map { "\(inner)\(escaped($0.key)): \($0.value.json(indent: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }
  }
}

extension Configurable {
  /// The whole configuration, defaults included, as YAML that reads back as the same value.
  public var yamlText: String { written.yamlText }
  /// The whole configuration, defaults included, as JSON.
  public var jsonText: String { written.jsonText }
}

// MARK: - Scalars

private func yamlScalar(_ scalar: ConfigurationNode.Scalar) -> String {
  scalar.isQuoted ? yamlKey(scalar.text) : scalar.text
}

/// Text without quotes if every reader of YAML reads it as text, otherwise in double quotes.
private func yamlKey(_ text: String) -> String {
  func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 }
  let inner = "0123456789-./ ".utf8
  let isSafe =
    text.utf8.first.map(isLetter) ?? false && text.utf8.last != UInt8(ascii: " ")
    && text.utf8.allSatisfy { isLetter($0) || inner.contains($0) }
    && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
  return isSafe ? text : escaped(text)
}

/// Text in double quotes with escapes that YAML and JSON share.
private func escaped(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    default:
      let value = scalar.value
      // Control characters, line separators, byte order marks and noncharacters; none lies beyond U+FFFF.
      let isSpecial =
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029 || value == 0xFEFF
        || value == 0xFFFE || value == 0xFFFF
      if isSpecial {
        let digits = String(value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
  return result + "\""
}

/// Whether text is a number in JSON, which requires a digit on both sides of the point and no plus sign; YAML does not.
private func isJSONNumber(_ text: String) -> Bool {
  guard NumberSyntax(text) == .number, !text.hasPrefix("+") else { return false }
  let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
  guard let first = digits.utf8.first, (48...57).contains(first) else { return false }
  guard let point = digits.firstIndex(of: ".") else { return true }
  return digits.utf8[digits.utf8.index(after: point)...].first.map { (48...57).contains($0) } ?? false
}
