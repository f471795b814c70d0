import Dispatch
import Foundation
import PoiseCore
import PoiseExperiments
import PoiseScenarios
import PoiseTraining
@testable import PoiseViewer
import TestSupport
import Testing
import PoiseNetworks

@Suite("Tables of a run that are rubbish", .timeLimit(.minutes(10)))
struct RunTableFuzzTests {
  private static let tables = ["progress.csv", "evaluations.csv", "timing.csv"]
  private static let vocabulary = Mutator.Vocabulary(
    pieces: [",", "\n", "\r\n", "\"", "\u{FEFF}", ",,,,,,", "\n\n", "environment_steps", "nan", "1e300"],
    plausibleValues: ["0", "1", "512", "0.5", "-1", "1e3", "1e9", "1e17", "1e300", "-1e300", "nan", "inf", ""],
    valueStarts: ",\n", valueEnds: ",\n", valueShare: 12)

  /// The bytes of a run's three tables, after a small training.
  private static func train(_ path: String) throws -> [[UInt8]] {
    let run = try TrainingRun(
      FollowingTests.scenario(), seed: 5, folder: path, threads: 1, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
    _ = try run.run()
    return try tables.map { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\($0)"))) }
  }

  /// What an attacker would write first: a row cut short, a column that is missing or stands twice, one number at an edge.
  private static func damaged(_ table: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var rows = String(decoding: table, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let (row, column) = (random.index(below: rows.count), random.index(below: rows[0].count))
    switch random.index(below: 5) {
    case 0: rows[row].removeLast(1 + random.index(below: rows[row].count - 1))
    case 1: for i in rows.indices { rows[i].remove(at: column) }
    case 2: for i in rows.indices { rows[i].append(rows[i][column]) }
    case 3: rows.shuffle(using: &random)
    default: rows[row][column] = Mutator.Vocabulary.edges[random.index(below: Mutator.Vocabulary.edges.count)]
    }
    return Array((rows.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n").utf8)
  }

  @Test("are refused by a report with file and line, or drawn; the live page leaves out what is no number")
  func rubbish() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/run"
    let tables = try Self.train(path)
    var mutator = Mutator(Self.vocabulary, corpus: tables, random: Torture.random(60))
    var random = Torture.random(61)
    let pool = WorkerPool(threadCount: 1)
    var drawn = 0
    let trial = try Torture.trial(
      "run tables", count: 300,
      inputs: { index in
        let table = tables[index % 3]
        return index % 2 == 0 ? Self.damaged(table, &random) : mutator.mutated(table)
      }
    ) { index, bytes in
      let name = Self.tables[index % 3]
      try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
      defer { try? Data(tables[index % 3]).write(to: URL(filePath: "\(path)/\(name)")) }
      do {
        #expect(try RunReport([path], episodes: 0, pool: pool).html.contains("</html>"), "mutation \(index)")
        drawn += 1
      } catch let error as any PoiseError {
        #expect(error.description.contains("/\(name)"), "mutation \(index): \(error)")
        #expect(error.exitStatus != .internalFault)
      }
      var monitor = RunMonitor(path)
      while monitor.readOn(), monitor.isBehind {}
      for point in monitor.curves.flatMap(\.points) {
        #expect(point.count == 2 && point.allSatisfy { $0.isFinite }, "mutation \(index)")
      }
      #expect((monitor.environmentSteps ?? 0).isPossibleCount)
    }
    #expect((trial.count / 20..<trial.count).contains(drawn), "\(drawn) of \(trial.count) were drawn")
    #expect(trial.slowest < .seconds(20))
  }

  // MARK: Growing

  private static func rows(_ range: Range<Int>) -> String {
    range.map { "\(256 * ($0 + 1)),\(Double($0) / 2)\n" }.joined()
  }

  private static func append(_ text: String, to path: String) throws {
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  @Test(
    "a table of half a million rows is read in pieces, its curve thinned; what is added later is all that is read then")
  func long() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/progress.csv"
    let count = 500_000
    try Data("environment_steps,return\n\(Self.rows(0..<count))".utf8).write(to: URL(filePath: path))
    var table = GrowingTable(path, [("return", "R")])
    var looks = 0
    repeat {
      let isNew = table.readOn()
      #expect(isNew)
      looks += 1
    } while table.isBehind
    #expect(looks > 5 && table.environmentSteps == 256 * count)
    let points = try #require(table.learningCurves.first?.points)
    #expect((500...1001).contains(points.count))
    #expect(points.first == [256, 0] && points.last == [Double(256 * count), Double(count - 1) / 2])
    // All of them lie on the line, in order and evenly apart.
    #expect(points.allSatisfy { $0[1] == ($0[0] / 256 - 1) / 2 })
    let gaps = Set(zip(points.dropLast(), points.dropLast().dropFirst()).map { $1[0] - $0[0] })
    #expect(gaps.count == 1)

    var isNew = table.readOn()
    #expect(!isNew, "nothing new")
    try Self.append(Self.rows(count..<count + 1), to: path)
    let time = processorTime { isNew = table.readOn() }
    #expect(isNew)
    #expect(table.environmentSteps == 256 * (count + 1) && time < .milliseconds(50), "\(time)")
  }

  @Test(
    "a line waits for its end; a table that is cut back or written anew begins anew; a line without an end is left alone"
  )
  func changed() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/progress.csv"
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
    var table = GrowingTable(path, [("return", "R")])
    var isNew = table.readOn()
    #expect(!isNew && table.environmentSteps == nil)
    try write("environment_steps,return\n256,1\n51")
    isNew = table.readOn()
    #expect(isNew && table.environmentSteps == 256)
    try Self.append("2,2\n", to: path)
    isNew = table.readOn()
    #expect(isNew && table.environmentSteps == 512)
    #expect(table.learningCurves.first?.points == [[256, 1], [512, 2]])
    // Cut back, as going on from a checkpoint does, and grown again beyond where it was.
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: UInt64("environment_steps,return\n256,1\n".utf8.count))
    try file.close()
    try Self.append("513,3\n1024,4\n2048,5\n", to: path)
    isNew = table.readOn()
    #expect(isNew && table.environmentSteps == 2048)
    #expect(table.learningCurves.first?.points == [[256, 1], [513, 3], [1024, 4], [2048, 5]])
    // Another file under its name, without the columns.
    try write("a,b\n1,2\n")
    isNew = table.readOn()
    #expect(isNew && table.learningCurves.isEmpty && table.environmentSteps == nil)
    try write(String(repeating: "x", count: 3 << 20))
    for _ in 0..<3 { _ = table.readOn() }
    #expect(!table.isBehind && table.learningCurves.isEmpty)
  }

  @Test("a pipe or a sparse file in a table's place keeps nobody waiting", .timeLimit(.minutes(1)))
  func endless() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/run"
    _ = try Self.train(path)
    let table = "\(path)/progress.csv"
    try FileManager.default.removeItem(atPath: table)
    try #require(mkfifo(table, 0o600) == 0)
    let pool = WorkerPool(threadCount: 1)
    let error = #expect(throws: InputOutputError.self) { try RunReport([path], episodes: 0, pool: pool) }
    #expect(error?.description.contains("it is not a regular file") == true)
    var monitor = RunMonitor(path)
    _ = monitor.readOn()
    #expect(monitor.environmentSteps == nil)
    try FileManager.default.removeItem(atPath: table)
    try Data("environment_steps,return\n".utf8).write(to: URL(filePath: table))
    try #require(truncate(table, 1 << 40) == 0)
    #expect(throws: InputOutputError.self) { try RunReport([path], episodes: 0, pool: pool) }
    for _ in 0..<5 { _ = monitor.readOn() }
    #expect(!monitor.isBehind && monitor.environmentSteps == nil)
  }
}
