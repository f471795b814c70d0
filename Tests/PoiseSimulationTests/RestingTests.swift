import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

/// Bodies that stand on each other and on the ground, edge h, each in its place to the bit, so that their contacts are alike.
private struct Stack: ~Copyable {
  var world: World
  let bodies: [World.BodyIndex]
  let edge: Double

  init(masses: [Double], edge: Double, solver: PhysicsParameters.Solver, timeStep: Double = 0.002) {
    self.edge = edge
    var world = World(.earth(solver, timeStep: timeStep))
    let ground = world.addGeometry(.plane, to: nil)
    var bodies: [World.BodyIndex] = []
    var shapes: [World.GeometryIndex] = []
    for (i, mass) in masses.enumerated() {
      let inertia = Matrix3(diagonal: Vector3(repeating: mass * edge * edge / 6))
      let body = world.addBody(
        name: "box \(i)", mass: mass, inertia: inertia, at: Pose(position: [0, 0, edge * (Double(i) + 0.5)]))
      let shape = world.addGeometry(.box(halfExtents: Vector3(repeating: edge / 2)), to: body)
      world.addCollision(between: shape, and: shapes.last ?? ground)
      bodies.append(body)
      shapes.append(shape)
    }
    self.world = world
    self.bodies = bodies
  }

  /// m: how far the lowest body is below its place, and each other one below its place on the one beneath.
  var sinkages: [Double] {
    let heights = bodies.map { world.position(of: $0).z }
    return heights.indices.map { i in i == 0 ? edge / 2 - heights[0] : heights[i - 1] + edge - heights[i] }
  }
  var greatestSpeed: Double { bodies.map { world.linearVelocity(of: $0).length }.max() ?? 0 }
}

@Suite("What rests on a contact")
struct RestingTests {
  /// m: of bodies without joints, see `CollisionSet.arrange`.
  static let layer = 1e-4

  /// m: what Benchmarks/README.md says of balls and boxes of some masses, kg.
  static let sinkages: [Double: (ball: Double, box: Double)] = [
    1e-3: (4e-5, 1e-5), 1: (2e-4, 1.3e-4), 17: (1.8e-3, 5.2e-4), 50: (8e-4, 2.6e-4), 1e4: (3.5e-4, 1.6e-4),
  ]

