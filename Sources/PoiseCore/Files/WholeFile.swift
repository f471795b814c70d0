import Foundation

/// A file that appears as a whole or not at all: it is written under a temporary name, synchronised to disk, then
/// renamed.
///
/// Bytes may come in any number of pieces, so a file of any length is written in constant memory. If the program is
/// killed before `commit`, an older file of the name is unchanged. Pipes and devices are written directly.
public final class WholeFile {
  private let path: String
  /// Where the bytes end up: `path`, or what it leads to as a symbolic link.
  private let destination: String
  private let temporary: String?
  private let descriptor: Int32
  private var isOpen = true
  private var buffer: [UInt8] = []
  private var isCommitted = false

  private static let bufferSize = 1 << 16

  /// Opens a file for writing.
  ///
  /// - Parameters:
  ///   - path: where the file is to be; `-` is standard output.
  ///   - followsLinks: whether the file behind a symbolic link is written, or the link itself is replaced by the file.
  /// - Throws: `InputOutputError` if the folder is missing, read-only or full.
  public init(_ path: String, followsLinks: Bool = true) throws {
    self.path = path
    buffer.reserveCapacity(Self.bufferSize)
    if path == "-" {
      (descriptor, destination, temporary) = (STDOUT_FILENO, path, nil)
      return
    }
    destination = followsLinks ? try Self.destination(of: path) : path
    (descriptor, temporary) = try Self.open(destination, named: path)
  }

  /// What a path leads to: a symbolic link stays, and the file behind it is written, also one that is not there yet.
  private static func destination(of path: String) throws -> String {
    var path = path
    // As many links in a row as Linux follows.
    for _ in 0..<40 {
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: path)
      path = target.hasPrefix("/") ? target : (path.parentFolder as NSString).appendingPathComponent(target)
    }
    throw InputOutputError(writing: path, ELOOP)
  }

  private static func open(
    _ destination: String, named path: String
  ) throws -> (descriptor: Int32, temporary: String?) {
    var status = stat()
    let isThere = stat(destination, &status) == 0
    if isThere, status.st_mode & S_IFMT == S_IFDIR {
      throw InputOutputError(path: path, operation: "write", reason: "it is a folder", remedy: "Name a file inside it.")
    }
    if isThere, status.st_mode & S_IFMT != S_IFREG {
      let descriptor = Foundation.open(destination, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw InputOutputError(writing: path, errno) }
      return (descriptor, nil)
    }
    let temporary = "\(destination)\(temporaryMark)\(getpid())"
    UnfinishedFiles.add(temporary)
    let descriptor = Foundation.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let code = errno
      UnfinishedFiles.remove(temporary)
      throw InputOutputError(writing: path, code)
    }
    // The new file gets the permissions of the file that it replaces.
    if isThere { fchmod(descriptor, status.st_mode & 0o7777) }
    return (descriptor, temporary)
  }

  deinit {
    if let temporary, !isCommitted {
      if isOpen { close(descriptor) }
      unlink(temporary)
      UnfinishedFiles.remove(temporary)
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
    if let older { try Self.give(destination, theName: older) }
    guard rename(temporary, destination) == 0 else { throw InputOutputError(writing: path, errno) }
    isCommitted = true
    UnfinishedFiles.remove(temporary)
    try Self.synchronizeFolder(of: destination)
  }

  /// The folder's entries must reach the disk too.
  private static func synchronizeFolder(of path: String) throws {
    let folder = Foundation.open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    // A folder that may not be read, or a file system that cannot do it: then the files themselves have reached the disk.
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
      guard [EPERM, ENOTSUP, EMLINK, ENOSYS, EXDEV].contains(errno) else {
        throw InputOutputError(writing: name, errno)
      }
      return try copy(path, to: name)
    }
    guard rename(temporary, name) == 0 else {
      let code = errno
      unlink(temporary)
      throw InputOutputError(writing: name, code)
    }
    // If both names were the same file already, rename leaves the temporary one.
    unlink(temporary)
  }

  /// Bytes of a file that is copied: no checkpoint comes near it, but a sparse file may claim anything.
  private static let copyLimit = 1 << 40

  private static func copy(_ path: String, to name: String) throws {
    let copy = try WholeFile(name)
    do {
      let pieces = try FilePieces(path, limit: copyLimit)
      while case let bytes = try pieces.next(), !bytes.isEmpty { try copy.write(bytes) }
    } catch let failure as BoundedFile.Failure {
      throw InputOutputError(path: path, operation: "read", reason: failure.reason)
    }
    try copy.commit()
  }

  /// The text between the name and the process ID in temporary names.
  static let temporaryMark = ".partial-"

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
