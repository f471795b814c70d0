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
//  6. The learning rate may follow the KL divergence of each update (rsl_rl), or fall.
//  7. Policy and value function share no layer (as in the paper's MuJoCo runs), or all hidden ones (`sharesTrunk`); orthogonal
//     initial weights, the policy's last layer × 0.01; log σ is a parameter for each action, kept between floor and ceiling.
//     Discrete actions have a categorical distribution. (always)
//  8. Episodes cut by a time limit bootstrap from V of their final observation; faulted steps are left out. (always)
//  9. The KL penalty uses the exact KL divergence between the two distributions. (always)
// 10. The deterministic policy that is evaluated and saved may be a moving average of the learner's. (`policyAveraging`)
// 11. Policy and value function may be mirror-symmetric, by tied weights; then a minibatch has the effect of itself and its
//     mirror image. Initial weights are tied after they are drawn, so they are no longer orthogonal. (`mirrorSymmetry`)
// 12. A loss may penalise the change of the policy's mean from one step to the next. (`smoothnessCoefficient`)

/// PPO: rollouts in, better parameters out.
public struct PPO: PolicyLearner {
  public typealias Parameters = PPOParameters
  public typealias Metrics = PPOMetrics

  /// The hyperparameters.
  public let settings: PPOParameters
  /// Networks, optimiser, batch.
  public var updater: PolicyUpdater
  /// β of the penalized objective.
  var penalty: Double

  /// Makes a learner with initial weights drawn from the seed.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: the spaces of the task; the mirror symmetry that `settings.mirrorSymmetry` asks for; seed and
  ///     instruction set.
  public init(_ settings: PPOParameters, for context: LearnerContext) {
    self.settings = settings
    updater = PolicyUpdater(
      settings.common, value: settings.value, optimizer: .init(epsilon: settings.common.adamEpsilon),
      rolloutSize: settings.rolloutSize, minibatchSize: settings.minibatchSize,
      keepsNextObservations: settings.isSmoothed, for: context)
    penalty = settings.penaltyCoefficient
  }

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
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool = { false }
  ) -> PPOMetrics {
    var metrics = PPOMetrics()
    gather(rollout, &metrics)
    metrics.learningRate = updater.learningRate(at: progress)

    var minibatches = 0.0
    epochs: for epoch in 0..<settings.epochs where updater.batch.count > 0 && health.failure == nil {
      updater.batch.shuffle(using: &updater.random)
      var (divergence, entropy, rows) = (0.0, 0.0, 0)
      for first in stride(from: 0, to: updater.batch.count, by: settings.minibatchSize) {
        if isStopped() { break epochs }
        let size = min(settings.minibatchSize, updater.batch.count - first)
        let losses = computeGradients(rows: first..<first + size, pool: pool)
        let mean = 1 / Double(size)
        if let target = settings.targetDivergence, losses.divergence * mean > 1.5 * target {
          metrics.divergence = losses.divergence * mean
          break epochs
        }
        let norm = updater.step(learningRate: metrics.learningRate, loss: loss(losses, rows: size))
        if health.failure != nil { break epochs }
        guard let norm else { continue }
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
    updater.followAverage()
    updater.adaptiveRate.observe(divergence: metrics.divergence)
    // Section 4 of the paper: β is halved below d_targ / 1.5 and doubled above 1.5 d_targ.
    if metrics.divergence < settings.penaltyTarget / 1.5 { penalty /= 2 }
    if metrics.divergence > settings.penaltyTarget * 1.5 { penalty *= 2 }
    penalty = min(max(penalty, 1e-6), 1e6)
    return finished(metrics, minibatches)
  }

  /// Copies a rollout into the batch.
  mutating func gather(_ rollout: [RolloutSegment], _ metrics: inout PPOMetrics) {
    updater.batch.gather(rollout, model)
    metrics.actionSaturation = updater.saturation
    metrics.explainedVariance = updater.batch.explainedVariance
    if settings.normalizesAdvantages { updater.batch.normalizeAdvantages() }
  }

  /// Gradients of the loss of one minibatch.
  ///
  ///     L^CLIP+VF+S = E[ L^CLIP − c₁ L^VF + c₂ H(oₜ) ]                 eq. 9
  ///     L^CLIP = E[ min(rₜ Âₜ, clip(rₜ, 1 − ε, 1 + ε) Âₜ) ]          eq. 7
  ///     L^KLPEN = E[ rₜ Âₜ − β KL(π_old ‖ π_θ) ]                      eq. 8, in place of eq. 7
  mutating func computeGradients(rows: Range<Int>, pool: WorkerPool) -> LossSums {
    updater.computeGradients(rows: rows, pool: pool) { [settings, penalty] shard, batch, model, isFirst in
      let n = rows.count
      let isClipped = settings.objective == .clipped
      shard.writeSurrogateGradients(
        batch, model, clipRange: Float(settings.clipRange), isClipped: isClipped, minibatch: n)
      if !isClipped {
        shard.addDivergenceGradients(
          from: batch.outputs, logDeviations: batch.logDeviations, batch, model, coefficient: Float(penalty),
          minibatch: n)
      }
      let c2 = Float(settings.common.entropyCoefficient)
      shard.addEntropyGradients(model, scale: c2 / Float(n), sharedScale: isFirst ? c2 : 0)
      shard.addSmoothnessGradients(model, coefficient: Float(settings.smoothnessCoefficient), minibatch: n)
      shard.backward(model)
      shard.writeValueGradients(
        batch, model, coefficient: settings.valueCoefficient, clipRange: settings.valueClipRange, minibatch: n)
    }
  }

  /// The loss of a minibatch: −L^CLIP+VF+S, eq. 9 (or L^KLPEN in place of L^CLIP), plus the smoothness loss.
  func loss(_ sums: LossSums, rows: Int) -> Double {
    (settings.valueCoefficient * sums.valueError - sums.objective) / Double(rows)
      - settings.common.entropyCoefficient * updater.entropy(sums, rows: rows)
  }

  /// Turns sums into means, and adds the metrics that are known only after the update.
  private func finished(_ metrics: PPOMetrics, _ minibatches: Double) -> PPOMetrics {
    var metrics = metrics
    for path in [\PPOMetrics.policyLoss, \.valueLoss, \.clipFraction, \.gradientNorm] {
      metrics[keyPath: path] /= max(1, minibatches)
    }
    if let entropy = model.actor.sharedEntropy(model.parameters) { metrics.entropy = entropy }
    metrics.deviation = model.actor.meanDeviation(model.parameters)
    metrics.skippedUpdates = updater.optimizer.skippedUpdates
    return metrics
  }
}
