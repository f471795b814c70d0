import ArgumentParser
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseExperiments
import PoiseScenarios
import PoiseTraining

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a trained policy, or its episodes, for other programs.",
    discussion: """
      --csv FILE   trajectories, with FILE.meta.json beside them; '-' is standard output
      --npz FILE   observations, actions, rewards, terminations, truncations per episode, for numpy.load
      --onnx FILE  the policy: normaliser, network and scaling to the actuators' control units

      Episodes are those of `poise evaluate RUN` for the same seed: the sums of the reward column are its returns.
      """)

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
  var folder: String

  @Option(help: ArgumentHelp("Write trajectories as CSV; '-' for standard output.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Write episodes as NumPy arrays.", valueName: "file"))
  var npz: String?

  @Option(help: ArgumentHelp("Write the policy as an ONNX model.", valueName: "file"))
  var onnx: String?

  @Option(help: "Episodes.")
  var episodes = 1

  @Option(help: "Root seed of the episodes. Default: the scenario's evaluation.publishedSeed.")
  var seed: UInt64?

  @Option(help: ArgumentHelp("Only these columns of the CSV, in this order: NAME,NAME…", valueName: "names"))
  var columns: String?

  @Option(
    help: ArgumentHelp("A row for every K control steps; the last of an episode is always there.", valueName: "k"))
  var every = 1

  @Option(help: "Which checkpoint of the run: best, latest, previous.")
  var checkpoint = RunFolder.Checkpoint.best

  @Option(help: "Change a key of the scenario, key.path=value; may be repeated.")
  var set: [String] = []

  func validate() throws {
    guard [csv, npz, onnx].contains(where: { $0 != nil }) else {
      throw ValidationError("Say what to write: --csv FILE, --npz FILE or --onnx FILE.")
    }
    if !(1...1_000_000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 1 to 1000000.")
    }
    if !(1...1_000_000_000).contains(every) {
      throw ValidationError("--every: found \(every); allowed 1 to 1000000000.")
    }
    if csv == nil, columns != nil || every != 1 {
      throw ValidationError("--columns and --every choose from the CSV; add --csv FILE.")
    }
    if npz == "-" || onnx == "-" { throw ValidationError("Of the exports only --csv goes to standard output.") }
  }

  func run() throws {
    Interruption.watch()
    let run = try TrainedRun(folder, checkpoint: checkpoint, overrides: set)
    let player = try EpisodePlayer(
      run.scenario, run.controller, seed: seed ?? run.scenario.settings.evaluation.publishedSeed,
      instructionSet: run.instructionSet)
    if let csv {
      let names = columns?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
      let recorder = try TrajectoryRecorder(csv, player, run: run, columns: names, every: every)
      try forEachEpisode { try recorder.record($0) }
      try recorder.commit()
      if csv != "-" { print("\(csv): \(told) with \(TrajectoryMetadata.path(beside: csv))") }
    }
    if let npz {
      let archive = try EpisodeArchive(npz, player, run: run)
      try forEachEpisode { try archive.record($0) }
      try archive.commit()
      tell("\(npz): \(told)")
    }
    if let onnx {
      try PolicyGraph(run).write(to: onnx)
      tell("\(onnx): \(run.policy.observationCount) observations to \(run.policy.actionCount) actions")
    }
  }

  /// A signal ends it after an episode; nothing is left of an unfinished file.
  private func forEachEpisode(_ record: (Int) throws -> Void) throws {
    for episode in 0..<episodes {
      try record(episode)
      try Interruption.check()
    }
  }

  private var told: String { "\(episodes) episode\(episodes == 1 ? "" : "s")" }

  /// Not between the rows of a CSV.
  private func tell(_ text: String) {
    if csv == "-" { printError(text) } else { print(text) }
  }
}
