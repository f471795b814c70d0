import Foundation
import PoiseCore
public import PoiseEnvironments
public import PoiseScenarios
public import PoiseTraining
import PoiseTasks

/// Episodes as NumPy arrays in one `.npz`, one episode in memory at a time.
///
/// For each episode k of T control steps: `episode_<k>/observations` float32 [T + 1, observations], the last of which no
/// action follows; `actions` float32 [T, actions] in −1 … 1, or int64 [T], the index of the level; `rewards` float64 [T]; `terminations` and `truncations` bool [T].
/// `metadata.json` names and scales them. A step that ended as a fault is left out.
public final class EpisodeArchive {
  private let player: EpisodePlayer
  private var zip: ZipWriter

  /// Begins an archive of a controller's episodes; `commit` completes the file.
  ///
  /// - Parameters:
  ///   - path: the `.npz` file.
  ///   - player: plays the episodes.
  ///   - run: the run whose policy acts, for the metadata; `nil` for a controller that was not trained.
  /// - Throws: `InputOutputError` if the file cannot be written; `InvalidInput` for episodes that are too long for an
  ///   archive.
  public init(_ path: String, _ player: EpisodePlayer, run: TrainedRun? = nil) throws {
    self.player = player
    let task = player.task
    let widest = max(task.observationSpace.count * 4, 8)
    guard (task.timing.stepLimit + 1) * widest < 1 << 31 else {
      throw InvalidInput(
        Problem(
          file: player.scenario.path, place: "episodeSeconds",
          found: "\(task.timing.stepLimit) control steps an episode",
          allowed: "less than 2 GiB of observations an episode", remedy: "Export --csv, whose memory does not grow."))
    }
    zip = try ZipWriter(path)
    var description =
      try run.map { try PolicyDescription($0) }
      ?? PolicyDescription(
        player.scenario, algorithm: player.controller.name, instructionSet: player.instructionSet)
    description.seed = player.seed
    try zip.add("metadata.json", Array(description.jsonText().utf8))
  }

  /// Plays episode `number` of the root seed, adds its arrays and returns its summary.
  @discardableResult
  public func record(_ number: Int) throws -> EpisodeSummary {
    let task = player.task
    var (observations, actions): ([Float], [Float]) = ([], [])
    var choices: [Int64] = []
    var rewards: [Double] = []
    var (terminations, truncations): ([Bool], [Bool]) = ([], [])
    let summary = player.play(number) { moment in
      observations += player.observation
      guard let reward = moment.reward else { return }
      if let choice = player.environment.snapshot.choice {
        choices.append(Int64(choice))
      } else {
        actions += moment.actions.map { Float($0) }
      }
      rewards.append(reward)
      terminations.append(moment.isTerminated)
      truncations.append(moment.isTruncated)
    }
    let steps = rewards.count
    let arrays: [(String, NumPyArray)] = [
      ("observations", NumPyArray(observations, shape: [steps + 1, task.observationSpace.count])),
      (
        "actions",
        task.levels.isEmpty
          ? NumPyArray(actions, shape: [steps, task.actionSpace.count]) : NumPyArray(choices, shape: [steps])
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
