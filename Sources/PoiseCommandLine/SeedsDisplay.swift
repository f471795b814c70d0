import ArgumentParser
import Dispatch
import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseScenarios
import PoiseTraining

/// Seeds as an option names them: `1-5`, `1,3,7`, `1-3,10`.
struct SeedList: ExpressibleByArgument, Equatable {
  let values: [UInt64]

  static let limit = 1000

  init?(argument: String) {
    var values: [UInt64] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
        last - first < UInt64(Self.limit)
      else { return nil }
      values += first...last
    }
    guard (1...Self.limit).contains(values.count), Set(values).count == values.count else { return nil }
    self.values = values
  }
}

/// What a person sees of several trainings side by side.
final class SeedsDisplay: Sendable {
  private struct State: Sendable {
    var steps: [UInt64: Int] = [:]
    var ended = 0
  }
  private let line = Guarded(ProgressLine())
  private let state = Guarded(State())
  private let count: Int
  private let limit: Int
  private let start = DispatchTime.now().uptimeNanoseconds

  init(_ trainings: SeedTrainings) {
    count = trainings.members.count
    limit = trainings.scenario.settings.stepLimit
  }

  func show(_ event: SeedTrainings.Event) {
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    switch event {
    case .progress(let member, let steps):
      let (total, ended) = state.withLock { state in
        state.steps[member.seed] = steps
        return (state.steps.values.reduce(0, +), state.ended)
      }
      line.withLock {
        $0.show(
          "\(ended) of \(count) seeds, \(shortCount(Double(total))) of at most \(shortCount(Double(limit * count))) steps, "
            + "\(shortDuration(elapsed))", at: elapsed)
      }
    case .evaluation(let member, let result, let steps):
      line.withLock {
        $0.print(
          "seed \(member.seed), evaluation at \(shortCount(Double(steps))) steps: "
            + String(format: "return %.1f", result.return.mean))
      }
    case .ended(let outcome):
      state.withLock { $0.ended += 1 }
      line.withLock {
        if let failure = outcome.failure { $0.print("seed \(outcome.member.seed) failed: \(failure)") }
      }
    }
  }

  func close() { line.withLock { $0.close() } }
}

/// Seeds side by side, at the end.
struct SeedsTable {
  let text: String

  init(_ outcomes: [SeedTrainings.Outcome], of loaded: LoadedScenario) {
    let metrics = loaded.metricsOfGoal
    var table = TextTable(
      header: ["seed", "goal", "steps", "seconds", "best return"] + metrics.map(\.name) + ["run"])
    for outcome in outcomes {
      let goal =
        outcome.failure != nil
        ? "failed" : outcome.ending == .goalReached ? "yes" : loaded.settings.goal.isSet ? "no" : "–"
      table.rows.append(
        [
          "\(outcome.member.seed)", goal, "\(outcome.environmentSteps)", String(format: "%.1f", outcome.seconds),
          outcome.best.map { String(format: "%.1f", $0.return.mean) } ?? "–",
        ]
          + metrics.map { metric in
            outcome.best?[metric].map { String(format: "%.\(metric.digits)f", $0) } ?? "–"
          } + [outcome.member.folder])
    }
    var lines = [table.text(indent: 0)]
    let returns = outcomes.compactMap { $0.best?.return.mean }.filter(\.isFinite)
    if returns.count > 1 {
      let mean = InterquartileMean(returns, random: RandomStream(seed: 0, purpose: .statistics))
      lines.append(
        String(
          format: "best returns of %d seeds: interquartile mean %.1f, 95 %% from %.1f to %.1f (bootstrap over seeds)",
          returns.count, mean.value, mean.low, mean.high))
    }
    lines.append(
      "side by side: "
        + ProgramCommand.line(["report"] + outcomes.map(\.member.folder) + ["--html", "seeds.html"]))
    text = lines.joined(separator: "\n")
  }
}
