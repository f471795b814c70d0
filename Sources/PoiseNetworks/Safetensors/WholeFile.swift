internal import Foundation
internal import PoiseCore

/// Writes a file whole or not at all: to a neighbour of its own name, synchronised to disk, then renamed over the old
/// one.
func writeWhole(_ data: Data, to path: String) throws(InputOutputError) {
  let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).partial"
  func fail(_ operation: String) -> InputOutputError {
    let reason = String(cString: strerror(errno))
    unlink(temporary)
    return InputOutputError(path: path, operation: operation, reason: reason)
  }
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw fail("create") }
  var written = 0
  while written < data.count {
    let count = data.withUnsafeBytes { bytes in
      bytes.baseAddress.map { Foundation.write(descriptor, $0 + written, data.count - written) } ?? 0
    }
    if count < 0 {
      if errno == EINTR { continue }
      let failure = fail("write")
      close(descriptor)
      throw failure
    }
    written += count
  }
  guard fsync(descriptor) == 0 else {
    let failure = fail("write")
    close(descriptor)
    throw failure
  }
  guard close(descriptor) == 0, rename(temporary, path) == 0 else { throw fail("write") }
  // The new name itself must survive a power cut; a folder that cannot be opened keeps the promise short of that.
  let folder = open(
    (path as NSString).deletingLastPathComponent.isEmpty ? "." : (path as NSString).deletingLastPathComponent,
    O_RDONLY | O_CLOEXEC)
  if folder >= 0 {
    fsync(folder)
    close(folder)
  }
}

/// The system's reason for a failed read, without Foundation's wrapping.
func readableReason(_ error: any Error, path: String) -> String {
  let cocoa = error as NSError
  if let underlying = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
    return String(cString: strerror(Int32(underlying.code)))
  }
  return access(path, R_OK) == 0 ? cocoa.localizedDescription : String(cString: strerror(errno))
}
