import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseScenarios
import PoiseTraining

/// What a person sees of a run.
final class TrainingDisplay {
  let line = ProgressLine()
  private let run: TrainingRun
  private let firstSteps: Int
  private let start = DispatchTime.now().uptimeNanoseconds
  /// The latest known values, from iterations in which episodes ended.
  private var meanReturn = "–"
  /// `nil` for tasks that are not judged by it.
  private var survival: String?
  private var curve = Sparkline()
  private let metrics: [Metric]

  init(_ run: TrainingRun) {
    self.run = run
    firstSteps = run.environmentSteps
    metrics = run.scenario.metricsOfGoal
    survival = metrics.contains(.survivalRate) ? "–" : nil
  }

  private var elapsed: Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }

  func show(_ event: TrainingRun.Event) {
    switch event {
    case .iteration(let report, let steps):
      if let value = report["return"] {
        meanReturn = String(format: "%.1f", value)
        curve.add(value)
      }
      if survival != nil, let value = report["survival"] { survival = String(format: "%.0f %%", 100 * value) }
      let sign = report.death.map { ", \($0.headline)" } ?? ""
      let rate = Double(steps - firstSteps) / max(elapsed, 1e-9)
      let left = Double(max(0, run.stepLimit - steps)) / rate
      line.show(
        "\(shortCount(Double(steps))) of \(shortCount(Double(run.stepLimit))) steps, \(shortCount(rate))/s, "
          + "return \(meanReturn)\(survival.map { ", survival \($0)" } ?? "")\(sign), at most \(rate > 0 ? shortDuration(left) : "–") left",
        curve: curve, at: elapsed)
    case .evaluation(let result, let steps, let isBest, let meetsGoal):
      line.print(
        "evaluation at \(shortCount(Double(steps))) steps, \(shortDuration(run.seconds)): \(scores(result).printableLine)"
          + (meetsGoal ? ", " + Style.errors.good("reaches the goal") : "") + (isBest ? ", the best so far" : ""),
        isStyled: true)
    case .fault(let text): line.print(text)
    case .death(let death): line.print(death.description)
    }
  }

  private func scores(_ result: EvaluationResult) -> String {
    var parts = [String(format: "return %.1f", result.return.mean)]
    parts += (metrics.filter(\.isRate) + metrics.filter { !$0.isRate }).compactMap { metric in
      guard let headline = metric.headline, let value = result[metric] else { return nil }
      return headline.replacing("%", with: String(format: "%.\(metric.digits)f", value))
    }
    let episodes = run.scenario.settings.evaluation.tuningEpisodes
    if result.episodes < episodes {
      parts.append("stopped after \(result.episodes) of \(episodes) episodes, since the goal was out of reach")
    }
    return parts.joined(separator: ", ")
  }

  func report(_ ending: TrainingRun.Ending) -> String {
    let path = run.folder.path
    let scenario = run.scenario.settings
    var lines = [
      ending == .goalReached
        ? "The goal was reached in two evaluations in a row."
        : scenario.goal.isSet && scenario.training.stopsAtGoal
          ? "The step limit was reached; the goal was not." : "The step limit was reached.",
      "  \(run.environmentSteps) steps in \(shortDuration(run.seconds)), evaluations included",
    ]
    if let best = run.best { lines.append("  best, at \(best.environmentSteps) steps: \(scores(best.result))") }
    if run.faults > 0 { lines.append("  \(run.faults) episodes ended in a fault; no faulty step was learned from") }
    if let death = run.death { lines.append("  \(death)") }
    if run.skippedUpdates > 0 {
      lines.append("  \(run.skippedUpdates) updates were skipped, because a loss or a gradient was not finite")
    }
    var goingOn = ["train", "--resume", path, "--steps", "\(2 * max(1, run.environmentSteps))"]
    // The goal would end it again.
    if ending == .goalReached { goingOn += ["--set", "training.stopsAtGoal=false"] }
    lines += [
      "  run       \(path)", "  evaluate  \(ProgramCommand.line("evaluate", path))",
      "  go on     \(ProgramCommand.line(goingOn))",
    ]
    return lines.joined(separator: "\n")
  }
}

extension LoadedScenario {
  /// The scores that are shown beside the return: the metrics that the goal names. If the goal of a hopper is a return, its tilt is not shown.
  var metricsOfGoal: [Metric] { specification.metrics.filter { settings.goal[$0.goalKey] != nil } }
}
