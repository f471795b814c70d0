import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Joint coordinates")
struct JointCoordinateTests {
  /// A joint made in random poses, to the world or between two bodies.
  struct Rig: ~Copyable {
    var world: World
    let chain: Chain
    let parent: World.BodyIndex?
    let child: World.BodyIndex
    let madeParent: Pose
    let madeChild: Pose
    let references: [Double]

    init(_ kind: JointKind, hasParent: Bool, parameters: PhysicsParameters, link: Link, random: inout RandomStream) {
      world = World(parameters)
      let size = link.gyration
      madeParent = hasParent ? Pose(position: random.vector(within: size), orientation: random.rotation()) : .identity
      madeChild = Pose(position: random.vector(within: size), orientation: random.rotation())
      parent =
        hasParent
        ? world.addBody(
          name: "parent", mass: 3 * link.mass, inertia: random.inertia(about: 3 * link.inertia), at: madeParent) : nil
      child = world.addBody(name: "child", mass: link.mass, inertia: random.inertia(about: link.inertia), at: madeChild)
      chain = Chain(kind, anchor: madeChild.position + random.vector(within: size / 2), frame: random.rotation())
      references = [0.3, -0.2, 0.7]
      _ = chain.add(
        to: &world, child: child, parent: parent, degrees: references.map { DegreeOfFreedom(reference: $0) })
    }

    /// Moves the whole by `motion` and the child against its parent by `q`, with rates and the parent's velocities.
    mutating func set(_ q: [Double], rates: [Double], motion: Pose, velocity: Vector3, spin: Vector3) {
      let inParent = chain.displacement(q) * madeChild
      let pose = motion * inParent
      let parentPose = motion * madeParent
      var v = Vector3.zero
      var ω = Vector3.zero
      for (column, rate) in zip(chain.jacobian(q, at: inParent.position), rates) {
        v += rate * motion.orientation.rotate(column.linear)
        ω += rate * motion.orientation.rotate(column.angular)
      }
      if let parent {
        world.setState(of: parent, pose: parentPose, linearVelocity: velocity, angularVelocity: spin)
        v += velocity + spin.cross(pose.position - parentPose.position)
        ω += spin
      }
      world.setState(of: child, pose: pose, linearVelocity: v, angularVelocity: ω)
    }

    /// Somewhere, moving somehow. Returns the coordinates, references included, and the rates.
    mutating func scatter(_ random: inout RandomStream) -> (q: [Double], rates: [Double]) {
      let turns = (0..<chain.count).map { random.uniform(in: chain.kind.range($0)) }
      let rates = (0..<chain.count).map { _ in random.uniform(in: -3...3) }
      let motion = parent == nil ? Pose.identity : random.pose()
      set(turns, rates: rates, motion: motion, velocity: random.vector(), spin: random.vector())
      return (zip(turns, references).map { $0 + $1 }, rates)
    }
  }

  static let isBetweenBodies = [false, true]

  @Test("are those of the composed motions at once, without a step", arguments: JointKind.allCases, isBetweenBodies)
  func areExactAtOnce(_ kind: JointKind, isBetweenBodies: Bool) {
    guard kind != .planar || !isBetweenBodies else { return }
    var random = RandomStream(testing: 1)
    for _ in 0..<20 {
      var rig = Rig(
        kind, hasParent: isBetweenBodies, parameters: .weightless(.direct), link: .heavy, random: &random)
      for _ in 0..<20 {
        let expected = rig.scatter(&random)
        let (q, v) = rig.world.readJoints()
        #expect(maximumDifference(q, expected.q) < 1e-12, "coordinates \(expected.q)")
        #expect(maximumDifference(v, expected.rates) < 1e-11, "rates \(expected.rates) at \(expected.q)")
      }
    }
  }

  @Test("are right at once after a restore", arguments: JointKind.allCases, bothSolvers)
  func areExactAfterRestore(_ kind: JointKind, solver: PhysicsParameters.Solver) {
    var random = RandomStream(testing: 2)
    var rig = Rig(
      kind, hasParent: kind != .planar, parameters: .weightless(solver), link: .heavy, random: &random)
    let expected = rig.scatter(&random)
    let state = rig.world.saved()
    let before = rig.world.readJoints()
    for _ in 0..<100 { rig.world.step() }
    rig.world.restore(state)
    let after = rig.world.readJoints()
    #expect(after.positions == before.positions)
    #expect(after.velocities == before.velocities)
    #expect(maximumDifference(after.positions, expected.q) < 1e-12)
  }

