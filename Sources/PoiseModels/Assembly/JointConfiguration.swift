public import PoiseCore

/// The state of a robot in joint coordinates: positions and velocities of all joints.
public struct JointConfiguration: Sendable, Hashable {
  /// Positions of hinges (rad) and slides (m), [scalar joints in the order of the model].
  public var positions: [Double]
  /// Velocities of hinges (rad/s) and slides (m/s), [scalar joints].
  public var velocities: [Double]
  /// Frames of the free bodies in the world, [free joints in the order of the model].
  public var freePoses: [Pose]
  /// Velocity of the body frame's origin, m/s, and angular velocity, rad/s, world frame, [free joints].
  public var freeVelocities: [(linear: Vector3, angular: Vector3)]
  /// Rotation since the reference pose in the axes of the body, as in MuJoCo, [ball joints].
  public var ballOrientations: [Quaternion]
  /// Angular velocity relative to the parent, rad/s, in the rotated body's frame, [ball joints].
  public var ballVelocities: [Vector3]

  public static func == (a: Self, b: Self) -> Bool {
    a.positions == b.positions && a.velocities == b.velocities && a.freePoses == b.freePoses
      && a.ballOrientations == b.ballOrientations && a.ballVelocities == b.ballVelocities
      && zip(a.freeVelocities, b.freeVelocities).allSatisfy { $0 == $1 }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(positions)
    hasher.combine(velocities)
    hasher.combine(freePoses)
  }

  /// A model's reference pose at rest.
  public init(reference model: RobotModel) {
    let scalar = model.joints.filter { $0.kind == .hinge || $0.kind == .slide }
    positions = scalar.map(\.reference)
    velocities = Array(repeating: 0, count: scalar.count)
    let free = model.joints.filter { $0.kind == .free }
    freePoses = free.map { model.referencePose(of: $0.body) }
    freeVelocities = Array(repeating: (.zero, .zero), count: free.count)
    let balls = model.joints.count { $0.kind == .ball }
    ballOrientations = Array(repeating: .identity, count: balls)
    ballVelocities = Array(repeating: .zero, count: balls)
  }
}

extension JointConfiguration {
  /// Whether all numbers are finite.
  public var isFinite: Bool {
    positions.allSatisfy(\.isFinite) && velocities.allSatisfy(\.isFinite)
      && freePoses.allSatisfy { $0.position.isFinite && $0.orientation.isFinite }
      && freeVelocities.allSatisfy { $0.linear.isFinite && $0.angular.isFinite }
      && ballOrientations.allSatisfy(\.isFinite) && ballVelocities.allSatisfy(\.isFinite)
  }
}

extension RobotModel {
  /// A body's frame in the world, in the reference pose.
  public func referencePose(of body: Int) -> Pose {
    let own = bodies[body].pose
    return bodies[body].parent.map { referencePose(of: $0) * own } ?? own
  }

  /// Indices of the hinges and slides; their order is that of the coordinates.
  public var scalarJoints: [Int] { joints.indices.filter { joints[$0].kind == .hinge || joints[$0].kind == .slide } }
}
