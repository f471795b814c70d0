/// How an episode stands after a control step. The four never merge: a learner bootstraps past `truncated`, not past
/// `terminated`, and never sees a transition that ends in `fault`.
public enum EpisodeEnding: UInt8, Sendable, Codable, Hashable {
  case running = 0
  /// The task is over: fallen, out of range. Nothing follows, so nothing is worth bootstrapping.
  case terminated = 1
  /// The time limit was reached; the task itself goes on.
  case truncated = 2
  /// The simulation can no longer be trusted. The reward is 0 and the observation is the last good one.
  case fault = 3

  @inlinable public var isOver: Bool { self != .running }
}

/// What a control step gives beside its observation.
public struct StepOutcome: Sendable, Hashable {
  public var reward: Double
  public var ending: EpisodeEnding

  @inlinable public init(reward: Double, ending: EpisodeEnding) {
    self.reward = reward
    self.ending = ending
  }
}
