public import PoiseCore

/// Hyperparameters of SAC; defaults are those of Haarnoja et al. 2018b, table 1, where it has them.
public struct SACParameters: OffPolicyParameters {
  /// The settings that all off-policy algorithms have.
  public var common = OffPolicySettings()
  /// Adam's step size for the actor.
  public var actorLearningRate = 3e-4
  /// Adam's step size for the critics.
  public var criticLearningRate = 3e-4
  /// α: the weight of the entropy at the start; positive.
  public var initialTemperature = 1.0
  /// Adam's step size for log α; `nil` for a constant temperature.
  public var temperatureLearningRate: Double? = 3e-4
  /// H̄: the entropy to which the temperature is adjusted, nats; `nil` for minus the number of actions.
  public var targetEntropy: Double?
  /// Widths of the actor's hidden layers.
  public var hiddenSizes = [256, 256]
  /// Widths of the critics' hidden layers.
  public var criticHiddenSizes = [256, 256]
  /// The smallest log σ, which is approached smoothly.
  public var logDeviationFloor = -5.0
  /// The largest log σ, which is approached smoothly.
  public var logDeviationCeiling = 2.0
  /// Whether there are two critics, with the smaller value in targets and in the actor's loss.
  public var usesTwinCritics = true
  /// d: actor and temperature are updated with every d-th update of the critics.
  public var actorDelay = 1
  /// Whether the actor's hidden layers have layer normalisation.
  public var normalizesActorLayers = false
  /// Whether the critics' hidden layers have layer normalisation.
  public var normalizesCriticLayers = false

  public init() {
    common.batchSize = 256
    common.targetUpdateRate = 5e-3
  }

  public static let keys: [ConfigurationKey<Self>] =
    OffPolicySettings.keys.map { $0.lifted(through: \.common) } + [
      .key("actorLearningRate", \.actorLearningRate, .number(.positive), "Adam's step size for the actor."),
      .key("criticLearningRate", \.criticLearningRate, .number(.positive), "Adam's step size for the critics."),
      .key(
        "initialTemperature", \.initialTemperature, .number(.positive), "α, the weight of the entropy, at the start."),
      .key(
        "temperatureLearningRate", \.temperatureLearningRate, .optional(.number(.positive)),
        "Adam's step size for log α; null: α is constant."),
      .key(
        "targetEntropy", \.targetEntropy, .optional(.number(unit: "nat")),
        "H̄, to which the temperature is adjusted; null: minus the number of actions."),
      .key(
        "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
        "Widths of the actor's hidden layers."),
      .key(
        "criticHiddenSizes", \.criticHiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
        "Widths of the critics' hidden layers."),
      .key("logDeviationFloor", \.logDeviationFloor, .number(), "Least log σ, which is approached smoothly."),
      .key("logDeviationCeiling", \.logDeviationCeiling, .number(), "Greatest log σ, which is approached smoothly."),
      .key(
        "usesTwinCritics", \.usesTwinCritics, .boolean, "Two critics, of which the smaller value counts."),
      .key(
        "actorDelay", \.actorDelay, .integer(.from(1, through: 1000)),
        "d: actor and temperature are updated with every d-th update of the critics."),
      .key(
        "normalizesActorLayers", \.normalizesActorLayers, .boolean, "Layer normalisation in the actor's hidden layers."),
      .key(
        "normalizesCriticLayers", \.normalizesCriticLayers, .boolean,
        "Layer normalisation in the critics' hidden layers; with it, targetUpdateRate 1 does without target networks."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    checks.require(
      logDeviationFloor < logDeviationCeiling, at: "logDeviationFloor", found: "\(logDeviationFloor)",
      allowed: "below logDeviationCeiling, \(logDeviationCeiling)", remedy: "Swap them.")
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: common.mirrorSymmetry)
    checks.requirePairs(of: criticHiddenSizes, at: "criticHiddenSizes", for: common.mirrorSymmetry)
  }
}
