import Foundation
import PoiseCore

/// Evaluations side by side, for people.
public struct EvaluationTable {
  /// The controllers' names behind an empty cell.
  public let header: [String]
  /// A score's name and its value for each controller; parts of the score above start with blanks.
  public let rows: [[String]]

  /// - Parameters:
  ///   - results: of one scenario, at least one.
  ///   - names: of the controllers, where they are not those of the results.
  public init(_ results: [EvaluationResult], names: [String]? = nil) {
    func row(_ name: String, _ format: String, _ value: (EvaluationResult) -> Double) -> [String] {
      [name] + results.map { String(format: format, value($0)) }
    }
    header = [""] + (names ?? results.map(\.algorithm))
    var rows = [row("survival rate", "%.2f") { $0.survivalRate }]
    if results[0].successRate != nil { rows.append(row("success rate", "%.2f") { $0.successRate ?? 0 }) }
    rows += [
      row("tilt reward per step, rad²", "%.4f") { $0.tiltRewardPerStep },
      row("  over the steps lived", "%.4f") { $0.tiltRewardPerLivedStep },
      row("return, mean", "%.1f") { $0.return.mean }, row("  95 % from", "%.1f") { $0.return.ci95[0] },
      row("  95 % to", "%.1f") { $0.return.ci95[1] }, row("  interquartile mean", "%.1f") { $0.return.iqm },
      row("  standard deviation", "%.1f") { $0.return.std },
      row("episode, mean, s", "%.2f") { $0.episodeSecondsMean },
      row("upright, share of time", "%.3f") { $0.uprightShare },
      row("torque, share of largest", "%.3f") { $0.torqueShareMean },
      row("actions at ±1, share", "%.3f") { $0.actionSaturation },
      row("action change per step", "%.3f") { $0.actionChangeMean },
      row("worst joint beyond limit, rad", "%.4f") { $0.worstJointLimitViolationRad },
      row("deepest penetration, m", "%.4f") { $0.worstPenetrationM },
      ["  in episodes survived"]
        + results.map { $0.worstPenetrationSurvivedM.map { String(format: "%.4f", $0) } ?? "–" },
      row("faults", "%.0f") { Double($0.faults) },
      ["physics steps done again"] + results.map { $0.repeatedPhysicsSteps.map(String.init) ?? "–" },
    ]
    for name in results[0].rewardTerms.keys.sorted() {
      rows.append(row("reward \(name)", "%.1f") { $0.rewardTerms[name] ?? 0 })
    }
    self.rows = rows
  }

  /// With aligned columns.
  public var text: String {
    let lines = [header] + rows
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { cells in
      cells.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? "  " + cell + padding : padding + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
