public import PoiseCore
public import PoiseModels

/// Resolves the names in a term to indices in the snapshot, once, before the first step.
///
/// The snapshot holds exactly what the terms ask for here. An unknown name becomes a problem with its line in the scenario;
/// binding goes on, so that all problems are reported together.
public struct TermBinder {
  /// The robot's description.
  public let model: RobotModel
  /// The links of the robot, and the joints between them.
  public let linkage: Linkage
  /// Time of a control step, s.
  public let controlTimeStep: Double
  /// Time of a physics step, s.
  public let physicsTimeStep: Double
  /// Control steps of a whole episode.
  public let stepLimit: Int
  let commandList: [Command]
  /// Names of the task's commands.
  public var commands: [String] { commandList.map(\.name) }
  /// Largest speed of hinges to the world, rad/s; `nil` for no limit.
  let maximumJointSpeed: Double?
  /// Index of the body that terms mean unless they name another.
  public let uprightBody: Int
  /// What the terms have asked for so far.
  public private(set) var plan = SnapshotPlan()
  /// The problems found so far.
  public private(set) var problems: [Problem] = []

  private let source: ConfigurationSource
  /// The term that is being bound: `rewards.tilt`.
  var path = ""

  /// - Parameters:
  ///   - model: the robot's description.
  ///   - linkage: the links of the robot.
  ///   - bodyName: the body whose tilt is reported; the first that moves for `nil`.
  ///   - commands: the commands of the task.
  ///   - maximumJointSpeed: rad/s, of hinges to the world.
  ///   - timing: the time steps and the time limit.
  ///   - source: where the task's keys stand.
  init(
    _ model: RobotModel, linkage: Linkage, uprightBody bodyName: String?, commands: [Command],
    maximumJointSpeed: Double?, timing: Timing, source: ConfigurationSource
  ) {
    self.model = model
    self.linkage = linkage
    self.source = source
    controlTimeStep = timing.controlTimeStep
    physicsTimeStep = timing.physicsTimeStep
    stepLimit = timing.stepLimit
    commandList = commands
    self.maximumJointSpeed = maximumJointSpeed
    let firstMoving = linkage.links.first?.body ?? 0
    uprightBody = bodyName.flatMap { name in model.bodies.firstIndex { $0.name == name } } ?? firstMoving
    if let name = bodyName { _ = bodyIndex(name, key: "uprightBody") }
  }

  // MARK: Problems

  /// Reports a problem with a key of the term unless `condition` holds.
  public mutating func require(
    _ condition: Bool, key: String, found: String, allowed: String, remedy: String = ""
  ) {
    guard !condition else { return }
    let place = [path, key].filter { !$0.isEmpty }.joined(separator: ".")
    problems.append(source.problem(at: place, found: found, allowed: allowed, remedy: remedy))
  }

  private mutating func index(
    of name: String, among names: [String], kind: String, key: String
  ) -> Int? {
    if let index = names.firstIndex(of: name) { return index }
    let list = names.isEmpty ? "no \(kind): the model has none" : names.map { "'\($0)'" }.joined(separator: ", ")
    require(
      false, key: key, found: "'\(name)'", allowed: names.isEmpty ? list : "a \(kind) of the model: \(list)",
      remedy: suggestion(for: name, among: names))
    return nil
  }

  // MARK: Bodies

  /// Index of a body in the model; reports an unknown name as a problem with `key` and returns `nil`.
  public mutating func bodyIndex(_ name: String, key: String = "body") -> Int? {
    index(of: name, among: model.bodies.map(\.name), kind: "body", key: key)
  }

  /// Index in `RobotSnapshot.bodies` of a named body, or of the task's upright body for `nil`.
  public mutating func body(_ name: String?, key: String = "body", needsTilt: Bool = false) -> Int {
    let body = name.map { bodyIndex($0, key: key) ?? uprightBody } ?? uprightBody
    return plan.track(body: body, of: model, needsTilt: needsTilt)
  }

  /// Reports a problem if a body's height in the reference pose, which a term divides by, is not positive.
  mutating func requireHeight(of name: String?) {
    let index = name.flatMap { name in model.bodies.firstIndex { $0.name == name } } ?? uprightBody
    let height = model.referencePose(of: index).position.z
    require(
      height > 0, key: "body", found: "'\(model.bodies[index].name)', whose origin is at a height of \(height) m",
      allowed: "a body above z = 0 in the model's reference pose")
  }

  /// The name of a body for elements and columns; that of the task's upright body for `nil`.
  public func bodyName(_ name: String?) -> String { name ?? model.bodies[uprightBody].name }

