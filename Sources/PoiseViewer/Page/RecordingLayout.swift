import PoiseCore
public import PoiseModels
public import PoiseScenarios
import PoiseSimulation
import PoiseTasks

/// The columns of a row, which is one control step of an episode, recorded or live. `recording.js` reads the same format.
///
/// In this order: time (s); position (m) and quaternion (w, x, y, z) of each body of the scene; roll and pitch (rad); reward and its
/// terms; joint positions (rad, m); efforts (N·m, N); actions; where actions have names, the index of the name; the push (N); for each body that may touch the scenery the force
/// (N) that the scenery exerts on it and the point (m) where; positions (m) of the strongest contacts.
public struct RecordingLayout: Sendable {
  let scene: SceneDescription
  /// Number of columns of a row.
  public let columnCount: Int
  let actuators: [ActuatorDescription]
  let plots: [PlotGroup]
  private let contactLinks: [Int]
  private let contactNames: [String]
  let poses: Int
  let roll: Int
  /// Whether roll and pitch are shown: of a task that names its upright body, and of a trajectory that has them.
  let showsTilt: Bool
  let reward: Int?
  /// Where the index among `choices` stands; `nil` where actions have no names.
  let choice: Int?
  /// Names of the actions.
  let choices: [String]
  let push: Int
  let contacts: Int
  let contactPoints: Int
  /// Number of contacts whose positions fit into a row.
  let contactPointCapacity: Int
  /// First of the joint positions.
  let jointPositions: Int

  private let tiltBody: Int
  /// Orientation of `tiltBody` in the reference pose, undone.
  private let unturn: Quaternion
  private let rewardTerms: Int
  private let jointCount: Int
  private let actuatorCount: Int
  /// For each shape of the model its index in `contactLinks`; −1 for scenery and shapes that never touch it, [geometries].
  private let contactSlots: [Int]
  private let isScenery: [Bool]

  /// An actuator and the joint that it drives, for the page's sliders.
  struct ActuatorDescription: Encodable, Sendable {
    var name: String
    /// Index of the joint among the scalar joints.
    var joint: Int
    /// The joint's limits, rad or m; half a turn or a metre each way where it has none.
    var range: [Double]
    /// `rad` or `m`.
    var unit: String
  }

  /// Largest number of contact points in a row; a humanoid on both feet has eight.
  private static let largestContactPointCapacity = 16

  /// Curves of one plot.
  struct PlotGroup: Encodable, Sendable {
    /// A curve.
    struct Line: Encodable, Sendable {
      var name: String
      var column: Int
      /// Whether the curve is hidden until its name is clicked.
      var isHidden = false
    }
    var title: String
    var unit: String
    var lines: [Line]
  }

  /// Describes the rows of a robot's episodes.
  ///
  /// - Parameters:
  ///   - robot: whose episodes they are.
  ///   - names: of the task's reward terms; `nil` without a task.
  ///   - choices: names of the task's actions, where they have some.
  ///   - watched: the body that the camera follows, and whose roll and pitch are meant; `nil` for the first that moves.
  ///   - showsTilt: whether roll and pitch are shown.
  ///   - hasContacts: whether contact forces are known.
  public init(
    _ robot: Robot, rewardTerms names: [String]?, choices: [String] = [], watched: Int?, showsTilt: Bool,
    hasContacts: Bool
  ) {
    let model = robot.model
    let linkage = robot.linkage
    self.showsTilt = showsTilt
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
    choice = choices.isEmpty ? nil : take(1)
    self.choices = choices
    jointPositions = firstJoint
    jointCount = scalarJoints.count
    actuatorCount = model.actuators.count
    actuators = model.actuators.map { actuator in
      let isHinge = model.joints[actuator.joint].kind == .hinge
      let limits = linkage.limits[actuator.joint]
      let reach = isHinge ? Double.pi : 1
      func bound(_ bound: Double?, _ other: Double) -> Double { bound.map { $0.isFinite ? $0 : other } ?? other }
      return ActuatorDescription(
        name: actuator.name, joint: model.scalarJoints.firstIndex(of: actuator.joint) ?? 0,
        range: [bound(limits?.lowerBound, -reach), bound(limits?.upperBound, reach)], unit: isHinge ? "rad" : "m")
    }
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
    let touches = hasContacts && robot.world.parameters.isContactEnabled && !model.collidingPairs(linkage).isEmpty
    contactPointCapacity = touches ? Self.largestContactPointCapacity : 0
    contactPoints = take(3 * contactPointCapacity)
    columnCount = count

    var plots: [PlotGroup] = []
    if let reward, let names {
      plots.append(PlotGroup(title: "Reward", unit: "", lines: [.init(name: "total", column: reward)]))
      // A constant bonus of 1 would make the costs too small to see.
      let terms = names.enumerated().map {
        PlotGroup.Line(name: $1, column: reward + 1 + $0, isHidden: $1 == AliveReward.termName && names.count > 1)
      }
      if terms.count > 1 { plots.append(PlotGroup(title: "Reward terms", unit: "", lines: terms)) }
    }
    if showsTilt {
      plots.append(
        PlotGroup(
          title: "Tilt of \(model.bodies[tiltBody].name)", unit: "rad",
          lines: [.init(name: "roll", column: roll), .init(name: "pitch", column: roll + 1)]))
    }
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

  /// Writes one row, [columns]: poses, joints and contacts of the robot's present state, the rest from the moment.
  /// Unknown values are NaN.
  ///
  /// - Parameters:
  ///   - robot: the robot, in the state of the moment.
  ///   - moment: time, reward, actions, efforts and push.
  ///   - lean: roll and pitch, rad; `nil` computes them from the robot.
  ///   - row: receives the numbers in place of its content.
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
    var positions = [Double](repeating: 0, count: jointCount)
    var velocities = positions
    robot.readScalarJoints(positions: &positions, velocities: &velocities)
    row.append(contentsOf: positions)
    append(moment.efforts, actuatorCount, to: &row)
    append(moment.actions, actuatorCount, to: &row)
    if choice != nil {
      row.append(moment.choice.flatMap { choices.firstIndex(of: $0) }.map { Double($0) } ?? .nan)
    }
    for i in 0..<3 { row.append(moment.push[i]) }
    // Right after a start or a restore the world has no contacts of its own yet.
    appendContacts(of: robot, to: &row)
    appendContactPoints(of: robot, to: &row)
    precondition(row.count == columnCount, "a row of \(row.count) numbers, \(columnCount) columns")
  }

