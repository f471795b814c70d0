public import Foundation
public import PoiseCore

/// A safetensors file: named tensors, and metadata as text. Reading runs no code and checks everything.
///
/// Layout: 8 bytes, the header's length N, little-endian; N bytes of JSON, `{"name": {"dtype", "shape", "data_offsets":
/// [begin, end]}, …, "__metadata__": {text: text}}`; then the data, which the tensors cover without gap or overlap.
/// Source: github.com/huggingface/safetensors, README, "Format". Its limits hold here too.
public struct SafetensorsFile: Hashable, Sendable {
  /// Tensors by name. Written in the order of their names, so equal contents give equal files.
  public var tensors: [String: Tensor]
  /// Free text by key.
  public var metadata: [String: String]

  /// The largest header that is read, bytes; the limit of the format.
  public static let headerLimit = 100_000_000
  /// The largest file that is read, bytes: more than any network of Poise needs, and less than the memory of most
  /// computers.
  public static let fileLimit = 1 << 32

  /// Makes the contents of a file; parameters are as the properties.
  public init(tensors: [String: Tensor] = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }
}

// MARK: Writing

extension SafetensorsFile {
  /// The file's bytes. Tensors with elements of 8 bytes come first, so that they start at a multiple of 8 bytes.
  public func serialized() -> Data {
    let order = tensors.keys.sorted { a, b in
      let (wideA, wideB) = (tensors[a]?.elementType.size ?? 0, tensors[b]?.elementType.size ?? 0)
      return wideA == wideB ? a.utf8.lexicographicallyPrecedes(b.utf8) : wideA > wideB
    }
    var entries: [String] = []
    if !metadata.isEmpty {
      let lines = metadata.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
        "\(jsonString($0)):\(jsonString(metadata[$0] ?? ""))"
      }
      entries.append("\"__metadata__\":{\(lines.joined(separator: ","))}")
    }
    var data = Data()
    for name in order {
      guard let tensor = tensors[name] else { continue }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = data.count + tensor.bytes.count
      entries.append(
        "\(jsonString(name)):{\"dtype\":\"\(tensor.elementType.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(data.count),\(end)]}")
      data.append(tensor.bytes)
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    while !header.count.isMultiple(of: 8) { header.append(UInt8(ascii: " ")) }
    var file = Data(capacity: 8 + header.count + data.count)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(header)
    file.append(data)
    return file
  }

  /// Writes the file as a whole or not at all: to a temporary file, which is synchronised and renamed.
  ///
  /// - Throws: `InputOutputError` if it cannot be written.
  public func write(to path: String) throws {
    let file = try WholeFile(path)
    try file.write([UInt8](serialized()))
    try file.commit()
  }
}

