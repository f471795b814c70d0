import Foundation
import Testing

@testable import PoiseCore

@Suite("A folder's lock")
struct FolderLockTests {
  private final class Scratch {
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-lock-\(UUID().uuidString)").path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var lock: String { "\(path)/\(FolderLock.fileName)" }
    var isLocked: Bool { FileManager.default.fileExists(atPath: lock) }

    /// What a process that could not let go leaves behind.
    func leave(_ owner: FolderLock.Owner) throws {
      try JSONEncoder().encode(owner).write(to: URL(filePath: lock))
    }
  }

  @Test("is given to one, and the next is told who has it")
  func second() throws {
    let scratch = try Scratch()
    let lock = try FolderLock(scratch.path, work: "trains")
    let error = #expect(throws: InvalidInput.self) { try FolderLock(scratch.path, work: "trains") }
    #expect(
      error?.description
        == "\(scratch.path): found process \(getpid()) on \(FolderLock.Owner.this.host), which trains there; "
        + "allowed one process at a time. Wait for it, stop it, or choose another folder.")
    try lock.confirm()
  }

  @Test("is free again once its owner is done, and leaves no file")
  func release() throws {
    let scratch = try Scratch()
    do {
      let lock = try FolderLock(scratch.path, work: "trains")
      #expect(scratch.isLocked && lock.deadOwner == nil)
      try lock.confirm()
    }
    #expect(!scratch.isLocked)
    #expect(try FolderLock(scratch.path, work: "trains").deadOwner == nil)
  }

  @Test(
    "whose owner was killed is taken over, also if a living process has its number now, and after a restart of the machine"
  )
  func stale() throws {
    let scratch = try Scratch()
    let this = FolderLock.Owner.this
    var gone = this
    gone.process = 0x3FFF_FFF0
    // This very process lives, but started at another time than the owner: its number was used again.
    var reused = this
    reused.processStart += 1
    var beforeRestart = this
    beforeRestart.boot = "00000000-0000-0000-0000-000000000000"
    var inContainer = gone
    inContainer.host = "another-name-of-this-machine"
    // What decides where the kernel knows no locks.
    #expect(this.isAlive && !gone.isAlive && !beforeRestart.isAlive && (this.processStart == 0 || !reused.isAlive))
    for owner in [gone, reused, beforeRestart] + (this.boot.isEmpty ? [] : [inContainer]) {
      try scratch.leave(owner)
      #expect(try FolderLock(scratch.path, work: "trains").deadOwner == owner)
      #expect(!scratch.isLocked)
    }
    for rubbish in ["", "{", "\u{0}\u{1}", #"{"process": 1}"#] {
      try Data(rubbish.utf8).write(to: URL(filePath: scratch.lock))
      #expect(try FolderLock(scratch.path, work: "trains").deadOwner == nil)
    }
  }

  @Test("of another machine is not taken over, since nobody here can see its owner; removing the file is what helps")
  func otherMachine() throws {
    let scratch = try Scratch()
    try scratch.leave(
      FolderLock.Owner(process: 12, host: "faraway.example", processStart: 5, boot: "another-boot"))
    let error = #expect(throws: InvalidInput.self) { try FolderLock(scratch.path, work: "trains") }
    #expect(error?.description.contains("process 12 on faraway.example, another machine") == true)
    #expect(error?.description.contains("\(scratch.lock): ") == true)
    try FileManager.default.removeItem(atPath: scratch.lock)
    _ = try FolderLock(scratch.path, work: "trains")
  }

  @Test("goes to exactly one of many that want it at once, stale or not, again and again", arguments: [false, true])
  func race(isStale: Bool) async throws {
    let scratch = try Scratch()
    for round in 0..<20 {
      if isStale {
        var gone = FolderLock.Owner.this
        gone.process = 0x3FFF_FFF0
        try scratch.leave(gone)
      }
      let path = scratch.path
      let locks = await withTaskGroup(of: FolderLock?.self, returning: [FolderLock].self) { group in
        for _ in 0..<8 { group.addTask { try? FolderLock(path, work: "trains") } }
        var taken: [FolderLock] = []
        for await case let lock? in group { taken.append(lock) }
        return taken
      }
      #expect(locks.count == 1, "round \(round)")
    }
  }

  @Test("is told from a file of somebody's own that has its name, from its first moment")
  func own() throws {
    let scratch = try Scratch()
    for content in ["", "{}", "door", "{\"process\": 1}"] {
      try Data(content.utf8).write(to: URL(filePath: scratch.lock))
      #expect(!FolderLock.isPresent(in: scratch.path), "\(content)")
    }
    try FileManager.default.removeItem(atPath: scratch.lock)
    #expect(!FolderLock.isPresent(in: scratch.path))
    let lock = try FolderLock(scratch.path, work: "trains")
    #expect(FolderLock.isPresent(in: scratch.path))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [FolderLock.fileName])
    try lock.confirm()
  }

  @Test("whose file somebody removed is noticed by its owner")
  func removed() throws {
    let scratch = try Scratch()
    let lock = try FolderLock(scratch.path, work: "trains")
    try FileManager.default.removeItem(atPath: scratch.lock)
    let error = #expect(throws: InputOutputError.self) { try lock.confirm() }
    #expect(error?.description.contains("the lock was removed") == true)
    // Whoever takes it now keeps it when the first one ends.
    let second = try FolderLock(scratch.path, work: "trains")
    #expect(throws: InputOutputError.self) { try lock.confirm() }
    try second.confirm()
  }

  @Test("cannot be had in a folder that is not there")
  func missing() {
    let error = #expect(throws: InputOutputError.self) { try FolderLock("/no/such/folder", work: "trains") }
    #expect(error?.description.hasPrefix("/no/such/folder/lock: cannot write: No such file or directory.") == true)
  }
}
