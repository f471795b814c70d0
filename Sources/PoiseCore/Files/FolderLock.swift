import Foundation
internal import Synchronization

/// A lock on a folder in which one process at a time may work.
///
/// A file `lock` inside the folder is held by `flock`, so the kernel releases it however its owner ends. The file holds
/// one JSON object that names the owner, for messages and for the cases that the kernel does not cover:
///
/// - A living process holds the lock: a second process is refused with a message that names the owner.
/// - No process holds it, and the file names an owner on this machine: the owner was killed, or the machine crashed.
///   The lock is taken over. If two processes try at once, the kernel gives it to one.
/// - No process holds it, but the file names another machine: this one cannot determine whether the owner still runs
///   there. The lock is refused until somebody removes the file.
/// - The file system has no locks: the owner is alive if a process with its process ID and start time is; process IDs
///   alone are reused.
///
/// The owner removes the file when it is done.
public final class FolderLock: Sendable {
  /// The owner of a lock: the contents of its file.
  public struct Owner: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The process ID.
    public var process: Int32
    /// The name of the machine on which it runs.
    public var host: String
    /// When the process started, in clock ticks since the boot of the machine; 0 if the system does not provide it.
    public var processStart: UInt64
    /// The identifier of the machine's boot, different after every boot; empty if the system does not provide it.
    public var boot: String

    /// An owner with the given properties.
    public init(process: Int32, host: String, processStart: UInt64, boot: String) {
      (self.process, self.host, self.processStart, self.boot) = (process, host, processStart, boot)
    }

