public import PoiseCore

/// What one row of a trajectory says: the robot's state and what the task made of it, at one control step.
public struct TrajectoryMoment: Sendable, Hashable {
  public var episode = 0
  /// Control steps since the start of the episode; row 0 is the start.
  public var step = 0
  /// Seconds since the start of the episode.
  public var time = 0.0
  /// `nil` at the start and for simulations without a task.
  public var reward: Double?
  /// The weighted reward terms, in the order of the table's; empty where `reward` is.
  public var rewardTerms: [Double] = []
  public var isTerminated = false
  public var isTruncated = false
  /// In [−1, 1], [actuators]; empty at the start.
  public var actions: [Double] = []
  /// The name of the action where actions are levels; `nil` at the start.
  public var choice: String?
  /// Mean over the control step, N·m or N, [actuators].
  public var efforts: [Double] = []
  /// N, world frame.
  public var push = Vector3.zero
  /// Positions and velocities in the order of the trajectory's columns, [coordinates of the model]; empty where they are not known.
  public var coordinates: [Double] = []
  /// rad: lean of the upright body against the reference pose, by the order yaw, pitch, roll.
  public var roll = 0.0
  /// rad, as `roll`.
  public var pitch = 0.0

  public init() {}
}
