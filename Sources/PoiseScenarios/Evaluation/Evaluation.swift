import PoiseAlgorithms
import PoiseControl
public import PoiseCore
import PoiseEnvironments
import PoiseFinite
public import PoiseNetworks
import PoiseTasks

/// Episodes of a scenario on fixed seeds: episode k is stream k of the root seed, whoever drives and however many threads.
public struct Evaluation: Sendable {
  public let scenario: LoadedScenario
  public let episodes: Int
  public let seed: UInt64
  public let instructionSet: InstructionSet
  /// Of finite problems alone.
  private let judgement: ExactJudgement?

  public init(_ scenario: LoadedScenario, episodes: Int, seed: UInt64, instructionSet: InstructionSet) {
    precondition(episodes > 0, "an evaluation of \(episodes) episodes")
    self.scenario = scenario
    self.episodes = episodes
    self.seed = seed
    self.instructionSet = instructionSet
    judgement = scenario.specification.finiteProcess.map { ExactJudgement($0) }
  }

  private var task: any EnvironmentSpecification { scenario.specification }

  /// Worlds side by side, at most; each has its episodes one after the other.
  private static let worldLimit = 128

  public func run(_ controller: ControllerChoice, pool: WorkerPool) throws -> EvaluationResult {
    guard let result = try run(controller, pool: pool, isStopped: { false }) else {
      preconditionFailure("an evaluation stopped that nobody stopped")
    }
    return result
  }

  /// - Parameters:
  ///   - partEpisodes: episodes, about, after each of which `isDecided` is asked; `nil` for all at once.
  ///   - isDecided: given the result of the parts so far, whether the rest may be left out. Episodes are the same either way.
  ///   - isStopped: asked in every control step, by any thread; once true, it stays true.
  /// - Returns: `nil` if it was stopped before the end.
  public func run(
    _ controller: ControllerChoice, pool: WorkerPool, partEpisodes: Int? = nil,
    isDecided: (EvaluationResult) -> Bool = { _ in false }, isStopped: @Sendable () -> Bool
  ) throws -> EvaluationResult? {
    // A part is some of the worlds with all of their episodes.
    let worlds = min(episodes, Self.worldLimit)
    let size = min(worlds, max(1, (partEpisodes ?? episodes) * worlds / episodes))
    let exact = judgement?.scores(of: controller, instructionSet: instructionSet) ?? [:]
    var summaries: [EpisodeSummary] = []
    for first in stride(from: 0, to: worlds, by: size) {
      let part = first..<min(worlds, first + size)
      summaries += try runPart(part, of: worlds, controller, pool: pool, isStopped: isStopped)
      if isStopped() { return nil }
      // Episode k of world w is number w + k W: from the order of blocks to that of the numbers.
      summaries.sort { $0.environment + $0.episode * worlds < $1.environment + $1.episode * worlds }
      var result = EvaluationResult(summaries, task: task, controller: controller.name, seed: seed)
      for (metric, value) in exact { result[metric] = value }
      if part.upperBound == worlds {
        precondition(summaries.count == episodes, "\(summaries.count) of \(episodes) episodes came to an end")
        return result
      }
      if isDecided(result) { return result }
    }
    preconditionFailure("the last part is returned from within the loop")
  }

  /// All episodes of some of the worlds, in any order.
  private func runPart(
    _ part: Range<Int>, of worlds: Int, _ controller: ControllerChoice, pool: WorkerPool,
    isStopped: @Sendable () -> Bool
  ) throws -> [EpisodeSummary] {
    var shards = try makeShards(part, of: worlds)
    let (seed, episodes, instructionSet) = (seed, episodes, instructionSet)
    switch controller {
    case .policy(let policy, _):
      pool.forEach(&shards) { _, shard in shard.run(policy, instructionSet, isStopped) }
    case .baseline:
      let controller = controller.controller(for: scenario, instructionSet: instructionSet)
      pool.forEach(&shards) { _, shard in
        shard.run(controller, seed: seed, episodes: episodes, worlds: worlds, isStopped)
      }
    }
    return shards.flatMap(\.summaries)
  }

  /// Blocks for a part's worlds, up to 16, so that a thread whose worlds fall early takes others.
  private func makeShards(_ part: Range<Int>, of worlds: Int) throws -> [EvaluationShard] {
    let size = (part.count + 15) / 16
    return try stride(from: part.lowerBound, to: part.upperBound, by: size).map { first in
      EvaluationShard(
        block: try EnvironmentBlock(
          task, worlds: first..<min(part.upperBound, first + size), of: worlds, seed: seed,
          purpose: .evaluation, streams: .numbered(episodes: episodes), detail: .full))
    }
  }
}

/// A block of worlds that one thread takes through all its episodes.
private struct EvaluationShard: Sendable {
  let block: EnvironmentBlock
  var summaries: [EpisodeSummary] = []

  init(block: EnvironmentBlock) { self.block = block }

  mutating func run(_ policy: Policy, _ instructionSet: InstructionSet, _ isStopped: () -> Bool) {
    var workspace = PolicyWorkspace(policy, rowCapacity: block.count, instructionSet: instructionSet)
    var buffers = StepBuffers(worlds: block.count, observations: policy.observationCount)
    var actions = [Float](repeating: 0, count: block.count * policy.actionCount)
    Self.reset(block, &buffers.observations)
    while !block.isFinished, !isStopped() {
      Self.act(&workspace, buffers.observations, &actions)
      block.step(actions.span, into: &buffers)
    }
    summaries = block.finishedEpisodes
  }

  /// Baselines look at no observation, so each world has its episodes alone.
  mutating func run(
    _ controller: any Controller, seed: UInt64, episodes: Int, worlds: Int, _ isStopped: () -> Bool
  ) {
    let task = block.task
    var driver = EpisodeDriver(controller, task)
    var observation = [Float](repeating: 0, count: task.observationSpace.count)
    // Buffers of the whole block, for the reset that prepares the thread.
    var observations = [Float](repeating: 0, count: block.count * observation.count)
    Self.reset(block, &observations)
    for (i, environment) in block.environments.enumerated() {
      for number in stride(from: block.worlds.lowerBound + i, to: episodes, by: worlds) {
        if number >= worlds {
          environment.random = RandomStream(seed: seed, purpose: .evaluation, index: number)
          var span = observation.mutableSpan
          environment.reset(into: &span)
        }
        driver.begin(environment, seed: seed, number: number)
        while environment.ending == .running, !isStopped() { _ = driver.step(environment, &observation) }
        summaries.append(environment.summary)
      }
    }
  }

  private static func reset(_ block: EnvironmentBlock, _ observations: inout [Float]) {
    var span = observations.mutableSpan
    block.reset(into: &span)
  }

  private static func act(_ workspace: inout PolicyWorkspace, _ observations: [Float], _ actions: inout [Float]) {
    var span = actions.mutableSpan
    workspace.act(observations.span, into: &span)
  }
}
