import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("A three-hinge joint")
struct ThreeHingeTests {
  static let handedness = [JointKind.threeHinge, .mirroredThreeHinge]

  @Test("holds each axis at its limit under full effort, at every middle angle", arguments: handedness, Setting.all)
  func limitsAtMiddleAngles(_ kind: JointKind, setting: Setting) {
    let full = setting.link == .light ? 1.0 : 30.0
    var worst = 0.0
    for middle in [0.0, 30, -30, 60, -60] {
      for i in 0..<3 {
        for sign in [1.0, -1.0] {
          // The middle angle is held near its value by its own narrow limits.
          var degrees = (0..<3).map { _ in DegreeOfFreedom(limits: -0.4...0.4, damping: 0.05) }
          degrees[1].limits = middle * degree - 0.1...middle * degree + 0.1
          let made = Pose(position: [0.1, 0.2, 0.3])
          var arm = Arm(
            Chain(kind, anchor: made.position, frame: Quaternion(angle: 1, axis: [0.6, 0, 0.8])), made: made,
            mass: setting.link.mass, tensor: setting.link.tensor, degrees: degrees,
            parameters: .weightless(setting.solver, timeStep: 0.002))
          arm.set([0, middle * degree, 0], rates: [0, 0, 0])
          arm.world.efforts[i] = sign * full
          for _ in 0..<1000 {
            arm.world.step()
            for (q, record) in zip(arm.world.readJoints().positions, degrees) {
              guard let limits = record.limits else { continue }
              worst = max(worst, max(limits.lowerBound - q, q - limits.upperBound))
            }
          }
          let q = arm.world.readJoints().positions[i]
          let center = i == 1 ? middle * degree : 0
          let reach = i == 1 ? 0.1 : 0.4
          #expect(abs(q - center - sign * reach) < 1e-3, "axis \(i) at \(q), middle \(middle)°")
        }
      }
    }
    Measured.note(
      "three-hinge limits at middle angles, \(kind.rawValue) \(setting.testDescription), degrees", worst / degree)
    #expect(worst < 0.01 * degree, "\(worst / degree)°")
  }

  @Test("swings like three hinges in series through tiny bodies", arguments: handedness, bothSolvers)
  func behavesLikeARealChain(_ kind: JointKind, solver: PhysicsParameters.Solver) {
    let made = Pose(position: [0.05, 0.1, -0.2])
    let chain = Chain(kind, anchor: .zero, frame: Quaternion(angle: 0.4, axis: [0, 0.6, 0.8]))
    let (mass, tensor) = (2.0, Matrix3(diagonal: [0.05, 0.04, 0.02]))
    let degrees = (0..<3).map { _ in DegreeOfFreedom(damping: 0.1, stiffness: 0.5) }
    var one = World(.earth(solver, timeStep: 0.0005))
    let body = one.addBody(name: "limb", mass: mass, inertia: tensor, at: made)
    _ = chain.add(to: &one, child: body, parent: nil, degrees: degrees)

    // The chain needs the direct solver: its mass ratio of 1 : 1000 is what QuickStep is bad at.
    var series = World(.earth(.direct, timeStep: 0.0005))
    var parent: World.BodyIndex?
    for i in 0..<3 {
      let isLimb = i == 2
      let link = series.addBody(
        name: "\(i)", mass: isLimb ? mass : 0.002, inertia: isLimb ? tensor : 2e-5 * Matrix3.identity,
        at: isLimb ? made : .identity)
      _ = series.addHinge(child: link, parent: parent, anchor: .zero, axis: chain.axes[i], degree: degrees[i])
      parent = link
    }
    let efforts = [0.4, -0.6, 0.3]
    for i in 0..<3 {
      one.efforts[i] = efforts[i]
      series.efforts[i] = efforts[i]
    }
    var worst = 0.0
    var largest = 0.0
    for _ in 0..<1000 {
      one.step()
      series.step()
      let (a, b) = (one.readJoints().positions, series.readJoints().positions)
      worst = max(worst, maximumDifference(a, b))
      largest = max(largest, a.map(abs).max() ?? 0)
    }
    Measured.note("three-hinge against a real chain, \(kind.rawValue) \(solver), rad of \(largest)", worst)
    #expect(largest > 0.5)
    #expect(worst < 0.01 * largest, "\(worst) rad of \(largest)")
  }

  @Test("has as rates the serial chain's, the duals times ω", arguments: handedness)
  func ratesAreDuals(_ kind: JointKind) {
    var random = RandomStream(testing: 110)
    for middle in [0.0, 30, -30, 60, -60] {
      let made = random.pose()
      var arm = Arm(
        Chain(kind, anchor: made.position, frame: random.rotation()), made: made, mass: 1, tensor: .identity,
        degrees: [.init(), .init(), .init()], parameters: .weightless(.direct))
      let q = [0.7, middle * degree, -0.4]
      arm.set(q, rates: [0, 0, 0])
      let ω = random.vector(within: 3)
      arm.world.setState(of: arm.child, pose: arm.world.pose(of: arm.child), linearVelocity: .zero, angularVelocity: ω)
      let a = arm.jacobian(q).map(\.angular)
      let volume = a[0].dot(a[1].cross(a[2]))
      let duals = [a[1].cross(a[2]) / volume, a[2].cross(a[0]) / volume, a[0].cross(a[1]) / volume]
      #expect(maximumDifference(arm.world.readJoints().velocities, duals.map { $0.dot(ω) }) < 1e-12)
    }
  }
}

@Suite("A ball joint")
struct BallJointTests {
  @Test("is damped alike about every axis by ω/(1 + h d/I)", arguments: Setting.all)
  func damping(_ setting: Setting) {
    let (h, d) = (0.005, 0.3)
    var random = RandomStream(testing: 111)
    var world = World(.weightless(setting.solver, timeStep: h))
    let made = random.pose()
    let body = world.addBody(name: "ball", mass: setting.link.mass, inertia: setting.link.tensor, at: made)
    let joint = world.addBall(child: body, parent: nil, anchor: made.position, damping: d)
    let ω = random.vector(within: 2)
    world.setState(of: body, pose: made, linearVelocity: .zero, angularVelocity: ω)
    for n in 1...10 {
      world.step()
      let expected = pow(1 + h * d / setting.link.inertia, -Double(n)) * ω
      #expect((world.angularVelocity(of: body) - expected).length < 1e-6 * expected.length + 1e-15)
    }
    let turn = random.rotation()
    world.setState(
      of: body, pose: Pose(position: made.position, orientation: turn * made.orientation), linearVelocity: .zero,
      angularVelocity: ω)
    let read = world.ballOrientation(of: joint)
    #expect(abs(abs(read.orientation.innerProduct(turn)) - 1) < 1e-12)
    #expect((read.angularVelocity - (turn * made.orientation).unrotate(ω)).length < 1e-12)
  }
}
