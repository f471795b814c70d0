import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("A free rigid body")
struct FreeBodyTests {
  static let moments: Vector3 = [0.1, 0.2, 0.28]

  func tumbler(_ solver: PhysicsParameters.Solver, h: Double) -> World {
    var world = World(.weightless(solver, timeStep: h))
    let body = world.addBody(name: "brick", mass: 2, inertia: Matrix3(diagonal: Self.moments), at: .identity)
    // About the middle axis, which is unstable: the body turns over again and again.
    world.setState(of: body, pose: .identity, linearVelocity: [1, -2, 0.5], angularVelocity: [0.05, 3, 0.02])
    return world
  }

  @Test("keeps momentum and energy while it tumbles, the better the smaller the step", arguments: bothSolvers)
  func tumblingConserves(_ solver: PhysicsParameters.Solver) {
    var drifts: [Double] = []
    for h in [0.004, 0.002, 0.001] {
      var world = tumbler(solver, h: h)
      let (p, l, e) = (world.linearMomentum, world.angularMomentum(about: world.centerOfMass), world.kineticEnergy)
      for _ in 0..<Int(5 / h) { world.step() }
      #expect((world.linearMomentum - p).length < 1e-12)
      let momentum = (world.angularMomentum(about: world.centerOfMass) - l).length / l.length
      let energy = abs(world.kineticEnergy - e) / e
      Measured.note("tumbling \(solver) \(h * 1000) ms: angular momentum", momentum)
      Measured.note("tumbling \(solver) \(h * 1000) ms: energy", energy)
      drifts.append(max(momentum, energy))
    }
    #expect(drifts[2] < 0.01)
    #expect(drifts[2] < drifts[1] && drifts[1] < drifts[0], "\(drifts)")
  }

  @Test("turns as Euler's equations say", arguments: bothSolvers)
  func followsEuler(_ solver: PhysicsParameters.Solver) {
    let h = 1e-4
    var world = tumbler(solver, h: h)
    let body = world.bodyIndices[0]
    let moments = Self.moments
    // I ω̇ = (I ω) × ω in the body's axes, by Runge–Kutta.
    func derivative(_ ω: Vector3) -> Vector3 { (moments * ω).cross(ω) / moments }
    var ω: Vector3 = [0.05, 3, 0.02]
    var worst = 0.0
    for _ in 0..<20_000 {
      let k1 = derivative(ω)
      let k2 = derivative(ω + h / 2 * k1)
      let k3 = derivative(ω + h / 2 * k2)
      let k4 = derivative(ω + h * k3)
      ω += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
      world.step()
      worst = max(worst, (world.unrotate(world.angularVelocity(of: body), to: body) - ω).length)
    }
    Measured.note("Euler's equations \(solver), 2 s at 0.1 ms, rad/s of 3", worst)
    #expect(worst < 0.02)
  }

  @Test("falls as Galilei says", arguments: bothSolvers)
  func falls(_ solver: PhysicsParameters.Solver) {
    var world = World(.earth(solver))
    let body = world.addBody(name: "stone", mass: 2, inertia: .identity, at: Pose(position: [0, 0, 10]))
    world.setState(of: body, pose: world.pose(of: body), linearVelocity: [1, 0, 3], angularVelocity: .zero)
    for _ in 0..<1000 { world.step() }
    // Semi-implicit Euler sums n(n+1)/2 steps where the parabola has n²/2.
    #expect(abs(world.position(of: body).z - (10 + 3 - 9.81 / 2 * 1.001)) < 1e-9)
    #expect(abs(world.position(of: body).x - 1) < 1e-9)
    #expect(abs(world.linearVelocity(of: body).z - (3 - 9.81)) < 1e-9)
    #expect(abs(world.time - 1) < 1e-12)
  }

