import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("The humanoid")
struct HumanoidTests {
  static func robot(
    _ setting: Setting, timeStep: Double? = nil, gravity: Bool = true, contacts: Bool = true,
    edit: (inout RobotModel) -> Void = { _ in }
  ) throws -> Robot {
    var model = try ShippedRobot.humanoid.model
    edit(&model)
    var physics = setting.physics(of: model, timeStep: timeStep)
    if !gravity { physics.gravity = .zero }
    physics.isContactEnabled = contacts
    return try Robot(model, physics: physics)
  }

  static let totalWeight = 45 * 9.81

  // MARK: Momentum and energy

  /// Momenta after 5 s of random torques in free space, and the torque impulse that was exchanged.
  static func drift(_ setting: Setting, timeStep: Double? = nil) throws -> (linear: Double, angular: Double) {
    let robot = try robot(setting, timeStep: timeStep, gravity: false, contacts: false)
    let h = robot.world.parameters.timeStep
    var random = RandomStream(seed: 5, purpose: .testing)
    var impulse = 0.0
    var worst = (linear: 0.0, angular: 0.0)
    for _ in 0..<250 {
      robot.setRandomControls(using: &random)
      robot.clearEffortSums()
      robot.step(Int((0.02 / h).rounded()))
      impulse += robot.effortSums.reduce(0) { $0 + abs($1) } * h
      worst.linear = max(worst.linear, robot.world.linearMomentum.length)
      worst.angular = max(worst.angular, robot.world.angularMomentum(about: robot.world.centerOfMass).length)
    }
    return (worst.linear, worst.angular / impulse)
  }

  @Test("keeps its momenta under random torques of all motors in free space")
  func momentum() throws {
    let reference = try Self.drift(.reference)
    let finer = try Self.drift(.reference, timeStep: 0.0005)
    let shipped = try Self.drift(.shipped)
    report("humanoid", .reference, "linear momentum", reference.linear, "kg·m/s")
    report("humanoid", .reference, "angular momentum ÷ torque impulse", reference.angular, "")
    report("humanoid", .shipped, "linear momentum", shipped.linear, "kg·m/s")
    report("humanoid", .shipped, "angular momentum ÷ torque impulse", shipped.angular, "")
    #expect(reference.linear < 1.5e-13)
    #expect(reference.angular < 5e-5)
    #expect(finer.angular < reference.angular, "\(finer) \(reference)")
    #expect(shipped.linear < 1.8e-13)
    #expect(shipped.angular < 3.3e-4)
  }

  @Test("without torques and damping, its energy drifts within bounds", arguments: Setting.allCases)
  func energy(setting: Setting) throws {
    let robot = try Self.robot(setting, gravity: false, contacts: false) { model in
      for i in model.joints.indices { (model.joints[i].damping, model.joints[i].range) = (0, nil) }
      // The middle hinge of the hips keeps its limits, or the hip would not be a three-hinge joint.
      for i in model.joints.indices where model.joints[i].name.hasSuffix("hip_x") {
        model.joints[i].range = -1.3...1.3
      }
    }
    var start = robot.configuration()
    var random = RandomStream(seed: 9, purpose: .testing)
    for i in start.velocities.indices { start.velocities[i] = random.uniform(in: -1...1) }
    robot.place(start)
    let before = robot.world.kineticEnergy
    // One second: slow enough that no hip reaches its limit, where energy would rightly be lost.
    robot.step(Int(1 / robot.world.parameters.timeStep))
    let drift = robot.world.kineticEnergy / before - 1
    report("humanoid", setting, "energy drift in 1 s", drift * 100, "%")
    #expect(abs(drift) < (setting == .reference ? 3e-5 : 3.3e-4))
  }

  // MARK: Contacts

  @Test("at rest, its contact forces add up to its weight", arguments: Setting.allCases)
  func weight(setting: Setting) throws {
    let robot = try Self.robot(setting)
    let h = robot.world.parameters.timeStep
    robot.step(Int(8 / h))
    var sum = Vector3.zero
    let steps = Int(2 / h)
    for _ in 0..<steps {
      robot.step()
      for contact in robot.world.contacts where robot.world.body(of: contact.second) == nil { sum += contact.force }
    }
    let mean = sum / Double(steps)
    report("humanoid", setting, "contact force less weight", abs(mean.z / Self.totalWeight - 1) * 100, "%")
    #expect(abs(mean.z / Self.totalWeight - 1) < (setting == .reference ? 6e-10 : 9e-4))
    #expect((mean.x * mean.x + mean.y * mean.y).squareRoot() < 0.01 * Self.totalWeight)
  }

  /// Torso poses every 0.1 s of a held stand that is pushed, in a scene turned by `angle` about the vertical.
  static func heldStand(_ setting: Setting, turned angle: Double) throws -> [Pose] {
    let robot = try robot(setting)
    let turn = Quaternion(angle: angle, axis: [0, 0, 1])
    var start = robot.configuration()
    start.freePoses[0] = Pose(orientation: turn) * start.freePoses[0]
    robot.place(start)
    for (index, actuator) in robot.model.actuators.enumerated() {
      let limit = actuator.effortLimit ?? 0
      robot.setServo(.init(target: 0, stiffness: 4 * limit, damping: 0.05 * limit), of: index)
    }
    let h = robot.world.parameters.timeStep
    var poses: [Pose] = []
    for tenth in 0..<30 {
      // A push of 30 N to the front and left for 0.1 s, after one second.
      robot.world.setExternalForce(on: robot.bodies[0], force: tenth == 10 ? turn.rotate([25, 15, 0]) : .zero)
      robot.step(Int((0.1 / h).rounded()))
      poses.append(Pose(orientation: turn.conjugate) * robot.pose(ofBody: 0))
    }
    return poses
  }

