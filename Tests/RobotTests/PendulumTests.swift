import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("The pendulum")
struct PendulumTests {
  /// Relative error of the period of a swing of `amplitude` degrees about the hanging position.
  static func periodError(amplitude: Double, setting: Setting, timeStep: Double? = nil) throws -> Double {
    let model = try ShippedRobot.pendulum.model
    let robot = try Robot(model, physics: setting.physics(of: model, timeStep: timeStep))
    let h = robot.world.parameters.timeStep
    var start = JointConfiguration(reference: model)
    start.positions[0] = .pi - amplitude * .pi / 180
    robot.place(start)
    var angles: [Double] = []
    var rates: [Double] = []
    for _ in 0..<Int(40 / h) {
      let (q, v) = robot.world.readJoints()
      // About the hanging position, without the jump at ±π.
      angles.append(q[0] - (q[0] > 0 ? .pi : -.pi))
      rates.append(v[0])
      robot.step()
    }
    let period = try #require(SampledSignal(interval: h, values: angles, rates: rates).period())
    let frequency = ClosedForms.pendulumFrequency(mass: 1, distance: 0.5, inertia: 1.0 / 3, gravity: 10)
    let expected = ClosedForms.pendulumPeriod(amplitude: amplitude * .pi / 180, frequency: frequency)
    return abs(period / expected - 1)
  }

  // Bounds here and in the other tests of robots are at most three times what Benchmarks/README.md tells.
  @Test(
    "swings with the period of the elliptic integral",
    arguments: [(5.0, 1.8e-6, 4.5e-3), (90.0, 1e-11, 7.5e-6), (170.0, 1.8e-6, 4.5e-3)])
  func period(amplitude: Double, bound: Double, shippedBound: Double) throws {
    let error = try Self.periodError(amplitude: amplitude, setting: .reference)
    report("pendulum", .reference, "period at \(Int(amplitude))°", error * 100, "%")
    #expect(error < bound)
    let shipped = try Self.periodError(amplitude: amplitude, setting: .shipped)
    report("pendulum", .shipped, "period at \(Int(amplitude))°", shipped * 100, "%")
    #expect(shipped < shippedBound)
  }

  @Test("swings truer with smaller steps", arguments: [5.0, 170.0])
  func convergence(amplitude: Double) throws {
    let errors = try [0.02, 0.01, 0.005].map {
      try Self.periodError(amplitude: amplitude, setting: .reference, timeStep: $0)
    }
    #expect(errors[0] > errors[1] && errors[1] > errors[2], "\(errors)")
  }

  @Test("loses no energy in a minute of swinging", arguments: Setting.allCases)
  func energy(setting: Setting) throws {
    let model = try ShippedRobot.pendulum.model
    let robot = try Robot(model, physics: setting.physics(of: model))
    var start = JointConfiguration(reference: model)
    start.positions[0] = 0.3
    robot.place(start)
    let h = robot.world.parameters.timeStep
    // Where the rod passes its lowest point, its energy is kinetic; compare the first and the last such speeds.
    var speeds: [Double] = []
    for _ in 0..<Int(60 / h) {
      robot.step()
      let (q, v) = robot.world.readJoints()
      if abs(abs(q[0]) - .pi) < abs(v[0]) * h { speeds.append(abs(v[0])) }
    }
    let expected = (2 * 10 * (1 + cos(0.3)) / 2 * 3).squareRoot()
    let drift = abs((speeds.suffix(10).max() ?? 0) / (speeds.prefix(10).max() ?? 1) - 1)
    report("pendulum", setting, "speed lost in 60 s", drift * 100, "%")
    #expect(drift < (setting == .reference ? 1.4e-7 : 1.1e-4))
    #expect(abs((speeds.max() ?? 0) / expected - 1) < 0.05)
  }

  @Test("is Gymnasium's integrator at its step of 50 ms: semi-implicit Euler to rounding")
  func semiImplicitEuler() throws {
    let model = try ShippedRobot.pendulum.model
    let robot = try Robot(model, maximumJointSpeed: 8)
    let h = robot.world.parameters.timeStep
    #expect(h == 0.05)
    var random = RandomStream(seed: 7, purpose: .testing)
    var configuration = JointConfiguration(reference: model)
    configuration.positions[0] = 2.5
    configuration.velocities[0] = 0.7
    robot.place(configuration)
    var (θ, ω) = (2.5, 0.7)
    for _ in 0..<200 {
      let torque = random.uniform(in: -2...2)
      robot.setControl(torque, of: 0)
      robot.step()
      ω = min(8, max(-8, ω + (3 * 10 / 2 * sin(θ) + 3 * torque) * h))
      θ += ω * h
      let (q, v) = robot.world.readJoints()
      #expect(abs(remainder(q[0] - θ, 2 * .pi)) < 1e-6)
      #expect(abs(v[0] - ω) < 1e-6)
    }
  }
}
