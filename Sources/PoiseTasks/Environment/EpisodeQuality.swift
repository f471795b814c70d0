/// Measurements of one episode that are defined for every robot.
public struct EpisodeQuality: Hashable, Sendable, Codable {
  /// Σ −(roll² + pitch²) of the upright body over the control steps of the episode, rad².
  public var tiltReward = 0.0
  /// Control steps in which the upright body was within the success condition's tilt (12° without one).
  public var uprightSteps = 0
  /// The number of these without interruption up to the last step.
  public var lastUprightSteps = 0
  /// Whether the success condition held; `nil` for tasks without one.
  public var isSuccess: Bool?
  /// Mean over steps and actuators of |τ/τ_max|.
  public var meanTorqueShare = 0.0
  /// Share of the actions at −1 or 1 (0.99 and more).
  public var saturation = 0.0
  /// Mean |aₜ − aₜ₋₁| over steps and actuators.
  public var actionChange = 0.0
  /// Largest distance of a joint beyond its limits after any physics step, rad or m.
  public var worstLimitViolation = 0.0
  /// Deepest overlap of two shapes in any physics step, m.
  public var worstPenetration = 0.0
  /// Physics steps for which the direct solver failed and that were repeated (`World.repeatedSteps`); `nil` for none.
  public var repeatedSteps: Int?
  /// The quality of an episode without any step.
  public init() {}
}