  @Test("is carried alike from a gram to a thousand tonnes", arguments: bothSolvers)
  func anyMass(_ solver: PhysicsParameters.Solver) {
    for mass in [1e-3, 1, 17, 50, 268, 1e4, 1e6] {
      var world = World(.earth(solver, timeStep: 0.002))
      let ground = world.addGeometry(.plane, to: nil)
      let body = world.addBody(
        name: "ball", mass: mass, inertia: 0.064 * mass * Matrix3.identity, at: Pose(position: [0, 0, 0.4]))
      world.addCollision(between: world.addGeometry(.sphere(radius: 0.4), to: body), and: ground)
      for _ in 0..<2500 { world.step() }
      let sunk = 0.4 - world.position(of: body).z
      Measured.note("ball of \(mass) kg \(solver), mm below its place", 1000 * sunk)
      // The layer, what 17 kg press in one point of the parameters' stiffness, and 0.5 mm for all that is heavier.
      let bound = Self.layer + 9.81 * min(mass, 17) / world.parameters.contactStiffness + 0.5e-3
      #expect(sunk > 0 && sunk < bound, "\(sunk) m of \(mass) kg, bound \(bound)")
      let told = Self.sinkages[mass]
      if let told { #expect(sunk < 1.5 * told.ball && sunk > told.ball / 1.5, "\(sunk) m of \(mass) kg") }
      #expect(world.linearVelocity(of: body).length < 1e-4)
      #expect(world.firstFault() == nil)

      // A box stands on four points.
      var box = Stack(masses: [mass], edge: 0.2, solver: solver)
      for _ in 0..<2500 { box.world.step() }
      Measured.note("box of \(mass) kg \(solver), mm below its place", 1000 * box.sinkages[0])
      let boundOfBox = Self.layer + 9.81 * min(mass, 17) / 4 / box.world.parameters.contactStiffness + 0.5e-3
      #expect(
        box.sinkages[0] > 0 && box.sinkages[0] < boundOfBox, "\(box.sinkages) m of \(mass) kg, bound \(boundOfBox)")
      if let told { #expect(box.sinkages[0] < 1.5 * told.box && box.sinkages[0] > told.box / 1.5, "\(mass) kg") }
      #expect(box.greatestSpeed < 1e-4)
    }
  }

  @Test("is carried when something presses it down with many times its weight", arguments: bothSolvers)
  func pressedDown(_ solver: PhysicsParameters.Solver) {
    // The correcting velocity over CFM is 1200 N here; ten times that must hold, as the spring that it is.
    var stack = Stack(masses: [1], edge: 0.2, solver: solver)
    let force = 4 * 12_000.0
    stack.world.setExternalForce(on: stack.bodies[0], force: [0, 0, -force])
    for _ in 0..<4000 { stack.world.step() }
    let spring = force / 4 / stack.world.parameters.contactStiffness
    Measured.note("box under 48 kN \(solver), sunk ÷ the spring's", stack.sinkages[0] / spring)
    #expect(stack.sinkages[0] < spring && stack.sinkages[0] > 0.3 * spring)
    #expect(stack.greatestSpeed < 1e-3)
  }

  @Test("stays in its place in stacks of three and ten boxes", arguments: bothSolvers, [3, 10])
  func stacks(_ solver: PhysicsParameters.Solver, count: Int) {
    for (mass, edge) in [(1.0, 0.2), (1e-3, 0.02), (1e4, 2)] {
      var stack = Stack(masses: Array(repeating: mass, count: count), edge: edge, solver: solver)
      for step in 1...2000 {
        stack.world.step()
        guard [60, 2000].contains(step) else { continue }
        let worst = stack.sinkages.map(abs).max() ?? 0
        Measured.note("stack of \(count) × \(mass) kg \(solver) step \(step), mm at a contact", 1000 * worst)
        Measured.note("stack of \(count) × \(mass) kg \(solver) step \(step), mm/s", 1000 * stack.greatestSpeed)
        #expect(worst < 1e-3, "\(stack.sinkages)")
        #expect(stack.greatestSpeed < 0.02)
      }
      #expect(stack.world.firstFault() == nil && stack.world.repeatedSteps == 0)
    }
  }

  @Test("stays in its place with the direct solver however heavy it is and however light what carries it")
  func heavyOnLight() {
    for masses in [[1.0, 1000], [1000, 1], [0.1, 100], [1, 1e5]] {
      var stack = Stack(masses: masses, edge: 0.2, solver: .direct)
      for _ in 0..<2000 { stack.world.step() }
      Measured.note("\(masses) kg on each other, mm at a contact", 1000 * (stack.sinkages.max() ?? 0))
      #expect(stack.sinkages.allSatisfy { $0 > 0 && $0 < 1e-3 }, "\(stack.sinkages)")
      #expect(stack.greatestSpeed < 1e-5)
    }
  }

  @Test("leaves a robot of up to 50 kg with bodies of up to 17 kg to the parameters' stiffness, layer and damping")
  func ordinaryRobots() {
    for (mass, isOrdinary) in [(17.0, true), (18, false)] {
      let parameters = PhysicsParameters.earth(.direct, timeStep: 0.005)
      var world = World(parameters)
      let ground = world.addGeometry(.plane, to: nil)
      let body = world.addBody(
        name: "foot", mass: mass, inertia: .identity, at: Pose(position: [0, 0, 0.09]))
      let trunk = world.addBody(name: "trunk", mass: 10, inertia: .identity, at: Pose(position: [0, 0, 1]))
      _ = world.addFixed(child: trunk, parent: body)
      world.addCollision(between: world.addGeometry(.sphere(radius: 0.1), to: body), and: ground)
      world.step()
      // The row that ODE solves from 10 mm depth: v′ + CFM F = ERP (depth − layer) ÷ h with v′ = h (F ÷ m − g).
      let (h, m) = (parameters.timeStep, mass + 10)
      let resistance = h * parameters.contactStiffness + parameters.contactDamping
      let target = parameters.contactStiffness / resistance * (0.01 - parameters.contactSurfaceLayer)
      let force = (target + h * 9.81) / (h / m + 1 / resistance)
      let found = world.contact(0).force.z
      #expect((abs(found / force - 1) < 1e-3) == isOrdinary, "\(mass) kg: \(found) N, \(force) N")
    }
  }
}

@Suite("A step that the direct solver gives up on")
struct RepeatedStepTests {
  /// Its contacts are alike to the bit, and nothing sets them apart.
  private static func tied() -> Stack {
    var stack = Stack(masses: [1, 1, 1], edge: 0.2, solver: .direct)
    stack.world.collisions.tieBreaker = 0
    return stack
  }

