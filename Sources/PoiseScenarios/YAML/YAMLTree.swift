public import PoiseCore
import Yams

/// Reads YAML as a neutral tree, and refuses what a scenario never needs but an attack or a typing error might contain.
///
/// The syntax is libyaml's (YAML 1.1), through Yams. Beyond it, refused are: anchors and aliases (a few lines of
/// them expand to gigabytes), tags, several documents, keys that are not text, more than `YAMLLimit.nesting` levels,
/// control characters, anything but UTF-8. The key that a scalar belongs to decides what it means: see
/// `ConfigurationFormat`.
public enum YAMLTree {
  /// Reads a file.
  ///
  /// - Throws: `InputOutputError` if the file cannot be read, `InvalidInput` if it is not one document of plain YAML.
  public static func read(contentsOf path: String) throws -> ConfigurationNode {
    try read(ScenarioFile.read(path), file: path)
  }

  /// Reads text that came from `file`.
  ///
  /// - Throws: `InvalidInput` if the text is not one document of plain YAML.
  public static func read(_ text: String, file: String) throws(InvalidInput) -> ConfigurationNode {
    try read(Array(text.utf8), file: file)
  }

  static func read(_ bytes: [UInt8], file: String) throws(InvalidInput) -> ConfigurationNode {
    let text = try checkedText(bytes, file: file)
    let (root, marker) = try compose(text, file: file)
    guard let root else {
      throw InvalidInput(
        Problem(
          file: file, found: "nothing", allowed: "keys with their values",
          remedy: "See '\(ProgramCommand.line("inspect", "--schema"))'."))
    }
    var conversion = Conversion(file: file, marker: marker)
    let node = conversion.node(root, level: 1)
    guard conversion.problems.isEmpty else { throw InvalidInput(conversion.problems) }
    return node
  }

  // MARK: - Before libyaml

  private static func checkedText(_ bytes: [UInt8], file: String) throws(InvalidInput) -> String {
    guard bytes.count <= ScenarioFile.sizeLimit else {
      throw InvalidInput(ScenarioFile.tooLarge(file, found: "\(bytes.count) bytes"))
    }
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    let content = hasMark ? bytes[3...] : bytes[...]
    guard let text = String(validating: content, as: UTF8.self) else {
      let repaired = String(decoding: content, as: UTF8.self)
      let line = repaired.unicodeScalars.firstIndex(of: "\u{FFFD}").map { repaired.lineNumber(at: $0) }
      throw InvalidInput(
        Problem(
          file: file, line: line, found: "bytes that are not UTF-8", allowed: "text in UTF-8",
          remedy: "Save the file as UTF-8."))
    }
    let control = text.unicodeScalars.firstIndex { scalar in
      let value = scalar.value
      let isControl =
        value < 0x20 && ![0x09, 0x0A, 0x0D].contains(value) || (0x7F...0x9F).contains(value) && value != 0x85
      return isControl || value == 0xFEFF || value == 0xFFFE || value == 0xFFFF
    }
    if let control {
      throw InvalidInput(
        Problem(
          file: file, line: text.lineNumber(at: control),
          found: "the control character U+\(text.unicodeScalars[control].hexadecimal)",
          allowed: "printable text",
          remedy: "Remove it."))
    }
    try refuseForeignSpaces(text, file: file)
    try refuseDeepBrackets(text, file: file)
    try refuseAliasBombs(text, file: file)
    return text
  }

