import ArgumentParser
import Foundation
import PoiseCore
import PoiseModels
import PoiseScenarios
import PoiseTraining

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a robot consists of, or what a task observes, what it rewards, and what ends an episode.",
    discussion: """
      Examples:
        \(program) inspect humanoid            links, joints, limits, actuators
        \(program) inspect humanoid-balance    observations, rewards, terminations
        \(program) inspect runs/first          the same of a run, with its changes
        \(program) inspect --schema            every key of a scenario file
        \(program) inspect ppo                 the keys of one section
      """)

  @Argument(
    help:
      "A scenario or model file, a run's folder, a name that `\(program) list` shows, or a section of a scenario: ppo, physics, evaluation.",
    completion: .scenariosAndModels)
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
    if schema, file == nil { print(ScenarioReport.schema.table) }
    guard let file else { return }
    if let section = section(file) { return print(section.table, terminator: "") }
    if schema { print(ScenarioReport.schema.table) }
    let shipped = ShippedFiles()
    let folder = shipped.resolveRun(file)
    if RunFolder.isRun(folder) {
      // With every change that was made when it was resumed.
      let scenario = try RunFolder(contentsOf: folder).loadScenario(overrides: overrides)
      return printWrapped(ScenarioReport(scenario).text)
    }
    let path = try shipped.resolve(file)
    if path.isScenario {
      printWrapped(ScenarioReport(try LoadedScenario(contentsOf: path, overrides: overrides)).text)
    } else {
      printWrapped(try ModelReport(RobotModel(contentsOf: path)).text)
    }
  }
}

extension Inspect {
  /// The keys of the section that a name means; `nil` where it is a file, a shipped name, or no section.
  private func section(_ name: String) -> ConfigurationSchema? {
    guard overrides.isEmpty, !name.contains("/"), !FileManager.default.fileExists(atPath: name) else { return nil }
    let shipped = ShippedFiles()
    let names = ((try? shipped.scenarios()) ?? []) + ((try? shipped.models()) ?? [])
    if names.contains(where: { $0.name == name }) { return nil }
    let schema = ScenarioReport.schema
    // `reset` and `rewards` are lists of terms; a term alone is named below its list.
    return schema.section(name)
      ?? (schema.entries.first { $0.path.hasSuffix(".\(name)") }.flatMap { schema.section($0.path) })
  }
}

extension String {
  /// Whether a file of this name is a scenario; everything else is taken for a model.
  var isScenario: Bool { hasSuffix(".yaml") || hasSuffix(".yml") }
}
