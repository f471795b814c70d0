public import PoiseCore
public import PoiseModels
import PoiseSimulation

/// What one row of a trajectory tells beside the robot's own state.
public struct TrajectoryMoment: Sendable {
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
  /// Mean over the control step, N·m or N, [actuators].
  public var efforts: [Double] = []
  /// N, world frame.
  public var push = Vector3.zero

  public init() {}
}

/// Trajectories as CSV (RFC 4180): names end in their unit, numbers are in their shortest exact form.
///
/// Row k ≥ 1 is the state after control step k, row 0 the start. Columns: episode, step, time, reward, each reward term,
/// terminated, truncated, roll and pitch; pose and velocity of each free body; position and velocity of each joint; action
/// and mean effort of each actuator; the push.
public struct TrajectoryTable: Sendable {
  public let columns: [String]
  private let rewardTerms: [String]
  private let freeBodies: [Int]
  private let ballLinks: [Int]
  private let tiltBody: Int?
  /// World orientation of the tilt body in the reference pose.
  private let referenceOrientation: Quaternion
  private let scalarJoints: [Int]
  private let actuatorCount: Int

  /// - Parameters:
  ///   - rewardTerms: names of the task's reward terms, in order.
  ///   - tiltBody: the body whose roll and pitch are told; the first body where `nil`.
  public init(_ robot: Robot, rewardTerms: [String] = [], tiltBody: Int? = nil) {
    let model = robot.model
    self.rewardTerms = rewardTerms
    self.tiltBody = tiltBody ?? (model.bodies.isEmpty ? nil : model.joints.first?.body ?? 0)
    referenceOrientation = self.tiltBody.map { model.referencePose(of: $0).orientation } ?? .identity
    freeBodies = model.joints.filter { $0.kind == .free }.map(\.body)
    ballLinks = robot.linkage.links.indices.filter {
      if case .ball = robot.linkage.links[$0].connection { true } else { false }
    }
    scalarJoints = model.scalarJoints
    actuatorCount = model.actuators.count

    var columns = ["episode", "step", "time_s", "reward"] + rewardTerms
    columns += ["terminated", "truncated", "roll_rad", "pitch_rad"]
    for body in freeBodies {
      let name = model.bodies[body].name
      columns += ["x_m", "y_m", "z_m", "qw", "qx", "qy", "qz"].map { "\(name)_\($0)" }
      columns += ["vx", "vy", "vz"].map { "\(name)_\($0)_m_per_s" }
      columns += ["wx", "wy", "wz"].map { "\(name)_\($0)_rad_per_s" }
    }
    for joint in scalarJoints.map({ model.joints[$0] }) {
      let unit = joint.kind == .hinge ? "rad" : "m"
      columns += ["\(joint.name)_\(unit)", "\(joint.name)_\(unit)_per_s"]
    }
    for link in ballLinks {
      let name = robot.linkage.links[link].connection.joints.map { model.joints[$0].name }[0]
      columns += ["qw", "qx", "qy", "qz"].map { "\(name)_\($0)" }
      columns += ["wx", "wy", "wz"].map { "\(name)_\($0)_rad_per_s" }
    }
    for actuator in model.actuators {
      let unit = model.joints[actuator.joint].kind == .hinge ? "Nm" : "N"
      columns += ["\(actuator.name)_action", "\(actuator.name)_\(unit)"]
    }
    columns += ["push_x_N", "push_y_N", "push_z_N"]
    self.columns = columns
  }

  /// The header, quoted where a name needs it.
  public var header: String { columns.map(Self.quoted).joined(separator: ",") + "\n" }

  /// One row, from the robot as it stands.
  public func row(_ robot: Robot, _ moment: TrajectoryMoment) -> String {
    var cells: [String] = []
    cells.reserveCapacity(columns.count)
    cells += ["\(moment.episode)", "\(moment.step)", "\(moment.time)", moment.reward.map { "\($0)" } ?? ""]
    cells +=
      moment.rewardTerms.isEmpty
      ? Array(repeating: "", count: rewardTerms.count) : moment.rewardTerms.map { "\($0)" }
    let tilt = tiltBody.map { robot.pose(ofBody: $0).orientation * referenceOrientation.conjugate }?.rollPitch
    cells += ["\(moment.isTerminated)", "\(moment.isTruncated)", "\(tilt?.roll ?? 0)", "\(tilt?.pitch ?? 0)"]
    for body in freeBodies {
      let (p, q) = (robot.pose(ofBody: body).position, robot.pose(ofBody: body).orientation)
      let velocity = robot.velocity(ofBody: body)
      for value in [p.x, p.y, p.z, q.w, q.x, q.y, q.z] { cells.append("\(value)") }
      for vector in [velocity.linear, velocity.angular] { for i in 0..<3 { cells.append("\(vector[i])") } }
    }
    var positions = [Double](repeating: 0, count: scalarJoints.count)
    var velocities = positions
    robot.readScalarJoints(positions: &positions, velocities: &velocities)
    for (q, v) in zip(positions, velocities) { cells += ["\(q)", "\(v)"] }
    if !ballLinks.isEmpty {
      let balls = robot.configuration()
      for (q, ω) in zip(balls.ballOrientations, balls.ballVelocities) {
        for value in [q.w, q.x, q.y, q.z, ω.x, ω.y, ω.z] { cells.append("\(value)") }
      }
    }
    for actuator in 0..<actuatorCount {
      cells.append(moment.actions.isEmpty ? "" : "\(moment.actions[actuator])")
      cells.append(moment.efforts.isEmpty ? "" : "\(moment.efforts[actuator])")
    }
    for i in 0..<3 { cells.append("\(moment.push[i])") }
    return cells.joined(separator: ",") + "\n"
  }

  private static func quoted(_ name: String) -> String {
    name.contains { ",\"\n\r".contains($0) } ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
  }
}
