public import PoiseCore

/// Hyperparameters of REINFORCE.
public struct REINFORCEParameters: OnPolicyParameters {
  /// What each log-probability is weighted with: the steps in which a lecture takes the variance out of the policy gradient.
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

  public var common = OnPolicySettings()
  public var value = ValueSettings()
  public var weight = Weight.learnedValue
  public var meanDecay = 0.9
  public var discountsFromStart = false
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
        "Share of the running mean that a batch of episodes leaves standing."),
      .key(
        "discountsFromStart", \.discountsFromStart, .boolean,
        "Count γ's powers from the start of the episode, as the theorem does; else from each action, the usual form, which is biased and learns to the end of long episodes."
      ),
      .key(
        "normalizesWeights", \.normalizesWeights, .boolean,
        "Normalise each batch's weights to mean 0 and standard deviation 1: one more baseline, which is biased, and gradients of one size."
      ),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    value.crossChecks(&checks, with: common)
  }

  public var plan: RolloutPlan { .episodes }

  /// The value function's settings; `nil` where none is learned.
  var learnedValue: ValueSettings? { weight == .learnedValue ? value : nil }
}
