public import PoiseCore

/// Hyperparameters of REINFORCE.
public struct REINFORCEParameters: OnPolicyParameters {
  /// The factor of each log-probability; each choice reduces the variance of the policy gradient further.
  public enum Weight: String, CaseIterable, Sendable {
    /// The return of the whole episode.
    case totalReturn
    /// The rewards from the action on.
    case rewardToGo
    /// The same, less a running mean of it.
    case runningMean
    /// The same, less V(oₜ), which is learned.
    case learnedValue
  }

  /// The settings that all on-policy algorithms have.
  public var common = OnPolicySettings()
  /// The settings of the value function and its loss. They are used with `Weight.learnedValue` alone.
  public var value = ValueSettings()
  /// Ψₜ: the factor of each log-probability.
  public var weight = Weight.learnedValue
  /// Share of the old running mean that is kept with each batch of episodes, in [0, 1); for `Weight.runningMean`.
  public var meanDecay = 0.9
  /// Whether the weight of step t also has the factor γᵗ, as in the theorem of the policy gradient.
  public var discountsFromStart = false
  /// Whether each batch's weights are normalised to mean 0 and standard deviation 1.
  public var normalizesWeights = false

  public init() {
    common.rolloutLength = 1000
    common.maximumGradientNorm = nil
    common.learningRate.initial = 3e-3
    common.hiddenSizes = [32]
    value.hiddenSizes = [32]
  }

  public static let keys: [ConfigurationKey<Self>] =
    OnPolicySettings.keys.map { $0.lifted(through: \.common) } + ValueSettings.keys.map { $0.lifted(through: \.value) }
    + [
      .key(
        "weight", \.weight, .choice,
        "What log π(aₜ|oₜ) is weighted with: totalReturn, of the whole episode; rewardToGo, the rewards from step t on; runningMean, the same less a running mean of it; learnedValue, the same less V(oₜ)."
      ),
      .key(
        "meanDecay", \.meanDecay, .number(.from(0, below: 1)),
        "Share of the old running mean that is kept with each batch of episodes."),
      .key(
        "discountsFromStart", \.discountsFromStart, .boolean,
        "Multiply the weight of step t by γᵗ, as the policy gradient theorem does; without it, the usual form, the gradient is biased, but late steps of long episodes keep their weight."
      ),
      .key(
        "normalizesWeights", \.normalizesWeights, .boolean,
        "Normalise each batch's weights to mean 0 and standard deviation 1: this acts as another baseline, which is biased, and makes gradients similar in size."
      ),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    common.requireRateWithoutDivergence(&checks)
    value.crossChecks(&checks, with: common)
  }

  public var plan: RolloutPlan { .episodes }

  /// The value function's settings; `nil` where none is learned.
  var learnedValue: ValueSettings? { weight == .learnedValue ? value : nil }
}
