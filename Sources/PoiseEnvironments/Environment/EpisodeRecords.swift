public import PoiseCore
public import PoiseSimulation

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
  /// Only with `EnvironmentDetail.full`.
  public var quality: EpisodeQuality?
}

/// How well an episode went, judged in the same way for every task.
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

  public var description: String {
    "fault in \(scenario), seed \(seed), environment \(environment), episode \(episode), after step \(step): "
      + "\(place): \(reason); action \(action)"
  }
}

/// Everything about an environment that its future depends on, exact to the bit.
public struct EnvironmentState: Hashable, Sendable, Codable {
  public var random: RandomStream
  public var start: EpisodeStart
  public var episode: Int
  public var world: WorldState
  public var before: RobotSnapshot
  public var after: RobotSnapshot
  public var startPositions: [Vector3]
  public var isTerminated: Bool
  public var disturbanceMemory: [[Double]]
  public var drawn: DrawnRandomisation
  /// Actions on their way to the actuators, newest first, [delay in control steps + 1, actuators].
  public var actionHistory: [Float]
  /// Control step at which each command is drawn anew, [commands].
  public var commandChanges: [Int]
  public var totalReward: Double
  public var rewardSums: [Double]
  public var quality: EpisodeQuality
  public var ending: EpisodeEnding
  /// Why the present episode could not begin, if so.
  public var startFault: StartFault?

  public struct StartFault: Hashable, Sendable, Codable {
    public var place: String
    public var reason: String
  }
}

/// How much of the robot's state is read out in each control step.
public enum EnvironmentDetail: Sendable, Codable, Hashable {
  /// What the task's terms look at: for training.
  case lean
  /// All joints, efforts, free bodies and the upright body's tilt, and `EpisodeQuality`: for evaluation and recording.
  case full
}
