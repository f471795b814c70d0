import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

/// ODE's joint accelerations against those of Featherstone's algorithms on the same description.
@Suite("Generalised accelerations")
struct AccelerationTests {
  /// (v₁ − v₀)/h of one step from a given state, in generalised coordinates.
  static func acceleration(
    _ model: RobotModel, _ state: GeneralizedState, controls: [Double], setting: Setting = .reference,
    timeStep: Double? = nil
  ) throws -> [Double] {
    var physics = setting.physics(of: model, timeStep: timeStep)
    let h = physics.timeStep
    physics.isContactEnabled = false
    let robot = try Robot(model, physics: physics)
    let reference = ReferenceDynamics(model)
    robot.place(reference.configuration(state))
    for (index, control) in controls.enumerated() { robot.setControl(control, of: index) }
    robot.step()
    // ODE's new velocities obey the joints at the old poses; what they mean for the new ones is a fit (see `velocities`).
    let after = reference.state(of: robot, near: state.positions)
    return zip(after.velocities, state.velocities).map { ($0 - $1) / h }
  }

  @Test(
    "agree with the recursive algorithms for random poses, velocities and torques", arguments: ShippedRobot.allCases)
  func agree(robot: ShippedRobot) throws {
    let model = try robot.model
    let reference = ReferenceDynamics(model)
    var random = RandomStream(seed: 11, purpose: .testing)
    var worst = 0.0
    for _ in 0..<20 {
      let state = reference.randomState(using: &random, speed: 2, margin: 0.1)
      let controls = model.actuators.map { random.uniform(in: $0.controlRange ?? -1...1) }
      let expected = reference.accelerations(state, forces: reference.actuatorForces(state, controls: controls))
      // A step's mean acceleration is off by O(h); two steps give the limit to O(h²).
      let whole = try Self.acceleration(model, state, controls: controls, timeStep: 2e-4)
      let half = try Self.acceleration(model, state, controls: controls, timeStep: 1e-4)
      let limit = zip(whole, half).map { 2 * $1 - $0 }
      worst = max(worst, relativeDifference(limit, expected))
    }
    report(robot.rawValue, .reference, "joint accelerations", worst * 100, "% of the largest")
    #expect(worst < (robot == .cartpole ? 3e-7 : 5e-3))
  }

  /// At 5 ms a damper on a light arm takes most of a push within the step, in the continuous equations and in ours alike but
  /// not equally, so the step is compared with the same implicit step in joint coordinates: what is left is the solver's
  /// error and that of moving bodies along straight lines.
  @Test("as shipped, a step is the implicit step of the joint coordinates", arguments: ShippedRobot.allCases)
  func shippedStep(robot: ShippedRobot) throws {
    let model = try robot.model
    let reference = ReferenceDynamics(model)
    let h = model.physics.timeStep
    var random = RandomStream(seed: 12, purpose: .testing)
    var worst = 0.0
    for _ in 0..<20 {
      let state = reference.randomState(using: &random, speed: 1, margin: 0.1)
      let controls = model.actuators.map { 0.2 * random.uniform(in: $0.controlRange ?? -1...1) }
      let forces = reference.actuatorForces(state, controls: controls)
      let expected = reference.semiImplicitStep(state, by: h, forces: forces).velocities
      let found = try Self.acceleration(model, state, controls: controls, setting: .shipped)
      worst = max(worst, relativeDifference(found, zip(expected, state.velocities).map { ($0 - $1) / h }))
    }
    report(robot.rawValue, .shipped, "accelerations of a step", worst * 100, "% of the largest")
    let bounds: [ShippedRobot: Double] = [.pendulum: 1.2e-6, .cartpole: 6.5e-3, .humanoid: 0.1]
    #expect(worst < bounds[robot] ?? 0)
  }
}
