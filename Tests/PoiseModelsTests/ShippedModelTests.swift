import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import Testing

@Suite("The models that ship")
struct ShippedModelTests {
  private static func model(_ name: String) throws -> RobotModel {
    try RobotModel(contentsOf: Folders.root.appending(path: "models/\(name).xml").path)
  }

  @Test(
    "keep the reader's promises and ask for nothing that ODE only approximates",
    arguments: ["pendulum", "cartpole", "humanoid"])
  func promises(_ name: String) throws {
    let model = try Self.model(name)
    #expect(model.brokenPromises.isEmpty)
    #expect(model.approximations.isEmpty)
    #expect(model.name == name)
  }

  @Test("are the pendulum of Gymnasium: I = m l²/3 about the hinge, g = 10 m/s², ±2 N·m")
  func pendulum() throws {
    let model = try Self.model("pendulum")
    let inertia = try #require(model.bodies.first?.inertia)
    let (m, l) = (1.0, 1.0)
    #expect(inertia.mass == m)
    #expect(abs(inertia.tensor[1, 1] + m * inertia.centerOfMass.lengthSquared - m * l * l / 3) < 1e-15)
    #expect(model.physics.gravity == [0, 0, -10])
    #expect(!model.physics.isContactEnabled)
    #expect(model.joints.map(\.axis) == [[0, 1, 0]])
    #expect(model.joints[0].range == nil && model.joints[0].damping == 0)
    #expect(model.actuators.map(\.controlRange) == [-2...2])
  }

  @Test("are the cart-pole of Gymnasium: 1 kg on a rail of ±2.4 m, a rod of 0.1 kg and 1 m, ±10 N")
  func cartpole() throws {
    let model = try Self.model("cartpole")
    #expect(model.bodies.map(\.name) == ["cart", "pole"])
    #expect(model.bodies.compactMap { $0.inertia?.mass } == [1, 0.1])
    let pole = try #require(model.bodies[1].inertia)
    #expect(abs(pole.tensor[1, 1] + pole.mass * 0.25 - 0.1 / 3) < 1e-15)
    #expect(model.joints.map(\.kind) == [.slide, .hinge])
    #expect(model.joints.map(\.range) == [-2.4...2.4, nil])
    #expect(model.actuators.map(\.controlRange) == [-10...10])
  }

