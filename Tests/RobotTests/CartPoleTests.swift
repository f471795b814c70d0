import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("The cart-pole")
struct CartPoleTests {
  static let equations = CartPoleEquations(cartMass: 1, poleMass: 0.1, poleLength: 1, gravity: 9.8)

  static func robot(_ setting: Setting, angle: Double) throws -> Robot {
    let model = try ShippedRobot.cartpole.model
    let robot = try Robot(model, physics: setting.physics(of: model))
    var start = JointConfiguration(reference: model)
    start.positions[1] = angle
    robot.place(start)
    return robot
  }

  @Test("hanging, follows its Lagrangian equations under random forces for 5 s", arguments: Setting.allCases)
  func followsEquations(setting: Setting) throws {
    let robot = try Self.robot(setting, angle: .pi)
    let h = robot.world.parameters.timeStep
    let perForce = Int((0.02 / h).rounded())
    var random = RandomStream(seed: 3, purpose: .testing)
    // Forces small enough to stay between the ends of the rail.
    let forces = (0..<250).map { _ in random.uniform(in: -1.5...1.5) }
    let expected = Self.equations.trajectory(from: .init(x: 0, θ: .pi), forces: forces, interval: 0.02)
    var positions: [(x: Double, θ: Double)] = [(0, .pi)]
    for force in forces {
      robot.setControl(force, of: 0)
      robot.step(perForce)
      let q = robot.world.readJoints().positions
      positions.append((q[0], q[1] > 0 ? q[1] : q[1] + 2 * .pi))
    }
    let x = SampledSignal(interval: 0.02, values: expected.map(\.x))
    let θ = SampledSignal(interval: 0.02, values: expected.map(\.θ))
    #expect(x.values.allSatisfy { abs($0) < 2.3 }, "the reference must stay on the rail")
    let errors = zip(positions, expected).map { (abs($0.x - $1.x) / x.range, abs($0.θ - $1.θ) / θ.range) }
    let worst = errors.map { max($0.0, $0.1) }.max() ?? .infinity
    report("cartpole", setting, "distance from Runge–Kutta in 5 s", worst * 100, "% of the range")
    #expect(worst < (setting == .reference ? 3.5e-3 : 1.8e-2))
  }

  @Test("upright, a small tilt grows at the linearised rate", arguments: Setting.allCases)
  func growthRate(setting: Setting) throws {
    let robot = try Self.robot(setting, angle: 1e-4)
    let h = robot.world.parameters.timeStep
    var tilt: [Double] = []
    for _ in 0..<Int(1.2 / h) {
      tilt.append(robot.world.readJoints().positions[1])
      robot.step()
    }
    let rate = SampledSignal(interval: h, values: tilt).hyperbolicRate(lag: Int(0.3 / h))
    let error = abs(rate / Self.equations.uprightGrowthRate - 1)
    report("cartpole", setting, "growth rate of a tilt", error * 100, "%")
    #expect(error < (setting == .reference ? 3.6e-6 : 5e-5))
  }
}
