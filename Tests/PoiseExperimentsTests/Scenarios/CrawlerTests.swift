import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseScenarios
import PoiseTasks
import TestSupport
import Testing

@Suite("The crawler")
struct CrawlerTests {
  /// Ten gaits that a person would try: poses, again and again. They were written down with the robot, before anything was trained.
  static let gaits: [[String]] = [
    ["reach", "plant", "pull"], ["reach", "stretch", "pull"], ["reach", "pull"], ["stretch", "pull"],
    ["plant", "pull"], ["reach", "plant", "pull", "tuck"], ["reach", "plant", "press"],
    ["reach", "plant", "pull", "press"], ["reach", "stretch", "plant", "pull"], ["tuck", "reach", "plant", "pull"],
  ]

  /// What learning finds (PPO, seed 101), written down as a gait.
  static let learned = ["lean", "dig", "fling"]

  private static func task(_ name: String = "crawler") throws -> BoundTask {
    try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml").requireRobot(for: "this test").task
  }

  /// Body lengths per action of a gait over an episode, ahead and to the side.
  private func crawl(_ gait: [String]) throws -> (measured: Double, ahead: Double, aside: Double) {
    let task = try Self.task()
    let environment = try TaskEnvironment(task, seed: 1, purpose: .evaluation, detail: .full)
    var observation = [Float](repeating: 0, count: task.observationSpace.count)
    var span = observation.mutableSpan
    environment.reset(into: &span)
    let body = try #require(task.model.bodies.firstIndex { $0.name == "body" })
    let start = environment.robot.pose(ofBody: body).position
    var step = 0
    while environment.ending == .running {
      let choice = try #require(task.levels.firstIndex { $0.name == gait[step % gait.count] })
      environment.step([Float(choice)].span, into: &span)
      step += 1
    }
    #expect(environment.ending == .truncated && step == 60)
    let way = environment.robot.pose(ofBody: body).position - start
    let place = try #require(task.metrics.firstIndex { $0.name == "body_lengths_per_action" })
    let measurements = try #require(environment.summary.measurements)
    return (try #require(measurements[place]) / 60, way.x / 0.3 / 60, way.y / 0.3 / 60)
  }

  @Test(
    "gets along with the best of ten designed gaits, straight, and its metric tells how far; a learned gait gets twice as far"
  )
  func designed() throws {
    let ways = try Self.gaits.map { try crawl($0) }
    for (gait, way) in zip(Self.gaits, ways) {
      print("crawler | \(gait.joined(separator: " ")) | \(way.ahead.rounded(significant: 3)) body lengths per action")
      // The metric is Δx less all that went to the side, and that is little.
      #expect(way.measured <= way.ahead + 1e-9 && way.measured > way.ahead - 0.005, "\(gait)")
    }
    let best = try #require(ways.max { $0.ahead < $1.ahead })
    #expect(best.ahead > 0.05 && abs(best.aside) < 0.05 * best.ahead, "\(best)")
    let learned = try crawl(Self.learned)
    print(
      "crawler | learned: \(Self.learned.joined(separator: " ")) | \(learned.ahead.rounded(significant: 3)) body lengths per action"
    )
    #expect(learned.ahead > 2 * best.ahead && abs(learned.aside) < 0.05 * learned.ahead, "\(learned)")
  }

  @Test("has poses within the ranges of its joints, and the same ranges where actions are numbers")
  func poses() throws {
    let (levels, numbers) = (try Self.task(), try Self.task("crawler-continuous"))
    #expect(levels.actionScaling == numbers.actionScaling && levels.levels.count == 9)
    for (i, ends) in [(0, (-90.0, 45.0)), (1, (0, 150))] {
      #expect(abs(numbers.actionScaling[i].control(-1) - ends.0 * .pi / 180) < 1e-9)
      #expect(abs(numbers.actionScaling[i].control(1) - ends.1 * .pi / 180) < 1e-9)
    }
    #expect(levels.metrics.contains(.bodyLengthsPerAction) && numbers.metrics.contains(.bodyLengthsPerAction))
  }
}
