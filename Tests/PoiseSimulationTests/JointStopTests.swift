import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Joint stops")
struct JointStopTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let setting: Setting
    let timeStep: Double
    let isBetweenBodies: Bool

    var testDescription: String {
      "\(setting.testDescription), \(timeStep * 1000) ms, \(isBetweenBodies ? "two bodies" : "to the world")"
    }

    static let all = [0.001, 0.005].flatMap { h in
      [false, true].flatMap { between in
        Setting.all.map { Case(setting: $0, timeStep: h, isBetweenBodies: between) }
      }
    }
  }

  /// Damped, with stops at ±0.5 of a made pose that reads 0.3.
  static let reference = 0.3
  static let reach = 0.5
  static let degrees = (0..<3).map { _ in
    DegreeOfFreedom(reference: reference, limits: reference - reach...reference + reach, damping: 0.1)
  }

  func rig(_ kind: JointKind, _ c: Case, degrees: [DegreeOfFreedom] = Self.degrees) -> World {
    var random = RandomStream(testing: 50)
    var world = World(.weightless(c.setting.solver, timeStep: c.timeStep))
    let link = c.setting.link
    func pose() -> Pose { Pose(position: random.vector(within: link.gyration), orientation: random.rotation()) }
    let parent: World.BodyIndex? =
      c.isBetweenBodies && kind != .planar
      ? world.addBody(name: "parent", mass: 3 * link.mass, inertia: 3 * link.tensor, at: pose()) : nil
    let made = pose()
    let child = world.addBody(name: "child", mass: link.mass, inertia: link.tensor, at: made)
    let chain = Chain(
      kind, anchor: made.position + random.vector(within: 0.5 * link.gyration), frame: random.rotation())
    _ = chain.add(to: &world, child: child, parent: parent, degrees: degrees)
    // The pair must not fly away: a stop is about their relative motion, so the parent is held by a ball joint.
    if let parent { _ = world.addBall(child: parent, parent: nil, anchor: world.position(of: parent), damping: 1) }
    return world
  }

  @Test(
    "hold a damped joint under full effort, and let it go under one unit of opposite effort",
    arguments: JointKind.allCases, Case.all)
  func stopsHoldAndRelease(_ kind: JointKind, c: Case) {
    // A strong motor for the link: it would reach the stop from rest in about 0.1 s.
    let full = c.setting.link == .light ? 2.0 : 50.0
    var worst = 0.0
    for i in kind.motions.indices {
      for sign in [1.0, -1.0] {
        var world = rig(kind, c)
        let stop = Self.reference + sign * Self.reach
        world.efforts[i] = sign * full
        for _ in 0..<Int(1 / c.timeStep) {
          world.step()
          worst = max(worst, (world.readJoints().positions[i] - stop) * sign)
        }
        let pressed = world.readJoints().positions[i]
        #expect(abs(pressed - stop) < 2e-3, "axis \(i) rests at \(pressed), its stop is at \(stop)")
        world.efforts[i] = -sign
        // A planar body may still swing about its anchor, and press the stop with its momentum for a while; the stop is asked, not the swing.
        if kind == .planar {
          for body in world.bodyIndices {
            world.setState(of: body, pose: world.pose(of: body), linearVelocity: .zero, angularVelocity: .zero)
          }
        }
        for _ in 0..<Int(1 / c.timeStep) { world.step() }
        let freed = world.readJoints().positions[i]
        #expect((stop - freed) * sign > 0.05, "axis \(i) stuck at \(freed), its stop is at \(stop)")
      }
    }
    Measured.note("overshoot \(kind.rawValue) \(c.testDescription)", worst / degree)
    #expect(worst < 0.02 * degree, "overshoot \(worst / degree)°")
  }

  @Test(
    "stop a joint that stands still at any distance when the full effort sets in", arguments: JointKind.allCases,
    Case.all)
  func stopsHoldFromAnyDistance(_ kind: JointKind, c: Case) {
    guard !c.isBetweenBodies else { return }
    let link = c.setting.link
    let full = link == .light ? 2.0 : 50.0
    var random = RandomStream(testing: 51)
    var worst = 0.0
    for trial in 0..<100 {
      let i = trial % kind.motions.count
      let made = random.pose()
      let chain = Chain(kind, anchor: made.position, frame: random.rotation())
      var arm = Arm(
        chain, made: made, mass: link.mass, tensor: link.tensor, degrees: Self.degrees,
        parameters: .weightless(c.setting.solver, timeStep: c.timeStep))
      // One step under full effort moves it by `stride`.
      let stride = c.timeStep * c.timeStep * full / (kind.motions[i] == .shift ? link.mass : link.inertia)
      let sign: Double = trial % 2 == 0 ? 1 : -1
      let stop = Self.reference + sign * Self.reach
      var q = kind.motions.map { _ in Self.reference }
      q[i] = stop - sign * min(0.4, random.uniform(in: 0...3) * stride)
      arm.set(q, rates: q.map { _ in 0 })
      arm.world.efforts[i] = sign * full
      for _ in 0..<50 {
        arm.world.step()
        worst = max(worst, (arm.world.readJoints().positions[i] - stop) * sign)
      }
    }
    Measured.note("overshoot from rest \(kind.rawValue) \(c.testDescription)", worst / degree)
    #expect(worst < 0.02 * degree, "overshoot \(worst / degree)°")
  }

  @Test("are told apart from free motion to the last bit", arguments: JointKind.allCases, bothSolvers)
  func knifeEdgeIsHarmless(_ kind: JointKind, solver: PhysicsParameters.Solver) {
    // At a stop, our coordinate and ODE's own may disagree in the last bit; a motor row and a stop row at once would be
    // an infinite force. So: many poses within a few bits of every edge of the stop's margin.
    var random = RandomStream(testing: 52)
    for _ in 0..<10 {
      let made = random.pose()
      let chain = Chain(kind, anchor: made.position, frame: random.rotation())
      var arm = Arm(
        chain, made: made, mass: 1, tensor: Matrix3(diagonal: [0.1, 0.1, 0.1]), degrees: Self.degrees,
        parameters: .weightless(solver))
      for sign in [1.0, -1.0] {
        for inside in [0, DegreeOfFreedom.stopMargin] {
          let edge = Self.reference + sign * (Self.reach - inside)
          for _ in 0..<200 {
            let i = random.index(below: chain.count)
            var q = kind.motions.map { _ in Self.reference }
            q[i] = edge + random.uniform(in: -4...4) * 1e-16
            arm.set(q, rates: q.map { _ in 0 })
            arm.world.step()
            let v = arm.world.angularVelocity(of: arm.child).length + arm.world.linearVelocity(of: arm.child).length
            #expect(v < 1, "\(v) from rest")
          }
        }
      }
    }
  }

  @Test("bring back a joint that is made beyond them, and hold it then", arguments: JointKind.allCases, Setting.all)
  func madeBeyondStops(_ kind: JointKind, setting: Setting) {
    // As a knee that bends from −160° to −2° and is drawn straight.
    let degrees = (0..<3).map { _ in DegreeOfFreedom(limits: 0.1...0.6, damping: 0.1) }
    var world = rig(kind, Case(setting: setting, timeStep: 0.002, isBetweenBodies: false), degrees: degrees)
    for _ in 0..<100 { world.step() }
    for q in world.readJoints().positions { #expect(q > 0.1 - 1e-3 && q < 0.6 + 1e-3, "\(q)") }
  }

  @Test("hold a joint between narrow limits", arguments: JointKind.allCases, Setting.all)
  func narrowLimits(_ kind: JointKind, setting: Setting) {
    let half = 0.55 * DegreeOfFreedom.narrowestLimits
    let degrees = (0..<3).map { _ in DegreeOfFreedom(limits: -half...half, damping: 0.1) }
    var world = rig(kind, Case(setting: setting, timeStep: 0.002, isBetweenBodies: false), degrees: degrees)
    var worst = 0.0
    for step in 0..<2000 {
      for i in world.efforts.indices { world.efforts[i] = 20 * setting.link.inertia * (step / 50 % 2 == 0 ? 1 : -1) }
      world.step()
      worst = max(worst, world.readJoints().positions.map { abs($0) - half }.max() ?? 0)
    }
    #expect(worst < 1e-4, "\(worst) beyond limits of ±\(half)")
  }

  @Test("carry a weight without trembling", arguments: bothSolvers)
  func restingOnStop(_ solver: PhysicsParameters.Solver) {
    var world = World(.earth(solver, timeStep: 0.005))
    let body = world.addBody(
      name: "arm", mass: 2, inertia: Matrix3(diagonal: [0.02, 0.02, 0.02]), at: Pose(position: [0.3, 0, 0]))
    // About y the arm falls with growing q.
    _ = world.addHinge(
      child: body, parent: nil, anchor: .zero, axis: [0, 1, 0],
      degree: DegreeOfFreedom(limits: -0.5...0.5, damping: 0.2))
    var highest = -Double.infinity
    for _ in 0..<1000 {
      world.step()
      highest = max(highest, world.readJoints().positions[0])
    }
    var fastest = 0.0
    for _ in 0..<200 {
      world.step()
      fastest = max(fastest, abs(world.readJoints().velocities[0]))
    }
    // The iterative solver leaves over 2e-5 rad/s, the direct one 1e-9: nobody would see either.
    Measured.note("trembling of an arm on its stop, \(solver), rad/s", fastest)
    #expect(fastest < (solver == .direct ? 1e-6 : 1e-4))
    #expect(abs(world.readJoints().positions[0] - 0.5) < 1e-4)
    Measured.note("overshoot of an arm that falls on its stop, \(solver), degrees", (highest - 0.5) / degree)
    #expect(highest < 0.5 + 0.1 * degree)
  }
}
