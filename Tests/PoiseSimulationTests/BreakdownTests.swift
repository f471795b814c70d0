import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("A world that ODE gives up on")
struct BreakdownTests {
  /// A chain of three bodies over the ground, which the first of them touches.
  private static func chain(_ solver: PhysicsParameters.Solver) -> World {
    var world = World(.earth(solver))
    let ground = world.addGeometry(.plane, to: nil)
    var bodies: [World.BodyIndex] = []
    for i in 0..<3 {
      let body = world.addBody(
        name: "body \(i)", mass: 1, inertia: Matrix3(diagonal: Vector3(repeating: 0.01)),
        at: Pose(position: [0, 0, 0.09 + 0.3 * Double(i)]))
      let shape = world.addGeometry(.sphere(radius: 0.1), to: body)
      world.addCollision(between: shape, and: ground)
      if let last = bodies.last {
        _ = world.addHinge(child: body, parent: last, anchor: [0, 0, 0.3 * Double(i) - 0.06], axis: [0, 1, 0])
      }
      bodies.append(body)
    }
    return world
  }

  @Test("an assertion of ODE is survived on this machine")
  func isSurvivable() { #expect(PhysicsEngine.isBreakdownSurvivable) }

  @Test(
    "a force, a torque or an effort of any size is a fault at most: the process lives, and other worlds have their bits",
    arguments: bothSolvers)
  func anySize(solver: PhysicsParameters.Solver) {
    func bits() -> UInt64 {
      var world = Self.chain(solver)
      for _ in 0..<50 { world.step() }
      return world.stateHash
    }
    let calm = bits()
    var (faults, breakdowns) = (0, 0)
    for exponent in stride(from: 2, through: 308, by: 6) {
      let size = Double("1e\(exponent)") ?? 0
      for kind in 0..<3 {
        var world = Self.chain(solver)
        for _ in 0..<5 { world.step() }
        switch kind {
        case 0: world.addForce([size, -size, size], to: world.bodyIndices[1])
        case 1: world.addForce(.zero, torque: [size, size, -size], to: world.bodyIndices[2])
        default: for i in world.efforts.indices { world.efforts[i] = size }
        }
        for _ in 0..<10 { world.step() }
        let fault = world.firstFault()
        if fault != nil { faults += 1 }
        if exponent > 20 { #expect(fault != nil, "1e\(exponent), kind \(kind)") }
        guard let breakdown = world.breakdown else { continue }
        breakdowns += 1
        if breakdowns % 10 == 1 { print("breakdown: 1e\(exponent), kind \(kind), \(solver): \(breakdown)") }
        #expect(fault?.place == "physics engine" && fault?.reason == breakdown && !breakdown.isEmpty)
        let steps = world.physicsSteps
        world.step()
        #expect(world.physicsSteps == steps)
      }
    }
    #expect(faults > 100, "\(faults) faults")
    #expect(breakdowns > 0, "no size made ODE give up, so nothing was tested")
    #expect(bits() == calm)
  }

  @Test(
    "a force or torque that is no number makes it stand still and is told with its body; restored it has the bits of one that never met it",
    arguments: bothSolvers, [Double.nan, .infinity])
  func noNumber(solver: PhysicsParameters.Solver, value: Double) {
    var world = Self.chain(solver)
    let start = world.saved()
    for _ in 0..<50 { world.step() }
    let calm = world.stateHash
    for kind in 0..<4 {
      let body = world.bodyIndices[1]
      switch kind {
      case 0: world.setExternalForce(on: body, force: [0, value, 0])
      case 1: world.setExternalForce(on: body, force: [1, 0, 0], at: [value, 0, 0])
      case 2: world.addForce([value, 0, 0], to: body)
      default: world.addForce(.zero, torque: [0, 0, value], to: body)
      }
      // What comes after it does not hide the cause.
      world.addForce([.nan, 0, 0], to: world.bodyIndices[2])
      let steps = world.physicsSteps
      world.step()
      #expect(world.physicsSteps == steps && world.breakdown == nil)
      let fault = world.firstFault()
      #expect(
        fault?.place == "body 'body 1'" && fault?.reason.hasSuffix("is not finite") == true, "\(kind): \(fault as Any)")
      #expect(fault?.reason.contains("\(value)") == true)
      world.restore(start)
      for _ in 0..<50 { world.step() }
      #expect(world.stateHash == calm && world.firstFault() == nil)
    }
  }

  @Test(
    "one that has run away stands still, and restored it has the bits of one that never did", arguments: bothSolvers)
  func runaway(solver: PhysicsParameters.Solver) {
    var world = Self.chain(solver)
    let start = world.saved()
    for _ in 0..<50 { world.step() }
    let calm = world.stateHash
    world.addForce([1e12, 0, 0], to: world.bodyIndices[1])
    for _ in 0..<50 where world.firstFault() == nil { world.step() }
    let steps = world.physicsSteps
    world.step()
    #expect(world.firstFault() != nil && world.breakdown == nil && world.physicsSteps == steps)
    world.restore(start)
    for _ in 0..<50 { world.step() }
    #expect(world.stateHash == calm)
  }

  @Test("a state from a file is accepted if this world could be in it, else refused")
  func acceptance() {
    let world = Self.chain(.direct)
    let good = world.saved()
    let isAccepted = world.accepts(good)
    #expect(isAccepted)
    func refused(_ change: (inout WorldState) -> Void) -> Bool {
      var state = good
      change(&state)
      return !world.accepts(state)
    }
    #expect(refused { $0.bodies.removeLast() })
    #expect(refused { $0.bodies[0] = 1e300 })
    #expect(refused { $0.bodies[4] = 0.5 })
    #expect(refused { $0.efforts.append(0) })
    #expect(refused { $0.externalForces = [1, 2, 3] })
    #expect(refused { $0.massScales = [1, 1] })
    #expect(refused { $0.massScales = [1, 0, 1] })
    #expect(refused { $0.physicsSteps = -1 })
    #expect(refused { $0.frictionScale = -1 })
  }
}
