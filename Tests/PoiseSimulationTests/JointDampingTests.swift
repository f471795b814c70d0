import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Dampers and springs of joints")
struct JointDampingTests {
  static let middleAngles = [0.0, 30, -30, 60, -60]

  /// A link on a joint through its centre of mass, in a random frame, so that M(q) = AᵀIA and nothing else turns it.
  func arm(_ kind: JointKind, _ setting: Setting, degrees: [DegreeOfFreedom], seed: Int, h: Double) -> Arm {
    var random = RandomStream(testing: seed)
    let made = random.pose()
    return Arm(
      Chain(kind, anchor: made.position, frame: random.rotation()), made: made, mass: setting.link.mass,
      tensor: setting.link.tensor, degrees: degrees, parameters: .weightless(setting.solver, timeStep: h))
  }

  /// Steps `count` times and returns the largest difference, relative to the speed before the step, from
  ///
  ///     (M + h D + h² K) q̇′ = (M + h² κ K) q̇ − h K (q − q₀),   κ = 1/(1 + (h² k μ)²)
  ///
  /// written for M(q) of the pose in which the step begins.
  func worstError(_ rig: inout Arm, degrees: [DegreeOfFreedom], steps: Int) -> Double {
    let h = rig.world.parameters.timeStep
    var worst = 0.0
    for _ in 0..<steps {
      let (q, rates) = rig.world.readJoints()
      var left = rig.massMatrix(q)
      var right = multiply(left, rates)
      let mobilities = rig.mobilities(q)
      for i in q.indices {
        let spring = h * h * degrees[i].stiffness
        left[i][i] += h * degrees[i].damping + spring
        right[i] += spring / (1 + pow(spring * mobilities[i], 2)) * rates[i]
        right[i] -= h * degrees[i].stiffness * (q[i] - degrees[i].springReference)
      }
      let expected = solve(left, right)
      let columns = rig.jacobian(q)
      rig.world.step()
      let v = zip(columns, expected).reduce(Vector3.zero) { $0 + $1.0.linear * $1.1 }
      let ω = zip(columns, expected).reduce(Vector3.zero) { $0 + $1.0.angular * $1.1 }
      let speed = (rates + expected).map(abs).max() ?? 0
      let error = max(
        (rig.world.linearVelocity(of: rig.child) - v).length, (rig.world.angularVelocity(of: rig.child) - ω).length)
      if speed > 1e-9 { worst = max(worst, error / speed) }
    }
    return worst
  }

  @Test("slow every kind of joint by (M + h D)⁻¹ M in each step", arguments: JointKind.allCases, Setting.all)
  func dampersAreImplicit(_ kind: JointKind, setting: Setting) {
    // h d/I = 12.5, 25, 5 for the light link: explicit damping would throw it away.
    let damping = [0.5, 1, 0.2]
    let degrees = damping.map { DegreeOfFreedom(reference: 0.2, damping: $0) }
    var worst = 0.0
    for middle in Self.middleAngles where kind.motions == [.turn, .turn, .turn] || middle == 0 {
      for moving in 0..<kind.motions.count {
        var rig = arm(kind, setting, degrees: degrees, seed: 10 + moving, h: 0.005)
        var q = [0.9, -0.4, 0.5].prefix(kind.motions.count).map { $0 }
        if q.count == 3 { q[1] = middle * degree + 0.2 }
        rig.set(q, rates: q.indices.map { $0 == moving ? 2 : 0 })
        worst = max(worst, worstError(&rig, degrees: degrees, steps: 25))
      }
    }
    Measured.note("damping \(kind.rawValue) \(setting.testDescription)", worst)
    #expect(worst < 1e-5)
  }

  @Test("leave ω/(1 + h d/I)ⁿ of a hinge's speed", arguments: Setting.all)
  func hingeDecaysGeometrically(_ setting: Setting) {
    let (h, d, inertia) = (0.005, 10 * setting.link.inertia, setting.link.inertia)
    let degrees = [DegreeOfFreedom(damping: d)]
    var rig = arm(.hinge, setting, degrees: degrees, seed: 20, h: h)
    rig.set([0], rates: [1])
    for n in 1...40 {
      rig.world.step()
      let expected = pow(1 + h * d / inertia, -Double(n))
      #expect(abs(rig.world.readJoints().velocities[0] / expected - 1) < 1e-4, "step \(n)")
    }
  }