  @Test("under an external force at a point gains F/m and I⁻¹ r × F until the force is cleared", arguments: Setting.all)
  func externalForces(_ setting: Setting) {
    let h = 0.002
    var random = RandomStream(testing: 60)
    var world = World(.weightless(setting.solver, timeStep: h))
    let tensor = random.inertia(about: setting.link.inertia)
    let pose = random.pose()
    let body = world.addBody(name: "body", mass: setting.link.mass, inertia: tensor, at: pose)
    let (force, point) = (random.vector(), random.vector(within: 0.1))
    let torque = 0.01 * random.vector()
    world.setExternalForce(on: body, force: force, at: point, torque: torque)
    world.step()
    let v = h / setting.link.mass * force
    let arm = pose.orientation.rotate(point)
    let α = tensor.rotated(by: pose.orientation).inverse * (arm.cross(force) + torque)
    #expect((world.linearVelocity(of: body) - v).length < 1e-12)
    #expect((world.angularVelocity(of: body) - h * α).length < 1e-3 * (h * α).length)
    for _ in 0..<9 { world.step() }
    #expect((world.linearVelocity(of: body) - 10 * v).length < 1e-12)
    world.clearExternalForces()
    let before = world.linearVelocity(of: body)
    world.step()
    #expect(world.linearVelocity(of: body) == before)
  }

  @Test("forgets an added force after one step", arguments: bothSolvers)
  func addedForceLastsOneStep(_ solver: PhysicsParameters.Solver) {
    var world = World(.weightless(solver, timeStep: 0.01))
    let body = world.addBody(name: "body", mass: 2, inertia: 0.5 * Matrix3.identity, at: .identity)
    world.addForce([2, 0, 0], torque: [0, 0, 1], to: body)
    for _ in 0..<2 {
      world.step()
      #expect((world.linearVelocity(of: body) - [0.01, 0, 0]).length < 1e-15)
      #expect((world.angularVelocity(of: body) - [0, 0, 0.02]).length < 1e-15)
    }
  }

  @Test("is cut to its greatest angular speed exactly", arguments: bothSolvers)
  func angularSpeedIsClipped(_ solver: PhysicsParameters.Solver) {
    var world = World(.weightless(solver))
    let body = world.addBody(name: "rod", mass: 1, inertia: .identity, at: .identity, maximumAngularSpeed: 8)
    _ = world.addHinge(child: body, parent: nil, anchor: .zero, axis: [0, 1, 0])
    world.efforts[0] = 10
    for _ in 0..<1000 { world.step() }
    #expect(abs(world.readJoints().velocities[0] - 8) < 1e-9)
  }

  @Test("has the energy and momentum of the formulas")
  func energyFormulas() {
    var world = World(.earth(.direct))
    let a = world.addBody(name: "a", mass: 2, inertia: Matrix3(diagonal: [1, 2, 3]), at: Pose(position: [0, 0, 5]))
    let b = world.addBody(name: "b", mass: 3, inertia: Matrix3(diagonal: [2, 2, 2]), at: Pose(position: [1, 0, 1]))
    // A quarter turn about z brings the body's x axis to the world's y axis.
    let quarter = Quaternion(angle: .pi / 2, axis: [0, 0, 1])
    world.setState(
      of: a, pose: Pose(position: [0, 0, 5], orientation: quarter), linearVelocity: [1, 2, 2],
      angularVelocity: [0, 3, 0])
    world.setState(
      of: b, pose: Pose(position: [1, 0, 1]), linearVelocity: [0, 1, 0], angularVelocity: [0, 0, 1])
    // ½·2·9 + ½·1·9 + ½·3·1 + ½·2·1
    #expect(abs(world.kineticEnergy - (9 + 4.5 + 1.5 + 1)) < 1e-12)
    #expect(abs(world.potentialEnergy - 9.81 * (2 * 5 + 3 * 1)) < 1e-12)
    #expect((world.linearMomentum - [2, 7, 4]).length < 1e-12)
    // Spins (0, 3, 0) and (0, 0, 2); (0,0,5) × (2,4,4) = (−20, 10, 0); (1,0,1) × (0,3,0) = (−3, 0, 3).
    #expect((world.angularMomentum() - [-23, 13, 5]).length < 1e-12)
    #expect((world.centerOfMass - [0.6, 0, 2.6]).length < 1e-12)
    #expect(world.totalMass == 5)
    world.setMassScale(of: a, to: 2)
    #expect(world.totalMass == 7)
    #expect(abs(world.kineticEnergy - (18 + 9 + 1.5 + 1)) < 1e-12)
  }
}

