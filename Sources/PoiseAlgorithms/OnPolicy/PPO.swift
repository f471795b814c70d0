public import PoiseCore
import PoiseEnvironments
import PoiseNetworks

// Proximal policy optimisation. Source: Schulman, Wolski, Dhariwal, Radford and Klimov 2017, "Proximal Policy Optimization
// Algorithms" (arXiv:1707.06347): "the paper" below.
//
// Departures from the paper, each an option unless noted:
//  1. Observations are normalised by running statistics, which change between rollouts only. The first rollout only
//     initialises them: no update follows it. (`normalizesObservations`)
//  2. Rewards may be divided by the running standard deviation of discounted returns. (`scalesRewards`)
//  3. Advantages are normalised over the rollout, not over each minibatch. (`normalizesAdvantages`)
//  4. The value loss may be clipped around the old values, and gradients are clipped to a largest norm.
//  5. An update stops where a minibatch's KL divergence exceeds 1.5 × `targetDivergence`.
//  6. The learning rate may adapt to the KL divergence of each update (rsl_rl), or decay.
//  7. Policy and value function share no layer (as in the paper's MuJoCo runs); orthogonal initial weights, the policy's last
//     layer × 0.01; log σ is a parameter for each action, kept between floor and ceiling. Discrete actions have a categorical distribution. (always)
//  8. Episodes cut by a time limit bootstrap from V of their final observation; faulted steps are left out. (always)
//  9. The KL penalty uses the exact KL divergence between the two distributions. (always)
// 10. The deterministic policy that is evaluated and saved may be a moving average of the learner's. (`policyAveraging`)
// 11. Policy and value function may be mirror-symmetric, by tied weights; then a minibatch has the effect of itself and its
//     mirror image. Initial weights are tied after they are drawn, so they are no longer orthogonal. (`mirrorSymmetry`)
// 12. A loss may penalise the change of the policy's mean from one step to the next. (`smoothnessCoefficient`)

/// PPO: learns a stochastic policy and a value function from rollouts of that policy.
public struct PPO: OnPolicyLearner {
  public typealias Parameters = PPOParameters
  public typealias Metrics = PPOMetrics

  /// The hyperparameters.
  public let settings: PPOParameters
  /// The policy that acts, its value function and their normaliser.
  public var model: ActorCritic
  /// Polyak average of the parameters; `nil` without averaging.
  var average: AlignedVector<Float>?
  var adam: Adam<Float>
  var adaptiveRate: AdaptiveLearningRate
  /// β of the penalized objective.
  var penalty: Double
  /// The stream that shuffles the minibatches.
  var random: RandomStream
  private var shards: [Shard]
  private(set) var gradients: AlignedVector<Float>
  private(set) var batch: RolloutBatch
  private let instructionSet: InstructionSet
  /// Whether the numbers can still be trusted; if not, `update` does nothing.
  public internal(set) var health = LearnerHealth()
  /// For tests: changes the gradients of update n before they are checked.
  var spoilGradients: (@Sendable (_ update: Int, _ gradients: inout AlignedVector<Float>) -> Void)?

  /// Makes a learner with initial weights drawn from the seed.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: the spaces of the task; the mirror symmetry that `settings.mirrorSymmetry` asks for; seed and
  ///     instruction set.
  public init(_ settings: PPOParameters, for context: LearnerContext) {
    var weights = RandomStream(seed: context.seed, purpose: .weights)
    let model = ActorCritic(
      observations: context.observationSpace.count, actions: context.actionSpace, hidden: settings.hiddenSizes,
      valueHidden: settings.valueHiddenSizes, activation: settings.activation,
      deviationBounds: settings.logDeviationFloor...settings.logDeviationCeiling,
      initialLogDeviation: settings.initialLogDeviation,
      normalizerLimit: settings.normalizesObservations ? settings.observationLimit : nil, symmetry: context.symmetry,
      using: &weights)
    self.settings = settings
    self.model = model
    average = settings.policyAveraging > 0 ? model.parameters : nil
    instructionSet = context.instructionSet
    let count = model.parameters.count
    adam = Adam(
      parameterCount: count, settings: .init(epsilon: settings.adamEpsilon), instructionSet: context.instructionSet)
    adaptiveRate = settings.learningRate.controller
    penalty = settings.penaltyCoefficient
    random = RandomStream(seed: context.seed, purpose: .minibatches)
    gradients = AlignedVector(zeros: count)
    let rows = shardCapacity(batch: min(settings.minibatchSize, settings.rolloutSize), shards: settings.shards)
    shards = (0..<settings.shards).map { _ in
      Shard(model, settings, rows: rows, instructionSet: context.instructionSet)
    }
    batch = RolloutBatch(model, capacity: settings.rolloutSize, keepsNextObservations: settings.isSmoothed)
  }

