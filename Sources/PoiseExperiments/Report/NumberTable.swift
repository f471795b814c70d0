import Foundation
import PoiseCore

/// A log of a run: a CSV file of numbers, read completely.
struct NumberTable {
  let columns: [String]
  /// [rows, columns]; `nil` where a cell is empty.
  private let rows: [[Double?]]

  /// Reads a log; one that is still empty has no columns. An incomplete last row is ignored, since it may just be written.
  ///
  /// - Throws: `InputOutputError`; `InvalidInput` with line and column of each cell that is not a number.
  init(contentsOf path: String) throws {
    let reader = try CSVReader(path)
    guard let columns = try reader.next() else {
      (columns, rows) = ([], [])
      return
    }
    self.columns = columns
    var rows: [[Double?]] = []
    while let cells = try reader.next() {
      let line = reader.line
      guard cells.count == columns.count else {
        if try reader.next() == nil, cells.count < columns.count { break }
        throw InvalidInput(
          Problem(
            file: path, line: line, found: "\(cells.count) cells", allowed: "\(columns.count), as the header has"))
      }
      rows.append(
        try zip(cells, columns).map { cell, column in
          if cell.isEmpty { return nil }
          guard let value = Double(cell) else {
            throw InvalidInput(
              Problem(
                file: path, line: line, place: "column '\(column)'", found: "'\(cell.prefix(40))'", allowed: "a number")
            )
          }
          return value
        })
    }
    self.rows = rows
  }

  var rowCount: Int { rows.count }

  /// The numbers of a column, [rows]; empty where there is no such column.
  subscript(_ name: String) -> [Double?] {
    columns.firstIndex(of: name).map { place in rows.map { $0[place] } } ?? []
  }
}
