import PoiseCore
public import PoiseModels

/// A law that is affine in the robot's state: u = u₀ − K x, within −1 … 1. `lqr` and `pd` are of this kind.
public struct AffineController: Controller {
  public let name: String
  /// The coordinates of x.
  public let coordinates: StateCoordinates
  /// The pose from which x is counted.
  public let pose: JointConfiguration
  /// u₀, [actions].
  public let action: [Double]
  /// K, [actions, states].
  public let gain: Matrix

  public func makeDriver() -> any ControllerDriver { Driver(law: self) }

  /// The action in a state, [actions].
  func action(for state: JointConfiguration) -> [Double] {
    zip(action, gain * coordinates.deviation(state, from: pose)).map { min(1, max(-1, $0 - $1)) }
  }

  private struct Driver: ControllerDriver {
    let law: AffineController

    mutating func begin(_ plant: some Plant, random: RandomStream) {}

    func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
      guard let robot = plant.robot else { preconditionFailure("a law of a robot's state without a robot") }
      return .action(law.action(for: robot.configuration()))
    }
  }
}

extension AffineController {
  /// The law of a regulator.
  init(_ design: LQRDesign) {
    self.init(
      name: "lqr", coordinates: design.coordinates, pose: design.system.pose,
      action: design.system.action, gain: design.gain)
  }

  /// A proportional–derivative law for each joint that a motor drives, about the pose at rest nearest to the reference pose.
  ///
  ///     u = u₀ − (ω² (q − q*) + 2 ζ ω q̇) ÷ b
  ///
  /// with b the acceleration of the joint for each unit of action, from the linearised control step: so each joint alone is an oscillator
  /// of the natural frequency ω and the damping ratio ζ. u₀ bears gravity. Where there is no pose at rest, q* is the reference pose.
  static func proportionalDerivative(_ stepper: ControlStepper, _ settings: ControlSettings) -> Self {
    let plant = stepper.plant
    let found = try? Equilibrium.near(reference: stepper, servos: settings.hold.standing(plant.robot))
    let pose = found?.pose ?? JointConfiguration(reference: plant.robot)
    let action = found?.action ?? plant.restingAction
    let linear = Linearization(stepper, pose: pose, action: action)
    let coordinates = stepper.coordinates
    let ω = 2 * Double.pi * settings.pd.frequency
    var gain = Matrix(rows: action.count, columns: coordinates.count)
    let scalars = plant.robot.scalarJoints
    for (i, actuator) in plant.robot.actuators.enumerated() {
      guard let scalar = scalars.firstIndex(of: actuator.joint) else { continue }
      let place = coordinates.position(ofScalar: scalar)
      let b = linear.b[coordinates.degreeCount + place, i] / plant.controlTimeStep
      guard b != 0 else { continue }
      gain[i, place] = ω * ω / b
      gain[i, coordinates.degreeCount + place] = 2 * settings.pd.dampingRatio * ω / b
    }
    return Self(
      name: "pd", coordinates: coordinates, pose: pose, action: action, gain: gain)
  }
}
