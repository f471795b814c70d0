import COde
import PoiseCore

/// Two perpendicular slides and a hinge about their normal, between a body and the world, as for planar walkers.
///
/// ODE's own planar joint supports only the plane z = 0, so motor rows hold the plane instead: one linear row along the
/// normal and two angular rows across it, each with the velocity that corrects `errorReduction` of its error.
/// Forces along the slides act at the anchor: drives as rows of a point, stops as contacts.
struct PlanarJoint {
  /// Holds the normal.
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
  /// rad: 2π times the turns counted so far.
  var wholeTurns = 0.0

  init(
    world: dWorldID, child: BodyFrame, anchor: Vector3, axes: (Vector3, Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom, DegreeOfFreedom), index: Int, physics: PhysicsParameters
  ) {
    let normal = axes.2
    handle = dJointCreateLMotor(world, nil)
    dJointAttach(handle, child.handle, nil)
    dJointSetLMotorNumAxes(handle, 1)
    dJointSetLMotorAxis(handle, 0, 0, normal.x, normal.y, normal.z)
    dJointSetLMotorParam(handle, Int32(dParamFMax), .infinity)
    dJointSetLMotorParam(handle, Int32(dParamCFM), physics.constraintForceMixing)
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

  @inline(__always) var angle: JointAngle {
    let q = child.quaternion
    return JointAngle(
      sine: q.innerProduct(sine), cosine: q.innerProduct(cosine), reference: degrees.2.reference, turn: 2,
      wholeTurns: wholeTurns)
  }

  @inline(__always) var rates: (Double, Double, Double) {
    let velocity = child.velocity(at: anchor)
    return (axes.0.dot(velocity), axes.1.dot(velocity), axes.2.dot(child.angularVelocity))
  }

  /// A slide's rate is that of the anchor at r from the centre: J̇ v = s · ω × (ω × r).
  func motion(_ index: Int) -> CoordinateMotion {
    let (ω, anchor, rates) = (child.angularVelocity, anchor, rates)
    guard index < 2 else { return CoordinateMotion(axis: axes.2, position: angle.value, rate: rates.2) }
    let axis = index == 0 ? axes.0 : axes.1
    let bias = axis.dot(ω.cross(ω.cross(anchor - child.position)))
    return CoordinateMotion(
      axis: axis, point: anchor, position: index == 0 ? slides.0 : slides.1, rate: index == 0 ? rates.0 : rates.1,
      bias: bias)
  }

  /// - Parameters:
  ///   - pushes: sum of the effort and of the efforts of drives for each coordinate, N and N·m.
  ///   - rows: the group that takes the slides' rows for one step.
  mutating func prepare(
    efforts: (Double, Double, Double), pushes: (Double, Double, Double), timeStep h: Double, rows: dJointGroupID
  ) {
    let correction = physics.errorReduction / h
    let (q, angle) = (slides, angle)
    let rates = rates
    // What the efforts will add to the rates of the free body in this step.
    let lever = anchor - child.position
    let pushForce = pushes.0 * axes.0 + pushes.1 * axes.1
    let turning = h * child.angularAcceleration(under: pushes.2 * axes.2 + lever.cross(pushForce))
    let push = h * child.inverseMass * pushForce + turning.cross(lever)
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

    stopSlide(axis: axes.0, degree: degrees.0, q: q.0, rate: rates.0, push: axes.0.dot(push), group: rows)
    stopSlide(axis: axes.1, degree: degrees.1, q: q.1, rate: rates.1, push: axes.1.dot(push), group: rows)
    if degrees.0.damping > 0, !degrees.0.hasDrive { damp(axes.0, degrees.0.damping, group: rows) }
    if degrees.1.damping > 0, !degrees.1.hasDrive { damp(axes.1, degrees.1.damping, group: rows) }
    if efforts.0 != 0 || efforts.1 != 0 { child.addForce(efforts.0 * axes.0 + efforts.1 * axes.1, at: anchor) }
    if efforts.2 != 0 { child.addTorque(efforts.2 * axes.2) }
  }

  private func damp(_ axis: Vector3, _ damping: Double, group: dJointGroupID) {
    addPointRow(
      world: world, group: group, child: child, parent: nil, point: anchor, axis: axis, velocity: 0,
      softness: 1 / damping, limit: .infinity)
  }

  private func stopSlide(
    axis: Vector3, degree: DegreeOfFreedom, q: Double, rate: Double, push: Double, group: dJointGroupID
  ) {
    guard let limits = degree.limits else { return }
    // A stop is a frictionless wall for the anchor, met where the step might end beyond it.
    for (distance, sign) in [(q - limits.lowerBound, 1.0), (limits.upperBound - q, -1.0)]
    where distance < DegreeOfFreedom.stopMargin
      || distance + physics.timeStep * sign * (rate + sign * min(0, sign * push)) < 0
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
      // Before the wall the point may approach it by the gap in one step.
      contact.surface.motionN = distance < 0 ? 0 : -distance / physics.timeStep
      dJointAttach(dJointCreateContact(world, group, &contact), child.handle, nil)
    }
  }
}
