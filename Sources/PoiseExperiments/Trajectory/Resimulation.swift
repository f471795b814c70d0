import Foundation
import PoiseControl
import PoiseCore
import PoiseModels
import PoiseNetworks
public import PoiseScenarios
import PoiseSimulation
import PoiseTraining
import PoiseEnvironments
import PoiseTasks

/// Repeats a recorded trajectory: the starts of `FILE.meta.json`, the actions of the CSV, and every number compared.
///
/// Pushes and randomisation follow from each start. The recorded actions of `hold` are means over a control step of its
/// servos' efforts, so its servos act again instead.
public struct Resimulation: Sendable {
  /// Episodes that were repeated.
  public private(set) var episodes = 0
  /// Rows that were repeated.
  public private(set) var rows = 0
  /// The first cell that differs, at which the repetition stopped; `nil` if all bits are the same.
  public private(set) var difference: Difference?

  /// A cell that was not repeated.
  public struct Difference: Sendable, Hashable, CustomStringConvertible {
    /// Line of the CSV, from 1.
    public var line: Int
    /// Name of the column, or "state at the start" or "state at the end".
    public var column: String
    /// The text in the file.
    public var recorded: String
    /// The text that the repetition gave.
    public var repeated: String

    /// Line, column and both texts in one line.
    public var description: String { "line \(line), column '\(column)': recorded \(recorded), repeated \(repeated)" }
  }

  /// Repeats all episodes of a trajectory until one cell differs.
  ///
  /// - Parameters:
  ///   - path: the CSV; its metadata must be beside it.
  ///   - loaded: the scenario; `nil` takes the one that the metadata names.
  ///   - visit: called with each moment, when the player's robot is in the state of that moment.
  /// - Throws: `InputOutputError` or `InvalidInput` for missing metadata, a scenario or model that has changed since,
  ///   missing rows or columns; whatever `visit` throws.
  public init(
    _ path: String, scenario loaded: LoadedScenario? = nil,
    visit: (TrajectoryMoment, EpisodePlayer) throws -> Void = { _, _ in }
  ) throws {
    guard let metadata = try TrajectoryMetadata(beside: path) else {
      throw InputOutputError(
        path: TrajectoryMetadata.path(beside: path), operation: "read", reason: "no such file",
        remedy: "Without it the trajectory can be drawn, but not repeated.")
    }
    let scenario = try loaded ?? metadata.loadScenario(for: path)
    try metadata.check(scenario, for: path)
    let isHold = metadata.controller == BaselineController.hold.rawValue
    let player = try EpisodePlayer(
      scenario, .baseline(isHold ? .hold : scenario.simplestBaseline), seed: metadata.seed, instructionSet: .baseline)
    let reader = try TrajectoryReader(path, model: player.task.model)
    var table = TrajectoryTable(player.task)
    let known = Set(table.columns)
    try table.choose(reader.columns.filter { known.contains($0) })
    let places = table.chosenColumns.compactMap { reader.columns.firstIndex(of: $0) }

    for episode in metadata.episodes {
      player.begin(episode.number, from: episode.start)
      var row = try next(reader, in: episode, step: 0)
      while true {
        try visit(player.moment, player)
        compare(reader, row, table.values(player.moment), places, table.chosenColumns)
        if player.moment.step == 0, player.robot.world.stateText != episode.startState {
          note(row.line, "state at the start", episode.startState, player.robot.world.stateText)
        }
        // From here on the episode would be another one.
        if difference != nil { return }
        let step = player.moment.step
        guard step < episode.steps, player.ending == .running else { break }
        row = try next(reader, in: episode, step: step + 1)
        if isHold {
          player.step()
        } else {
          player.step(try Self.action(row, player.task, path))
        }
      }
      if player.robot.world.stateText != episode.endState {
        note(row.line, "state at the end", episode.endState, player.robot.world.stateText)
        return
      }
      episodes += 1
    }
    if try reader.next() != nil {
      throw InvalidInput(
        Problem(
          file: path, found: "rows beyond the last episode of the metadata",
          allowed: "\(metadata.episodes.count) episodes",
          remedy: "The two files do not belong together."))
    }
  }

