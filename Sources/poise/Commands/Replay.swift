import ArgumentParser
import Foundation
import PoiseCore
import PoiseExperiments
import PoiseModels
import PoiseNetworks
import PoiseViewer

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a trained controller: as a page, live in a browser, or in the terminal.",
    discussion: """
      Episodes are those that `poise evaluate` judges for the same seed. Without --html and --serve the robot is drawn in \
      the terminal.
      """)

  @Argument(help: "A run's folder, a scenario file, or a name that `poise list` shows.")
  var subject: String

  @Option(help: "Episodes of a page, or in the terminal. Default: 1.")
  var episodes = 1

  @Option(help: "Root seed of the episodes. Default: the scenario's evaluation.publishedSeed.")
  var seed: UInt64?

  @Option(help: "Write one self-contained page to this file, '-' for standard output.")
  var html: String?

  @Option(help: "Which checkpoint of a run: best, latest.")
  var checkpoint = "best"

  @Option(help: "Who drives a scenario: \(BaselineController.allCases.map(\.rawValue).joined(separator: ", ")).")
  var controller: BaselineController?

  @Option(help: "Change a key of the scenario, key.path=value; may be repeated.")
  var set: [String] = []

  func run() throws {
    let folder = RunFolder.isRun(subject)
    let run = folder ? try TrainedRun(subject, checkpoint: RunFolder.Checkpoint(rawValue: checkpoint) ?? .best, overrides: set) : nil
    let scenario = try run?.scenario ?? LoadedScenario(contentsOf: ShippedFiles().resolve(subject), overrides: set)
    let recording = try RunRecording(
      scenario, run?.controller ?? .baseline(controller ?? .hold), seed: seed ?? scenario.scenario.evaluation.publishedSeed,
      episodes: episodes, instructionSet: run?.instructionSet ?? .chosen())
    let page = ViewerPage(
      title: scenario.name, subtitle: "x", layout: recording.layout,
      controlTimeStep: recording.controlTimeStep, episodes: recording.episodes)
    let file = try WholeFile(html ?? "-")
    try file.write(try page.html())
    try file.commit()
  }
}
