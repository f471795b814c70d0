import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("Reference dynamics keep what physics keeps")
struct ConservationTests {
  @Test("kinetic energy is half of v M v, and M is symmetric and positive", arguments: GoldenFile.names)
  func quadraticForm(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for state in golden.states.map(\.state) {
      let matrix = dynamics.massMatrix(at: state.positions)
      let half = 0.5 * zip(state.velocities, matrix * state.velocities).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(half / dynamics.kineticEnergy(state) - 1) < 1e-13)
      #expect(matrix.choleskyFactor() != nil)
    }
  }

  @Test("forward and inverse dynamics undo each other", arguments: GoldenFile.names)
  func inverse(name: String) throws {
    let golden = try GoldenFile.load(name)
    var model = golden.robot.conservative
    for index in model.joints.indices { model.joints[index].stiffness = 0 }
    let dynamics = ReferenceDynamics(model)
    for sample in golden.states {
      let accelerations = dynamics.accelerations(sample.state, forces: sample.applied)
      let forces = dynamics.inverseDynamics(sample.state, accelerations: accelerations)
      #expect(relativeDifference(forces, sample.applied) < 1e-10)
    }
  }

  /// dE/dt = v · (τ + dampers), by central differences.
  @Test("energy changes by the power of torques, dampers and pushes", arguments: GoldenFile.names)
  func power(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for sample in golden.states {
      let state = sample.state
      func after(_ h: Double) -> Double {
        dynamics.energy(
          dynamics.rungeKuttaStep(state, by: h, forces: { _, _ in sample.applied }, bodyForces: sample.pushes))
      }
      let pushes = dynamics.generalizedForces(of: sample.pushes, at: state.positions)
      let powers = state.velocities.indices.map {
        state.velocities[$0] * (sample.applied[$0] + pushes[$0] - dynamics.dampings[$0] * state.velocities[$0])
      }
      let scale = powers.reduce(1) { max($0, abs($1)) }
      let h = 1e-5
      #expect(abs((after(h) - after(-h)) / (2 * h) - powers.reduce(0, +)) < 1e-4 * scale)
    }
  }

  @Test("energy stays under the Runge–Kutta method, better by h⁴", arguments: GoldenFile.names)
  func energy(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot.conservative)
    var start = golden.states[0].state
    start.velocities = start.velocities.map { 0.5 * $0 }
    let errors = [400, 800].map { steps -> Double in
      var state = start
      for _ in 0..<steps { state = dynamics.rungeKuttaStep(state, by: 0.1 / Double(steps)) }
      return abs(dynamics.energy(state) - dynamics.energy(start)) / dynamics.kineticEnergy(start)
    }
    #expect(errors[1] < 1e-7)
    #expect(errors[1] < 1e-12 || convergenceOrder(errors) > 3.5, "errors \(errors)")
  }

  @Test(
    "momentum stays without gravity, whatever the joints' torques", arguments: ["free_branches", "gymnasium_humanoid"])
  func momentum(name: String) throws {
    let golden = try GoldenFile.load(name)
    var model = golden.robot.conservative
    model.physics.gravity = .zero
    // The stand's arm is held by the world.
    if name == "free_branches" { model = withoutBody(named: "arm", model) }
    let dynamics = ReferenceDynamics(model)
    var state = dynamics.referenceState
    var random = RandomStream(seed: 3, purpose: .testing)
    state.velocities = state.velocities.map { _ in random.uniform(in: -1...1) }
    let before = dynamics.momentum(state, about: .zero)
    let limbs = model.joints.indices.filter { model.joints[$0].kind != .free }.flatMap { dynamics.velocityRanges[$0] }
    for _ in 0..<200 {
      var forces = dynamics.zeroVelocities
      for index in limbs { forces[index] = random.uniform(in: -1...1) }
      state = dynamics.rungeKuttaStep(state, by: 0.001, forces: { _, _ in forces })
    }
    let after = dynamics.momentum(state, about: .zero)
    // The angular momentum is not a linear function of the state: it holds to the method's order.
    #expect((after.linear - before.linear).length < 1e-8 * max(1, before.linear.length))
    #expect((after.angular - before.angular).length < 1e-8 * max(1, before.angular.length))
  }

  @Test("random states are repeatable and stay inside the joints' ranges", arguments: 0..<5)
  func randomStates(seed: UInt64) throws {
    var model = try GoldenFile.load("gymnasium_humanoid").robot
    for index in model.joints.indices.dropFirst() { model.joints[index].range = -0.5...0.2 }
    let dynamics = ReferenceDynamics(model)
    var random = RandomStream(seed: seed, purpose: .testing)
    var again = random
    let state = dynamics.randomState(using: &random, speed: 2, margin: 0.1)
    #expect(state == dynamics.randomState(using: &again, speed: 2, margin: 0.1))
    #expect(state.positions[7...].allSatisfy { -0.4 <= $0 && $0 <= 0.1 })
    #expect(Set(state.positions).count == state.positions.count)
    #expect(state.velocities.allSatisfy { abs($0) <= 2 })
    #expect(abs(state.positions[3...6].reduce(0) { $0 + $1 * $1 } - 1) < 1e-14)
  }

  private func withoutBody(named name: String, _ model: RobotModel) -> RobotModel {
    var model = model
    guard let index = model.bodies.firstIndex(where: { $0.name == name }) else { return model }
    model.bodies.remove(at: index)
    model.joints.removeAll { $0.body == index }
    for i in model.bodies.indices { if let p = model.bodies[i].parent, p > index { model.bodies[i].parent = p - 1 } }
    for i in model.joints.indices where model.joints[i].body > index { model.joints[i].body -= 1 }
    return model
  }

  @Test("momentum grows by gravity and pushes", arguments: ["free_branches", "gymnasium_humanoid"])
  func fall(name: String) throws {
    let golden = try GoldenFile.load(name)
    let model = withoutBody(named: "arm", golden.robot.conservative)
    let dynamics = ReferenceDynamics(model)
    var random = RandomStream(seed: 4, purpose: .testing)
    var state = dynamics.referenceState
    state.velocities = state.velocities.map { _ in random.uniform(in: -1...1) }
    let body = model.bodies.count - 1
    let push = BodyForce(body: body, force: [30, -20, 10], torque: [1, 2, 3])
    let accelerations = dynamics.accelerations(state, bodyForces: [push])
    let bodies = dynamics.bodyAccelerations(state, accelerations: accelerations)
    let total = zip(model.bodies, bodies).reduce(Vector3.zero) { $0 + ($1.0.inertia?.mass ?? 0) * $1.1.ofCenterOfMass }
    let expected = dynamics.totalMass * model.physics.gravity + push.force
    #expect((total - expected).length < 1e-10 * expected.length)
  }

  /// Central differences of the bodies' velocities along the motion.
  @Test("bodies' accelerations are the rates of their velocities", arguments: GoldenFile.names)
  func bodyAccelerations(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    let state = golden.states[0].state
    let accelerations = dynamics.accelerations(state)
    let h = 1e-5
    let before = dynamics.bodyVelocities(dynamics.rungeKuttaStep(state, by: -h))
    let after = dynamics.bodyVelocities(dynamics.rungeKuttaStep(state, by: h))
    let exact = dynamics.bodyAccelerations(state, accelerations: accelerations)
    func rates(_ key: KeyPath<BodyVelocity, Vector3>) -> [Double] {
      numbers(zip(after, before).map { ($0[keyPath: key] - $1[keyPath: key]) / (2 * h) })
    }
    #expect(relativeDifference(rates(\.angular), numbers(exact.map(\.angular))) < 1e-5)
    #expect(relativeDifference(rates(\.ofOrigin), numbers(exact.map(\.ofOrigin))) < 1e-5)
    #expect(relativeDifference(rates(\.ofCenterOfMass), numbers(exact.map(\.ofCenterOfMass))) < 1e-5)
  }
}
