public import PoiseCore

/// Settings of the noise with which a deterministic policy explores.
public struct ExplorationParameters: Configurable, Hashable {
  /// The kind of noise: independent in each control step, or correlated over time.
  public enum Noise: String, CaseIterable, Sendable { case gaussian, ornsteinUhlenbeck }

  /// The kind of noise.
  public var noise = Noise.ornsteinUhlenbeck
  /// σ of the numbers that are drawn in a control step, in units of the action, which ranges from −1 to 1.
  public var deviation = 0.2
  /// σ after `decaySteps`, reached linearly; `nil` for a constant σ.
  public var finalDeviation: Double?
  /// Control steps of all worlds after which σ is `finalDeviation`.
  public var decaySteps = 100_000
  /// θ of the Ornstein–Uhlenbeck process, per control step, in (0, 1].
  public var meanReversion = 0.15
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "noise", \.noise, .choice,
      "gaussian: independent in every step; ornsteinUhlenbeck: correlated with the step before."),
    .key(
      "deviation", \.deviation, .number(.notNegative), "σ of what is drawn in a step, where actions range from −1 to 1."
    ),
    .key(
      "finalDeviation", \.finalDeviation, .optional(.number(.notNegative)),
      "σ changes linearly to this over decaySteps; null: σ is constant."),
    .key(
      "decaySteps", \.decaySteps, .integer(.from(1, through: 1_000_000_000_000)),
      "Control steps of all worlds after which σ is finalDeviation."),
    .key("meanReversion", \.meanReversion, .number(.above(0, through: 1)), "θ of ornsteinUhlenbeck, per control step."),
  ]

  /// σ after a number of control steps of all worlds.
  public func deviation(after environmentSteps: Int) -> Double {
    let progress = min(1, Double(environmentSteps) / Double(decaySteps))
    return deviation + ((finalDeviation ?? deviation) - deviation) * progress
  }
}

/// Noise on the actions of some worlds, each world with a random stream of its own.
///
///     gaussian              n ~ N(0, σ²)
///     Ornstein–Uhlenbeck    n ← n − θ n + σ N(0, 1)         n = 0 at the start of an episode
///
/// The second has a time step of 1, as in Lillicrap et al. 2016, section 7 (θ = 0.15, σ = 0.2). In the stationary state
/// its variance is σ² / (2 θ − θ²) and its correlation over k steps (1 − θ)ᵏ. Source: Uhlenbeck and Ornstein 1930.
public struct ExplorationNoise: Codable, Hashable, Sendable {
  private let actionCount: Int
  /// θ; `nil` for Gaussian noise.
  private let meanReversion: Double?
  /// One stream for each world.
  private var random: [RandomStream]
  /// n of each world, [worlds, actions].
  private var values: [Float]

  /// Makes noise that starts at zero.
  ///
  /// - Parameters:
  ///   - parameters: the kind of noise and θ; σ is given with each step.
  ///   - actions: floats of an action.
  ///   - random: streams of purpose `.exploration`, one for each world.
  public init(_ parameters: ExplorationParameters, actions: Int, random: [RandomStream]) {
    actionCount = actions
    meanReversion = parameters.noise == .gaussian ? nil : parameters.meanReversion
    self.random = random
    values = Array(repeating: 0, count: random.count * actions)
  }

  /// Whether a value read from a file is noise of the same kind, for as many worlds and actions.
  public func accepts(_ other: Self) -> Bool {
    other.actionCount == actionCount && other.meanReversion == meanReversion && other.random.count == random.count
      && other.values.count == values.count
  }

  /// Advances the noise by one control step, adds it and clips the sum to −1 … 1.
  ///
  /// - Parameters:
  ///   - actions: the policy's actions, [worlds, actions].
  ///   - deviation: σ.
  public mutating func add(to actions: inout [Float], deviation: Double) {
    advance(deviation: deviation)
    for k in actions.indices { actions[k] = min(1, max(-1, actions[k] + values[k])) }
  }

  /// Replaces actions by uniform ones in −1 … 1, [worlds, actions], for the warm-up.
  public mutating func drawUniform(into actions: inout [Float]) {
    for w in random.indices {
      for j in 0..<actionCount { actions[w * actionCount + j] = Float(random[w].uniform(in: -1...1)) }
    }
  }

  /// Sets the noise of a world to zero, after its episode ended.
  public mutating func reset(world: Int) {
    for j in 0..<actionCount { values[world * actionCount + j] = 0 }
  }

  private mutating func advance(deviation: Double) {
    let keep = Float(meanReversion.map { 1 - $0 } ?? 0)
    for w in random.indices {
      for j in 0..<actionCount {
        values[w * actionCount + j] = keep * values[w * actionCount + j] + Float(deviation * random[w].normal())
      }
    }
  }
}