  @Test("stands the same in a scene turned by 45°", arguments: Setting.allCases)
  func turnedScene(setting: Setting) throws {
    let straight = try Self.heldStand(setting, turned: 0)
    let turned = try Self.heldStand(setting, turned: .pi / 4)
    let distance = zip(straight, turned).map { ($0.position - $1.position).length }.max() ?? .infinity
    let tilt = zip(straight, turned).map { 2 * acos(min(1, abs(($0.orientation.conjugate * $1.orientation).w))) }
    report("humanoid", setting, "torso in a scene turned by 45°", distance * 1000, "mm")
    #expect(straight.allSatisfy { $0.position.z > 1.1 }, "it must stand throughout")
    // The direct solver's is rounding.
    #expect(distance < (setting == .reference ? 2.7e-15 : 5e-3))
    #expect((tilt.max() ?? .infinity) < 0.5 * .pi / 180)
  }

  // MARK: Joints

  @Test("joint limits hold under full torque", arguments: Setting.allCases)
  func limits(setting: Setting) throws {
    var worst = (violation: 0.0, joint: "")
    for sign in [1.0, -1.0] {
      for actuator in 0..<16 {
        let robot = try Self.robot(setting, gravity: false, contacts: false)
        robot.setControl(sign, of: actuator)
        for _ in 0..<Int(1 / robot.world.parameters.timeStep) {
          robot.step()
          let q = robot.configuration().positions
          for (position, joint) in zip(q, robot.model.scalarJoints) {
            guard let range = robot.linkage.limits[joint] else { continue }
            let violation = max(range.lowerBound - position, position - range.upperBound)
            if violation > worst.violation { worst = (violation, robot.model.joints[joint].name) }
          }
        }
      }
    }
    let degrees = worst.violation * 180 / .pi
    report("humanoid", setting, "worst limit violation (\(worst.joint))", degrees, "°")
    #expect(degrees < (setting == .reference ? 0.026 : 1.5))
  }

  /// What the comment at the head of models/humanoid.xml says of each sign: a point of the moved body, in its frame, goes
  /// this way, in the frame of the body that carries it.
  static let documentedSigns: [(actuator: String, point: Vector3, way: Vector3)] = [
    ("abdomen_y", [0, 0, -0.1], [1, 0, 0]),  // the hips come forward of the chest: the trunk bends forward
    ("abdomen_x", [0, 0, -0.1], [0, 1, 0]),  // the hips go left of the chest: the trunk bends to the left
    ("left_hip_y", [0, 0, -0.36], [1, 0, 0]), ("right_hip_y", [0, 0, -0.36], [1, 0, 0]),
    ("left_hip_x", [0, 0, -0.36], [0, 1, 0]), ("right_hip_x", [0, 0, -0.36], [0, -1, 0]),
    ("left_hip_z", [0.1, 0, 0], [0, 1, 0]), ("right_hip_z", [0.1, 0, 0], [0, -1, 0]),
    ("left_knee", [0, 0, -0.36], [-1, 0, 0]), ("right_knee", [0, 0, -0.36], [-1, 0, 0]),
    ("left_ankle", [0.15, 0, 0], [0, 0, 1]), ("right_ankle", [0.15, 0, 0], [0, 0, 1]),
    ("left_shoulder", [0, 0, -0.28], [1, 0, 0]), ("right_shoulder", [0, 0, -0.28], [1, 0, 0]),
    ("left_elbow", [0, 0, -0.2], [1, 0, 0]), ("right_elbow", [0, 0, -0.2], [1, 0, 0]),
  ]

  @Test("each of the 16 torques moves its own joint in the documented direction", arguments: Setting.allCases)
  func directions(setting: Setting) throws {
    let names = try ShippedRobot.humanoid.model.actuators.map(\.name)
    #expect(Set(names) == Set(Self.documentedSigns.map(\.actuator)) && names.count == 16)
    for (name, point, way) in Self.documentedSigns {
      let robot = try Self.robot(setting, gravity: false, contacts: false)
      let actuator = try #require(robot.model.actuators.firstIndex { $0.name == name })
      let joint = robot.model.joints[robot.model.actuators[actuator].joint]
      let parent = try #require(robot.model.bodies[joint.body].parent)
      func place() -> Vector3 {
        robot.pose(ofBody: parent).applyInverse(to: robot.pose(ofBody: joint.body).apply(to: point))
      }
      let before = place()
      robot.setControl(0.2, of: actuator)
      robot.step(Int(0.05 / robot.world.parameters.timeStep))
      let moved = place() - before
      let (q, v) = (robot.configuration().positions, robot.configuration().velocities)
      let own = try #require(robot.model.scalarJoints.firstIndex { robot.model.joints[$0].name == joint.name })
      #expect(q[own] > 0 && v[own] > 0, "\(name): \(q[own]) rad, \(v[own]) rad/s")
      #expect(moved.dot(way) > 0.7 * moved.length, "\(name): the point moves \(moved), documented \(way)")
    }
  }
}
