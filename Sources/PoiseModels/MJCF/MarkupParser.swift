import Foundation
import FoundationXML
import PoiseCore

/// Parses the bytes of one XML file into a tree of elements.
enum MarkupParser {
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - file: its index among the model's files.
  /// - Returns: the root element, or `nil` after noting the problem.
  static func tree(of bytes: [UInt8], file: Int, findings: Findings) -> MJCFElement? {
    func refuse(_ line: Int, _ found: String, _ allowed: String, _ remedy: String) -> MJCFElement? {
      findings.problem(
        SourceLine(file: file, line: line), "", found: found, allowed: allowed, remedy: remedy)
      return nil
    }

    // First check that the bytes are text.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard bytes.contains(where: { $0 > 0x20 }) else {
      return refuse(1, "an empty file", "a model in MJCF", "Start with <mujoco> … </mujoco>.")
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return refuse(1, "text in UTF-16", "UTF-8", "Save the file as UTF-8.")
    }
    if let bad = bytes.firstIndex(where: { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) {
      return refuse(
        lineNumber(of: bad, in: bytes), "the control byte \(hexadecimal(bytes[bad]))", "MJCF text in UTF-8",
        "Is this a binary file? Name an MJCF text file.")
    }
    if let bad = firstInvalidUTF8(in: bytes) {
      return refuse(
        lineNumber(of: bad, in: bytes), "the byte \(hexadecimal(bytes[bad])), which is not UTF-8", "UTF-8",
        "Save the file as UTF-8.")
    }

    let scan: MarkupScan
    do {
      scan = try MarkupScan(bytes)
    } catch {
      return refuse(error.line, error.found, error.allowed, error.remedy)
    }

    let builder = TreeBuilder(file: file, startLines: scan.startLines)
    let parser = XMLParser(data: Data(scan.bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = builder
    // On Linux `parse()` may return true after an error, with a partial result: only the delegate is told.
    guard parser.parse(), builder.firstError == nil, let root = builder.root else {
      let code = builder.firstError?.code ?? (parser.parserError as NSError?)?.code ?? 0
      let line = builder.firstError?.line ?? parser.lineNumber
      return refuse(max(1, line), explanation(ofParserError: code), "well-formed XML", "Correct the markup here.")
    }
    return root
  }

  private static func hexadecimal(_ byte: UInt8) -> String { "0x" + String(byte, radix: 16, uppercase: true) }

  private static func lineNumber(of index: Int, in bytes: [UInt8]) -> Int {
    1 + bytes[..<index].count { $0 == 0x0A }
  }

  private static func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): position += scalar.count
      case .emptyInput: return nil
      case .error: return min(position, bytes.count - 1)
      }
    }
  }

  /// Explanations of libxml2's error codes (`xmlParserErrors`).
  private static func explanation(ofParserError code: Int) -> String {
    switch code {
    case 4: "a file without an element"
    case 5: "something after the end of the root element"
    case 9: "a character that XML does not allow"
    case 6, 7, 8: "a character reference that is not allowed"
    case 23, 26, 27, 28: "an entity that is not defined"
    case 38: "a '<' inside an attribute's value"
    case 39: "an attribute without a quoted value"
    case 40: "an attribute's value without its closing quote"
    case 41: "an attribute without '='"
    case 42: "the same attribute twice in one element"
    case 62: "']]>' outside a CDATA section"
    case 64: "a second XML declaration, or one behind the start of the file"
    case 65: "two attributes without a space between them"
    case 68: "a name that is missing or not allowed"
    case 73: "a tag without its closing '>'"
    case 76: "a closing tag that does not match its opening tag"
    case 77: "an element that is never closed; the file may be cut off"
    case 200...205: "a name with a prefix that is not declared"
    default: "markup that cannot be read (libxml2 error \(code))"
    }
  }
}

/// Collects XMLParser's events into a tree.
private final class TreeBuilder: NSObject, XMLParserDelegate {
  var root: MJCFElement?
  /// The first error; libxml2 goes on after an error, and its last one says little.
  private(set) var firstError: (code: Int, line: Int)?
  private let file: Int
  private let startLines: [Int]
  private var startCount = 0
  private var open: [MJCFElement] = []

  init(file: Int, startLines: [Int]) {
    self.file = file
    self.startLines = startLines
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    let line = startCount < startLines.count ? startLines[startCount] : parser.lineNumber
    startCount += 1
    open.append(
      MJCFElement(
        name: name, attributes: attributes, children: [], source: SourceLine(file: file, line: line)))
  }

  func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
    if firstError == nil { firstError = ((error as NSError).code, parser.lineNumber) }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    guard let element = open.popLast() else { return }
    if open.isEmpty {
      root = element
    } else {
      open[open.count - 1].children.append(element)
    }
  }
}