  /// The action of a row, of the task's space.
  private static func action(_ row: TrajectoryRow, _ task: BoundTask, _ path: String) throws(InvalidInput) -> [Float] {
    let names = task.levels.map(\.name)
    if let place = row.moment.choice.flatMap({ names.firstIndex(of: $0) }) { return [Float(place)] }
    guard names.isEmpty, row.moment.actions.count == task.model.actuators.count else {
      throw InvalidInput(
        Problem(
          file: path, line: row.line,
          found: row.moment.choice.map { "the action '\($0)'" }
            ?? "a step without its action\(names.isEmpty ? "s" : "")",
          allowed: names.isEmpty ? "an action of each actuator" : "one of \(names.joined(separator: ", "))",
          remedy: "Record it again, without --columns."))
    }
    return row.moment.actions.map { Float($0) }
  }

  private mutating func next(
    _ reader: TrajectoryReader, in episode: TrajectoryMetadata.Episode, step: Int
  ) throws -> TrajectoryRow {
    let row = try reader.next()
    guard let row, row.moment.episode == episode.number, row.moment.step == step else {
      throw InvalidInput(
        Problem(
          file: reader.path, line: row?.line,
          found: row.map { "episode \($0.moment.episode), step \($0.moment.step)" } ?? "no more rows",
          allowed: "step \(step) of episode \(episode.number), as the metadata has it",
          remedy: "Record it again, without --every, or restore its rows."))
    }
    rows += 1
    return row
  }

  /// Compares numbers by their bits, so it does not matter how they are written.
  private mutating func compare(
    _ reader: TrajectoryReader, _ row: TrajectoryRow, _ repeated: [String], _ places: [Int],
    _ columns: [String]
  ) {
    for (i, place) in places.enumerated() {
      let (old, new) = (reader.cells[place], repeated[i])
      let isSame =
        old == new || Double(old).map { $0.bitPattern == Double(new)?.bitPattern } ?? (old.lowercased() == new)
      if !isSame { return note(row.line, columns[i], old, new) }
    }
  }

  private mutating func note(_ line: Int, _ column: String, _ recorded: String, _ repeated: String) {
    difference = difference ?? Difference(line: line, column: column, recorded: recorded, repeated: repeated)
  }
}

extension TrajectoryMetadata {
  /// The scenario that was recorded: that of its run, else the file, else the shipped one of that name.
  ///
  /// - Parameter csv: path of the trajectory, for messages.
  /// - Throws: `InvalidInput` if there is none, or it has problems; `InputOutputError` if a file cannot be read.
  public func loadScenario(for csv: String) throws -> LoadedScenario {
    if let run, RunFolder.isRun(run.path) {
      return try RunFolder(contentsOf: run.path).loadScenario(overrides: scenario.overrides)
    }
    if FileManager.default.fileExists(atPath: scenario.path) {
      return try LoadedScenario(contentsOf: scenario.path, overrides: scenario.overrides, name: scenario.name)
    }
    if let shipped = try ShippedFiles().scenarios().first(where: { $0.name == scenario.name }) {
      return try LoadedScenario(contentsOf: shipped.path, overrides: scenario.overrides)
    }
    throw InvalidInput(
      Problem(
        file: Self.path(beside: csv), place: "scenario", found: "'\(scenario.path)', which is not there",
        allowed: "the scenario that was recorded", remedy: "Restore it or its run, or name the scenario."))
  }

  /// Checks that a scenario and its model are those that were recorded.
  ///
  /// - Parameters:
  ///   - loaded: the scenario.
  ///   - csv: path of the trajectory, for messages.
  /// - Throws: `InvalidInput` with everything that has changed.
  public func check(_ loaded: LoadedScenario, for csv: String) throws {
    var problems: [Problem] = []
    let file = Self.path(beside: csv)
    if loaded.episodeDigest != scenario.sha256 {
      problems.append(
        Problem(
          file: file, place: "scenario", found: "\(loaded.path) with SHA-256 \(loaded.episodeDigest.prefix(12))…",
          allowed: "\(scenario.sha256.prefix(12))…, as recorded", remedy: "The task has changed since."))
    }
    let robot = try loaded.requireRobot(for: "repeating a trajectory")
    let digests = try robot.model.files.map { try Self.digest(ofFile: $0) }
    if digests != model.files.map(\.sha256) {
      problems.append(
        Problem(
          file: file, place: "model",
          found: "\(robot.modelPath) with SHA-256 \(digests.map { $0.prefix(12) }.joined(separator: ", "))…",
          allowed: "\(model.files.map { $0.sha256.prefix(12) }.joined(separator: ", "))…, as recorded",
          remedy: "The robot has changed since."))
    }
    if every != 1 {
      problems.append(
        Problem(
          file: file, place: "every", found: "a row for every \(every) control steps", allowed: "every one",
          remedy: "Some actions are missing; record it again without --every."))
    }
    if !problems.isEmpty { throw InvalidInput(problems) }
  }
}
