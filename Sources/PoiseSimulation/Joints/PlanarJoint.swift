import COde
import PoiseCore

/// Two perpendicular slides and a hinge along their normal, between a body and the world: walkers seen from the side.
///
/// ODE's own planar joint knows only the plane z = 0, so the plane is held by motor rows instead: one linear row along the
/// normal and two angular rows across it, each asked for the velocity that corrects `errorReduction` of its error.
/// Dampers and springs of the slides act at the body's centre of mass; their stops act at the anchor, as contacts do.
struct PlanarJoint {
  /// Holds the normal (axis 0) and damps the slides (axes 1, 2).
  let handle: dJointID
  let firstDegree: Int
  /// Holds the two axes across the normal (0, 1) and damps and stops the hinge (2).
  private let motor: AngularMotor
  private let world: dWorldID
  private let child: BodyFrame
  /// s₀, s₁ and the normal n, world frame; right-handed or left-handed.
  private let axes: (Vector3, Vector3, Vector3)
  private let anchorInChild: Vector3
  private let originOfAnchor: Vector3
  private let heightOfCenter: Double
  private let normalInChild: Vector3
  private let sine: Quaternion
  private let cosine: Quaternion
  private let degrees: (DegreeOfFreedom, DegreeOfFreedom, DegreeOfFreedom)
  private var hingeRow: LimitRow
  private let physics: PhysicsParameters

  init(
    world: dWorldID, child: BodyFrame, anchor: Vector3, axes: (Vector3, Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom, DegreeOfFreedom), index: Int, physics: PhysicsParameters
  ) {
    let normal = axes.2
    handle = dJointCreateLMotor(world, nil)
    dJointAttach(handle, child.handle, nil)
    dJointSetLMotorNumAxes(handle, 3)
    dJointSetLMotorAxis(handle, 0, 0, normal.x, normal.y, normal.z)
    dJointSetLMotorAxis(handle, 1, 0, axes.0.x, axes.0.y, axes.0.z)
    dJointSetLMotorAxis(handle, 2, 0, axes.1.x, axes.1.y, axes.1.z)
    dJointSetLMotorParam(handle, Int32(dParamFMax), .infinity)
    dJointSetLMotorParam(handle, Int32(dParamCFM), physics.constraintForceMixing)
    for (axis, degree) in [(1, degrees.0), (2, degrees.1)] {
      let group = Int32(axis) * Int32(dParamGroup)
      let resistance = degree.damping + physics.timeStep * degree.stiffness
      dJointSetLMotorParam(handle, group + Int32(dParamFMax), resistance > 0 ? .infinity : 0)
      if resistance > 0 { dJointSetLMotorParam(handle, group + Int32(dParamCFM), 1 / resistance) }
    }
    motor = AngularMotor(world: world, child: child, parent: nil, axisCount: 3)
    for axis: Int32 in [0, 1] {
      dJointSetAMotorParam(motor.handle, axis * Int32(dParamGroup) + Int32(dParamFMax), .infinity)
      dJointSetAMotorParam(
        motor.handle, axis * Int32(dParamGroup) + Int32(dParamCFM), physics.constraintForceMixing)
    }
    dJointSetAMotorAxis(motor.handle, 0, 0, axes.0.x, axes.0.y, axes.0.z)
    dJointSetAMotorAxis(motor.handle, 1, 0, axes.1.x, axes.1.y, axes.1.z)
    dJointSetAMotorAxis(motor.handle, 2, 0, normal.x, normal.y, normal.z)
    hingeRow = motor.row(axis: 2, degree: degrees.2, physics: physics, turn: 2)
    firstDegree = index
    self.world = world
    self.child = child
    self.axes = axes
    self.degrees = degrees
    self.physics = physics
    anchorInChild = child.unrotate(anchor - child.position)
    originOfAnchor = anchor
    heightOfCenter = normal.dot(child.position)
    normalInChild = child.unrotate(normal)
    cosine = child.quaternion
    sine = Quaternion(w: 0, x: normal.x, y: normal.y, z: normal.z) * cosine
  }

  @inline(__always) private var anchor: Vector3 { child.position + child.rotate(anchorInChild) }

  @inline(__always) var positions: (Double, Double, Double) {
    let (x, y) = slides
    return (x, y, angle.value)
  }

