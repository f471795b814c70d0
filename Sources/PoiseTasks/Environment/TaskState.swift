public import PoiseCore
public import PoiseEnvironments
public import PoiseSimulation

/// The complete state of a robot with a task, exact to the bit.
public struct TaskState: EnvironmentState {
  /// The environment's stream of random numbers.
  public var random: RandomStream
  /// What the present episode started from.
  public var start: EpisodeStart
  /// Index of the present episode, from 0; −1 before the first.
  public var episode: Int
  /// The state of the physics.
  public var world: WorldState
  /// The snapshot before the last control step.
  public var before: RobotSnapshot
  /// The snapshot after the last control step.
  public var after: RobotSnapshot
  /// Positions of the tracked bodies at the start of the episode, m, world frame, [bodies of the plan].
  public var startPositions: [Vector3]
  /// Whether a termination applies to `after`.
  public var isTerminated: Bool
  /// The memory of each disturbance, [disturbances][its memory count].
  public var disturbanceMemory: [[Double]]
  /// The randomised properties of the present episode.
  public var drawn: DrawnRandomisation
  /// Delayed actions, newest first, [delay in control steps + 1, actuators].
  public var actionHistory: [Float]
  /// Control step at which each command is drawn again, [commands].
  public var commandChanges: [Int]
  /// Sum of the rewards of the episode so far.
  public var totalReward: Double
  /// The same sum for each reward term, weights included, [reward terms].
  public var rewardSums: [Double]
  /// Measurements of the episode so far; means are still sums.
  public var quality: EpisodeQuality
  public var ending: EpisodeEnding
  /// Why the present episode cannot begin; `nil` if it can.
  public var startFault: StartFault?

  /// A fault found while an episode was being started.
  public struct StartFault: Hashable, Sendable, Codable {
    /// What is wrong, such as an observation's name.
    public var place: String
    /// Why, in words for an error message.
    public var reason: String
  }
}
