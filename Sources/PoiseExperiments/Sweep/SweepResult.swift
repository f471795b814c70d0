import Foundation
public import PoiseCore
import PoiseScenarios

/// The result of a sweep, as tables for people and for programs.
public struct SweepResult: Sendable {
  /// The plan of the sweep.
  public let plan: SweepPlan
  /// All candidates by their numbers.
  public let candidates: [SweepCandidate]
  /// The candidates, the best first.
  public let standings: [Standing]
  /// The shipped setting and, if different, the winner, on the report seeds; empty without such seeds.
  public let report: [Standing]

  /// A candidate at the highest rung that it reached.
  public struct Standing: Hashable, Sendable {
    /// Number of the candidate.
    public var candidate: Int
    /// The highest rung that it reached, from 1; 0 in the report.
    public var rung: Int
    /// The outcome for each seed, [seeds].
    public var outcomes: [TrialOutcome]

    /// Number of seeds that reached the goal.
    public var goalCount: Int { outcomes.count(where: \.goalReached) }
    /// Number of seeds whose training failed.
    public var failureCount: Int { outcomes.count { $0.failure != nil } }

    /// Order statistics over the seeds of the time to the goal, s or control steps; seeds that missed it count as infinite.
    public func toGoal(_ measure: SweepMeasure) -> Quantiles { Quantiles(outcomes.map { $0.timeToGoal(measure) }) }

    /// Order statistics over the seeds of the time or steps spent, whether the goal was reached or not.
    public func spent(_ measure: SweepMeasure) -> Quantiles { Quantiles(outcomes.map { $0.spent(measure) }) }

    /// Order statistics over the seeds of the mean return; a missing one counts as −∞.
    public var score: Quantiles {
      Quantiles(outcomes.map { $0.score.map { $0.isNaN ? -.infinity : $0 } ?? -.infinity })
    }
  }

  /// The best candidate.
  public var winner: SweepCandidate { candidates[standings[0].candidate] }

  // MARK: For people

  /// The result as tables for a terminal.
  ///
  /// - Parameter rows: largest number of candidates that are shown.
  public func text(rows: Int = 20) -> String {
    var parts = [
      "\(candidates[0].scenario.name), \(candidates.count) candidates, seeds \(Self.list(plan.seeds)), by \(plan.measure.rawValue)",
      table(Array(standings.prefix(rows))),
    ]
    if standings.count > rows { parts.append("  … and \(standings.count - rows) more: candidates.csv") }
    parts.append("best: \(winner.text)")
    if !report.isEmpty {
      parts += [
        "",
        "on seeds \(Self.list(plan.reportSeeds)), which were not used for the choice, to the scenario's own step limit",
        table(report),
      ]
      if report.count == 2 { parts.append(comparison(report[0], report[1])) }
    }
    return parts.joined(separator: "\n")
  }

  private static func list(_ seeds: [UInt64]) -> String {
    guard seeds.count > 3, let first = seeds.first, let last = seeds.last, last &- first == UInt64(seeds.count - 1)
    else {
      return seeds.map(String.init).joined(separator: ", ")
    }
    return "\(first) … \(last)"
  }

  private func table(_ standings: [Standing]) -> String {
    let hasRungs = plan.rungs.count > 1 && standings.contains { $0.rung > 0 }
    var table = TextTable(
      header: ["candidate"] + (hasRungs ? ["rung"] : [])
        + [
          "goal", "failed", "steps", "processor s", "wall s",
          "\(plan.measure == .score ? "score" : plan.measure.rawValue), quartiles",
          "return", "setting",
        ])
    for standing in standings {
      // Where all trials run to the end, the time to the goal is not measured.
      func cost(_ measure: SweepMeasure) -> String {
        Self.number((plan.measure == .score ? standing.spent(measure) : standing.toGoal(measure))[0.5])
      }
      let quantiles =
        switch plan.measure {
        case .score: standing.score
        case .goalReached: standing.toGoal(.environmentSteps)
        default: standing.toGoal(plan.measure)
        }
      table.rows.append(
        ["\(standing.candidate)"] + (hasRungs ? ["\(standing.rung)"] : [])
          + [
            "\(standing.goalCount)/\(standing.outcomes.count)", "\(standing.failureCount)",
            cost(.environmentSteps), cost(.processorSeconds), cost(.wallSeconds),
            "\(Self.number(quantiles[0.25])) … \(Self.number(quantiles[0.75]))", Self.number(standing.score[0.5]),
            shortText(candidates[standing.candidate]),
          ])
    }
    return table.text()
  }

