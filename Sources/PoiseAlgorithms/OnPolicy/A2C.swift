public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Advantage actor-critic, A2C: the synchronous form of A3C. Source: Mnih, Puigdomènech Badia, Mirza, Graves, Lillicrap, Harley, Silver
// and Kavukcuoglu 2016, "Asynchronous Methods for Deep Reinforcement Learning" (arXiv:1602.01783), algorithm S3: "the paper" below.
//
//     R = 0 where the task terminated, V(oₜ) at the end of the rollout;  R ← rᵢ + γ R
//     dθ  += ∇ log π(aᵢ|oᵢ; θ) (R − V(oᵢ)) + β ∇ H(π(oᵢ))
//     dθᵥ += ∂(R − V(oᵢ))² / ∂θᵥ
//
// Departures from the paper, each an option unless noted:
//  1. All worlds act in step, and their gradients are averaged into one step: A2C, after OpenAI's Baselines. (always; see A3C)
//  2. Advantages may be generalized ones: `gaeLambda` below 1. At 1 they are the paper's, up to T steps ahead.
//  3. Gradients are averaged over rows, not summed, and may be clipped to a largest norm; ε of RMSProp is added outside the root. (always)
//  4. Adam in place of RMSProp. (`optimizer`)
//  5. Separate networks, or one trunk with two heads as in the paper. (`sharesTrunk`)
//  6. Observations are normalised by running statistics; the first rollout only initialises them. (`normalizesObservations`)
//  7. Advantages may be normalised, rewards scaled. (`normalizesAdvantages`, `scalesRewards`)
//  8. Episodes cut by a time limit bootstrap from V of their final observation; faulted steps are left out. (always)

/// Hyperparameters of A2C; defaults are those of Stable-Baselines3, which are those of Baselines; the paper samples them at random.
public struct A2CParameters: OnPolicyParameters {
  /// The settings that all on-policy algorithms have.
  public var common = OnPolicySettings()
  /// The settings of the value function and its loss.
  public var value = ValueSettings()
  /// The optimiser that takes the steps.
  public var optimizer = OptimizerSettings()
  public var gaeLambda = 1.0
  /// Whether each rollout's advantages are normalised to mean 0 and standard deviation 1.
  public var normalizesAdvantages = false

  public init() {
    common.rolloutLength = 5
    common.reportInterval = 2048
    common.shards = 1
    common.learningRate.initial = 7e-4
  }

  public static let keys: [ConfigurationKey<Self>] =
    OnPolicySettings.keys.map { $0.lifted(through: \.common) } + ValueSettings.keys.map { $0.lifted(through: \.value) }
    + OptimizerSettings.keys.map { $0.lifted(through: \.optimizer) } + [
      .key(
        "gaeLambda", \.gaeLambda, .number(.from(0, through: 1)),
        "λ of the advantage estimates; 1: the paper's, from all rewards up to the end of the rollout."),
      .key(
        "normalizesAdvantages", \.normalizesAdvantages, .boolean,
        "Normalise each rollout's advantages to mean 0 and standard deviation 1."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    common.requireRateWithoutDivergence(&checks)
    value.crossChecks(&checks, with: common)
  }
}

/// A2C: learns from rollouts, with one optimiser step for each.
public struct A2C: PolicyLearner {
  public typealias Parameters = A2CParameters
  public typealias Metrics = A2CMetrics

  /// The hyperparameters.
  public let settings: A2CParameters
  public var updater: PolicyUpdater

  /// Makes the learner with drawn initial weights.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: spaces, seed and kernels; its symmetry is the one that `settings.mirrorSymmetry` names.
  public init(_ settings: A2CParameters, for context: LearnerContext) {
    self.settings = settings
    updater = PolicyUpdater(
      settings.common, value: settings.value,
      optimizer: settings.optimizer.settings(adamEpsilon: settings.common.adamEpsilon),
      rolloutSize: settings.rolloutSize, minibatchSize: settings.rolloutSize, for: context)
  }

