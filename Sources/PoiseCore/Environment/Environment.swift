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

/// A task that an agent acts in.
///
/// All buffers belong to the caller. `step` returns the observation *after* the action, also when the episode ends with
/// it; starting the next episode is the caller's decision. Everything random is drawn from `random`, so an episode
/// repeats from the stream's state at `reset` and the actions.
public protocol Environment: ~Copyable {
  /// [observations]
  var observationSpace: Space { get }
  /// [actions], each within −1 … 1.
  var actionSpace: Space { get }
  /// Where the next random number comes from.
  var random: RandomStream { get set }

  /// Starts an episode and writes its first observation, [observations].
  mutating func reset(into observation: inout MutableSpan<Float>)

  /// Applies an action, [actions] in −1 … 1, for one control step and writes the observation after it, [observations].
  ///
  /// Actions beyond ±1 are clamped; one that is not finite is a fault.
  mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> StepOutcome
}