  /// The present deterministic policy; the running average of it with policy averaging.
  public var policy: Policy { model.policy(average ?? model.parameters) }

  // MARK: The update

  /// Runs several epochs of minibatch updates over one rollout: algorithm 1 of the paper from its line 6 on.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, with their advantages.
  ///   - progress: the share of the training that is done, 0 to 1, for the learning rate.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  ///   - isStopped: asked before each minibatch. Once it is true, the update ends early; set `state` back to its value
  ///     before.
  /// - Returns: the metrics of the update, means over its minibatches.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: () -> Bool = { false }
  ) -> PPOMetrics {
    var metrics = PPOMetrics()
    gather(rollout, &metrics)
    metrics.learningRate = settings.learningRate.law.rate(progress: progress, adaptiveRate: adaptiveRate.rate)

    var minibatches = 0.0
    epochs: for epoch in 0..<settings.epochs where batch.count > 0 && health.failure == nil {
      batch.shuffle(using: &random)
      var (divergence, entropy, rows) = (0.0, 0.0, 0)
      for first in stride(from: 0, to: batch.count, by: settings.minibatchSize) {
        if isStopped() { break epochs }
        let size = min(settings.minibatchSize, batch.count - first)
        let losses = computeGradients(rows: first..<first + size, pool: pool)
        let mean = 1 / Double(size)
        if let target = settings.targetDivergence, losses.divergence * mean > 1.5 * target {
          metrics.divergence = losses.divergence * mean
          break epochs
        }
        spoilGradients?(updates + 1, &gradients)
        let outcome = adam.update(
          &model.parameters, gradients: gradients, learningRate: metrics.learningRate,
          loss: loss(losses, rows: size), maximumNorm: settings.maximumGradientNorm)
        health.note(outcome, of: "the gradients", update: updates) { [model, batch] in Self.diagnosis(model, batch) }
        checkWeights()
        if health.failure != nil { break epochs }
        guard case .applied(let norm) = outcome else { continue }
        model.actor.clampDeviations(&model.parameters)
        divergence += losses.divergence
        entropy += losses.entropy
        rows += size
        metrics.gradientNorm += norm
        metrics.policyLoss -= losses.objective * mean
        metrics.valueLoss += losses.valueError * mean
        metrics.clipFraction += losses.clipped * mean
        minibatches += 1
      }
      metrics.divergence = divergence / Double(max(1, rows))
      metrics.entropy = entropy / Double(max(1, rows))
      metrics.epochs = Double(epoch + 1)
    }
    guard minibatches > 0 else { return finished(metrics, minibatches) }
    // θ̄ ← β θ̄ + (1 − β) θ. Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging", here with
    // a horizon of 1 / (1 − β) updates: the iterates fluctuate around the solution, their mean much less.
    average?.follow(
      model.parameters, targetUpdateRate: 1 - settings.policyAveraging, instructionSet: instructionSet)
    adaptiveRate.observe(divergence: metrics.divergence)
    // Section 4 of the paper: β is halved below d_targ / 1.5 and doubled above 1.5 d_targ.
    if metrics.divergence < settings.penaltyTarget / 1.5 { penalty /= 2 }
    if metrics.divergence > settings.penaltyTarget * 1.5 { penalty *= 2 }
    penalty = min(max(penalty, 1e-6), 1e6)
    return finished(metrics, minibatches)
  }

  /// Copies a rollout into the batch.
  mutating func gather(_ rollout: [RolloutSegment], _ metrics: inout PPOMetrics) {
    batch.gather(rollout, model)
    let isDiscrete = model.actor.distribution == .categorical
    metrics.actionSaturation = isDiscrete ? 0 : batch.saturation(actions: model.actionCount)
    metrics.explainedVariance = batch.explainedVariance
    if settings.normalizesAdvantages { batch.normalizeAdvantages() }
  }

  /// Writes the gradients of one minibatch to `gradients`: each shard on its own, then their sum in the order of the
  /// shards.
  mutating func computeGradients(rows: Range<Int>, pool: WorkerPool) -> LossSums {
    shards.divide(rows)
    pool.forEach(&shards) { [settings, model, batch, penalty] index, shard in
      shard.load(batch, model)
      shard.writePolicyGradients(batch, model, settings, penalty: penalty, minibatch: rows.count)
      shard.writeValueGradients(batch, model, settings, minibatch: rows.count)
      // An entropy that is the same in every state depends on no row: ∂(−c₂ H)/∂log σ = −c₂, once.
      if index == 0 {
        model.actor.addSharedEntropyGradients(scaledBy: -Float(settings.entropyCoefficient), to: &shard.gradients)
      }
    }
    shards.sum(into: &gradients, ties: model.ties, instructionSet: instructionSet) { $0.gradients }
    return shards.reduce(into: LossSums()) { $0.add($1.sums) }
  }

  /// The loss of a minibatch: −L^CLIP+VF+S, eq. 9 (or L^KLPEN in place of L^CLIP), plus the smoothness loss.
  func loss(_ sums: LossSums, rows: Int) -> Double {
    let entropy = model.actor.sharedEntropy(model.parameters) ?? sums.entropy / Double(rows)
    return (settings.valueCoefficient * sums.valueError - sums.objective) / Double(rows)
      - settings.entropyCoefficient * entropy
  }

  /// Turns sums into means, and adds the metrics that are known only after the update.
  private func finished(_ metrics: PPOMetrics, _ minibatches: Double) -> PPOMetrics {
    var metrics = metrics
    for path in [\PPOMetrics.policyLoss, \.valueLoss, \.clipFraction, \.gradientNorm] {
      metrics[keyPath: path] /= max(1, minibatches)
    }
    if let entropy = model.actor.sharedEntropy(model.parameters) { metrics.entropy = entropy }
    metrics.deviation = model.actor.meanDeviation(model.parameters)
    metrics.skippedUpdates = adam.skippedUpdates
    return metrics
  }

  /// Updates the normaliser with the observations of a rollout. Call it after the update, because the rollout was
  /// normalised with the statistics before.
  public mutating func observe(_ rollout: [RolloutSegment]) {
    model.observe(rollout.map(\.statistics))
  }

  /// Optimiser steps so far, refused ones included.
  private var updates: Int { adam.appliedUpdates + adam.skippedUpdates }

  /// Checks that all weights are finite and not too large, and notes a failure in `health`; `update` does so after
  /// every minibatch.
  public mutating func checkWeights() {
    health.check(
      model.parameters, of: "the weights of policy and value function", update: updates, instructionSet: instructionSet)
  }

  /// Why an update was refused: the first quantity that is not finite, in the order in which they are computed.
  private static func diagnosis(_ model: ActorCritic, _ batch: RolloutBatch) -> (quantity: String, reason: String)? {
    if let i = LearnerHealth.firstNotFinite(model.parameters) {
      return ("the weights of policy and value function", "number \(i) is \(model.parameters[i])")
    }
    return batch.firstNotFinite(observations: model.observationCount)
  }
}
