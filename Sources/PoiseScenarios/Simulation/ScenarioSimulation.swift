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
  /// Time limit, s, rounded to whole control steps, at least one; `nil` for the scenario's own.
  public var seconds: Double?
  /// The baseline that acts.
  public var controller = BaselineController.zero
  /// Root seed; the episode is episode 0 of it.
  public var seed: UInt64 = 0

  /// A simulation over the scenario's own time limit with the controller `zero`.
  public init() {}

  /// The results of an episode; none depends on the computer's clock.
  public struct Summary: Sendable {
    /// Control steps of the episode.
    public var steps = 0
    /// Time of a control step, s.
    public var controlTimeStep = 0.0
    /// How the episode ended.
    public var ending = EpisodeEnding.running
    /// Return of the episode, undiscounted.
    public var totalReward = 0.0
    /// Sum of each reward term over the episode, weights included.
    public var rewardTerms: [(name: String, sum: Double)] = []
    /// Σ −(roll² + pitch²) of the upright body ÷ control steps taken, rad².
    public var tiltRewardPerStep = 0.0
    /// Largest distance of a joint beyond its limits, rad or m.
    public var worstLimitViolation = 0.0
    /// Depth of the deepest contact, m.
    public var worstPenetration = 0.0
    /// Physics steps for which the direct solver failed and that were repeated.
    public var repeatedSteps = 0
    /// Why the simulation could not be trusted any more; `nil` without a fault.
    public var fault: String?
    /// Hash of the world's state at the end; equal states have equal hashes.
    public var stateHash: UInt64 = 0
  }

  /// Simulates one episode.
  ///
  /// - Parameters:
  ///   - loaded: the scenario; it needs a robot.
  ///   - play: plays episode 0 of at most `stepLimit` control steps; a caller that records the episode passes a closure
  ///     of its own.
  /// - Throws: `InvalidInput` for a scenario without a robot or a model that cannot be assembled; whatever `play` throws.
  public func run(
    _ loaded: LoadedScenario,
    play: (EpisodePlayer, _ stepLimit: Int?) throws -> EpisodeSummary = { $0.play(0, stepLimit: $1) { _ in } }
  ) throws -> Summary {
    // Baselines have no network, so any instruction set serves.
    let player = try EpisodePlayer(loaded, .baseline(controller), seed: seed, instructionSet: .baseline)
    let task = player.task
    let limit = seconds.map { max(1, Int(clamping: ($0 / task.timing.controlTimeStep).rounded())) }
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
