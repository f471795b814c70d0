import COde

/// The one row of the solver that damps, springs, brakes and stops one coordinate of a joint.
///
/// ODE offers a motor row (reach this velocity within ±fmax, softened by CFM) and a stop row (never pass this angle),
/// but glues a joint to its stop when both act at once. So exactly one of them is asked for in each step:
///
/// - *free*: a motor row. Velocity v* and CFM = 1/(d + h k) make it the implicit damper and spring
///   τ = −d q̇′ − k (q + h q̇′ − q₀) = (d + h k)(v* − q̇′), v* = −k (q − q₀)/(d + h k).
/// - *braking*: the step would carry the coordinate past its stop, so a motor row asks for the velocity that ends just
///   at the stop. Without it a joint would pass its stop by h q̇ before ODE notices.
/// - *stopped*: no motor; ODE's own stop row, which can only push back.
struct LimitRow {
  enum Phase { case free, braking, stopped }

  /// The stops that ODE sees lie this far inside ours, so that a braked coordinate meets them for certain; rad or m.
  static let stopMargin = 1e-4
  /// The motor is off from here on: a little before ODE's stop, so that rounding cannot have both act at once.
  private static let motorMargin = stopMargin + 1e-9

  private let joint: dJointID
  private let setParameter: (dJointID?, Int32, dReal) -> Void
  /// Offset of this axis's parameters (`dParamGroup` × axis).
  private let group: Int32
  private let lower: Double
  private let upper: Double
  private let stiffness: Double
  private let springReference: Double
  /// d + h k
  private let resistance: Double
  private let hardCFM: Double

  /// What ODE's copy of the row was last told, so that it is told again only when something changed.
  private var phase: Phase?
  private var velocity = 0.0
  private var cfm = 0.0

  /// - Parameters:
  ///   - stopShift: subtracted from our coordinate to get the angle or position that ODE measures from the made pose.
  init(
    joint: dJointID, axis: Int, setParameter: @escaping (dJointID?, Int32, dReal) -> Void, degree: DegreeOfFreedom,
    physics: PhysicsParameters, stopShift: Double
  ) {
    self.joint = joint
    self.setParameter = setParameter
    group = Int32(axis) * Int32(dParamGroup)
    lower = degree.limits?.lowerBound ?? -.infinity
    upper = degree.limits?.upperBound ?? .infinity
    stiffness = degree.stiffness
    springReference = degree.springReference
    resistance = degree.damping + physics.timeStep * degree.stiffness
    hardCFM = physics.constraintForceMixing
    set(dParamStopERP, physics.limitErrorReduction)
    set(dParamStopCFM, physics.constraintForceMixing)
    set(dParamBounce, 0)
    // ODE ignores a pair of stops whose low one is not below its high one, so the order of these calls is free.
    set(dParamLoStop, lower - stopShift + Self.stopMargin)
    set(dParamHiStop, upper - stopShift - Self.stopMargin)
  }

  private func set(_ parameter: some BinaryInteger, _ value: Double) {
    setParameter(joint, Int32(parameter) + group, value)
  }

  /// Tells ODE which row the next step needs.
  ///
  /// - Parameters:
  ///   - q, rate: the coordinate and its rate.
  ///   - scale: q̇ divided by the rate of the row's unit axis; 1 but for skew dual axes.
  mutating func prepare(q: Double, rate: Double, scale: Double = 1, timeStep h: Double) {
    if q <= lower + Self.motorMargin || q >= upper - Self.motorMargin {
      enter(.stopped)
      return
    }
    let next = q + h * rate
    if next < lower || next > upper {
      enter(.braking)
      tell(velocity: ((next < lower ? lower : upper) - q) / (h * scale), cfm: hardCFM)
    } else {
      enter(.free)
      if resistance > 0 {
        tell(
          velocity: stiffness == 0 ? 0 : -stiffness * (q - springReference) / (resistance * scale),
          cfm: 1 / (resistance * scale * scale))
      }
    }
  }

  /// Our coordinate as the angle that ODE shall test against the stops it was given; for motors that are told their angle.
  func testedAngle(q: Double, scale: Double) -> Double {
    // Only the distance beyond the stop enters the row, along an axis that is `scale` times slower than q.
    if q < lower + Self.stopMargin { return lower + Self.stopMargin + (q - lower - Self.stopMargin) / scale }
    if q > upper - Self.stopMargin { return upper - Self.stopMargin + (q - upper + Self.stopMargin) / scale }
    return q
  }

  private mutating func enter(_ next: Phase) {
    guard phase != next else { return }
    phase = next
    let isPowered = next == .braking || (next == .free && resistance > 0)
    set(dParamFMax, isPowered ? dReal.infinity : 0)
  }

  private mutating func tell(velocity newVelocity: Double, cfm newCFM: Double) {
    if newVelocity != velocity {
      velocity = newVelocity
      set(dParamVel, newVelocity)
    }
    if newCFM != cfm {
      cfm = newCFM
      set(dParamCFM, newCFM)
    }
  }
}
