public import PoiseCore
import PoiseEnvironments
public import PoiseModels

/// Baselines: controllers that do not learn, which a trained one must beat.
public enum BaselineController: String, Sendable, CaseIterable {
  /// The action that exerts no torque.
  case zero
  /// Actions that are drawn uniformly from the action space in every control step.
  case random
  /// Proportional–derivative control of a pose at the physics rate, within the torque limits.
  case hold

  /// The baselines for a plant: `zero` where there is a resting action, `hold` where there is a robot, and `random`.
  public static func all(hasRestingAction: Bool, hasRobot: Bool) -> [Self] {
    allCases.filter { $0 == .random || ($0 == .zero ? hasRestingAction : hasRobot) }
  }

  /// The controller.
  ///
  /// - Parameter gains: the gains of `hold`; the others ignore them.
  public func controller(_ gains: HoldGains) -> any Controller {
    switch self {
    case .zero: RestingController()
    case .random: RandomController()
    case .hold: HoldController(gains: gains)
    }
  }
}

/// Chooses the resting action.
struct RestingController: Controller, ControllerDriver {
  var name: String { BaselineController.zero.rawValue }
  func makeDriver() -> any ControllerDriver { self }
  mutating func begin(_ plant: some Plant, random: RandomStream) {}

  func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
    guard let action = plant.restingAction else {
      preconditionFailure("a plant without a resting action cannot rest")
    }
    return .action(action)
  }
}

/// Draws from the action space.
struct RandomController: Controller {
  var name: String { BaselineController.random.rawValue }
  func makeDriver() -> any ControllerDriver { Driver() }

  struct Driver: ControllerDriver {
    private var random = RandomStream(seed: 0, purpose: .controller)

    mutating func begin(_ plant: some Plant, random: RandomStream) { self.random = random }

    mutating func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
      .action(draw(plant.actionSpace))
    }

    private mutating func draw(_ space: Space) -> [Double] {
      switch space {
      case .discrete(let names): [Double(random.index(below: names.count))]
      case .composite(let parts): parts.flatMap { draw($0.space) }
      case .box, .image: (0..<space.count).map { _ in random.uniform(in: -1...1) }
      }
    }
  }
}

/// Holds a pose by a servo at each actuator.
struct HoldController: Controller {
  var gains: HoldGains
  var name: String { BaselineController.hold.rawValue }
  func makeDriver() -> any ControllerDriver { Driver(gains: gains) }

  struct Driver: ControllerDriver {
    let gains: HoldGains
    private var servos: [Robot.Servo] = []

    init(gains: HoldGains) { self.gains = gains }

    mutating func begin(_ plant: some Plant, random: RandomStream) {
      guard let robot = plant.robot else { preconditionFailure("a plant without a robot has no pose to hold") }
      let positions = robot.configuration().positions
      servos = robot.model.actuators.map { actuator in
        let target =
          switch gains.target {
          case .start: robot.model.scalarJoints.firstIndex(of: actuator.joint).map { positions[$0] } ?? 0
          case .reference: robot.model.joints[actuator.joint].reference
          }
        return gains.servo(of: actuator, at: target)
      }
    }

    func command(_ plant: some Plant, observation: [Float]) -> ControlCommand { .servos(servos) }
  }
}

/// The gains of `hold`, relative to the largest torque or force L of a joint's actuator (N·m or N).
public struct HoldGains: Configurable, Hashable {
  /// The pose that is held: that at the start of the episode, or the model's reference pose.
  public enum Target: String, CaseIterable, Sendable { case start, reference }

  /// What an episode of a task holds.
  public var target = Target.start
  /// Stiffness ÷ L, 1/rad or 1/m: at a distance of 1/`stiffness` from the pose the actuator exerts L.
  public var stiffness = 4.0
  /// Damping ÷ L, s/rad or s/m.
  public var damping = 0.05

  public init() {}

  /// The servo that holds an actuator's joint at a position, rad or m.
  public func servo(of actuator: RobotModel.Actuator, at target: Double) -> Robot.Servo {
    let limit = actuator.effortLimit ?? 1
    return Robot.Servo(target: target, stiffness: stiffness * limit, damping: damping * limit)
  }

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "target", \.target, .choice,
      "start: the joint positions at the start of the episode; reference: the model's reference pose."),
    .key(
      "stiffness", \.stiffness, .number(.notNegative, unit: "1/rad or 1/m"),
      "Share of an actuator's largest torque or force for each rad or m from the pose."),
    .key(
      "damping", \.damping, .number(.notNegative, unit: "s/rad or s/m"),
      "Share of an actuator's largest torque or force for each rad/s or m/s."),
  ]
}
