import Dispatch
public import PoiseAlgorithms
public import PoiseCore
import PoiseEnvironments
public import PoiseNetworks
public import PoiseScenarios

/// An on-policy algorithm on the worlds of a scenario: rollouts of all blocks on all threads, then an update; or blocks that act and
/// learn by themselves.
public final class OnPolicyTrainer<Learner: OnPolicyLearner>: Trainer {
  public private(set) var environmentSteps = 0
  private let scenario: LoadedScenario
  private let pool: WorkerPool
  /// The learner.
  var learner: Learner
  private var shards: [RolloutCollector]
  private var segments: [RolloutSegment] = []
  /// The data of the next report.
  private var underWay = Iteration()
  /// Statistics of the discounted returns so far, for `scalesRewards`; one element.
  private var returnStatistics = RunningNormalizer(elementCount: 1)

  /// Makes the worlds and resets them.
  ///
  /// - Parameters:
  ///   - learner: made for the scenario's task.
  ///   - scenario: gives the task.
  ///   - seed: the root seed of the run.
  ///   - instructionSet: the kernels that the networks run on.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  /// - Throws: if a world cannot be made, such as `InvalidInput` for a model that cannot be assembled.
  public init(
    _ learner: Learner, on scenario: LoadedScenario, seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool
  ) throws {
    self.scenario = scenario
    self.pool = pool
    self.learner = learner
    let settings = learner.settings
    let task = scenario.specification.forTraining
    shards = try stride(from: 0, to: settings.worlds, by: settings.blockSize).map { first in
      try RolloutCollector(
        task, worlds: first..<min(settings.worlds, first + settings.blockSize), for: learner.model,
        settings: settings, seed: seed, instructionSet: instructionSet)
    }
    pool.forEach(&shards) { _, shard in shard.begin() }
  }

  private var settings: Learner.Parameters { learner.settings }

  public var policy: Policy { learner.policy }

  public func beginWithLearner(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try learner.read(tensors, file: file)
  }

  /// Sums over the rollouts since the last report; their episodes and faults are in the blocks.
  private struct Iteration: Codable {
    var firstStep = 0
    var sums = MetricSums<Learner.Metrics>()
    var rolloutSeconds = 0.0
    var updateSeconds = 0.0
  }

  public func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport? {
    let end = min(stepLimit, reportBy, underWay.firstStep + settings.reportInterval)
    if let last = learner.reportOfFailure() { return last }
    repeat {
      guard learnFromRollout(stepLimit: stepLimit, isStopped: isStopped) else { return nil }
    } while environmentSteps < end && learner.health.failure == nil
    return report()
  }

  /// Collects one rollout of all worlds and learns from it.
  ///
  /// - Returns: false if it was stopped; then the state is as before, because a partial rollout is too large for a
  ///   checkpoint.
  private func learnFromRollout(stepLimit: Int, isStopped: @Sendable () -> Bool) -> Bool {
    let before = (trainer: state, learner: learner.state)
    func takenBack() -> Bool {
      restore(before.trainer)
      learner.state = before.learner
      return false
    }
    let start = DispatchTime.now().uptimeNanoseconds
    let progress = Double(environmentSteps) / Double(stepLimit)
    let rounds = learner.roundsOfIteration
    if let metrics = learner.learnAsynchronously(
      from: &shards, rewardScale: rewardScale, progress: progress, pool: pool, isStopped: isStopped)
    {
      if isStopped() { return takenBack() }
      environmentSteps += rounds * settings.rolloutSize
      takeReturnStatistics()
      for metrics in metrics { underWay.sums.add(metrics) }
      underWay.rolloutSeconds += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      return true
    }
    pool.forEach(&shards) { [model = learner.model, settings] _, shard in
      shard.collect(model, settings, isStopped)
    }
    if isStopped() { return takenBack() }
    environmentSteps += shards.reduce(0) { $0 + $1.segment.livedSteps }
    takeReturnStatistics()
    pool.forEach(&shards) { [learner, rewardScale] _, shard in
      learner.estimateAdvantages(of: &shard.segment, rewardScale: rewardScale)
    }
    let middle = DispatchTime.now().uptimeNanoseconds

    // The first rollout only initialises the normaliser: a policy trained on raw observations would not fit normalised ones.
    let isFirst = learner.model.normalizer.map { $0.count == 0 } ?? false
    segments = shards.map(\.segment)
    defer { segments = [] }
    if !isFirst {
      underWay.sums.add(learner.update(segments, progress: progress, pool: pool, isStopped: isStopped))
      if isStopped() { return takenBack() }
    }
    learner.observe(segments)
    let end = DispatchTime.now().uptimeNanoseconds
    underWay.rolloutSeconds += Double(middle - start) * 1e-9
    underWay.updateSeconds += Double(end - middle) * 1e-9
    return true
  }

