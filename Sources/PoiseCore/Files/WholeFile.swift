import Foundation

/// A file that appears as a whole or not at all: it is written under a temporary name, synchronised to disk, then
/// renamed.
///
/// Bytes may come in any number of pieces, so a file of any length is written in constant memory. If the program is
/// killed before `commit`, an older file of the name is unchanged. Pipes and devices are written directly.
public final class WholeFile {
  private let path: String
  private let temporary: String?
  private let descriptor: Int32
  private var isOpen = true
  private var buffer: [UInt8] = []
  private var isCommitted = false

  private static let bufferSize = 1 << 16

  /// Opens a file for writing; `-` is standard output.
  ///
  /// - Throws: `InputOutputError` if the folder is missing, read-only or full.
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
    let temporary = isSpecial ? nil : "\(path)\(temporaryMark)\(getpid())"
    let descriptor =
      temporary.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) } ?? open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputOutputError(writing: path, errno) }
    return (descriptor, temporary)
  }

  deinit {
    if let temporary, !isCommitted {
      if isOpen { close(descriptor) }
      unlink(temporary)
    }
  }

  /// Whether the file appears as a whole under its name. Standard output, pipes and devices are written directly.
  public var appearsWhole: Bool { temporary != nil }

  /// Appends text as UTF-8.
  ///
  /// - Throws: `InputOutputError` if it cannot be written; the error may come as late as in `commit`.
  public func write(_ text: String) throws {
    var text = text
    text.withUTF8 { buffer.append(contentsOf: $0) }
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Appends bytes.
  ///
  /// - Throws: `InputOutputError` if they cannot be written; the error may come as late as in `commit`.
  public func write(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Writes the buffer, and continues after short writes and interruptions.
  private func flush() throws {
    var start = 0
    while start < buffer.count {
      let written = buffer.withUnsafeBytes { bytes in
        // `start` lies below the count, so the region is not empty.
        Foundation.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw InputOutputError(writing: path, errno)
      }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes the file appear under its name, on disk.
  ///
  /// - Parameter older: a second name in the same folder for the file that had the name before, if there was one. At
  ///   every moment there is a complete file under the first name.
  /// - Throws: `InputOutputError` if it cannot be written.
  public func commit(keepingOlderAs older: String? = nil) throws {
    try flush()
    guard let temporary else {
      isCommitted = true
      return
    }
    guard fsync(descriptor) == 0 else { throw InputOutputError(writing: path, errno) }
    isOpen = false
    guard close(descriptor) == 0 else { throw InputOutputError(writing: path, errno) }
    if let older { try Self.give(path, theName: older) }
    guard rename(temporary, path) == 0 else { throw InputOutputError(writing: path, errno) }
    isCommitted = true
    try Self.synchronizeFolder(of: path)
  }

  /// The folder's entries must reach the disk too.
  private static func synchronizeFolder(of path: String) throws {
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    // The folder may not be readable, or the file system may not support it; the files themselves are on disk.
    guard folder >= 0 else { return }
    defer { close(folder) }
    guard fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EBADF else {
      throw InputOutputError(writing: path, errno)
    }
  }

  /// Gives the file at `path` a second name, in place of an older file there, as a whole or not at all.
  ///
  /// Nothing happens if there is no such file. On a file system without hard links, the second file is a copy.
  ///
  /// - Throws: `InputOutputError` if a file cannot be read or written.
  public static func give(_ path: String, theName name: String) throws {
    let temporary = "\(name)\(temporaryMark)\(getpid())"
    unlink(temporary)
    // The file itself, if somebody put a symbolic link in its place.
    if linkat(AT_FDCWD, path, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) != 0 {
      if errno == ENOENT { return }
      guard errno == EPERM || errno == ENOTSUP || errno == EMLINK || errno == ENOSYS else {
        throw InputOutputError(writing: name, errno)
      }
      let bytes: [UInt8]
      do throws(BoundedFile.Failure) {
        bytes = try BoundedFile.read(path, limit: .max - 1)
      } catch {
        throw InputOutputError(path: path, operation: "read", reason: error.reason)
      }
      let copy = try WholeFile(name)
      try copy.write(bytes)
      return try copy.commit()
    }
    guard rename(temporary, name) == 0 else {
      let code = errno
      unlink(temporary)
      throw InputOutputError(writing: name, code)
    }
    // If both names were the same file already, rename leaves the temporary one.
    unlink(temporary)
  }

  /// The text between the name and the process ID in temporary names.
  private static let temporaryMark = ".partial-"

  /// Whether this is the name of a file that is being written, or that a killed process left unfinished.
  public static func isTemporary(_ name: String) -> Bool {
    guard let mark = name.range(of: temporaryMark, options: .backwards) else { return false }
    return !name[mark.upperBound...].isEmpty && name[mark.upperBound...].allSatisfy { $0.isASCII && $0.isNumber }
  }

  /// Removes the unfinished files that killed processes left in a folder. No other process may be writing there.
  public static func removeLeftovers(in folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where isTemporary(name) {
      unlink("\(folder)/\(name)")
    }
  }
}

extension InputOutputError {
  /// The error of a failed system call on a file that could not be written, with what to do about it.
  public init(writing path: String, _ code: Int32) {
    let remedy =
      switch code {
      case ENOSPC, EDQUOT: "Free some space and try again."
      case EFBIG: "Raise the limit of file sizes (ulimit -f) and try again."
      case EACCES, EPERM, EROFS: "Choose a folder that you may write to."
      case ENOENT, ENOTDIR: "Make the folder first, or check the path."
      case EISDIR: "A folder has this name: move it away."
      case EIO: "The disk reports an error: look at the system's log."
      default: ""
      }
    self.init(
      path: path, operation: "write", reason: String(cString: strerror(code)), remedy: remedy)
  }
}
