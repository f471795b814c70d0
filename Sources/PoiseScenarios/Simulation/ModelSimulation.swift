import Foundation
public import PoiseControl
public import PoiseCore
public import PoiseModels
public import PoiseSimulation

/// A simulation of a model without a task: a baseline controller acts for some seconds, from the reference pose.
public struct ModelSimulation: Sendable {
  /// Simulated time, s, rounded to whole control steps, at least one.
  public var seconds = 10.0
  /// The baseline that acts; `hold` keeps the reference pose.
  public var controller = BaselineController.zero
  /// Root seed of the controller's and the solver's random numbers.
  public var seed: UInt64 = 0
  /// Time between two controls and two rows of the trajectory, s; rounded to a whole number of physics steps.
  public var controlTimeStep = 0.02
  /// Start velocities by joint; the others start at rest. A hinge takes one number in rad/s, a slide one in m/s, a ball
  /// three in rad/s in the body's axes, a free joint three in m/s and three in rad/s in the world's axes.
  public var velocities: [(joint: String, values: [Double])] = []

  /// A simulation of 10 s with the controller `zero`.
  public init() {}

  /// The results of a simulation; none depends on the computer's clock.
  public struct Summary: Sendable {
    /// Physics steps taken.
    public var physicsSteps = 0
    /// Control steps taken.
    public var controlSteps = 0
    /// Largest distance of a joint beyond its limit after any physics step, rad or m; 0 where none was passed.
    public var worstLimitViolation = 0.0
    /// Name of the joint with the worst violation; empty where no limit was passed.
    public var worstLimitJoint = ""
    /// Depth of the deepest contact of any physics step, m.
    public var worstPenetration = 0.0
    /// Physics steps for which the direct solver failed and that were repeated.
    public var repeatedSteps = 0
    /// Final pose of each body that has no parent body.
    public var finalPoses: [(body: String, pose: Pose)] = []
    /// Kinetic and potential energy at the end, J.
    public var finalEnergy = 0.0
    /// Why the simulation ended early; `nil` if it did not.
    public var fault: World.Fault?
    /// Hash of the world's state at the end; equal states have equal hashes.
    public var stateHash: UInt64 = 0
  }

  /// Simulates a model from its reference pose.
  ///
  /// - Parameters:
  ///   - model: the robot's description.
  ///   - visit: called at the start and after every control step.
  /// - Throws: `InvalidInput` for a model that cannot be assembled; whatever `visit` throws.
  public func run(
    _ model: RobotModel, visit: (Robot, TrajectoryMoment) throws -> Void = { _, _ in }
  ) throws -> Summary {
    let robot = try Robot(model, solverSeed: seed)
    if !velocities.isEmpty { try robot.place(moving(model)) }
    let plant = RobotPlant(robot)
    let h = robot.world.parameters.timeStep
    let substeps = max(1, Int(clamping: (controlTimeStep / h).rounded()))
    var settings = ControlSettings()
    settings.hold.target = .reference
    let subject = ControlSubject(RobotPlant.plantModel(model, physicsSteps: substeps), settings: settings)
    var driver: any ControllerDriver
    do {
      driver = try controller.controller(for: subject).makeDriver()
    } catch let error as ControlDesignError {
      throw InvalidInput(error.problem(of: controller, in: model.files.first ?? model.name))
    }
    driver.begin(plant, random: RandomStream(seed: seed, purpose: .controller))
    let controlSteps = max(1, Int(clamping: (seconds / (Double(substeps) * h)).rounded()))
    let columns = CoordinateColumns(model)
    var moment = TrajectoryMoment()
    columns.write(robot, to: &moment)
    try visit(robot, moment)

    var summary = Summary()
    var positions = [Double](repeating: 0, count: robot.scalarJointCount)
    var velocities = positions
    for step in 1...controlSteps {
      robot.clearEffortSums()
      let actions = plant.apply(driver.command(plant, observation: []))
      // What a step with a fault shows means nothing.
      var seen = summary
      for _ in 0..<substeps {
        robot.step()
        robot.readScalarJoints(positions: &positions, velocities: &velocities)
        seen.note(robot, positions: positions)
      }
      let fault = robot.world.firstFault()
      if fault == nil { summary = seen }
      (summary.controlSteps, summary.fault) = (step, fault)
      if fault != nil { break }
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
  /// Keeps the worst joint-limit violation and penetration seen in a physics step.
  mutating func note(_ robot: Robot, positions: [Double]) {
    for (position, joint) in zip(positions, robot.model.scalarJoints) {
      guard let limits = robot.linkage.limits[joint] else { continue }
      let violation = max(limits.lowerBound - position, position - limits.upperBound)
      if violation > worstLimitViolation {
        worstLimitViolation = violation
        worstLimitJoint = robot.model.joints[joint].name
      }
    }
    for i in 0..<robot.world.contactCount { worstPenetration = max(worstPenetration, robot.world.contact(i).depth) }
  }
}
