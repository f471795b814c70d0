import PoiseCore
public import PoiseModels
public import PoiseScenarios
import PoiseSimulation
import PoiseTasks

/// What the numbers of a row are: one row for each control step, recorded or live. `recording.js` reads the same.
///
/// Columns: time (s); position (m) and quaternion (w, x, y, z) of each body of the scene; roll and pitch (rad); reward and its
/// terms; joint positions (rad, m); efforts (N·m, N); actions; the push (N); for each body that may touch the scenery the force
/// (N) that it got from it and the point (m) where.
public struct RecordingLayout: Sendable {
  let scene: SceneDescription
  /// Of `row`.
  public let columnCount: Int
  let plots: [PlotGroup]
  private let contactLinks: [Int]
  private let contactNames: [String]
  let poses: Int
  let roll: Int
  let reward: Int?
  let push: Int
  let contacts: Int

  private let tiltBody: Int
  /// Orientation of `tiltBody` in the reference pose, undone.
  private let unturn: Quaternion
  private let rewardTerms: Int
  private let joints: Int
  private let actuators: Int
  /// For each shape of the model its place in `contactLinks`; −1 for scenery and what never touches it, [geometries].
  private let contactSlots: [Int]
  private let isScenery: [Bool]

  /// Curves that are drawn into one plot.
  struct PlotGroup: Encodable, Sendable {
    struct Line: Encodable, Sendable {
      var name: String
      var column: Int
      /// Whether a click on its name is needed to see it.
      var isHidden = false
    }
    var title: String
    var unit: String
    var lines: [Line]
  }

  /// - Parameters:
  ///   - rewardTerms: names of the task's reward terms; `nil` without a task.
  ///   - watched: the body whose roll and pitch are shown; the first that moves where `nil`.
  ///   - hasContacts: whether contact forces are known.
  public init(_ robot: Robot, rewardTerms names: [String]?, watched: Int?, hasContacts: Bool) {
    let model = robot.model
    let linkage = robot.linkage
    tiltBody = watched ?? model.joints.first?.body ?? 0
    scene = SceneDescription(model, linkage, watched: tiltBody)
    unturn = model.referencePose(of: tiltBody).orientation.conjugate

    var count = 1
    func take(_ columns: Int) -> Int {
      defer { count += columns }
      return count
    }
    poses = take(7 * scene.bodies.count)
    roll = take(2)
    let scalarJoints = model.scalarJoints.map { model.joints[$0] }
    rewardTerms = names?.count ?? 0
    reward = names == nil ? nil : take(1 + rewardTerms)
    let firstJoint = take(scalarJoints.count)
    let firstEffort = take(model.actuators.count)
    _ = take(model.actuators.count)  // actions
    joints = scalarJoints.count
    actuators = model.actuators.count
    push = take(3)

    // Bodies that may touch the scenery.
    isScenery = model.geometries.map { geometry in geometry.body.flatMap { linkage.placements[$0].link } == nil }
    var links: [Int] = []
    if hasContacts, robot.world.parameters.isContactEnabled {
      for (first, second) in model.collidingPairs(linkage) where isScenery[first] != isScenery[second] {
        let moving = isScenery[first] ? second : first
        if let link = model.geometries[moving].body.flatMap({ linkage.placements[$0].link }), !links.contains(link) {
          links.append(link)
        }
      }
    }
    contactLinks = links
    contactNames = links.map { linkage.links[$0].name }
    contactSlots = model.geometries.map { geometry in
      geometry.body.flatMap { linkage.placements[$0].link }.flatMap { links.firstIndex(of: $0) } ?? -1
    }
    contacts = take(6 * links.count)
    columnCount = count

    var plots: [PlotGroup] = []
    if let reward, let names {
      // A bonus of 1 for being alive, and a total of about that, would leave the costs no room.
      let terms = names.enumerated().map {
        PlotGroup.Line(name: $1, column: reward + 1 + $0, isHidden: $1 == AliveReward.termName && names.count > 1)
      }
      let total = PlotGroup.Line(name: "total", column: reward, isHidden: terms.contains(where: \.isHidden))
      plots.append(PlotGroup(title: "Reward", unit: "", lines: terms + [total]))
    }
    plots.append(
      PlotGroup(
        title: "Lean of \(model.bodies[tiltBody].name)", unit: "rad",
        lines: [.init(name: "roll", column: roll), .init(name: "pitch", column: roll + 1)]))
    for (kind, title, unit) in [(RobotModel.Joint.Kind.hinge, "Joint angles", "rad"), (.slide, "Joint positions", "m")]
    {
      let lines = scalarJoints.indices.filter { scalarJoints[$0].kind == kind }
        .map { PlotGroup.Line(name: scalarJoints[$0].name, column: firstJoint + $0) }
      if !lines.isEmpty { plots.append(PlotGroup(title: title, unit: unit, lines: lines)) }
    }
    for (kind, title, unit) in [(RobotModel.Joint.Kind.hinge, "Torques", "N·m"), (.slide, "Forces", "N")] {
      let lines = model.actuators.indices.filter { model.joints[model.actuators[$0].joint].kind == kind }
        .map { PlotGroup.Line(name: model.actuators[$0].name, column: firstEffort + $0) }
      if !lines.isEmpty { plots.append(PlotGroup(title: title, unit: unit, lines: lines)) }
    }
    self.plots = plots
  }

