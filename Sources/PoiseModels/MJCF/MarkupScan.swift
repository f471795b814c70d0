/// A first scan of the bytes of an XML file, before libxml2 parses them: refuses harmful constructs, finds where tags start.
///
/// Document type declarations are the only way to entities, external files and their expansion, so they are refused
/// here. libxml2 gives the line where a start tag ends, but messages need the line where it begins. For a tag that is
/// never closed it only says that the file ended too early, so pairs of tags are checked here.
struct MarkupScan {
  static let depthLimit = 150
  static let elementLimit = 50_000
  /// Attributes of one element; libxml2 compares each with all others.
  static let attributeLimit = 200

  struct Failure: Error {
    var line: Int
    var found: String
    var allowed: String
    var remedy: String
  }

  /// The line of each start tag, in the order of the file.
  private(set) var startLines: [Int] = []

  /// The file with its comments blanked, for libxml2: MuJoCo's parser allows '--' inside them, libxml2 does not.
  private(set) var bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ bytes: [UInt8]) throws(Failure) {
    self.bytes = bytes
    try scan()
  }

  private mutating func scan() throws(Failure) {
    /// Open elements: their names and lines. Names are copies, since slices would make every blanked comment copy the file.
    var open: [(name: [UInt8], line: Int)] = []
    while try skipText(isInside: !open.isEmpty) {
      if follows("!--") {
        let start = position - 1
        position += 3
        try close("-->", "comment")
        for i in start..<position where bytes[i] != UInt8(ascii: "\n") { bytes[i] = UInt8(ascii: " ") }
      } else if follows("![CDATA[") {
        try close("]]>", "CDATA section")
      } else if follows("?") {
        try checkEncoding()
        try close("?>", "processing instruction")
      } else if follows("!") {
        throw Failure(
          line: line, found: "a document type or entity declaration ('<!')",
          allowed: "elements, attributes and comments",
          remedy: "Remove the declaration; entities are not expanded.")
      } else if follows("/") {
        position += 1
        let name = tagName
        guard let opened = open.popLast() else {
          throw Failure(
            line: line, found: "the closing tag '</\(text(name))>' without an opening one", allowed: "tags in pairs",
            remedy: "Remove it.")
        }
        guard opened.name == name else {
          throw Failure(
            line: line, found: "the closing tag '</\(text(name))>'",
            allowed: "'</\(text(opened.name))>', for the element opened in line \(opened.line)",
            remedy: "Close '\(text(opened.name))' first.")
        }
        advance(past: ">")
      } else {
        guard !open.isEmpty || startLines.isEmpty else {
          throw Failure(
            line: line, found: "a second root element", allowed: "one root element",
            remedy: "Put everything into one <mujoco> … </mujoco>.")
        }
        startLines.append(line)
        open.append((tagName, line))
        guard open.count <= Self.depthLimit else {
          throw Failure(
            line: line, found: "elements nested more than \(Self.depthLimit) deep",
            allowed: "at most \(Self.depthLimit) levels", remedy: "Flatten the tree of bodies.")
        }
        guard startLines.count <= Self.elementLimit else {
          throw Failure(
            line: line, found: "more than \(Self.elementLimit) elements", allowed: "at most \(Self.elementLimit)",
            remedy: "Split or simplify the model.")
        }
        if try skipTag() { open.removeLast() }
      }
    }
    if let innermost = open.last {
      throw Failure(
        line: line, found: "the end of the file inside '\(text(innermost.name))', opened in line \(innermost.line)",
        allowed: "a file that ends after its root element", remedy: "The file may be cut off; close the element.")
    }
  }

  /// The name that starts here, up to white space, '/' or '>'.
  private var tagName: [UInt8] {
    Array(bytes[position...].prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ">") })
  }

  private func text(_ name: [UInt8]) -> String { String(decoding: name.prefix(60), as: UTF8.self) }

  /// Moves to just after the next '<', or to the end of the file.
  ///
  /// - Parameter isInside: whether the position is inside the root element, where text is ignored; elsewhere it is a failure.
  /// - Returns: whether there is one.
  private mutating func skipText(isInside: Bool) throws(Failure) -> Bool {
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "<") { return true }
      if byte == UInt8(ascii: "\n") { line += 1 }
      if byte > 0x20, !isInside {
        throw Failure(
          line: line, found: "text outside the root element", allowed: "nothing before <mujoco> and behind </mujoco>",
          remedy: startLines.isEmpty ? "Is this an MJCF file?" : "Remove it.")
      }
    }
    return false
  }

  /// Moves to the end of a start tag, past quoted values.
  ///
  /// - Returns: whether the tag closes itself.
  private mutating func skipTag() throws(Failure) -> Bool {
    let start = line
    var previous: UInt8 = 0
    var values = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: ">"): return previous == UInt8(ascii: "/")
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        values += 1
        guard values <= Self.attributeLimit else {
          throw Failure(
            line: start, found: "an element with more than \(Self.attributeLimit) attributes",
            allowed: "at most \(Self.attributeLimit)", remedy: "No element of MJCF has so many.")
        }
        if byte == UInt8(ascii: "'") { advance(past: "'") } else { advance(past: "\"") }
      case UInt8(ascii: "\n"): line += 1
      default: break
      }
      previous = byte
    }
    throw Failure(
      line: start, found: "a tag without its closing '>', or a value without its closing quote",
      allowed: "well-formed XML", remedy: "The file may be cut off; close the tag.")
  }

  /// In `<?xml … encoding="…"?>` only UTF-8 and its subset ASCII are allowed: others could hide a declaration from this scan.
  private func checkEncoding() throws(Failure) {
    var end = position
    while end < bytes.count, bytes[end] != UInt8(ascii: ">") { end += 1 }
    let text = String(decoding: bytes[position..<end], as: UTF8.self)
    guard text.hasPrefix("?xml"), let start = text.firstRange(of: "encoding") else { return }
    let value = text[start.upperBound...].drop { "= \t\r\n\"'".contains($0) }.prefix { !"\"' \t\r\n?".contains($0) }
    guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(value.lowercased()) else {
      throw Failure(
        line: line, found: "encoding \(quoted(value))", allowed: "UTF-8",
        remedy: "Save the file as UTF-8 and change or remove the encoding.")
    }
  }

  private func follows(_ text: StaticString) -> Bool {
    guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
    for i in 0..<text.utf8CodeUnitCount where bytes[position + i] != text.utf8Start[i] { return false }
    return true
  }

  /// Moves to just after the next `end`; its absence is a failure.
  private mutating func close(_ end: StaticString, _ kind: String) throws(Failure) {
    let start = line
    guard advance(past: end) else {
      throw Failure(
        line: start, found: "a \(kind) that does not end", allowed: "'\(end)' behind it", remedy: "Close it.")
    }
  }

  /// Moves to just after the next `text`, or to the end of the file.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  private mutating func advance(past text: StaticString) -> Bool {
    let first = text.utf8Start[0]
    while position < bytes.count {
      if bytes[position] == first, follows(text) {
        position += text.utf8CodeUnitCount
        return true
      }
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
    return false
  }
}
