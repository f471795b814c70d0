public import PoiseCore
public import PoiseNetworks

/// Hyperparameters of PPO; defaults are those of the paper's table 3 where it has them.
public struct PPOParameters: OnPolicyParameters {
  /// Which surrogate an update maximises.
  public enum Objective: String, CaseIterable, Sendable { case clipped, penalized }

  public var reportInterval = 1
  public var worlds = 16
  public var blockSize = 8
  public var rolloutLength = 128
  public var epochs = 10
  public var minibatchSize = 64
  public var shards = 4
  public var discountFactor = 0.99
  public var gaeLambda = 0.95
  public var normalizesAdvantages = true
  public var objective = Objective.clipped
  public var clipRange = 0.2
  public var valueClipRange: Double?
  public var valueCoefficient = 0.5
  public var entropyCoefficient = 0.0
  public var smoothnessCoefficient = 0.0
  public var penaltyCoefficient = 1.0
  public var penaltyTarget = 0.01
  public var targetDivergence: Double?
  public var maximumGradientNorm: Double? = 0.5
  public var learningRate = RateParameters()
  public var adamEpsilon = 1e-8
  public var hiddenSizes = [64, 64]
  public var valueHiddenSizes = [64, 64]
  public var activation = Activation.tanh
  public var initialLogDeviation = 0.0
  public var logDeviationFloor = -6.0
  public var logDeviationCeiling = 2.0
  public var normalizesObservations = true
  public var observationLimit = 10.0
  public var scalesRewards = false
  public var policyAveraging = 0.0
  public var mirrorSymmetry: MirrorPlane?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress, rounded up to whole rollouts; an evaluation that is due ends a row, saves come between rows."
    ),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are rolled out side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps and one inference serves; for T threads, worlds / T or less."),
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
      "Bring each rollout's advantages to mean 0 and deviation 1."),
    .key(
      "objective", \.objective, .choice,
      "clipped: equation 7; penalized: equation 8, whose β follows the KL divergence."),
    .key("clipRange", \.clipRange, .number(.above(0, below: 1)), "ε of the clipped objective."),
    .key(
      "valueClipRange", \.valueClipRange, .optional(.number(.positive)),
      "How far a value may move in one update before its loss stops pulling; null: unbounded."),
    .key("valueCoefficient", \.valueCoefficient, .number(.notNegative), "c₁, weight of the value loss."),
    .key("entropyCoefficient", \.entropyCoefficient, .number(.notNegative), "c₂, weight of the entropy bonus."),
    .key(
      "smoothnessCoefficient", \.smoothnessCoefficient, .number(.notNegative),
      "Weight of the loss Σ (μ(oₜ) − μ(oₜ₊₁))² over the actions, μ the policy's mean: a policy that trembles less."),
    .key(
      "penaltyCoefficient", \.penaltyCoefficient, .number(.positive), "β at the start, for the penalized objective."),
    .key("penaltyTarget", \.penaltyTarget, .number(.positive, unit: "nat"), "KL divergence that β is adapted to."),
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
      "Bring observations to mean 0 and deviation 1 inside the policy."),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .key("scalesRewards", \.scalesRewards, .boolean, "Divide rewards by the running deviation of discounted returns."),
    .key(
      "policyAveraging", \.policyAveraging, .number(.from(0, below: 1)),
      "The policy that is judged and kept is a moving average of the learner's weights, this share of which an update leaves standing; 0: the learner's own."
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

  /// Whether a mean action that changes costs, for which the policy also runs on what each observation led to.
  public var isSmoothed: Bool { smoothnessCoefficient > 0 }
}

/// The learning rate over the course of training.
public struct RateParameters: Configurable, Hashable {
  /// How the rate moves.
  public enum Schedule: String, CaseIterable, Sendable { case constant, linear, cosine, adaptive }

  public var schedule = Schedule.constant
  public var initial = 3e-4
  public var final = 0.0
  public var targetDivergence = 0.01
  public var lowest = 1e-5
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
      "KL divergence of an update that adaptive aims at."),
    .key("lowest", \.lowest, .number(.positive), "Floor of adaptive."),
    .key("highest", \.highest, .number(.positive), "Ceiling of adaptive."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      lowest <= highest, at: "lowest", found: "\(lowest)", allowed: "at most highest, \(highest)", remedy: "Swap them.")
    // Else it would be cut to the range without a word.
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
