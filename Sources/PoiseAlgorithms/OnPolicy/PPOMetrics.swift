/// The metrics of one update of PPO: means over its minibatches unless noted.
public struct PPOMetrics: LearningMetrics {
  /// −L^CLIP (or −L^KLPEN) plus the smoothness loss: near 0, and falls within an update.
  public var policyLoss = 0.0
  /// Mean squared error of the values, in units of scaled rewards.
  public var valueLoss = 0.0
  /// Entropy of the policy, nats: after the update, or the mean over the last epoch where it depends on the state.
  public var entropy = 0.0
  /// KL(old ‖ new) of the last epoch, nats. Healthy: 0.003 to 0.03.
  public var divergence = 0.0
  /// Share of samples whose ratio lies beyond 1 ± ε. Healthy: 0.05 to 0.3.
  public var clipFraction = 0.0
  /// 1 − Var(R − V) / Var(R) of the old values: 1 is perfect, 0 no better than a constant.
  public var explainedVariance = 0.0
  /// Euclidean norm of the gradients before clipping.
  public var gradientNorm = 0.0
  /// Adam's step size of this update.
  public var learningRate = 0.0
  /// Mean σ over actions, after the update; `nil` for a distribution without σ.
  public var deviation: Double? = 0
  /// Share of sampled action elements beyond ±1.
  public var actionSaturation = 0.0
  /// Number of epochs that were begun.
  public var epochs = 0.0
  /// Optimiser steps refused since the start, because something was not finite.
  public var skippedUpdates = 0
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    [
      \.policyLoss, \.valueLoss, \.divergence, \.clipFraction, \.explainedVariance, \.gradientNorm, \.actionSaturation,
      \.epochs,
    ]
  }

  /// All 0 without updates, as in the first rollout, which only initialises the normaliser.
  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    let m = means ?? Self()
    return [
      ("policy_loss", m.policyLoss), ("value_loss", m.valueLoss), ("entropy", m.entropy), ("kl", m.divergence),
      ("clip_fraction", m.clipFraction), ("explained_variance", m.explainedVariance),
      ("gradient_norm", m.gradientNorm), ("learning_rate", m.learningRate), ("sigma", m.deviation),
      ("action_saturation", m.actionSaturation), ("epochs", m.epochs), ("skipped_updates", Double(m.skippedUpdates)),
    ]
  }
}
