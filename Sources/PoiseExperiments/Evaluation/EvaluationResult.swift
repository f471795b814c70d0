import Foundation
public import PoiseCore
import PoiseEnvironments

/// What a controller's episodes were worth: the scores of DESIGN.md, "Scores".
public struct EvaluationResult: Codable, Hashable, Sendable {
  public var scenario: String
  /// `ppo`, `ddpg`, `td3`, or the name of a baseline.
  public var algorithm: String
  /// Root seed of the episodes.
  public var seed: UInt64
  public var episodes: Int
  /// Of the sums of each episode's rewards.
  public var `return`: SampleStatistics
  /// Mean over episodes of Σ −(roll² + pitch²) ÷ steps of the full time limit; steps missing after a fall count −(60°)². rad²
  public var tiltRewardPerStep: Double
  /// The same over the steps lived alone. rad²
  public var tiltRewardPerLivedStep: Double
  /// Episodes that reached the time limit ÷ episodes.
  public var survivalRate: Double
  /// Episodes that met the scenario's own condition ÷ episodes; `nil` for tasks without one.
  public var successRate: Double?
  public var episodeSecondsMean: Double
  /// Steps with the upright body within 12° (or the success condition's tilt) ÷ steps of the full time limit.
  public var uprightShare: Double
  /// Mean sum of each reward term with its weight over an episode.
  public var rewardTerms: [String: Double]
  /// Mean over steps and actuators of |τ/τ_max|.
  public var torqueShareMean: Double
  /// Share of the actions at ±1.
  public var actionSaturation: Double
  /// Mean |aₜ − aₜ₋₁| over steps and actuators.
  public var actionChangeMean: Double
  public var worstJointLimitViolationRad: Double
  public var worstPenetrationM: Double
  /// The same over the episodes that reached the time limit: what balancing leans on, without the impacts of falls. `nil` if none did.
  public var worstPenetrationSurvivedM: Double?
  /// Episodes that ended because the simulation could no longer be trusted. They count as not survived.
  public var faults: Int
  /// Physics steps of all episodes that the direct solver gave up on and that were done again; `nil` in results of versions that
  /// did not count them.
  public var repeatedPhysicsSteps: Int?

  enum CodingKeys: String, CodingKey {
    case scenario, algorithm, seed, episodes
    case `return`
    case tiltRewardPerStep = "tilt_reward_per_step"
    case tiltRewardPerLivedStep = "tilt_reward_per_lived_step"
    case survivalRate = "survival_rate"
    case successRate = "success_rate"
    case episodeSecondsMean = "episode_seconds_mean"
    case uprightShare = "upright_share"
    case rewardTerms = "reward_terms"
    case torqueShareMean = "torque_share_mean"
    case actionSaturation = "action_saturation"
    case actionChangeMean = "action_change_mean"
    case worstJointLimitViolationRad = "worst_joint_limit_violation_rad"
    case worstPenetrationM = "worst_penetration_m"
    case worstPenetrationSurvivedM = "worst_penetration_survived_m"
    case faults
    case repeatedPhysicsSteps = "repeated_physics_steps"
  }

