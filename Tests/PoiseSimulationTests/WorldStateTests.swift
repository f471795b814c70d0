import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("A world's state")
struct WorldStateTests {
  static func parameters(_ solver: PhysicsParameters.Solver) -> PhysicsParameters { .earth(solver, timeStep: 0.005) }
  static let solvers: [PhysicsParameters.Solver] = [.direct, .iterative(iterations: 20)]

  /// A creature in the midst of its life, with everything changed that can change.
  func livelyWorld(_ solver: PhysicsParameters.Solver, random: inout RandomStream) -> World {
    var world = Creature.make(Self.parameters(solver))
    Creature.drive(&world, steps: 313, random: &random)
    world.gravity = [0.3, -0.2, -9.5]
    world.frictionScale = 0.7
    world.setMassScale(of: world.bodyIndices[2], to: 1.3)
    world.setExternalForce(on: world.bodyIndices[0], force: [5, 3, -2], at: [0.1, 0, 0.1], torque: [0, 0.5, 0])
    Creature.drive(&world, steps: 47, random: &random)
    return world
  }

  @Test("restored in place, has the same future to the bit", arguments: solvers)
  func restoreInPlace(_ solver: PhysicsParameters.Solver) {
    var random = RandomStream(testing: 80)
    var world = livelyWorld(solver, random: &random)
    #expect(world.contactCount > 0)
    let state = world.saved()
    let future = random
    Creature.drive(&world, steps: 500, random: &random)
    let (first, firstContacts) = (world.saved(), world.contacts)
    // Go astray in every way before coming back.
    world.gravity = [0, 0, -1]
    world.frictionScale = 2
    world.clearExternalForces()
    for body in world.bodyIndices { world.setMassScale(of: body, to: 0.5) }
    world.seedSolver(99)
    Creature.drive(&world, steps: 33, random: &random)
    world.addForce([1, 2, 3], torque: [1, 1, 1], to: world.bodyIndices[1])
    world.restore(state)
    #expect(world.saved() == state)
    #expect(world.contactCount == 0)
    random = future
    Creature.drive(&world, steps: 500, random: &random)
    #expect(world.saved() == first)
    #expect(world.contacts == firstContacts)
  }

  @Test("restored into another world built alike, has the same future to the bit", arguments: solvers)
  func restoreElsewhere(_ solver: PhysicsParameters.Solver) throws {
    var random = RandomStream(testing: 81)
    var world = livelyWorld(solver, random: &random)
    let data = try JSONEncoder().encode(world.saved())
    var other = Creature.make(Self.parameters(solver), solverSeed: 5)
    other.restore(try JSONDecoder().decode(WorldState.self, from: data))
    var copy = random
    Creature.drive(&world, steps: 500, random: &random)
    Creature.drive(&other, steps: 500, random: &copy)
    #expect(world.saved() == other.saved())
    #expect(world.stateHash == other.stateHash)
  }

  @Test("keeps every bit through JSON")
  func jsonKeepsBits() throws {
    var random = RandomStream(testing: 82)
    var state = WorldState()
    state.bodies = (0..<2000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
    state.bodies += [
      0, 1 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .ulpOfOne, -.leastNormalMagnitude / 16,
    ]
    state.solverState = .max
    state.gravity = random.vector()
    let back = try JSONDecoder().decode(WorldState.self, from: JSONEncoder().encode(state))
    #expect(back.bodies.map(\.bitPattern) == state.bodies.map(\.bitPattern))
    #expect(back.solverState == state.solverState)
    #expect(back == state)
  }

  @Test("a negative zero keeps its sign through JSON")
  func jsonKeepsNegativeZero() throws {
    var state = WorldState()
    state.bodies = [-0.0]
    let back = try JSONDecoder().decode(WorldState.self, from: JSONEncoder().encode(state))
    #expect(back.bodies[0].sign == .minus)
  }

  @Test("reset in place by poses is that of a fresh world", arguments: solvers)
  func resetIsFresh(_ solver: PhysicsParameters.Solver) {
    var used = Creature.make(Self.parameters(solver), solverSeed: 3)
    let start = used.bodyIndices.map { used.pose(of: $0) }
    var random = RandomStream(testing: 83)
    Creature.drive(&used, steps: 400, random: &random)
    for (body, pose) in zip(used.bodyIndices, start) {
      used.setState(of: body, pose: pose, linearVelocity: .zero, angularVelocity: .zero)
    }
    used.seedSolver(3)
    var fresh = Creature.make(Self.parameters(solver), solverSeed: 3)
    var copy = random
    Creature.drive(&used, steps: 1000, random: &random)
    Creature.drive(&fresh, steps: 1000, random: &copy)
    #expect(used.saved().bodies == fresh.saved().bodies)
    #expect(used.stateHash == fresh.stateHash)
  }

  @Test("has another hash when one bit differs")
  func hashSeesOneBit() {
    var world = Creature.make(Self.parameters(.direct))
    let before = world.stateHash
    var state = world.saved()
    state.bodies[17] = state.bodies[17].nextUp
    world.restore(state)
    #expect(world.stateHash != before)
    #expect(world.saved().bodies[17] == state.bodies[17])
  }

  @Test("a mass scale makes a body heavier in every way")
  func massScale() {
    var world = World(.weightless(.direct, timeStep: 0.01))
    let body = world.addBody(name: "body", mass: 2, inertia: Matrix3(diagonal: [1, 2, 3]), at: .identity)
    world.setMassScale(of: body, to: 3)
    world.setMassScale(of: body, to: 1.5)
    #expect(world.mass(of: body) == 3)
    world.addForce([3, 0, 0], torque: [0, 3, 0], to: body)
    world.step()
    #expect((world.linearVelocity(of: body) - [0.01, 0, 0]).length < 1e-15)
    #expect((world.angularVelocity(of: body) - [0, 0.01, 0]).length < 1e-15)
  }
}
