/// The metrics of one update of DDPG.
public struct DDPGMetrics: LearningMetrics {
  /// Mean over the batch of (y − Q)², the sum of both for twin critics; weight decay is not included.
  public var criticLoss = 0.0
  /// Mean −Q(o, μ(o)) plus the penalty of `preSquashPenalty`; `nil` if this update did not move the actor.
  public var actorLoss: Double?
  /// Mean Q(o, a) of the batch. Healthy: near the discounted return that is reached; far above it, the critic diverges.
  public var value = 0.0
  /// Mean target y of the batch.
  public var target = 0.0
  /// Euclidean norm of the critic's gradients before clipping; 0 if the update was refused.
  public var criticGradientNorm = 0.0
  /// Euclidean norm of the actor's gradients before clipping; `nil` if this update did not move the actor.
  public var actorGradientNorm: Double?
  /// Whether the critic's or the actor's step was refused, because something was not finite; then its numbers are 0 or
  /// `nil`.
  public var isRefused = false
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    [\.criticLoss, \.value, \.target, \.criticGradientNorm]
  }
  public static var occasional: [WritableKeyPath<Self, Double?>] { [\.actorLoss, \.actorGradientNorm] }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    [
      ("critic_loss", means?.criticLoss), ("actor_loss", means?.actorLoss), ("value", means?.value),
      ("target", means?.target), ("critic_gradient_norm", means?.criticGradientNorm),
      ("actor_gradient_norm", means?.actorGradientNorm),
    ]
  }
}
