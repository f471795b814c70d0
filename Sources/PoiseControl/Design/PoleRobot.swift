import Foundation
import PoiseCore
import PoiseModels

/// What `energy` has to know of a robot that is a pole: turned by a torque at its hinge, or carried by a cart.
///
///     I θ̈ + c cos φ ẍ − g sin φ = effort at the hinge,   φ = θ − upright,   E = ½ I θ̇² + g (cos φ − 1)
///
/// with g = mass × gravity × distance of the centre of mass from the hinge, N·m, and c = mass × that distance, kg·m. E is 0 for the upright
/// pole at rest. All numbers are measured on the robot in its world: energies of poses.
struct PoleRobot {
  /// Numbers among the scalar joints.
  let hinge: Int
  /// `nil` where a torque turns the pole.
  let cart: Int?
  /// The angle at which the pole stands upright, rad.
  let upright: Double
  /// I about the hinge, kg·m².
  let inertia: Double
  /// g of the equations above, N·m.
  let weightMoment: Double
  /// c, kg·m, with the sign that a positive x has for φ; 0 without a cart.
  let coupling: Double
  /// Mass of cart and pole, kg; 0 without a cart.
  let mass: Double
  /// The middle of the cart's rail, m.
  let middle: Double

  /// rad/s of small swings about the hanging pose.
  var naturalFrequency: Double { (weightMoment / inertia).squareRoot() }

  /// Measures a robot.
  ///
  /// - Throws: `ControlDesignError` for a robot that is neither.
  init(_ stepper: ControlStepper) throws(ControlDesignError) {
    let robot = stepper.plant.robot
    let joints = robot.joints
    if let misfit = Self.misfit(stepper.plant) { throw misfit }
    hinge = joints.count - 1
    cart = joints.count == 1 ? nil : 0
    let pole = hinge
    let reference = JointConfiguration(reference: robot)
    func energies(angle: Double, rates: [Double]) -> (kinetic: Double, potential: Double) {
      var state = reference
      state.positions[pole] = reference.positions[pole] + angle
      state.velocities = rates
      return stepper.energies(state)
    }
    let still = reference.velocities.map { _ in 0.0 }
    // U(angle) = mean + a cos + b sin.
    let quarters: [Double] = [0, 0.5 * .pi, .pi, 1.5 * .pi]
    let u = quarters.map { energies(angle: $0, rates: still).potential }
    let (a, b) = ((u[0] - u[2]) / 2, (u[1] - u[3]) / 2)
    weightMoment = (a * a + b * b).squareRoot()
    let turn = atan2(b, a)
    upright = reference.positions[hinge] + turn
    var rates = still
    rates[hinge] = 1
    let turning = energies(angle: turn, rates: rates).kinetic
    inertia = 2 * turning + joints[hinge].armature
    if cart != nil {
      let sliding = energies(angle: turn, rates: [1, 0]).kinetic
      mass = 2 * sliding + joints[0].armature
      coupling = energies(angle: turn, rates: [1, 1]).kinetic - sliding - turning
      middle = joints[0].range.map { ($0.lowerBound + $0.upperBound) / 2 } ?? joints[0].reference
    } else {
      (mass, coupling, middle) = (0, 0, 0)
    }
    guard weightMoment > 1e-9, cart == nil || abs(coupling) > 1e-9 else {
      throw ControlDesignError(
        found: "a pole that gravity, or its cart, does not turn", allowed: "a pole that falls",
        remedy: "Turn the hinge's axis so that it is level.")
    }
  }

  /// Why a robot is neither, by its joints and motors; `nil` if it is one.
  static func misfit(_ plant: PlantModel) -> ControlDesignError? {
    let robot = plant.robot
    let kinds = robot.joints.map(\.kind)
    if kinds == [.hinge] || kinds == [.slide, .hinge], robot.actuators.count == 1, robot.actuators[0].joint == 0,
      robot.actuators[0].law == .motor, plant.effortsOfActions[0] != 0
    {
      return nil
    }
    let names = kinds.map(\.rawValue)
    let text = names.count > 4 ? "\(names.count) joints" : "joints of the kinds \(names.joined(separator: ", "))"
    return ControlDesignError(
      found: "a robot with \(text) and \(robot.actuators.count) actuator\(robot.actuators.count == 1 ? "" : "s")",
      allowed:
        "a hinge with a motor, or a slide with a motor that carries a hinge without one: what swings up by its energy",
      remedy: "Take lqr or plan.")
  }

  /// The pose that stands upright, with the cart in the middle.
  func uprightPose(_ robot: RobotModel) -> JointConfiguration {
    var pose = JointConfiguration(reference: robot)
    pose.positions[hinge] = upright
    if let cart { pose.positions[cart] = middle }
    return pose
  }

  /// E ÷ 2g: −1 for the hanging pole at rest, 0 for the upright one.
  func energyShare(_ state: JointConfiguration) -> Double {
    let rate = state.velocities[hinge]
    let φ = state.positions[hinge] - upright
    return (0.5 * inertia * rate * rate + weightMoment * (cos(φ) - 1)) / (2 * weightMoment)
  }
}