  @Test("pull every kind of joint by the law of their row", arguments: JointKind.allCases, Setting.all)
  func springsFollowTheirLaw(_ kind: JointKind, setting: Setting) {
    // The reference is neither the made pose's zero nor where the spring rests.
    let degrees = [
      DegreeOfFreedom(reference: 0.2, damping: 0.3, stiffness: 20, springReference: -0.1),
      DegreeOfFreedom(reference: 0.2, stiffness: 5, springReference: 0.5),
      DegreeOfFreedom(reference: 0.2, damping: 0.1, stiffness: 40, springReference: 0.4),
    ]
    // A stiff spring may turn the light link by 0.3 rad in one step; what ODE then corrects of a universal joint's drift
    // is not the springs' doing, so every step starts from a pose that is exact.
    var worst = 0.0
    for middle in Self.middleAngles where kind.motions == [.turn, .turn, .turn] || middle == 0 {
      var rig = arm(kind, setting, degrees: degrees, seed: 30, h: 0.005)
      var random = RandomStream(testing: 31)
      for _ in 0..<20 {
        var q = kind.motions.map { _ in random.uniform(in: -0.5...0.9) }
        if q.count == 3 { q[1] = middle * degree + 0.2 }
        rig.set(q, rates: q.map { _ in random.uniform(in: -1...1) })
        worst = max(worst, worstError(&rig, degrees: degrees, steps: 1))
      }
    }
    Measured.note("spring \(kind.rawValue) \(setting.testDescription)", worst)
    #expect(worst < 1e-5)
  }

  @Test(
    "stay calm at any stiffness, and come to rest where the spring does", arguments: JointKind.allCases, Setting.all)
  func hugeStiffnessIsStable(_ kind: JointKind, setting: Setting) {
    let degrees = (0..<3).map { _ in DegreeOfFreedom(reference: 0.1, stiffness: 1e8, springReference: 0.3) }
    var rig = arm(kind, setting, degrees: degrees, seed: 40, h: 0.005)
    let q = [0.5, 0.2, 0.6].prefix(kind.motions.count).map { $0 }
    rig.set(q, rates: q.map { _ in 1 })
    var fastest = 0.0
    for _ in 0..<200 {
      rig.world.step()
      fastest = max(fastest, rig.world.readJoints().velocities.map(abs).max() ?? 0)
    }
    let end = rig.world.readJoints()
    // One step takes the joint to its rest: at most 0.3 in 5 ms, 60 per second.
    #expect(fastest < 130)
    for i in q.indices { #expect(abs(end.positions[i] - 0.3) < 1e-3, "\(end.positions)") }
  }

  @Test("keep the energy of a motion that the steps resolve", arguments: [JointKind.hinge, .slide], Setting.all)
  func springsKeepEnergy(_ kind: JointKind, setting: Setting) {
    // ω h = 0.05: 126 steps a period. An implicit spring would lose 12 % of its amplitude in every period, and all of it in 100.
    let h = 0.002
    let probe = arm(kind, setting, degrees: [DegreeOfFreedom()], seed: 50, h: h)
    let inertia = probe.massMatrix([0])[0][0]
    let k = inertia * pow(0.05 / h, 2)
    var rig = arm(kind, setting, degrees: [DegreeOfFreedom(stiffness: k)], seed: 50, h: h)
    rig.set([0.3], rates: [0])
    var highest = 0.0
    for step in 0..<12_600 {
      rig.world.step()
      if step >= 12_400 { highest = max(highest, abs(rig.world.readJoints().positions[0])) }
    }
    Measured.note("amplitude after 100 periods \(kind.rawValue) \(setting.testDescription)", highest / 0.3 - 1)
    #expect(abs(highest / 0.3 - 1) < 0.02)
  }

  @Test("hold a weight where spring and gravity balance", arguments: Setting.all)
  func springCarriesWeight(_ setting: Setting) {
    let (mass, length, k) = (setting.link.mass, 0.1, 2.0)
    var world = World(.earth(setting.solver, timeStep: 0.002))
    let body = world.addBody(
      name: "weight", mass: mass, inertia: setting.link.tensor, at: Pose(position: [length, 0, 0]))
    // About −y the arm rises with q: k (q − 0.2) = −m g l cos(q − 0.2), with q = 0.2 when level.
    _ = world.addHinge(
      child: body, parent: nil, anchor: .zero, axis: [0, -1, 0],
      degree: DegreeOfFreedom(reference: 0.2, damping: 2, stiffness: k, springReference: 0.2))
    for _ in 0..<10_000 { world.step() }
    var deflection = 0.0
    for _ in 0..<200 { deflection += 0.1 * (-mass * 9.81 * length * cos(deflection) / k - deflection) }
    #expect(abs(world.readJoints().positions[0] - 0.2 - deflection) < 1e-5)
  }
}
