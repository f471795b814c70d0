import Foundation

/// A file that appears whole or not at all: written beside its name, synchronised to disk, then renamed over it.
///
/// Bytes may come in any number of pieces, so a file of any length is written in constant memory. Whatever kills the
/// program before `commit` leaves what was there before. Pipes and devices are written directly.
public final class WholeFile {
  private let path: String
  private let temporary: String?
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isCommitted = false

  private static let bufferSize = 1 << 16

  /// Opens a file for writing; `-` is standard output.
  ///
  /// - Throws: `InputOutputError` where the folder is missing, read-only or full.
  public init(_ path: String) throws {
    self.path = path
    buffer.reserveCapacity(Self.bufferSize)
    (descriptor, temporary) = try Self.openDestination(path)
  }

  private static func openDestination(_ path: String) throws -> (descriptor: Int32, temporary: String?) {
    if path == "-" { return (STDOUT_FILENO, nil) }
    var status = stat()
    let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    if isSpecial, status.st_mode & S_IFMT == S_IFDIR {
      throw InputOutputError(path: path, operation: "write", reason: "it is a folder", remedy: "Name a file inside it.")
    }
    let temporary = isSpecial ? nil : "\(path).partial-\(getpid())"
    let descriptor =
      temporary.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) } ?? open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "write") }
    return (descriptor, temporary)
  }

  deinit {
    guard !isCommitted else { return }
    if let temporary {
      close(descriptor)
      unlink(temporary)
    }
  }

  /// Whether it appears whole under its name; standard output, pipes and devices are written directly.
  public var appearsWhole: Bool { temporary != nil }

  public func write(_ text: String) throws {
    var text = text
    text.withUTF8 { buffer.append(contentsOf: $0) }
    if buffer.count >= Self.bufferSize { try flush() }
  }

  public func write(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Writes what is buffered, through short writes and interruptions.
  private func flush() throws {
    var start = 0
    while start < buffer.count {
      let written = buffer.withUnsafeBytes { bytes in
        // `start` lies below the count, so the region is not empty.
        Foundation.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, "write")
      }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes the file appear under its name, on disk.
  public func commit() throws {
    try flush()
    guard let temporary else {
      isCommitted = true
      return
    }
    guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, path) == 0 else {
      throw Self.failure(path, "write")
    }
    isCommitted = true
    // The folder's entry must reach the disk too; where a file system cannot do that, the file itself has.
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func failure(_ path: String, _ operation: String) -> InputOutputError {
    let code = errno
    let remedy =
      switch code {
      case ENOSPC, EDQUOT: "Free some space and try again."
      case EACCES, EPERM, EROFS: "Choose a folder that you may write to."
      case ENOENT, ENOTDIR: "Make the folder first, or check the path."
      default: ""
      }
    return InputOutputError(path: path, operation: operation, reason: String(cString: strerror(code)), remedy: remedy)
  }
}
