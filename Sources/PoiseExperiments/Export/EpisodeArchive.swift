import Foundation
import PoiseCore
public import PoiseEnvironments
import PoiseScenarios
public import PoiseTraining
import PoiseTasks

/// Episodes as NumPy arrays in one `.npz`, one episode in memory at a time.
///
/// For each episode k of T control steps: `episode_<k>/observations` float32 [T + 1, observations], the last of which no
/// action follows; `actions` float32 [T, actions] in −1 … 1, or int64 [T], the index of the choice; `rewards` float64 [T]; `terminations` and `truncations` bool [T].
/// `metadata.json` names and scales them. A step that ended as a fault is left out. The task needs no robot.
public final class EpisodeArchive {
  private let episodes: PolicyEpisodes
  private var zip: ZipWriter

  /// Begins an archive of a trained policy's episodes; `commit` completes the file.
  ///
  /// - Parameters:
  ///   - path: the `.npz` file.
  ///   - run: the run whose policy acts.
  ///   - seed: the root seed of the episodes.
  /// - Throws: `InputOutputError` if the file cannot be written; `InvalidInput` for episodes that are too long for an
  ///   archive.
  public init(_ path: String, run: TrainedRun, seed: UInt64) throws {
    episodes = try PolicyEpisodes(run.scenario, run.policy, seed: seed, instructionSet: run.instructionSet)
    let task = episodes.task
    let widest = max(task.observationSpace.count * 4, 8)
    guard (task.stepLimit + 1) * widest < 1 << 31 else {
      throw InvalidInput(
        Problem(
          file: run.scenario.path, place: run.scenario.robot == nil ? "episodeSteps" : "episodeSeconds",
          found: "\(task.stepLimit) control steps an episode",
          allowed: "less than 2 GiB of observations an episode", remedy: "Export --csv, whose memory does not grow."))
    }
    zip = try ZipWriter(path)
    var description = PolicyDescription(run)
    description.seed = seed
    try zip.add("metadata.json", Array(description.jsonText().utf8))
  }

  /// Plays episode `number` of the root seed, adds its arrays and returns its summary.
  @discardableResult
  public func record(_ number: Int) throws -> EpisodeSummary {
    let task = episodes.task
    let isChoice = task.actionSpace.choices != nil
    var (observations, actions): ([Float], [Float]) = ([], [])
    var rewards: [Double] = []
    var (terminations, truncations): ([Bool], [Bool]) = ([], [])
    let summary = episodes.play(number) { moment in
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
