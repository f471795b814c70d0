import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseModels
@testable import PoiseScenarios
import PoiseSimulation
@testable import PoiseTasks
import Testing

extension RandomStream {
  /// A number of an action: of a box, or the index of a choice.
  mutating func action(of space: Space) -> Float {
    space.choices.map { Float(index(below: $0.count)) } ?? Float(2 * uniform() - 1)
  }
}

@Suite("Every shipped scenario")
struct ShippedScenarioTests {
  static let paths = (try? ShippedFiles().scenarios().map(\.path)) ?? []
  static let finite = [
    "cliff-walking", "frozen-lake-8x8", "frozen-lake", "grid-world", "maze", "taxi", "treasure", "two-choices",
  ]
  static let robots = paths.filter {
    !finite.contains((($0 as NSString).lastPathComponent as NSString).deletingPathExtension)
  }

  @Test("is there")
  func names() {
    let robots = [
      "cartpole-balance", "cartpole-left-right", "cartpole-swingup", "crawler", "crawler-continuous",
      "humanoid-balance",
      "humanoid-stand",
      "pendulum-balance", "pendulum-swingup",
    ]
    #expect(
      Self.paths.map { ($0 as NSString).lastPathComponent } == (robots + Self.finite).map { "\($0).yaml" }.sorted())
  }

  @Test(
    "is finite, in bounds, nowhere constant, starts anew each time, and ends as and when it should", arguments: robots)
  func contract(_ path: String) throws {
    let task = try LoadedScenario(contentsOf: path).requireRobot(for: "this test").task
    let (size, actionSize) = (task.observationSpace.count, task.actionSpace.count)
    let block = try EnvironmentBlock(task, worlds: 0..<8, of: 8, seed: 1)
    for environment in block.environments { environment.desynchronises = false }
    var buffers = StepBuffers(worlds: 8, observations: size)
    var span = buffers.observations.mutableSpan
    block.reset(into: &span)
    var starts: Set<[Float]> = []
    var low = [Float](repeating: .infinity, count: size)
    var high = [Float](repeating: -.infinity, count: size)
    func look(_ row: [Float]) {
      if let violation = task.observationSpace.violation(by: row.span) { Issue.record("\(violation)") }
      for i in 0..<size {
        low[i] = min(low[i], row[i])
        high[i] = max(high[i], row[i])
      }
    }
    for world in 0..<8 { starts.insert(Array(buffers.observations[world * size..<(world + 1) * size])) }
    #expect(starts.count == 8, "start states vary")
    var random = RandomStream(seed: 2, purpose: .testing)
    for _ in 0..<1500 {
      let actions = (0..<8 * actionSize).map { _ in random.action(of: task.actionSpace) }
      block.step(actions.span, into: &buffers)
      for world in 0..<8 {
        let row = world * size..<(world + 1) * size
        look(Array(buffers.observations[row]))
        if buffers.endings[world].isOver { look(Array(buffers.finalObservations[row])) }
        #expect(buffers.rewards[world].isFinite)
      }
    }
    for i in 0..<size { #expect(high[i] > low[i], "'\(task.observationSpace.names[i])' is always \(low[i])") }
    #expect(block.faults.isEmpty, "\(block.faults)")
    #expect(!block.finishedEpisodes.isEmpty)
    for episode in block.finishedEpisodes {
      #expect(episode.ending == (episode.steps == task.timing.stepLimit ? .truncated : .terminated))
      #expect(episode.steps >= 1 && episode.steps <= task.timing.stepLimit)
      #expect(abs(episode.rewardTerms.reduce(0, +) - episode.totalReward) <= 1e-9 * abs(episode.totalReward) + 1e-9)
    }
    if path.contains("swingup") && path.contains("pendulum") {
      #expect(block.finishedEpisodes.allSatisfy { $0.ending == .truncated && $0.steps == 200 })
    }
  }

  @Test("repeats bit for bit under one seed, and not under another", arguments: robots)
  func repeats(_ path: String) throws {
    let task = try LoadedScenario(contentsOf: path).requireRobot(for: "this test").task
    func play(seed: UInt64) throws -> [UInt64] {
      let environment = try TaskEnvironment(task, seed: seed)
      var observation = [Float](repeating: 0, count: task.observationSpace.count)
      var span = observation.mutableSpan
      var random = RandomStream(seed: 9, purpose: .testing)
      var trace: [UInt64] = []
      environment.reset(into: &span)
      for _ in 0..<300 {
        let action = (0..<task.actionSpace.count).map { _ in random.action(of: task.actionSpace) }
        if environment.step(action.span, into: &span).ending.isOver { environment.reset(into: &span) }
        trace.append(environment.robot.world.stateHash)
      }
      return trace + observation.map { UInt64($0.bitPattern) }
    }
    let (first, again, other) = (try play(seed: 1), try play(seed: 1), try play(seed: 2))
    #expect(first == again && first != other)
  }

  @Test("reads back from its resolved text as itself", arguments: paths)
  func resolved(_ path: String) throws {
    let loaded = try LoadedScenario(contentsOf: path)
    let again = try Configured<Scenario>(yaml: loaded.resolvedText, file: "resolved.yaml").value
    #expect(again == loaded.settings)
  }

  @Test("starts and ends as the table of issue 3 says")
  func table() throws {
    func load(_ name: String) throws -> BoundTask {
      try LoadedScenario(contentsOf: Self.paths.first { $0.contains(name) } ?? name).requireRobot(for: "this test").task
    }
    for (name, seconds, rate) in [
      ("pendulum-swingup", 10.0, 20.0), ("pendulum-balance", 10, 20), ("cartpole-balance", 10, 50),
      ("cartpole-left-right", 10, 50),
      ("cartpole-swingup", 20, 50), ("humanoid-stand", 10, 50), ("humanoid-balance", 20, 50),
    ] {
      let timing = try load(name).timing
      #expect(abs(timing.controlTimeStep - 1 / rate) < 1e-12 && timing.stepLimit == Int(seconds * rate), "\(name)")
    }
    /// Largest |q| and |q̇| of each joint over many starts.
    func extremes(_ name: String) throws -> (q: [Double], v: [Double]) {
      let task = try load(name)
      let environment = try TaskEnvironment(task, seed: 4, detail: .full)
      var observation = [Float](repeating: 0, count: task.observationSpace.count)
      var span = observation.mutableSpan
      var result = (q: [Double](), v: [Double]())
      for k in 0..<400 {
        environment.reset(into: &span)
        let (q, v) = (environment.snapshot.jointPositions, environment.snapshot.jointVelocities)
        if k == 0 { result = (q.map { abs($0) }, v.map { abs($0) }) }
        for i in q.indices {
          result.q[i] = max(result.q[i], abs(q[i]))
          result.v[i] = max(result.v[i], abs(v[i]))
        }
      }
      return result
    }
    func isNear(_ x: Double, _ limit: Double) -> Bool { x <= limit * (1 + 1e-9) && x > 0.95 * limit }
    let swing = try extremes("pendulum-swingup")
    #expect(isNear(swing.q[0], .pi) && isNear(swing.v[0], 1))
    let hold = try extremes("pendulum-balance")
    #expect(isNear(hold.q[0], .pi / 18))
    let cart = try extremes("cartpole-balance")
    #expect(isNear(cart.q[0], 0.1) && isNear(cart.q[1], 0.1))
    let pushed = try extremes("cartpole-left-right")
    #expect((pushed.q + pushed.v).allSatisfy { isNear($0, 0.05) })
    let hanging = try extremes("cartpole-swingup")
    #expect(hanging.q[1] > 3.13 && isNear(hanging.q[0], 0.1))
    let humanoid = try extremes("humanoid-stand")
    #expect(humanoid.q.allSatisfy { isNear($0, 0.05) })
    #expect(try load("humanoid-stand").disturbances.isEmpty && load("humanoid-balance").disturbances.count == 1)
  }

  @Test("names what keeps a learner from relying on a mirror, with every reason and the place of the key")
  func asymmetry() throws {
    func refusal(_ overrides: [String]) -> [String] {
      do {
        let scenario = try LoadedScenario(
          contentsOf: Self.paths.first { $0.contains("humanoid-stand") } ?? "", overrides: overrides)
        try scenario.checkSymmetry()
        return []
      } catch {
        return (error as? InvalidInput)?.problems.map(\.description) ?? ["\(error)"]
      }
    }
    #expect(refusal(["ppo.mirrorSymmetry=null"]) == [])
    #expect(refusal(["ppo.hiddenSizes=[64, 1]"]).first?.contains("two units or more, with mirrorSymmetry") == true)
    let sideways = refusal(["ppo.mirrorSymmetry=frontBack"])
    #expect(sideways.count > 5)
    #expect(
      sideways.first
        == "--set ppo.mirrorSymmetry=frontBack: ppo.mirrorSymmetry: found 'frontBack', but joint 'abdomen_y' differs from its own "
        + "mirror image in its range; allowed null, or a mirror plane of which robot and task are symmetric. "
        + "Make both sides symmetric, or write null.")
    let blind = refusal(["observations=[footContacts: {bodies: [left_foot]}]"])
    #expect(blind.count == 4, "each of the scenario's learners relies on it")
    #expect(
      blind.allSatisfy { $0.contains("observation 'left_foot_contact' has no mirror image among the observations") },
      "\(blind)")
    for learner in ["ppo", "td3", "ddpg", "sac"] {
      let own = blind.filter { $0.contains("humanoid-stand.yaml:") && $0.contains("\(learner).mirrorSymmetry") }
      #expect(own.count == 1, "\(learner): \(blind)")
    }
  }
}
