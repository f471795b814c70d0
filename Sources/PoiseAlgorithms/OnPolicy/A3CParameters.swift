public import PoiseCore

/// Hyperparameters of A3C.
public struct A3CParameters: OnPolicyParameters {
  /// The settings that all on-policy algorithms have.
  public var common = OnPolicySettings()
  /// The settings of the value function and its loss.
  public var value = ValueSettings()
  /// Decay and ε of RMSProp; its `kind` has no effect, since A3C uses RMSProp alone.
  public var optimizer = OptimizerSettings()
  public var gaeLambda = 1.0
  /// How much the durations of rollouts differ, in [0, 1): each is drawn from 1 ± this, in units of their mean.
  public var delaySpread = 0.5
  /// Whether threads update the shared parameters without locks, as in the paper; then results do not repeat to the bit.
  public var asynchronous = false

  public init() {
    common.worlds = 16
    common.blockSize = 1
    common.shards = 1
    common.rolloutLength = 5
    common.reportInterval = 2048
    common.learningRate.initial = 7e-4
  }

  public static let keys: [ConfigurationKey<Self>] =
    [
      .key(
        "actorLearners", \.common.worlds, .integer(.from(1, through: 4096)),
        "Actor-learners, each with a world and a copy of the parameters of its own; their number does not depend on the number of threads."
      )
    ]
    + OnPolicySettings.keys.filter { !["worlds", "blockSize", "shards"].contains($0.name) }.map {
      $0.lifted(through: \.common)
    }
    + ValueSettings.keys.map { $0.lifted(through: \.value) }
    + OptimizerSettings.keys.filter { $0.name != "optimizer" }.map { $0.lifted(through: \.optimizer) } + [
      .key(
        "gaeLambda", \.gaeLambda, .number(.from(0, through: 1)),
        "λ of the advantage estimates; 1: the paper's, from all rewards up to the end of the rollout."),
      .key(
        "delaySpread", \.delaySpread, .number(.from(0, below: 1)),
        "How unevenly actor-learners work: the duration of each rollout is drawn from 1 ± this, in units of the mean; the actor-learner that is ready first steps first."
      ),
      .key(
        "asynchronous", \.asynchronous, .boolean,
        "Let threads update the shared parameters without locks, as in the paper; then results do not repeat to the bit, and runs with the same seed differ."
      ),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    common.requireRateWithoutDivergence(&checks)
    value.crossChecks(&checks, with: common)
  }
}
