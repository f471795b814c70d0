import Foundation
import PoiseCore

/// A file that grows line by line. A checkpoint records its length and digest; resuming from it truncates the file to
/// that length.
final class LogFile {
  let path: String
  private let name: String
  private let descriptor: Int32
  private var hash = SHA256()
  /// The number of bytes so far.
  var length: Int { hash.count }
  /// Its present length and digest, for a checkpoint.
  var seal: FileSeal { FileSeal(path: name, hash) }

  /// Opens a file for appending, or creates it.
  ///
  /// - Parameters:
  ///   - name: relative to the folder.
  ///   - seal: the part of an existing file to keep; the rest, written after the checkpoint, is cut off. `nil` keeps
  ///     nothing.
  /// - Throws: `InputOutputError`; `InvalidInput` if the part to keep has changed.
  init(_ name: String, in folder: String, keeping seal: FileSeal? = nil) throws {
    self.name = name
    path = "\(folder)/\(name)"
    // Non-blocking, so that a named pipe in its place does not wait for a reader.
    descriptor = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw InputOutputError(writing: path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw InputOutputError(path: path, operation: "write", reason: BoundedFile.Failure.isNotRegular.reason)
    }
    if let seal {
      do throws(BoundedFile.Failure) {
        try hash.update(fileAt: path, limit: seal.bytes)
      } catch {
        throw InputOutputError(path: path, operation: "read", reason: error.reason)
      }
      try seal.check(hash, folder, checkpoint: "the checkpoint")
    }
    guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) == length else {
      throw InputOutputError(writing: path, errno)
    }
  }

  deinit { close(descriptor) }

  func append(_ text: String) throws { try append(Array(text.utf8)) }

  /// Appends bytes. After an error the file may end with some of them; resuming from a checkpoint cuts them off.
  func append(_ bytes: [UInt8]) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { write(descriptor, $0 + written, bytes.count - written) } ?? 0
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw InputOutputError(writing: path, errno) }
      written += count
    }
    hash.update(bytes)
  }

  /// Waits until everything is on disk; to be called before a checkpoint records the length.
  func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw InputOutputError(writing: path, errno) }
  }
}

/// A row of CSV: shortest exact numbers; an empty cell for `nil`.
func csvRow(_ cells: [Double?]) -> String {
  cells.map { cell in
    guard let cell else { return "" }
    return cell == cell.rounded() && abs(cell) < 1e15 ? "\(Int(clamping: cell))" : "\(cell)"
  }.joined(separator: ",") + "\n"
}
