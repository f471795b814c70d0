import COde
import PoiseCore

/// A servo on one coordinate of a joint: effort = offset − stiffness · q − damping · q̇, kept within `range`.
///
/// It is implicit in the step: the effort is that of the coordinate and rate after it, so any gain is stable at any step size.
public struct CoordinateServo: Hashable, Sendable, Codable {
  /// Stiffness K, N·m/rad or N/m, not negative.
  public var stiffness = 0.0
  /// Damping D, N·m·s/rad or N·s/m, not negative.
  public var damping = 0.0
  /// The effort at q = 0 and q̇ = 0, N·m or N.
  public var offset = 0.0
  /// Range of the effort, N·m or N; `nil` is unlimited.
  public var range: ClosedRange<Double>?

  /// Makes a servo; stiffness and damping must not be negative.
  public init(stiffness: Double = 0, damping: Double = 0, offset: Double = 0, range: ClosedRange<Double>? = nil) {
    self.stiffness = stiffness
    self.damping = damping
    self.offset = offset
    self.range = range
  }

  /// Whether a step can use the servo: all values are finite, stiffness and damping are not negative.
  var isPossible: Bool {
    let bounds = range.map { [$0.lowerBound, $0.upperBound] } ?? []
    return stiffness >= 0 && damping >= 0 && ([stiffness, damping, offset] + bounds).allSatisfy { abs($0) <= 1e15 }
  }

  /// The effort, N·m or N, at a coordinate (rad or m) and its rate (rad/s or m/s).
  @inlinable public func effort(position q: Double, velocity v: Double) -> Double {
    let effort = offset - stiffness * q - damping * v
    return range.map { min($0.upperBound, max($0.lowerBound, effort)) } ?? effort
  }
}

/// Position and rate of one coordinate of a joint, and the axis along which its efforts act.
struct CoordinateMotion {
  /// Unit vector, world frame, of the row.
  var axis: Vector3
  /// q̇ divided by the rate along the unit axis; 1 but for skew dual axes.
  var scale = 1.0
  /// Point at which a force acts, m, world frame; unused for a torque.
  var point = Vector3.zero
  var position: Double
  var rate: Double
  /// J̇ v, rad/s² or m/s²: acceleration of the coordinate that is due to the moving axis.
  var bias = 0.0
}

/// The solver's rows for a spring, a damper, a rotor, dry friction and servos along one coordinate.
///
/// With coordinate q, rate v before the step and v′ after it, and step h, all that is linear is one row, here
/// for rotor A, damper d, spring k about q₀ and servo c − K q − D q̇:
///
///     −A (v′ − v)/h − (d + D) v′ − k (q + h (v′ − κ v) − q₀) + c − K (q + h v′) = R (v* − v′),
///     R = A/h + d + D + h (k + K),   R v* = A (v/h − J̇ v) − k (q − κ h v − q₀) + c − K q
///
/// a motor row of ODE with velocity v*, CFM = 1/R and no bound. The term J̇ v is needed because the row uses the axis
/// before the step, while the rotor's speed is that about the axis after it.
///
/// Damper and servo are implicit, so no gain makes them unstable. A spring with κ = 0 would be implicit, too; an undamped mass on it would
/// lose its motion at the rate h ω²/2, for its natural frequency ω. With κ = 1 and q′ = q + h v′, mass and spring turn in phase space and keep
/// their energy, at any stiffness. So κ is near 1 where steps resolve the motion and near 0 where they do not, and the spring had better
/// come to rest: κ = 1/(1 + (h² k μ)²), with μ the acceleration of the coordinate under a unit effort if nothing but
/// the two bodies' inertia resisted it.
///
/// A servo with a range is a row of its own, bounded by it; dry friction is one of velocity 0, bounded by the loss.
/// They are separate from the stop's row: ODE locks a joint to its stop when motor and stop act in one row.
struct CoordinateDrive {
  enum Kind { case angle, length }

  let degree: Int
  let joint: JointReference
  /// Which of the joint's coordinates.
  let index: Int
  private let kind: Kind
  private let world: dWorldID
  private let child: BodyFrame
  private let parent: BodyFrame
  private let damping: Double
  private let stiffness: Double
  private let springReference: Double
  private let armature: Double
  private let frictionLoss: Double
  /// Among the world's servos.
  let servos: Range<Int>
  private let frictionSoftness: Double
  /// One for each row that there may be: the linear one, the servos', friction's; none for lengths.
  private let motors: [AngularMotor]

  init(
    world: dWorldID, child: BodyFrame, parent: BodyFrame, kind: Kind, record: DegreeOfFreedom, degree: Int,
    joint: JointReference, index: Int, servos: Range<Int>, physics: PhysicsParameters
  ) {
    self.world = world
    self.child = child
    self.parent = parent
    self.kind = kind
    self.degree = degree
    self.joint = joint
    self.index = index
    self.servos = servos
    damping = record.damping
    stiffness = record.stiffness
    springReference = record.springReference
    armature = record.armature
    frictionLoss = record.frictionLoss
    frictionSoftness = physics.constraintForceMixing
    motors =
      kind == .length
      ? []
      : (0..<1 + servos.count + (record.frictionLoss > 0 ? 1 : 0)).map { _ in
        AngularMotor(world: world, child: child, parent: parent, axisCount: 1)
      }
  }