  private func append(_ values: [Double], _ count: Int, to row: inout [Double]) {
    if values.count == count {
      row.append(contentsOf: values)
    } else {
      for _ in 0..<count { row.append(.nan) }
    }
  }

  /// Appends the scenery's force on each body, the sum of its contacts, and its point, their mean weighted by the forces.
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

extension RecordingLayout {
  /// Appends the positions of the contacts with the largest forces.
  private func appendContactPoints(of robot: Robot, to row: inout [Double]) {
    guard contactPointCapacity > 0 else { return }
    var contacts = (0..<robot.world.contactCount).map { robot.world.contact($0) }
    if contacts.count > contactPointCapacity {
      let strengths = contacts.map(\.force.length)
      let order = contacts.indices.sorted { (strengths[$1], $0) < (strengths[$0], $1) }
      contacts = order.prefix(contactPointCapacity).map { contacts[$0] }
    }
    for contact in contacts { row.append(contentsOf: contact.position.components) }
    for _ in contacts.count..<contactPointCapacity { row.append(contentsOf: [Double.nan, .nan, .nan]) }
  }
}

extension RecordingLayout: Encodable {
  private enum Key: String, CodingKey {
    case columns, time, poses, roll, pitch, reward, choice, choices, joints, push, pushBody, pushPoint, contacts,
      contactPoints
    case contactPointCapacity, actuators, plots, isMobile
  }
  private struct Contact: Encodable {
    var name: String
    var column: Int
  }

  /// Writes what `recording.js` reads: the first column of each quantity by name, and the plots.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(columnCount, forKey: .columns)
    try container.encode(0, forKey: .time)
    try container.encode(poses, forKey: .poses)
    try container.encode(showsTilt ? roll : -1, forKey: .roll)
    try container.encode(showsTilt ? roll + 1 : -1, forKey: .pitch)
    try container.encode(reward ?? -1, forKey: .reward)
    try container.encode(choice ?? -1, forKey: .choice)
    try container.encode(choices, forKey: .choices)
    try container.encode(jointPositions, forKey: .joints)
    try container.encode(push, forKey: .push)
    try container.encode(scene.followed, forKey: .pushBody)
    try container.encode(scene.pushPoint.components, forKey: .pushPoint)
    try container.encode(contactPoints, forKey: .contactPoints)
    try container.encode(contactPointCapacity, forKey: .contactPointCapacity)
    try container.encode(actuators, forKey: .actuators)
    try container.encode(plots, forKey: .plots)
    try container.encode(scene.travel > 0, forKey: .isMobile)
    let bodies = contactNames.enumerated().map { Contact(name: $1, column: contacts + 6 * $0) }
    try container.encode(bodies, forKey: .contacts)
  }
}