@Suite("A pendulum")
struct PendulumTests {
  /// A uniform rod, 1 kg, 1 m, hinged at its end; q = 0 hangs.
  func rod(_ solver: PhysicsParameters.Solver, amplitude: Double, h: Double) -> World {
    var parameters = PhysicsParameters.earth(solver, timeStep: h)
    parameters.gravity = [0, 0, -10]
    var world = World(parameters)
    let hanging = Pose(position: [0, 0, -0.5])
    let body = world.addBody(name: "rod", mass: 1, inertia: Matrix3(diagonal: [1.0 / 12, 1.0 / 12, 1e-3]), at: hanging)
    _ = world.addHinge(child: body, parent: nil, anchor: .zero, axis: [0, 1, 0])
    let turn = Pose(orientation: Quaternion(angle: amplitude, axis: [0, 1, 0]))
    world.setState(of: body, pose: turn * hanging, linearVelocity: .zero, angularVelocity: .zero)
    return world
  }

  /// Seconds from one upward passage of the lowest point to the next, averaged over some.
  func period(_ solver: PhysicsParameters.Solver, amplitude: Double, h: Double) -> Double {
    var world = rod(solver, amplitude: amplitude, h: h)
    var crossings: [Double] = []
    var before = world.readJoints()
    while crossings.count < 4 {
      world.step()
      let now = world.readJoints()
      let (q0, q1) = (before.positions[0], now.positions[0])
      // The angle itself runs in straight lines between the steps.
      if q0 < 0, q1 >= 0, now.velocities[0] > 0 { crossings.append(world.time - h * q1 / (q1 - q0)) }
      before = now
    }
    return (crossings[3] - crossings[0]) / 3
  }

  /// T = 2π √(I/(m g l)) / agm(1, cos(θ/2)), I = m L²/3, l = L/2.
  func exactPeriod(amplitude: Double) -> Double {
    var (a, g) = (1.0, cos(amplitude / 2))
    for _ in 0..<20 { (a, g) = ((a + g) / 2, (a * g).squareRoot()) }
    return 2 * Double.pi * (2.0 / 30).squareRoot() / a
  }

  /// Amplitude in degrees, and the bound on the period's relative error at 1 ms.
  static let swings = [(amplitude: 5.0, bound: 2e-4), (90, 2e-4), (170, 3e-3)]

  @Test(
    "swings with the period of the elliptic integral, the better the smaller the step",
    arguments: swings, bothSolvers)
  func period(_ swing: (amplitude: Double, bound: Double), solver: PhysicsParameters.Solver) {
    let exact = exactPeriod(amplitude: swing.amplitude * degree)
    let errors = [0.002, 0.001, 0.0005].map { h in
      abs(period(solver, amplitude: swing.amplitude * degree, h: h) / exact - 1)
    }
    for (h, error) in zip([2, 1, 0.5], errors) {
      Measured.note("pendulum period \(swing.amplitude)° \(solver) \(h) ms, relative error", error)
    }
    #expect(errors[1] < swing.bound)
    #expect(errors[1] < errors[0] && errors[2] < errors[1], "\(errors)")
  }

  @Test("keeps its energy within a bound that shrinks with the step", arguments: bothSolvers)
  func energy(_ solver: PhysicsParameters.Solver) {
    var drifts: [Double] = []
    for h in [0.002, 0.001] {
      var world = rod(solver, amplitude: 90 * degree, h: h)
      let start = world.kineticEnergy + world.potentialEnergy
      var worst = 0.0
      for _ in 0..<Int(10 / h) {
        world.step()
        worst = max(worst, abs(world.kineticEnergy + world.potentialEnergy - start))
      }
      // Of the 5 J that swing to and fro.
      drifts.append(worst / 5)
      Measured.note("pendulum energy \(solver) \(h * 1000) ms, share of 5 J in 10 s", worst / 5)
    }
    #expect(drifts[1] < 0.01)
    #expect(drifts[1] < drifts[0])
  }

  @Test("pulls at its hinge as d'Alembert says", arguments: bothSolvers)
  func hingeReaction(_ solver: PhysicsParameters.Solver) {
    var world = rod(solver, amplitude: -90 * degree, h: 1e-4)
    let hinge = World.JointIndex(value: 0)
    world.recordReaction(of: hinge)
    world.step()
    // Let go when level, a rod's end carries a quarter of its weight.
    #expect(abs(world.reaction(of: hinge).force.z - 2.5) < 2.5e-3)
    while world.readJoints().positions[0] < 0 { world.step() }
    // At the bottom: m g + m ω² l with ½ I ω² = m g l, that is m g (1 + 3/2).
    #expect(abs(world.reaction(of: hinge).force.z - 25) < 0.05, "\(world.reaction(of: hinge))")
  }
}

