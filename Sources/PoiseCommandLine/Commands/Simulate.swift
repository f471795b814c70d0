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
    usage: "\(program) simulate <file> [options]",
    discussion: """
      A summary goes to standard output, or to standard error with --csv -. The same seed gives the same summary.

      Examples:
        \(program) simulate humanoid --controller hold --seconds 5
        \(program) simulate humanoid-balance --seed 3 --csv fall.csv
        \(program) simulate cartpole-swingup --controller energy
        \(program) simulate pendulum-swingup --set episodeSeconds=20
      """)

  @Argument(help: "A scenario or model file, or a name that `\(program) list` shows.", completion: .scenariosAndModels)
  var file: String

  @Option(help: "Simulated seconds. Default: 10 for a model, a whole episode for a scenario.")
  var seconds: Double?

  @Option(
    help: "The controller: \(BaselineController.names). Default: zero, or random where every action does something.")
  var controller: BaselineController?

  @Option(help: .rootSeed)
  var seed: UInt64 = 0

  @Option(
    help:
      "Write the trajectory to this file; '-' is standard output. For a scenario, FILE.meta.json is written beside it.")
  var csv: String?

  @Option(
    help: """
      Start velocity of a model's joint, NAME=VALUE; may be repeated. A hinge or slide takes one number (rad/s, m/s), a ball \
      three (rad/s), a free joint six with commas between (m/s and rad/s).
      """)
  var velocity: [String] = []

  @Option(name: .customLong("set"), help: .scenarioOverrides)
  var overrides: [String] = []

  func validate() throws {
    if let seconds, !(seconds.isFinite && seconds > 0 && seconds <= 1e6) {
      throw ValidationError("--seconds: found \(seconds); allowed a number above 0 and at most 1000000.")
    }
  }

  /// - Throws: `ValidationError` for what is not NAME=NUMBER,…
  private func velocities() throws -> [(joint: String, values: [Double])] {
    try velocity.map { text in
      let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let numbers =
        halves.last.map { $0.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) } } ?? []
      let values = numbers.compactMap(\.self).filter { abs($0) <= 1e4 }
      guard halves.count == 2, !halves[0].isEmpty, values.count == numbers.count else {
        throw ValidationError(
          "--velocity: found '\(text)'; allowed a joint's name, '=', and numbers from -10000 to 10000 with commas between."
        )
      }
      return (String(halves[0]), values)
    }
  }

  func run() throws {
    let path = try ShippedFiles().resolve(file)
    let start = DispatchTime.now().uptimeNanoseconds
    let story: SimulationStory
    let controller: BaselineController
    var design = ""
    if path.isScenario {
      guard velocity.isEmpty else {
        throw ValidationError("--velocity is for models; a scenario starts moving by its terms under reset.")
      }
      let loaded = try LoadedScenario(contentsOf: path, overrides: overrides)
      var simulation = ScenarioSimulation()
      simulation.seconds = seconds
      controller = self.controller ?? loaded.simplestBaseline
      simulation.controller = controller
      simulation.seed = seed
      story = SimulationStory(try simulation.run(loaded) { try play($0, stepLimit: $1) }, of: loaded)
      if controller == .lqr { design = try loaded.regulator().text }
    } else {
      guard overrides.isEmpty else {
        throw ValidationError("--set changes keys of a scenario, but \(path) is a model.")
      }
      let model = try RobotModel(contentsOf: path)
      var simulation = ModelSimulation()
      simulation.seconds = seconds ?? simulation.seconds
      controller = self.controller ?? .zero
      simulation.controller = controller
      simulation.seed = seed
      simulation.velocities = try velocities()
      story = SimulationStory(try recorded(model) { try simulation.run(model, visit: $0) }, of: model)
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let text =
      "\(story.text)\n  controller \(controller.rawValue), seed \(seed)" + (design.isEmpty ? "" : "\n\(design)")
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

  /// Runs with a recorder into the CSV file, which appears once it is complete.
  private func recorded<Summary>(
    _ model: RobotModel, _ run: ((Robot, TrajectoryMoment) throws -> Void) throws -> Summary
  ) throws -> Summary {
    guard let csv else { return try run { _, _ in } }
    let output = try WholeFile(csv)
    let table = TrajectoryTable(model)
    try output.write(table.header)
    let summary = try run { try output.write(table.row($1)) }
    try output.commit()
    return summary
  }
}

extension BaselineController: ExpressibleByArgument {}
