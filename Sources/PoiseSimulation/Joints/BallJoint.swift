import COde
import PoiseCore

/// A point held together, free to turn in every direction, with one damper for all three.
struct BallJoint {
  let handle: dJointID
  private let child: BodyFrame
  private let parent: BodyFrame
  private let made: Quaternion

  /// - Parameter damping: N·m·s/rad about every axis, implicit.
  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, anchor: Vector3, damping: Double
  ) {
    handle = dJointCreateBall(world, nil)
    dJointAttach(handle, child.handle, parent.handle)
    dJointSetBallAnchor(handle, anchor.x, anchor.y, anchor.z)
    self.child = child
    self.parent = parent
    made = parent.quaternion.conjugate * child.quaternion
    guard damping > 0 else { return }
    // The damper is the same about every axis, so axes fixed in the world serve for good.
    let motor = AngularMotor(world: world, child: child, parent: parent, axisCount: 3)
    for axis: Int32 in 0..<3 {
      dJointSetAMotorAxis(motor.handle, axis, 0, axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, axis == 2 ? 1 : 0)
      dJointSetAMotorParam(motor.handle, axis * Int32(dParamGroup) + Int32(dParamFMax), .infinity)
      dJointSetAMotorParam(motor.handle, axis * Int32(dParamGroup) + Int32(dParamCFM), 1 / damping)
    }
  }

  /// The child's turn since the made pose, in the parent's frame.
  var orientation: Quaternion { parent.quaternion.conjugate * child.quaternion * made.conjugate }

  /// rad/s in the child's frame, against the parent.
  var angularVelocity: Vector3 { child.unrotate(child.angularVelocity - parent.angularVelocity) }
}
