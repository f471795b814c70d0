import Dispatch
import Foundation
import PoiseCore
@testable import PoiseTraining
import Testing

@Suite("A folder that is somebody's own")
struct SomebodysFolderTests {
  /// Names that a run's folder has, too.
  private static let names = ["lock", "scenario.yaml", "model/robot.xml", "checkpoints/mine", "notes.partial-12"]

  private static func fill(_ path: String, _ names: [String]) throws {
    for name in names {
      let file = "\(path)/\(name)"
      try FileManager.default.createDirectory(atPath: file.parentFolder, withIntermediateDirectories: true)
      try Data("mine: \(name)".utf8).write(to: URL(filePath: file))
    }
  }

  private static func isWhole(_ path: String, _ names: [String]) -> Bool {
    names.allSatisfy { (try? String(contentsOfFile: "\(path)/\($0)", encoding: .utf8)) == "mine: \($0)" }
  }

  @Test("is refused for a run, and nothing in it is touched, whatever its files are called")
  func refused() throws {
    let scratch = TrainingRunTests.Scratch()
    for (index, names) in ([Self.names] + Self.names.map { [$0] } + [["lock", "model/robot.xml"]]).enumerated() {
      let path = "\(scratch.path)/\(index)"
      try Self.fill(path, names)
      let error = #expect(throws: InvalidInput.self) { try TrainingRunTests.begin(path) }
      #expect(error?.problems.first?.found == "a folder that is not empty", "\(names)")
      #expect(Self.isWhole(path, names), "\(names)")
      let content = try FileManager.default.contentsOfDirectory(atPath: path)
      #expect(content.count == Set(names.map { $0.prefix { $0 != "/" } }).count, "\(content)")
    }
  }

  @Test("is told from a run that was killed before it had begun by the lock, which is Poise's from its first moment")
  func beginning() throws {
    let scratch = TrainingRunTests.Scratch()
    let path = "\(scratch.path)/run"
    try Self.fill(path, ["scenario.yaml"])
    let gone = FolderLock.Owner(
      process: 0x3FFF_FFF0, host: FolderLock.Owner.this.host, processStart: 1, boot: FolderLock.Owner.this.boot)
    try JSONEncoder().encode(gone).write(to: URL(filePath: "\(path)/lock"))
    let run = try TrainingRunTests.begin(path)
    #expect(run.folder.path == path && RunFolder.isRun(path))
  }

  @Test(
    "a folder whose files cannot be listed is refused: nobody knows what would be harmed", .enabled(if: getuid() != 0))
  func closed() throws {
    let scratch = TrainingRunTests.Scratch()
    try Self.fill(scratch.path, ["run/scenario.yaml"])
    chmod("\(scratch.path)/run", 0o300)
    defer { chmod("\(scratch.path)/run", 0o700) }
    #expect(throws: InputOutputError.self) { try TrainingRunTests.begin("\(scratch.path)/run") }
  }

  @Test("a pipe in the place of a table does not keep a run waiting", .timeLimit(.minutes(1)))
  func pipe() throws {
    let scratch = TrainingRunTests.Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    try #require(mkfifo("\(scratch.path)/progress.csv", 0o600) == 0)
    #expect(throws: InputOutputError.self) { try LogFile("progress.csv", in: scratch.path) }
  }
}
