/// The passive properties of one coordinate of a joint: stops, a spring, a damper, a rotor, dry friction.
///
///     effort = −stiffness · (q − springReference) − damping · q̇ − armature · q̈ ± frictionLoss,   and stops at the ends of `limits`
///
/// All of it is implicit in the step, so any coefficient is stable at any step size.
public struct DegreeOfFreedom: Hashable, Sendable {
  /// The coordinate in the pose in which the joint is made, rad or m; an angle may be several turns.
  public var reference = 0.0
  /// Limits of the coordinate, rad or m; those of an angle may be several turns apart. `nil` is unlimited.
  public var limits: ClosedRange<Double>?
  /// Viscous damping, N·m·s/rad or N·s/m, not negative.
  public var damping = 0.0
  /// Stiffness of the spring, N·m/rad or N/m, not negative.
  public var stiffness = 0.0
  /// The coordinate at which the spring is relaxed, rad or m.
  public var springReference = 0.0
  /// Inertia of a rotor that turns with the coordinate and with nothing else, kg·m² or kg, not negative.
  public var armature = 0.0
  /// Dry friction: N·m or N, not negative. It holds the coordinate against smaller efforts, and opposes motion with
  /// this effort.
  public var frictionLoss = 0.0
  /// Number of servos that act on the coordinate, not negative; see `World.servos(of:)`.
  public var servoCount = 0

  /// Makes a degree of freedom; traps where a value that must not be negative is.
  public init(
    reference: Double = 0, limits: ClosedRange<Double>? = nil, damping: Double = 0, stiffness: Double = 0,
    springReference: Double = 0, armature: Double = 0, frictionLoss: Double = 0, servoCount: Int = 0
  ) {
    precondition(
      damping >= 0 && stiffness >= 0 && armature >= 0 && frictionLoss >= 0 && servoCount >= 0,
      "damping \(damping), stiffness \(stiffness), armature \(armature), friction loss \(frictionLoss) and the number "
        + "of servos \(servoCount) must not be negative")
    self.reference = reference
    self.limits = limits
    self.damping = damping
    self.stiffness = stiffness
    self.springReference = springReference
    self.armature = armature
    self.frictionLoss = frictionLoss
    self.servoCount = servoCount
  }

  /// Nearer to a limit than this counts as at it; rad or m.
  static let stopMargin = 1e-4
  /// Smallest distance of the two limits, rad or m; closer ones are as good as a rigid joint.
  public static let narrowestLimits = 10 * stopMargin

  /// Whether the coordinate has rows of its own (`CoordinateDrive`). A damper without any
  /// of these shares the stop's row instead: one row is cheaper, and most joints of a legged robot are like that.
  var hasDrive: Bool { stiffness > 0 || armature > 0 || frictionLoss > 0 || servoCount > 0 }

  /// The damping that the `LimitRow` exerts.
  var dampingOfLimitRow: Double { hasDrive ? 0 : damping }

  /// Whether there is a stop, or a damper that shares its row.
  var needsLimitRow: Bool { limits != nil || dampingOfLimitRow > 0 }

  /// Whether an angle may leave the half turn to both sides of its reference, so that its turns must be counted.
  var countsTurns: Bool {
    guard let limits else { return true }
    return limits.lowerBound - reference < -Self.widestUncounted || limits.upperBound - reference > Self.widestUncounted
  }
  /// Half a turn with a margin for stops that are exceeded, rad.
  private static let widestUncounted = Double.pi - 0.2
}