private func jsonString(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

// MARK: Reading

extension SafetensorsFile {
  /// Reads and checks a file.
  ///
  /// - Throws: `InputOutputError` if it cannot be read, `InvalidInput` with every problem of the header that was found.
  public init(contentsOf path: String) throws {
    let data: Data
    do throws(BoundedFile.Failure) {
      // Neither an endless device nor a memory mapping, which another process may truncate.
      data = Data(try BoundedFile.read(path, limit: Self.fileLimit))
    } catch {
      throw InputOutputError(path: path, operation: "read", reason: error.reason)
    }
    try self.init(data, name: path)
  }

  /// Reads and checks a file's bytes.
  ///
  /// - Parameters:
  ///   - data: all bytes of the file.
  ///   - name: the name of the file, for messages.
  /// - Throws: `InvalidInput` with every problem of the header that was found.
  public init(_ data: Data, name: String) throws(InvalidInput) {
    func problem(_ place: String, _ found: String, _ allowed: String) -> Problem {
      Problem(
        file: name, place: place, found: found, allowed: allowed,
        remedy: "The file is damaged or no safetensors file; write it again.")
    }
    let bytes = Data(data)  // indices from 0
    guard bytes.count >= 8 else {
      throw InvalidInput(problem("header length", "a file of \(bytes.count) bytes", "8 bytes or more"))
    }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(Self.headerLimit), length >= 2, length <= UInt64(bytes.count - 8) else {
      throw InvalidInput(
        problem(
          "header length", "\(length) bytes",
          "2 to \(min(Self.headerLimit, max(2, bytes.count - 8))), what the file and the format leave"))
    }
    let dataStart = 8 + Int(length)
    let headerBytes = bytes[8..<dataStart]
    guard headerBytes.first == UInt8(ascii: "{") else {
      throw InvalidInput(problem("header", "first byte \(headerBytes.first ?? 0)", "'{', byte 123"))
    }
    guard String(validating: headerBytes, as: UTF8.self) != nil else {
      throw InvalidInput(problem("header", "bytes that are no UTF-8", "JSON in UTF-8"))
    }
    if let twice = firstRepeatedKey(headerBytes) {
      throw InvalidInput(problem("header", "the key '\(twice)' twice", "every name once"))
    }
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(headerBytes))
    } catch {
      throw InvalidInput(
        problem(
          "header", describe(error), "a JSON object of {\"dtype\", \"shape\", \"data_offsets\"} objects by name"))
    }

    var problems: [Problem] = []
    let dataCount = bytes.count - dataStart
    var ranges: [(range: Range<Int>, name: String)] = []
    var tensors: [String: Tensor] = [:]
    for (key, entry) in header.entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let place = "tensor '\(key)'"
      guard let type = Tensor.ElementType(rawValue: entry.dtype) else {
        let known = Tensor.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
        problems.append(problem("\(place), dtype", "'\(entry.dtype)'", "one of \(known)"))
        continue
      }
      guard entry.data_offsets.count == 2 else {
        problems.append(problem("\(place), data_offsets", "\(entry.data_offsets.count) numbers", "begin and end"))
        continue
      }
      let (begin, end) = (entry.data_offsets[0], entry.data_offsets[1])
      guard begin >= 0, begin <= end, end <= dataCount else {
        problems.append(
          problem("\(place), data_offsets", "[\(begin), \(end)]", "0 ≤ begin ≤ end ≤ \(dataCount), the bytes of data"))
        continue
      }
      var size = type.size
      var overflows = false
      for dimension in entry.shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
        if overflow || dimension < 0 { overflows = true }
        size = product
      }
      guard !overflows, size == end - begin else {
        let shape = entry.shape.map(String.init).joined(separator: ", ")
        problems.append(
          problem(
            "\(place), shape", "[\(shape)] of \(type.rawValue)",
            "a shape that fills the \(end - begin) bytes of [\(begin), \(end)]"))
        continue
      }
      if end > begin { ranges.append((begin..<end, key)) }
      tensors[key] = Tensor(
        elementType: type, shape: entry.shape, bytes: Data(bytes[dataStart + begin..<dataStart + end]))
    }
    if problems.isEmpty {
      ranges.sort { $0.range.lowerBound < $1.range.lowerBound }
      var covered = 0
      for (range, key) in ranges {
        if range.lowerBound != covered {
          let kind = range.lowerBound < covered ? "overlaps the tensor before it" : "leaves a gap before it"
          problems.append(
            problem(
              "tensor '\(key)', data_offsets", "[\(range.lowerBound), \(range.upperBound)], which \(kind)",
              "data that starts at \(covered)"))
        }
        covered = max(covered, range.upperBound)
      }
      if problems.isEmpty, covered != dataCount {
        problems.append(problem("data", "\(dataCount) bytes", "\(covered), which the tensors cover"))
      }
    }
    guard problems.isEmpty else { throw InvalidInput(problems) }
    self.init(tensors: tensors, metadata: header.metadata)
  }
}

/// The JSON header; unknown members of an entry are ignored, as in the format's reference implementation.
private struct Header: Decodable {
  struct Entry: Decodable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }
  struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  var entries: [String: Entry] = [:]
  var metadata: [String: String] = [:]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }
}

/// The first key that occurs twice in the outermost object; JSON decoders silently keep one of them.
///
/// Escapes are not resolved, except that an escaped quote does not end a string. A name that is escaped in two ways is
/// found by the checks for overlap.
private func firstRepeatedKey(_ json: Data) -> String? {
  var depth = 0
  var seen: Set<[UInt8]> = []
  /// Where the present string begins, and the range of the last complete string.
  var start: Int?
  var last: Range<Int>?
  var escaped = false
  for (index, byte) in zip(json.indices, json) {
    if let begin = start {
      if !escaped, byte == UInt8(ascii: "\"") {
        last = begin..<index
        start = nil
      } else {
        escaped = !escaped && byte == UInt8(ascii: "\\")
      }
      continue
    }
    switch byte {
    case UInt8(ascii: "\""): start = index + 1
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    case UInt8(ascii: ":"):
      if depth == 1, let key = last.map({ [UInt8](json[$0]) }), !seen.insert(key).inserted {
        return String(decoding: key, as: UTF8.self)
      }
    default: break
    }
  }
  return nil
}

private func describe(_ error: any Error) -> String {
  guard let decoding = error as? DecodingError else { return "no JSON" }
  func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? "'\($0.stringValue)'" }.joined(separator: ", ")
  }
  return switch decoding {
  case .keyNotFound(let key, let context): "\(path(context)) without \"\(key.stringValue)\""
  case .typeMismatch(_, let context): "a value of another type at \(path(context))"
  case .valueNotFound(_, let context): "null at \(path(context))"
  case .dataCorrupted(let context): context.codingPath.isEmpty ? "no JSON" : "a bad value at \(path(context))"
  @unknown default: "no JSON"
  }
}