  /// Writes a moment: the robot as it stands and what the moment tells, [columns]. What is not known is NaN.
  ///
  /// - Parameter lean: roll and pitch where they are not to be taken from the robot.
  public func write(
    _ robot: Robot, _ moment: TrajectoryMoment, lean: (roll: Double, pitch: Double)? = nil, into row: inout [Double]
  ) {
    row.removeAll(keepingCapacity: true)
    row.append(moment.time)
    for body in scene.modelBodies {
      let pose = robot.pose(ofBody: body)
      let (p, q) = (pose.position, pose.orientation)
      for value in [p.x, p.y, p.z, q.w, q.x, q.y, q.z] { row.append(value) }
    }
    let tilt = Tilt(robot.pose(ofBody: tiltBody).orientation * unturn)
    row.append(lean?.roll ?? tilt.roll)
    row.append(lean?.pitch ?? tilt.pitch)
    if reward != nil {
      row.append(moment.reward ?? .nan)
      append(moment.rewardTerms, rewardTerms, to: &row)
    }
    var positions = [Double](repeating: 0, count: joints)
    var velocities = positions
    robot.readScalarJoints(positions: &positions, velocities: &velocities)
    row.append(contentsOf: positions)
    append(moment.efforts, actuators, to: &row)
    append(moment.actions, actuators, to: &row)
    for i in 0..<3 { row.append(moment.push[i]) }
    // Right after a start or a restore the world has no contacts of its own yet.
    appendContacts(of: robot, to: &row)
    precondition(row.count == columnCount, "a row of \(row.count) numbers, \(columnCount) columns")
  }

  private func append(_ values: [Double], _ count: Int, to row: inout [Double]) {
    if values.count == count {
      row.append(contentsOf: values)
    } else {
      for _ in 0..<count { row.append(.nan) }
    }
  }

  /// Force and point of what the scenery exerts on each body: the forces added up, the points weighted by their strength.
  private func appendContacts(of robot: Robot, to row: inout [Double]) {
    guard !contactLinks.isEmpty else { return }
    var forces = [Vector3](repeating: .zero, count: contactLinks.count)
    var points = forces
    var strengths = [Double](repeating: 0, count: contactLinks.count)
    for i in 0..<robot.world.contactCount {
      let contact = robot.world.contact(i)
      let (first, second) = (contact.first.value, contact.second.value)
      guard isScenery[first] != isScenery[second] else { continue }
      let slot = contactSlots[isScenery[first] ? second : first]
      guard slot >= 0 else { continue }
      let strength = contact.force.length
      forces[slot] += isScenery[first] ? -contact.force : contact.force
      points[slot] += strength * contact.position
      strengths[slot] += strength
    }
    for slot in contactLinks.indices {
      let point = strengths[slot] > 0 ? (1 / strengths[slot]) * points[slot] : .zero
      for i in 0..<3 { row.append(forces[slot][i]) }
      for i in 0..<3 { row.append(point[i]) }
    }
  }
}

extension RecordingLayout: Encodable {
  private enum Key: String, CodingKey {
    case columns, time, poses, roll, pitch, reward, push, pushBody, pushPoint, contacts, plots, isFree
  }
  private struct Contact: Encodable {
    var name: String
    var column: Int
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(columnCount, forKey: .columns)
    try container.encode(0, forKey: .time)
    try container.encode(poses, forKey: .poses)
    try container.encode(roll, forKey: .roll)
    try container.encode(roll + 1, forKey: .pitch)
    try container.encode(reward ?? -1, forKey: .reward)
    try container.encode(push, forKey: .push)
    try container.encode(scene.followed, forKey: .pushBody)
    try container.encode((0..<3).map { scene.pushPoint[$0] }, forKey: .pushPoint)
    try container.encode(plots, forKey: .plots)
    try container.encode(scene.isFree, forKey: .isFree)
    let bodies = contactNames.enumerated().map { Contact(name: $1, column: contacts + 6 * $0) }
    try container.encode(bodies, forKey: .contacts)
  }
}
