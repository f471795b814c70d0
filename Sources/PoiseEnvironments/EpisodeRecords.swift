public import PoiseCore

/// Everything that determines an episode besides the task, the model and the actions, exact to the bit.
public struct EpisodeStart: Hashable, Sendable, Codable {
  /// The environment's stream at the start of the episode; start pose, randomisation, pushes and noise are drawn from
  /// it.
  public var random: RandomStream
  /// The number of control steps after which the episode is truncated.
  public var stepLimit: Int

  /// Makes a start; parameters are as the properties.
  public init(random: RandomStream, stepLimit: Int) {
    self.random = random
    self.stepLimit = stepLimit
  }
}

/// The records of an episode.
public struct EpisodeSummary: Hashable, Sendable, Codable {
  /// The index of the environment.
  public var environment: Int
  /// The index of the episode in its environment.
  public var episode: Int
  /// How the episode started.
  public var start: EpisodeStart
  /// How the episode stands.
  public var ending: EpisodeEnding
  /// The number of its control steps so far.
  public var steps: Int
  /// The return so far: the sum of the rewards.
  public var totalReward: Double
  /// The weighted sum of each reward term over the episode, [reward terms].
  public var rewardTerms: [Double]
  /// The value of each of the task's metrics, [metrics], `nil` for one that does not apply; `nil` without
  /// `EnvironmentDetail.full`.
  public var measurements: [Double?]?

  /// Makes a record; parameters are as the properties.
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

/// Why the simulation of an episode could not be trusted any more, with everything that repeating it requires.
public struct EnvironmentFault: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The name of the scenario.
  public var scenario: String
  /// The root seed of the run.
  public var seed: UInt64
  /// The index of the environment.
  public var environment: Int
  /// The index of the episode in its environment.
  public var episode: Int
  /// The number of control steps of the episode before the fault.
  public var step: Int
  /// The body, or the reward or observation term, in which the fault was found.
  public var place: String
  /// What was wrong, in words.
  public var reason: String
  /// The action of the faulted step, clamped to −1 … 1, or as the policy gave it if that is the fault, [actions].
  public var action: [Float]

  /// Makes a fault; parameters are as the properties.
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