  /// Every key is written, also where there is nothing: `success_rate` is null for tasks without a condition.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(scenario, forKey: .scenario)
    try values.encode(algorithm, forKey: .algorithm)
    try values.encode(seed, forKey: .seed)
    try values.encode(episodes, forKey: .episodes)
    try values.encode(self.return, forKey: .return)
    try values.encode(tiltRewardPerStep, forKey: .tiltRewardPerStep)
    try values.encode(tiltRewardPerLivedStep, forKey: .tiltRewardPerLivedStep)
    try values.encode(survivalRate, forKey: .survivalRate)
    try values.encode(successRate, forKey: .successRate)
    try values.encode(episodeSecondsMean, forKey: .episodeSecondsMean)
    try values.encode(uprightShare, forKey: .uprightShare)
    try values.encode(rewardTerms, forKey: .rewardTerms)
    try values.encode(torqueShareMean, forKey: .torqueShareMean)
    try values.encode(actionSaturation, forKey: .actionSaturation)
    try values.encode(actionChangeMean, forKey: .actionChangeMean)
    try values.encode(worstJointLimitViolationRad, forKey: .worstJointLimitViolationRad)
    try values.encode(worstPenetrationM, forKey: .worstPenetrationM)
    try values.encode(worstPenetrationSurvivedM, forKey: .worstPenetrationSurvivedM)
    try values.encode(faults, forKey: .faults)
    try values.encode(repeatedPhysicsSteps, forKey: .repeatedPhysicsSteps)
  }

  /// - Parameter summaries: at least one, each with its quality, in the order of the episodes' numbers.
  init(_ summaries: [EpisodeSummary], task: BoundTask, controller: String, seed: UInt64) {
    let count = Double(summaries.count)
    let limit = Double(task.timing.stepLimit)
    let qualities = summaries.map { $0.quality ?? EpisodeQuality() }
    func mean(_ value: (Int) -> Double) -> Double { summaries.indices.reduce(0) { $0 + value($1) } / count }

    scenario = task.name
    algorithm = controller
    self.seed = seed
    episodes = summaries.count
    self.return = SampleStatistics(
      summaries.map(\.totalReward), random: RandomStream(seed: seed, purpose: .statistics))
    tiltRewardPerStep = mean {
      qualities[$0].tiltRewardPerStep(steps: summaries[$0].steps, stepLimit: task.timing.stepLimit)
    }
    let lived = summaries.reduce(0) { $0 + $1.steps }
    tiltRewardPerLivedStep = qualities.reduce(0) { $0 + $1.tiltReward } / Double(max(1, lived))
    survivalRate = mean { summaries[$0].ending == .truncated ? 1 : 0 }
    successRate = task.task.success == nil ? nil : mean { qualities[$0].isSuccess == true ? 1 : 0 }
    episodeSecondsMean = mean { Double(summaries[$0].steps) * task.timing.controlTimeStep }
    uprightShare = mean { Double(qualities[$0].uprightSteps) / limit }
    rewardTerms = [:]
    for (i, name) in task.rewardNames.enumerated() { rewardTerms[name] = mean { summaries[$0].rewardTerms[i] } }
    torqueShareMean = mean { qualities[$0].meanTorqueShare }
    actionSaturation = mean { qualities[$0].saturation }
    actionChangeMean = mean { qualities[$0].actionChange }
    worstJointLimitViolationRad = qualities.map(\.worstLimitViolation).max() ?? 0
    worstPenetrationM = qualities.map(\.worstPenetration).max() ?? 0
    worstPenetrationSurvivedM = summaries.indices.filter { summaries[$0].ending == .truncated }
      .map { qualities[$0].worstPenetration }.max()
    faults = summaries.count { $0.ending == .fault }
    repeatedPhysicsSteps = qualities.reduce(0) { $0 + ($1.repeatedSteps ?? 0) }
  }

  /// One JSON object; keys in alphabetical order, numbers in their shortest exact form.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension Goal {
  /// Whether all that is asked for was reached; never where nothing is.
  public func isReached(by result: EvaluationResult) -> Bool {
    func reaches(_ wanted: Double?, _ value: Double?) -> Bool { wanted.map { (value ?? -.infinity) >= $0 } ?? true }
    return isSet && reaches(survivalRate, result.survivalRate) && reaches(successRate, result.successRate)
      && reaches(tiltRewardPerStep, result.tiltRewardPerStep) && reaches(meanReturn, result.return.mean)
  }

  /// Whether no further episodes could make the scores of all `episodes` those that are asked for: neither if they all survive nor
  /// if none of them leans by a degree. A mean return may still come to anything.
  public func isOutOfReach(after result: EvaluationResult, of episodes: Int) -> Bool {
    func falls(_ wanted: Double?, _ value: Double?, best: Double) -> Bool {
      guard let wanted, let value else { return false }
      let rest = Double(episodes - result.episodes)
      // As `isReached` would see it, but for rounding.
      return (value * Double(result.episodes) + best * rest) / Double(episodes) < wanted - 1e-12
    }
    return falls(survivalRate, result.survivalRate, best: 1) || falls(successRate, result.successRate, best: 1)
      || falls(tiltRewardPerStep, result.tiltRewardPerStep, best: 0)
  }

  /// Whether there are scores that no further episode mends; a mean return alone may still come to anything.
  var canGetOutOfReach: Bool { survivalRate != nil || successRate != nil || tiltRewardPerStep != nil }

  /// What checkpoints are compared by, most important first: whether they reach the goal, the goal's own scores, the mean return.
  ///
  /// The goal stands first since an evaluation that ended early, with the goal out of reach, may have had the luckier episodes.
  func ranking(of result: EvaluationResult) -> [Double] {
    var scores = [isReached(by: result) ? 1.0 : 0]
    if survivalRate != nil { scores.append(result.survivalRate) }
    if successRate != nil { scores.append(result.successRate ?? 0) }
    if tiltRewardPerStep != nil { scores.append(result.tiltRewardPerStep) }
    return scores + [result.return.mean]
  }
}
