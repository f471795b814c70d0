public import PoiseCore

/// All that decides an episode beside the actions: with the task, the model and the actions it repeats to the bit.
public struct EpisodeStart: Hashable, Sendable, Codable {
  /// The environment's stream when the episode began; start pose, randomisation, pushes and noise are drawn from it.
  public var random: RandomStream
  /// Control steps until truncation.
  public var stepLimit: Int

  public init(random: RandomStream, stepLimit: Int) {
    self.random = random
    self.stepLimit = stepLimit
  }
}

/// What became of an episode.
public struct EpisodeSummary: Hashable, Sendable, Codable {
  /// Which of the environments, and how many episodes it had before this one.
  public var environment: Int
  public var episode: Int
  public var start: EpisodeStart
  public var ending: EpisodeEnding
  /// Control steps lived.
  public var steps: Int
  /// Sum of the rewards.
  public var totalReward: Double
  /// Sum of each reward term with its weight, [reward terms].
  public var rewardTerms: [Double]
  /// A value of each of the task's metrics, [metrics], only with `EnvironmentDetail.full`; `nil` where one does not apply.
  public var measurements: [Double?]?

  /// - Parameters: as the properties.
  public init(
    environment: Int, episode: Int, start: EpisodeStart, ending: EpisodeEnding, steps: Int, totalReward: Double,
    rewardTerms: [Double] = [], measurements: [Double?]? = nil
  ) {
    self.environment = environment
    self.episode = episode
    self.start = start
    self.ending = ending
    self.steps = steps
    self.totalReward = totalReward
    self.rewardTerms = rewardTerms
    self.measurements = measurements
  }
}

/// Why the simulation of an episode could not be trusted any more, with all that is needed to look into it.
public struct EnvironmentFault: Hashable, Sendable, Codable, CustomStringConvertible {
  public var scenario: String
  public var seed: UInt64
  public var environment: Int
  public var episode: Int
  /// Control steps that were good.
  public var step: Int
  /// The body, or the reward or observation term, that was found faulty.
  public var place: String
  public var reason: String
  /// Clamped to −1 … 1, or as the policy gave it if that is the fault, [actuators].
  public var action: [Float]

  /// - Parameters: as the properties.
  public init(
    scenario: String, seed: UInt64, environment: Int, episode: Int, step: Int, place: String, reason: String,
    action: [Float]
  ) {
    self.scenario = scenario
    self.seed = seed
    self.environment = environment
    self.episode = episode
    self.step = step
    self.place = place
    self.reason = reason
    self.action = action
  }

  public var description: String {
    "fault in \(scenario), seed \(seed), environment \(environment), episode \(episode), after step \(step): "
      + "\(place): \(reason); action \(action)"
  }
}