  /// One step along the gradient of a rollout.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, with their advantages.
  ///   - progress: the share of the training that is done, 0 to 1, for the learning rate.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  ///   - isStopped: never asked, since an update computes a single gradient.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool = { false }
  ) -> A2CMetrics {
    var metrics = A2CMetrics()
    updater.batch.gather(rollout, model)
    let n = updater.batch.count
    guard n > 0, health.failure == nil else { return metrics }
    metrics.explainedVariance = updater.batch.explainedVariance
    if settings.normalizesAdvantages { updater.batch.normalizeAdvantages() }
    let losses = computeGradients(pool: pool)
    let rate = updater.learningRate(at: progress)
    metrics.common.gradientNorm = updater.step(learningRate: rate, loss: loss(losses)) ?? 0
    updater.followAverage()
    metrics.common.policyLoss = -losses.objective / Double(n)
    metrics.valueLoss = losses.valueError / Double(n)
    metrics.common.note(updater, losses, rows: n, learningRate: rate)
    return metrics
  }

  /// Gradients of the loss of the whole batch.
  mutating func computeGradients(pool: WorkerPool) -> LossSums {
    let n = updater.batch.count
    return updater.computeGradients(rows: 0..<n, pool: pool) { [settings] shard, batch, model, isFirst in
      shard.writeActorCriticGradients(
        batch, model, entropyCoefficient: settings.common.entropyCoefficient,
        valueCoefficient: settings.value.coefficient, isFirst: isFirst)
    }
  }

  /// The loss of the batch.
  func loss(_ sums: LossSums) -> Double {
    let n = Double(updater.batch.count)
    return (settings.value.coefficient * sums.valueError - sums.objective) / n
      - settings.common.entropyCoefficient * updater.entropy(sums, rows: updater.batch.count)
  }

  // MARK: Saving and restoring

  /// What an update changes: save it before an update, and set it back if the update is interrupted.
  public var state: PolicyUpdater.State {
    get { updater.state }
    set { updater.state = newValue }
  }

  /// Everything that further training depends on; see `PolicyUpdater.tensors`.
  public func tensors() throws -> [String: Tensor] { try updater.tensors(of: Self.name, extra: NoMemory()) }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    let _: NoMemory = try updater.read(tensors, of: Self.name, file: file)
  }
}

extension PolicyShard {
  /// Gradients of the actor-critic loss of the whole batch of n rows.
  ///
  ///     L = −1/n Σ log π_θ(aₜ|oₜ) Âₜ − c₂/n Σ H(oₜ) + c₁/n Σ (V(oₜ) − Rₜ)²
  mutating func writeActorCriticGradients(
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, entropyCoefficient: Double,
    valueCoefficient: Double, isFirst: Bool
  ) {
    let (n, c2) = (batch.count, Float(entropyCoefficient))
    writeLikelihoodGradients(batch, model, scale: 1 / Float(n))
    addEntropyGradients(model, scale: c2 / Float(n), sharedScale: isFirst ? c2 : 0)
    backward(model)
    writeValueGradients(batch, model, coefficient: valueCoefficient, minibatch: n)
  }
}

/// The metrics of one update of A2C.
public struct A2CMetrics: LearningMetrics {
  /// The metrics that all learners by policy gradients have.
  public var common = PolicyGradientMetrics()
  /// Mean squared error of the values, in units of scaled rewards.
  public var valueLoss = 0.0
  /// 1 − Var(R − V) / Var(R) of the old values: 1 is perfect, 0 no better than a constant.
  public var explainedVariance = 0.0
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    PolicyGradientMetrics.averaged(in: \Self.common) + [\Self.valueLoss, \Self.explainedVariance]
  }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    let m = means ?? Self()
    return m.common.columns([("value_loss", m.valueLoss), ("explained_variance", m.explainedVariance)])
  }
}

// MARK: - The algorithm

extension A2C: Algorithm {
  public static let name = "a2c"
  public static let title = "Advantage actor-critic"
  public static let paper = "Mnih et al. 2016"
  public static let family = LearnerFamily<A2CParameters>.onPolicy { A2C($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]

  public static func memoryNeed(of parameters: A2CParameters, observations: Space, actions: Space) -> MemoryNeed {
    parameters.common.memoryNeed(
      value: parameters.value, minibatchSize: parameters.rolloutSize, observations: observations, actions: actions)
  }

  public static func stepSizes(of parameters: A2CParameters) -> String { parameters.common.stepSizes }
}