  @Test("change by rate × time over a tiny step", arguments: JointKind.allCases, Setting.all)
  func ratesAreDerivatives(_ kind: JointKind, setting: Setting) {
    let h = 1e-6
    var random = RandomStream(testing: 3)
    for _ in 0..<10 {
      var rig = Rig(
        kind, hasParent: kind != .planar, parameters: .weightless(setting.solver, timeStep: h), link: setting.link,
        random: &random)
      _ = rig.scatter(&random)
      let before = rig.world.readJoints().positions
      rig.world.step()
      let after = rig.world.readJoints()
      let measured = zip(before, after.positions).map { ($1 - $0) / h }
      // The rate changes by q̈ h in the step; with joint speeds of 3 rad/s and the chain near its lock q̈ reaches 1e3.
      #expect(maximumDifference(measured, after.velocities) < 2e-3, "\(measured) but \(after.velocities)")
    }
  }

  @Test(
    "grow under a positive effort, which works on its own coordinate alone", arguments: JointKind.allCases, Setting.all)
  func positiveEffortMovesPositively(_ kind: JointKind, setting: Setting) {
    let h = 0.005
    var random = RandomStream(testing: 4)
    for trial in 0..<20 {
      let isBetweenBodies = kind != .planar && trial % 2 == 0
      var rig = Rig(
        kind, hasParent: isBetweenBodies, parameters: .weightless(setting.solver, timeStep: h), link: setting.link,
        random: &random)
      for i in 0..<rig.chain.count {
        let turns = (0..<rig.chain.count).map { 0.8 * random.uniform(in: kind.range($0)) }
        rig.set(
          turns, rates: turns.map { _ in 0 }, motion: isBetweenBodies ? random.pose() : .identity, velocity: .zero,
          spin: .zero)
        let effort = setting.link.inertia
        rig.world.efforts[i] = effort
        rig.world.step()
        rig.world.efforts[i] = 0
        let rates = rig.world.readJoints().velocities
        #expect(rates[i] > 0)
        // From rest, q̇ = h M⁻¹ τ, so twice the kinetic energy is h τ · q̇.
        let energy = 2 * rig.world.kineticEnergy
        #expect(abs(energy - h * effort * rates[i]) < 2e-3 * energy, "\(energy) J, \(h * effort * rates[i]) J")
      }
    }
  }

  @Test("accelerate under any efforts by M⁻¹ τ", arguments: JointKind.allCases, Setting.all)
  func accelerationsAreThoseOfTheChain(_ kind: JointKind, setting: Setting) {
    let h = 0.005
    var random = RandomStream(testing: 5)
    var worst = 0.0
    for middle in [0, 30, -30, 60, -60] {
      for _ in 0..<5 {
        let made = random.pose()
        // The centre of mass away from the anchor, three different moments of inertia.
        let arm = random.vector(within: setting.link.gyration / 2)
        let chain = Chain(kind, anchor: made.position + arm, frame: random.rotation())
        var rig = Arm(
          chain, made: made, mass: setting.link.mass, tensor: random.inertia(about: setting.link.inertia),
          degrees: [.init(reference: 0.1), .init(), .init(reference: -0.4)],
          parameters: .weightless(setting.solver, timeStep: h))
        var q = (0..<chain.count).map { random.uniform(in: kind.range($0)) }
        if chain.count == 3 && kind != .planar { q[1] = Double(middle) * degree }
        rig.set(q, rates: q.map { _ in 0 })
        let torques = q.map { _ in setting.link.inertia * random.uniform(in: -5...5) }
        let accelerations = solve(rig.massMatrix(q), torques)
        let expected = accelerations.map { $0 * h }
        for i in torques.indices { rig.world.efforts[i] = torques[i] }
        let columns = rig.jacobian(q)
        rig.world.step()
        let angular = zip(columns, expected).reduce(Vector3.zero) { $0 + $1.0.angular * $1.1 }
        let linear = zip(columns, expected).reduce(Vector3.zero) { $0 + $1.0.linear * $1.1 }
        let error = max(
          (rig.world.angularVelocity(of: rig.child) - angular).length / max(angular.length, 1e-3),
          (rig.world.linearVelocity(of: rig.child) - linear).length / max(linear.length, 1e-3))
        worst = max(worst, error)
      }
    }
    #expect(worst < 2e-5, "largest relative error \(worst)")
    Measured.note("acceleration \(kind.rawValue) \(setting.testDescription)", worst)
  }
}

/// Figures for the README's table: `POISE_PRINT_MEASURED=1 swift test …` prints them.
enum Measured {
  static let isPrinted = ProcessInfo.processInfo.environment["POISE_PRINT_MEASURED"] != nil
  static func note(_ what: String, _ value: Double) {
    if isPrinted { print("measured: \(what): \(value)") }
  }
}
