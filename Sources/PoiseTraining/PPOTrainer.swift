import Dispatch
public import PoiseAlgorithms
public import PoiseCore
import PoiseEnvironments
public import PoiseNetworks
public import PoiseScenarios

/// PPO on the worlds of a scenario: rollouts of all blocks on all threads, then an update.
public final class PPOTrainer: Trainer {
  public private(set) var environmentSteps = 0
  private let scenario: LoadedScenario
  private let settings: PPOParameters
  private let pool: WorkerPool
  var ppo: PPO
  private var shards: [RolloutShard]
  private var segments: [RolloutSegment] = []
  /// What the next report will tell of.
  private var underWay = Iteration()
  /// Discounted returns so far, for `scalesRewards`; one element.
  private var returnStatistics = RunningNormalizer(elementCount: 1)

  /// - Parameter pool: touches no number.
  public init(_ scenario: LoadedScenario, seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool) throws {
    self.scenario = scenario
    self.pool = pool
    let settings = scenario.settings.ppo
    let task = scenario.specification.forTraining
    let ppo = PPO(
      settings, observations: task.observationSpace.count, actions: task.actionSpace.count,
      symmetry: try scenario.symmetry(settings.mirrorSymmetry, learner: "ppo"), seed: seed,
      instructionSet: instructionSet)
    self.settings = settings
    self.ppo = ppo
    shards = try stride(from: 0, to: settings.worlds, by: settings.blockSize).map { first in
      let worlds = first..<min(settings.worlds, first + settings.blockSize)
      return RolloutShard(
        block: try EnvironmentBlock(task, worlds: worlds, of: settings.worlds, seed: seed),
        segment: RolloutSegment(
          ppo.model, worlds: worlds.count, steps: settings.rolloutLength, instructionSet: instructionSet),
        random: worlds.map { RandomStream(seed: seed, purpose: .exploration, index: $0) })
    }
    pool.forEach(&shards) { _, shard in shard.reset() }
  }

  public var policy: Policy { ppo.policy }

  /// Sums over the rollouts since the last report; their episodes and faults are in the blocks.
  private struct Iteration: Codable {
    var firstStep = 0
    var sums = PPOSums()
    var rolloutSeconds = 0.0
    var updateSeconds = 0.0
  }

  public func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport? {
    let end = min(stepLimit, reportBy, underWay.firstStep + settings.reportInterval)
    // Before anybody acts on them.
    ppo.checkWeights()
    if let failure = ppo.health.failure {
      var report = TrainingReport()
      report.failure = failure
      return report
    }
    repeat {
      guard learnFromRollout(stepLimit: stepLimit, isStopped: isStopped) else { return nil }
    } while environmentSteps < end && ppo.health.failure == nil
    return report()
  }

  /// One rollout of all worlds and what there is to learn from it.
  ///
  /// - Returns: false if it was stopped; it happens as a whole or not at all, since one that has begun is too large to keep.
  private func learnFromRollout(stepLimit: Int, isStopped: @Sendable () -> Bool) -> Bool {
    let before = (memory: memory, ppo: ppo.state)
    func takenBack() -> Bool {
      restore(before.memory)
      ppo.state = before.ppo
      return false
    }
    let start = DispatchTime.now().uptimeNanoseconds
    let progress = Double(environmentSteps) / Double(stepLimit)
    pool.forEach(&shards) { [model = ppo.model, settings] _, shard in
      shard.collect(model, settings, isStopped)
    }
    if isStopped() { return takenBack() }
    environmentSteps += settings.rolloutSize
    if settings.scalesRewards {
      for shard in shards { returnStatistics.merge(shard.returnStatistics) }
    }
    pool.forEach(&shards) { [settings, rewardScale] _, shard in
      shard.segment.estimateAdvantages(
        discountFactor: settings.discountFactor, lambda: settings.gaeLambda, rewardScale: rewardScale)
    }
    let middle = DispatchTime.now().uptimeNanoseconds

    // The first rollout is for the observations' statistics: a policy learned on raw numbers would mean nothing afterwards.
    let isFirst = ppo.model.normalizer.map { $0.count == 0 } ?? false
    segments = shards.map(\.segment)
    defer { segments = [] }
    if !isFirst {
      underWay.sums.add(ppo.update(segments, progress: progress, pool: pool, isStopped: isStopped))
      if isStopped() { return takenBack() }
    }
    ppo.observe(segments)
    let end = DispatchTime.now().uptimeNanoseconds
    underWay.rolloutSeconds += Double(middle - start) * 1e-9
    underWay.updateSeconds += Double(end - middle) * 1e-9
    return true
  }