  /// Indices in `RobotSnapshot.contactForces` of the named bodies; reports an empty list and unknown names as problems.
  public mutating func contacts(_ names: [String], key: String = "bodies") -> [Int] {
    require(!names.isEmpty, key: key, found: "no body", allowed: "the names of one or more bodies")
    var slots: [Int] = []
    for name in names {
      guard let body = bodyIndex(name, key: key) else { continue }
      slots.append(plan.trackContacts(ofBody: body, of: model, linkage: linkage))
    }
    return slots
  }

  // MARK: Joints

  /// A hinge or slide, numbered as in the snapshot.
  public struct ScalarJoint: Sendable {
    /// Index in `RobotSnapshot.jointPositions` and `jointVelocities`.
    public var index: Int
    /// The joint's name in the model.
    public var name: String
    /// Whether the position is an angle: true for hinges, false for slides.
    public var isAngle: Bool
    /// The model's limits of the position, rad or m; `nil` is unlimited. Limits are soft: a position may exceed them
    /// slightly.
    public var limits: ClosedRange<Double>?
    /// The position in the model's reference pose, rad or m.
    public var reference: Double
    /// Bounds of the position, rad or m: infinite, except for hinges whose limits keep them within half a turn of the
    /// reference.
    public var positionBounds: ClosedRange<Double>
    /// Bounds of the velocity, rad/s or m/s.
    public var velocityBounds: ClosedRange<Double>

    /// Unit of the position: rad or m.
    public var positionUnit: String { isAngle ? "rad" : "m" }
    /// Unit of the velocity: rad/s or m/s.
    public var velocityUnit: String { isAngle ? "rad/s" : "m/s" }
  }

  /// The named hinges and slides in that order; all of the model for an empty list.
  public mutating func joints(_ names: [String], key: String = "joints") -> [ScalarJoint] {
    plan.needsJoints = true
    let scalar = model.scalarJoints
    let all = scalar.map { model.joints[$0].name }
    if names.isEmpty {
      require(!all.isEmpty, key: key, found: "a model without hinges and slides", allowed: "a model with some")
      return scalar.indices.map(joint)
    }
    var result: [ScalarJoint] = []
    for name in names {
      if let index = index(of: name, among: all, kind: "hinge or slide", key: key) { result.append(joint(index)) }
    }
    return result
  }

  /// One named hinge or slide; reports an unknown name as a problem and returns a placeholder.
  public mutating func joint(named name: String, key: String = "joint") -> ScalarJoint {
    joints([name], key: key).first
      ?? ScalarJoint(
        index: 0, name: name, isAngle: true, limits: nil, reference: 0, positionBounds: 0...0, velocityBounds: 0...0)
  }

  private func joint(_ index: Int) -> ScalarJoint {
    let record = model.joints[model.scalarJoints[index]]
    let isAngle = record.kind == .hinge
    let unlimited = -Double.infinity...Double.infinity
    var speeds = unlimited
    if let maximumJointSpeed, isAngle, linkage.placements[record.body].link.map({ isLoneHinge($0) }) ?? false {
      speeds = -maximumJointSpeed...maximumJointSpeed
    }
    let halfTurn = record.reference - .pi...record.reference + .pi
    let isWithinHalfTurn = record.range.map { halfTurn.contains($0.lowerBound) && halfTurn.contains($0.upperBound) }
    return ScalarJoint(
      index: index, name: record.name, isAngle: isAngle, limits: record.range,
      reference: record.reference,
      positionBounds: isAngle && isWithinHalfTurn ?? false ? halfTurn : unlimited, velocityBounds: speeds)
  }

  /// Whether a single hinge connects a link to the world: the joint whose speed `maximumJointSpeed` limits.
  private func isLoneHinge(_ link: Int) -> Bool {
    if case .hinge = linkage.links[link].connection { return linkage.links[link].parent == nil }
    return false
  }

  // MARK: Actuators and commands

  /// Asks for `RobotSnapshot.efforts`; returns each actuator's largest torque or force in N·m or N, 1 where nothing
  /// bounds it, [actuators].
  public mutating func effortLimits() -> [Double] {
    plan.needsEfforts = true
    return model.actuators.map { $0.effortLimit ?? 1 }
  }

  /// Index of a command in `RobotSnapshot.commands`; reports an unknown name as a problem and returns 0.
  public mutating func command(_ name: String, key: String = "command") -> Int {
    if let index = commands.firstIndex(of: name) { return index }
    require(
      false, key: key, found: "'\(name)'",
      allowed: commands.isEmpty
        ? "no command: the task has none" : "a command of the task: \(commands.joined(separator: ", "))",
      remedy: suggestion(for: name, among: commands))
    return 0
  }

  mutating func trackEverything() {
    plan.needsJoints = true
    plan.needsEfforts = true
    plan.needsBallJoints = model.joints.contains { $0.kind == .ball }
    _ = plan.track(body: uprightBody, of: model, needsTilt: true)
    for joint in model.joints where joint.kind == .free {
      _ = plan.track(body: joint.body, of: model, needsTilt: false)
    }
  }
}
