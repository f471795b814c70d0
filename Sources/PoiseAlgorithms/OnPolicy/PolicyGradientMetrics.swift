import PoiseNetworks

/// The metrics of one update that all learners by policy gradients have.
public struct PolicyGradientMetrics: Sendable, Hashable, Codable {
  /// The policy's part of the loss, without the entropy bonus.
  public var policyLoss = 0.0
  /// Entropy of the policy, nats: after the update, or the mean over its batch where it depends on the state.
  public var entropy = 0.0
  /// Euclidean norm of the gradients before clipping.
  public var gradientNorm = 0.0
  /// The optimiser's step size of this update.
  public var learningRate = 0.0
  /// Mean σ over actions, after the update; `nil` for a distribution without σ.
  public var deviation: Double?
  /// Share of sampled action elements beyond ±1.
  public var actionSaturation = 0.0
  /// Optimiser steps refused since the start, because something was not finite.
  public var skippedUpdates = 0

  init() {}

  static func averaged<Metrics>(
    in path: WritableKeyPath<Metrics, Self>
  ) -> [WritableKeyPath<Metrics, Double>] {
    [\Self.policyLoss, \.entropy, \.gradientNorm, \.actionSaturation].map { path.appending(path: $0) }
  }

  /// The columns of the progress table, with the algorithm's own after the first two.
  func columns(_ own: [(name: String, value: Double?)]) -> [(name: String, value: Double?)] {
    [("policy_loss", policyLoss), ("entropy", entropy)] + own + [
      ("gradient_norm", gradientNorm), ("learning_rate", learningRate), ("sigma", deviation),
      ("action_saturation", actionSaturation), ("skipped_updates", Double(skippedUpdates)),
    ]
  }
}

extension PolicyGradientMetrics {
  /// Takes the metrics that the updater has after a step on a batch of `rows` rows.
  mutating func note(_ updater: PolicyUpdater, _ losses: LossSums, rows: Int, learningRate: Double) {
    entropy = updater.entropy(losses, rows: rows)
    self.learningRate = learningRate
    deviation = updater.model.actor.meanDeviation(updater.model.parameters)
    actionSaturation = updater.saturation
    skippedUpdates = updater.optimizer.skippedUpdates
  }
}
