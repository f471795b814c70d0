public import PoiseCore
public import PoiseEnvironments
public import PoiseSimulation

/// Everything about a robot with a task that its future depends on, exact to the bit.
public struct TaskState: EnvironmentState {
  public var random: RandomStream
  public var start: EpisodeStart
  public var episode: Int
  public var world: WorldState
  public var before: RobotSnapshot
  public var after: RobotSnapshot
  public var startPositions: [Vector3]
  public var isTerminated: Bool
  public var disturbanceMemory: [[Double]]
  public var drawn: DrawnRandomisation
  /// Actions on their way to the actuators, newest first, [delay in control steps + 1, actuators].
  public var actionHistory: [Float]
  /// Control step at which each command is drawn anew, [commands].
  public var commandChanges: [Int]
  public var totalReward: Double
  public var rewardSums: [Double]
  public var quality: EpisodeQuality
  public var ending: EpisodeEnding
  /// Why the present episode could not begin, if so.
  public var startFault: StartFault?

  public struct StartFault: Hashable, Sendable, Codable {
    public var place: String
    public var reason: String
  }
}
