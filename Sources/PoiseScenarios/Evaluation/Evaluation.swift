import PoiseAlgorithms
import PoiseControl
public import PoiseCore
import PoiseEnvironments
import PoiseFinite
public import PoiseNetworks
import PoiseTasks

/// Episodes of a scenario on fixed seeds: episode k is stream k of the root seed, for every controller and any number
/// of threads.
public struct Evaluation: Sendable {
  /// The scenario whose episodes are run.
  public let scenario: LoadedScenario
  /// The number of episodes, at least 1.
  public let episodes: Int
  /// Root seed of the episodes; episode k is stream k of it.
  public let seed: UInt64
  /// The instruction set of the policy's matrix products, which decides their rounding.
  public let instructionSet: InstructionSet
  /// Of finite problems alone.
  private let judgement: ExactJudgement?

  /// Describes an evaluation; `run` does it. Traps for fewer than 1 episode.
  public init(_ scenario: LoadedScenario, episodes: Int, seed: UInt64, instructionSet: InstructionSet) {
    precondition(episodes > 0, "an evaluation of \(episodes) episodes")
    self.scenario = scenario
    self.episodes = episodes
    self.seed = seed
    self.instructionSet = instructionSet
    judgement = scenario.specification.finiteProcess.map { ExactJudgement($0) }
  }

  private var task: any EnvironmentSpecification { scenario.specification }

  /// The largest number of worlds that are stepped side by side; each runs its episodes one after the other.
  private static let worldLimit = 128

  /// Runs all episodes with a controller.
  ///
  /// - Parameters:
  ///   - controller: the policy or baseline that acts.
  ///   - pool: the threads; their number changes no result.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public func run(_ controller: ControllerChoice, pool: WorkerPool) throws -> EvaluationResult {
    guard let result = try run(controller, pool: pool, isStopped: { false }) else {
      preconditionFailure("an evaluation stopped without a request")
    }
    return result
  }

  /// Runs the episodes in parts, and can end early.
  ///
  /// - Parameters:
  ///   - controller: the policy or baseline that acts.
  ///   - pool: the threads; their number changes no result.
  ///   - partEpisodes: approximate number of episodes of a part; `isDecided` is called after each part. `nil` runs all
  ///     in one part.
  ///   - isDecided: whether the result of the parts so far makes the other parts unnecessary. It changes no episode.
  ///   - isStopped: called in every control step, by any thread; once true, it must stay true.
  /// - Returns: the result of the parts that were run; `nil` if `isStopped` ended the evaluation.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
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
      func result(hasInterval: Bool) -> EvaluationResult {
        var result = EvaluationResult(
          summaries, task: task, controller: controller.name, seed: seed, hasInterval: hasInterval)
        for (metric, value) in exact { result[metric] = value }
        return result
      }
      if part.upperBound == worlds {
        precondition(summaries.count == episodes, "\(summaries.count) of \(episodes) episodes have ended")
        return result(hasInterval: true)
      }
      if isDecided(result(hasInterval: false)) { return result(hasInterval: true) }
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
      // Episodes run side by side, so each planner has one thread.
      let controller = try controller.controller(for: scenario, instructionSet: instructionSet)
      pool.forEach(&shards) { _, shard in
        shard.run(controller, seed: seed, episodes: episodes, worlds: worlds, isStopped)
      }
    }
    return shards.flatMap(\.summaries)
  }

  /// Up to 16 blocks for a part's worlds, so that a thread whose worlds end early takes others.
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

  /// Baselines read no observation, so each world runs its episodes on its own.
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