  /// The settings without the section that all keys share.
  private func shortText(_ candidate: SweepCandidate) -> String {
    let sections = Set(plan.swept.map { $0.key.prefix(while: { $0 != "." }) })
    guard sections.count == 1, let section = sections.first else { return candidate.text }
    return candidate.text.replacing("\(section).", with: "")
  }

  private static func number(_ value: Double) -> String { value.isFinite ? value.rounded(significant: 3) : "–" }

  /// Medians of the shipped setting as multiples of the winner's.
  private func comparison(_ shipped: Standing, _ winner: Standing) -> String {
    if plan.measure == .score {
      return "median return: shipped \(Self.number(shipped.score[0.5])), best \(Self.number(winner.score[0.5]))"
    }
    let ratios = [
      ("steps", SweepMeasure.environmentSteps), ("processor time", .processorSeconds), ("wall time", .wallSeconds),
    ]
    .compactMap { name, measure -> String? in
      let ratio = shipped.toGoal(measure)[0.5] / winner.toGoal(measure)[0.5]
      return ratio.isFinite ? "\(name) \(ratio.rounded(significant: 3))" : nil
    }
    return ratios.isEmpty
      ? "too few seeds reached the goal for ratios"
      : "shipped ÷ best, medians: \(ratios.joined(separator: ", "))"
  }

  // MARK: For programs

  private static func row(_ cells: [String]) -> String { cells.map(csvCell).joined(separator: ",") + "\n" }
  private static func cell(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }

  private func values(of candidate: Int) -> [String] {
    let settings = candidates[candidate].settings
    return plan.swept.indices.map { settings.isEmpty ? "" : settings[$0].value.flowText }
  }

  /// A CSV table with a row for each trial. Only the columns of seconds differ when a sweep is repeated. Shipped values
  /// are empty cells.
  public var trialsCSV: String {
    var text = Self.row(
      [
        "purpose", "candidate", "seed", "rung", "environment_steps", "goal_reached", "return_mean", "survival_rate",
        "faults",
        "wall_seconds", "processor_seconds", "failure",
      ] + plan.swept.map(\.key))
    for (purpose, seeds, standings) in [
      ("tune", plan.seeds, standings.sorted { $0.candidate < $1.candidate }), ("report", plan.reportSeeds, report),
    ] {
      for standing in standings {
        for (seed, outcome) in zip(seeds, standing.outcomes) {
          text += Self.row(
            [
              purpose, "\(standing.candidate)", "\(seed)", "\(standing.rung)", "\(outcome.environmentSteps)",
              outcome.goalReached ? "1" : "0", Self.cell(outcome.score), Self.cell(outcome.survivalRate),
              "\(outcome.faults)",
              Self.cell(outcome.wallSeconds), Self.cell(outcome.processorSeconds), outcome.failure ?? "",
            ] + values(of: standing.candidate))
        }
      }
    }
    return text
  }

  /// A CSV table with a row for each candidate, the best first. Steps and seconds are those to the goal, empty where
  /// the quantile is that of a seed that missed it; for the measure `score` they are those of the whole training.
  public var candidatesCSV: String {
    let measures = [
      ("steps", SweepMeasure.environmentSteps), ("processor_seconds", .processorSeconds),
      ("wall_seconds", .wallSeconds),
    ]
    var text = Self.row(
      ["purpose", "candidate", "rung", "seeds", "goals", "failures"]
        + measures.flatMap { name, _ in ["\(name)_q25", "\(name)_median", "\(name)_q75"] } + ["return_median"]
        + plan.swept.map(\.key))
    for (purpose, standings) in [("tune", standings), ("report", report)] {
      for standing in standings {
        text += Self.row(
          [
            purpose, "\(standing.candidate)", "\(standing.rung)", "\(standing.outcomes.count)", "\(standing.goalCount)",
            "\(standing.failureCount)",
          ]
            + measures.flatMap { _, measure in
              let quantiles = plan.measure == .score ? standing.spent(measure) : standing.toGoal(measure)
              return [0.25, 0.5, 0.75].map { Self.cell(quantiles[$0]) }
            } + [Self.cell(standing.score[0.5])] + values(of: standing.candidate))
      }
    }
    return text
  }
}
