import COde

/// The row of the solver that stops one coordinate of a joint, and damps it where only a damper acts (otherwise the damper
/// is in a `CoordinateDrive`).
///
/// ODE offers a motor row (reach this velocity within ±fmax, softened by CFM) and a stop row (never pass this angle),
/// but locks a joint to its stop when both act at once. So exactly one of them is used in each step:
///
/// - *free*: a motor row. Velocity 0 and CFM = 1/d make it the implicit damper τ = −d q̇′; without a damper there is none.
/// - *stopped*: no motor; a stop row, which can only push back, where the step might carry the coordinate past its limit.
///
/// ODE adds a stop row when the angle is beyond the stop by some e, and the row then demands q̇′ ≤ −ERP e/h. So the
/// stop is placed `stopOffset` inside of the present coordinate, with an ERP such that the row demands q̇′ ≤ (limit −
/// q)/h: the coordinate reaches its limit, at any speed, and does not pass it. ODE's own measure of the angle then
/// never decides which row there is. It differs from ours by the joint's drift (3e-5 rad were measured on a tumbling
/// robot); a stop in addition to our motor row would be an infinite force.
struct LimitRow {
  enum Phase { case free, lower, upper }

  /// Much larger than the difference between our measure of a coordinate and ODE's; rad or m.
  private static let stopOffset = 1e-2

  private let joint: dJointID
  private let setParameter: @convention(c) (dJointID?, Int32, dReal) -> Void
  /// Offset of this axis's parameters (`dParamGroup` × axis).
  private let group: Int32
  private let lower: Double
  private let upper: Double
  /// The same two where the coordinate is an angle whose turns are not counted.
  private let angleLimits: AngleLimits?
  private let damping: Double
  private let errorReduction: Double
  /// Subtracted from our coordinate to get what ODE measures from the made pose.
  private let stopShift: Double
  /// A high stop that is never reached, but makes ODE update its limit state: its hinge keeps the old state when both
  /// stops are infinite.
  private let idleStop: Double
  /// Whether ODE updates its limit state in the next step, which clears an old one; the update costs an arc tangent.
  private var isVerdictTakenBack = false

  /// The parameters last passed to ODE, so that they are passed again only after a change.
  private var phase: Phase?
  private var cfm = 0.0

  /// - Parameters:
  ///   - stopShift: subtracted from our coordinate to get the angle or position that ODE measures from the made pose.
  ///   - idleStop: π for ODE's hinge, infinite for all else.
  ///   - turn: of the angles that `prepare(angle:…)` gets; any where the coordinate is a length.
  init(
    joint: dJointID, axis: Int, setParameter: @escaping @convention(c) (dJointID?, Int32, dReal) -> Void,
    degree: DegreeOfFreedom,
    physics: PhysicsParameters, stopShift: Double, idleStop: Double = .infinity, turn: Double = 1
  ) {
    self.joint = joint
    self.setParameter = setParameter
    self.stopShift = stopShift
    self.idleStop = degree.limits == nil ? .infinity : idleStop
    group = Int32(axis) * Int32(dParamGroup)
    lower = degree.limits?.lowerBound ?? -.infinity
    upper = degree.limits?.upperBound ?? .infinity
    angleLimits =
      degree.countsTurns ? nil : degree.limits.map { AngleLimits($0, reference: degree.reference, turn: turn) }
    damping = degree.dampingOfLimitRow
    errorReduction = physics.limitErrorReduction
    set(dParamStopCFM, physics.constraintForceMixing)
    set(dParamBounce, 0)
  }

  private func set(_ parameter: some BinaryInteger, _ value: Double) {
    setParameter(joint, Int32(parameter) + group, value)
  }

  /// As `prepare(q:…)` for an angle; most are far from their limits, and then neither the value nor the push is computed.
  ///
  /// - Parameters:
  ///   - largestPush: at least the magnitude of `push`.
  ///   - push: computed only where it matters.
  /// - Returns: the angle's value, rad, where it was computed.
  mutating func prepare(
    angle: JointAngle, rate: Double, largestPush: Double, push: @autoclosure () -> Double, scale: Double = 1,
    timeStep h: Double
  ) -> Double? {
    guard mayStop(angle, speed: abs(rate) + largestPush, timeStep: h) else {
      beFree(scale: scale)
      return nil
    }
    let push = push()
    guard mayStop(angle, speed: abs(rate) + abs(push), timeStep: h) else {
      beFree(scale: scale)
      return nil
    }
    let q = angle.value
    prepare(q: q, rate: rate, push: push, scale: scale, timeStep: h)
    return q
  }

  /// Whether an angle that changes no faster than `speed` may reach a limit in a step.
  @inline(__always) private func mayStop(_ angle: JointAngle, speed: Double, timeStep h: Double) -> Bool {
    guard let angleLimits else { return lower > -.infinity || upper < .infinity }
    return !angleLimits.contain(angle, with: max(DegreeOfFreedom.stopMargin, h * speed))
  }

  /// Sets ODE's row for the next step.
  ///
  /// - Parameters:
  ///   - q, rate: the coordinate and its rate.
  ///   - push: the rate that this joint's efforts will add in the step; it may be an overestimate, since the row does
  ///     not resist inward motion.
  ///   - scale: q̇ divided by the rate of the row's unit axis; 1 but for skew dual axes.
  mutating func prepare(q: Double, rate: Double, push: Double, scale: Double = 1, timeStep h: Double) {
    let overUpper = q + h * (rate + max(0, push)) - upper
    let underLower = lower - q - h * (rate + min(0, push))
    if overUpper > 0 || q > upper - DegreeOfFreedom.stopMargin, overUpper >= underLower {
      enter(.upper)
      stop(at: q - stopShift - Self.stopOffset, dParamHiStop, gap: upper - q, scale: scale, timeStep: h)
    } else if underLower > 0 || q < lower + DegreeOfFreedom.stopMargin {
      enter(.lower)
      stop(at: q - stopShift + Self.stopOffset, dParamLoStop, gap: q - lower, scale: scale, timeStep: h)
    } else {
      beFree(scale: scale)
    }
  }

  private mutating func beFree(scale: Double) {
    enter(.free)
    guard damping > 0 else { return }
    let newCFM = 1 / (damping * scale * scale)
    guard newCFM != cfm else { return }
    cfm = newCFM
    set(dParamCFM, newCFM)
  }

  /// Demands a rate towards the limit of at most gap/h; beyond the limit, one that corrects `errorReduction` of the gap.
  private func stop(at angle: Double, _ side: some BinaryInteger, gap: Double, scale: Double, timeStep h: Double) {
    set(side, angle)
    // ODE's row: rate · scale ≤ −ERP stopOffset/h.
    set(dParamStopERP, -(gap > 0 ? gap : errorReduction * gap) / (scale * Self.stopOffset))
  }

  private mutating func enter(_ next: Phase) {
    if phase == next {
      guard isVerdictTakenBack else { return }
      isVerdictTakenBack = false
      set(dParamHiStop, .infinity)
      return
    }
    phase = next
    set(dParamFMax, next == .free && damping > 0 ? dReal.infinity : 0)
    // ODE ignores a pair of stops whose low one is not below its high one, so the order of these calls is free.
    set(dParamLoStop, -.infinity)
    isVerdictTakenBack = next == .free && idleStop < .infinity
    set(dParamHiStop, isVerdictTakenBack ? idleStop : .infinity)
  }
}
