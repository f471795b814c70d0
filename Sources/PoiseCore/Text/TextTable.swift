/// A table of text with aligned columns, for terminals and logs.
public struct TextTable: Sendable {
  /// The names of the columns.
  public var header: [String]
  /// The cells of each row; a row that is too short is filled with empty cells.
  public var rows: [[String]]

  /// A table, by default without rows.
  public init(header: [String], rows: [[String]] = []) {
    self.header = header
    self.rows = rows
  }

  /// The lines of the table, with two spaces between columns. Columns of numbers are aligned to the right.
  ///
  /// - Parameter indent: the number of spaces before each line.
  public func text(indent: Int = 2) -> String {
    let columns = header.count
    let widths = (0..<columns).map { column in
      max(header[column].count, rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0)
    }
    let isNumeric = (0..<columns).map { column in
      !rows.isEmpty
        && rows.allSatisfy {
          $0.count <= column || $0[column].isEmpty || $0[column] == "–" || Double($0[column]) != nil
        }
    }
    func line(_ cells: [String]) -> String {
      let padded = (0..<columns).map { column in
        let cell = column < cells.count ? cells[column] : ""
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return isNumeric[column] ? blanks + cell : cell + blanks
      }
      let text = String(repeating: " ", count: indent) + padded.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    return ([line(header)] + rows.map(line)).joined(separator: "\n")
  }
}

extension Double {
  /// This number with `digits` significant digits and no trailing zeros, for display: 0.0333, 12.5, 1.2e-07.
  public func rounded(significant digits: Int) -> String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
    var magnitude = 0
    var size = Swift.abs(self)
    while size >= 10 { (size, magnitude) = (size / 10, magnitude + 1) }
    while size < 1 { (size, magnitude) = (size * 10, magnitude - 1) }
    let places = digits - 1 - magnitude
    var scale = 1.0
    for _ in 0..<Swift.abs(places) { scale *= 10 }
    let value = places >= 0 ? (self * scale).rounded() / scale : (self / scale).rounded() * scale
    return value == value.rounded() && Swift.abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
