public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// REINFORCE. Source: Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning": "the
// paper" below; the steps of variance reduction in the order of Sutton and Barto 2018, chapter 13.
//
//     ∇J = E_τ[ Σₜ ∇ log π_θ(aₜ|oₜ) Ψₜ ]
//     Ψₜ = R(τ) = Σₖ γᵏ rₖ                     totalReturn: the paper's, section 9, for episodes
//     Ψₜ = Rₜ = Σ_{k ≥ t} γ^{k−t} rₖ           rewardToGo: an action has no part in the rewards before it
//     Ψₜ = Rₜ − b                              runningMean: b of older batches
//     Ψₜ = Rₜ − V(oₜ)                          learnedValue: V learned by least squares from the same Rₜ
//
// A baseline that does not depend on the action leaves the mean of the gradient alone, since E[∇ log π(a|o)] = 0, and changes its
// variance. With γ < 1 the theorem's weights are γᵗ Ψₜ (`discountsFromStart`); without γᵗ, as in most programs, the direction
// is the gradient of no objective (Thomas 2014, "Bias in Natural Actor-Critic Algorithms"), but late steps of long episodes keep their weight.
//
// Departures from the paper, each an option unless noted:
//  1. Whole episodes are played, as many as there are worlds, before one step is taken; the loss is a mean over episodes of sums
//     over steps. (always)
//  2. An episode that a time limit truncates counts as if nothing followed. (always)
//  3. Adam in place of a plain step (always); gradients may be clipped to a largest norm.
//  4. Observations are normalised by running statistics; the first batch only initialises them. (`normalizesObservations`)
//  5. An entropy bonus. (`entropyCoefficient`)
//  6. Faulted steps are left out. (always)

/// REINFORCE: learns from whole episodes, with one optimiser step for each batch.
public struct REINFORCE: PolicyLearner {
  public typealias Parameters = REINFORCEParameters
  public typealias Metrics = REINFORCEMetrics

  /// The hyperparameters.
  public let settings: REINFORCEParameters
  public var updater: PolicyUpdater
  /// b, and whether a batch has set it.
  private var memory = Memory()

  fileprivate struct Memory: Codable, Sendable {
    var baseline = 0.0
    var hasBaseline = false
  }

  /// Makes the learner with drawn initial weights.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: spaces, seed and kernels; its symmetry is the one that `settings.mirrorSymmetry` names.
  public init(_ settings: REINFORCEParameters, for context: LearnerContext) {
    self.settings = settings
    updater = PolicyUpdater(
      settings.common, value: settings.learnedValue, optimizer: .init(epsilon: settings.common.adamEpsilon),
      rolloutSize: settings.rolloutSize, minibatchSize: settings.rolloutSize, for: context)
  }

