import Foundation
import PoiseCore
import PoiseModels

/// Swings a pole up by its energy, and hands it over to a regulator in the regulator's basin.
///
/// **A torque at the hinge** changes the energy by torque × rate, so the action goes with the rate while energy is missing and against it
/// when there is too much:
///
///     u = −κ e θ̇/ω₀,   e = E ÷ 2g (−1 hanging, 0 upright), ω₀ the natural frequency of the hanging pole.
///
/// **A cart** changes it by −c cos φ θ̇ ẍ. Its wanted acceleration is
///
///     ẍ = g₀ κ e cos φ θ̇/ω₀ − k x − d ẋ,
///
/// and the force that gives it follows from the equations of motion (partial feedback linearisation). The last two terms keep it on its
/// rail. Source: Åström and Furuta 2000, "Swinging up a pendulum by energy control", eq. 7 and 8; Spong 1994 for the force.
///
/// Upright means in the basin: xᵀ X x of the regulator is below the level that `RegulatorBasin` found in the simulator.
public struct EnergyController: Controller {
  /// The regulator that takes over.
  public let regulator: LQRDesign
  /// The cost to go below which it does.
  public let basinLevel: Double
  private let pole: PoleRobot
  private let settings: EnergySettings
  /// From torque or force to action: action = effort ÷ scale − offset.
  private let effortScale, effortOffset: Double

  public var name: String { "energy" }

  /// Measures a robot and designs its regulator.
  ///
  /// - Throws: `ControlDesignError` for a robot that is no pole, or whose upright pose cannot be held.
  init(_ stepper: ControlStepper, _ settings: ControlSettings) throws(ControlDesignError) {
    pole = try PoleRobot(stepper)
    self.settings = settings.energy
    let plant = stepper.plant
    effortScale = plant.effortsOfActions[0]
    effortOffset = plant.centers[0] / plant.halfWidths[0]
    regulator = try LQRDesign(
      stepper, pose: pole.uprightPose(plant.robot), action: plant.restingAction, settings: settings.lqr)
    basinLevel = RegulatorBasin(regulator, stepper).level
  }

  public func makeDriver() -> any ControllerDriver { Driver(law: self) }

  /// The action in a state, [1].
  func action(for state: JointConfiguration) -> [Double] {
    regulator.costToGo(state) <= basinLevel ? regulator.action(for: state) : [swing(state)]
  }

  private func swing(_ state: JointConfiguration) -> Double {
    let e = pole.energyShare(state)
    let ω0 = pole.naturalFrequency
    var rate = state.velocities[pole.hinge] / ω0
    // A pole that hangs still has no rate to go with: it is pushed.
    if e < -0.9, abs(rate) < 0.05 { rate = rate < 0 ? -0.05 : 0.05 }
    guard let cart = pole.cart else {
      let share = min(1, max(-1, -(settings.gain ?? 100) * e * rate))
      // A share of the full effort, to whichever side the actuator turns.
      return (effortScale < 0 ? -share : share) - (abs(share) < 1 ? effortOffset : 0)
    }
    let φ = state.positions[pole.hinge] - pole.upright
    let θ̇ = state.velocities[pole.hinge]
    let drive = (pole.coupling < 0 ? -1 : 1) * 9.81 * (settings.gain ?? 4) * e * rate * cos(φ)
    let limit = abs(effortScale) / pole.mass
    let acceleration = min(
      limit,
      max(
        -limit,
        drive - settings.centering * (state.positions[cart] - pole.middle)
          - settings.cartDamping * state.velocities[cart]))
    let poleAcceleration =
      (pole.weightMoment * sin(φ) - pole.coupling * cos(φ) * acceleration) / pole.inertia
    let force =
      pole.mass * acceleration + pole.coupling * (poleAcceleration * cos(φ) - θ̇ * θ̇ * sin(φ))
    return min(1, max(-1, force / effortScale - effortOffset))
  }

  private struct Driver: ControllerDriver {
    let law: EnergyController

    mutating func begin(_ plant: some Plant, random: RandomStream) {}

    func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
      guard let robot = plant.robot else { preconditionFailure("a swing-up without a robot") }
      return .action(law.action(for: robot.configuration()))
    }
  }
}
