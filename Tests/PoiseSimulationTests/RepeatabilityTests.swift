import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Repeatability")
struct RepeatabilityTests {
  static let steps = 10_000
  static let solvers: [PhysicsParameters.Solver] = [.direct, .iterative(iterations: 20)]

  /// The hashes on the way of a creature under its own random efforts; it is put back up every 1,000 steps.
  static func hashes(_ solver: PhysicsParameters.Solver, index: Int, steps: Int = steps, solverSeed: UInt64 = 1)
    -> [UInt64]
  {
    var world = Creature.make(.earth(solver, timeStep: 0.005), solverSeed: solverSeed)
    let start = world.saved()
    var random = RandomStream(testing: 90 + index)
    var result: [UInt64] = []
    for _ in 0..<steps / 1000 {
      Creature.drive(&world, steps: 1000, random: &random)
      result.append(world.stateHash)
      let (solverState, physicsSteps) = (world.saved().solverState, world.physicsSteps)
      #expect(world.firstFault() == nil)
      var state = start
      (state.solverState, state.physicsSteps) = (solverState, physicsSteps)
      world.restore(state)
    }
    return result
  }

  @Test("threads that ask for the engine's file at once get the same one")
  func libraryFile() async {
    let files = await onThreads(8, each: 0..<8) { _ in PhysicsEngine.libraryFile }
    #expect(files.allSatisfy { $0?.contains("libode") == true }, "\(files)")
    #expect(Set(files).count == 1)
  }

  @Test("10,000 steps have the same bits on 1, 2 and 4 threads as alone", arguments: solvers)
  func threadsDoNotMatter(_ solver: PhysicsParameters.Solver) async {
    let alone = (0..<4).map { Self.hashes(solver, index: $0) }
    #expect(Set(alone.map(\.last)).count == 4)
    for count in [1, 2, 4] {
      // One thread repeats one world only: the same bits twice.
      let together = await onThreads(count, each: 0..<(count == 1 ? 1 : 4)) { Self.hashes(solver, index: $0) }
      #expect(together == Array(alone.prefix(together.count)), "\(count) threads")
    }
  }

  @Test("worlds that share a thread and step in turn do not disturb each other", arguments: solvers)
  func worldsInTurn(_ solver: PhysicsParameters.Solver) {
    var a = Creature.make(.earth(solver, timeStep: 0.005))
    var b = Creature.make(.earth(solver, timeStep: 0.005))
    var alone = Creature.make(.earth(solver, timeStep: 0.005))
    var (first, second, other) = (RandomStream(testing: 94), RandomStream(testing: 94), RandomStream(testing: 95))
    for _ in 0..<50 {
      Creature.drive(&a, steps: 20, random: &first)
      Creature.drive(&b, steps: 13, random: &other)
    }
    for _ in 0..<50 { Creature.drive(&alone, steps: 20, random: &second) }
    #expect(a.stateHash == alone.stateHash)
    #expect(a.stateHash != b.stateHash)
  }

  /// Takes a world to another thread; only one of them touches it at a time.
  final class Carrier: @unchecked Sendable {
    var world: World
    init(_ world: consuming World) { self.world = world }
  }

  @Test("a world made on one thread goes on with the same bits on another", arguments: solvers)
  func changesThreads(_ solver: PhysicsParameters.Solver) async {
    let carrier = Carrier(Creature.make(.earth(solver, timeStep: 0.005)))
    var alone = Creature.make(.earth(solver, timeStep: 0.005))
    for leg in 0..<4 {
      // A thread that has never seen ODE.
      _ = await onThreads(1, each: 0..<1) { _ in
        var random = RandomStream(testing: 130 + leg)
        Creature.drive(&carrier.world, steps: 200, random: &random)
      }
      var random = RandomStream(testing: 130 + leg)
      Creature.drive(&alone, steps: 200, random: &random)
    }
    #expect(carrier.world.saved() == alone.saved())
  }

  @Test("the solver's seed matters to the iterative solver and not to the direct one")
  func solverSeed() {
    for (solver, matters) in zip(Self.solvers, [false, true]) {
      let (one, two) = (
        Self.hashes(solver, index: 0, steps: 1000, solverSeed: 1),
        Self.hashes(solver, index: 0, steps: 1000, solverSeed: 2)
      )
      #expect((one != two) == matters)
    }
  }

  @Test("ODE draws its random numbers from us")
  func randomNumbersAreOurs() { #expect(PhysicsEngine.isIterativeSolverRepeatable) }

  @Test("ODE is built for double precision")
  func precision() { #expect(PhysicsEngine.configuration.contains("ODE_double_precision")) }
}

@Suite("A chain in free space")
struct ConservationTests {
  @Test("keeps its momentum whatever its joints do", arguments: bothSolvers)
  func momentum(_ solver: PhysicsParameters.Solver) {
    var relative: [Double] = []
    for h in [0.004, 0.001] {
      var world = Creature.make(.weightless(solver, timeStep: h), isOnGround: false)
      var random = RandomStream(testing: 100)
      var impulse = 0.0
      var linear = 0.0
      // The same efforts at the same times for every step size.
      for _ in 0..<25 {
        for i in world.efforts.indices { world.efforts[i] = random.uniform(in: -2...2) }
        for _ in 0..<Int((0.02 / h).rounded()) {
          world.step()
          impulse += h * world.efforts.map(abs).reduce(0, +)
          linear = max(linear, world.linearMomentum.length)
        }
      }
      #expect(world.kineticEnergy > 0.1)
      let angular = world.angularMomentum(about: world.centerOfMass).length
      Measured.note("free chain \(solver) \(h * 1000) ms: linear momentum, kg m/s", linear)
      Measured.note("free chain \(solver) \(h * 1000) ms: angular momentum / impulse", angular / impulse)
      #expect(linear < 1e-10)
      relative.append(angular / impulse)
    }
    #expect(relative[1] < 1e-3)
    #expect(relative[1] < relative[0])
  }
}
