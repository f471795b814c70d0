import PoiseCore
import PoiseEnvironments
package import PoiseTasks
package import PoiseModels
import PoiseSimulation

/// The columns of a trajectory for a robot's positions and velocities: written from a snapshot, or from a robot without a
/// task, and read back for a model.
///
/// Pose and velocity of each free body, position and velocity of each hinge and slide, orientation and velocity of each
/// ball; names end in their unit.
package struct CoordinateColumns: Sendable {
  package let names: [String]
  /// Indices of the first of the four names of each quaternion.
  package let quaternions: [Int]
  private let freeBodies: [Int]
  private let scalarCount: Int
  private let ballCount: Int
  private let reference: JointConfiguration
  /// The body whose roll and pitch a moment holds; `nil` for a model without bodies.
  private let tiltBody: Int?
  /// World orientation of that body in the reference pose.
  private let tiltReference: Quaternion

  /// - Parameters:
  ///   - model: the robot's description.
  ///   - tiltBody: the body whose roll and pitch a moment holds; the first that moves where `nil`.
  package init(_ model: RobotModel, tiltBody: Int? = nil) {
    self.tiltBody = tiltBody ?? (model.bodies.isEmpty ? nil : model.joints.first?.body ?? 0)
    tiltReference = self.tiltBody.map { model.referencePose(of: $0).orientation } ?? .identity
    freeBodies = model.joints.filter { $0.kind == .free }.map(\.body)
    let balls = model.joints.filter { $0.kind == .ball }
    scalarCount = model.scalarJoints.count
    ballCount = balls.count
    reference = JointConfiguration(reference: model)
    var names: [String] = []
    for body in freeBodies {
      let name = model.bodies[body].name
      names += ["x_m", "y_m", "z_m", "qw", "qx", "qy", "qz"].map { "\(name)_\($0)" }
      names += ["vx", "vy", "vz"].map { "\(name)_\($0)_m_per_s" }
      names += ["wx", "wy", "wz"].map { "\(name)_\($0)_rad_per_s" }
    }
    for joint in model.scalarJoints.map({ model.joints[$0] }) {
      let unit = joint.kind == .hinge ? "rad" : "m"
      names += ["\(joint.name)_\(unit)", "\(joint.name)_\(unit)_per_s"]
    }
    for ball in balls {
      names += ["qw", "qx", "qy", "qz"].map { "\(ball.name)_\($0)" }
      names += ["wx", "wy", "wz"].map { "\(ball.name)_\($0)_rad_per_s" }
    }
    self.names = names
    quaternions = names.indices.filter { names[$0].hasSuffix("_qw") && $0 + 3 < names.count }
  }

  /// Writes coordinates, roll and pitch from the snapshot of a control step, which must be one of `EnvironmentDetail.full`.
  package func write(_ snapshot: RobotSnapshot, _ plan: SnapshotPlan, to moment: inout TrajectoryMoment) {
    func motion(_ body: Int) -> BodyMotion {
      guard let slot = plan.slot(ofBody: body) else { preconditionFailure("the snapshot does not track body \(body)") }
      return snapshot.bodies[slot]
    }
    moment.coordinates = values(
      free: freeBodies.map {
        let body = motion($0)
        return (body.pose, body.linearVelocity, body.angularVelocity)
      }, positions: snapshot.jointPositions, velocities: snapshot.jointVelocities,
      balls: (snapshot.ballJoints ?? []).map { ($0.orientation, $0.angularVelocity) })
    if let tiltBody { writeLean(motion(tiltBody).pose.orientation, to: &moment) }
  }

  /// Writes coordinates, roll and pitch of a robot without a task.
  package func write(_ robot: Robot, to moment: inout TrajectoryMoment) {
    var positions = [Double](repeating: 0, count: scalarCount)
    var velocities = positions
    robot.readScalarJoints(positions: &positions, velocities: &velocities)
    let balls = ballCount > 0 ? robot.configuration() : reference
    moment.coordinates = values(
      free: freeBodies.map {
        let velocity = robot.velocity(ofBody: $0)
        return (robot.pose(ofBody: $0), velocity.linear, velocity.angular)
      }, positions: positions, velocities: velocities,
      balls: Array(zip(balls.ballOrientations, balls.ballVelocities)))
    if let tiltBody { writeLean(robot.pose(ofBody: tiltBody).orientation, to: &moment) }
  }

  /// All coordinates, [names].
  private func values(
    free: [(pose: Pose, linear: Vector3, angular: Vector3)], positions: [Double], velocities: [Double],
    balls: [(orientation: Quaternion, velocity: Vector3)]
  ) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(names.count)
    func append(_ vector: Vector3) { for i in 0..<3 { values.append(vector[i]) } }
    func append(_ q: Quaternion) { values += [q.w, q.x, q.y, q.z] }
    for body in free {
      append(body.pose.position)
      append(body.pose.orientation)
      append(body.linear)
      append(body.angular)
    }
    for i in positions.indices { values += [positions[i], velocities[i]] }
    for ball in balls {
      append(ball.orientation)
      append(ball.velocity)
    }
    return values
  }

  private func writeLean(_ orientation: Quaternion, to moment: inout TrajectoryMoment) {
    (moment.roll, moment.pitch) = (orientation * tiltReference.conjugate).rollPitch
  }

  /// The state with these values, [names]; quaternions are normalised.
  package func configuration(_ values: [Double]) -> JointConfiguration {
    precondition(values.count == names.count, "\(names.count) coordinates, \(values.count) values")
    var rest = values[...]
    func take() -> Double { rest.removeFirst() }
    func vector() -> Vector3 { [take(), take(), take()] }
    func quaternion() -> Quaternion { Quaternion(w: take(), x: take(), y: take(), z: take()).normalized }
    var result = reference
    for i in freeBodies.indices {
      let position = vector()
      result.freePoses[i] = Pose(position: position, orientation: quaternion())
      let linear = vector()
      result.freeVelocities[i] = (linear, vector())
    }
    for i in 0..<scalarCount { (result.positions[i], result.velocities[i]) = (take(), take()) }
    for i in 0..<ballCount {
      result.ballOrientations[i] = quaternion()
      result.ballVelocities[i] = vector()
    }
    return result
  }
}
