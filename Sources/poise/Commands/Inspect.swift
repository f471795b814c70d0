import ArgumentParser
import PoiseCore
import PoiseModels
import PoiseScenarios

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a robot consists of, or what a task observes, what it rewards, and what ends an episode.",
    discussion: """
      Examples:
        poise inspect humanoid            links, joints, limits, actuators
        poise inspect humanoid-balance    observations, rewards, terminations
        poise inspect --schema            every key of a scenario file
      """)

  @Argument(help: "A scenario or model file, or a name that `poise list` shows.")
  var file: String?

  @Flag(help: "Show every key of a scenario file with its type, default, unit and range.")
  var schema = false

  @Option(name: .customLong("set"), help: .scenarioOverrides)
  var overrides: [String] = []

  func validate() throws {
    guard schema || file != nil else {
      throw ValidationError("Name a scenario or a model, or ask for --schema.")
    }
  }

  func run() throws {
    if schema { print(ScenarioReport.schema.table) }
    guard let file else { return }
    let path = try ShippedFiles().resolve(file)
    if path.isScenario {
      print(ScenarioReport(try LoadedScenario(contentsOf: path, overrides: overrides)).text)
    } else {
      print(try ModelReport(RobotModel(contentsOf: path)).text)
    }
  }
}

extension String {
  /// Whether a file of this name is a scenario; everything else is taken for a model.
  var isScenario: Bool { hasSuffix(".yaml") || hasSuffix(".yml") }
}
