import PoiseCore

/// Formats tables and numbers of reports.
enum ReportText {
  static func section(_ title: String, _ header: [String], _ rows: [[String]]) -> String {
    "\(title)\n" + TextTable(header: header, rows: rows).text()
  }

  static func short(_ number: Double) -> String { number.rounded(significant: 5) }

  static func bounds(_ range: ClosedRange<Double>) -> String {
    func end(_ x: Double) -> String { x == .infinity ? "∞" : x == -.infinity ? "−∞" : short(x) }
    return "\(end(range.lowerBound)) … \(end(range.upperBound))"
  }
}
