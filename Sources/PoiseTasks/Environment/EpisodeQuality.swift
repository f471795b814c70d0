/// How well an episode went, as it is measured of every robot.
public struct EpisodeQuality: Hashable, Sendable, Codable {
  /// Σ −(roll² + pitch²) of the upright body over the steps lived, rad².
  public var tiltReward = 0.0
  /// Control steps in which the upright body was within the success condition's tilt (12° without one).
  public var uprightSteps = 0
  /// Of these, the ones without a gap up to the last step.
  public var lastUprightSteps = 0
  /// Whether the success condition held; `nil` for tasks without one.
  public var isSuccess: Bool?
  /// Mean over steps and actuators of |τ/τ_max|.
  public var meanTorqueShare = 0.0
  /// Share of the actions at −1 or 1 (0.99 and more).
  public var saturation = 0.0
  /// Mean |aₜ − aₜ₋₁| over steps and actuators.
  public var actionChange = 0.0
  /// Largest distance of a joint beyond its limits, rad and m alike.
  public var worstLimitViolation = 0.0
  /// Deepest overlap of two shapes, m.
  public var worstPenetration = 0.0
  /// Physics steps that the direct solver gave up on and that were done again (`World.repeatedSteps`); `nil` for none.
  public var repeatedSteps: Int?
  public init() {}
}
