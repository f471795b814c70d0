import Foundation
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
    /// Pose of each body that hangs on the world.
    public var finalPoses: [(body: String, pose: Pose)] = []
    public var finalEnergy = 0.0
    public var fault: World.Fault?
    public var stateHash: UInt64 = 0
  }

  /// - Parameter record: called with each CSV row, the header first.
  /// - Throws: `InvalidInput` for a model that cannot be assembled; whatever `record` throws.
  public func run(_ model: RobotModel, record: ((String) throws -> Void)? = nil) throws -> Summary {
    let robot = try Robot(model, solverSeed: seed)
    var random = RandomStream(seed: seed, purpose: .controller)
    let h = robot.world.parameters.timeStep
    let substeps = max(1, Int((controlTimeStep / h).rounded()))
    let controlSteps = max(1, Int((seconds / (Double(substeps) * h)).rounded()))
    let table = record.map { _ in TrajectoryTable(model) }
    let columns = CoordinateColumns(model)
    var moment = TrajectoryMoment()
    columns.write(robot, to: &moment)
    if let table { try record?(table.header + table.row(moment)) }

    var summary = Summary()
    for step in 1...controlSteps {
      robot.clearEffortSums()
      let actions = robot.drive(by: controller, using: &random)
      robot.step(substeps)
      summary.controlSteps = step
      summary.fault = robot.world.firstFault()
      if summary.fault != nil { break }
      summary.note(robot)
      guard let table else { continue }
      moment.step = step
      moment.time = Double(step * substeps) * h
      moment.efforts = robot.effortSums.map { $0 / Double(robot.effortSteps) }
      moment.actions =
        actions.isEmpty
        ? zip(moment.efforts, model.actuators).map { min(1, max(-1, $0 / ($1.effortLimit ?? 1))) } : actions
      columns.write(robot, to: &moment)
      try record?(table.row(moment))
    }
    summary.physicsSteps = robot.world.physicsSteps
    summary.finalPoses = robot.linkage.links.filter { $0.parent == nil && !$0.isIntermediate }.map {
      ($0.name, robot.pose(ofBody: $0.body))
    }
    summary.finalEnergy = robot.world.kineticEnergy + robot.world.potentialEnergy
    summary.stateHash = robot.world.stateHash
    return summary
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
