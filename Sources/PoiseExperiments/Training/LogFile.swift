import Foundation
import PoiseCore

/// A file that grows line by line; a checkpoint knows its length, and going on cuts it back to that.
final class LogFile {
  let path: String
  private let descriptor: Int32
  /// Bytes so far.
  private(set) var length: Int

  /// - Parameter length: what to keep of a file that is there; the rest was written after the checkpoint.
  /// - Throws: `InputOutputError`; `InvalidInput` if the file is shorter than that.
  init(_ path: String, keeping length: Int = 0) throws {
    self.path = path
    self.length = length
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
    let present = lseek(descriptor, 0, SEEK_END)
    guard present >= length else {
      throw InvalidInput(
        Problem(
          file: path, found: "\(present) bytes", allowed: "at least the \(length) that the checkpoint knows of",
          remedy: "The file was changed by hand; without it the run cannot go on exactly."))
    }
    guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) == length else {
      throw Self.failure(path)
    }
  }

  deinit { close(descriptor) }

  func append(_ text: String) throws { try append(Array(text.utf8)) }

  func append(_ bytes: [UInt8]) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { write(descriptor, $0 + written, bytes.count - written) } ?? 0
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      written += count
    }
    length += bytes.count
  }

  /// Puts everything on disk, before a checkpoint says that it is there.
  func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> InputOutputError {
    let code = errno
    return InputOutputError(
      path: path, operation: "write", reason: String(cString: strerror(code)).lowercased(),
      remedy: code == ENOSPC || code == EDQUOT ? "Free some space and resume the run." : "")
  }
}

/// Cells of a CSV row: shortest exact numbers, empty where there is nothing.
func csvRow(_ cells: [Double?]) -> String {
  cells.map { cell in
    guard let cell else { return "" }
    return cell == cell.rounded() && abs(cell) < 1e15 ? "\(Int64(cell))" : "\(cell)"
  }.joined(separator: ",") + "\n"
}
