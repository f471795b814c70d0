import Foundation
import PoiseCore
public import PoiseEnvironments

/// A table of evaluations side by side, for display.
public struct EvaluationTable {
  /// An empty cell, then the names of the controllers.
  public let header: [String]
  /// For each score its name and its value for each controller. A name that starts with blanks details the score above it.
  public let rows: [[String]]

  /// Makes the table of some results of one scenario.
  ///
  /// - Parameters:
  ///   - results: results of one scenario, at least one.
  ///   - metrics: the metrics of the task.
  ///   - names: names of the controllers; `nil` takes those of the results.
  public init(_ results: [EvaluationResult], metrics: [Metric], names: [String]? = nil) {
    func row(_ name: String, _ format: String, _ value: (EvaluationResult) -> Double?) -> [String] {
      [name] + results.map { value($0).map { Self.number(format, $0) } ?? "–" }
    }
    /// A metric that applies to none of the results has no row.
    func rows(_ metrics: [Metric]) -> [[String]] {
      metrics.filter { metric in results.contains { $0[metric] != nil } }.map { metric in
        row(metric.title, "%.\(metric.digits)f") { $0[metric] }
      }
    }
    header = [""] + (names ?? results.map(\.algorithm))
    let terms = results[0].rewardTerms.keys.sorted()
    self.rows =
      rows(metrics.filter(\.isRate))
      + [
        row("return, mean", "%.1f") { $0.return.mean }, row("  95 % interval, from", "%.1f") { $0.return.ci95[0] },
        row("  95 % interval, to", "%.1f") { $0.return.ci95[1] }, row("  interquartile mean", "%.1f") { $0.return.iqm },
        row("  standard deviation", "%.1f") { $0.return.std },
      ]
      + rows(metrics.filter { !$0.isRate }) + [row("faults", "%.0f") { Double($0.faults) }]
      + terms.map { name in row("reward \(name)", "%.1f") { $0.rewardTerms[name] } }
  }

  /// A number as `String(format:)` writes it, but 0 in place of −0, to which small negative ones are rounded.
  static func number(_ format: String, _ value: Double) -> String {
    let text = String(format: format, value)
    let isZero = text.allSatisfy { "-0.".contains($0) }
    return isZero && text.hasPrefix("-") ? String(text.dropFirst()) : text
  }

  /// The table as text with aligned columns.
  public var text: String {
    TextTable(header: header, rows: rows).text(indent: 2)
  }
}