  /// Chooses the rows of the next step.
  ///
  /// - Parameter group: takes the rows of lengths for one step.
  /// - Returns: the effort, N·m or N, of spring and servos at the present coordinate.
  func prepare(
    _ motion: CoordinateMotion, servos all: Span<CoordinateServo>, timeStep h: Double, group: dJointGroupID
  ) -> Double {
    let q = motion.position
    let spring = -stiffness * (q - springReference)
    var resistance = armature / h + damping + h * stiffness
    var drive = armature * (motion.rate / h - motion.bias) + spring
    if stiffness > 0 {
      let x = h * h * stiffness * mobility(motion)
      drive += h * stiffness * motion.rate / (1 + x * x)
    }
    var effort = spring
    var constant = 0.0
    for (place, index) in servos.enumerated() {
      let servo = all[index]
      let resistanceOfServo = servo.damping + h * servo.stiffness
      let force = servo.offset - servo.stiffness * q
      effort += servo.effort(position: q, velocity: 0)
      guard let range = servo.range, resistanceOfServo > 0 else {
        resistance += resistanceOfServo
        drive += resistanceOfServo > 0 ? force : 0
        constant += resistanceOfServo > 0 ? 0 : servo.effort(position: q, velocity: 0)
        exert(0, toward: 0, within: 0, row: 1 + place, motion, h, group)
        continue
      }
      // The bounds of ODE's rows are symmetric, so the middle of the range is applied separately.
      let middle = (range.lowerBound + range.upperBound) / 2
      constant += middle
      exert(
        resistanceOfServo, toward: (force - middle) / resistanceOfServo,
        within: (range.upperBound - range.lowerBound) / 2, row: 1 + place, motion, h, group)
    }
    exert(
      resistance, toward: resistance > 0 ? drive / resistance : 0, within: resistance > 0 ? .infinity : 0, row: 0,
      motion, h, group)
    if frictionLoss > 0 {
      exert(1 / frictionSoftness, toward: 0, within: frictionLoss, row: 1 + servos.count, motion, h, group)
    }
    push(constant, motion)
    return effort
  }

  /// Acceleration of the coordinate under a unit effort, 1/(kg·m²) or 1/kg, of the two bodies without their joints.
  private func mobility(_ motion: CoordinateMotion) -> Double {
    let axis = motion.axis
    func mobility(_ body: BodyFrame) -> Double {
      switch kind {
      case .angle: return axis.dot(body.angularAcceleration(under: axis))
      case .length:
        let moment = (motion.point - body.position).cross(axis)
        return body.inverseMass + moment.dot(body.angularAcceleration(under: moment))
      }
    }
    return motion.scale * motion.scale * (mobility(child) + mobility(parent))
  }

  /// One row: `resistance` · (rate − q̇′), within ±`limit`.
  private func exert(
    _ resistance: Double, toward rate: Double, within limit: Double, row: Int, _ motion: CoordinateMotion, _ h: Double,
    _ group: dJointGroupID
  ) {
    // Along the unit axis, `scale` times the effort has the same power.
    let scale = motion.scale
    let velocity = rate / scale
    let softness = 1 / (resistance * scale * scale)
    switch kind {
    case .angle:
      let motor = motors[row].handle
      dJointSetAMotorParam(motor, Int32(dParamFMax), limit * scale)
      guard limit > 0 else { return }
      dJointSetAMotorAxis(motor, 0, 0, motion.axis.x, motion.axis.y, motion.axis.z)
      dJointSetAMotorParam(motor, Int32(dParamVel), velocity)
      dJointSetAMotorParam(motor, Int32(dParamCFM), softness)
    case .length:
      guard limit > 0 else { return }
      addPointRow(
        world: world, group: group, child: child, parent: parent, point: motion.point, axis: motion.axis,
        velocity: velocity, softness: softness, limit: limit)
    }
  }

  private func push(_ effort: Double, _ motion: CoordinateMotion) {
    guard effort != 0 else { return }
    switch kind {
    case .angle:
      let torque = motion.scale * effort * motion.axis
      child.addTorque(torque)
      parent.addTorque(-torque)
    case .length:
      let force = effort * motion.axis
      child.addForce(force, at: motion.point)
      parent.addForce(-force, at: motion.point)
    }
  }
}

/// A motor row for one step along a line through a point of both bodies. ODE has such a row only in a contact: the
/// first of its two directions of friction. The contact's normal row, which can only push, is disabled by a target
/// speed that no body reaches.
///
/// - Parameters:
///   - point: m, world frame; - axis: unit vector, world frame; - velocity: m/s of the child's point against the parent's;
///   - softness: CFM, (m/s)/N; - limit: N, may be infinite.
func addPointRow(
  world: dWorldID, group: dJointGroupID, child: BodyFrame, parent: BodyFrame?, point: Vector3, axis: Vector3,
  velocity: Double, softness: Double, limit: Double
) {
  let normal = axis.anyPerpendicular
  var contact = dContact()
  contact.geom.pos = (point.x, point.y, point.z, 0)
  contact.geom.normal = (normal.x, normal.y, normal.z, 0)
  contact.fdir1 = (axis.x, axis.y, axis.z, 0)
  contact.surface.mode =
    Int32(dContactMotionN) | Int32(dContactMu2) | Int32(dContactFDir1) | Int32(dContactMotion1) | Int32(dContactSlip1)
  contact.surface.motionN = -10 * PhysicsEngine.runawaySpeed
  contact.surface.mu = limit
  contact.surface.mu2 = 0
  contact.surface.motion1 = velocity
  contact.surface.slip1 = softness
  dJointAttach(dJointCreateContact(world, group, &contact), child.handle, parent?.handle)
}