@Suite("Reactions")
struct ReactionTests {
  @Test("of fixed joints carry weight and moment of all that hangs on them", arguments: Setting.all)
  func fixedCarriesWeight(_ setting: Setting) {
    let mass = setting.link.mass
    let size = setting.link.gyration
    var world = World(.earth(setting.solver))
    let a = world.addBody(name: "a", mass: mass, inertia: setting.link.tensor, at: .identity)
    let b = world.addBody(name: "b", mass: mass, inertia: setting.link.tensor, at: Pose(position: [size, 0, 0]))
    let inner = world.addFixed(child: a, parent: nil)
    let outer = world.addFixed(child: b, parent: a)
    world.recordReaction(of: inner)
    world.recordReaction(of: outer)
    for _ in 0..<2000 { world.step() }
    let weight = 9.81 * mass
    let (carried, hung) = (world.reaction(of: inner), world.reaction(of: outer))
    #expect((carried.force - [0, 0, 2 * weight]).length < 1e-3 * weight, "\(carried)")
    #expect((hung.force - [0, 0, weight]).length < 1e-3 * weight, "\(hung)")
    // b's weight turns a by r × F = (size, 0, 0) × (0, 0, −weight) = (0, size·weight, 0); the joint answers.
    #expect((carried.torque - [0, -size * weight, 0]).length < 1e-3 * size * weight, "\(carried)")
    // About b's own centre nothing turns it.
    #expect(hung.torque.length < 1e-3 * size * weight, "\(hung)")
  }

  @Test("of a hinge carry the weight that hangs on it", arguments: Setting.all)
  func hingeCarriesWeight(_ setting: Setting) {
    var world = World(.earth(setting.solver))
    let body = world.addBody(
      name: "weight", mass: setting.link.mass, inertia: setting.link.tensor, at: Pose(position: [0, 0, -0.1]))
    let hinge = world.addHinge(child: body, parent: nil, anchor: .zero, axis: [1, 0, 0])
    world.recordReaction(of: hinge)
    for _ in 0..<100 { world.step() }
    let weight = 9.81 * setting.link.mass
    #expect((world.reaction(of: hinge).force - [0, 0, weight]).length < 1e-3 * weight)
    #expect(world.reaction(of: hinge).torque.length < 1e-4 * weight)
  }
}

@Suite("Faults")
struct FaultTests {
  func pair() -> World {
    var world = World(.weightless(.direct))
    _ = world.addBody(name: "left", mass: 1, inertia: .identity, at: .identity)
    _ = world.addBody(name: "right", mass: 1, inertia: .identity, at: Pose(position: [1, 0, 0]))
    return world
  }

  @Test("are not seen in a calm world")
  func calm() { #expect(pair().firstFault() == nil) }

  @Test("name the body and what is wrong with it")
  func nameTheBody() {
    var world = pair()
    let right = world.bodyIndices[1]
    world.setState(of: right, pose: .identity, linearVelocity: [0, 101, 0], angularVelocity: .zero)
    #expect(world.firstFault()?.description == "body 'right': velocity 101.0 m/s is beyond 100.0")
    #expect(world.firstFault(speed: 102) == nil)
    world.setState(of: right, pose: .identity, linearVelocity: .zero, angularVelocity: [0, 0, -1001])
    #expect(world.firstFault()?.description == "body 'right': angular velocity 1001.0 rad/s is beyond 1000.0")
    world.setState(of: right, pose: Pose(position: [2e4, 0, 0]), linearVelocity: .zero, angularVelocity: .zero)
    #expect(world.firstFault()?.description == "body 'right': distance 20000.0 m is beyond 10000.0")
  }

  @Test("are found where a number is not finite", arguments: 0..<13)
  func notFinite(_ value: Int) {
    // Quaternions (3 ..< 7) are renormalised by ODE, which would end the process; the rest can be made so by a restore.
    guard !(3..<7).contains(value) else { return }
    for bad in [Double.nan, .infinity] {
      var world = pair()
      var state = world.saved()
      state.bodies[13 + value] = bad
      world.restore(state)
      #expect(world.firstFault()?.description == "body 'right': its state is not finite")
    }
  }
}
