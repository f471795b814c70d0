public import PoiseCore

/// The state of a robot and its task after one control step: the one source of observation, reward, termination, log and
/// CSV, so they cannot disagree.
///
/// Only what some term (or the recorder) asked for is filled in; a `SnapshotPlan` says what that is.
public struct RobotSnapshot: Sendable, Codable, Hashable {
  /// Control steps since the episode began.
  public var step = 0
  /// s since the episode began.
  public var time = 0.0
  /// rad or m, [scalar joints of the model].
  public var jointPositions: [Double]
  /// rad/s or m/s, [scalar joints].
  public var jointVelocities: [Double]
  /// [ball joints of the model]; `nil` where the plan does not ask for them, as in training.
  public var ballJoints: [BallJointMotion]?
  /// [bodies of the plan]
  public var bodies: [BodyMotion]
  /// N, world frame: what everything that touches the body exerted on it in the last physics step, [contact bodies of the plan].
  public var contactForces: [Vector3]
  /// N·m or N: mean of each actuator's torque or force over the control step, [actuators].
  public var efforts: [Double]
  /// The action that led here, clamped to −1 … 1, [actuators]; 0 at the start of an episode.
  public var action: [Float]
  /// Which of the task's levels that was; `nil` at the start, and where actions are numbers.
  public var choice: Int?
  /// What the policy is asked to do, [commands of the task].
  public var commands: [Double]
  /// N, world frame: what pushed the robot during the step, all disturbances together.
  public var pushForce = Vector3.zero
  /// Unit vector, world frame.
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

/// How a ball joint stands and turns.
public struct BallJointMotion: Sendable, Codable, Hashable {
  /// Turn since the reference pose, in the axes of the body.
  public var orientation = Quaternion.identity
  /// rad/s, in the turned body's frame.
  public var angularVelocity = Vector3.zero
}

/// Where a body is, how it stands and how it moves.
public struct BodyMotion: Sendable, Codable, Hashable {
  /// The body's frame, as the file gives it, in the world.
  public var pose = Pose.identity
  /// The turn since the reference pose: from axes that are the world's in the reference pose and turn with the body, to
  /// the world's. "In the body's axes" means in these.
  public var turn = Quaternion.identity
  /// m/s of the frame's origin, world axes.
  public var linearVelocity = Vector3.zero
  /// rad/s, world axes.
  public var angularVelocity = Vector3.zero
  /// Lean against the reference pose.
  public var tilt = Tilt.upright

  /// m above the world's origin.
  @inlinable public var height: Double { pose.position.z }
}

/// Two moments, one control step apart, and where the episode began: what the terms look at.
public struct Transition: ~Copyable {
  /// The state that the action was chosen in; equal to `after` at the start of an episode.
  public internal(set) var before: RobotSnapshot
  /// The state that the action led to.
  public internal(set) var after: RobotSnapshot
  /// m, world frame: where each tracked body was at the start of the episode, [bodies of the plan].
  public internal(set) var startPositions: [Vector3]
  /// Whether a termination applies to `after`; known before the rewards are asked.
  public internal(set) var isTerminated = false
  /// s between the two.
  public let controlTimeStep: Double
}
