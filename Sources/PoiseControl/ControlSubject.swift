public import PoiseEnvironments
import PoiseModels
import PoiseSimulation

/// In what a controller acts: a robot or another environment, and the settings of its designs.
public struct ControlSubject: Sendable {
  /// The robot; `nil` for an environment without one.
  public var plant: PlantModel?
  /// The task; `nil` for a robot without one.
  public var task: (any EnvironmentSpecification)?
  /// The space of actions.
  public var actionSpace: Space
  /// Whether one of the actions does nothing.
  public var hasRestingAction: Bool
  /// Whether the task is a finite problem, which can be solved exactly.
  public var isSolvable: Bool
  /// The settings of the designs.
  public var settings: ControlSettings

  /// A task; `plant` is its robot where it has one.
  public init(
    task: any EnvironmentSpecification, plant: PlantModel?, isSolvable: Bool = false, settings: ControlSettings
  ) {
    self.task = task
    self.plant = plant
    self.isSolvable = isSolvable
    self.settings = settings
    actionSpace = task.actionSpace
    hasRestingAction = task.restingAction != nil
  }

  /// A robot without a task.
  public init(_ plant: PlantModel, settings: ControlSettings) {
    self.plant = plant
    self.settings = settings
    isSolvable = false
    hasRestingAction = true
    actionSpace = Space(plant.robot.actuators.map { Space.Element(name: $0.name, bounds: -1...1) })
  }

  /// The simulator of the plant, as `LQRSettings.usesDirectSolver` says.
  func stepper() throws -> ControlStepper {
    guard var plant else { preconditionFailure("a design for a task without a robot") }
    if settings.lqr.usesDirectSolver { plant.physics.solver = .direct }
    return try ControlStepper(plant)
  }
}
