public import PoiseCore
public import PoiseNetworks

/// Hyperparameters of DDPG; defaults are those of section 7 of Lillicrap et al. 2016 where it has them.
public struct DDPGParameters: OffPolicyParameters {
  public var stepLimit: Int?
  public var evaluationInterval: Int?
  public var reportInterval = 1000
  public var worlds = 1
  public var blockSize = 8
  public var warmupSteps = 1000
  public var updatesPerStep = 1.0
  public var memoryCapacity = 1_000_000
  /// N: transitions of one update, drawn from the replay buffer.
  public var batchSize = 64
  /// Fixed parts of a batch that threads share. Their number is part of the result's bits.
  public var shards = 1
  /// γ per control step, in (0, 1].
  public var discountFactor = 0.99
  /// n: rewards that a target sums before the target value completes the return; 1 is the paper's target.
  public var returnSteps = 1
  /// The factor by which rewards are multiplied in the targets; positive.
  public var rewardScale = 1.0
  /// τ: the share of the network that its target takes over in one update, in [0, 1].
  public var targetUpdateRate = 0.001
  /// Adam's step size for the actor.
  public var actorLearningRate = 1e-4
  /// Adam's step size for the critic.
  public var criticLearningRate = 1e-3
  /// λ: the weight of ½ ‖θ‖² in the critic's loss; not negative.
  public var criticWeightDecay = 1e-2
  /// ε of Adam, for actor and critic; positive.
  public var adamEpsilon = 1e-8
  /// The Euclidean norm to which the gradients of actor and critic are each clipped; `nil` for no clipping.
  public var maximumGradientNorm: Double?
  /// c: the weight of the mean square of the actor's outputs before tanh; it keeps actions from saturating at ±1.
  public var preSquashPenalty = 0.0
  /// Widths of the actor's hidden layers.
  public var hiddenSizes = [400, 300]
  /// Widths of the critic's hidden layers.
  public var criticHiddenSizes = [400, 300]
  /// The activation after each hidden layer of actor and critic.
  public var activation = Activation.relu
  /// Bound of the uniform distribution from which the last layers' initial weights are drawn; `nil` for 1/√inputs, as
  /// in the other layers.
  public var finalLayerBound: Double? = 3e-3
  /// Whether the actor's hidden layers have layer normalisation.
  public var normalizesActorLayers = false
  /// Whether the critic's hidden layers have layer normalisation.
  public var normalizesCriticLayers = false
  /// Whether the policy normalises observations by running statistics; the replay buffer keeps raw observations.
  public var normalizesObservations = false
  /// Normalised observations are clipped to ± this.
  public var observationLimit = 10.0
  /// The exploration noise on the actions during training.
  public var exploration = ExplorationParameters()
  /// d: the actor and the target networks are updated with every d-th update of the critic; 1 for always.
  public var actorDelay = 1
  /// Whether there are two critics, with the smaller target value in the targets: clipped double Q-learning of TD3.
  public var usesTwinCritics = false
  /// σ of the target policy noise; 0 for none.
  public var targetNoise = 0.0
  /// c: the target policy noise is clipped to ± this.
  public var targetNoiseLimit = 0.5
  public var mirrorSymmetry: MirrorPlane?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "stepLimit", \.stepLimit, .optional(.integer(.from(1, through: 1_000_000_000_000))),
      "Overrides training.stepLimit for this learner; null: training.stepLimit holds."),
    .key(
      "evaluationInterval", \.evaluationInterval, .optional(.integer(.from(1, through: 1_000_000_000_000))),
      "Overrides training.evaluationInterval for this learner; null: training.evaluationInterval holds."),
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress table; an evaluation also ends a row."),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are stepped side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps, with one batched inference for all of them."),
    .key(
      "warmupSteps", \.warmupSteps, .integer(.from(0, through: 1_000_000_000)),
      "Control steps of all worlds with uniform actions, before learning begins."),
    .key(
      "updatesPerStep", \.updatesPerStep, .number(.above(0, through: 1000)),
      "Updates for each control step of a world after the warm-up; below 1: one update for several steps."),
    .key(
      "memoryCapacity", \.memoryCapacity, .integer(.from(100, through: 1_000_000_000)),
      "Observations that the replay buffer holds; the oldest go first."),
    .key("batchSize", \.batchSize, .integer(.from(1, through: 1_000_000)), "N, transitions of one update."),
    .key(
      "shards", \.shards, .integer(.from(1, through: 1024)),
      "Fixed parts of a batch that threads share; part of the result's bits. 1 is best for small networks."),
    .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ per control step."),
    .key(
      "returnSteps", \.returnSteps, .integer(.from(1, through: 1000)),
      "n: rewards that are summed before the target value completes the return."),
    .key("rewardScale", \.rewardScale, .number(.positive), "Rewards are multiplied by this in the targets."),
    .key(
      "targetUpdateRate", \.targetUpdateRate, .number(.from(0, through: 1)),
      "τ: the share of the network that its target takes over in one update.",
      formerly: ["targetSmoothing"]),
    .key("actorLearningRate", \.actorLearningRate, .number(.positive), "Adam's step size for the actor."),
    .key("criticLearningRate", \.criticLearningRate, .number(.positive), "Adam's step size for the critic."),
    .key(
      "criticWeightDecay", \.criticWeightDecay, .number(.notNegative),
      "Weight of ½ ‖θ‖² in the critic's loss."),
    .key("adamEpsilon", \.adamEpsilon, .number(.positive), "ε of Adam."),
    .key(
      "maximumGradientNorm", \.maximumGradientNorm, .optional(.number(.positive)),
      "Gradients of actor and critic are each scaled down to this norm; null: never."),
    .key(
      "preSquashPenalty", \.preSquashPenalty, .number(.notNegative),
      "Weight of the mean square of the actor's outputs before tanh: keeps actions from saturating at ±1."),
    .key(
      "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the actor's hidden layers."),
    .key(
      "criticHiddenSizes", \.criticHiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the critic's hidden layers."),
    .key("activation", \.activation, .choice(among: Activation.hidden), "After each hidden layer."),
    .key(
      "finalLayerBound", \.finalLayerBound, .optional(.number(.positive)),
      "The last layers start uniform within ± this; null: within ± 1/√inputs, like the others."),
    .key(
      "normalizesActorLayers", \.normalizesActorLayers, .boolean, "Layer normalisation in the actor's hidden layers."),
    .key(
      "normalizesCriticLayers", \.normalizesCriticLayers, .boolean, "Layer normalisation in the critic's hidden layers."
    ),
    .key(
      "normalizesObservations", \.normalizesObservations, .boolean,
      "Normalise observations to mean 0 and standard deviation 1 inside the policy; the replay buffer keeps raw observations."
    ),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .key("exploration", \.exploration, .section, "Noise on the actions while training."),
    .key(
      "actorDelay", \.actorDelay, .integer(.from(1, through: 1000)),
      "d: the actor and the target networks are updated with every d-th update of the critic."),
    .key(
      "usesTwinCritics", \.usesTwinCritics, .boolean, "Two critics; the targets take the smaller of their two values."),
    .key("targetNoise", \.targetNoise, .number(.notNegative), "σ of the noise on the target policy's actions."),
    .key("targetNoiseLimit", \.targetNoiseLimit, .number(.notNegative), "c: that noise is clipped to ± this."),
    .mirrorSymmetry(\.mirrorSymmetry),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      memoryCapacity >= 4 * worlds, at: "memoryCapacity", found: "\(memoryCapacity)",
      allowed: "at least 4 for each of \(worlds) worlds")
    checks.require(
      shards <= batchSize, at: "shards", found: "\(shards)", allowed: "at most batchSize, \(batchSize)",
      remedy: "A shard needs at least one transition.")
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: mirrorSymmetry)
    checks.requirePairs(of: criticHiddenSizes, at: "criticHiddenSizes", for: mirrorSymmetry)
  }
}
