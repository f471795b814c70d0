import Foundation
import PoiseCore
public import PoiseEnvironments
import PoiseModels
public import PoiseScenarios
import PoiseSimulation
public import PoiseTraining
import PoiseTasks

/// Writes the episodes of a player as CSV, row by row, with `FILE.meta.json` beside it; both files appear complete or
/// not at all. Standard output, pipes and devices get the CSV alone.
///
/// Memory grows with the episodes, by about a kilobyte each, and not with the steps.
public final class TrajectoryRecorder {
  private let player: EpisodePlayer
  private let table: TrajectoryTable
  private let every: Int
  private let file: WholeFile
  private let metadataFile: WholeFile?
  /// The file beside the CSV; `nil` where there is none, as for standard output, pipes and devices.
  public let metadataPath: String?
  private var metadata: TrajectoryMetadata

  /// Opens the files of a trajectory; `commit` completes them.
  ///
  /// - Parameters:
  ///   - path: the CSV; `-` for standard output.
  ///   - player: plays the episodes.
  ///   - run: the run whose policy acts; `nil` for a baseline.
  ///   - columns: names of the columns to write, in this order; empty for all.
  ///   - every: control steps between two rows, at least 1; start and end always have a row.
  /// - Throws: `InputOutputError` if a file cannot be written; `InvalidInput` for unknown columns.
  public init(
    _ path: String, _ player: EpisodePlayer, run: TrainedRun? = nil, columns: [String] = [], every: Int = 1
  ) throws {
    precondition(every > 0, "a row for every \(every) control steps")
    self.player = player
    self.every = every
    var table = TrajectoryTable(player.task)
    if !columns.isEmpty { try table.choose(columns) }
    self.table = table
    metadata = try TrajectoryMetadata(player, run: run, table: table, every: every)
    file = try WholeFile(path)
    metadataPath = file.appearsWhole ? TrajectoryMetadata.path(beside: path) : nil
    metadataFile = try metadataPath.map { try WholeFile($0) }
    try file.write(table.header)
  }

  /// Plays episode `number` of the root seed, writes it and returns its summary. `stepLimit` truncates it, in control
  /// steps; `nil` takes the scenario's own limit.
  @discardableResult
  public func record(_ number: Int, stepLimit: Int? = nil) throws -> EpisodeSummary {
    var (startState, endState) = ("", "")
    let summary = try player.play(number, stepLimit: stepLimit) { moment in
      endState = player.robot.world.stateText
      if moment.step == 0 { startState = endState }
      if moment.step % every == 0 || player.ending.isOver { try file.write(table.row(moment)) }
    }
    guard metadataFile != nil else { return summary }
    metadata.episodes.append(
      TrajectoryMetadata.Episode(
        number: number, start: summary.start, drawn: player.environment.drawn, startState: startState,
        endState: endState, ending: "\(summary.ending)", steps: summary.steps, totalReward: summary.totalReward,
        fault: player.environment.fault?.description))
    return summary
  }

  /// Completes both files, which appear only now.
  ///
  /// - Throws: `InputOutputError` if they cannot be written.
  public func commit() throws {
    try metadataFile?.write(metadata.text())
    try file.commit()
    try metadataFile?.commit()
  }
}