  @inline(__always) private var slides: (Double, Double) {
    let moved = anchor - originOfAnchor
    return (degrees.0.reference + axes.0.dot(moved), degrees.1.reference + axes.1.dot(moved))
  }

  @inline(__always) private var angle: JointAngle {
    let q = child.quaternion
    return JointAngle(
      sine: q.innerProduct(sine), cosine: q.innerProduct(cosine), reference: degrees.2.reference, turn: 2)
  }

  @inline(__always) var rates: (Double, Double, Double) {
    let velocity = child.velocity(at: anchor)
    return (axes.0.dot(velocity), axes.1.dot(velocity), axes.2.dot(child.angularVelocity))
  }

  /// - Parameter limitContacts: the group that takes the slides' stops for one step.
  mutating func prepare(
    efforts: (Double, Double, Double), timeStep h: Double, limitContacts: dJointGroupID
  ) {
    let correction = physics.errorReduction / h
    let (q, angle) = (slides, angle)
    let rates = rates
    // What the efforts will add to the rates of the free body in this step.
    let lever = anchor - child.position
    let force = efforts.0 * axes.0 + efforts.1 * axes.1
    let turning = h * child.angularAcceleration(under: efforts.2 * axes.2 + lever.cross(force))
    let push = h * child.inverseMass * force + turning.cross(lever)
    let height = axes.2.dot(child.position)
    dJointSetLMotorParam(handle, Int32(dParamVel), correction * (heightOfCenter - height))
    // Turning by e about e/|e| brings the body's normal back onto the plane's.
    let error = child.rotate(normalInChild).cross(axes.2)
    dJointSetAMotorParam(motor.handle, Int32(dParamVel), correction * error.dot(axes.0))
    dJointSetAMotorParam(
      motor.handle, Int32(dParamGroup) + Int32(dParamVel), correction * error.dot(axes.1))
    let push2 = axes.2.dot(turning)
    hingeRow.prepare(
      on: motor, axis: 2, direction: axes.2, angle: angle, rate: rates.2, largestPush: abs(push2), push: push2,
      scale: 1, timeStep: h)

    prepareSlide(
      1, axis: axes.0, degree: degrees.0, q: q.0, rate: rates.0, push: axes.0.dot(push), group: limitContacts)
    prepareSlide(
      2, axis: axes.1, degree: degrees.1, q: q.1, rate: rates.1, push: axes.1.dot(push), group: limitContacts)
    if efforts.0 != 0 || efforts.1 != 0 { child.addForce(force, at: anchor) }
    if efforts.2 != 0 { child.addTorque(efforts.2 * axes.2) }
  }

  private func prepareSlide(
    _ motorAxis: Int32, axis: Vector3, degree: DegreeOfFreedom, q: Double, rate: Double, push: Double,
    group: dJointGroupID
  ) {
    if degree.stiffness > 0 {
      let resistance = degree.damping + physics.timeStep * degree.stiffness
      dJointSetLMotorParam(
        handle, motorAxis * Int32(dParamGroup) + Int32(dParamVel),
        -degree.stiffness * (q - degree.springReference) / resistance)
    }
    guard let limits = degree.limits else { return }
    // A stop is a frictionless wall for the anchor, met where the step might end beyond it.
    for (distance, sign) in [(q - limits.lowerBound, 1.0), (limits.upperBound - q, -1.0)]
    where distance < LimitRow.stopMargin || distance + physics.timeStep * sign * (rate + sign * min(0, sign * push)) < 0
    {
      let inward = sign * axis
      var contact = dContact()
      let p = anchor
      contact.geom.pos = (p.x, p.y, p.z, 0)
      contact.geom.normal = (inward.x, inward.y, inward.z, 0)
      contact.geom.depth = max(0, -distance) + physics.contactSurfaceLayer
      contact.surface.mode = Int32(dContactSoftERP) | Int32(dContactSoftCFM) | Int32(dContactMotionN)
      contact.surface.soft_erp = distance < 0 ? physics.limitErrorReduction : 0
      contact.surface.soft_cfm = physics.constraintForceMixing
      // Short of the wall the point may still approach it, as far as the gap goes in one step.
      contact.surface.motionN = distance < 0 ? 0 : -distance / physics.timeStep
      dJointAttach(dJointCreateContact(world, group, &contact), child.handle, nil)
    }
  }
}
