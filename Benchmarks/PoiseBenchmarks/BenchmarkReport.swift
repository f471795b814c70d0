internal import Foundation

/// Figures of one benchmark run, each beside its floor where it has one.
public struct BenchmarkReport: Codable, Hashable, Sendable {
  /// One figure.
  public struct Row: Codable, Hashable, Sendable {
    /// What was measured.
    public var name: String
    /// The measured value, in `unit`.
    public var value: Double
    /// "µs", "GFLOP/s", "steps/s", "allocations".
    public var unit: String
    /// What the figure is compared with: a bar to pass, or a measured ceiling.
    public var floorName: String?
    /// The value that the figure is compared with, in `unit`; `nil` for no comparison.
    public var floorValue: Double?
    /// Ratio of the figure to the floor, or its inverse for times and counts: above 1 is better than the floor.
    public var ratio: Double?

    /// Makes a row and computes its ratio.
    ///
    /// - Parameters:
    ///   - name: what was measured.
    ///   - value: the measured value.
    ///   - unit: the unit of the value.
    ///   - floor: what to compare with, in the same unit; `nil` for no comparison.
    ///   - isBetterBelow: whether lower values are better, as for times and counts.
    public init(
      _ name: String, _ value: Double, _ unit: String, floor: (name: String, value: Double)? = nil,
      isBetterBelow: Bool = false
    ) {
      self.name = name
      self.value = value
      self.unit = unit
      floorName = floor?.name
      floorValue = floor?.value
      if let floor {
        // 0 allocations against a floor of 0 have the ratio 1.
        ratio = value == floor.value ? 1 : (isBetterBelow ? floor.value / value : value / floor.value)
      }
    }
  }

  /// What was measured.
  public var title: String
  /// The conditions of the measurement by name, such as the processor or the number of threads.
  public var conditions: [String: String]
  /// The figures, in the order of the measurement.
  public var rows: [Row]

  /// A report with a title, conditions and rows.
  public init(title: String, conditions: [String: String] = [:], rows: [Row] = []) {
    self.title = title
    self.conditions = conditions
    self.rows = rows
  }

  /// The rows as an aligned table, for display.
  public var table: String {
    var cells = [["figure", "value", "unit", "floor", "", "ratio"]]
    for row in rows {
      cells.append([
        row.name, Self.short(row.value), row.unit, row.floorName ?? "", row.floorValue.map(Self.short) ?? "",
        row.ratio.map { String(format: "%.2f", $0) } ?? "",
      ])
    }
    let isRight = [false, true, false, false, true, true]
    let widths = (0..<6).map { column in cells.map { $0[column].count }.max() ?? 0 }
    let lines = cells.map { line in
      zip(line, zip(widths, isRight)).map { text, layout in
        let padding = String(repeating: " ", count: layout.0 - text.count)
        return layout.1 ? padding + text : text + padding
      }.joined(separator: "  ").trimmingSuffix
    }
    let conditions = conditions.keys.sorted().map { "\($0): \(self.conditions[$0] ?? "")" }.joined(separator: ", ")
    return ([conditions.isEmpty ? title : "\(title) (\(conditions))"] + lines).joined(separator: "\n")
  }

  /// The report as one JSON object, keys sorted.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // Only numbers and text: encoding could fail only for figures that are not finite.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  private static func short(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e6 { return String(format: "%.0f", value) }
    return switch abs(value) {
    case 1_000...: String(format: "%.0f", value)
    case 10..<1_000: String(format: "%.1f", value)
    case 0.01..<10: String(format: "%.3f", value)
    default: String(format: "%.3g", value)
    }
  }
}

extension String {
  fileprivate var trimmingSuffix: String {
    var copy = self
    while copy.last == " " { copy.removeLast() }
    return copy
  }
}
