import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseTasks

/// Drives one environment with a controller, one episode after the other.
struct EpisodeDriver {
  private var driver: any ControllerDriver
  private let actionSpace: Space
  private let restingAction: [Double]?
  /// [actions]
  private var action: [Float]
  /// Where a user of the viewer holds each actuator's joint, rad or m, [actuators]; `nil` leaves it to the controller.
  private var targets: [Double?]
  /// The gains of `hold`, with which a user holds a joint.
  private let gains: HoldGains

  init(_ controller: any Controller, _ task: any EnvironmentSpecification, gains: HoldGains = HoldGains()) {
    driver = controller.makeDriver()
    actionSpace = task.actionSpace
    restingAction = task.restingAction?.map { Double($0) }
    action = Array(repeating: 0, count: task.actionSpace.count)
    targets = Array(repeating: nil, count: (task as? BoundTask)?.model.actuators.count ?? 0)
    self.gains = gains
  }

  private func plant(_ environment: any Environment) -> EnvironmentPlant {
    EnvironmentPlant(actionSpace: actionSpace, restingAction: restingAction, world: environment)
  }

  /// Prepares the controller; call it when the environment is at the start of episode `number` of a root seed.
  mutating func begin(_ environment: any Environment, seed: UInt64, number: Int) {
    if let environment = environment as? TaskEnvironment {
      for actuator in targets.indices where targets[actuator] != nil { drive(actuator, to: nil, environment) }
    }
    driver.begin(plant(environment), random: RandomStream(seed: seed, purpose: .controller, index: number))
  }

  /// Lets an actuator hold its joint at a position, or returns it to the controller.
  mutating func drive(_ actuator: Int, to target: Double?, _ environment: TaskEnvironment) {
    targets[actuator] = target
    environment.robot.setServo(
      target.map { gains.servo(of: environment.robot.model.actuators[actuator], at: $0) }, of: actuator)
  }

  /// One control step of the environment, from the present observation to the next one, [observations].
  mutating func step(_ environment: any Environment, _ observation: inout [Float]) -> StepOutcome {
    switch driver.command(plant(environment), observation: observation) {
    case .action(let command):
      for i in action.indices { action[i] = Float(command[i]) }
      var span = observation.mutableSpan
      return environment.step(action.span, into: &span)
    case .servos(var servos):
      guard let environment = environment as? TaskEnvironment else {
        preconditionFailure("servos for an environment without a robot")
      }
      for actuator in servos.indices {
        guard let target = targets[actuator] else { continue }
        servos[actuator] = gains.servo(of: environment.robot.model.actuators[actuator], at: target)
      }
      var span = observation.mutableSpan
      return environment.step(servos: servos, into: &span)
    }
  }
}

/// An environment as its controller sees it.
private struct EnvironmentPlant: Plant {
  let actionSpace: Space
  let restingAction: [Double]?
  let world: any Environment

  var environment: (any Environment)? { world }
  var robot: Robot? { (world as? TaskEnvironment)?.robot }
}
