import Foundation
import PoiseCore
import PoiseModels
import TestSupport
import Testing

@Suite("Closed forms")
struct ClosedFormTests {
  /// K(sin 45°) = 1.8540746773013719 (Abramowitz and Stegun 1964, table 17.1), so T ω₀ = 4 K at 90°.
  @Test("give the tabulated period at 90°")
  func tabulatedPeriod() {
    #expect(abs(ClosedForms.pendulumPeriod(amplitude: .pi / 2, frequency: 1) - 4 * 1.854_074_677_301_371_9) < 1e-14)
    #expect(abs(ClosedForms.pendulumPeriod(amplitude: 1e-6, frequency: 3) - 2 * .pi / 3) < 1e-12)
  }

  @Test("give the period of the integrated pendulum", arguments: [5.0, 90, 170])
  func period(degrees: Double) throws {
    let amplitude = degrees * .pi / 180
    let dynamics = ReferenceDynamics(ReferenceModels.pendulum())
    // A rod of 1 kg and 1 m at g = 10: ω₀² = m g (l/2) / (m l²/3) = 15.
    let ω0 = ClosedForms.pendulumFrequency(mass: 1, distance: 0.5, inertia: 1.0 / 3, gravity: 10)
    #expect(abs(ω0 * ω0 - 15) < 1e-13)
    let (states, h) = (swing(dynamics, from: amplitude, steps: 12_000, by: 0.001), 0.001)
    let signal = SampledSignal(
      interval: h, values: states.map { $0.positions[0] }, rates: states.map { $0.velocities[0] })
    let exact = ClosedForms.pendulumPeriod(amplitude: amplitude, frequency: ω0)
    #expect(abs(try #require(signal.period()) / exact - 1) < 1e-10)
    // Straight lines between the samples cost little at a swing's centre.
    let straight = SampledSignal(interval: h, values: signal.values)
    #expect(abs(try #require(straight.period()) / exact - 1) < 1e-7)
  }

  @Test("give the angle and speed of the integrated pendulum at every moment", arguments: [0.1, 1.5, 3.0])
  func angle(amplitude: Double) {
    let dynamics = ReferenceDynamics(ReferenceModels.pendulum())
    let ω0 = 15.0.squareRoot()
    for (index, state) in swing(dynamics, from: amplitude, steps: 3_000, by: 0.001).enumerated() {
      let exact = ClosedForms.pendulumAngle(amplitude: amplitude, frequency: ω0, time: Double(index) * 0.001)
      #expect(abs(state.positions[0] - exact) < 1e-9)
      let speed = ClosedForms.pendulumSpeed(angle: exact, amplitude: amplitude, frequency: ω0)
      #expect(abs(abs(state.velocities[0]) - speed) < 2e-7)
    }
  }

  private func swing(
    _ dynamics: ReferenceDynamics, from angle: Double, steps: Int, by h: Double
  ) -> [GeneralizedState] {
    var states = [GeneralizedState(positions: [angle], velocities: [0])]
    for _ in 0..<steps { states.append(dynamics.rungeKuttaStep(states[states.count - 1], by: h)) }
    return states
  }

  @Test("give the steps of implicit damping, with and without a torque", arguments: [0.002, 0.2], [0.0, 0.7])
  func implicitDamping(inertia: Double, torque: Double) {
    var model = RobotModel(named: "wheel", gravity: .zero)
    let wheel = model.addBody(
      "wheel", inertia: .init(mass: 1, centerOfMass: .zero, tensor: inertia * Matrix3.identity))
    model.addJoint("hinge", .hinge, of: wheel, axis: [1, 2, 3])
    model.joints[0].damping = 10 * inertia
    let dynamics = ReferenceDynamics(model)
    var state = GeneralizedState(positions: [0], velocities: [1])
    for step in 1...20 {
      state = dynamics.semiImplicitStep(state, by: 0.005, forces: [torque])
      let exact = ClosedForms.implicitlyDampedRate(
        initial: 1, inertia: inertia, damping: 10 * inertia, torque: torque, timeStep: 0.005, steps: step)
      #expect(abs(state.velocities[0] - exact) < 1e-12 * max(1, abs(exact)))
    }
    let single = dynamics.implicitlyDampedVelocities(GeneralizedState(positions: [0.3], velocities: [2]), by: 0.005)
    #expect(abs(single[0] - 2 / 1.05) < 1e-13)
    // ODE.md measured 0.3769 after 0.1 s at a rate of 10/s and 5 ms; exp says 0.3679.
    if torque == 0 {
      #expect(abs(state.velocities[0] - 0.3769) < 5e-5)
      #expect(
        abs(ClosedForms.dampedRate(initial: 1, inertia: inertia, damping: 10 * inertia, time: 0.1) - 0.3679) < 5e-5)
    }
  }

  @Test("give the precession of a free symmetric top")
  func symmetricTop() {
    let inertia = RobotModel.Inertia(mass: 2, centerOfMass: [0.1, 0, 0.2], tensor: Matrix3(diagonal: [0.3, 0.3, 0.5]))
    let dynamics = ReferenceDynamics(ReferenceModels.freeBody(inertia))
    var state = dynamics.referenceState
    let initial: Vector3 = [1, -0.5, 4]
    state.velocities = [0, 0, 0, initial.x, initial.y, initial.z]
    for _ in 0..<2_000 { state = dynamics.rungeKuttaStep(state, by: 0.001) }
    let exact = ClosedForms.symmetricTop(initial: initial, transverse: 0.3, axial: 0.5, time: 2)
    #expect(relativeDifference(Array(state.velocities[3...]), [exact.x, exact.y, exact.z]) < 1e-10)
  }

  @Test("know when a box slides or tips")
  func slope() {
    let α = ClosedForms.frictionAngle(coefficient: 0.5)
    #expect(abs(α - 0.463_647_609_000_806_1) < 1e-15)
    #expect(ClosedForms.slopeAcceleration(angle: α - 0.03, coefficient: 0.5, gravity: 9.81) == 0)
    // At 45° and μ = 0.5: g (1 − 0.5) / √2.
    #expect(
      abs(ClosedForms.slopeAcceleration(angle: .pi / 4, coefficient: 0.5, gravity: 10) - 3.535_533_905_932_737_6)
        < 1e-14)
    #expect(ClosedForms.tips(angle: α, length: 0.1, height: 0.3))
    #expect(!ClosedForms.tips(angle: α, length: 0.2, height: 0.3))
  }
}