  @Test("are a humanoid of 45 kg and 1.5 m with 16 torques, mirrored left and right, in masses that ODE likes")
  func humanoid() throws {
    let model = try Self.model("humanoid")
    #expect(model.bodies.count == 12)
    let masses = try model.bodies.map { try #require($0.inertia).mass }
    #expect(abs(masses.reduce(0, +) - 45) < 1e-9)
    #expect(model.physics.solver == .iterative(iterations: 14))

    // Head and soles, in the reference pose.
    let poses = model.worldPoses
    var (top, bottom) = (-Double.infinity, Double.infinity)
    for geometry in model.geometries {
      guard let body = geometry.body else { continue }
      let center = (poses[body] * geometry.pose).position.z
      switch geometry.shape {
      case .sphere(let radius): top = max(top, center + radius)
      case .box(let e):
        #expect(2 * e.x <= 0.26 && 2 * e.y <= 0.11)
        bottom = min(bottom, center - e.z)
      default: break
      }
    }
    #expect(abs(top - bottom - 1.5) < 1e-9)
    #expect(abs(bottom - 0.001) < 1e-9)

    // Neighbours within 1 : 20; every moment that a joint or the floor may use at least 1e-3 kg·m².
    for (i, body) in model.bodies.enumerated() {
      if let parent = body.parent { #expect((1 / 20.0...20).contains(masses[i] / masses[parent]), "\(body.name)") }
      let least = try #require(body.inertia).tensor.eigenSystem().values.x
      // The forearm has less about its own length, about which nothing turns it.
      #expect(least >= (body.name.hasSuffix("lower_arm") ? 0.6e-3 : 1e-3), "\(body.name): \(least)")
    }

    // A motor for each joint but the root, of the same name, control in [−1, 1].
    #expect(model.actuators.map(\.name).sorted() == model.joints.dropFirst().map(\.name).sorted())
    #expect(model.actuators.count == 16)
    for actuator in model.actuators {
      #expect(model.joints[actuator.joint].name == actuator.name)
      #expect(actuator.law == .motor && actuator.controlRange == -1...1 && actuator.gear > 0)
    }
    for joint in model.joints.dropFirst() {
      let range = try #require(joint.range)
      #expect(range.lowerBound > -.pi && range.upperBound < .pi && range.contains(0), "\(joint.name)")
      #expect((1...5).contains(joint.damping) && joint.stiffness == 0 && joint.armature == 0, "\(joint.name)")
      // The middle axis of a hip is singular at 90°.
      if joint.name.hasSuffix("hip_x") { #expect(range.lowerBound > -1.05 && range.upperBound < 1.05) }
    }

    // Mirror images: y is turned round; so are the x and z components of an axis of rotation.
    for joint in model.joints where joint.name.hasPrefix("left_") {
      let twinName = "right_" + joint.name.dropFirst(5)
      let twin = try #require(model.joints.first { $0.name == twinName })
      #expect(twin.axis == [-joint.axis.x, joint.axis.y, -joint.axis.z], "\(joint.name)")
      #expect(twin.range == joint.range && twin.damping == joint.damping, "\(joint.name)")
      let (a, b) = (poses[joint.body].apply(to: joint.anchor), poses[twin.body].apply(to: twin.anchor))
      #expect(difference([a.x, -a.y, a.z], list(b)) < 1e-12, "\(joint.name)")
    }
  }

  /// A point of a body, in the world, with one joint turned from the reference pose.
  private static func point(
    _ point: Vector3, of body: String, in model: RobotModel, turning joint: String, by angle: Double
  ) throws -> Vector3 {
    var poses: [Pose] = []
    for (i, each) in model.bodies.enumerated() {
      var pose = (each.parent.map { poses[$0] } ?? .identity) * each.pose
      for turned in model.joints where turned.body == i && turned.name == joint {
        let rotation = Quaternion(angle: angle, axis: turned.axis)
        pose = pose * Pose(position: turned.anchor - rotation.rotate(turned.anchor), orientation: rotation)
      }
      poses.append(pose)
    }
    return poses[try #require(model.bodies.firstIndex { $0.name == body })].apply(to: point)
  }

  @Test("have a humanoid whose joints turn as its file says")
  func humanoidSigns() throws {
    let model = try Self.model("humanoid")
    /// How far a point moves when a joint turns by +0.3 rad.
    func motion(_ joint: String, _ body: String, _ point: Vector3 = .zero) throws -> Vector3 {
      try Self.point(point, of: body, in: model, turning: joint, by: 0.3)
        - Self.point(point, of: body, in: model, turning: joint, by: 0)
    }
    for (side, outward) in [("left", 1.0), ("right", -1.0)] {
      let (foot, hand) = ("\(side)_foot", "\(side)_lower_arm")
      let toes: Vector3 = [0.18, 0, -0.07]
      #expect(try motion("\(side)_hip_y", foot).x > 0.1, "thigh forward")
      #expect(try motion("\(side)_hip_x", foot).y * outward > 0.1, "leg outward")
      #expect(try motion("\(side)_hip_z", foot, toes).y * outward > 0.03, "toes outward")
      #expect(try motion("\(side)_knee", foot).x < -0.05, "knee bent")
      #expect(try motion("\(side)_ankle", foot, toes).z > 0.03, "toes lifted")
      #expect(try motion("\(side)_shoulder", hand).x > 0.05, "arm forward")
      #expect(try motion("\(side)_elbow", hand, [0, 0, -0.27]).x > 0.05, "elbow bent")
    }
    // The torso is the root: bending the trunk forward or left moves the legs forward or left of it.
    #expect(try motion("abdomen_y", "left_foot").x > 0.1, "trunk forward")
    #expect(try motion("abdomen_x", "left_foot").y > 0.1, "trunk left")
  }

  @Test("have a cart-pole and a pendulum that stand upright at 0 and tip towards +x")
  func poleSigns() throws {
    for name in ["pendulum", "cartpole"] {
      let model = try Self.model(name)
      let upright = try Self.point([0, 0, 1], of: "pole", in: model, turning: "hinge", by: 0)
      #expect(upright == [0, 0, 1])
      #expect(try Self.point([0, 0, 1], of: "pole", in: model, turning: "hinge", by: 0.3).x > 0.2)
    }
  }
}
