import ArgumentParser
import Foundation
import PoiseControl
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseRendering
import PoiseScenarios
import PoiseSimulation
import PoiseTasks
import PoiseTraining
import PoiseViewer

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a robot consists of, or what a task observes, what it rewards, and what ends an episode.",
    usage: "\(program) inspect [<file>] [options]",
    discussion: """
      Examples:
        \(program) inspect humanoid            links, joints, limits, actuators
        \(program) inspect humanoid-balance    observations, rewards, terminations
        \(program) inspect runs/first          the same of a run, with its changes
        \(program) inspect --schema            every key of a scenario file
        \(program) inspect ppo                 the keys of one section
        \(program) inspect humanoid --picture humanoid.png
      """)

  @Argument(
    help:
      "A scenario or model file, a run's folder, a name that `\(program) list` shows, or a section of a scenario: ppo, physics, evaluation.",
    completion: .scenariosAndModels)
  var file: String?

  @Flag(help: "Show every key of a scenario file with its type, default, unit and range.")
  var schema = false

  @Option(
    help: ArgumentHelp(
      "Draw a model in its reference pose, or a scenario's robot at the start of an episode, to this .png file.",
      valueName: "file"))
  var picture: String?

  @OptionGroup var options: PictureOptions

  @Option(name: .customLong("set"), help: .scenarioOverrides)
  var overrides: [String] = []

  func validate() throws {
    if picture == nil, options.isGiven {
      throw ValidationError("--size and --camera describe a picture: add --picture FILE.png.")
    }
    if let picture, !picture.lowercased().hasSuffix(".png") || file == nil {
      throw ValidationError(
        "--picture: found '\(picture)'; allowed a name that ends in .png, and a scenario or a model.")
    }
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
      if picture != nil { return try draw(scenario) }
      return printWrapped(ScenarioReport(scenario).text)
    }
    let path = try shipped.resolve(file)
    if path.isScenario {
      let scenario = try LoadedScenario(contentsOf: path, overrides: overrides)
      if picture != nil { return try draw(scenario) }
      printWrapped(ScenarioReport(scenario).text)
    } else {
      let model = try RobotModel(contentsOf: path)
      if picture != nil { return try draw(model) }
      printWrapped(try ModelReport(model).text)
    }
  }
}

// MARK: Pictures

extension Inspect {
  /// A model in its reference pose.
  private func draw(_ model: RobotModel) throws {
    let robot = try Robot(model)
    var recording = Recording(watching: robot, title: model.name, controlTimeStep: model.physics.timeStep)
    recording.watch(robot, TrajectoryMoment())
    try write(recording)
  }

  /// The start of the first episode of those that figures are published of.
  private func draw(_ scenario: LoadedScenario) throws {
    let player = try EpisodePlayer(
      scenario, .baseline(scenario.simplestBaseline), seed: scenario.settings.evaluation.publishedSeed,
      instructionSet: .baseline)
    player.begin(0)
    var recording = Recording(
      watching: player.robot, player.task, title: scenario.name,
      controlTimeStep: player.task.timing.controlTimeStep)
    recording.watch(player.robot, player.moment)
    try write(recording)
  }

  private func write(_ recording: Recording) throws {
    let file = try WholeFile(picture ?? "")
    try file.write(PNG.encode(options.film().picture(of: recording)))
    try file.commit()
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
