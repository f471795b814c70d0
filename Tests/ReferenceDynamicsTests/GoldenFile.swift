import Foundation
import PoiseCore
import PoiseModels
import TestSupport

/// A file of Golden/make_golden.py: a model as MuJoCo compiled it, and what MuJoCo computes for some random states.
struct GoldenFile: Decodable {
  var mujoco: String
  var model: Model
  var steps: Int
  var timeStep: Double
  var states: [State]

  struct Model: Decodable {
    var gravity: [Double]
    var bodies: [Body]
    var joints: [Joint]
    var actuators: [Actuator]
  }
  struct Body: Decodable {
    var name: String
    var parent: Int
    var position, orientation, centerOfMass, tensor: [Double]
    var mass: Double
  }
  struct Joint: Decodable {
    var name, kind: String
    var body: Int
    var anchor, axis: [Double]
    var damping, armature, stiffness, springReference, reference: Double
  }
  struct Actuator: Decodable {
    var name, law: String
    var joint: Int
    var gain, damping, gear: Double
    var controlRange, forceRange: [Double]?
  }
  struct Later: Decodable {
    var positions, velocities: [Double]
  }
  struct State: Decodable {
    var positions, velocities, applied, controls, bodyForces: [Double]
    var accelerations, massMatrix, bias, passive, actuation: [Double]
    var bodyPositions, bodyOrientations, centersOfMass, bodyVelocities: [Double]
    var potentialEnergy, kineticEnergy: Double
    var linearMomentum, angularMomentum, centerOfMass: [Double]
    var afterEuler, afterRungeKutta: Later
  }

  static let names = [
    "skew_hinges", "three_hinges", "slide_and_hinge", "free_branches", "balls", "actuators", "gymnasium_humanoid",
    "dm_control_humanoid",
  ]

  static func load(_ name: String) throws -> GoldenFile {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    return try JSONDecoder().decode(
      GoldenFile.self, from: Data(contentsOf: folder.appendingPathComponent("\(name).json")))
  }

  /// The model in Poise's terms.
  var robot: RobotModel {
    var robot = RobotModel(named: "golden", gravity: vector(model.gravity))
    robot.bodies = model.bodies.map { body in
      let t = body.tensor
      return RobotModel.Body(
        name: body.name, parent: body.parent < 0 ? nil : body.parent,
        pose: Pose(position: vector(body.position), orientation: rotation(body.orientation)),
        inertia: body.mass == 0
          ? nil
          : RobotModel.Inertia(
            mass: body.mass, centerOfMass: vector(body.centerOfMass),
            tensor: Matrix3(columns: [t[0], t[3], t[6]], [t[1], t[4], t[7]], [t[2], t[5], t[8]])),
        line: 0)
    }
    robot.joints = model.joints.map { joint in
      guard let kind = RobotModel.Joint.Kind(rawValue: joint.kind) else {
        preconditionFailure("unknown kind of joint \(joint.kind)")
      }
      return RobotModel.Joint(
        name: joint.name, kind: kind, body: joint.body, anchor: vector(joint.anchor), axis: vector(joint.axis),
        range: nil, damping: joint.damping, stiffness: joint.stiffness, springReference: joint.springReference,
        armature: joint.armature, reference: joint.reference, line: 0)
    }
    robot.actuators = model.actuators.map { actuator in
      let law: RobotModel.Actuator.Law
      switch actuator.law {
      case "position": law = .position(gain: actuator.gain, damping: actuator.damping)
      case "velocity": law = .velocity(gain: actuator.gain)
      default: law = .motor
      }
      return RobotModel.Actuator(
        name: actuator.name, joint: actuator.joint, law: law, gear: actuator.gear,
        controlRange: actuator.controlRange.map { $0[0]...$0[1] },
        forceRange: actuator.forceRange.map { $0[0]...$0[1] }, line: 0)
    }
    return robot
  }
}

extension GoldenFile.State {
  var state: GeneralizedState { GeneralizedState(positions: positions, velocities: velocities) }

  /// `xfrc_applied`: force at the centre of mass and torque of each body, in the world's axes.
  var pushes: [BodyForce] {
    (0..<bodyForces.count / 6).map { body in
      let f = Array(bodyForces[6 * body..<6 * body + 6])
      return BodyForce(body: body, force: [f[0], f[1], f[2]], torque: [f[3], f[4], f[5]])
    }
  }
}

func vector(_ numbers: [Double]) -> Vector3 { [numbers[0], numbers[1], numbers[2]] }
func rotation(_ numbers: [Double]) -> Quaternion {
  Quaternion(w: numbers[0], x: numbers[1], y: numbers[2], z: numbers[3])
}
func numbers(_ vectors: [Vector3]) -> [Double] { vectors.flatMap { [$0.x, $0.y, $0.z] } }
