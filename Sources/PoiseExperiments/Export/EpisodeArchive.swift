import Foundation
import PoiseCore
public import PoiseEnvironments
public import PoiseScenarios
public import PoiseTraining

/// Episodes as NumPy arrays in one `.npz`, one episode in memory at a time.
///
/// For each episode k of T control steps: `episode_<k>/observations` float32 [T + 1, observations], the last of which no
/// action follows; `actions` float32 [T, actions] in −1 … 1, or int64 [T], the index of the choice; `rewards` float64 [T]; `terminations` and `truncations` bool [T].
/// `metadata.json` names and scales them. A step that ended as a fault is left out. The task needs no robot.
public final class EpisodeArchive {
  private let task: any EnvironmentSpecification
  private let play: (Int, (PolicyEpisodes.Moment) -> Void) -> EpisodeSummary
  private var zip: ZipWriter

  /// Begins an archive of a trained policy's episodes; `commit` completes the file.
  ///
  /// - Parameters:
  ///   - path: the `.npz` file.
  ///   - run: the run whose policy acts.
  ///   - seed: the root seed of the episodes.
  /// - Throws: `InputOutputError` if the file cannot be written; `InvalidInput` for episodes that are too long for an
  ///   archive.
  public convenience init(_ path: String, run: TrainedRun, seed: UInt64) throws {
    let episodes = try PolicyEpisodes(run.scenario, run.policy, seed: seed, instructionSet: run.instructionSet)
    var description = PolicyDescription(run)
    description.seed = seed
    try self.init(path, run.scenario, description) { number, visit in episodes.play(number, visit: visit) }
  }

  /// Begins an archive of a robot's episodes under a controller that was not trained.
  ///
  /// - Parameters:
  ///   - path: the `.npz` file.
  ///   - player: plays the episodes.
  /// - Throws: as for a run.
  public convenience init(_ path: String, _ player: EpisodePlayer) throws {
    var description = PolicyDescription(
      player.scenario, algorithm: player.controller.name, instructionSet: player.instructionSet)
    description.seed = player.seed
    try self.init(path, player.scenario, description) { number, visit in player.playMoments(number, visit: visit) }
  }

  private init(
    _ path: String, _ scenario: LoadedScenario, _ description: PolicyDescription,
    play: @escaping (Int, (PolicyEpisodes.Moment) -> Void) -> EpisodeSummary
  ) throws {
    task = scenario.specification
    self.play = play
    let widest = max(task.observationSpace.count * 4, 8)
    guard (task.stepLimit + 1) * widest < 1 << 31 else {
      throw InvalidInput(
        Problem(
          file: scenario.path, place: scenario.robot == nil ? "episodeSteps" : "episodeSeconds",
          found: "\(task.stepLimit) control steps an episode",
          allowed: "less than 2 GiB of observations an episode", remedy: "Export --csv, whose memory does not grow."))
    }
    zip = try ZipWriter(path)
    try zip.add("metadata.json", Array(description.jsonText().utf8))
  }

  /// Plays episode `number` of the root seed, adds its arrays and returns its summary.
  @discardableResult
  public func record(_ number: Int) throws -> EpisodeSummary {
    let isChoice = task.actionSpace.choices != nil
    var (observations, actions): ([Float], [Float]) = ([], [])
    var rewards: [Double] = []
    var (terminations, truncations): ([Bool], [Bool]) = ([], [])
    let summary = play(number) { moment in
      observations += moment.observation
      guard let action = moment.action else { return }
      actions += action
      rewards.append(moment.reward)
      terminations.append(moment.ending == .terminated)
      truncations.append(moment.ending == .truncated)
    }
    let steps = rewards.count
    let arrays: [(String, NumPyArray)] = [
      ("observations", NumPyArray(observations, shape: [steps + 1, task.observationSpace.count])),
      (
        "actions",
        isChoice
          ? NumPyArray(actions.map { Int64($0) }, shape: [steps])
          : NumPyArray(actions, shape: [steps, task.actionSpace.count])
      ),
      ("rewards", NumPyArray(rewards, shape: [steps])),
      ("terminations", NumPyArray(terminations, shape: [steps])),
      ("truncations", NumPyArray(truncations, shape: [steps])),
    ]
    for (name, array) in arrays { try zip.add("episode_\(number)/\(name).npy", array.bytes) }
    return summary
  }

  /// Completes the file; it appears only now.
  ///
  /// - Throws: `InputOutputError` if it cannot be written.
  public func commit() throws { try zip.commit() }
}
