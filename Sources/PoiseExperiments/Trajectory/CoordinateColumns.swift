import PoiseCore
import PoiseModels
import PoiseSimulation

/// The columns of a trajectory that say where a robot is and how it moves: written from a robot, read back for a model.
///
/// Pose and velocity of each free body, position and velocity of each hinge and slide, orientation and velocity of each
/// ball; names end in their unit.
struct CoordinateColumns: Sendable {
  let names: [String]
  /// Places of the first of each four names that are a quaternion's.
  let quaternions: [Int]
  private let freeBodies: [Int]
  private let scalarCount: Int
  private let ballCount: Int
  private let reference: JointConfiguration

  init(_ model: RobotModel) {
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

  /// The present state, [names].
  func values(of robot: Robot) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(names.count)
    func append(_ vector: Vector3) { for i in 0..<3 { values.append(vector[i]) } }
    func append(_ q: Quaternion) { values += [q.w, q.x, q.y, q.z] }
    for body in freeBodies {
      let pose = robot.pose(ofBody: body)
      let velocity = robot.velocity(ofBody: body)
      append(pose.position)
      append(pose.orientation)
      append(velocity.linear)
      append(velocity.angular)
    }
    var positions = [Double](repeating: 0, count: scalarCount)
    var velocities = positions
    robot.readScalarJoints(positions: &positions, velocities: &velocities)
    for i in positions.indices { values += [positions[i], velocities[i]] }
    if ballCount > 0 {
      let balls = robot.configuration()
      for (q, ω) in zip(balls.ballOrientations, balls.ballVelocities) {
        append(q)
        append(ω)
      }
    }
    return values
  }

  /// The state that `values` tell, [names]; quaternions are made unit again.
  func configuration(_ values: [Double]) -> JointConfiguration {
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
