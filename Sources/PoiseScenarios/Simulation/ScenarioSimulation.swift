import Foundation
public import PoiseControl
import PoiseCore
public import PoiseEnvironments
import PoiseModels
import PoiseNetworks
import PoiseSimulation
import PoiseTasks

/// One episode of a task under a baseline controller: pushes, rewards and endings as in training.
public struct ScenarioSimulation: Sendable {
  /// The scenario's own time limit where `nil`.
  public var seconds: Double?
  public var controller = BaselineController.zero
  public var seed: UInt64 = 0

  public init() {}

  /// What there is to say afterwards; every number but none of the clock's.
  public struct Summary: Sendable {
    public var steps = 0
    public var controlTimeStep = 0.0
    public var ending = EpisodeEnding.running
    public var totalReward = 0.0
    /// Sum of each reward term over the episode, weights included.
    public var rewardTerms: [(name: String, sum: Double)] = []
    public var tiltRewardPerStep = 0.0
    public var worstLimitViolation = 0.0
    public var worstPenetration = 0.0
    /// Physics steps that the direct solver gave up on and that were done again.
    public var repeatedSteps = 0
    public var fault: String?
    public var stateHash: UInt64 = 0
  }

  /// - Parameter play: plays an episode of at most so many control steps; whoever records it gives a `play` of their own.
  public func run(
    _ loaded: LoadedScenario,
    play: (EpisodePlayer, _ stepLimit: Int?) throws -> EpisodeSummary = { $0.play(0, stepLimit: $1) { _ in } }
  ) throws -> Summary {
    // Baselines have no network, so any instruction set serves.
    let player = try EpisodePlayer(loaded, .baseline(controller), seed: seed, instructionSet: .baseline)
    let task = player.task
    let limit = seconds.map { max(1, Int(($0 / task.timing.controlTimeStep).rounded())) }
    let episode = try play(player, limit)

    var summary = Summary()
    summary.steps = episode.steps
    summary.controlTimeStep = task.timing.controlTimeStep
    summary.ending = episode.ending
    summary.totalReward = episode.totalReward
    summary.rewardTerms = zip(task.rewardNames, episode.rewardTerms).map { ($0, $1) }
    if let quality = player.environment.quality {
      summary.tiltRewardPerStep = quality.tiltReward / Double(max(1, episode.steps))
      summary.worstLimitViolation = quality.worstLimitViolation
      summary.worstPenetration = quality.worstPenetration
      summary.repeatedSteps = quality.repeatedSteps ?? 0
    }
    summary.fault = player.environment.fault?.description
    summary.stateHash = player.robot.world.stateHash
    return summary
  }
}
