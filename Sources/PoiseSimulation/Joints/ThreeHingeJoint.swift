import COde
import PoiseCore

/// Three hinges in series through one point, each axis perpendicular to the next: a hip or a shoulder.
///
///     R_parent⁻¹ R_child = Rot(a₀, q₀) Rot(a₁, q₁) Rot(a₂, q₂) R_made,   a₂ = ±a₀ × a₁ in the made pose
///
/// ODE's ball joint holds the point; the serial geometry is ours, because the Euler mode of ODE's angular motor is not a
/// chain of hinges. With the current axes Aᵢ and their duals gᵢ = (Aⱼ × A_k)/(A₀ · A₁ × A₂):
///
///     q̇ᵢ = gᵢ · ω,   torque = Σ τᵢ gᵢ,   rows along gᵢ/|gᵢ|
///
/// so a torque τᵢ does work on qᵢ alone. The chain is singular where the middle angle reaches ±90° from the pose in
/// which it was made; keep its limits away from there.
struct ThreeHingeJoint {
  let handle: dJointID
  let firstDegree: Int
  private let motor: AngularMotor?
  private let child: BodyFrame
  private let parent: BodyFrame
  /// a₀, a₁, a₀ × a₁ in the parent's frame.
  private let axes: (Vector3, Vector3, Vector3)
  /// The same in the child's frame in the made pose.
  private let axesInChild: (Vector3, Vector3, Vector3)
  /// a₂ = handedness · a₀ × a₁.
  private let handedness: Double
  private let references: (Double, Double, Double)
  private var rows: (LimitRow, LimitRow, LimitRow)?
  /// rad: 2π times the turns counted so far, of the first and the last; the middle one cannot turn so far.
  var wholeTurns = (0.0, 0.0)

  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, anchor: Vector3, axes worldAxes: (Vector3, Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom, DegreeOfFreedom), index: Int, physics: PhysicsParameters
  ) {
    handle = dJointCreateBall(world, nil)
    dJointAttach(handle, child.handle, parent.handle)
    dJointSetBallAnchor(handle, anchor.x, anchor.y, anchor.z)
    firstDegree = index
    self.child = child
    self.parent = parent
    let normal = worldAxes.0.cross(worldAxes.1)
    handedness = normal.dot(worldAxes.2) < 0 ? -1 : 1
    axes = (parent.unrotate(worldAxes.0), parent.unrotate(worldAxes.1), parent.unrotate(normal))
    axesInChild = (child.unrotate(worldAxes.0), child.unrotate(worldAxes.1), child.unrotate(normal))
    references = (degrees.0.reference, degrees.1.reference, degrees.2.reference)
    if !degrees.0.needsLimitRow && !degrees.1.needsLimitRow && !degrees.2.needsLimitRow {
      motor = nil
    } else {
      let motor = AngularMotor(world: world, child: child, parent: parent, axisCount: 3)
      self.motor = motor
      rows = (
        motor.row(axis: 0, degree: degrees.0, physics: physics),
        motor.row(axis: 1, degree: degrees.1, physics: physics),
        motor.row(axis: 2, degree: degrees.2, physics: physics, turn: handedness)
      )
    }
  }

  /// The dual axes, world frame, and the cosine of the middle angle, kept off zero.
  @inline(__always) private var duals: (g0: Vector3, g1: Vector3, g2: Vector3, cosine: Double) {
    let first = parent.rotate(axes.0)
    let last = handedness * child.rotate(axesInChild.2)
    // A₁ is perpendicular to both, so g₁ = A₁ and V = A₀ · A₁ × A₂ = ±cos of the middle angle.
    let cross = handedness * last.cross(first)
    let cosine = max(cross.length, 0.05)
    let middle = cross / cosine
    let volume = handedness * cosine
    return (middle.cross(last) / volume, middle, first.cross(middle) / volume, cosine)
  }

  @inline(__always) var positions: (Double, Double, Double) {
    let (q0, q1, q2) = angles
    return (q0.value, q1.value, q2.value)
  }

  @inline(__always) var angles: (JointAngle, JointAngle, JointAngle) {
    // With rows and columns along a₀, a₁, a₀ × a₁ the turn is Rx(q₀) Ry(q₁) Rz(±q₂), whose elements give the angles.
    let image2 = parent.unrotate(child.rotate(axesInChild.2))
    let r02 = axes.0.dot(image2)
    let r12 = axes.1.dot(image2)
    let r22 = axes.2.dot(image2)
    let firstInChild = child.unrotate(parent.rotate(axes.0))
    let r00 = firstInChild.dot(axesInChild.0)
    let r01 = firstInChild.dot(axesInChild.1)
    return (
      JointAngle(sine: -r12, cosine: r22, reference: references.0, wholeTurns: wholeTurns.0),
      JointAngle(sine: r02, cosine: (r00 * r00 + r01 * r01).squareRoot(), reference: references.1),
      JointAngle(sine: -r01, cosine: r00, reference: references.2, turn: handedness, wholeTurns: wholeTurns.1)
    )
  }

  @inline(__always) var rates: (Double, Double, Double) {
    let (g0, g1, g2, _) = duals
    let ω = child.angularVelocity - parent.angularVelocity
    return (g0.dot(ω), g1.dot(ω), g2.dot(ω))
  }

  /// ω̇ = Σ q̈ⱼ Aⱼ + Σ q̇ⱼ Ȧⱼ, so J̇ v = −gᵢ · Σ q̇ⱼ Ωⱼ × Aⱼ, where Ωⱼ is the rate of the frame that the axis is fixed in.
  func motion(_ index: Int) -> CoordinateMotion {
    let (g0, g1, g2, _) = duals
    let ω = child.angularVelocity - parent.angularVelocity
    let (v0, v1, v2) = (g0.dot(ω), g1.dot(ω), g2.dot(ω))
    let first = parent.rotate(axes.0)
    let last = handedness * child.rotate(axesInChild.2)
    let turning =
      parent.angularVelocity.cross(v0 * first) + (parent.angularVelocity + v0 * first).cross(v1 * g1)
      + child.angularVelocity.cross(v2 * last)
    let (dual, rate, angle) =
      index == 0 ? (g0, v0, angles.0) : (index == 1 ? (g1, v1, angles.1) : (g2, v2, angles.2))
    let scale = dual.length
    return CoordinateMotion(
      axis: dual / scale, scale: scale, position: angle.value, rate: rate, bias: -dual.dot(turning))
  }

  /// - Parameter pushes: sum of the effort and of the efforts of drives for each coordinate, N·m.
  @inline(__always) mutating func prepare(
    efforts: (Double, Double, Double), pushes: (Double, Double, Double), timeStep: Double
  ) {
    guard rows != nil || efforts != (0, 0, 0) else { return }
    let (g0, g1, g2, cosine) = duals
    if let motor, rows != nil {
      let (angle0, angle1, angle2) = angles
      let (child, parent) = (child, parent)
      lazy var pushTorque = pushes.0 * g0 + pushes.1 * g1 + pushes.2 * g2
      lazy var push =
        timeStep * (child.angularAcceleration(under: pushTorque) + parent.angularAcceleration(under: pushTorque))
      let ω = child.angularVelocity - parent.angularVelocity
      // |g₀| = |g₂| = 1/cos of the middle angle, |g₁| = 1.
      let scale = 1 / cosine
      // Of the rate about a unit axis.
      let largestPush =
        timeStep * (scale * (abs(pushes.0) + abs(pushes.2)) + abs(pushes.1))
        * (child.angularMobility + parent.angularMobility)
      rows?.0.prepare(
        on: motor, axis: 0, direction: g0, angle: angle0, rate: g0.dot(ω), largestPush: scale * largestPush,
        push: g0.dot(push), scale: scale, timeStep: timeStep)
      rows?.1.prepare(
        on: motor, axis: 1, direction: g1, angle: angle1, rate: g1.dot(ω), largestPush: largestPush,
        push: g1.dot(push), scale: 1, timeStep: timeStep)
      rows?.2.prepare(
        on: motor, axis: 2, direction: g2, angle: angle2, rate: g2.dot(ω), largestPush: scale * largestPush,
        push: g2.dot(push), scale: scale, timeStep: timeStep)
    }
    if efforts != (0, 0, 0) {
      let torque = efforts.0 * g0 + efforts.1 * g1 + efforts.2 * g2
      child.addTorque(torque)
      parent.addTorque(-torque)
    }
  }
}
