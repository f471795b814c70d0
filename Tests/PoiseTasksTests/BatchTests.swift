import Foundation
import PoiseCore
@testable import PoiseEnvironments
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import Testing

@Suite("A batch of worlds")
struct BatchTests {
  /// Everything that a batch gives over some steps of random actions, as one number for each step.
  private func run(
    _ task: BoundTask, worlds: Int = 40, blockSize: Int = 16, threads: Int, steps: Int,
    disturb: (Int, EnvironmentBatch) throws -> Void = { _, _ in }
  ) throws -> (hashes: [[UInt64]], batch: EnvironmentBatch, episodes: [EpisodeSummary]) {
    let batch = try EnvironmentBatch(
      task, worlds: worlds, blockSize: blockSize, seed: 11, pool: WorkerPool(threadCount: threads))
    var buffers = batch.makeBuffers()
    batch.reset(into: &buffers)
    let (size, actionSize) = (task.observationSpace.count, task.actionSpace.count)
    var randoms = (0..<worlds).map { RandomStream(seed: 12, purpose: .testing, index: $0) }
    var hashes: [[UInt64]] = Array(repeating: [], count: worlds)
    for step in 0..<steps {
      try disturb(step, batch)
      let actions = randoms.indices.flatMap { randoms[$0].action(actionSize) }
      batch.step(actions, into: &buffers)
      for world in 0..<worlds {
        var hasher = FNV()
        for k in 0..<size {
          hasher.add(UInt64(buffers.observations[world * size + k].bitPattern))
          hasher.add(UInt64(buffers.finalObservations[world * size + k].bitPattern))
        }
        hasher.add(UInt64(buffers.rewards[world].bitPattern))
        hasher.add(UInt64(buffers.endings[world].rawValue))
        hasher.add(try robot(of: batch.blocks[world / blockSize].environments[world % blockSize]).world.stateHash)
        hashes[world].append(hasher.state)
      }
    }
    return (hashes, batch, batch.takeFinishedEpisodes())
  }

  struct FNV {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    mutating func add(_ value: UInt64) { state = (state ^ value) &* 0x100_0000_01B3 }
  }

  @Test("has the same bits on 1, 2 and 4 threads", arguments: ["humanoid", "pendulum"])
  func threads(_ model: String) throws {
    let task = try model == "humanoid" ? bind(busyTask(), to: model) : bind(pendulumTask(), to: model)
    let steps = model == "humanoid" ? 120 : 400
    let one = try run(task, threads: 1, steps: steps)
    #expect(!one.episodes.isEmpty)
    for threads in [2, 4] {
      let many = try run(task, threads: threads, steps: steps)
      #expect(many.hashes == one.hashes, "\(threads) threads")
      #expect(many.episodes == one.episodes, "\(threads) threads")
    }
    // Nor does a world care how the others are grouped.
    let regrouped = try run(task, blockSize: 7, threads: 2, steps: steps)
    #expect(regrouped.hashes == one.hashes)
  }

  @Test("leaves all other worlds' bits alone when one of them faults, and its fault never reaches a learner")
  func faults() throws {
    let task = try bind(busyTask(), to: "humanoid")
    let clean = try run(task, threads: 2, steps: 60)
    var before: [Float] = []
    let faulty = try run(task, threads: 2, steps: 60) { step, batch in
      guard step == 10 else { return }
      let robot = try robot(of: batch.blocks[1].environments[3])
      let body = robot.bodies[5]
      robot.world.setState(
        of: body, pose: robot.world.pose(of: body), linearVelocity: [5000, 0, 0], angularVelocity: .zero)
      before = [1]
    }
    #expect(before == [1])
    for world in 0..<40 where world != 19 { #expect(faulty.hashes[world] == clean.hashes[world], "world \(world)") }
    #expect(faulty.hashes[19].prefix(10) == clean.hashes[19].prefix(10))
    #expect(faulty.hashes[19] != clean.hashes[19])
    let episode = try #require(faulty.episodes.first { $0.ending == .fault })
    #expect(episode.environment == 19 && faulty.episodes.count { $0.ending == .fault } == 1)
    #expect(episode.totalReward.isFinite)
  }

  @Test("reports a fault with scenario, seed, environment, episode, step, body and action; its reward is 0")
  func report() throws {
    let block = try EnvironmentBlock(bind(pendulumTask(), to: "pendulum"), worlds: 4..<6, of: 6, seed: 21)
    for environment in block.environments { environment.desynchronises = false }
    var buffers = StepBuffers(worlds: 2, observations: 3)
    var span = buffers.observations.mutableSpan
    block.reset(into: &span)
    let actions: [Float] = [0.5, -0.25]
    for _ in 0..<7 { block.step(actions.span, into: &buffers) }
    let good = buffers.observations
    let bad: [Float] = [0.5, .nan]
    block.step(bad.span, into: &buffers)
    #expect(buffers.endings == [.running, .fault] && buffers.rewards[1] == 0)
    #expect(Array(buffers.finalObservations[3..<6]) == Array(good[3..<6]), "the last good observation")
    #expect(buffers.observations.allSatisfy { $0.isFinite })
    let fault = try #require(block.faults.first)
    #expect(
      fault.description
        == "fault in test, seed 21, environment 5, episode 0, after step 7: action 0: nan is not finite; action [nan]")
    let robot = try robot(of: block.environments[0])
    robot.world.setState(
      of: robot.bodies[0], pose: Pose(position: [3e4, 0, 0]), linearVelocity: .zero, angularVelocity: .zero)
    block.step(actions.span, into: &buffers)
    #expect(buffers.endings[0] == .fault)
    #expect(block.faults.last?.place == "body 'pole'" && block.faults.last?.action == [0.5])
    // Life goes on.
    block.step(actions.span, into: &buffers)
    #expect(buffers.endings == [.running, .running])
  }

