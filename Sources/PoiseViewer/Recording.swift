import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseModels
public import PoiseNetworks
public import PoiseScenarios
import PoiseSimulation
import PoiseTasks
import PoiseControl

/// Episodes for display: played by a controller now, or read from a trajectory.
public struct Recording: Sendable {
  /// The columns of the episodes.
  public let layout: RecordingLayout
  /// The episodes, in the order in which they were played or recorded.
  public private(set) var episodes: [EpisodeTable] = []
  /// Time between two rows, s.
  public let controlTimeStep: Double
  /// Name of the scenario, or of the file.
  public let title: String
  /// A note for the user on how the recording was made; empty if there is nothing to say.
  public private(set) var note = ""
  /// Where a trajectory differed when it was simulated again.
  private var difference: String?

  // MARK: Played

  /// Plays episodes 0 … `episodes` − 1 of the root seed, which are those that `poise evaluate` runs for it.
  ///
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(
    _ scenario: LoadedScenario, _ controller: ControllerChoice, seed: UInt64, episodes: Int,
    instructionSet: InstructionSet
  ) throws {
    let player = try EpisodePlayer(scenario, controller, seed: seed, instructionSet: instructionSet)
    let layout = RecordingLayout(player)
    title = scenario.name
    self.layout = layout
    controlTimeStep = player.task.timing.controlTimeStep
    self.episodes = (0..<episodes).map { number in
      var table = EpisodeTable(layout, number, of: player.task)
      let summary = player.play(number) { table.append(player.robot, $0) }
      table.finish(number, result: summary.story(controlTimeStep: player.task.timing.controlTimeStep))
      return table
    }
  }

  // MARK: Read

  /// Reads a trajectory.
  ///
  /// With `FILE.meta.json` beside it the episodes are simulated again, which gives contact forces too. Without it, or where the
  /// scenario or the model has changed, they are drawn from the CSV alone. `note` says which, and whether every bit was the same.
  ///
  /// - Parameters:
  ///   - path: the CSV file.
  ///   - modelName: a model file or the name of a shipped one; `nil` searches the trajectory's own.
  ///   - limit: largest number of episodes to read.
  /// - Throws: `InputOutputError` if a file cannot be read; `InvalidInput` with line and column of each wrong cell.
  public init(trajectory path: String, model modelName: String? = nil, episodes limit: Int = .max) throws {
    if modelName == nil, let metadata = try? TrajectoryMetadata(beside: path),
      let scenario = try? metadata.loadScenario(for: path), (try? metadata.check(scenario, for: path)) != nil
    {
      try self.init(repeating: path, scenario, limit)
      if let difference {
        // The recorded numbers are the ones to show.
        try self.init(drawing: path, modelName ?? scenario.robot?.modelPath, limit)
        note = "Drawn from the CSV alone: the repeated simulation differs, first in \(difference)."
      }
    } else {
      try self.init(drawing: path, modelName, limit)
    }
    guard !episodes.isEmpty else {
      throw InvalidInput(
        Problem(file: path, found: "no row", allowed: "a trajectory with at least one row"))
    }
  }

  /// Ends the reading once there are enough episodes.
  private struct Enough: Error {}

  private init(repeating path: String, _ scenario: LoadedScenario, _ limit: Int) throws {
    title = scenario.name
    let task = try scenario.requireRobot(for: "showing a trajectory").task
    controlTimeStep = task.timing.controlTimeStep
    layout = RecordingLayout(
      try EpisodePlayer(scenario, .baseline(scenario.simplestBaseline), seed: 0, instructionSet: .baseline))
    var tables: [EpisodeTable] = []
    let layout = layout
    do {
      let repeated = try Resimulation(path, scenario: scenario) { moment, player in
        if moment.step == 0 {
          if tables.count == limit { throw Enough() }
          tables.append(EpisodeTable(layout, moment.episode, of: task))
        }
        tables[tables.count - 1].append(player.robot, moment)
        if player.ending.isOver {
          tables[tables.count - 1].finish(
            moment.episode, result: player.summary.story(controlTimeStep: task.timing.controlTimeStep))
        }
      }
      difference = repeated.difference?.description
      note =
        "Simulated again, bit for bit the same: \(repeated.episodes) episode\(repeated.episodes == 1 ? "" : "s"), "
        + "\(repeated.rows) row\(repeated.rows == 1 ? "" : "s")."
    } catch is Enough {
      note = "Simulated again: the first \(limit == 1 ? "episode" : "\(limit) episodes")."
    }
    episodes = tables
  }

