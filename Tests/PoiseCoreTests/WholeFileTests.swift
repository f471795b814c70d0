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
