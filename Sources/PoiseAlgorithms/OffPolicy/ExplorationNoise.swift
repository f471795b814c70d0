public import PoiseCore

/// How a deterministic policy tries other actions.
public struct ExplorationParameters: Configurable, Hashable {
  /// What is drawn.
  public enum Noise: String, CaseIterable, Sendable { case gaussian, ornsteinUhlenbeck }

  public var noise = Noise.ornsteinUhlenbeck
  public var deviation = 0.2
  public var finalDeviation: Double?
  public var decaySteps = 100_000
  public var meanReversion = 0.15
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "noise", \.noise, .choice,
      "gaussian: anew in every step; ornsteinUhlenbeck: each step's depends on the one before."),
    .key(
      "deviation", \.deviation, .number(.notNegative), "σ of what is drawn in a step, where actions reach from −1 to 1."
    ),
    .key(
      "finalDeviation", \.finalDeviation, .optional(.number(.notNegative)),
      "σ falls (or rises) to this in a straight line over decaySteps; null: it stays."),
    .key(
      "decaySteps", \.decaySteps, .integer(.from(1, through: 1_000_000_000_000)),
      "Control steps of all worlds after which σ is finalDeviation."),
    .key("meanReversion", \.meanReversion, .number(.above(0, through: 1)), "θ of ornsteinUhlenbeck, per control step."),
  ]

  /// σ after so many control steps of all worlds.
  public func deviation(after environmentSteps: Int) -> Double {
    let progress = min(1, Double(environmentSteps) / Double(decaySteps))
    return deviation + ((finalDeviation ?? deviation) - deviation) * progress
  }
}

/// Noise on the actions of some worlds, each from its own stream.
///
///     gaussian              n ~ N(0, σ²)
///     Ornstein–Uhlenbeck    n ← n − θ n + σ N(0, 1)         n = 0 at the start of an episode
///
/// The second in steps of 1, as in Lillicrap et al. 2016, section 7 (θ = 0.15, σ = 0.2): once settled, its variance is
/// σ² / (2 θ − θ²) and its correlation over k steps (1 − θ)ᵏ. Source: Uhlenbeck and Ornstein 1930.
public struct ExplorationNoise: Codable, Hashable, Sendable {
  private let actionCount: Int
  /// θ; `nil` for Gaussian noise.
  private let meanReversion: Double?
  /// One for each world.
  private var random: [RandomStream]
  /// n of each world, [worlds, actions].
  private var values: [Float]

  /// - Parameter random: purpose `.exploration`, one for each world.
  public init(_ parameters: ExplorationParameters, actions: Int, random: [RandomStream]) {
    actionCount = actions
    meanReversion = parameters.noise == .gaussian ? nil : parameters.meanReversion
    self.random = random
    values = Array(repeating: 0, count: random.count * actions)
  }

  /// Whether a value that came from outside is noise of the same kind, for as many worlds and actions.
  public func accepts(_ other: Self) -> Bool {
    other.actionCount == actionCount && other.meanReversion == meanReversion && other.random.count == random.count
      && other.values.count == values.count
  }

  /// Adds noise and clips to −1 … 1.
  ///
  /// - Parameter actions: [worlds, actions].
  public mutating func add(to actions: inout [Float], deviation: Double) {
    advance(deviation: deviation)
    for k in actions.indices { actions[k] = min(1, max(-1, actions[k] + values[k])) }
  }

  /// Draws uniform actions in −1 … 1 in place of the policy's, for the warm-up.
  public mutating func drawUniform(into actions: inout [Float]) {
    for w in random.indices {
      for j in 0..<actionCount { actions[w * actionCount + j] = Float(random[w].uniform(in: -1...1)) }
    }
  }

  /// Starts anew in a world whose episode ended.
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
