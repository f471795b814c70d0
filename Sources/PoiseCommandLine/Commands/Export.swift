import ArgumentParser
import Foundation
import PoiseAlgorithms
import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseModels
import PoiseNetworks
import PoiseONNX
import PoiseScenarios
import PoiseTraining

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a trained policy, a designed controller, or their episodes, for other programs.",
    usage: "\(program) export <run> [options]",
    discussion: """
      A CSV holds trajectories; FILE.meta.json beside it describes its columns. Without a robot it holds states, actions and rewards. An NPZ, for numpy.load, holds observations, \
      actions, rewards, terminations and truncations of each episode. An ONNX model holds the policy: normaliser, network, and \
      scaling to the control units of the actuators. The episodes are those of `\(program) evaluate RUN` for the same seed: the sum \
      of the reward column is the return.

      Examples:
        \(program) export runs/first --csv first.csv --episodes 10
        \(program) export runs/first --csv - --columns time_s,reward --every 5
        \(program) export runs/first --npz first.npz --onnx policy.onnx
        \(program) export cartpole-balance --controller lqr --gains - --onnx lqr.onnx
      """)

  @Argument(
    help: ArgumentHelp("The folder of a run; with --controller a scenario.", valueName: "run"), completion: .subjects)
  var folder: String

  @Option(help: "The controller of a scenario without a run: \(BaselineController.names).")
  var controller: BaselineController?

  @Option(
    help: ArgumentHelp(
      "Write the design of lqr as JSON to this file: gain, poles, cost, linear system; '-' is standard output.",
      valueName: "file"))
  var gains: String?

  @Option(help: ArgumentHelp("Write trajectories as CSV to this file; '-' is standard output.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Write episodes as NumPy arrays to this file.", valueName: "file"))
  var npz: String?

  @Option(help: ArgumentHelp("Write the policy as an ONNX model to this file.", valueName: "file"))
  var onnx: String?

  @Option(help: "Number of episodes.")
  var episodes = 1

  @Option(help: .episodeSeed)
  var seed: UInt64?

  @Option(help: ArgumentHelp("Write only these columns of the CSV, in this order: NAME,NAME…", valueName: "names"))
  var columns: String?

  @Option(
    help: ArgumentHelp(
      "Write a row for every K-th control step; the last step of an episode always has one.", valueName: "k"))
  var every = 1

  @Option(help: .checkpoint)
  var checkpoint = RunFolder.Checkpoint.best

  @Option(help: .scenarioOverrides)
  var set: [String] = []

  func validate() throws {
    guard [csv, npz, onnx, gains].contains(where: { $0 != nil }) else {
      throw ValidationError("Say what to write: --csv FILE, --npz FILE or --onnx FILE.")
    }
    if gains != nil, controller != .lqr {
      throw ValidationError("--gains writes the design of lqr; add --controller lqr and name a scenario.")
    }
    if csv == "-", gains == "-" { throw ValidationError("Found two outputs for standard output; allowed one.") }
    if !(1...1_000_000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 1 to 1000000.")
    }
    if !(1...1_000_000_000).contains(every) {
      throw ValidationError("--every: found \(every); allowed 1 to 1000000000.")
    }
    if csv == nil, columns != nil || every != 1 {
      throw ValidationError("--columns and --every apply to the CSV; add --csv FILE.")
    }
    if npz == "-" || onnx == "-" { throw ValidationError("Only --csv can go to standard output.") }
  }

  func run() throws {
    let run: TrainedRun?
    let loaded: LoadedScenario
    if let controller {
      guard !RunFolder.isRun(folder) else {
        throw ValidationError(
          "--controller \(controller.rawValue) acts in a scenario, but \(folder) is a run with a policy of its own.")
      }
      run = nil
      loaded = try LoadedScenario(contentsOf: ShippedFiles().resolve(folder, as: .scenario), overrides: set)
      try loaded.check(controller)
    } else {
      let path = ShippedFiles().resolveRun(folder)
      if !RunFolder.isRun(path), folder.isScenario || Self.isScenarioName(folder) {
        throw InvalidInput(
          Problem(
            file: folder, found: "a scenario", allowed: "the folder of a run, or a scenario with --controller",
            remedy: "To train one: \(ProgramCommand.line("train", folder))"))
      }
      let trained = try TrainedRun(path, checkpoint: checkpoint, overrides: set)
      run = trained
      loaded = trained.scenario
    }
    let choice = run?.controller ?? .baseline(controller ?? .zero)
    let episodeSeed = seed ?? loaded.settings.evaluation.publishedSeed
    // A policy alone needs no episodes, and a task without a robot has no player.
    func player() throws -> EpisodePlayer {
      try EpisodePlayer(
        loaded, choice, seed: episodeSeed, instructionSet: run?.instructionSet ?? InstructionSet.chosen())
    }
    if let gains {
      let design = try loaded.regulator()
      let file = try WholeFile(gains)
      try file.write(design.json() + "\n")
      try file.commit()
      if gains != "-" { tell("\(gains): \(design.coordinates.count) states, \(design.actions.count) actions") }
      printError(design.text)
    }
    if let csv, let run, loaded.robot == nil {
      guard columns == nil, every == 1 else {
        throw ValidationError("--columns and --every choose from the trajectory of a robot; this task has none.")
      }
      let table = try EpisodeRows(csv, run: run, seed: episodeSeed)
      try forEachEpisode { try table.record($0) }
      try table.commit()
      if csv != "-" { print("\(csv): \(told)") }
    } else if let csv {
      let names = columns?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
      let recorder = try TrajectoryRecorder(csv, player(), run: run, columns: names, every: every)
      try forEachEpisode { try recorder.record($0) }
      try recorder.commit()
      if csv != "-" { print("\(csv): \(told)\(recorder.metadataPath.map { " with \($0)" } ?? "")") }
    }
    if let npz {
      let archive = try run.map { try EpisodeArchive(npz, run: $0, seed: episodeSeed) } ?? EpisodeArchive(npz, player())
      try forEachEpisode { try archive.record($0) }
      try archive.commit()
      tell("\(npz): \(told)")
    }
    if let onnx {
      let graph = try run.map { try PolicyGraph($0) } ?? PolicyGraph(loaded, controller ?? .zero)
      try graph.write(to: onnx)
      let task = loaded.specification
      tell("\(onnx): \(task.observationSpace.count) observations to \(task.actionSpace.count) actions")
    }
  }

  private static func isScenarioName(_ name: String) -> Bool {
    !FileManager.default.fileExists(atPath: name)
      && ((try? ShippedFiles().scenarios()) ?? []).contains { $0.name == name }
  }

  private func forEachEpisode(_ record: (Int) throws -> Void) throws {
    for episode in 0..<episodes { try record(episode) }
  }

  private var told: String { "\(episodes) episode\(episodes == 1 ? "" : "s")" }

  /// Not between the rows of a CSV.
  private func tell(_ text: String) {
    if csv == "-" || gains == "-" { printError(text) } else { print(text) }
  }
}