    public var description: String { "process \(process) on \(host)" }
  }

  /// The name of the lock file inside its folder.
  public static let fileName = "lock"
  /// The path of the lock file.
  public let path: String
  /// The previous owner, if it ended without removing the file; `nil` otherwise.
  public let deadOwner: Owner?
  private let descriptor: Int32

  /// Takes the lock, or throws at once.
  ///
  /// - Parameters:
  ///   - folder: an existing folder that may be written to.
  ///   - work: what the process does with the lock, for the message: "trains".
  /// - Throws: `InvalidInput` that names the owner if there is one; `InputOutputError` if the file cannot be written.
  public init(_ folder: String, work: String) throws {
    path = "\(folder)/\(Self.fileName)"
    (descriptor, deadOwner) = try Self.take(path, folder: folder, work: work)
    UnfinishedFiles.add(path)
    do {
      try Self.write(.this, to: descriptor, path)
    } catch {
      UnfinishedFiles.remove(path)
      unlink(path)
      close(descriptor)
      throw error
    }
  }

  deinit {
    // Under the lock, so that no other process's file is removed.
    if isHeld { unlink(path) }
    close(descriptor)
    UnfinishedFiles.remove(path)
  }

  /// Whether a folder has the lock of a process of Poise, alive or dead. Any other file of that name belongs to the user,
  /// and must not be changed; one that Poise makes has its content from the first moment.
  public static func isPresent(in folder: String) -> Bool {
    guard let bytes = try? BoundedFile.read("\(folder)/\(fileName)", limit: 4096) else { return false }
    return (try? JSONDecoder().decode(Owner.self, from: Data(bytes))) != nil
  }

  /// Whether the file still exists and is the locked one: somebody may have removed it.
  private var isHeld: Bool { Self.isSame(descriptor, path) }

  /// Checks that the lock is still held.
  ///
  /// - Throws: `InputOutputError` if somebody removed the file, so that another process may have taken the lock.
  public func confirm() throws {
    guard isHeld else {
      throw InputOutputError(
        path: path, operation: "continue", reason: "the lock was removed, so another process may be at work here",
        remedy: "Make sure that there is none, then resume.")
    }
  }

  // MARK: Taking

  private static func take(_ path: String, folder: String, work: String) throws -> (Int32, Owner?) {
    while true {
      let descriptor = open(path, O_RDWR | O_CLOEXEC)
      if descriptor < 0, errno == ENOENT {
        guard let made = try make(path) else { continue }
        return (made, nil)
      }
      guard descriptor >= 0 else { throw InputOutputError(writing: path, errno) }
      var isTaken = false
      defer { if !isTaken { close(descriptor) } }

      let outcome = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
      if outcome == EINTR { continue }
      if outcome == EWOULDBLOCK { throw held(folder, owner(descriptor), work) }
      // The owner may have removed the file between opening and locking it here; then another process may hold a new one.
      guard isSame(descriptor, path) else { continue }
      let before = owner(descriptor)
      if let before {
        if outcome != 0, before.isAlive { throw held(folder, before, work) }
        guard before.isOfThisMachine else { throw elsewhere(path, before, work) }
      }
      isTaken = true
      return (descriptor, before)
    }
  }

  /// Makes the file, which appears locked and with its owner in it, so that it never exists without an owner.
  ///
  /// - Returns: `nil` where another process was faster.
  private static func make(_ path: String) throws -> Int32? {
    let number = attempts.wrappingAdd(1, ordering: .relaxed).newValue
    let temporary = "\(path)\(WholeFile.temporaryMark)\(getpid())00\(number)"
    UnfinishedFiles.add(temporary)
    defer {
      unlink(temporary)
      UnfinishedFiles.remove(temporary)
    }
    let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw InputOutputError(writing: path, errno) }
    var isMade = false
    defer { if !isMade { close(descriptor) } }
    // Where the file system knows no locks, the owner in the file is what counts.
    flock(descriptor, LOCK_EX | LOCK_NB)
    try write(.this, to: descriptor, path)
    if link(temporary, path) != 0 {
      if errno == EEXIST { return nil }
      // No hard links: a new name takes the place of none, or of one that came just now.
      guard [EPERM, ENOTSUP, EMLINK, ENOSYS].contains(errno), rename(temporary, path) == 0 else {
        throw InputOutputError(writing: path, errno)
      }
    }
    isMade = true
    return descriptor
  }

  private static let attempts = Atomic<Int>(0)

  private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var (own, there) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino
      && own.st_dev == there.st_dev
  }

  /// The owner in the file; `nil` if the file is empty or damaged.
  private static func owner(_ descriptor: Int32) -> Owner? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    return try? JSONDecoder().decode(Owner.self, from: Data(bytes[..<count]))
  }

  private static func write(_ owner: Owner, to descriptor: Int32, _ path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let bytes = [UInt8](try encoder.encode(owner)) + [UInt8(ascii: "\n")]
    let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard written >= 0 else { throw InputOutputError(writing: path, errno) }
    // A full disk accepts fewer bytes.
    guard written == bytes.count else { throw InputOutputError(writing: path, ENOSPC) }
    guard ftruncate(descriptor, off_t(bytes.count)) == 0 else { throw InputOutputError(writing: path, errno) }
  }

  private static func held(_ folder: String, _ owner: Owner?, _ work: String) -> InvalidInput {
    InvalidInput(
      Problem(
        file: folder, found: "\(owner?.description ?? "another process"), which \(work) there",
        allowed: "one process at a time", remedy: "Wait for it, stop it, or choose another folder."))
  }

  private static func elsewhere(_ path: String, _ owner: Owner, _ work: String) -> InvalidInput {
    InvalidInput(
      Problem(
        file: path, found: "\(owner), another machine, where it \(work) or was killed",
        allowed: "one process at a time",
        remedy: "This machine cannot see whether it still runs. If it does not, remove the file."))
  }
}

extension FolderLock.Owner {
  /// This process as an owner.
  public static var this: Self {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return Self(
      process: getpid(), host: host, processStart: startTime(of: getpid()) ?? 0,
      boot: text("/proc/sys/kernel/random/boot_id").trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Whether the process runs or ran on this machine, since its last boot or before. A container may have a host name
  /// of its own.
  var isOfThisMachine: Bool {
    let this = Self.this
    return host == this.host || !boot.isEmpty && boot == this.boot
  }

  /// Whether the process is alive on this machine. Without start times from the system: whether any process has its
  /// process ID.
  var isAlive: Bool {
    guard isOfThisMachine, boot == Self.this.boot, process > 0 else { return false }
    guard kill(process, 0) == 0 || errno == EPERM else { return false }
    return Self.startTime(of: process).map { $0 == processStart } ?? true
  }

  /// Field 22 of /proc/PID/stat (proc(5)); the second, the program's name in parentheses, may hold anything.
  private static func startTime(of process: Int32) -> UInt64? {
    let line = text("/proc/\(process)/stat")
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }

  private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
