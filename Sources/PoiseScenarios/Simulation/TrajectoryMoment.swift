public import PoiseCore

/// One row of a trajectory: the robot's state after one control step, with action and reward.
public struct TrajectoryMoment: Sendable, Hashable {
  /// Number of the episode.
  public var episode = 0
  /// Control steps since the start of the episode; row 0 is the start.
  public var step = 0
  /// Time since the start of the episode, s.
  public var time = 0.0
  /// The reward of the step; `nil` at the start and for simulations without a task.
  public var reward: Double?
  /// The reward terms, weights included, in the order of the task; empty where `reward` is `nil`.
  public var rewardTerms: [Double] = []
  /// Whether the episode terminated with this step.
  public var isTerminated = false
  /// Whether the episode was truncated with this step.
  public var isTruncated = false
  /// The action, −1 … 1, [actuators]; empty at the start.
  public var actions: [Double] = []
  /// The name of the action where actions are levels; `nil` at the start.
  public var choice: String?
  /// Mean torque or force over the control step, N·m or N, [actuators].
  public var efforts: [Double] = []
  /// Sum of the disturbing forces, N, world frame.
  public var push = Vector3.zero
  /// Positions and velocities in the order of the trajectory's columns, [coordinates of the model]; empty where they are not known.
  public var coordinates: [Double] = []
  /// Roll of the upright body relative to the reference pose, rad, from Euler angles in the order yaw, pitch, roll.
  public var roll = 0.0
  /// Pitch of the upright body, rad, from the same Euler angles.
  public var pitch = 0.0

  /// A row with zeros, at the start of episode 0.
  public init() {}
}
