import PoiseCore
@testable import PoiseEnvironments
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import TestSupport
import Testing

@Suite("Numbers that are spoiled")
struct SpoiledEpisodeTests {
  private static func block(_ task: BoundTask) throws -> EnvironmentBlock {
    try EnvironmentBlock(task, worlds: 0..<4, of: 4, seed: 9)
  }

  private static func reset(_ block: EnvironmentBlock, _ buffers: inout StepBuffers) {
    var span = buffers.observations.mutableSpan
    block.reset(into: &span)
  }

  private static func step(_ block: EnvironmentBlock, _ actions: [Float], _ buffers: inout StepBuffers) {
    block.step(actions.span, into: &buffers)
  }

  /// Steps a block with actions of a seed and checks all that comes out.
  private static func run(
    _ task: BoundTask, steps: Int = 400, actions: (inout RandomStream) -> Float
  ) throws -> [EnvironmentFault] {
    let block = try block(task)
    var buffers = StepBuffers(worlds: 4, observations: task.observationSpace.count)
    reset(block, &buffers)
    var random = RandomStream(seed: 8, purpose: .testing)
    var endings = 0
    for _ in 0..<steps {
      #expect(buffers.observations.allSatisfy { abs($0) <= 1e6 })
      step(block, (0..<4 * task.actionSpace.count).map { _ in actions(&random) }, &buffers)
      #expect(buffers.rewards.allSatisfy { abs($0) <= 1e6 })
      #expect(buffers.finalObservations.allSatisfy { abs($0) <= 1e6 })
      endings += buffers.endings.count { $0 == .fault }
    }
    #expect(block.faults.count == endings)
    return block.faults
  }

