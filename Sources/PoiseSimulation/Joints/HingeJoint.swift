import COde
import PoiseCore

/// One rotation about an axis fixed in the parent: ODE's hinge. Stop and damper are its own row; where turns are counted, a row of an
/// angular motor, because ODE's own angle jumps at ±π.
struct HingeJoint {
  let handle: dJointID
  let degree: Int
  private let child: BodyFrame
  private let parent: BodyFrame
  private let axisInParent: Vector3
  private let reference: Double
  /// With r = conj(q_parent) q_child, the turn since the made pose is 2 atan2(⟨r, sine⟩, ⟨r, cosine⟩): the twist of
  /// r conj(q_made) about the axis, the inner products taken over four components.
  private let sine: Quaternion
  private let cosine: Quaternion
  private var row: LimitRow?
  private let motor: AngularMotor?
  /// rad: 2π times the turns counted so far.
  var wholeTurns = 0.0

  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, anchor: Vector3, axis: Vector3, degree: DegreeOfFreedom,
    index: Int, physics: PhysicsParameters
  ) {
    handle = dJointCreateHinge(world, nil)
    dJointAttach(handle, child.handle, parent.handle)
    dJointSetHingeAnchor(handle, anchor.x, anchor.y, anchor.z)
    dJointSetHingeAxis(handle, axis.x, axis.y, axis.z)
    self.degree = index
    self.child = child
    self.parent = parent
    axisInParent = parent.unrotate(axis)
    reference = degree.reference
    cosine = parent.quaternion.conjugate * child.quaternion
    sine = Quaternion(w: 0, x: axisInParent.x, y: axisInParent.y, z: axisInParent.z) * cosine
    let isOwnRow = !degree.countsTurns || degree.limits == nil
    motor =
      degree.needsLimitRow && !isOwnRow
      ? AngularMotor(world: world, child: child, parent: parent, axisCount: 1) : nil
    if let motor {
      row = motor.row(axis: 0, degree: degree, physics: physics, turn: 2)
    } else if degree.needsLimitRow {
      row = LimitRow(
        joint: handle, axis: 0, setParameter: dJointSetHingeParam, degree: degree, physics: physics,
        stopShift: degree.reference, idleStop: .pi, turn: 2)
    }
  }

  /// Unit vector, world frame.
  @inline(__always) var axis: Vector3 { parent.rotate(axisInParent) }

  @inline(__always) var angle: JointAngle {
    let r = parent.quaternion.conjugate * child.quaternion
    return JointAngle(
      sine: r.innerProduct(sine), cosine: r.innerProduct(cosine), reference: reference, turn: 2,
      wholeTurns: wholeTurns)
  }

  @inline(__always) var position: Double { angle.value }

  @inline(__always) var rate: Double { rate(about: axis) }

  @inline(__always) private func rate(about axis: Vector3) -> Double {
    axis.dot(child.angularVelocity - parent.angularVelocity)
  }

  var motion: CoordinateMotion { CoordinateMotion(axis: axis, position: position, rate: rate) }

  /// - Parameter push: sum of the effort and of the efforts of drives, N·m.
  @inline(__always) mutating func prepare(effort: Double, push: Double, timeStep: Double) {
    let (child, parent, axis) = (child, parent, axis)
    if row != nil {
      let (angle, rate) = (angle, rate(about: axis))
      let largestPush = timeStep * abs(push) * (child.angularMobility + parent.angularMobility)
      func pushedRate() -> Double {
        let torque = push * axis
        return timeStep
          * axis.dot(child.angularAcceleration(under: torque) + parent.angularAcceleration(under: torque))
      }
      if let motor {
        row?.prepare(
          on: motor, axis: 0, direction: axis, angle: angle, rate: rate, largestPush: largestPush, push: pushedRate(),
          scale: 1, timeStep: timeStep)
      } else {
        _ = row?.prepare(
          angle: angle, rate: rate, largestPush: largestPush, push: pushedRate(), timeStep: timeStep)
      }
    }
    if effort != 0 {
      let torque = effort * axis
      child.addTorque(torque)
      parent.addTorque(-torque)
    }
  }
}

extension Quaternion {
  @inline(__always) func innerProduct(_ other: Quaternion) -> Double {
    w * other.w + x * other.x + y * other.y + z * other.z
  }
}
