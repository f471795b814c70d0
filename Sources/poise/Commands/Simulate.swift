public import ArgumentParser
import Dispatch
import PoiseCore
public import PoiseExperiments
import PoiseModels

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

  @Option(
    help: """
      Start velocity of a model's joint, NAME=VALUE; may be repeated. A hinge or slide takes one number (rad/s, m/s), a ball \
      three (rad/s), a free joint six with commas between (m/s and rad/s).
      """)
  var velocity: [String] = []

  @Option(name: .customLong("set"), help: "Override a key of the scenario: key.path=value.")
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
    if path.isScenario {
      guard velocity.isEmpty else {
        throw ValidationError("--velocity is for models; a scenario starts moving by its terms under reset.")
      }
      let loaded = try LoadedScenario(contentsOf: path, overrides: overrides)
      var simulation = ScenarioSimulation()
      simulation.seconds = seconds
      simulation.controller = controller
      simulation.seed = seed
      story = SimulationStory(try simulation.run(loaded, csv: csv), of: loaded)
    } else {
      guard overrides.isEmpty else {
        throw ValidationError("--set changes the keys of a scenario; \(path) is a model.")
      }
      let model = try RobotModel(contentsOf: path)
      var simulation = ModelSimulation()
      simulation.seconds = seconds ?? simulation.seconds
      simulation.controller = controller
      simulation.seed = seed
      simulation.velocities = try velocities()
      story = SimulationStory(try recorded { try simulation.run(model, record: $0) }, of: model)
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let text = "\(story.text)\n  controller \(controller.rawValue), seed \(seed)"
    if csv == "-" { printError(text) } else { print(text) }
    printError(
      "\(elapsed.rounded(significant: 3)) s, \((story.seconds / elapsed).rounded(significant: 3)) times real time")
  }

  /// Runs with a recorder into the CSV file, which appears when all of it is there.
  private func recorded<Summary>(_ run: (((String) throws -> Void)?) throws -> Summary) throws -> Summary {
    guard let csv else { return try run(nil) }
    let output = try WholeFile(csv)
    let summary = try run { try output.write($0) }
    try output.commit()
    return summary
  }
}

extension BaselineController: ExpressibleByArgument {}