  /// What rewards are multiplied by.
  private var rewardScale: Float { settings.scalesRewards ? returnStatistics.normalization(of: 0).scale : 1 }

  private func report() -> TrainingReport {
    var report = TrainingReport()
    var episodes: [EpisodeSummary] = []
    for shard in shards {
      episodes += shard.block.finishedEpisodes
      report.faults += shard.block.faults
      shard.block.clearRecords()
    }
    let metrics = underWay.sums.means
    report.addEpisodes(episodes, task: scenario.specification)
    report.metrics += [
      ("faults", Double(report.faults.count)), ("policy_loss", metrics.policyLoss), ("value_loss", metrics.valueLoss),
      ("entropy", metrics.entropy), ("kl", metrics.divergence), ("clip_fraction", metrics.clipFraction),
      ("explained_variance", metrics.explainedVariance), ("gradient_norm", metrics.gradientNorm),
      ("learning_rate", metrics.learningRate), ("sigma", metrics.deviation),
      ("action_saturation", metrics.actionSaturation), ("epochs", metrics.epochs),
      ("skipped_updates", Double(metrics.skippedUpdates)), ("reward_scale", Double(rewardScale)),
    ]
    report.failure = ppo.health.failure
    report.phases = [("rollout", underWay.rolloutSeconds), ("update", underWay.updateSeconds)]
    underWay = Iteration(firstStep: environmentSteps)
    return report
  }

  // MARK: Keeping

  /// What stands beside the learner's own tensors.
  private struct Memory: Codable {
    var environmentSteps: Int
    var returnStatistics: RunningNormalizer
    /// Files of before it was kept stood between two reports.
    var underWay: Iteration?
    var shards: [Shard]

    struct Shard: Codable {
      var block: EnvironmentBlock.State
      var observations: [Float]
      var random: [RandomStream]
      var returns: [Float]
    }
  }

  public func tensors() throws -> [String: Tensor] {
    var tensors = try ppo.tensors()
    tensors["trainer.memory"] = try Tensor(encoding: memory)
    return tensors
  }

  private var memory: Memory {
    Memory(
      environmentSteps: environmentSteps, returnStatistics: returnStatistics, underWay: underWay,
      shards: shards.map {
        .init(block: $0.block.saved(), observations: $0.buffers.observations, random: $0.random, returns: $0.returns)
      })
  }

  private func restore(_ memory: Memory) {
    environmentSteps = memory.environmentSteps
    returnStatistics = memory.returnStatistics
    underWay = memory.underWay ?? Iteration(firstStep: memory.environmentSteps)
    for (i, state) in memory.shards.enumerated() {
      shards[i].block.restore(state.block)
      shards[i].buffers.observations = state.observations
      shards[i].random = state.random
      shards[i].returns = state.returns
    }
  }

