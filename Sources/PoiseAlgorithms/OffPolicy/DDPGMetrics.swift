/// What came of one update of DDPG.
public struct DDPGMetrics: LearningMetrics {
  /// Mean over the batch of (y − Q)², the sum of both for twin critics; decay not included.
  public var criticLoss = 0.0
  /// Mean −Q(o, μ(o)) and the penalty; `nil` where the actor had to wait.
  public var actorLoss: Double?
  /// Mean Q of the batch's actions. Healthy: about the return that is reached; far above it, values run away.
  public var value = 0.0
  /// Mean y.
  public var target = 0.0
  /// Before clipping; 0 where the update was refused.
  public var criticGradientNorm = 0.0
  /// `nil` where the actor had to wait.
  public var actorGradientNorm: Double?
  /// Whether the critic's or the actor's part was refused, because something was not finite; then its numbers are 0 or `nil`.
  public var isRefused = false
  /// All zero.
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
