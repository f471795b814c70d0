import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
public import PoiseNetworks
public import PoiseScenarios

/// The benefit of each step of variance reduction: the variance of the policy gradient at equal numbers of episodes, with the same
/// policy and observation statistics for all.
///
/// REINFORCE with a learned V trains for a while first, by the scenario's settings, so that the policy is neither new nor good. Then many
/// batches of episodes are played for each step, without learning from them, and ∇ = 1/N ΣΣ ∇ log π Ψ is computed for each.
/// Figures are the trace of its covariance over all parameters of the policy; all steps estimate the same mean, apart from the discount.
///
/// - Parameters:
///   - scenario: the task, and the settings of the algorithms.
///   - instructionSet: the kernels that the networks run on.
///   - seed: the root seed.
///   - episodes: N, of a batch; a multiple of 8, the size of a group.
///   - batches: from which each variance is estimated.
///   - updates: of the training before.
/// - Throws: `InvalidInput` for a model that cannot be assembled.
public func gradientBenchmark(
  _ scenario: LoadedScenario, instructionSet: InstructionSet, seed: UInt64 = 1, episodes: Int = 64, batches: Int = 100,
  updates: Int = 30
) throws -> BenchmarkReport {
  let task = scenario.specification.forTraining
  let pool = WorkerPool(threadCount: 1)
  func common(_ settings: OnPolicySettings) -> OnPolicySettings {
    var settings = settings
    settings.worlds = episodes
    settings.blockSize = 8
    settings.shards = 1
    settings.mirrorSymmetry = nil
    settings.scalesRewards = false
    settings.rolloutLength = task.stepLimit
    return settings
  }
  func context(_ seed: UInt64) -> LearnerContext {
    LearnerContext(
      observationSpace: task.observationSpace, actionSpace: task.actionSpace, seed: seed, instructionSet: instructionSet
    )
  }

  var base = scenario.settings.algorithms[REINFORCE.self]
  base.weight = .learnedValue
  base.common = common(base.common)
  base.value.sharesTrunk = false
  var trained = GradientMeasurement(
    REINFORCE(base, for: context(seed)), try collectors(base, REINFORCE(base, for: context(seed)), seed: seed))
  for _ in 0...updates { trained.learn(pool) }

  func collectors<L: PolicyLearner>(_ settings: L.Parameters, _ learner: L, seed: UInt64) throws -> [RolloutCollector] {
    try stride(from: 0, to: settings.worlds, by: settings.blockSize).map { first in
      try RolloutCollector(
        task, worlds: first..<first + settings.blockSize, for: learner.model, settings: settings, seed: seed,
        instructionSet: instructionSet)
    }
  }
  func measured<L: PolicyLearner>(_ learner: L) throws -> GradientMeasurement<L> {
    var learner = learner
    // The policy stands first in every model.
    for i in trained.learner.model.actor.parameters {
      learner.model.parameters[i] = trained.learner.model.parameters[i]
    }
    learner.model.normalizer = trained.learner.model.normalizer
    if let critic = learner.model.critic {
      for i in critic.parameters { learner.model.parameters[i] = trained.learner.model.parameters[i] }
    }
    var measurement = GradientMeasurement(learner, try collectors(learner.settings, learner, seed: seed + 1))
    measurement.measure(batches, pool)
    return measurement
  }

  var report = BenchmarkReport(
    title: "variance of the policy gradient",
    conditions: [
      "scenario": scenario.name, "episodes of a batch": "\(episodes)", "batches": "\(batches)", "seed": "\(seed)",
      "updates before": "\(updates)",
    ])
  var floor: Double?
  func add(_ name: String, _ variance: Double) {
    report.rows.append(
      .init(name, variance, "trace", floor: floor.map { ("total return", $0) }, isBetterBelow: true))
    floor = floor ?? variance
  }
  for (name, weight) in [
    ("REINFORCE, total return", REINFORCEParameters.Weight.totalReturn), ("reward-to-go", .rewardToGo),
    ("less a running mean", .runningMean), ("less a learned V", .learnedValue),
  ] {
    var settings = base
    settings.weight = weight
    // Updates move the running mean, and no weight.
    settings.common.learningRate = RateParameters()
    settings.common.learningRate.initial = 1e-30
    add(name, try measured(REINFORCE(settings, for: context(seed))).variance)
  }
  for (name, start, disturbances) in [
    ("less the mean of a group of 8 at the same time", false, false), ("the group from one state", true, false),
    ("with common disturbances", true, true),
  ] {
    var settings = GRPOParameters()
    settings.common = base.common
    settings.common.learningRate = RateParameters()
    settings.common.learningRate.initial = 1e-30
    (settings.groupSize, settings.epochs) = (8, 1)
    settings.advantage = .leaveOneOut
    (settings.sharesStart, settings.sharesDisturbances) = (start, disturbances)
    add(name, try measured(GRPO(settings, for: context(seed))).variance)
  }
  return report
}

/// A learner on worlds of its own, and the moments of the gradients of its batches.
private struct GradientMeasurement<Learner: PolicyLearner> {
  var learner: Learner
  var collectors: [RolloutCollector]
  private var means: [Double]
  private var squares: [Double]
  private var count = 0.0

  init(_ learner: Learner, _ collectors: [RolloutCollector]) {
    self.learner = learner
    self.collectors = collectors
    means = Array(repeating: 0, count: learner.model.actor.parameters.upperBound)
    squares = means
  }

  private mutating func rollOut(_ pool: WorkerPool) -> [RolloutSegment] {
    for i in collectors.indices {
      collectors[i].collect(learner.model, learner.settings) { false }
      collectors[i].block.clearRecords()
      learner.estimateAdvantages(of: &collectors[i].segment, rewardScale: 1)
    }
    return collectors.map(\.segment)
  }

  /// One update, and the statistics of its observations.
  mutating func learn(_ pool: WorkerPool) {
    let isFirst = learner.model.normalizer.map { $0.count == 0 } ?? false
    let segments = rollOut(pool)
    if !isFirst { _ = learner.update(segments, progress: 0, pool: pool, isStopped: { false }) }
    learner.observe(segments)
  }

  /// Gradients of a number of batches, after three in which the running mean settles.
  mutating func measure(_ batches: Int, _ pool: WorkerPool) {
    for _ in 0..<3 { _ = learner.update(rollOut(pool), progress: 0, pool: pool, isStopped: { false }) }
    for _ in 0..<batches {
      let segments = rollOut(pool)
      let gradient = learner.likelihoodGradient(of: segments, pool: pool)
      count += 1
      for i in means.indices {
        let δ = Double(gradient[i]) - means[i]
        means[i] += δ / count
        squares[i] += δ * (Double(gradient[i]) - means[i])
      }
      _ = learner.update(segments, progress: 0, pool: pool, isStopped: { false })
    }
  }

  /// The trace of the covariance of one batch's gradient.
  var variance: Double { squares.reduce(0, +) / (count - 1) }
}
