public import PoiseCore
public import PoiseNetworks

/// Hyperparameters of PPO; defaults are those of table 3 of Schulman et al. 2017 where it has them.
public struct PPOParameters: OnPolicyParameters {
  /// The surrogate objective that an update maximises: eq. 7 or eq. 8 of the paper.
  public enum Objective: String, CaseIterable, Sendable { case clipped, penalized }

  public var reportInterval = 1
  public var worlds = 16
  public var blockSize = 8
  public var rolloutLength = 128
  /// Passes over a rollout in one update.
  public var epochs = 10
  /// Transitions of one gradient; the last minibatch of an epoch may be smaller.
  public var minibatchSize = 64
  /// Fixed parts of a minibatch that threads share. Their number is part of the result's bits.
  public var shards = 4
  public var discountFactor = 0.99
  public var gaeLambda = 0.95
  /// Whether each rollout's advantages are normalised to mean 0 and standard deviation 1.
  public var normalizesAdvantages = true
  /// The surrogate objective that an update maximises.
  public var objective = Objective.clipped
  /// ε of the clipped objective, in (0, 1).
  public var clipRange = 0.2
  /// Clip range of the value loss, in units of scaled rewards; `nil` for no clipping.
  public var valueClipRange: Double?
  /// c₁: the weight of the value loss; not negative.
  public var valueCoefficient = 0.5
  /// c₂: the weight of the entropy bonus; not negative.
  public var entropyCoefficient = 0.0
  /// c: the weight of the smoothness loss E[‖μ(oₜ) − μ(oₜ₊₁)‖²]; 0 for none.
  public var smoothnessCoefficient = 0.0
  /// β of the penalized objective at the start; positive.
  public var penaltyCoefficient = 1.0
  /// d_targ: the KL divergence of an update to which β is adapted, nats.
  public var penaltyTarget = 0.01
  /// An update stops when a minibatch's KL divergence exceeds 1.5 times this, nats; `nil` for never.
  public var targetDivergence: Double?
  /// The Euclidean norm to which gradients are clipped; `nil` for no clipping.
  public var maximumGradientNorm: Double? = 0.5
  /// Adam's step size over the course of training.
  public var learningRate = RateParameters()
  /// ε of Adam; positive.
  public var adamEpsilon = 1e-8
  /// Widths of the policy's hidden layers.
  public var hiddenSizes = [64, 64]
  /// Widths of the value function's hidden layers.
  public var valueHiddenSizes = [64, 64]
  /// The activation after each hidden layer of both networks.
  public var activation = Activation.tanh
  /// log σ of every action at the start.
  public var initialLogDeviation = 0.0
  /// The smallest log σ.
  public var logDeviationFloor = -6.0
  /// The largest log σ.
  public var logDeviationCeiling = 2.0
  /// Whether observations are normalised by running statistics inside the policy.
  public var normalizesObservations = true
  /// Normalised observations are clipped to ± this.
  public var observationLimit = 10.0
  public var scalesRewards = false
  /// β: the weight of the old average when an update refreshes the average θ̄ ← β θ̄ + (1 − β) θ, in [0, 1); 0 for no
  /// averaging.
  public var policyAveraging = 0.0
  public var mirrorSymmetry: MirrorPlane?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress table, rounded up to whole rollouts; an evaluation also ends a row; checkpoints are written between rows."
    ),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are rolled out side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps, with one batched inference for all of them; for T threads, worlds / T or less."),
    .key(
      "rolloutLength", \.rolloutLength, .integer(.from(1, through: 1_000_000)),
      "Control steps of each world between two updates."),
    .key("epochs", \.epochs, .integer(.from(1, through: 1000)), "Passes over a rollout."),
    .key(
      "minibatchSize", \.minibatchSize, .integer(.from(1, through: 10_000_000)),
      "Transitions of one gradient; the last of an epoch may be smaller."),
    .key(
      "shards", \.shards, .integer(.from(1, through: 1024)),
      "Fixed parts of a minibatch that threads share; part of the result's bits."),
    .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ per control step."),
    .key("gaeLambda", \.gaeLambda, .number(.from(0, through: 1)), "λ of the advantage estimates."),
    .key(
      "normalizesAdvantages", \.normalizesAdvantages, .boolean,
      "Normalise each rollout's advantages to mean 0 and standard deviation 1."),
    .key(
      "objective", \.objective, .choice,
      "clipped: equation 7; penalized: equation 8, whose β follows the KL divergence."),
    .key("clipRange", \.clipRange, .number(.above(0, below: 1)), "ε of the clipped objective."),
    .key(
      "valueClipRange", \.valueClipRange, .optional(.number(.positive)),
      "Clip range of the value loss: beyond this distance from the old value, its gradient is 0; null: no clipping."),
    .key("valueCoefficient", \.valueCoefficient, .number(.notNegative), "c₁, weight of the value loss."),
    .key("entropyCoefficient", \.entropyCoefficient, .number(.notNegative), "c₂, weight of the entropy bonus."),
    .key(
      "smoothnessCoefficient", \.smoothnessCoefficient, .number(.notNegative),
      "Weight of the loss Σ (μ(oₜ) − μ(oₜ₊₁))² over the actions, μ the policy's mean: it makes actions smoother."),
    .key(
      "penaltyCoefficient", \.penaltyCoefficient, .number(.positive), "β at the start, for the penalized objective."),
    .key("penaltyTarget", \.penaltyTarget, .number(.positive, unit: "nat"), "KL divergence to which β is adapted."),
    .key(
      "targetDivergence", \.targetDivergence, .optional(.number(.positive, unit: "nat")),
      "An update stops where a minibatch exceeds 1.5 times this KL divergence; null: never."),
    .key(
      "maximumGradientNorm", \.maximumGradientNorm, .optional(.number(.positive)),
      "Gradients are scaled down to this norm; null: never."),
    .key("learningRate", \.learningRate, .section, "Adam's step size over the course of training."),
    .key("adamEpsilon", \.adamEpsilon, .number(.positive), "ε of Adam."),
    .key(
      "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the policy's hidden layers."),
    .key(
      "valueHiddenSizes", \.valueHiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the value function's hidden layers."),
    .key("activation", \.activation, .choice(among: Activation.hidden), "After each hidden layer."),
    .key("initialLogDeviation", \.initialLogDeviation, .number(), "log σ of every action at the start."),
    .key("logDeviationFloor", \.logDeviationFloor, .number(), "Least log σ."),
    .key("logDeviationCeiling", \.logDeviationCeiling, .number(), "Greatest log σ."),
    .key(
      "normalizesObservations", \.normalizesObservations, .boolean,
      "Normalise observations to mean 0 and standard deviation 1 inside the policy."),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .key(
      "scalesRewards", \.scalesRewards, .boolean,
      "Divide rewards by the running standard deviation of discounted returns."),
    .key(
      "policyAveraging", \.policyAveraging, .number(.from(0, below: 1)),
      "The policy that is evaluated and saved is a moving average of the learner's weights; this is the weight of the old average in each update; 0: no averaging."
    ),
    .mirrorSymmetry(\.mirrorSymmetry),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      logDeviationFloor <= initialLogDeviation && initialLogDeviation <= logDeviationCeiling,
      at: "initialLogDeviation", found: "\(initialLogDeviation)",
      allowed: "from logDeviationFloor \(logDeviationFloor) to logDeviationCeiling \(logDeviationCeiling)")
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: mirrorSymmetry)
    checks.requirePairs(of: valueHiddenSizes, at: "valueHiddenSizes", for: mirrorSymmetry)
  }

  /// Whether there is a smoothness loss, for which the policy is also evaluated at the next observations.
  public var isSmoothed: Bool { smoothnessCoefficient > 0 }
}

