/// What resists the motion along one coordinate of a joint: limits, a damper, a spring.
///
///     effort = −damping · q̇ − stiffness · (q − springReference),   and stops at the ends of `limits`
///
/// Damper and spring are implicit in the step, so any coefficient is stable at any step size.
public struct DegreeOfFreedom: Hashable, Sendable {
  /// The coordinate in the pose in which the joint is made, rad or m.
  public var reference = 0.0
  /// rad or m; an angle's limits lie within ±π of the pose in which the joint is made. `nil` is unlimited.
  public var limits: ClosedRange<Double>?
  /// N·m·s/rad or N·s/m, not negative.
  public var damping = 0.0
  /// N·m/rad or N/m, not negative.
  public var stiffness = 0.0
  /// rad or m: the coordinate at which the spring exerts nothing.
  public var springReference = 0.0

  public init(
    reference: Double = 0, limits: ClosedRange<Double>? = nil, damping: Double = 0, stiffness: Double = 0,
    springReference: Double = 0
  ) {
    precondition(damping >= 0 && stiffness >= 0, "damping \(damping) and stiffness \(stiffness) must not be negative")
    self.reference = reference
    self.limits = limits
    self.damping = damping
    self.stiffness = stiffness
    self.springReference = springReference
  }

  /// Limits closer together than this cannot be told from a rigid joint; rad or m.
  public static let narrowestLimits = 10 * LimitRow.stopMargin

  /// Whether anything acts on this coordinate at all.
  var isFree: Bool { limits == nil && damping == 0 && stiffness == 0 }
}