  @Test("ends an episode whose reward is not finite as a fault")
  func badReward() throws {
    struct Broken: RewardTerm {
      static let termName = "broken"
      static let documentation = "For tests."
      static let keys: [ConfigurationKey<Self>] = []
      func bind(_ binder: inout TermBinder) -> BoundReward {
        BoundReward(reads: .after, bounds: 0...1) { $0.after.step == 3 ? .nan : 1 }
      }
    }
    var task = pendulumTask()
    task.rewards = [Reward(AliveReward()), Reward(Broken())]
    let player = try Player(bind(task, to: "pendulum"))
    player.reset()
    player.step([0])
    player.step([0])
    #expect(player.step([0]) == StepOutcome(reward: 0, ending: .fault))
    #expect(player.environment.fault?.place == "reward 'broken'")
    #expect(player.environment.summary.totalReward == 4 && player.environment.summary.steps == 2)
  }

  @Test("delivers the last observation of an episode apart from the first of the next")
  func finalObservations() throws {
    let task = try bind(pendulumTask(), to: "pendulum")
    let block = try EnvironmentBlock(task, worlds: 0..<3, of: 3, seed: 2)
    var buffers = StepBuffers(worlds: 3, observations: 3)
    var span = buffers.observations.mutableSpan
    block.reset(into: &span)
    // The same three worlds one by one.
    let players = try (0..<3).map { try Player(task, seed: 2, index: $0, detail: .lean) }
    for player in players {
      player.environment.desynchronises = true
      player.reset()
    }
    var random = RandomStream(seed: 8, purpose: .testing)
    var ends = 0
    for _ in 0..<450 {
      let actions = random.action(3)
      block.step(actions.span, into: &buffers)
      for (i, player) in players.enumerated() {
        player.step([actions[i]])
        #expect(buffers.endings[i] == player.outcome.ending)
        #expect(buffers.rewards[i] == Float(player.outcome.reward))
        if player.outcome.ending.isOver {
          ends += 1
          #expect(Array(buffers.finalObservations[3 * i..<3 * i + 3]) == player.observation)
          player.reset()
        }
        #expect(Array(buffers.observations[3 * i..<3 * i + 3]) == player.observation)
      }
    }
    #expect(ends >= 6)
    #expect(block.finishedEpisodes.count == ends)
  }

  @Test("goes on to the bit from a saved state")
  func saved() throws {
    let task = try bind(busyTask(), to: "humanoid")
    let first = try run(task, worlds: 20, threads: 2, steps: 30).batch
    let decoder = JSONDecoder()
    decoder.userInfo[.environmentState] = first.blocks[0].stateType
    let state = try decoder.decode(
      [EnvironmentBlock.State].self, from: JSONEncoder().encode(first.saved()))
    let second = try EnvironmentBatch(task, worlds: 20, seed: 99, pool: WorkerPool(threadCount: 1))
    var (a, b) = (first.makeBuffers(), second.makeBuffers())
    second.reset(into: &b)
    second.restore(state)
    var random = RandomStream(seed: 13, purpose: .testing)
    for _ in 0..<60 {
      let actions = random.action(20 * 16)
      first.step(actions, into: &a)
      second.step(actions, into: &b)
      #expect(a == b)
    }
  }

  @Test("gives numbered episodes the same bits for any number of worlds, each episode once")
  func numbered() throws {
    let task = try bind(busyTask(), to: "humanoid")
    func evaluate(worlds: Int) throws -> [UInt64: EpisodeSummary] {
      let batch = try EnvironmentBatch(
        task, worlds: worlds, blockSize: 4, seed: 5, purpose: .evaluation, streams: .numbered(episodes: 23),
        detail: .full, pool: WorkerPool(threadCount: 2))
      var buffers = batch.makeBuffers()
      batch.reset(into: &buffers)
      let actions = [Float](repeating: 0.1, count: worlds * 16)
      var result: [UInt64: EpisodeSummary] = [:]
      while !batch.isFinished {
        batch.step(actions, into: &buffers)
        for var summary in batch.takeFinishedEpisodes() {
          let number = UInt64(summary.environment + summary.episode * worlds)
          #expect(result[number] == nil)
          (summary.environment, summary.episode) = (0, 0)
          result[number] = summary
        }
      }
      return result
    }
    let few = try evaluate(worlds: 3)
    #expect(few.count == 23 && few.values.allSatisfy { $0.start.stepLimit == 200 })
    let many = try evaluate(worlds: 10)
    #expect(many == few)
  }
}