  /// Writes Ψₜ to the advantages, and Rₜ to the targets of V.
  public func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float) {
    let γ = settings.common.discountFactor
    segment.sumRewards(discountFactor: γ, rewardScale: rewardScale)
    for w in 0..<segment.worlds {
      var discount: Float = 1
      for t in 0..<segment.length(ofWorld: w) {
        let row = t * segment.worlds + w
        switch settings.weight {
        // Of the first step: Σₖ γᵏ rₖ, whose powers are counted from the start.
        case .totalReturn: segment.advantages[row] = segment.targets[w]
        case .rewardToGo: segment.advantages[row] = discount * segment.targets[row]
        case .runningMean: segment.advantages[row] = discount * (segment.targets[row] - Float(memory.baseline))
        case .learnedValue: segment.advantages[row] = discount * (segment.targets[row] - segment.values[row])
        }
        if settings.discountsFromStart { discount *= Float(γ) }
      }
    }
  }

  /// One step along the gradient of a batch of episodes.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, one episode for each world, with their weights Ψₜ.
  ///   - progress: the share of the training that is done, 0 to 1, for the learning rate.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  ///   - isStopped: never asked, since an update computes a single gradient.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool = { false }
  ) -> REINFORCEMetrics {
    var metrics = REINFORCEMetrics()
    updater.batch.gather(rollout, model)
    let n = updater.batch.count
    guard n > 0, health.failure == nil else { return metrics }
    (metrics.meanWeight, metrics.weightDeviation) = {
      ($0.mean, $0.variance.squareRoot())
    }(updater.batch.moments(updater.batch.advantages))
    if settings.normalizesWeights { updater.batch.normalizeAdvantages() }
    let losses = computeGradients(pool: pool)
    let rate = updater.learningRate(at: progress)
    metrics.common.gradientNorm = updater.step(learningRate: rate, loss: loss(losses)) ?? 0
    updater.followAverage()
    followMean()
    metrics.common.policyLoss = -losses.objective / Double(updater.batch.worlds)
    metrics.common.note(updater, losses, rows: n, learningRate: rate)
    metrics.baseline = settings.weight == .runningMean ? memory.baseline : nil
    if model.critic != nil {
      metrics.valueLoss = losses.valueError / Double(n)
      metrics.explainedVariance = updater.batch.explainedVariance
    }
    return metrics
  }

  /// Gradients of the loss of the whole batch of N episodes with n steps.
  ///
  ///     L = −1/N Σ log π_θ(aₜ|oₜ) Ψₜ − c₂/N Σ H(oₜ) + c₁/n Σ (V(oₜ) − Rₜ)²
  mutating func computeGradients(pool: WorkerPool) -> LossSums {
    let (n, episodes) = (updater.batch.count, Float(updater.batch.worlds))
    return updater.computeGradients(rows: 0..<n, pool: pool) { [settings] shard, batch, model, isFirst in
      let c2 = Float(settings.common.entropyCoefficient) / episodes
      shard.writeLikelihoodGradients(batch, model, scale: 1 / episodes)
      shard.addEntropyGradients(model, scale: c2, sharedScale: isFirst ? c2 * Float(n) : 0)
      shard.backward(model)
      shard.writeValueGradients(batch, model, coefficient: settings.value.coefficient, minibatch: n)
    }
  }

  /// The loss of the batch.
  func loss(_ sums: LossSums) -> Double {
    let (n, episodes) = (Double(updater.batch.count), Double(updater.batch.worlds))
    return -sums.objective / episodes + settings.value.coefficient * sums.valueError / n
      - settings.common.entropyCoefficient * updater.entropy(sums, rows: updater.batch.count) * n / episodes
  }

  /// b ← d b + (1 − d) mean of Rₜ; the first batch's mean as it is.
  private mutating func followMean() {
    let mean = updater.batch.moments(updater.batch.returns).mean
    guard settings.weight == .runningMean, mean.isFinite else { return }
    memory.baseline = memory.hasBaseline ? settings.meanDecay * memory.baseline + (1 - settings.meanDecay) * mean : mean
    memory.hasBaseline = true
  }

  // MARK: Saving and restoring

  /// Everything that an update changes and later updates depend on.
  public struct State: Sendable {
    fileprivate var updater: PolicyUpdater.State
    fileprivate var memory: Memory
  }

  /// What an update changes: save it before an update, and set it back if the update is interrupted.
  public var state: State {
    get { State(updater: updater.state, memory: memory) }
    set { (updater.state, memory) = (newValue.updater, newValue.memory) }
  }

  /// Everything that further training depends on; see `PolicyUpdater.tensors`.
  public func tensors() throws -> [String: Tensor] { try updater.tensors(of: Self.name, extra: memory) }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    memory = try updater.read(tensors, of: Self.name, file: file) { $0.baseline.isFinite }
  }
}

/// The metrics of one update of REINFORCE.
public struct REINFORCEMetrics: LearningMetrics {
  /// The metrics that all learners by policy gradients have.
  public var common = PolicyGradientMetrics()
  /// Mean squared error of the values, in units of scaled rewards; `nil` without values.
  public var valueLoss: Double?
  /// 1 − Var(R − V) / Var(R) of the old values: 1 is perfect, 0 no better than a constant; `nil` without values.
  public var explainedVariance: Double?
  /// b, the running mean of Rₜ; `nil` without one.
  public var baseline: Double?
  /// Mean and standard deviation of Ψₜ over the steps of a batch, before they are normalised.
  public var meanWeight = 0.0, weightDeviation = 0.0
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    PolicyGradientMetrics.averaged(in: \Self.common) + [\Self.meanWeight, \Self.weightDeviation]
  }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    let m = means ?? Self()
    return m.common.columns([
      ("value_loss", m.valueLoss), ("explained_variance", m.explainedVariance), ("baseline", m.baseline),
      ("mean_weight", m.meanWeight), ("weight_deviation", m.weightDeviation),
    ])
  }
}

// MARK: - The algorithm

extension REINFORCE: Algorithm {
  public static let name = "reinforce"
  public static let title = "REINFORCE"
  public static let paper = "Williams 1992"
  public static let family = LearnerFamily<REINFORCEParameters>.onPolicy { REINFORCE($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]

  public static func memoryNeed(
    of parameters: REINFORCEParameters, observations: Space, actions: Space
  ) -> MemoryNeed {
    parameters.common.memoryNeed(
      value: parameters.learnedValue, minibatchSize: parameters.rolloutSize, observations: observations,
      actions: actions)
  }

  public static func stepSizes(of parameters: REINFORCEParameters) -> String { parameters.common.stepSizes }
}
