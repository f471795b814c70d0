public import PoiseCore
public import PoiseModels

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

/// Holds a pose by a servo at each actuator.
struct HoldController: Controller {
  var gains: HoldGains
  var name: String { "hold" }
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

extension HoldGains {
  /// Servos that hold the reference pose of each actuator's joint, [actuators].
  func standing(_ robot: RobotModel) -> [Robot.Servo] {
    robot.actuators.map { servo(of: $0, at: robot.joints[$0.joint].reference) }
  }
}