  private init(drawing path: String, _ modelName: String?, _ limit: Int) throws {
    let model = try TrajectoryReader.findModel(for: path, named: modelName)
    let reader = try TrajectoryReader(path, model: model)
    let robot = try Robot(model)
    let hasReward = reader.columns.contains("reward")
    layout = RecordingLayout(
      robot, rewardTerms: hasReward ? reader.rewardTerms : nil, choices: try Self.choices(in: path, model),
      watched: nil, showsTilt: reader.columns.contains("roll_rad"), hasContacts: false)
    title = (path.fileName as NSString).deletingPathExtension
    var tables: [EpisodeTable] = []
    var present: Int?
    var times: [Double] = []
    while let row = try reader.next() {
      if row.moment.episode != present {
        if tables.count == limit { break }
        present = row.moment.episode
        let about = EpisodeTable.About(title: "Episode \(row.moment.episode)", result: "", seconds: 0)
        tables.append(EpisodeTable(layout, about: about))
      }
      if times.count < 2 { times.append(row.moment.time) }
      robot.place(row.configuration)
      let lean: (roll: Double, pitch: Double)? =
        if let roll = row.roll, let pitch = row.pitch { (roll, pitch) } else { nil }
      tables[tables.count - 1].append(robot, row.moment, lean: lean)
      tables[tables.count - 1].about.seconds = row.moment.time
    }
    controlTimeStep = times.count == 2 && times[1] > times[0] ? times[1] - times[0] : model.physics.timeStep
    episodes = tables
    note = "Drawn from the CSV alone: no contact forces."
  }
}

extension Recording {
  /// Names of the actions that a trajectory has, in the order in which they come; none where it has no such column.
  private static func choices(in path: String, _ model: RobotModel) throws -> [String] {
    let reader = try TrajectoryReader(path, model: model)
    guard reader.columns.contains("action") else { return [] }
    var names: [String] = []
    while let row = try reader.next() {
      if let name = row.moment.choice, names.count < 1000, !names.contains(name) { names.append(name) }
    }
    return names
  }
}

extension EpisodeTable {
  fileprivate init(_ layout: RecordingLayout, _ number: Int, of task: BoundTask) {
    let timing = task.timing
    self.init(
      layout,
      about: About(title: "Episode \(number)", result: "", seconds: Double(timing.stepLimit) * timing.controlTimeStep))
  }

  fileprivate mutating func finish(_ number: Int, result: String) {
    about.result = result
    about.title = "Episode \(number): \(result)"
  }
}

extension RecordingLayout {
  /// The layout for a player's episodes.
  init(_ player: EpisodePlayer) {
    let task = player.task
    self.init(
      player.robot, rewardTerms: task.rewardNames, choices: task.levels.map(\.name), watched: task.uprightBody,
      showsTilt: task.settings.uprightBody != nil, hasContacts: true)
  }
}

extension EpisodeSummary {
  /// How an episode ended, in a few words.
  func story(controlTimeStep: Double) -> String {
    let seconds = (Double(steps) * controlTimeStep).rounded(significant: 4)
    let total = totalReward.rounded(significant: 4)
    return switch ending {
    case .running: "running"
    case .truncated: "reached the time limit of \(seconds) s, return \(total)"
    case .terminated: "ended after \(seconds) s, return \(total)"
    case .fault: "ended as a fault after \(seconds) s, return \(total)"
    }
  }
}
