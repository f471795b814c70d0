import Foundation

/// Reads whole regular files of bounded size, without ever waiting on a pipe or filling memory.
public enum BoundedFile {
  /// Why a file was not read.
  public enum Failure: Error {
    /// The system refused it, for this reason.
    case unreadable(reason: String)
    /// The path leads to a folder.
    case isFolder
    /// The path leads to a pipe, a socket or a device.
    case isNotRegular
    /// The file is larger than the limit; both sizes in bytes.
    case tooLarge(Int, limit: Int)

    /// The same in words, for messages of the form "cannot read: …".
    public var reason: String {
      switch self {
      case .unreadable(let reason): reason
      case .isFolder: "it is a folder"
      case .isNotRegular: "it is not a regular file"
      case .tooLarge(let size, let limit): "it has \(size) bytes, and at most \(limit) are allowed"
      }
    }
  }

  /// Reads a whole file.
  ///
  /// - Parameters:
  ///   - path: a regular file, or a symbolic link to one.
  ///   - limit: bytes; a larger file is refused without being read.
  /// - Returns: the bytes of the file.
  /// - Throws: the reason why it was not read.
  public static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    let (descriptor, size) = try open(path)
    defer { close(descriptor) }
    guard size <= limit else { throw .tooLarge(size, limit: limit) }

    // The file may grow while it is read: ask for one byte more than allowed, and look.
    var bytes = [UInt8](repeating: 0, count: size + 1)
    var count = 0
    while true {
      if count == bytes.count {
        guard count <= limit else { throw .tooLarge(count, limit: limit) }
        bytes.append(contentsOf: repeatElement(0, count: min(count, limit + 1 - count)))
      }
      let received = bytes.withUnsafeMutableBytes { buffer in
        Foundation.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
      }
      if received == 0 { break }
      if received < 0 {
        if errno == EINTR { continue }
        throw .unreadable(reason: String(cString: strerror(errno)))
      }
      count += received
    }
    guard count <= limit else { throw .tooLarge(count, limit: limit) }
    bytes.removeSubrange(count...)
    return bytes
  }

  /// Opens a regular file for reading, without waiting; the caller closes it.
  static func open(_ path: String) throws(Failure) -> (descriptor: Int32, size: Int) {
    // The system would truncate a path at a zero byte.
    guard !path.utf8.contains(0) else { throw .unreadable(reason: "the path contains a zero byte") }
    // Non-blocking, so that opening a named pipe returns at once.
    let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(reason: String(cString: strerror(errno))) }
    var status = stat()
    var failure: Failure?
    if fstat(descriptor, &status) != 0 {
      failure = .unreadable(reason: String(cString: strerror(errno)))
    } else if status.st_mode & S_IFMT == S_IFDIR {
      failure = .isFolder
    } else if status.st_mode & S_IFMT != S_IFREG {
      failure = .isNotRegular
    }
    if let failure {
      close(descriptor)
      throw failure
    }
    return (descriptor, Int(status.st_size))
  }
}
