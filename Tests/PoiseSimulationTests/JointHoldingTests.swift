import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Joints hold together")
struct JointHoldingTests {
  /// How far the child is from every pose that its joint allows, in m and rad: the distance to the composed motion at the
  /// coordinates that are read.
  func separation(_ arm: borrowing Arm) -> (way: Double, turn: Double) {
    let turns = zip(arm.world.readJoints().positions, arm.references).map { $0 - $1 }
    let ideal = arm.chain.displacement(turns) * arm.made
    let pose = arm.world.pose(of: arm.child)
    let error = ideal.orientation.conjugate * pose.orientation
    // At the anchor, so that a turn does not count as a way.
    let anchorInChild = arm.made.applyInverse(to: arm.chain.anchor)
    return ((pose.apply(to: anchorInChild) - ideal.apply(to: anchorInChild)).length, 2 * error.vector.length)
  }

  @Test("while they are driven hard and their bodies swing fast", arguments: JointKind.allCases, Setting.all)
  func drivenHard(_ kind: JointKind, setting: Setting) {
    var random = RandomStream(testing: 120)
    let size = setting.link.gyration
    let made = Pose(position: random.vector(within: size), orientation: random.rotation())
    let degrees = (0..<3).map { _ in DegreeOfFreedom(limits: -1...1, damping: 0.02) }
    var arm = Arm(
      Chain(kind, anchor: made.position + random.vector(within: size / 2), frame: random.rotation()), made: made,
      mass: setting.link.mass, tensor: random.inertia(about: setting.link.inertia), degrees: degrees,
      parameters: .earth(setting.solver, timeStep: 0.002))
    var worst = (way: 0.0, turn: 0.0)
    var fastest = 0.0
    for step in 0..<2000 {
      if step % 50 == 0 {
        for i in arm.world.efforts.indices {
          arm.world.efforts[i] = 40 * setting.link.inertia * random.uniform(in: -1...1)
        }
      }
      arm.world.step()
      let now = separation(arm)
      worst = (max(worst.way, now.way), max(worst.turn, now.turn))
      fastest = max(fastest, arm.world.angularVelocity(of: arm.child).length)
    }
    Measured.note(
      "joint held \(kind.rawValue) \(setting.testDescription): way/size at \(fastest) rad/s", worst.way / size)
    Measured.note("joint held \(kind.rawValue) \(setting.testDescription): turn, degrees", worst.turn / degree)
    #expect(worst.way < 0.02 * size)
    #expect(worst.turn < 1 * degree)
  }

  @Test(
    "in a creature that is driven at random", arguments: [PhysicsParameters.Solver.direct, .iterative(iterations: 20)])
  func creature(_ solver: PhysicsParameters.Solver) {
    var world = Creature.make(.earth(solver, timeStep: 0.002))
    var random = RandomStream(testing: 121)
    let (torso, leg) = (world.bodyIndices[0], world.bodyIndices[1])
    var worst = 0.0
    for _ in 0..<200 {
      Creature.drive(&world, steps: 20, random: &random)
      // The left hip's anchor, seen from both bodies.
      let gap = world.pose(of: torso).apply(to: [0, 0.12, -0.17]) - world.pose(of: leg).apply(to: [0, 0, 0.15])
      worst = max(worst, gap.length)
    }
    Measured.note("hip of the creature \(solver), mm", worst * 1000)
    #expect(worst < 2e-3)
  }

  @Test("the iterative solver comes nearer to the direct one with every iteration")
  func iterativeConverges() {
    // Five rods in a row, let go when level: the stiffest common case.
    func motion(_ solver: PhysicsParameters.Solver) -> [Double] {
      var world = World(.earth(solver, timeStep: 0.002))
      var parent: World.BodyIndex?
      for i in 0..<5 {
        let rod = world.addBody(
          name: "\(i)", mass: 1, inertia: Matrix3(diagonal: [1e-3, 0.04 / 12, 0.04 / 12]),
          at: Pose(position: [0.2 * Double(i) + 0.1, 0, 0]))
        _ = world.addHinge(child: rod, parent: parent, anchor: [0.2 * Double(i), 0, 0], axis: [0, 1, 0])
        parent = rod
      }
      for _ in 0..<50 { world.step() }
      return world.readJoints().positions
    }
    let exact = motion(.direct)
    let errors = [10, 20, 50].map { maximumDifference(motion(.iterative(iterations: $0)), exact) }
    for (iterations, error) in zip([10, 20, 50], errors) {
      Measured.note("five rods after 0.1 s, \(iterations) iterations, rad", error)
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 }, "\(errors)")
    #expect(errors[2] < 1e-6)
  }
}
