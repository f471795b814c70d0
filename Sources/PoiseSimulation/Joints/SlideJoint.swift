import COde
import PoiseCore

/// One translation along an axis fixed in the parent. ODE's slider with its own row for stop and damper.
struct SlideJoint {
  let handle: dJointID
  let degree: Int
  private let child: BodyFrame
  private let parent: BodyFrame
  private let axisInParent: Vector3
  /// The child's centre of mass in the made pose, in the parent's frame.
  private let originInParent: Vector3
  private let reference: Double
  private var row: LimitRow?

  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, axis: Vector3, degree: DegreeOfFreedom, index: Int,
    physics: PhysicsParameters
  ) {
    handle = dJointCreateSlider(world, nil)
    dJointAttach(handle, child.handle, parent.handle)
    dJointSetSliderAxis(handle, axis.x, axis.y, axis.z)
    self.degree = index
    self.child = child
    self.parent = parent
    axisInParent = parent.unrotate(axis)
    originInParent = parent.unrotate(child.position - parent.position)
    reference = degree.reference
    row =
      degree.needsLimitRow
      ? LimitRow(
        joint: handle, axis: 0, setParameter: dJointSetSliderParam, degree: degree, physics: physics,
        stopShift: degree.reference) : nil
  }

  /// Unit vector, world frame.
  @inline(__always) var axis: Vector3 { parent.rotate(axisInParent) }

  @inline(__always) var position: Double {
    reference + axis.dot(child.position - parent.position - parent.rotate(originInParent))
  }

  /// The axis turns with the parent, so the parent's velocity counts at the child's centre.
  @inline(__always) var rate: Double {
    axis.dot(child.linearVelocity - parent.velocity(at: child.position))
  }

  /// The axis turns with the parent at ω: J̇ v = −a · ω × (v_child − v_parent), the centripetal part.
  var motion: CoordinateMotion {
    let axis = axis
    let moved = child.linearVelocity - parent.linearVelocity
    return CoordinateMotion(
      axis: axis, point: child.position, position: position, rate: rate,
      bias: -axis.dot(parent.angularVelocity.cross(moved)))
  }

  /// - Parameter push: sum of the effort and of the efforts of drives, N.
  @inline(__always) mutating func prepare(effort: Double, push: Double, timeStep: Double) {
    if row != nil {
      let (q, v) = (position, rate)
      row?.prepare(
        q: q, rate: v, push: timeStep * push * (child.inverseMass + parent.inverseMass), timeStep: timeStep)
    }
    if effort != 0 { dJointAddSliderForce(handle, effort) }
  }
}
