import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Dry friction and rotors of joints")
struct JointFrictionTests {
  private func arm(
    _ kind: JointKind, _ solver: PhysicsParameters.Solver, _ degree: DegreeOfFreedom, h: Double = 0.002
  ) -> Arm {
    var random = RandomStream(testing: 60)
    let made = random.pose()
    return Arm(
      Chain(kind, anchor: made.position, frame: random.rotation()), made: made, mass: Link.heavy.mass,
      tensor: Link.heavy.tensor, degrees: [degree, degree, degree], parameters: .weightless(solver, timeStep: h))
  }

  @Test("sticks under 0.99 of the friction, slides over 1.01", arguments: JointKind.allCases, bothSolvers)
  func sticksAndSlides(_ kind: JointKind, solver: PhysicsParameters.Solver) {
    let loss = 0.8
    for i in kind.motions.indices {
      for share in [0.99, 1.01] {
        var rig = arm(kind, solver, DegreeOfFreedom(frictionLoss: loss))
        rig.set(kind.motions.map { _ in 0 }, rates: kind.motions.map { _ in 0 })
        rig.world.efforts[i] = share * loss
        for _ in 0..<500 { rig.world.step() }
        let q = rig.world.readJoints().positions[i]
        // In 1 s: ½ · 0.01 · loss/M.
        let inertia = kind.motions[i] == .shift ? Link.heavy.mass : Link.heavy.inertia
        let slid = 0.5 * 0.01 * loss / inertia
        if share < 1 {
          #expect(abs(q) < 1e-2 * slid, "axis \(i) creeps to \(q)")
        } else {
          #expect(abs(q / slid - 1) < 0.02, "axis \(i) slides to \(q), not \(slid)")
        }
      }
    }
  }

  @Test("brakes by f/M and then holds still", arguments: JointKind.allCases, bothSolvers)
  func brakes(_ kind: JointKind, solver: PhysicsParameters.Solver) {
    let loss = 0.5
    for i in kind.motions.indices {
      var rig = arm(kind, solver, DegreeOfFreedom(frictionLoss: loss))
      rig.set(kind.motions.map { _ in 0 }, rates: kind.motions.indices.map { $0 == i ? 0.4 : 0 })
      let inertia = kind.motions[i] == .shift ? Link.heavy.mass : Link.heavy.inertia
      let deceleration = loss / inertia
      let steps = Int(0.5 * 0.4 / deceleration / 0.002)
      for _ in 0..<steps { rig.world.step() }
      let expected = 0.4 - deceleration * Double(steps) * 0.002
      #expect(abs(rig.world.readJoints().velocities[i] / expected - 1) < 1e-3)
      for _ in 0..<2 * steps { rig.world.step() }
      #expect(abs(rig.world.readJoints().velocities[i]) < 1e-6)
    }
  }

  @Test("a ball has friction about each of its axes", arguments: bothSolvers)
  func ball(_ solver: PhysicsParameters.Solver) {
    for share in [0.99, 1.01] {
      var world = World(.weightless(solver, timeStep: 0.002))
      let body = world.addBody(name: "ball", mass: 1, inertia: 0.1 * Matrix3.identity, at: .identity)
      _ = world.addBall(child: body, parent: nil, anchor: .zero, frictionLoss: 0.5)
      for _ in 0..<500 {
        world.addForce(.zero, torque: [0, share * 0.5, 0], to: body)
        world.step()
      }
      let ω = world.angularVelocity(of: body)
      if share < 1 { #expect(ω.length < 1e-5) } else { #expect(abs(ω.y / 0.05 - 1) < 0.02) }
    }
  }

  @Test("a rotor adds to the inertia along its coordinate alone", arguments: JointKind.allCases)
  func rotors(_ kind: JointKind) {
    for i in kind.motions.indices {
      var rig = arm(kind, .direct, DegreeOfFreedom(armature: 2))
      let q = kind.motions.map { _ in 0.3 }
      rig.set(q, rates: q.map { _ in 0 })
      var matrix = rig.massMatrix(q)
      for j in q.indices { matrix[j][j] += 2 }
      rig.world.efforts[i] = 3
      let expected = solve(matrix, q.indices.map { $0 == i ? 3 * 0.002 : 0 })
      rig.world.step()
      let rates = rig.world.readJoints().velocities
      for j in q.indices { #expect(abs(rates[j] - expected[j]) < 1e-6 * abs(expected[i]), "\(rates) \(expected)") }
    }
  }

  @Test("a rotor at a stop is as heavy as away from it")
  func rotorAtStop() {
    var rig = arm(.hinge, .direct, DegreeOfFreedom(limits: -0.5...0.5, armature: 5))
    rig.set([0.5], rates: [0])
    rig.world.efforts[0] = -1
    for _ in 0..<50 { rig.world.step() }
    #expect(abs(rig.world.readJoints().velocities[0] + 0.1 / 5.5) < 1e-5)
  }
}
