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
  public var batchSize = 64
  public var shards = 1
  public var discountFactor = 0.99
  public var returnSteps = 1
  public var rewardScale = 1.0
  public var targetUpdateRate = 0.001
  public var actorLearningRate = 1e-4
  public var criticLearningRate = 1e-3
  public var criticWeightDecay = 1e-2
  public var adamEpsilon = 1e-8
  public var maximumGradientNorm: Double?
  public var preSquashPenalty = 0.0
  public var hiddenSizes = [400, 300]
  public var criticHiddenSizes = [400, 300]
  public var activation = Activation.relu
  public var finalLayerBound: Double? = 3e-3
  public var normalizesActorLayers = false
  public var normalizesCriticLayers = false
  public var normalizesObservations = false
  public var observationLimit = 10.0
  public var exploration = ExplorationParameters()
  public var actorDelay = 1
  public var usesTwinCritics = false
  public var targetNoise = 0.0
  public var targetNoiseLimit = 0.5
  public var mirrorSymmetry: MirrorPlane?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "stepLimit", \.stepLimit, .optional(.integer(.from(1, through: 1_000_000_000_000))),
      "In place of training.stepLimit, where this learner trains; null: that."),
    .key(
      "evaluationInterval", \.evaluationInterval, .optional(.integer(.from(1, through: 1_000_000_000_000))),
      "In place of training.evaluationInterval, where this learner trains; null: that."),
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress; an evaluation that is due ends a row."),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are stepped side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps and one inference serves."),
    .key(
      "warmupSteps", \.warmupSteps, .integer(.from(0, through: 1_000_000_000)),
      "Control steps of all worlds with uniform actions, before learning begins."),
    .key(
      "updatesPerStep", \.updatesPerStep, .number(.above(0, through: 1000)),
      "Updates for each control step of a world after the warm-up; below 1, one update serves several steps."),
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
      "n: rewards that are summed before the target value takes over."),
    .key("rewardScale", \.rewardScale, .number(.positive), "Rewards are multiplied by this in the targets."),
    .key(
      "targetUpdateRate", \.targetUpdateRate, .number(.from(0, through: 1)),
      "τ: the share of the way to the learner's weights that the target copies go with an update.",
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
      "Weight of the mean square of the actor's outputs before tanh: keeps actions from sticking at ±1."),
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
      "Bring observations to mean 0 and deviation 1 inside the policy; the replay buffer keeps them as they are."),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .key("exploration", \.exploration, .section, "Noise on the actions while training."),
    .key(
      "actorDelay", \.actorDelay, .integer(.from(1, through: 1000)),
      "d: the actor and the target copies move with every d-th update of the critic."),
    .key(
      "usesTwinCritics", \.usesTwinCritics, .boolean, "Two critics; the smaller of their target values is learned."),
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
      remedy: "A shard without transitions has nothing to do.")
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: mirrorSymmetry)
    checks.requirePairs(of: criticHiddenSizes, at: "criticHiddenSizes", for: mirrorSymmetry)
  }
}
