import Foundation
public import PoiseControl
public import PoiseCore
public import PoiseModels
public import PoiseSimulation

/// A robot left to a baseline controller for some seconds, from its reference pose: a model without a task.
public struct ModelSimulation: Sendable {
  public var seconds = 10.0
  public var controller = BaselineController.zero
  public var seed: UInt64 = 0
  /// Seconds between two controls and two rows of the trajectory, about: a whole number of physics steps is taken.
  public var controlTimeStep = 0.02
  /// Start velocities by joint, over the reference pose's rest: rad/s of a hinge, m/s of a slide; of a ball three rad/s in the
  /// body's axes; of a free joint three m/s and three rad/s in the world's.
  public var velocities: [(joint: String, values: [Double])] = []

  public init() {}

  /// What there is to say afterwards; every number but none of the clock's.
  public struct Summary: Sendable {
    public var physicsSteps = 0
    public var controlSteps = 0
    /// rad or m beyond a joint's limit, and whose; 0 where none was passed.
    public var worstLimitViolation = 0.0
    public var worstLimitJoint = ""
    /// m: the deepest contact.
    public var worstPenetration = 0.0
    /// Physics steps that the direct solver gave up on and that were done again.
    public var repeatedSteps = 0
    /// Pose of each body that hangs on the world.
    public var finalPoses: [(body: String, pose: Pose)] = []
    public var finalEnergy = 0.0
    public var fault: World.Fault?
    public var stateHash: UInt64 = 0
  }

  /// - Parameter visit: called at the start and after every control step.
  /// - Throws: `InvalidInput` for a model that cannot be assembled; whatever `visit` throws.
  public func run(
    _ model: RobotModel, visit: (Robot, TrajectoryMoment) throws -> Void = { _, _ in }
  ) throws -> Summary {
    let robot = try Robot(model, solverSeed: seed)
    if !velocities.isEmpty { try robot.place(moving(model)) }
    let plant = RobotPlant(robot)
    var gains = HoldGains()
    gains.target = .reference
    var driver = controller.controller(gains).makeDriver()
    driver.begin(plant, random: RandomStream(seed: seed, purpose: .controller))
    let h = robot.world.parameters.timeStep
    let substeps = max(1, Int((controlTimeStep / h).rounded()))
    let controlSteps = max(1, Int((seconds / (Double(substeps) * h)).rounded()))
    let columns = CoordinateColumns(model)
    var moment = TrajectoryMoment()
    columns.write(robot, to: &moment)
    try visit(robot, moment)

    var summary = Summary()
    for step in 1...controlSteps {
      robot.clearEffortSums()
      let actions = plant.apply(driver.command(plant, observation: []))
      robot.step(substeps)
      summary.controlSteps = step
      summary.fault = robot.world.firstFault()
      if summary.fault != nil { break }
      summary.note(robot)
      moment.step = step
      moment.time = Double(step * substeps) * h
      moment.efforts = robot.effortSums.map { $0 / Double(robot.effortSteps) }
      moment.actions =
        actions.isEmpty
        ? zip(moment.efforts, model.actuators).map { min(1, max(-1, $0 / ($1.effortLimit ?? 1))) } : actions
      columns.write(robot, to: &moment)
      try visit(robot, moment)
    }
    summary.physicsSteps = robot.world.physicsSteps
    summary.repeatedSteps = robot.world.repeatedSteps
    summary.finalPoses = robot.linkage.links.filter { $0.parent == nil && !$0.isIntermediate }.map {
      ($0.name, robot.pose(ofBody: $0.body))
    }
    summary.finalEnergy = robot.world.kineticEnergy + robot.world.potentialEnergy
    summary.stateHash = robot.world.stateHash
    return summary
  }
}

extension ModelSimulation {
  /// The reference pose with the start velocities.
  private func moving(_ model: RobotModel) throws(InvalidInput) -> JointConfiguration {
    var start = JointConfiguration(reference: model)
    var problems: [Problem] = []
    for (name, values) in velocities {
      func problem(_ found: String, _ allowed: String, _ remedy: String = "") {
        problems.append(
          Problem(
            file: model.files[0], place: "velocity of '\(name)'", found: found, allowed: allowed, remedy: remedy))
      }
      guard let index = model.joints.firstIndex(where: { $0.name == name }) else {
        let names = model.joints.map(\.name)
        problem(
          "a joint that does not exist", names.isEmpty ? "no joints" : names.map { "'\($0)'" }.joined(separator: ", "),
          suggestion(for: name, among: names))
        continue
      }
      let kind = model.joints[index].kind
      let wanted: (count: Int, meaning: String) =
        switch kind {
        case .hinge: (1, "one number, rad/s")
        case .slide: (1, "one number, m/s")
        case .ball: (3, "three numbers, rad/s about the body's axes")
        case .free: (6, "six numbers: m/s along and rad/s about the world's axes")
        }
      guard values.count == wanted.count else {
        problem("\(values.count) number\(values.count == 1 ? "" : "s") for a \(kind.rawValue) joint", wanted.meaning)
        continue
      }
      let isScalar = kind == .hinge || kind == .slide
      let ordinal = model.joints[..<index].count {
        isScalar ? $0.kind == .hinge || $0.kind == .slide : $0.kind == kind
      }
      switch kind {
      case .hinge, .slide: start.velocities[ordinal] = values[0]
      case .ball: start.ballVelocities[ordinal] = Vector3(values[0], values[1], values[2])
      case .free:
        start.freeVelocities[ordinal] = (
          Vector3(values[0], values[1], values[2]), Vector3(values[3], values[4], values[5])
        )
      }
    }
    if !problems.isEmpty { throw InvalidInput(problems) }
    return start
  }
}

extension ModelSimulation.Summary {
  /// Keeps the worst joint-limit violation and penetration seen.
  mutating func note(_ robot: Robot) {
    let configuration = robot.configuration()
    for (position, joint) in zip(configuration.positions, robot.model.scalarJoints) {
      guard let limits = robot.linkage.limits[joint] else { continue }
      let violation = max(limits.lowerBound - position, position - limits.upperBound)
      if violation > worstLimitViolation {
        worstLimitViolation = violation
        worstLimitJoint = robot.model.joints[joint].name
      }
    }
    for contact in robot.world.contacts { worstPenetration = max(worstPenetration, contact.depth) }
  }
}
