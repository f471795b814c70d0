import Foundation
import PoiseCore
import PoiseScenarios

/// The tables and event file of a run.
struct RunLogs {
  private let progress: LogFile
  private let timing: LogFile
  private let evaluations: LogFile
  private let events: LogFile

  /// - Parameter seals: what a checkpoint knows of them; without it they begin.
  init(_ folder: RunFolder, keeping seals: [FileSeal] = []) throws {
    func log(_ name: String) throws -> LogFile {
      try LogFile(name, in: folder.path, keeping: seals.first { $0.path == name })
    }
    progress = try log("progress.csv")
    timing = try log("timing.csv")
    evaluations = try log("evaluations.csv")
    events = try log("events.out.tfevents.poise")
    if events.length == 0 { try events.append(EventRecord.header(wallTime: Date().timeIntervalSince1970)) }
  }

  /// What a checkpoint has to know of them.
  var seals: [FileSeal] { [progress, timing, evaluations, events].map(\.seal) }

  func synchronize() throws {
    for log in [progress, timing, evaluations, events] { try log.synchronize() }
  }

  /// One iteration.
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

  /// One evaluation.
  func add(_ result: EvaluationResult, steps: Int, meetsGoal: Bool) throws {
    let terms = result.rewardTerms.keys.sorted()
    var columns: [(String, Double?)] = [
      ("environment_steps", Double(steps)), ("episodes", Double(result.episodes)), ("meets_goal", meetsGoal ? 1 : 0),
      ("return_mean", result.return.mean), ("return_std", result.return.std), ("return_iqm", result.return.iqm),
      ("return_ci95_low", result.return.ci95[0]), ("return_ci95_high", result.return.ci95[1]),
      ("tilt_reward_per_step", result.tiltRewardPerStep),
      ("tilt_reward_per_lived_step", result.tiltRewardPerLivedStep), ("survival_rate", result.survivalRate),
      ("success_rate", result.successRate), ("episode_seconds_mean", result.episodeSecondsMean),
      ("upright_share", result.uprightShare), ("torque_share_mean", result.torqueShareMean),
      ("action_saturation", result.actionSaturation), ("action_change_mean", result.actionChangeMean),
      ("worst_joint_limit_violation_rad", result.worstJointLimitViolationRad),
      ("worst_penetration_m", result.worstPenetrationM), ("faults", Double(result.faults)),
    ]
    columns += terms.map { ("reward_\($0)", result.rewardTerms[$0]) }
    if evaluations.length == 0 { try evaluations.append(columns.map(\.0).joined(separator: ",") + "\n") }
    try evaluations.append(csvRow(columns.map(\.1)))
    let scalars = columns.dropFirst(2).compactMap { column in column.1.map { ("evaluation/\(column.0)", $0) } }
    try events.append(EventRecord.scalars(scalars, step: steps, wallTime: Date().timeIntervalSince1970))
  }
}
