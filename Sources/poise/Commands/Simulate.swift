public import ArgumentParser
import Dispatch
public import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseModels
import PoiseScenarios

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulates a robot, or one episode of a task, under a baseline controller.",
    discussion: "The story goes to standard output, with --csv - to standard error; it is the same for the same seed.")

  @Argument(help: "A scenario or model file, or a name that `poise list` shows.")
  var file: String

  @Option(help: "Simulated seconds; without it 10 s of a model, a whole episode of a scenario.")
  var seconds: Double?

  @Option(help: "Who drives: \(BaselineController.allCases.map(\.rawValue).joined(separator: ", ")).")
  var controller = BaselineController.zero

  @Option(help: "Root of all random numbers; the same seed gives the same bits.")
  var seed: UInt64 = 0

  @Option(
    help: "Write the trajectory to this file, '-' for standard output; of a scenario with FILE.meta.json beside it.")
  var csv: String?

  @Option(name: .customLong("set"), help: "Override a key of the scenario: key.path=value.")
  var overrides: [String] = []

  func validate() throws {
    if let seconds, !(seconds.isFinite && seconds > 0 && seconds <= 1e6) {
      throw ValidationError("--seconds: found \(seconds); allowed a number above 0 and at most 1000000.")
    }
  }

  func run() throws {
    let path = try ShippedFiles().resolve(file)
    let start = DispatchTime.now().uptimeNanoseconds
    let story: SimulationStory
    if path.isScenario {
      let loaded = try LoadedScenario(contentsOf: path, overrides: overrides)
      var simulation = ScenarioSimulation()
      simulation.seconds = seconds
      simulation.controller = controller
      simulation.seed = seed
      story = SimulationStory(try simulation.run(loaded) { try play($0, stepLimit: $1) }, of: loaded)
    } else {
      guard overrides.isEmpty else {
        throw ValidationError("--set changes the keys of a scenario; \(path) is a model.")
      }
      let model = try RobotModel(contentsOf: path)
      var simulation = ModelSimulation()
      simulation.seconds = seconds ?? simulation.seconds
      simulation.controller = controller
      simulation.seed = seed
      story = SimulationStory(try recorded(model) { try simulation.run(model, visit: $0) }, of: model)
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let text = "\(story.text)\n  controller \(controller.rawValue), seed \(seed)"
    if csv == "-" { printError(text) } else { print(text) }
    printError(
      "\(elapsed.rounded(significant: 3)) s, \((story.seconds / elapsed).rounded(significant: 3)) times real time")
  }

  /// Plays an episode, into the CSV file where one is asked for.
  private func play(_ player: EpisodePlayer, stepLimit: Int?) throws -> EpisodeSummary {
    guard let csv else { return player.play(0, stepLimit: stepLimit) { _ in } }
    let recorder = try TrajectoryRecorder(csv, player)
    let episode = try recorder.record(0, stepLimit: stepLimit)
    try recorder.commit()
    return episode
  }

  /// Runs with a recorder into the CSV file, which appears when all of it is there.
  private func recorded<Summary>(
    _ model: RobotModel, _ run: ((Robot, TrajectoryMoment) throws -> Void) throws -> Summary
  ) throws -> Summary {
    guard let csv else { return try run { _, _ in } }
    let output = try WholeFile(csv)
    let table = TrajectoryTable(model)
    try output.write(table.header)
    let summary = try run { try output.write(table.row($0, $1)) }
    try output.commit()
    return summary
  }
}

extension BaselineController: ExpressibleByArgument {}
