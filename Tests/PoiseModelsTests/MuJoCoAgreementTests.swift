import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

private let tolerance = 1e-12

/// The models of golden.json, except public ones that are not on this machine.
private let present: [(key: String, golden: GoldenModel, model: RobotModel)] = {
  do {
    return try GoldenModel.all().sorted { $0.key < $1.key }.compactMap { key, golden in
      guard let path = Folders.file(for: key) else { return nil }
      return (key, golden, try RobotModel(contentsOf: path))
    }
  } catch {
    Issue.record("the golden models cannot be read: \(error)")
    return []
  }
}()

@Suite("A model read by Poise is the one that MuJoCo reads")
struct MuJoCoAgreementTests {
  @Test("in its bodies: names, parents, masses, centres, inertias, poses")
  func bodies() {
    for (key, golden, model) in present {
      #expect(model.bodies.count == golden.bodies.count, "\(key)")
      let poses = model.worldPoses
      for (i, expected) in golden.bodies.enumerated() where i < model.bodies.count {
        let body = model.bodies[i]
        let note = Comment(rawValue: "\(key), body \(i) \(expected.name)")
        if !expected.name.isEmpty { #expect(body.name == expected.name, note) }
        #expect(body.parent ?? -1 == expected.parent, note)
        #expect(difference(list(poses[i].position), expected.position) < tolerance, note)
        #expect(difference(list(Matrix3(poses[i].orientation)), expected.rotation) < tolerance, note)
        #expect(difference([body.inertia?.mass ?? 0], [expected.mass]) < tolerance, note)
        guard let inertia = body.inertia else { continue }
        #expect(difference(list(inertia.centerOfMass), expected.center) < tolerance, note)
        #expect(difference(list(inertia.tensor), expected.tensor) < tolerance, note)
      }
    }
  }

  @Test("in its geometries: shapes, sizes, poses, friction, masks, colours")
  func geometries() {
    for (key, golden, model) in present {
      #expect(model.geometries.count == golden.geoms.count, "\(key)")
      let poses = model.worldPoses
      for (i, expected) in golden.geoms.enumerated() where i < model.geometries.count {
        let geometry = model.geometries[i]
        let note = Comment(rawValue: "\(key), geom \(i) \(expected.name)")
        if !expected.name.isEmpty { #expect(geometry.name == expected.name, note) }
        #expect(geometry.body ?? -1 == expected.body, note)
        let pose = (geometry.body.map { poses[$0] } ?? .identity) * geometry.pose
        #expect(difference(list(pose.position), expected.position) < tolerance, note)
        #expect(difference(list(Matrix3(pose.orientation)), expected.rotation) < tolerance, note)
        let (shape, size): (String, [Double]) =
          switch geometry.shape {
          case .plane: ("plane", [])
          case .sphere(let r): ("sphere", [r])
          case .capsule(let r, let h): ("capsule", [r, h])
          case .cylinder(let r, let h): ("cylinder", [r, h])
          case .box(let e): ("box", list(e))
          }
        #expect(shape == expected.shape, note)
        #expect(difference(size, Array(expected.size.prefix(size.count))) < tolerance, note)
        #expect(difference([geometry.friction], [expected.friction]) < tolerance, note)
        #expect(geometry.contactType == expected.contactType, note)
        #expect(geometry.contactAffinity == expected.contactAffinity, note)
        // MuJoCo keeps colours in single precision.
        let color = geometry.color
        #expect(difference([color.x, color.y, color.z, color.w], expected.color) < 1e-6, note)
      }
    }
  }

  @Test("in its joints: kinds, anchors, axes, ranges, springs, dampers, rotors")
  func joints() {
    for (key, golden, model) in present {
      #expect(model.joints.count == golden.joints.count, "\(key)")
      let poses = model.worldPoses
      for (i, expected) in golden.joints.enumerated() where i < model.joints.count {
        let joint = model.joints[i]
        let note = Comment(rawValue: "\(key), joint \(i) \(expected.name)")
        if !expected.name.isEmpty { #expect(joint.name == expected.name, note) }
        #expect(joint.kind.rawValue == expected.kind, note)
        #expect(joint.body == expected.body, note)
        #expect(difference(list(poses[joint.body].apply(to: joint.anchor)), expected.anchor) < tolerance, note)
        #expect(difference([joint.damping], [expected.damping]) < tolerance, note)
        #expect(difference([joint.stiffness], [expected.stiffness]) < tolerance, note)
        guard joint.kind == .hinge || joint.kind == .slide else { continue }
        #expect(difference(list(poses[joint.body].orientation.rotate(joint.axis)), expected.axis) < tolerance, note)
        #expect(difference(list(joint.range) ?? [], expected.range ?? []) < tolerance, note)
        #expect(difference([joint.springReference], [expected.springReference]) < tolerance, note)
        #expect(difference([joint.reference], [expected.reference]) < tolerance, note)
        #expect(difference([joint.armature], [expected.armature]) < tolerance, note)
      }
    }
  }

  @Test("in its actuators: joints, laws, gears, ranges")
  func actuators() {
    for (key, golden, model) in present {
      #expect(model.actuators.count == golden.actuators.count, "\(key)")
      for (i, expected) in golden.actuators.enumerated() where i < model.actuators.count {
        let actuator = model.actuators[i]
        let note = Comment(rawValue: "\(key), actuator \(i) \(expected.name)")
        if !expected.name.isEmpty { #expect(actuator.name == expected.name, note) }
        #expect(actuator.joint == expected.joint, note)
        let (gain, bias): (Double, [Double]) =
          switch actuator.law {
          case .motor: (1, [0, 0, 0])
          case .position(let kp, let kv): (kp, [0, -kp, -kv])
          case .velocity(let kv): (kv, [0, 0, -kv])
          }
        #expect(difference([gain] + bias, [expected.gain] + expected.bias) < tolerance, note)
        #expect(difference([actuator.gear], [expected.gear]) < tolerance, note)
        #expect(difference(list(actuator.controlRange) ?? [], expected.controlRange ?? []) < tolerance, note)
        #expect(difference(list(actuator.forceRange) ?? [], expected.forceRange ?? []) < tolerance, note)
      }
    }
  }

  @Test("in its gravity and time step")
  func options() {
    for (key, golden, model) in present {
      #expect(model.physics.timeStep == golden.timeStep, "\(key)")
      #expect(list(model.physics.gravity) == golden.gravity, "\(key)")
    }
  }

  @Test(
    "for public models too, with what ODE does otherwise listed",
    .enabled(if: ProjectFolders.hasPublicModels, "\(ProjectFolders.publicModelsRemedy)"))
  func publicModels() {
    #expect(present.count { $0.key.hasPrefix("shared/") } == 6)
    for (key, _, model) in present where key == "shared/gymnasium/humanoid.xml" {
      let places = model.approximations.map(\.place)
      #expect(places.contains("option, integrator"), "\(places)")
      #expect(places.contains("default 'main', geom, condim"), "\(places)")
      #expect(places.count == Set(places).count, "\(key) lists something twice: \(places)")
    }
  }
}
