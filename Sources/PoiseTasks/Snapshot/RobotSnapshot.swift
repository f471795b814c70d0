public import PoiseCore

/// The state of a robot and its task after one control step: the only source of observation, reward, termination, log and
/// CSV, so that they cannot disagree.
///
/// Only what a term or the recorder needs is filled in; a `SnapshotPlan` says what that is.
public struct RobotSnapshot: Sendable, Codable, Hashable {
  /// Control steps since the episode began.
  public var step = 0
  /// Time since the episode began, s.
  public var time = 0.0
  /// Positions of hinges and slides, rad or m, [scalar joints of the model].
  public var jointPositions: [Double]
  /// Velocities of hinges and slides, rad/s or m/s, [scalar joints of the model].
  public var jointVelocities: [Double]
  /// Motions of ball joints, [ball joints of the model]; `nil` where the plan does not ask for them, as in training.
  public var ballJoints: [BallJointMotion]?
  /// Motions of the tracked bodies, [bodies of the plan].
  public var bodies: [BodyMotion]
  /// Sum of the contact forces on each body in the last physics step, N, world frame, [contact bodies of the plan].
  public var contactForces: [Vector3]
  /// Mean torque or force of each actuator over the control step, N·m or N, [actuators].
  public var efforts: [Double]
  /// The action that led here, clamped to −1 … 1, [actuators]; 0 at the start of an episode.
  public var action: [Float]
  /// Which of the task's levels that was; `nil` at the start, and where actions are numbers.
  public var choice: Int?
  /// Values of the commands, [commands of the task].
  public var commands: [Double]
  /// Sum of the forces that the disturbances exerted during the step, N, world frame.
  public var pushForce = Vector3.zero
  /// Direction of gravity, a unit vector in the world frame.
  public var gravityDirection = Vector3(0, 0, -1)
  /// What each reward term added in this step, weights included, [reward terms].
  public var rewardTerms: [Double]
  /// Sum of `rewardTerms`.
  public var reward = 0.0

  init(
    plan: SnapshotPlan, jointCount: Int, ballCount: Int = 0, actuatorCount: Int, commandCount: Int, rewardCount: Int
  ) {
    jointPositions = Array(repeating: 0, count: jointCount)
    jointVelocities = jointPositions
    ballJoints = plan.needsBallJoints ? Array(repeating: BallJointMotion(), count: ballCount) : nil
    bodies = Array(repeating: BodyMotion(), count: plan.bodies.count)
    contactForces = Array(repeating: .zero, count: plan.contactBodies.count)
    efforts = Array(repeating: 0, count: actuatorCount)
    action = Array(repeating: 0, count: actuatorCount)
    commands = Array(repeating: 0, count: commandCount)
    rewardTerms = Array(repeating: 0, count: rewardCount)
  }
}

extension RobotSnapshot {
  /// Whether every array is as long as the other's.
  func hasShape(of other: borrowing Self) -> Bool {
    jointPositions.count == other.jointPositions.count && jointVelocities.count == other.jointVelocities.count
      && ballJoints?.count == other.ballJoints?.count
      && bodies.count == other.bodies.count && contactForces.count == other.contactForces.count
      && efforts.count == other.efforts.count && action.count == other.action.count
      && commands.count == other.commands.count && rewardTerms.count == other.rewardTerms.count
  }

  /// Makes this equal to `other` in the memory it has: an assignment would share arrays, and the next write copy them.
  mutating func copy(from other: borrowing Self) {
    step = other.step
    time = other.time
    for i in jointPositions.indices { jointPositions[i] = other.jointPositions[i] }
    for i in jointVelocities.indices { jointVelocities[i] = other.jointVelocities[i] }
    ballJoints = other.ballJoints
    for i in bodies.indices { bodies[i] = other.bodies[i] }
    for i in contactForces.indices { contactForces[i] = other.contactForces[i] }
    for i in efforts.indices { efforts[i] = other.efforts[i] }
    for i in action.indices { action[i] = other.action[i] }
    choice = other.choice
    for i in commands.indices { commands[i] = other.commands[i] }
    pushForce = other.pushForce
    gravityDirection = other.gravityDirection
    for i in rewardTerms.indices { rewardTerms[i] = other.rewardTerms[i] }
    reward = other.reward
  }
}

/// Orientation and angular velocity of a ball joint.
public struct BallJointMotion: Sendable, Codable, Hashable {
  /// Rotation since the reference pose, in the axes of the body.
  public var orientation = Quaternion.identity
  /// Angular velocity in the rotated body's frame, rad/s.
  public var angularVelocity = Vector3.zero
}

/// Pose and velocity of a body.
public struct BodyMotion: Sendable, Codable, Hashable {
  /// The body's frame, as the file gives it, in the world.
  public var pose = Pose.identity
  /// The rotation since the reference pose. It maps the body's axes to the world's, where the body's axes are those
  /// that coincide with the world's in the reference pose and turn with the body.
  public var turn = Quaternion.identity
  /// Velocity of the frame's origin, m/s, world axes.
  public var linearVelocity = Vector3.zero
  /// Angular velocity, rad/s, world axes.
  public var angularVelocity = Vector3.zero
  /// Tilt relative to the reference pose.
  public var tilt = Tilt.upright

  /// Height of the frame's origin above the world's origin, m.
  @inlinable public var height: Double { pose.position.z }
}

/// Two snapshots, one control step apart, and the positions at the start of the episode: what the terms read.
public struct Transition: ~Copyable {
  /// The state that the action was chosen in; equal to `after` at the start of an episode.
  public internal(set) var before: RobotSnapshot
  /// The state that the action led to.
  public internal(set) var after: RobotSnapshot
  /// Position of each tracked body at the start of the episode, m, world frame, [bodies of the plan].
  public internal(set) var startPositions: [Vector3]
  /// Whether a termination applies to `after`; known before the rewards are evaluated.
  public internal(set) var isTerminated = false
  /// Time between the two snapshots, s.
  public let controlTimeStep: Double
}
