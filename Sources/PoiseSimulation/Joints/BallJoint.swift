import COde
import PoiseCore

/// A ball joint: the anchor is held, all rotations are free; damper, rotor and dry friction are the same about every axis.
struct BallJoint {
  let handle: dJointID
  private let child: BodyFrame
  private let parent: BodyFrame
  private let made: Quaternion
  private let resistance: TurningResistance?

  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, anchor: Vector3, resistance: IsotropicResistance,
    physics: PhysicsParameters
  ) {
    handle = dJointCreateBall(world, nil)
    dJointAttach(handle, child.handle, parent.handle)
    dJointSetBallAnchor(handle, anchor.x, anchor.y, anchor.z)
    self.child = child
    self.parent = parent
    made = parent.quaternion.conjugate * child.quaternion
    self.resistance = TurningResistance(
      resistance, world: world, child: child, parent: parent, physics: physics)
  }

  /// The child's rotation since the pose in which the joint was made, in the parent's frame.
  var orientation: Quaternion { parent.quaternion.conjugate * child.quaternion * made.conjugate }

  /// rad/s in the child's frame, against the parent.
  var angularVelocity: Vector3 { child.unrotate(child.angularVelocity - parent.angularVelocity) }

  func prepare(timeStep: Double) { resistance?.prepare(timeStep: timeStep) }
}

/// A free joint with a damper, a rotor or dry friction, which resist the body's motion relative to the world.
///
/// As in MuJoCo they act on the velocity of the body frame's origin along the world's axes, and on the angular velocity along the body's.
struct FreeJoint {
  private let world: dWorldID
  private let child: BodyFrame
  /// m from the body's origin, body's axes.
  private let point: Vector3
  private let record: IsotropicResistance
  private let turning: TurningResistance?
  private let softness: Double

  init(
    world: dWorldID, child: BodyFrame, worldFrame: BodyFrame, point: Vector3, resistance: IsotropicResistance,
    physics: PhysicsParameters
  ) {
    self.world = world
    self.child = child
    self.point = point
    record = resistance
    turning = TurningResistance(resistance, world: world, child: child, parent: worldFrame, physics: physics)
    softness = physics.constraintForceMixing
  }

  func prepare(timeStep h: Double, rows: dJointGroupID) {
    turning?.prepare(timeStep: h)
    let (lever, ω) = (child.rotate(point), child.angularVelocity)
    let place = child.position + lever
    let resistance = record.armature / h + record.damping
    let bias = ω.cross(ω.cross(lever))
    for axis in [[1, 0, 0], [0, 1, 0], [0, 0, 1]] as [Vector3] {
      if resistance > 0 {
        let target = record.armature / h / resistance * (child.velocity(at: place) - h * bias).dot(axis)
        addPointRow(
          world: world, group: rows, child: child, parent: nil, point: place, axis: axis, velocity: target,
          softness: 1 / resistance, limit: .infinity)
      }
      if record.frictionLoss > 0 {
        addPointRow(
          world: world, group: rows, child: child, parent: nil, point: place, axis: axis, velocity: 0,
          softness: softness, limit: record.frictionLoss)
      }
    }
  }
}

/// A damper, a rotor and dry friction that are the same along every axis of a ball or a free joint.
struct IsotropicResistance {
  /// N·m·s/rad, and N·s/m for a free joint.
  let damping: Double
  /// kg·m², and kg for a free joint.
  let armature: Double
  /// N·m along each of the child's axes, and N for a free joint.
  let frictionLoss: Double

  init(damping: Double, armature: Double, frictionLoss: Double) {
    precondition(
      damping >= 0 && armature >= 0 && frictionLoss >= 0,
      "damping \(damping), armature \(armature) and friction loss \(frictionLoss) must not be negative")
    self.damping = damping
    self.armature = armature
    self.frictionLoss = frictionLoss
  }

  var isNothing: Bool { damping == 0 && armature == 0 && frictionLoss == 0 }
}

/// The rows that resist a turn in any direction; see `CoordinateDrive` for the formula.
private struct TurningResistance {
  private let child: BodyFrame
  private let parent: BodyFrame
  private let record: IsotropicResistance
  /// Damper and rotor are the same about every axis, so axes fixed in the world serve.
  private let linear: AngularMotor?
  /// Dry friction acts along the child's axes.
  private let friction: AngularMotor?

  /// `nil` where nothing resists.
  init?(
    _ record: IsotropicResistance, world: dWorldID, child: BodyFrame, parent: BodyFrame, physics: PhysicsParameters
  ) {
    guard !record.isNothing else { return nil }
    self.child = child
    self.parent = parent
    self.record = record
    let resistance = record.armature / physics.timeStep + record.damping
    func motor(softness: Double, limit: Double) -> AngularMotor {
      let motor = AngularMotor(world: world, child: child, parent: parent, axisCount: 3)
      for axis: Int32 in 0..<3 {
        dJointSetAMotorAxis(motor.handle, axis, 0, axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, axis == 2 ? 1 : 0)
        dJointSetAMotorParam(motor.handle, axis * Int32(dParamGroup) + Int32(dParamFMax), limit)
        dJointSetAMotorParam(motor.handle, axis * Int32(dParamGroup) + Int32(dParamCFM), softness)
      }
      return motor
    }
    linear = resistance > 0 ? motor(softness: 1 / resistance, limit: .infinity) : nil
    friction =
      record.frictionLoss > 0 ? motor(softness: physics.constraintForceMixing, limit: record.frictionLoss) : nil
  }

  func prepare(timeStep h: Double) {
    if let linear, record.armature > 0 {
      let ω = child.angularVelocity - parent.angularVelocity
      let resistance = record.armature / h + record.damping
      // The rotor turns with the child's axes, which turn at ω_child: J̇ v = −ω_child × ω.
      let bias = -child.angularVelocity.cross(ω)
      let target = record.armature / h / resistance * (ω - h * bias)
      for axis in 0..<3 {
        dJointSetAMotorParam(linear.handle, Int32(axis) * Int32(dParamGroup) + Int32(dParamVel), target[axis])
      }
    }
    if let friction {
      for (index, axis) in ([[1, 0, 0], [0, 1, 0], [0, 0, 1]] as [Vector3]).enumerated() {
        let a = child.rotate(axis)
        dJointSetAMotorAxis(friction.handle, Int32(index), 0, a.x, a.y, a.z)
      }
    }
  }
}
