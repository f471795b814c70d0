internal import Foundation

/// A regular file that is read piece by piece, in constant memory, without ever waiting on a pipe.
package final class FilePieces {
  /// Bytes when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// - Parameters:
  ///   - offset: bytes that are passed over.
  ///   - limit: bytes; a larger file is refused before the first byte.
  /// - Throws: the reason why it is not read.
  package init(_ path: String, from offset: Int = 0, limit: Int) throws(BoundedFile.Failure) {
    (descriptor, size) = try BoundedFile.open(path)
    if size > limit {
      close(descriptor)
      throw .tooLarge(size, limit: limit)
    }
    if offset > 0 { lseek(descriptor, off_t(offset), SEEK_SET) }
  }

  deinit { close(descriptor) }

  /// The next bytes; none at the end.
  package func next(atMost count: Int = 1 << 16) throws(BoundedFile.Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    while true {
      let received = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if received < 0, errno == EINTR { continue }
      guard received >= 0 else { throw .unreadable(reason: String(cString: strerror(errno))) }
      bytes.removeSubrange(received...)
      return bytes
    }
  }
}