  @Test("is counted and done again: what rests stays at rest")
  func isAnswered() {
    var stack = Self.tied()
    for _ in 0..<500 { stack.world.step() }
    Measured.note("steps of 500 done again", Double(stack.world.repeatedSteps))
    #expect(stack.world.repeatedSteps > 0)
    #expect(stack.world.firstFault() == nil)
    #expect(stack.sinkages.allSatisfy { abs($0) < 3e-3 }, "\(stack.sinkages)")
    #expect(stack.greatestSpeed < 0.01)
  }

  @Test("is still counted after its world was written to a file and read again")
  func countIsState() throws {
    var stack = Self.tied()
    for _ in 0..<100 { stack.world.step() }
    let count = stack.world.repeatedSteps
    let state = try JSONDecoder().decode(WorldState.self, from: JSONEncoder().encode(stack.world.saved()))
    var other = Self.tied()
    other.world.restore(state)
    #expect(count > 0 && other.world.repeatedSteps == count)
  }

  @Test("has the same bits from the same state, and on any thread")
  func repeats() {
    var stack = Self.tied()
    for _ in 0..<3 { stack.world.step() }
    let state = stack.world.saved()
    for _ in 0..<100 { stack.world.step() }
    let (hash, count) = (stack.world.stateHash, stack.world.repeatedSteps)
    stack.world.restore(state)
    for _ in 0..<100 { stack.world.step() }
    #expect(stack.world.stateHash == hash && stack.world.repeatedSteps == count)
    let results = Guarded([Int](repeating: 0, count: 4))
    DispatchQueue.concurrentPerform(iterations: 4) { index in
      var stack = Self.tied()
      for _ in 0..<103 { stack.world.step() }
      let isSame = stack.world.stateHash == hash && stack.world.repeatedSteps == count
      results.withLock { $0[index] = isSame ? 1 : 0 }
    }
    #expect(results.withLock { $0 } == [1, 1, 1, 1])
  }
}

@Suite("A free body that spins")
struct SpinTests {
  @Test("keeps its energy and its momentum's length at 10 rad/s about each axis and 5 ms", arguments: bothSolvers)
  func keepsEnergy(_ solver: PhysicsParameters.Solver) {
    for half: Vector3 in [[0.1, 0.2, 0.3], [0.01, 0.3, 0.3], [0.02, 0.02, 0.5]] {
      var world = World(.weightless(solver, timeStep: 0.005))
      let square = half * half
      let inertia = Matrix3(diagonal: [square.y + square.z, square.x + square.z, square.x + square.y] / 3)
      let body = world.addBody(name: "box", mass: 1, inertia: inertia, at: .identity)
      world.setState(of: body, pose: .identity, linearVelocity: .zero, angularVelocity: [10, 10, 10])
      let (energy, momentum) = (world.kineticEnergy, world.angularMomentum().length)
      var worst = 0.0
      for _ in 0..<400 {
        world.step()
        worst = max(worst, abs(world.kineticEnergy / energy - 1))
        #expect(abs(world.angularMomentum().length / momentum - 1) < 1e-9)
      }
      Measured.note("spinning box \(half) \(solver), energy in 2 s", worst)
      #expect(worst < 2e-4)
    }
  }

  @Test("precesses as a symmetric top does: with L (1/I₁) about its momentum", arguments: bothSolvers)
  func precesses(_ solver: PhysicsParameters.Solver) {
    var world = World(.weightless(solver, timeStep: 0.001))
    let (across, along) = (0.2, 0.05)
    let body = world.addBody(
      name: "top", mass: 1, inertia: Matrix3(diagonal: [across, across, along]), at: .identity)
    world.setState(of: body, pose: .identity, linearVelocity: .zero, angularVelocity: [2, 0, 15])
    let momentum = Vector3(2 * across, 0, 15 * along)
    for _ in 0..<2000 { world.step() }
    // The axis goes around L at the rate |L| ÷ I₁.
    let turned = Quaternion(angle: 2 * momentum.length / across, axis: momentum.normalized).rotate([0, 0, 1])
    let error = (world.rotate([0, 0, 1], from: body) - turned).length
    Measured.note("symmetric top \(solver), 2 s at 1 ms, axis", error)
    #expect(error < 5e-3)
  }
}