  @Test(
    "in an observation, at its first moment too, end the episode as a fault that names it; none comes out",
    arguments: [false, true])
  func observations(isShaped: Bool) throws {
    var task = pendulumTask()
    var shaping = ObservationShaping()
    // A clip would make a number like any other of what is none.
    if isShaped { (shaping.clip, shaping.scale) = (-2...2, 0.5) }
    task.observations = TermList(task.observations.terms + [Observation(SpoiledObservation(), shaping: shaping)])
    let faults = try Self.run(bind(task, to: "pendulum")) { Float(2 * $0.uniform() - 1) }
    #expect(faults.count > 20)
    #expect(faults.allSatisfy { $0.place == "observation 'spoiled'" })
    #expect(faults.contains { $0.reason.hasSuffix("at the start of the episode") && $0.step == 0 })
    #expect(
      faults.contains { $0.reason == "nan is not finite" } && faults.contains { $0.reason == "-inf is not finite" })
    #expect(faults.contains { $0.reason.contains("is beyond 1000000.0") } == !isShaped)
  }

  @Test("in an observation are faults, too, where the bound is beyond all floats: infinity is no number to learn from")
  func boundBeyondFloats() throws {
    for bound in [1e300, Double(Float.greatestFiniteMagnitude) * 2] {
      var task = pendulumTask()
      task.faults.observation = bound
      task.observations = TermList(task.observations.terms + [Observation(SpoiledObservation())])
      let block = try Self.block(bind(task, to: "pendulum"))
      var buffers = StepBuffers(worlds: 4, observations: block.task.observationSpace.count)
      Self.reset(block, &buffers)
      for _ in 0..<400 {
        #expect(buffers.observations.allSatisfy { $0.isFinite })
        Self.step(block, [0, 0.1, 0.2, 0.3], &buffers)
        #expect(buffers.finalObservations.allSatisfy { $0.isFinite })
      }
      #expect(block.faults.contains { $0.reason == "-inf is not finite" }, "of −1e300")
      #expect(buffers.observations.count > 0 && !block.faults.contains { $0.reason.contains("beyond") })
    }
  }

  @Test("in a reward end the episode as a fault that names the term")
  func rewards() throws {
    var task = pendulumTask()
    task.rewards = TermList(task.rewards.terms + [Reward(SpoiledReward(), weight: 2)])
    let faults = try Self.run(bind(task, to: "pendulum")) { Float(2 * $0.uniform() - 1) }
    #expect(faults.count > 20)
    #expect(faults.allSatisfy { $0.place == "reward 'spoiledReward'" })
    #expect(faults.contains { $0.reason.contains("beyond") } && faults.contains { $0.reason.contains("not finite") })
  }

  @Test("in an action end the episode as a fault where they are no numbers, and are clamped where they are large")
  func actions() throws {
    let faults = try Self.run(bind(pendulumTask(), to: "pendulum")) { random in
      random.index(below: 20) == 0 ? Float(spoiledNumbers[random.index(below: 4)]) : 0.5
    }
    #expect(faults.count > 20 && faults.allSatisfy { $0.place == "action 0" && $0.reason.hasSuffix("is not finite") })
    let large = try Self.run(bind(pendulumTask(), to: "pendulum")) { $0.uniform() < 0.5 ? 1e30 : -3e38 }
    #expect(large.isEmpty)
  }

  @Test(
    "in a force make ODE give up in the middle of a step: a fault, and the next episode has the bits of a fresh world")
  func breakdown() throws {
    var task = busyTask()
    task.disturbances = []
    let plain = try bind(task, to: "humanoid")
    let fresh = try Player(plain, seed: 77)
    var places: [String: Int] = [:]
    // Which sizes ODE only returns nonsense for and which it gives up on is its own affair.
    for (size, link) in [(1e12, 0), (1e150, 1), (1e300, 0), (1e308, 0), (1e308, 3), (-1e308, 5)] {
      let broken = plain.adding(
        BoundDisturbance("breaks the world", memoryCount: 0, begin: { _, _ in }) { step, _, _, robot in
          if step == 7 { robot.world.setExternalForce(on: robot.bodies[link], force: [size, -size, size]) }
          return .zero
        })
      let player = try Player(broken, seed: 4)
      for _ in 0..<3 {
        player.reset()
        fresh.reset(from: player.environment.episodeStart)
        var random = RandomStream(seed: 3, purpose: .testing)
        for _ in 0..<7 where player.outcome.ending == .running {
          let action = random.action(16)
          player.step(action)
          fresh.step(action)
          #expect(player.world == fresh.world && player.observation == fresh.observation)
        }
        try #require(player.outcome.ending == .running)
        player.step(random.action(16))
        #expect(player.outcome.ending == .fault && player.outcome.reward == 0)
        #expect(player.observation.allSatisfy { $0.isFinite })
        places[player.environment.fault?.place ?? "none", default: 0] += 1
      }
    }
    #expect(places["physics engine", default: 0] > 0, "\(places)")
  }

  @Test("in the force of a disturbance end the episode as a fault that names the body, and the next one is as ever")
  func disturbances() throws {
    let plain = try bind(pendulumTask(), to: "pendulum")
    let spoiled = plain.adding(
      BoundDisturbance("pushes with what is no number", memoryCount: 0, begin: { _, _ in }) { step, _, _, robot in
        if step == 5 { robot.world.setExternalForce(on: robot.bodies[0], force: [.nan, 0, 0]) }
        return .zero
      })
    let (player, fresh) = (try Player(spoiled, seed: 4), try Player(plain, seed: 77))
    for _ in 0..<3 {
      player.reset()
      fresh.reset(from: player.environment.episodeStart)
      for _ in 0..<5 {
        player.step([0.5])
        fresh.step([0.5])
        #expect(player.world == fresh.world && player.observation == fresh.observation)
      }
      player.step([0.5])
      #expect(player.outcome.ending == .fault && player.outcome.reward == 0)
      #expect(player.environment.fault?.place == "body 'pole'")
      #expect(player.environment.fault?.reason.contains("force [nan, 0.0, 0.0] N") == true)
      #expect(player.observation.allSatisfy { $0.isFinite })
    }
  }

  @Test("in the keys of a push, as a file may have them, are faults", arguments: 0..<3)
  func pushes(kind: Int) throws {
    var push = PushDisturbance()
    push.interval = 0.1...0.1
    switch kind {
    case 0: push.impulse = 1e308...1e308
    case 1: (push.impulse, push.scale) = (0...1e308, 1e308)
    default: push.azimuth = -1e308...1e308
    }
    var task = pendulumTask()
    task.disturbances = TermList([Disturbance(push)])
    let faults = try Self.run(bind(task, to: "pendulum"), steps: 50) { _ in 0.5 }
    #expect(
      faults.count > 20 && faults.allSatisfy { $0.place == "body 'pole'" && $0.reason.hasSuffix("is not finite") })
  }

  @Test("in a saved state are refused")
  func states() throws {
    let player = try Player(bind(busyTask(), to: "humanoid"))
    player.reset()
    for _ in 0..<4 { player.step(Array(repeating: 0.1, count: 16)) }
    let good = player.environment.saved()
    #expect(player.environment.accepts(good))
    func refused(_ change: (inout TaskState) -> Void) -> Bool {
      var state = good
      change(&state)
      return !player.environment.accepts(state)
    }
    #expect(refused { $0.world.bodies[2] = 1e200 })
    #expect(refused { $0.after.jointPositions.removeLast() })
    #expect(refused { $0.actionHistory.append(0) })
    #expect(refused { $0.drawn.delaySteps = 1_000_000 })
    #expect(refused { $0.drawn.massScales[0] = -1 })
    #expect(refused { $0.disturbanceMemory = [] })
    #expect(refused { $0.start.stepLimit = 0 })
    #expect(refused { $0.rewardSums = [] })
    let other = try Player(bind(pendulumTask(), to: "pendulum"))
    #expect(!other.environment.accepts(good))
  }
}
