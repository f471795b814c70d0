import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseScenarios

/// The tables and the event file of a run.
struct RunLogs {
  private let progress: LogFile
  private let timing: LogFile
  private let evaluations: LogFile
  private let events: LogFile

  private let loggedMetrics: [Metric]

  /// Opens the files.
  ///
  /// - Parameters:
  ///   - metrics: those of the task.
  ///   - seals: the checkpoint's seals of the files; a file without one starts empty.
  init(_ folder: RunFolder, metrics: [Metric], keeping seals: [FileSeal] = []) throws {
    // The others appear in JSON only; a further column would not fit the tables of older runs.
    loggedMetrics = metrics.filter { $0.combination != .maximumOfTruncated && $0.combination != .sum }
    func log(_ name: String) throws -> LogFile {
      try LogFile(name, in: folder.path, keeping: seals.first { $0.path == name })
    }
    progress = try log("progress.csv")
    timing = try log("timing.csv")
    evaluations = try log("evaluations.csv")
    events = try log("events.out.tfevents.poise")
    if events.length == 0 { try events.append(EventRecord.header(wallTime: Date().timeIntervalSince1970)) }
  }

  /// Seals of the files, for a checkpoint.
  var seals: [FileSeal] { [progress, timing, evaluations, events].map(\.seal) }

  func synchronize() throws {
    for log in [progress, timing, evaluations, events] { try log.synchronize() }
  }

  /// Adds the rows of one iteration.
  func add(_ report: TrainingReport, iteration: Int, steps: Int, stepsOfIteration: Int) throws {
    if progress.length == 0 {
      try progress.append("iteration,environment_steps," + report.metrics.map(\.name).joined(separator: ",") + "\n")
      let phases = report.phases.map { "\($0.name)_seconds" }.joined(separator: ",")
      try timing.append("iteration,environment_steps,\(phases),steps_per_second\n")
    }
    let seconds = report.phases.reduce(0) { $0 + $1.seconds }
    let rate = Double(stepsOfIteration) / max(seconds, 1e-9)
    try progress.append(csvRow([Double(iteration), Double(steps)] + report.metrics.map(\.value)))
    try timing.append(
      csvRow([Double(iteration), Double(steps)] + report.phases.map { $0.seconds } + [rate]))
    var scalars = report.metrics.compactMap { metric in metric.value.map { ("training/\(metric.name)", $0) } }
    scalars += report.phases.map {
      ("speed/\($0.name)_steps_per_second", Double(stepsOfIteration) / max($0.seconds, 1e-9))
    }
    scalars.append(("speed/steps_per_second", rate))
    try events.append(EventRecord.scalars(scalars, step: steps, wallTime: Date().timeIntervalSince1970))
  }

  /// Adds the row of one evaluation.
  func add(_ result: EvaluationResult, steps: Int, meetsGoal: Bool) throws {
    let terms = result.rewardTerms.keys.sorted()
    var columns: [(String, Double?)] = [
      ("environment_steps", Double(steps)), ("episodes", Double(result.episodes)), ("meets_goal", meetsGoal ? 1 : 0),
      ("return_mean", result.return.mean), ("return_std", result.return.std), ("return_iqm", result.return.iqm),
      ("return_ci95_low", result.return.ci95[0]), ("return_ci95_high", result.return.ci95[1]),
    ]
    columns += loggedMetrics.map { ($0.name, result[$0]) }
    columns.append(("faults", Double(result.faults)))
    columns += terms.map { ("reward_\($0)", result.rewardTerms[$0]) }
    if evaluations.length == 0 { try evaluations.append(columns.map(\.0).joined(separator: ",") + "\n") }
    try evaluations.append(csvRow(columns.map(\.1)))
    let scalars = columns.dropFirst(2).compactMap { column in column.1.map { ("evaluation/\(column.0)", $0) } }
    try events.append(EventRecord.scalars(scalars, step: steps, wallTime: Date().timeIntervalSince1970))
  }
}
