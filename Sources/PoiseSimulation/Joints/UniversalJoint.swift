import COde
import PoiseCore

/// Two hinges in series through one anchor with perpendicular axes: the first fixed in the parent, the second in the child.
///
///     R_parent⁻¹ R_child = Rot(a₀, q₀) Rot(a₁, q₁) R_made
///
/// ODE's universal joint holds the bodies together; stops and dampers are rows of an angular motor in user
/// mode, along axes and with angles that we compute, because the joint's own angles follow other conventions.
struct UniversalJoint {
  let handle: dJointID
  let firstDegree: Int
  private let motor: AngularMotor?
  private let child: BodyFrame
  private let parent: BodyFrame
  /// a₀, a₁ in the made pose and a₀ × a₁, in the parent's frame.
  private let axes: (Vector3, Vector3, Vector3)
  /// The same three in the child's frame.
  private let axesInChild: (Vector3, Vector3, Vector3)
  private let references: (Double, Double)
  private var rows: (LimitRow, LimitRow)?
  /// rad: 2π times the turns counted so far.
  var wholeTurns = (0.0, 0.0)

  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, anchor: Vector3, axes worldAxes: (Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom), index: Int, physics: PhysicsParameters
  ) {
    handle = dJointCreateUniversal(world, nil)
    dJointAttach(handle, child.handle, parent.handle)
    dJointSetUniversalAnchor(handle, anchor.x, anchor.y, anchor.z)
    // ODE's first axis is fixed in the first attached body, which is our child. It must never be parallel to the second,
    // not even between these calls, so the second first goes where neither the default nor the new first axis is.
    let standard = child.rotate([1, 0, 0])
    let aside = abs(worldAxes.0.dot(standard)) < 0.9 ? worldAxes.0 : (worldAxes.0 + worldAxes.1).normalized
    dJointSetUniversalAxis2(handle, aside.x, aside.y, aside.z)
    dJointSetUniversalAxis1(handle, worldAxes.1.x, worldAxes.1.y, worldAxes.1.z)
    dJointSetUniversalAxis2(handle, worldAxes.0.x, worldAxes.0.y, worldAxes.0.z)
    firstDegree = index
    self.child = child
    self.parent = parent
    let normal = worldAxes.0.cross(worldAxes.1)
    axes = (parent.unrotate(worldAxes.0), parent.unrotate(worldAxes.1), parent.unrotate(normal))
    axesInChild = (child.unrotate(worldAxes.0), child.unrotate(worldAxes.1), child.unrotate(normal))
    references = (degrees.0.reference, degrees.1.reference)
    if !degrees.0.needsLimitRow && !degrees.1.needsLimitRow {
      motor = nil
    } else {
      let motor = AngularMotor(world: world, child: child, parent: parent, axisCount: 2)
      self.motor = motor
      rows = (
        motor.row(axis: 0, degree: degrees.0, physics: physics), motor.row(axis: 1, degree: degrees.1, physics: physics)
      )
    }
  }

  /// World axes of both hinges; they stay perpendicular, so each is its own dual.
  @inline(__always) var worldAxes: (Vector3, Vector3) { (parent.rotate(axes.0), child.rotate(axesInChild.1)) }

  @inline(__always) var positions: (Double, Double) { (angles.0.value, angles.1.value) }

  @inline(__always) var angles: (JointAngle, JointAngle) {
    // Seen in the made frame, the second hinge leaves a₁ where the first turned it, and the first leaves a₀:
    // R a₁ = cos q₀ a₁ + sin q₀ (a₀ × a₁),  Rᵀ a₀ = cos q₁ a₀ + sin q₁ (a₀ × a₁).
    let second = parent.unrotate(child.rotate(axesInChild.1))
    let first = child.unrotate(parent.rotate(axes.0))
    return (
      JointAngle(
        sine: second.dot(axes.2), cosine: second.dot(axes.1), reference: references.0,
        wholeTurns: wholeTurns.0),
      JointAngle(
        sine: first.dot(axesInChild.2), cosine: first.dot(axesInChild.0), reference: references.1,
        wholeTurns: wholeTurns.1)
    )
  }

  @inline(__always) var rates: (Double, Double) {
    let (first, second) = worldAxes
    let ω = child.angularVelocity - parent.angularVelocity
    return (first.dot(ω), second.dot(ω))
  }

  /// J̇ v = ȧ · ω, with each axis fixed in its body.
  func motion(_ index: Int) -> CoordinateMotion {
    let (first, second) = worldAxes
    let ω = child.angularVelocity - parent.angularVelocity
    return index == 0
      ? CoordinateMotion(
        axis: first, position: angles.0.value, rate: first.dot(ω), bias: parent.angularVelocity.cross(first).dot(ω))
      : CoordinateMotion(
        axis: second, position: angles.1.value, rate: second.dot(ω), bias: child.angularVelocity.cross(second).dot(ω))
  }

  /// - Parameter pushes: sum of the effort and of the efforts of drives for each coordinate, N·m.
  @inline(__always) mutating func prepare(efforts: (Double, Double), pushes: (Double, Double), timeStep: Double) {
    let (first, second) = worldAxes
    if let motor, rows != nil {
      let (angle0, angle1) = angles
      let ω = child.angularVelocity - parent.angularVelocity
      let (child, parent) = (child, parent)
      lazy var pushTorque = pushes.0 * first + pushes.1 * second
      lazy var push =
        timeStep * (child.angularAcceleration(under: pushTorque) + parent.angularAcceleration(under: pushTorque))
      let largestPush =
        timeStep * (abs(pushes.0) + abs(pushes.1)) * (child.angularMobility + parent.angularMobility)
      rows?.0.prepare(
        on: motor, axis: 0, direction: first, angle: angle0, rate: first.dot(ω), largestPush: largestPush,
        push: first.dot(push), scale: 1, timeStep: timeStep)
      rows?.1.prepare(
        on: motor, axis: 1, direction: second, angle: angle1, rate: second.dot(ω), largestPush: largestPush,
        push: second.dot(push), scale: 1, timeStep: timeStep)
    }
    if efforts != (0, 0) {
      let torque = efforts.0 * first + efforts.1 * second
      child.addTorque(torque)
      parent.addTorque(-torque)
    }
  }
}
