import Foundation
import PoiseCore
public import PoiseEnvironments
import PoiseModels
public import PoiseScenarios
import PoiseSimulation
public import PoiseTraining
import PoiseTasks

/// Writes the episodes of a player as CSV, row by row, with `FILE.meta.json` beside it; both files appear whole or not at all.
/// Standard output, pipes and devices get the CSV alone.
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

  /// - Parameters:
  ///   - path: the CSV; `-` for standard output.
  ///   - run: whose policy drives, if one does.
  ///   - columns: names of those that are written, in this order; all where empty.
  ///   - every: rows are the start, every so many control steps, and the end.
  /// - Throws: `InputOutputError`; `InvalidInput` for names that are no columns.
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

  /// Plays an episode and writes it.
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

  /// Makes both files appear.
  ///
  /// - Throws: `InputOutputError`.
  public func commit() throws {
    try metadataFile?.write(metadata.text())
    try file.commit()
    try metadataFile?.commit()
  }
}
