public import PoiseCore

/// Hyperparameters of DDPG; defaults are those of section 7 of Lillicrap et al. 2016 where it has them.
public struct DDPGParameters: OffPolicyParameters {
  /// The settings that all off-policy algorithms have.
  public var common = OffPolicySettings()
  /// Adam's step size for the actor.
  public var actorLearningRate = 1e-4
  /// Adam's step size for the critic.
  public var criticLearningRate = 1e-3
  /// λ: the weight of ½ ‖θ‖² in the critic's loss; not negative.
  public var criticWeightDecay = 1e-2
  /// c: the weight of the mean square of the actor's outputs before tanh; it keeps actions from saturating at ±1.
  public var preSquashPenalty = 0.0
  /// Widths of the actor's hidden layers.
  public var hiddenSizes = [400, 300]
  /// Widths of the critic's hidden layers.
  public var criticHiddenSizes = [400, 300]
  /// Bound of the uniform distribution from which the last layers' initial weights are drawn; `nil` for 1/√inputs, as
  /// in the other layers.
  public var finalLayerBound: Double? = 3e-3
  /// Whether the actor's hidden layers have layer normalisation.
  public var normalizesActorLayers = false
  /// Whether the critic's hidden layers have layer normalisation.
  public var normalizesCriticLayers = false
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
  public init() {}

  public static let keys: [ConfigurationKey<Self>] =
    OffPolicySettings.keys.map { $0.lifted(through: \.common) } + [
      .key("actorLearningRate", \.actorLearningRate, .number(.positive), "Adam's step size for the actor."),
      .key("criticLearningRate", \.criticLearningRate, .number(.positive), "Adam's step size for the critic."),
      .key(
        "criticWeightDecay", \.criticWeightDecay, .number(.notNegative),
        "Weight of ½ ‖θ‖² in the critic's loss."),
      .key(
        "preSquashPenalty", \.preSquashPenalty, .number(.notNegative),
        "Weight of the mean square of the actor's outputs before tanh: keeps actions from saturating at ±1."),
      .key(
        "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
        "Widths of the actor's hidden layers."),
      .key(
        "criticHiddenSizes", \.criticHiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
        "Widths of the critic's hidden layers."),
      .key(
        "finalLayerBound", \.finalLayerBound, .optional(.number(.positive)),
        "The last layers start uniform within ± this; null: within ± 1/√inputs, like the others."),
      .key(
        "normalizesActorLayers", \.normalizesActorLayers, .boolean, "Layer normalisation in the actor's hidden layers."),
      .key(
        "normalizesCriticLayers", \.normalizesCriticLayers, .boolean,
        "Layer normalisation in the critic's hidden layers."
      ),
      .key("exploration", \.exploration, .section, "Noise on the actions while training."),
      .key(
        "actorDelay", \.actorDelay, .integer(.from(1, through: 1000)),
        "d: the actor and the target networks are updated with every d-th update of the critic."),
      .key(
        "usesTwinCritics", \.usesTwinCritics, .boolean, "Two critics; the targets take the smaller of their two values."
      ),
      .key("targetNoise", \.targetNoise, .number(.notNegative), "σ of the noise on the target policy's actions."),
      .key("targetNoiseLimit", \.targetNoiseLimit, .number(.notNegative), "c: that noise is clipped to ± this."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: mirrorSymmetry)
    checks.requirePairs(of: criticHiddenSizes, at: "criticHiddenSizes", for: mirrorSymmetry)
  }
}
