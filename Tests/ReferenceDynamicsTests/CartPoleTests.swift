import Foundation
import PoiseCore
import PoiseModels
import TestSupport
import Testing

@Suite("Cart-pole by Lagrange")
struct CartPoleTests {
  private let equations = CartPoleEquations(cartMass: 1, poleMass: 0.1, poleLength: 1, gravity: 9.81)
  private let dynamics = ReferenceDynamics(ReferenceModels.cartPole())

  @Test("accelerates as the reference dynamics do, in every pose, damped too", arguments: 0..<20)
  func accelerations(seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: .testing)
    var equations = CartPoleEquations(cartMass: 1.7, poleMass: 0.6, poleLength: 0.8, gravity: 9.81)
    var model = ReferenceModels.cartPole(cartMass: 1.7, poleMass: 0.6, poleLength: 0.8)
    equations.cartDamping = random.uniform(in: 0...2)
    equations.poleDamping = random.uniform(in: 0...0.5)
    model.joints[0].damping = equations.cartDamping
    model.joints[1].damping = equations.poleDamping
    let state = CartPoleEquations.State(
      x: random.uniform(in: -2...2), θ: random.uniform(in: -4...4), ẋ: random.uniform(in: -3...3),
      θ̇: random.uniform(in: -9...9))
    let (force, torque) = (random.uniform(in: -10...10), random.uniform(in: -1...1))
    let other = ReferenceDynamics(model).accelerations(
      GeneralizedState(positions: [state.x, state.θ], velocities: [state.ẋ, state.θ̇]), forces: [force, torque])
    let (ẍ, θ̈) = equations.accelerations(state, force: force, torque: torque)
    #expect(relativeDifference([ẍ, θ̈], other) < 1e-12)
  }

  @Test("hanging, under random forces, ends where the reference dynamics end")
  func trajectory() {
    var random = RandomStream(seed: 1, purpose: .testing)
    let forces = (0..<100).map { _ in random.uniform(in: -10...10) }
    let states = equations.trajectory(from: .init(x: 0, θ: .pi), forces: forces, interval: 0.05, substeps: 50)
    var state = GeneralizedState(positions: [0, .pi], velocities: [0, 0])
    for (index, force) in forces.enumerated() {
      for _ in 0..<50 { state = dynamics.rungeKuttaStep(state, by: 0.001, forces: { _, _ in [force, 0] }) }
      let other = states[index + 1]
      #expect(relativeDifference(state.positions + state.velocities, [other.x, other.θ, other.ẋ, other.θ̇]) < 1e-9)
    }
  }

  @Test("keeps its energy without damping and force")
  func energy() {
    let states = equations.trajectory(
      from: .init(x: 0, θ: 2, ẋ: 1, θ̇: 3), forces: [Double](repeating: 0, count: 500), interval: 0.01)
    let energies = SampledSignal(interval: 0.01, values: states.map(equations.energy))
    #expect(energies.worstDrift < 1e-9)
    // The same function of the state as the reference dynamics', which puts zero at the rail's height.
    let last = states[states.count - 1]
    let other = dynamics.energy(GeneralizedState(positions: [last.x, last.θ], velocities: [last.ẋ, last.θ̇]))
    #expect(abs(other - energies.values[energies.values.count - 1]) < 1e-12)
  }

  @Test("leaves upright at the linearised rate", arguments: [(0.0, 0.0), (0.0, 0.02), (3.0, 0.02)])
  func growth(cartDamping: Double, poleDamping: Double) {
    var equations = equations
    (equations.cartDamping, equations.poleDamping) = (cartDamping, poleDamping)
    let states = equations.trajectory(
      from: .init(x: 0, θ: 1e-9), forces: [Double](repeating: 0, count: 300), interval: 0.01)
    // Late enough that the other modes have died away, early enough to be linear: θ < 2e-4.
    let late = SampledSignal(interval: 0.01, values: states[150...].map(\.θ))
    #expect(abs(late.exponentialRate / equations.uprightGrowthRate - 1) < 2e-4)
    if cartDamping == 0, poleDamping == 0 {
      // m g l (M + m) / ((M + m) J − m² l²) with J = 1/30: 0.05 · 9.81 · 1.1 / (1.1/30 − 0.0025).
      #expect(abs(equations.uprightGrowthRate - (0.53955 / (1.1 / 30 - 0.0025)).squareRoot()) < 1e-13)
      // From rest both modes are there from the start: the hyperbolic fit needs no waiting.
      let whole = SampledSignal(interval: 0.01, values: states.map(\.θ))
      #expect(abs(whole.hyperbolicRate(lag: 50) / equations.uprightGrowthRate - 1) < 1e-6)
    }
  }

  @Test("swings about hanging at its linearised frequency")
  func hanging() throws {
    let states = equations.trajectory(
      from: .init(x: 0, θ: .pi + 1e-4), forces: [Double](repeating: 0, count: 1000), interval: 0.01)
    let signal = SampledSignal(interval: 0.01, values: states.map(\.θ), rates: states.map(\.θ̇))
    #expect(abs(try #require(signal.period(about: .pi)) * equations.hangingFrequency / (2 * .pi) - 1) < 1e-7)
  }
}