  private func takeReturnStatistics() {
    guard settings.common.scalesRewards else { return }
    for shard in shards { returnStatistics.merge(shard.returnStatistics) }
  }

  /// What rewards are multiplied by.
  private var rewardScale: Float { settings.common.scalesRewards ? returnStatistics.normalization(of: 0).scale : 1 }

  private func report() -> TrainingReport {
    var report = TrainingReport()
    var episodes: [EpisodeSummary] = []
    for shard in shards {
      episodes += shard.block.finishedEpisodes
      report.faults += shard.block.faults
      shard.block.clearRecords()
    }
    report.addEpisodes(episodes, task: scenario.specification)
    report.metrics.append(("faults", Double(report.faults.count)))
    report.metrics += underWay.sums.columns
    report.metrics.append(("reward_scale", Double(rewardScale)))
    report.failure = learner.health.failure
    report.phases = [("rollout", underWay.rolloutSeconds), ("update", underWay.updateSeconds)]
    underWay = Iteration(firstStep: environmentSteps)
    return report
  }

  // MARK: Checkpointing

  /// The trainer's state beside the learner's tensors.
  private struct State: Codable {
    var environmentSteps: Int
    var returnStatistics: RunningNormalizer
    /// Older files omit this field: they were written between two reports.
    var underWay: Iteration?
    var shards: [Shard]

    struct Shard: Codable {
      var block: EnvironmentBlock.State
      var observations: [Float]
      var random: [RandomStream]
      var returns: [Float]
      /// The states of the groups of worlds that start alike; `nil` without groups.
      var groups: [WorldGroup]?
    }
  }

  public func tensors() throws -> [String: Tensor] {
    var tensors = try learner.tensors()
    tensors["trainer.memory"] = try Tensor(encoding: state)
    return tensors
  }

  private var state: State {
    State(
      environmentSteps: environmentSteps, returnStatistics: returnStatistics, underWay: underWay,
      shards: shards.map {
        .init(
          block: $0.block.saved(), observations: $0.buffers.observations, random: $0.random, returns: $0.returns,
          groups: $0.groups.isEmpty ? nil : $0.groups)
      })
  }

  private func restore(_ state: State) {
    environmentSteps = state.environmentSteps
    returnStatistics = state.returnStatistics
    underWay = state.underWay ?? Iteration(firstStep: state.environmentSteps)
    for (i, shard) in state.shards.enumerated() {
      shards[i].block.restore(shard.block)
      shards[i].buffers.observations = shard.observations
      shards[i].random = shard.random
      shards[i].returns = shard.returns
      shards[i].groups = shard.groups ?? []
    }
  }

  public func read(_ tensors: [String: Tensor], file: String) throws {
    let state: State = try Tensor.decode(
      "trainer.memory", in: tensors, file: file, userInfo: [.environmentState: shards[0].block.stateType])
    let fits =
      state.shards.count == shards.count
      && zip(state.shards, shards).allSatisfy {
        $1.block.accepts($0.block) && $0.observations.count == $1.buffers.observations.count
          && $0.random.count == $1.random.count && $0.returns.count == $1.returns.count
          && $1.accepts($0.groups ?? [])
      }
    guard fits, state.environmentSteps.isPossibleCount, state.returnStatistics.elementCount == 1,
      (0...state.environmentSteps).contains(state.underWay?.firstStep ?? 0),
      state.underWay?.sums.hasPossibleCounts ?? true
    else {
      throw InvalidInput(.foreignState(in: file, worlds: settings.worlds, blockSize: settings.blockSize))
    }
    try learner.read(tensors, file: file)
    restore(state)
  }
}
