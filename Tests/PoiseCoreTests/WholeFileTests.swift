import Foundation
import PoiseCore
import Testing

@Suite("Files that appear whole")
struct WholeFileTests {
  private final class Scratch {
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-files-\(UUID().uuidString)").path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    func write(_ text: String, to name: String, older: String? = nil) throws {
      let file = try WholeFile("\(path)/\(name)")
      try file.write(text)
      try file.commit(keepingOlderAs: older.map { "\(path)/\($0)" })
    }
  }

  @Test("a file that is not committed leaves what was there, and nothing else")
  func uncommitted() throws {
    let scratch = try Scratch()
    try scratch.write("one", to: "a")
    do {
      let file = try WholeFile("\(scratch.path)/a")
      try file.write(String(repeating: "two", count: 100_000))
      #expect(scratch.names.count == 2 && scratch.text("a") == "one")
    }
    #expect(scratch.names == ["a"] && scratch.text("a") == "one")
  }

  @Test("what stood there before is kept under its second name, the last of them only")
  func older() throws {
    let scratch = try Scratch()
    try scratch.write("1", to: "a", older: "b")
    #expect(scratch.names == ["a"])
    try scratch.write("2", to: "a", older: "b")
    #expect(scratch.text("a") == "2" && scratch.text("b") == "1")
    try scratch.write("3", to: "a", older: "b")
    #expect(scratch.text("a") == "3" && scratch.text("b") == "2" && scratch.names == ["a", "b"])
  }

  @Test("a file under two names is one to give back, and writing under one leaves the other")
  func names() throws {
    let scratch = try Scratch()
    try scratch.write("1", to: "a")
    for _ in 0..<2 { try WholeFile.give("\(scratch.path)/a", theName: "\(scratch.path)/b") }
    try scratch.write("2", to: "a")
    #expect(scratch.text("a") == "2" && scratch.text("b") == "1" && scratch.names == ["a", "b"])
    try WholeFile.give("\(scratch.path)/none", theName: "\(scratch.path)/b")
    #expect(scratch.text("b") == "1")
  }

  @Test("a symbolic link stays one, and the file behind it keeps its mode; so does one that leads to nothing yet")
  func links() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/far", withIntermediateDirectories: true)
    try scratch.write("1", to: "far/a")
    chmod("\(scratch.path)/far/a", 0o640)
    for (link, target) in [
      ("relative", "far/a"), ("absolute", "\(scratch.path)/far/a"), ("second", "relative"), ("dangling", "far/b"),
    ] {
      symlink(target, "\(scratch.path)/\(link)")
    }
    for (link, file) in [("relative", "far/a"), ("absolute", "far/a"), ("second", "far/a"), ("dangling", "far/b")] {
      try scratch.write(link, to: link)
      #expect(scratch.text(file) == link)
      var status = stat()
      #expect(lstat("\(scratch.path)/\(link)", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK, "\(link)")
    }
    var status = stat()
    #expect(stat("\(scratch.path)/far/a", &status) == 0 && status.st_mode & 0o7777 == 0o640)
    #expect(scratch.names == ["absolute", "dangling", "far", "relative", "second"])
    symlink("loop", "\(scratch.path)/loop")
    #expect(throws: InputOutputError.self) { try scratch.write("x", to: "loop") }
  }

  @Test("what cannot be read to its end is refused before the first byte", .timeLimit(.minutes(1)))
  func endless() throws {
    let scratch = try Scratch()
    let (pipe, sparse) = ("\(scratch.path)/pipe", "\(scratch.path)/sparse")
    try #require(mkfifo(pipe, 0o600) == 0)
    try scratch.write("x", to: "sparse")
    try #require(truncate(sparse, 1 << 40) == 0)
    for path in [pipe, sparse, scratch.path] {
      #expect(throws: BoundedFile.Failure.self) { try BoundedFile.read(path, limit: 1 << 20) }
      #expect(throws: BoundedFile.Failure.self) { try FilePieces(path, limit: 1 << 20) }
    }
    let pieces = try FilePieces(sparse, limit: .max)
    #expect(try pieces.next(atMost: 3) == [UInt8(ascii: "x"), 0, 0] && pieces.size == 1 << 40)
  }

  @Test("what killed processes left is removed, and nothing else")
  func leftovers() throws {
    let scratch = try Scratch()
    for name in ["a.partial-12", "b.csv.partial-4", "c.partial-", "d.partial-x1", "partial-1", "e"] {
      try scratch.write("", to: name)
    }
    WholeFile.removeLeftovers(in: scratch.path)
    #expect(scratch.names == ["c.partial-", "d.partial-x1", "e", "partial-1"])
  }
}
