import COde
import PoiseCore

/// Pointers to ODE's memory of one body's state, so that reading it is a load and not a call.
///
/// The pointers are those that `dBodyGetPosition` and its sisters return; they stay valid for the body's lifetime,
/// which ends with the world's. The world itself is a frame at rest at the origin.
struct BodyFrame {
  /// `nil` for the world.
  let handle: dBodyID?
  /// 1/kg and 1/(kg·m²), body's axes, of the nominal mass; zero for the world, which never moves.
  let inverseMass: Double
  private let inverseInertia: Matrix3
  /// Largest eigenvalue of the inverse inertia, 1/(kg·m²).
  let angularMobility: Double
  private let positionMemory: UnsafePointer<dReal>
  private let quaternionMemory: UnsafePointer<dReal>
  private let rotationMemory: UnsafePointer<dReal>
  private let linearMemory: UnsafePointer<dReal>
  private let angularMemory: UnsafePointer<dReal>
  private let forceMemory: UnsafePointer<dReal>

  init(_ body: dBodyID, mass: Double, inertia: Matrix3) {
    handle = body
    inverseMass = 1 / mass
    inverseInertia = inertia.inverse
    angularMobility = inverseInertia.eigenSystem().values.max()
    positionMemory = dBodyGetPosition(body)
    quaternionMemory = dBodyGetQuaternion(body)
    rotationMemory = dBodyGetRotation(body)
    linearMemory = dBodyGetLinearVel(body)
    angularMemory = dBodyGetAngularVel(body)
    forceMemory = dBodyGetForce(body)
  }

  /// The world's frame over `memory`, which holds a 3 × 4 identity matrix, the identity quaternion and three zeros.
  init(worldIn memory: UnsafePointer<dReal>) {
    handle = nil
    inverseMass = 0
    inverseInertia = .zero
    angularMobility = 0
    rotationMemory = memory
    quaternionMemory = memory + 12
    positionMemory = memory + 16
    linearMemory = memory + 16
    angularMemory = memory + 16
    forceMemory = memory + 16
  }

  static let worldMemory: [dReal] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] + [1, 0, 0, 0] + [0, 0, 0]

  /// Centre of mass, m, world frame.
  @inline(__always) var position: Vector3 { Vector3(positionMemory[0], positionMemory[1], positionMemory[2]) }
  /// From the body's axes to the world's.
  @inline(__always) var quaternion: Quaternion {
    Quaternion(w: quaternionMemory[0], x: quaternionMemory[1], y: quaternionMemory[2], z: quaternionMemory[3])
  }
  /// m/s, world frame, of the centre of mass.
  @inline(__always) var linearVelocity: Vector3 { Vector3(linearMemory[0], linearMemory[1], linearMemory[2]) }
  /// rad/s, world frame.
  @inline(__always) var angularVelocity: Vector3 { Vector3(angularMemory[0], angularMemory[1], angularMemory[2]) }

  /// Transforms a vector from the body's axes to the world's.
  @inline(__always) func rotate(_ v: Vector3) -> Vector3 {
    let r = rotationMemory
    return Vector3(
      r[0] * v.x + r[1] * v.y + r[2] * v.z,
      r[4] * v.x + r[5] * v.y + r[6] * v.z,
      r[8] * v.x + r[9] * v.y + r[10] * v.z)
  }

  /// Transforms a vector from the world's axes to the body's.
  @inline(__always) func unrotate(_ v: Vector3) -> Vector3 {
    let r = rotationMemory
    return Vector3(
      r[0] * v.x + r[4] * v.y + r[8] * v.z,
      r[1] * v.x + r[5] * v.y + r[9] * v.z,
      r[2] * v.x + r[6] * v.y + r[10] * v.z)
  }

  /// The velocity of the body's point that is at `point` (m, world frame).
  @inline(__always) func velocity(at point: Vector3) -> Vector3 {
    linearVelocity + angularVelocity.cross(point - position)
  }

  /// m/s² of the centre of mass under gravity and the forces added since the last step; zero for the world.
  @inline(__always) func freeAcceleration(gravity: Vector3) -> Vector3 {
    guard handle != nil else { return .zero }
    return gravity + inverseMass * Vector3(forceMemory[0], forceMemory[1], forceMemory[2])
  }

  /// rad/s² of the free body under a torque (N·m), world frame.
  @inline(__always) func angularAcceleration(under torque: Vector3) -> Vector3 {
    rotate(inverseInertia * unrotate(torque))
  }

  @inline(__always) func addTorque(_ t: Vector3) {
    if let handle { dBodyAddTorque(handle, t.x, t.y, t.z) }
  }

  @inline(__always) func addForce(_ f: Vector3) {
    if let handle { dBodyAddForce(handle, f.x, f.y, f.z) }
  }

  @inline(__always) func addForce(_ f: Vector3, at p: Vector3) {
    if let handle { dBodyAddForceAtPos(handle, f.x, f.y, f.z, p.x, p.y, p.z) }
  }
}
