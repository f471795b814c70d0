import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("Robots in a mirror")
struct MirrorTests {
  private static func reflection(
    of robot: ShippedRobot, _ plane: MirrorPlane, edit: (inout RobotModel) -> Void = { _ in }
  ) throws -> RobotReflection {
    var model = try robot.model
    edit(&model)
    return try model.reflection(across: plane)
  }

  private static func reasons(_ edit: (inout RobotModel) -> Void) throws -> [String] {
    do {
      _ = try reflection(of: .humanoid, .leftRight, edit: edit)
      return []
    } catch let error as Asymmetry {
      return error.reasons
    }
  }

  @Test("the humanoid's left is its right, and what bends sideways bends the other way")
  func humanoid() throws {
    let model = try ShippedRobot.humanoid.model
    let image = try Self.reflection(of: .humanoid, .leftRight)
    func other(_ name: String) -> String {
      name.hasPrefix("left_")
        ? "right_" + name.dropFirst(5) : name.hasPrefix("right_") ? "left_" + name.dropFirst(6) : name
    }
    for (body, partner) in zip(model.bodies, image.bodies) { #expect(model.bodies[partner].name == other(body.name)) }
    for (place, joint) in model.scalarJoints.enumerated() {
      let name = model.joints[joint].name
      #expect(model.joints[model.scalarJoints[image.joints.partners[place]]].name == other(name))
      // The file gives paired joints one meaning, so that only the waist's sideways bend changes its sign.
      #expect(image.joints.signs[place] == (name == "abdomen_x" ? -1 : 1), "\(name)")
    }
  }

  /// Where a robot goes under random controls, and where it goes in the mirror under the image of those.
  ///
  /// - Returns: the worst distance in m, m/s and rad/s, N·m and N between the image of what happened and what happened in the mirror.
  private static func worstDifference(
    _ kind: ShippedRobot, _ plane: MirrorPlane, height: Double, seconds: Double,
    edit: (inout RobotModel) -> Void = { _ in }
  ) throws -> Double {
    var model = try kind.model
    edit(&model)
    let image = try model.reflection(across: plane)
    let physics = Setting.reference.physics(of: model)
    let (own, mirrored) = (try Robot(model, physics: physics), try Robot(model, physics: physics))
    var random = RandomStream(seed: 11, purpose: .testing)

    var start = JointConfiguration(reference: model)
    for i in start.positions.indices {
      start.positions[i] += 0.1 * random.normal()
      start.velocities[i] = random.normal()
    }
    for i in start.freePoses.indices {
      start.freePoses[i].position.z += height
      start.freePoses[i].orientation =
        Quaternion(angle: 0.3, axis: Vector3(random.normal(), random.normal(), random.normal()).normalized)
        * start.freePoses[i].orientation
      start.freeVelocities[i] = (
        [random.normal(), random.normal(), 0], [random.normal(), random.normal(), random.normal()]
      )
    }
    own.place(start)
    var other = start
    other.positions = image.joints.image(of: start.positions)
    other.velocities = image.joints.image(of: start.velocities)
    for i in start.freePoses.indices {
      let pose = start.freePoses[i]
      other.freePoses[i] = Pose(
        position: plane.image(of: pose.position), orientation: plane.image(of: pose.orientation))
      let velocity = start.freeVelocities[i]
      other.freeVelocities[i] = (plane.image(of: velocity.linear), plane.image(ofAxial: velocity.angular))
    }
    mirrored.place(other)

    var worst = 0.0
    for _ in 0..<Int(seconds / 0.02) {
      let controls = model.actuators.map { random.uniform(in: $0.controlRange ?? -1...1) }
      let images = image.controls.image(of: controls)
      own.setControls { controls[$0] }
      mirrored.setControls { images[$0] }
      own.clearEffortSums()
      mirrored.clearEffortSums()
      own.step(20)
      mirrored.step(20)
      for body in model.bodies.indices {
        let (a, b) = (own.pose(ofBody: body), mirrored.pose(ofBody: image.bodies[body]))
        let (v, w) = (own.velocity(ofBody: body), mirrored.velocity(ofBody: image.bodies[body]))
        worst = max(worst, (plane.image(of: a.position) - b.position).length)
        worst = max(worst, (plane.image(of: v.linear) - w.linear).length)
        worst = max(worst, (plane.image(ofAxial: v.angular) - w.angular).length)
      }
      let efforts = image.efforts.image(of: Array(own.effortSums))
      for (a, b) in zip(efforts, mirrored.effortSums) { worst = max(worst, abs(a - b)) }
    }
    return worst
  }

  @Test(
    "what a robot does in the mirror is the mirror image of what it does, as the direct solver sees it",
    arguments: [
      (ShippedRobot.humanoid, MirrorPlane.leftRight), (.cartpole, .frontBack), (.pendulum, .frontBack),
    ])
  func dynamics(robot: ShippedRobot, plane: MirrorPlane) throws {
    // High up, so that no contact amplifies a rounding.
    let worst = try Self.worstDifference(robot, plane, height: 20, seconds: 1)
    #expect(worst < 1e-6, "\(worst)")
  }

  @Test("and so do its feet on the ground, as long as roundings stay small")
  func contact() throws {
    let worst = try Self.worstDifference(.humanoid, .leftRight, height: 0.05, seconds: 0.3)
    #expect(worst < 1e-4, "\(worst)")
  }

  @Test("every side that differs is named, and how")
  func differences() throws {
    func body(_ name: String, _ model: RobotModel) -> Int { model.bodies.firstIndex { $0.name == name } ?? -1 }
    #expect(
      try Self.reasons { $0.bodies[body("left_foot", $0)].inertia?.mass = 1 } == [
        "body 'left_foot' differs from its mirror image 'right_foot' in its mass"
      ])
    #expect(
      try Self.reasons { $0.bodies[body("left_shin", $0)].pose.position.y += 0.01 }
        .contains { $0.hasPrefix("body 'left_shin' has no mirror image: no body like it stands at (") })
    #expect(
      try Self.reasons { model in
        let joint = model.joints.firstIndex { $0.name == "right_knee" } ?? -1
        model.joints[joint].damping = 5
        model.joints[joint].range = nil
      } == [
        "joint 'left_knee' differs from its mirror image 'right_knee' in its damping",
        "joint 'left_knee' differs from its mirror image 'right_knee' in its range",
      ])
    #expect(
      try Self.reasons { $0.actuators[2].gear *= 2 }.first
        == "actuator 'left_hip_y' differs from its mirror image 'right_hip_y' in its gear")
    #expect(
      try Self.reasons { model in
        let shape = model.geometries.firstIndex { $0.name == "left_outer_sole" } ?? -1
        model.geometries[shape].pose.position.x += 0.02
      }.contains(
        "body 'left_foot': shape 'left_outer_sole' has no mirror image of its size, place, friction and contact bits"))
    #expect(try Self.reasons { $0.physics.gravity = [0, 1, -9] }.count == 1)
    #expect(try Self.reasons { $0.physics.gravity = .zero } == [])
    #expect(
      try Self.reasons { $0.excludedPairs.append(.init(first: body("left_foot", $0), second: nil)) }
        == ["pairs of bodies that never collide are not mirrored"])
    #expect(try Self.reasons { _ in } == [])
  }

  @Test("a hinge whose axis is turned around has the opposite sign, and a motor that pulls the other way too")
  func signs() throws {
    let plain = try Self.reflection(of: .humanoid, .leftRight)
    let turned = try Self.reflection(of: .humanoid, .leftRight) { model in
      let joint = model.joints.firstIndex { $0.name == "left_knee" } ?? -1
      model.joints[joint].axis *= -1
      model.joints[joint].range = model.joints[joint].range.map { -$0.upperBound ... -$0.lowerBound }
    }
    let model = try ShippedRobot.humanoid.model
    let joints = model.scalarJoints.map { model.joints[$0].name }
    for (i, name) in joints.enumerated() {
      #expect(turned.joints.signs[i] == (name.hasSuffix("knee") ? -1 : 1) * plain.joints.signs[i], "\(name)")
    }
    let reversed = try Self.reflection(of: .humanoid, .leftRight) { $0.actuators[2].gear *= -1 }
    #expect(reversed.controls.signs[2] == -plain.controls.signs[2])
    #expect(reversed.efforts.signs == plain.efforts.signs)

    // And so they move.
    let worst = try Self.worstDifference(.humanoid, .leftRight, height: 20, seconds: 0.5) { model in
      let joint = model.joints.firstIndex { $0.name == "left_knee" } ?? -1
      model.joints[joint].axis *= -1
      model.joints[joint].range = model.joints[joint].range.map { -$0.upperBound ... -$0.lowerBound }
      model.actuators[2].gear *= -1
      // A servo whose control range is not centred, and its image on the other side.
      for (index, sign) in [(6, 1.0), (11, -1.0)] {
        model.actuators[index].law = .position(gain: 5e-3, damping: 1e-4)
        model.actuators[index].gear *= sign
        model.actuators[index].controlRange = sign > 0 ? -1...3 : -3...1
      }
    }
    #expect(worst < 1e-6, "\(worst)")
  }

  @Test("bodies at one place are each other's images one to one")
  func coincident() throws {
    let model = try ShippedRobot.humanoid.model
    let image = try Self.reflection(of: .humanoid, .leftRight) { model in
      for name in ["torso", "left_foot", "right_foot"] {
        let parent = model.bodies.firstIndex { $0.name == name } ?? -1
        for part in ["gyroscope", "camera"] {
          model.bodies.append(
            .init(name: "\(name)_\(part)", parent: parent, pose: .identity, inertia: nil, line: 1))
        }
      }
    }
    let n = model.bodies.count
    #expect(Array(image.bodies[n...]) == [n, n + 1, n + 4, n + 5, n + 2, n + 3])
  }
}
