import PoiseNetworks

/// What came of one update of a learner by policy gradients; the parts that all of them tell.
public struct PolicyGradientMetrics: Sendable, Hashable, Codable {
  /// Of the loss that the policy's part of the gradient is of.
  public var policyLoss = 0.0
  /// Nats: after the update, or the mean over its batch where it depends on the state.
  public var entropy = 0.0
  /// Before clipping.
  public var gradientNorm = 0.0
  /// The optimiser's step size of this update.
  public var learningRate = 0.0
  /// Mean σ over actions, after the update; `nil` where there is none.
  public var deviation: Double?
  /// Share of sampled action elements beyond ±1.
  public var actionSaturation = 0.0
  /// Refused since the start, because something was not finite.
  public var skippedUpdates = 0

  init() {}

  static func averaged<Metrics>(
    in path: WritableKeyPath<Metrics, Self>
  ) -> [WritableKeyPath<Metrics, Double>] {
    [\Self.policyLoss, \.entropy, \.gradientNorm, \.actionSaturation].map { path.appending(path: $0) }
  }

  /// The columns, with those of the algorithm itself before the last.
  func columns(_ own: [(name: String, value: Double?)]) -> [(name: String, value: Double?)] {
    [("policy_loss", policyLoss), ("entropy", entropy)] + own + [
      ("gradient_norm", gradientNorm), ("learning_rate", learningRate), ("sigma", deviation),
      ("action_saturation", actionSaturation), ("skipped_updates", Double(skippedUpdates)),
    ]
  }
}

extension PolicyGradientMetrics {
  /// Takes what the updater tells of a batch of so many rows, after the step.
  mutating func note(_ updater: PolicyUpdater, _ losses: LossSums, rows: Int, learningRate: Double) {
    entropy = updater.entropy(losses, rows: rows)
    self.learningRate = learningRate
    deviation = updater.model.actor.meanDeviation(updater.model.parameters)
    actionSaturation = updater.saturation
    skippedUpdates = updater.optimizer.skippedUpdates
  }
}
