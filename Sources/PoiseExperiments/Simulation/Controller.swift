public import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseNetworks

/// Who drives the robot: a trained policy, or a baseline that a trained one must beat.
public enum Controller: Sendable {
  case policy(Policy, name: String)
  case baseline(BaselineController)

  public var name: String {
    switch self {
    case .policy(_, let name): name
    case .baseline(let baseline): baseline.rawValue
    }
  }
}

/// A controller at the wheel of one world, for one episode after the other.
struct ControllerDriver {
  private let controller: Controller
  private let scenario: LoadedScenario
  /// For a policy: one row of its network.
  private var workspace: PolicyWorkspace?
  /// [actuators]
  private var action: [Float]
  /// For `hold`: what each actuator follows in this episode.
  private var servos: [Robot.Servo] = []
  private var random = RandomStream(seed: 0, purpose: .controller)
  /// rad or m: where a person holds each actuator's joint, [actuators]; `nil` for the controller's own.
  private var targets: [Double?]

  init(_ controller: Controller, _ scenario: LoadedScenario, instructionSet: InstructionSet) {
    self.controller = controller
    self.scenario = scenario
    action = scenario.task.actionScaling.map(\.restingAction)
    targets = Array(repeating: nil, count: action.count)
    if case .policy(let policy, _) = controller {
      workspace = PolicyWorkspace(policy, rowCapacity: 1, instructionSet: instructionSet)
    }
  }

  /// Call it when the environment stands at the start of episode `number` of a root seed.
  mutating func begin(_ environment: TaskEnvironment, seed: UInt64, number: Int) {
    random = RandomStream(seed: seed, purpose: .controller, index: number)
    for actuator in targets.indices where targets[actuator] != nil { drive(actuator, to: nil, environment) }
    if case .baseline(.hold) = controller { servos = scenario.holdServos(environment.snapshot.jointPositions) }
  }

  /// Lets an actuator hold its joint at a position, or gives it back to the controller.
  mutating func drive(_ actuator: Int, to target: Double?, _ environment: TaskEnvironment) {
    targets[actuator] = target
    environment.robot.setServo(target.map { servo(actuator, at: $0) }, of: actuator)
  }

  private func servo(_ actuator: Int, at target: Double) -> Robot.Servo {
    let gains = scenario.holdServos(Array(repeating: 0, count: scenario.model.scalarJoints.count))[actuator]
    return Robot.Servo(target: target, stiffness: gains.stiffness, damping: gains.damping)
  }

  /// One control step of the environment, from the observation that it stands at to the next one, [observations].
  mutating func step(_ environment: TaskEnvironment, _ observation: inout [Float]) -> StepOutcome {
    switch controller {
    case .policy: Self.act(&workspace, observation, &action)
    case .baseline(.zero): break
    case .baseline(.random): for j in action.indices { action[j] = Float(random.uniform(in: -1...1)) }
    case .baseline(.hold):
      var servos = servos
      for actuator in servos.indices {
        if let target = targets[actuator] { servos[actuator] = servo(actuator, at: target) }
      }
      var span = observation.mutableSpan
      return environment.step(servos: servos, into: &span)
    }
    var span = observation.mutableSpan
    return environment.step(action.span, into: &span)
  }

  private static func act(_ workspace: inout PolicyWorkspace?, _ observation: [Float], _ action: inout [Float]) {
    var span = action.mutableSpan
    workspace?.act(observation.span, into: &span)
  }
}

extension ActionScaling {
  /// The action in −1 … 1 whose control is 0, or nearest to it: no torque.
  var restingAction: Float { halfWidth > 0 ? Float(min(1, max(-1, action(0)))) : 0 }
}
