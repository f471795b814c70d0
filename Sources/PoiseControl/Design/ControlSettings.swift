public import PoiseCore

/// The weights of the cost that `lqr` minimises: the sum over all control steps of xᵀ Q x + uᵀ R u.
public struct LQRSettings: Configurable, Hashable {
  /// Q of positions: for each rad² or m² of deviation from the pose.
  public var position = 1.0
  /// Q of rates: for each (rad/s)² or (m/s)².
  public var velocity = 0.1
  /// R: for each squared unit of action, where 1 is an actuator's limit.
  public var action = 1.0
  /// Whether the control step is linearised with the direct solver of constraint forces. The iterative one lets feet creep a little, which
  /// looks as if actions could move them.
  public var usesDirectSolver = true
  /// The share of the largest singular value of [A − I, B] below which a coordinate counts as one that no action moves.
  public var steerability = 1e-6

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "position", \.position, .number(.positive, unit: "1/rad² or 1/m²"),
      "Cost of a control step for each squared rad or m from the pose."),
    .key(
      "velocity", \.velocity, .number(.notNegative, unit: "s²/rad² or s²/m²"),
      "Cost of a control step for each squared rad/s or m/s."),
    .key("action", \.action, .number(.positive), "Cost of a control step for each squared action in −1 … 1."),
    .key(
      "usesDirectSolver", \.usesDirectSolver, .boolean,
      "Linearises the control step with the direct solver of constraint forces, also where the task has the iterative one, which lets feet creep."
    ),
    .key(
      "steerability", \.steerability, .number(.above(0, below: 1)),
      "Directions of the state that actions move by less than this, relative to the strongest, and that nothing draws back are left out: where feet stand."
    ),
  ]
}

/// How stiff the law of `pd` is: each joint as an oscillator of this frequency and damping.
public struct PDSettings: Configurable, Hashable {
  /// Natural frequency of each joint, Hz.
  public var frequency = 1.5
  /// Damping ratio: 1 for the fastest return without overshoot.
  public var dampingRatio = 1.0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("frequency", \.frequency, .number(.positive, unit: "Hz"), "Natural frequency of each joint under the law."),
    .key("dampingRatio", \.dampingRatio, .number(.notNegative), "1: the fastest return without overshoot."),
  ]
}

/// How `energy` swings a pole up.
public struct EnergySettings: Configurable, Hashable {
  /// How strongly the energy is driven to that of the upright pole; `nil` for 100 where a torque turns the pole, which is nearly full
  /// torque all the way, and 4 where a cart carries it.
  public var gain: Double?
  /// Acceleration of a cart towards the middle of its rail for each metre, 1/s².
  public var centering = 2.0
  /// Acceleration of a cart against its velocity, 1/s.
  public var cartDamping = 3.0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "gain", \.gain, .optional(.number(.positive)),
      "Drive of the energy, as a share of full effort (or of gravity, for a cart) for each share of the energy that is missing and each natural frequency of swing; null: 100 for a torque at the pole, 4 for a cart."
    ),
    .key("centering", \.centering, .number(.notNegative, unit: "1/s²"), "Of a cart, to the middle of its rail."),
    .key("cartDamping", \.cartDamping, .number(.notNegative, unit: "1/s"), "Of a cart."),
  ]
}

/// How far ahead `plan` looks, and how much it tries in each control step.
public struct PlanSettings: Configurable, Hashable {
  /// Control steps that are simulated ahead.
  public var horizon = 30
  /// Simulations of each control step: the plan of the step before and variations of it.
  public var samples = 64
  /// Points of a plan, between which actions are interpolated.
  public var knots = 10
  /// Standard deviation of the variations of a knot, in −1 … 1; of the discrete actions, the share of knots that change.
  public var noise = 0.8
  /// Weight of worse variations in the next plan; 0 takes the best one alone.
  public var temperature = 0.0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("horizon", \.horizon, .integer(.from(1, through: 10_000)), "Control steps that are simulated ahead."),
    .key(
      "samples", \.samples, .integer(.from(2, through: 100_000)),
      "Simulations in each control step, all of the horizon."),
    .key(
      "knots", \.knots, .integer(.from(1, through: 10_000)),
      "Points of a plan; actions between them are interpolated, discrete ones held."),
    .key(
      "noise", \.noise, .number(.above(0, through: 10)),
      "Standard deviation of a knot's variations, in −1 … 1; of discrete actions, the probability that a knot changes."),
    .key(
      "temperature", \.temperature, .number(.from(0, through: 1e6)),
      "0: the best variation is the next plan (predictive sampling). Above: the mean of all, each weighed by exp(return ÷ (temperature × standard deviation of the returns)) (MPPI). Discrete actions take the best."
    ),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      knots <= horizon, at: "knots", found: "\(knots)", allowed: "at most the horizon, \(horizon)",
      remedy: "A knot for each control step is the finest plan there is.")
  }
}

/// The settings of all designed controllers; each is a section of a scenario.
public struct ControlSettings: Sendable, Hashable {
  /// Those of `hold`.
  public var hold = HoldGains()
  /// Those of `pd`.
  public var pd = PDSettings()
  /// Those of `lqr`, and of what `energy` hands over to.
  public var lqr = LQRSettings()
  /// Those of `energy`.
  public var energy = EnergySettings()
  /// Those of `plan`.
  public var plan = PlanSettings()

  /// The defaults.
  public init() {}
}
