import PoiseCore
public import PoiseModels
public import PoiseSimulation

/// A robot as a designer knows it: its description, and what an action does to it for one control step.
///
/// It is the nominal robot: no pushes, no randomised masses, no noise.
public struct PlantModel: Sendable {
  /// The robot's description, as the task's actions drive it.
  public let robot: RobotModel
  /// Parameters of the world.
  public var physics: PhysicsParameters
  /// Physics steps of a control step.
  public let physicsSteps: Int
  /// Largest speed of hinges to the world, rad/s; `nil` for no limit.
  public let maximumJointSpeed: Double?
  /// The control of action 0, in MJCF `ctrl` units, [actuators].
  public let centers: [Double]
  /// The change of the control for each unit of action, [actuators].
  public let halfWidths: [Double]

  /// A plant of its parts; parameters are as the properties.
  public init(
    robot: RobotModel, physics: PhysicsParameters, physicsSteps: Int, maximumJointSpeed: Double? = nil,
    centers: [Double], halfWidths: [Double]
  ) {
    precondition(
      centers.count == robot.actuators.count && halfWidths.count == centers.count, "a scaling for each actuator")
    self.robot = robot
    self.physics = physics
    self.physicsSteps = physicsSteps
    self.maximumJointSpeed = maximumJointSpeed
    self.centers = centers
    self.halfWidths = halfWidths
  }

  /// Time of a control step, s.
  public var controlTimeStep: Double { Double(physicsSteps) * physics.timeStep }

  /// The torque or force of each actuator at its joint for each unit of action, N·m or N, [actuators]; of motors alone.
  var effortsOfActions: [Double] { zip(robot.actuators, halfWidths).map { $0.gear * $1 } }

  /// Whether some actions are positions or velocities that the actuators track, and not torques or forces.
  public var hasTargets: Bool { robot.actuators.contains { $0.law != .motor } }

  /// The actions that ask for no torque, no velocity, or for the joints' reference positions, [actuators].
  var restingAction: [Double] {
    robot.actuators.indices.map { i in
      let actuator = robot.actuators[i]
      var control = 0.0
      if case .position = actuator.law { control = actuator.gear * robot.joints[actuator.joint].reference }
      return halfWidths[i] != 0 ? min(1, max(-1, (control - centers[i]) / halfWidths[i])) : 0
    }
  }
}

/// The simulator as a function: from a state and an action to the state one control step later.
///
/// Each call puts a robot of its own into the state and steps it, so that nothing but the two arguments decides the result. The iterative
/// solver's random order starts alike in each call. Used by one thread at a time.
public final class ControlStepper {
  /// The plant that is stepped.
  public let plant: PlantModel
  /// The coordinates of its states.
  public let coordinates: StateCoordinates
  private var robot: Robot
  private let fresh: WorldState

  /// Assembles the robot.
  ///
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(_ plant: PlantModel) throws {
    self.plant = plant
    coordinates = StateCoordinates(plant.robot)
    PhysicsEngine.prepareThread()
    robot = try Robot(plant.robot, physics: plant.physics, maximumJointSpeed: plant.maximumJointSpeed)
    fresh = robot.world.saved()
  }

  /// The state one control step after `configuration` under an action in −1 … 1, [actuators].
  public func step(_ configuration: JointConfiguration, _ action: [Double]) -> JointConfiguration {
    place(configuration)
    robot.setControls { plant.centers[$0] + plant.halfWidths[$0] * min(1, max(-1, action[$0])) }
    robot.step(plant.physicsSteps)
    return robot.configuration()
  }

  /// The state after some control steps of servos at the physics rate, and the mean efforts in the last one, N·m or N, [actuators].
  func settle(
    _ configuration: JointConfiguration, _ servos: [Robot.Servo], steps: Int
  ) -> (configuration: JointConfiguration, efforts: [Double]) {
    place(configuration)
    for (i, servo) in servos.enumerated() { robot.setServo(servo, of: i) }
    for _ in 0..<steps {
      robot.clearEffortSums()
      robot.step(plant.physicsSteps)
    }
    defer { for i in servos.indices { robot.setServo(nil, of: i) } }
    return (robot.configuration(), robot.effortSums.map { $0 / Double(robot.effortSteps) })
  }

  /// Kinetic and potential energy of a state, J.
  func energies(_ configuration: JointConfiguration) -> (kinetic: Double, potential: Double) {
    place(configuration)
    return (robot.world.kineticEnergy, robot.world.potentialEnergy)
  }

  private func place(_ configuration: JointConfiguration) {
    PhysicsEngine.prepareThread()
    if robot.world.breakdown != nil { robot = robot.remade() }
    robot.world.restore(fresh)
    robot.clearEffortSums()
    robot.place(configuration)
  }
}
