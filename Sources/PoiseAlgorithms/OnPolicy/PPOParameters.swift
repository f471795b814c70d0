public import PoiseCore

/// Hyperparameters of PPO; defaults are those of table 3 of Schulman et al. 2017 where it has them.
public struct PPOParameters: OnPolicyParameters {
  /// The surrogate objective that an update maximises: eq. 7 or eq. 8 of the paper.
  public enum Objective: String, CaseIterable, Sendable { case clipped, penalized }

  /// The settings that all on-policy algorithms have.
  public var common = OnPolicySettings()
  /// The settings of the value function and its loss.
  public var value = ValueSettings()
  /// Passes over a rollout, at least 1.
  public var epochs = 10
  /// Transitions of one gradient; the last minibatch of an epoch may be smaller.
  public var minibatchSize = 64
  public var gaeLambda = 0.95
  /// Whether each rollout's advantages are normalised to mean 0 and standard deviation 1.
  public var normalizesAdvantages = true
  /// The surrogate objective that an update maximises.
  public var objective = Objective.clipped
  /// ε of the clipped objective, in (0, 1).
  public var clipRange = 0.2
  /// Clip range of the value loss, in units of scaled rewards; `nil` for no clipping.
  public var valueClipRange: Double?
  /// Weight of the loss Σ (μ(oₜ) − μ(oₜ₊₁))² over the actions, μ the mean action, at least 0; 0 for none.
  public var smoothnessCoefficient = 0.0
  /// β of the penalized objective at the start; positive.
  public var penaltyCoefficient = 1.0
  /// d_targ: the KL divergence of an update to which β is adapted, nats.
  public var penaltyTarget = 0.01
  /// An update stops when a minibatch's KL divergence exceeds 1.5 times this, nats; `nil` for never.
  public var targetDivergence: Double?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] =
    OnPolicySettings.keys.map { $0.lifted(through: \.common) } + ValueSettings.keys.map { $0.lifted(through: \.value) }
    + [
      .key("epochs", \.epochs, .integer(.from(1, through: 1000)), "Passes over a rollout."),
      .key(
        "minibatchSize", \.minibatchSize, .integer(.from(1, through: 10_000_000)),
        "Transitions of one gradient; the last of an epoch may be smaller."),
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
      .key(
        "smoothnessCoefficient", \.smoothnessCoefficient, .number(.notNegative),
        "Weight of the loss Σ (μ(oₜ) − μ(oₜ₊₁))² over the actions, μ the policy's mean: it makes actions smoother."),
      .key(
        "penaltyCoefficient", \.penaltyCoefficient, .number(.positive), "β at the start, for the penalized objective."),
      .key("penaltyTarget", \.penaltyTarget, .number(.positive, unit: "nat"), "KL divergence to which β is adapted."),
      .key(
        "targetDivergence", \.targetDivergence, .optional(.number(.positive, unit: "nat")),
        "An update stops where a minibatch exceeds 1.5 times this KL divergence; null: never."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    value.crossChecks(&checks, with: common)
  }

  /// Widths of the value function's hidden layers.
  public var valueHiddenSizes: [Int] {
    get { value.hiddenSizes }
    set { value.hiddenSizes = newValue }
  }

  /// c₁, weight of the value loss.
  public var valueCoefficient: Double {
    get { value.coefficient }
    set { value.coefficient = newValue }
  }

  /// Whether changes of the mean action have a cost, for which the policy also runs on the next observations.
  public var isSmoothed: Bool { smoothnessCoefficient > 0 }
}
