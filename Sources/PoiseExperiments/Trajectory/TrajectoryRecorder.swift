import Foundation
import PoiseCore
public import PoiseEnvironments
import PoiseModels
public import PoiseScenarios
import PoiseSimulation
public import PoiseTraining
import PoiseTasks

/// Writes the episodes of a player as CSV, with `FILE.meta.json` beside it, in constant memory; both files appear whole or
/// not at all. Standard output, pipes and devices get the CSV alone.
public final class TrajectoryRecorder {
  private let player: EpisodePlayer
  private let table: TrajectoryTable
  private let every: Int
  private let file: WholeFile
  private let metadataFile: WholeFile?
  private let afterEpisodes: String
  private var episodes = 0

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
    let metadata = try TrajectoryMetadata(player, run: run, table: table, every: every)
    file = try WholeFile(path)
    metadataFile = file.appearsWhole ? try WholeFile(TrajectoryMetadata.path(beside: path)) : nil
    try file.write(table.header)
    // The episodes are still to come: what stands before and behind them.
    let text = String(decoding: try TrajectoryMetadata.encoder().encode(metadata), as: UTF8.self)
    let list = text.range(of: "\"episodes\" : [")
    let end = list.flatMap { text[$0.upperBound...].firstIndex(of: "]") }
    guard let list, let end else { preconditionFailure("no list of episodes in \(text)") }
    afterEpisodes = String(text[end...]) + "\n"
    try metadataFile?.write(String(text[..<list.upperBound]))
  }

  /// Plays an episode and writes it.
  @discardableResult
  public func record(_ number: Int, stepLimit: Int? = nil) throws -> EpisodeSummary {
    var (startState, endState) = ("", "")
    let summary = try player.play(number, stepLimit: stepLimit) { moment in
      endState = player.robot.world.stateText
      if moment.step == 0 { startState = endState }
      if moment.step % every == 0 || player.ending.isOver { try file.write(table.row(player.robot, moment)) }
    }
    let episode = TrajectoryMetadata.Episode(
      number: number, start: summary.start, drawn: player.environment.drawn, startState: startState,
      endState: endState, ending: "\(summary.ending)", steps: summary.steps, totalReward: summary.totalReward,
      fault: player.environment.fault?.description)
    let text = String(decoding: try TrajectoryMetadata.encoder(isPretty: false).encode(episode), as: UTF8.self)
    try metadataFile?.write((episodes == 0 ? "\n    " : ",\n    ") + text)
    episodes += 1
    return summary
  }

  /// Makes both files appear.
  public func commit() throws {
    try metadataFile?.write("\n  " + afterEpisodes)
    try file.commit()
    try metadataFile?.commit()
  }
}