  public func read(_ tensors: [String: Tensor], file: String) throws {
    let memory: Memory = try Tensor.decode(
      "trainer.memory", in: tensors, file: file, userInfo: [.environmentState: shards[0].block.stateType])
    let fits =
      memory.shards.count == shards.count
      && zip(memory.shards, shards).allSatisfy {
        $1.block.accepts($0.block) && $0.observations.count == $1.buffers.observations.count
          && $0.random.count == $1.random.count && $0.returns.count == $1.returns.count
      }
    guard fits, memory.environmentSteps.isPossibleCount, memory.returnStatistics.elementCount == 1,
      (0...memory.environmentSteps).contains(memory.underWay?.firstStep ?? 0),
      memory.underWay?.sums.updates.isPossibleCount ?? true
    else {
      throw InvalidInput(.foreignMemory(in: file, worlds: settings.worlds, blockSize: settings.blockSize))
    }
    try ppo.read(tensors, file: file)
    restore(memory)
  }
}

/// Sums of the metrics of several updates.
private struct PPOSums: Codable {
  /// What is told as a mean; of the others the last counts, since they tell how things stand.
  private static var averaged: [WritableKeyPath<PPOMetrics, Double>] {
    [
      \.policyLoss, \.valueLoss, \.divergence, \.clipFraction, \.explainedVariance, \.gradientNorm,
      \.actionSaturation, \.epochs,
    ]
  }
  private var sums = PPOMetrics()
  private(set) var updates = 0

  mutating func add(_ metrics: PPOMetrics) {
    var new = metrics
    for path in Self.averaged { new[keyPath: path] += sums[keyPath: path] }
    sums = new
    updates += 1
  }

  /// All 0 without updates.
  var means: PPOMetrics {
    var means = sums
    for path in Self.averaged { means[keyPath: path] /= Double(max(1, updates)) }
    return means
  }
}

/// A block of worlds with all that one thread needs to roll it out.
private struct RolloutShard: Sendable {
  let block: EnvironmentBlock
  var segment: RolloutSegment
  /// Exploration, one stream for each world.
  var random: [RandomStream]
  var buffers: StepBuffers
  var actions: [Float]
  /// Discounted sum of rewards of the present episode, [worlds].
  var returns: [Float]
  /// Of this rollout alone.
  var returnStatistics = RunningNormalizer(elementCount: 1)

  init(block: EnvironmentBlock, segment: RolloutSegment, random: [RandomStream]) {
    self.block = block
    self.segment = segment
    self.random = random
    buffers = StepBuffers(worlds: block.count, observations: block.task.observationSpace.count)
    actions = Array(repeating: 0, count: block.count * block.task.actionSpace.count)
    returns = Array(repeating: 0, count: block.count)
  }

  mutating func reset() { Self.reset(block, &buffers.observations) }

  private static func reset(_ block: EnvironmentBlock, _ observations: inout [Float]) {
    var span = observations.mutableSpan
    block.reset(into: &span)
  }

  /// One rollout of this block.
  mutating func collect(_ model: ActorCritic, _ settings: PPOParameters, _ isStopped: () -> Bool) {
    segment.begin()
    returnStatistics.reset()
    for _ in 0..<settings.rolloutLength {
      if isStopped() { return }
      segment.act(buffers.observations, model, random: &random, into: &actions)
      Self.step(block, actions, &buffers)
      segment.record(
        rewards: buffers.rewards, endings: buffers.endings, finalObservations: buffers.finalObservations, model)
      if settings.scalesRewards { followReturns(discountFactor: Float(settings.discountFactor)) }
    }
    segment.finish(buffers.observations, model)
  }

  private static func step(_ block: EnvironmentBlock, _ actions: [Float], _ buffers: inout StepBuffers) {
    block.step(actions.span, into: &buffers)
  }

  private static func observe(_ values: [Float], _ statistics: inout RunningNormalizer) {
    statistics.observe(values.span)
  }

  /// R ← γ R + r, from 0 at the start of an episode.
  private mutating func followReturns(discountFactor γ: Float) {
    for w in returns.indices { returns[w] = γ * returns[w] + buffers.rewards[w] }
    Self.observe(returns, &returnStatistics)
    for w in returns.indices where buffers.endings[w].isOver { returns[w] = 0 }
  }
}
