/// How an episode stands after a control step. The four never merge: a learner bootstraps past `truncated`, not past
/// `terminated`, and never sees a transition that ends in `fault`.
public enum EpisodeEnding: UInt8, Sendable, Codable, Hashable {
  /// The episode goes on.
  case running = 0
  /// The task is over: the robot has fallen, for example. The value of the last observation is 0, and nothing is
  /// bootstrapped.
  case terminated = 1
  /// The time limit was reached; the task itself goes on.
  case truncated = 2
  /// The simulation can no longer be trusted. The reward is 0 and the observation is the last good one.
  case fault = 3

  /// Whether the episode has ended, in whatever way.
  @inlinable public var isOver: Bool { self != .running }
}

/// The result of a control step besides its observation.
public struct StepOutcome: Sendable, Hashable {
  /// The reward; 0 for a fault.
  public var reward: Double
  /// How the episode stands after the step.
  public var ending: EpisodeEnding

  /// Makes a result; parameters are as the properties.
  @inlinable public init(reward: Double, ending: EpisodeEnding) {
    self.reward = reward
    self.ending = ending
  }
}
