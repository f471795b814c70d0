import Foundation
import PoiseCore

/// The folder of a server's Unix socket, which no other user may enter. Its lock names its owner, so that the next server can remove
/// those of servers that were killed.
final class ServerFolder: Sendable {
  let path: String
  private let lock: Guarded<FolderLock?>

  var socketPath: String { Self.socketPath(in: path) }

  private static let prefix = "poise-"
  private static func socketPath(in folder: String) -> String { "\(folder)/http" }

  /// Makes the folder.
  ///
  /// - Parameter parents: the folders in which it may lie; the first suitable one is used. The address of a Unix socket has room for 107 bytes, which a long
  ///   TMPDIR may not leave.
  /// - Throws: `InputOutputError` if no folder is suitable.
  init(in parents: [String] = ServerFolder.parents) throws {
    var failure: InputOutputError?
    for parent in parents {
      let template = (parent as NSString).appendingPathComponent("\(Self.prefix)XXXXXX")
      guard Self.socketPath(in: template).utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
        failure =
          failure
          ?? InputOutputError(
            path: parent, operation: "make a socket", reason: "the path is too long for the address of a Unix socket",
            remedy: "Set TMPDIR to a folder with a shorter path.")
        continue
      }
      Self.removeAbandoned(in: parent)
      var bytes = Array(template.utf8CString)
      guard mkdtemp(&bytes) != nil else {
        failure =
          failure
          ?? InputOutputError(
            path: parent, operation: "make a folder", reason: String(cString: strerror(errno)).lowercased(),
            remedy: "Set TMPDIR to a folder that you may write to.")
        continue
      }
      path = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      lock = Guarded(try FolderLock(path, work: "serves"))
      return
    }
    throw failure ?? InputOutputError(path: "TMPDIR", operation: "make a folder", reason: "there is none for it")
  }

  private static var parents: [String] {
    let shorter = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"].map { [$0] } ?? []
    return [NSTemporaryDirectory()] + shorter.filter { $0.hasPrefix("/") } + ["/tmp"]
  }

  /// Removes the folder with all that is in it.
  func remove() {
    lock.withLock { $0 = nil }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Removes what killed servers of this user have left: folders with a socket and the lock of a process that is gone, and
  /// nothing else in them.
  static func removeAbandoned(in parent: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for name in names where name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 6 {
      let folder = (parent as NSString).appendingPathComponent(name)
      var status = stat()
      guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(),
        let content = try? FileManager.default.contentsOfDirectory(atPath: folder),
        Set(content).isSubset(of: ["http", FolderLock.fileName]), FolderLock.isPresent(in: folder)
      else { continue }
      // The owner of the lock may remove what it protects; the lock's own file goes with it.
      var lock = try? FolderLock(folder, work: "serves")
      guard lock != nil else { continue }
      unlink(socketPath(in: folder))
      lock = nil
      rmdir(folder)
    }
  }
}

/// How many files and sockets this process may have.
enum DescriptorLimit {
  /// Descriptors that are left, after the limit was raised as far as the process may.
  static func free() -> Int {
    var limit = rlimit()
    guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(Int32(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    let used = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 16
    return Int(clamping: limit.rlim_cur) - used
  }
}

extension ProxyLimits {
  /// These limits with no more connections than there are descriptors for: a client's own, and two between proxy and server, which
  /// may outlive it by a while, with those of three clients before it.
  ///
  /// - Throws: `InputOutputError` where there are too few for a single client.
  func fitting(_ descriptors: Int) throws -> Self {
    // Checkpoints and tables are read, and folders listed, beside the connections.
    let count = (descriptors - 24) / 9
    guard count > 0 else {
      throw InputOutputError(
        path: "the server", operation: "open sockets", reason: "only \(max(0, descriptors)) descriptors are left",
        remedy: "Raise the limit of open files (ulimit -n) to 64 or more.")
    }
    var limits = self
    limits.connections = min(connections, count)
    return limits
  }
}