/// The learning rate over the course of training.
public struct RateParameters: Configurable, Hashable {
  /// How the rate changes: constant; linear or cosine over training; or adaptive to the KL divergence.
  public enum Schedule: String, CaseIterable, Sendable { case constant, linear, cosine, adaptive }

  /// How the rate changes.
  public var schedule = Schedule.constant
  /// The rate at the start; positive.
  public var initial = 3e-4
  /// The rate at the step limit, for linear and cosine; not negative.
  public var final = 0.0
  /// The KL divergence per update, nats, to which the adaptive schedule adjusts the rate.
  public var targetDivergence = 0.01
  /// The smallest rate of the adaptive schedule.
  public var lowest = 1e-5
  /// The largest rate of the adaptive schedule.
  public var highest = 1e-2
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "schedule", \.schedule, .choice,
      "constant; linear or cosine from initial to final; adaptive to the KL divergence."),
    .key("initial", \.initial, .number(.positive), "Rate at the start."),
    .key("final", \.final, .number(.notNegative), "Rate at the step limit, for linear and cosine."),
    .key(
      "targetDivergence", \.targetDivergence, .number(.positive, unit: "nat"),
      "KL divergence of an update to which adaptive adjusts the rate."),
    .key("lowest", \.lowest, .number(.positive), "Smallest rate of adaptive."),
    .key("highest", \.highest, .number(.positive), "Largest rate of adaptive."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      lowest <= highest, at: "lowest", found: "\(lowest)", allowed: "at most highest, \(highest)", remedy: "Swap them.")
    // Otherwise the rate would be clipped to the range silently.
    checks.require(
      schedule != .adaptive || (lowest...max(lowest, highest)).contains(initial), at: "initial", found: "\(initial)",
      allowed: "from lowest, \(lowest), to highest, \(highest), between which an adaptive rate moves")
  }

  var controller: AdaptiveLearningRate {
    AdaptiveLearningRate(
      settings: .init(
        initialRate: initial, targetDivergence: targetDivergence, lowestRate: lowest, highestRate: highest))
  }

  var law: LearningRateSchedule {
    switch schedule {
    case .constant: .constant(rate: initial)
    case .linear: .linear(from: initial, to: final)
    case .cosine: .cosine(from: initial, to: final)
    case .adaptive: .adaptive(settings: controller.settings)
    }
  }
}
