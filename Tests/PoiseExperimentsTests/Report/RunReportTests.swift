import Foundation
import PoiseCore
@testable import PoiseExperiments
import TestSupport
import Testing
import PoiseTraining

@Suite("Reports of runs")
struct RunReportTests {
  private func curve(_ points: [(Double, Double)]) -> Curve { Curve(points.map { Curve.Point(x: $0.0, y: $0.1) }) }

  @Test("a curve is linear between its points, constant before them, nothing beyond")
  func interpolation() {
    let line = curve([(1, 10), (3, 20), (4, 0)])
    #expect(line.value(at: 0) == 10 && line.value(at: 1) == 10 && line.value(at: 2) == 15)
    #expect(line.value(at: 3.5) == 10 && line.value(at: 4) == 0 && line.value(at: 4.1) == nil)
    #expect(curve([]).value(at: 0) == nil)
  }

  @Test("thinning keeps the mean")
  func thinning() {
    let many = curve((0..<1000).map { (Double($0), Double($0 % 7)) })
    let few = many.thinned(to: 100)
    #expect(few.points.count == 100)
    #expect(abs(few.points.reduce(0) { $0 + $1.y } / 100 - many.points.reduce(0) { $0 + $1.y } / 1000) < 1e-9)
    #expect(few.points[0].x == 4.5)
  }

  @Test("a band goes from where all have begun; who has ended keeps the last number")
  func band() {
    let band = CurveBand([curve([(0, 0), (10, 10)]), curve([(5, 1), (20, 4)]), curve([])])
    #expect(band.count == 2)
    #expect(band.mean.points == [.init(x: 5, y: 3), .init(x: 10, y: 6), .init(x: 20, y: 7)])
    #expect(band.low.points.map(\.y) == [1, 2, 4] && band.high.points.map(\.y) == [5, 10, 10])
    let alone = CurveBand([curve([(1, 2)])])
    #expect(alone.count == 1 && alone.mean == alone.low && alone.mean.points.count == 1)
  }

  @Test(
    "ticks are round numbers within the range", arguments: [0.0...1, -1600...(-120), 0...8e4, -0.00317...(-0.0002)])
  func ticks(range: ClosedRange<Double>) {
    let ticks = Scale(range, from: 0, to: 100).ticks
    #expect((3...10).contains(ticks.count), "\(ticks)")
    #expect(ticks.allSatisfy { range.contains($0.value) })
    let step = ticks[1].value - ticks[0].value
    let digits = step / pow(10, log10(step).rounded(.down))
    #expect([1, 2, 5, 10].contains { abs(digits - $0) < 1e-9 }, "\(step)")
  }

  @Test("the seconds of a run add up over its iterations; its evaluations are placed between them")
  func history() throws {
    let scratch = TrainingRunTests.Scratch()
    _ = try TrainingRunTests.begin("\(scratch.path)/run").run()
    let timing =
      "iteration,environment_steps,rollout_seconds,update_seconds,steps_per_second\n1,256,1,2,9\n2,512,0.5,0.5,9\n"
    try timing.write(toFile: "\(scratch.path)/run/timing.csv", atomically: true, encoding: .utf8)
    let history = try RunHistory("\(scratch.path)/run")
    #expect(history.environmentSteps == 512 && history.seconds == 4)
    #expect(history.clock.value(at: 128) == 1.5 && history.clock.value(at: 384) == 3.5)
    let steps = history.curve("return_mean", of: history.evaluations, over: .environmentSteps)
    #expect(steps.points.map(\.x) == [1024, 2048, 3072, 4096, 5120])
    #expect(steps.points.map(\.y) == history.evaluations["return_mean"])
    #expect(history.curve("return_mean", of: history.evaluations, over: .seconds).points.isEmpty, "beyond the clock")
    #expect(history.curve("no such column", of: history.progress, over: .seconds).points.isEmpty)
  }

  @Test("a log that is just being written is read to its last whole row; one that is damaged is not")
  func logs() throws {
    let scratch = TrainingRunTests.Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    func table(_ text: String) throws -> NumberTable {
      let path = "\(scratch.path)/log.csv"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return try NumberTable(contentsOf: path)
    }
    #expect(try table("a,b\n1,2\n3").rowCount == 1)
    #expect(try table("a,b\n1,\n3,4\n")["b"] == [nil, 4])
    #expect(try table("").columns.isEmpty)
    #expect(throws: InvalidInput.self) { try table("a,b\n1\n3,4\n") }
    #expect(throws: InvalidInput.self) { try table("a,b\n1,x\n") }
  }

  @Test("text from files is escaped for content and attributes")
  func escaping() {
    #expect(
      escapedHTML("<a href=\"x\">'&'</a>\u{1}") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;\u{FFFD}")
  }
}
