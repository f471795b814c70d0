import PoiseCore

/// Reads a CSV file (RFC 4180) record by record, in constant memory.
///
/// Lines end in LF or CRLF, a byte-order mark is skipped, a last line without a line end counts. A record that is longer
/// than `recordLimit`, a stray quote, or bytes that are not UTF-8 are errors with their line.
final class CSVReader {
  let path: String
  /// Line at which the last record began, counted from 1.
  private(set) var line = 0
  private let pieces: FilePieces
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  private var nextLine = 1

  /// Largest size of one record in bytes.
  static let recordLimit = 1 << 20

  /// - Parameter limit: bytes of the file; a larger one is refused before the first byte.
  /// - Throws: `InputOutputError` if there is nothing to read: no regular file, or too large a one.
  init(_ path: String, limit: Int = 1 << 40) throws {
    self.path = path
    do throws(BoundedFile.Failure) {
      pieces = try FilePieces(path, limit: limit)
    } catch {
      throw Self.failure(path, error)
    }
    try fill()
    if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The cells of the next record; `nil` after the last one.
  func next() throws -> [String]? {
    line = nextLine
    guard try peek() != nil else { return nil }
    var cells: [String] = []
    var cell: [UInt8] = []
    var length = 0
    var isQuoted = false
    var wasQuoted = false

    func finishCell() throws {
      guard let text = String(validating: cell, as: UTF8.self) else {
        throw problem(cells.count, found: "bytes that are not UTF-8", allowed: "text in UTF-8")
      }
      cells.append(text)
      cell.removeAll(keepingCapacity: true)
      wasQuoted = false
    }

    while let byte = try peek() {
      position += 1
      length += 1
      guard length <= Self.recordLimit else {
        throw problem(cells.count, found: "a record of more than \(Self.recordLimit) bytes", allowed: "shorter ones")
      }
      switch byte {
      case UInt8(ascii: "\"") where isQuoted:
        if try peek() == UInt8(ascii: "\"") {
          position += 1
          cell.append(byte)
        } else {
          isQuoted = false
        }
      case _ where isQuoted:
        if byte == UInt8(ascii: "\n") { nextLine += 1 }
        cell.append(byte)
      case UInt8(ascii: "\""):
        guard cell.isEmpty, !wasQuoted else {
          throw problem(
            cells.count, found: "a quote inside a cell", allowed: "cells quoted whole, their quotes written twice")
        }
        (isQuoted, wasQuoted) = (true, true)
      case UInt8(ascii: ","): try finishCell()
      case UInt8(ascii: "\n"):
        nextLine += 1
        try finishCell()
        return cells
      case UInt8(ascii: "\r"):
        if try peek() == UInt8(ascii: "\n") { continue }
        nextLine += 1
        try finishCell()
        return cells
      default:
        guard !wasQuoted else {
          throw problem(cells.count, found: "text behind a closing quote", allowed: "a comma or the end of the line")
        }
        cell.append(byte)
      }
    }
    if isQuoted {
      throw problem(cells.count, found: "a quote that is never closed", allowed: "cells quoted whole")
    }
    try finishCell()
    return cells
  }

  /// - Parameter column: index of the cell in its record.
  private func problem(_ column: Int, found: String, allowed: String) -> InvalidInput {
    InvalidInput(Problem(file: path, line: line, place: "column \(column + 1)", found: found, allowed: allowed))
  }

  private func peek() throws -> UInt8? {
    if position == buffer.count { try fill() }
    return position < buffer.count ? buffer[position] : nil
  }

  private func fill() throws {
    guard !isAtEnd else { return }
    do throws(BoundedFile.Failure) {
      buffer = try pieces.next()
    } catch {
      throw Self.failure(path, error)
    }
    position = 0
    isAtEnd = buffer.isEmpty
  }

  private static func failure(_ path: String, _ failure: BoundedFile.Failure) -> InputOutputError {
    let remedy = if case .isFolder = failure { "Name a file inside it." } else { "" }
    return InputOutputError(path: path, operation: "read", reason: failure.reason.lowercased(), remedy: remedy)
  }
}