  /// Refuses white space that YAML takes for text where plain white space is meant, as copied from web pages: at the beginning
  /// of a line, behind a colon, dash, comma or bracket, before a comment, a colon or the end of a line. Inside of text it may stay.
  private static func refuseForeignSpaces(_ text: String, file: String) throws(InvalidInput) {
    guard text.unicodeScalars.contains(where: { $0.value >= 0xA0 && $0.properties.isWhitespace }) else { return }
    var problems: [Problem] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let space = foreignSpace(in: Array(line.unicodeScalars)) else { continue }
      let name = space.properties.name.map { " (\($0.lowercased()))" } ?? ""
      problems.append(
        Problem(
          file: file, line: number + 1,
          found: "the white space U+\(space.hexadecimal)\(name), which looks like a blank",
          allowed: "plain blanks",
          remedy: "Replace it by a blank; it was probably copied from a web page or a document."))
    }
    if !problems.isEmpty { throw InvalidInput(problems) }
  }

  private static func foreignSpace(in line: [Unicode.Scalar]) -> Unicode.Scalar? {
    func isForeign(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0xA0 && scalar.properties.isWhitespace }
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\r" || isForeign(scalar)
    }
    var quote: Unicode.Scalar?
    for (i, scalar) in line.enumerated() {
      if let open = quote {
        if scalar == open { quote = nil }
        continue
      }
      let before = line[..<i].last { !isBlank($0) }
      let isAfterBlank = i == 0 || isBlank(line[i - 1])
      if scalar == "#", isAfterBlank { return nil }
      // A quote opens text only where a value may begin.
      let beginsValue = before.map { ":-,[{".unicodeScalars.contains($0) } ?? true
      if scalar == "\"" || scalar == "'", beginsValue { quote = scalar }
      guard isForeign(scalar) else { continue }
      let after = line[(i + 1)...].first { !isBlank($0) }
      if beginsValue || after.map({ "#:,]}".unicodeScalars.contains($0) }) ?? true { return scalar }
    }
    return nil
  }

  /// Refuses text with far more opening brackets than closing ones, since libyaml's time grows with their depth.
  ///
  /// Only counts, comments and quoted text included; what passes is at most slow by a second, and `Conversion`
  /// measures the depth.
  private static func refuseDeepBrackets(_ text: String, file: String) throws(InvalidInput) {
    var depth = 0
    var line = 1
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      default: break
      }
      if depth > 4 * YAMLLimit.nesting {
        throw InvalidInput(
          Problem(
            file: file, line: line, found: "far too many levels of lists and sections",
            allowed: "at most \(YAMLLimit.nesting)"))
      }
    }
  }

  /// Refuses text with an anchor and more than a handful of aliases, since Yams expands aliases in keys while it reads.
  ///
  /// Only counts what might be an anchor or an alias, comments and quoted text included. k aliases multiply a text by
  /// at most 3^(k/3), so what passes is harmless, and `Conversion` then refuses every anchor that there really is.
  private static func refuseAliasBombs(_ text: String, file: String) throws(InvalidInput) {
    let starters = Set(" \t\r\n[]{},:?-".utf8)
    let enders = Set(" \t\r\n,[]{}".utf8)
    let bytes = Array(text.utf8)
    var hasAnchor = false
    var aliases: [Int] = []
    var line = 1
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
      guard index == 0 || starters.contains(bytes[index - 1]) || bytes[index - 1] >= 0x80 else { continue }
      guard index + 1 < bytes.count, !enders.contains(bytes[index + 1]) else { continue }
      if byte == UInt8(ascii: "&") { hasAnchor = true } else { aliases.append(line) }
    }
    guard hasAnchor, aliases.count > 6 else { return }
    throw InvalidInput(
      Problem(
        file: file, line: aliases[0], found: "an alias (*name)", allowed: "no anchors and aliases",
        remedy: "Write the values out."))
  }

  // MARK: - libyaml

  /// The root node, `nil` for an empty document, and the marker of keys that are repeated in their mapping.
  ///
  /// Yams stops at the first mapping with a repeated key. To report that with everything else, the
  /// first of them is renamed by a marker (a private character, a number, the character again) and the text is read
  /// once more.
  private static func compose(_ text: String, file: String) throws(InvalidInput) -> (Node?, Unicode.Scalar?) {
    let marker: Unicode.Scalar = "\u{E000}"
    let canMark = !text.unicodeScalars.contains(marker)
    var text = text
    for attempt in 0... {
      do {
        // The resolver without rules: scalars stay the text that they are.
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        let root = try parser.singleRoot()
        if let root {
          // Nodes hold their anchors weakly, the parser strongly.
          let anchored = withExtendedLifetime(parser) { anchorLines(in: root, level: 1) }
          if !anchored.isEmpty {
            throw InvalidInput(
              anchored.map {
                Problem(
                  file: file, line: $0, found: "an anchor (&name)", allowed: "no anchors and aliases",
                  remedy: "Write the values out.")
              })
          }
        }
        return (root, canMark ? marker : nil)
      } catch let error as InvalidInput {
        throw error
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        // Reads again at most 64 times, and not more than a mebibyte in all.
        let isAffordable = attempt < 64 && (attempt + 1) * text.utf8.count <= 1 << 20
        let marked = canMark && isAffordable ? text.inserting(marker, number: attempt, at: context.mark) : nil
        guard let marked else {
          // What Yams calls a list or a mapping that it cannot show as text.
          let isText = names.first != "<uncovertable>"
          throw InvalidInput(
            Problem(
              file: file, line: context.mark.line,
              found: isText ? "the key '\(names.first ?? "")' more than once" : "a list or a section in place of a key",
              allowed: isText ? "each key once" : "names as keys",
              remedy: isText ? "Remove all but one of them." : ""))
        }
        text = marked
      } catch {
        throw InvalidInput(YAMLProblem.problem(for: error, text: text, file: file))
      }
    }
    preconditionFailure("the loop above ends by itself")
  }

  private static func anchorLines(in node: Node, level: Int) -> [Int] {
    // One line for each anchored node is enough, and expanded aliases are not traversed.
    if node.anchor != nil { return [node.mark?.line ?? 1] }
    guard level <= YAMLLimit.nesting else { return [] }
    return switch node {
    case .scalar, .alias: []
    case .sequence(let items): items.flatMap { anchorLines(in: $0, level: level + 1) }
    case .mapping(let pairs):
      pairs.flatMap { anchorLines(in: $0.key, level: level + 1) + anchorLines(in: $0.value, level: level + 1) }
    }
  }
}

extension Unicode.Scalar {
  /// At least four digits, as in U+00A0.
  fileprivate var hexadecimal: String {
    let code = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - code.count)) + code
  }
}

extension String {
  /// Counted from 1.
  func lineNumber(at index: Index) -> Int { 1 + self[..<index].utf8.count { $0 == UInt8(ascii: "\n") } }

  /// The text with `marker number marker` put in front of the key at `mark`, behind its quote if it has one.
  fileprivate func inserting(_ marker: Unicode.Scalar, number: Int, at mark: Mark) -> String? {
    // libyaml counts lines by \n, \r, \r\n, U+0085, U+2028 and U+2029, columns by scalars.
    let scalars = unicodeScalars
    var index = scalars.startIndex
    var line = 1
    while line < mark.line {
      guard index < scalars.endIndex else { return nil }
      let scalar = scalars[index]
      index = scalars.index(after: index)
      if scalar == "\r", index < scalars.endIndex, scalars[index] == "\n" { continue }
      if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) { line += 1 }
    }
    guard let key = scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex), key < scalars.endIndex
    else { return nil }
    // A key with a tag or an anchor is refused anyway, and nobody writes a block scalar as a key.
    guard !"&*!|>?[{".unicodeScalars.contains(scalars[key]) else { return nil }
    let isQuoted = scalars[key] == "\"" || scalars[key] == "'"
    var result = self
    let insertion = "\(marker)\(number)\(marker)"
    result.insert(contentsOf: insertion, at: isQuoted ? scalars.index(after: key) : key)
    return result
  }
}
