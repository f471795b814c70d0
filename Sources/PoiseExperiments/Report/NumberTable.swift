import Foundation
import PoiseCore

/// A log of a run: a CSV file of numbers, read completely.
struct NumberTable {
  let columns: [String]
  /// [rows, columns]; `nil` where a cell is empty.
  private let rows: [[Double?]]
  private let path: String

  /// Reads a log; one that is still empty has no columns. An incomplete last row is ignored, since it may just be written.
  ///
  /// - Throws: `InputOutputError`; `InvalidInput` with line and column of each cell that is not a number.
  init(contentsOf path: String) throws {
    self.path = path
    let reader = try CSVReader(path, limit: Self.fileLimit)
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

  /// Bytes: some millions of rows, which still fit into memory.
  private static let fileLimit = 1 << 29

  var rowCount: Int { rows.count }

  /// The environment steps of each row, [rows]; empty where there is no such column.
  ///
  /// - Throws: `InvalidInput` for a number that no run counts to, or that is less than the one before it.
  func steps() throws -> [Double] {
    var last = 0.0
    return try column("environment_steps", allowed: "a whole number of steps, not less than in the row before") {
      value in
      guard value == value.rounded(), value >= last, Int(clamping: value).isPossibleCount else { return false }
      last = value
      return true
    }
  }

  /// The seconds of each row, [rows]; empty where there is no such column.
  ///
  /// - Throws: `InvalidInput` for a number that is not a possible time.
  func seconds(_ name: String) throws -> [Double] {
    try column(name, allowed: "seconds, from 0 to 1e9") { (0...1e9).contains($0) }
  }

  private func column(_ name: String, allowed: String, isGood: (Double) -> Bool) throws -> [Double] {
    try self[name].enumerated().map { row, value in
      if let value, isGood(value) { return value }
      throw InvalidInput(
        Problem(
          file: path, line: row + 2, place: "column '\(name)'", found: value.map { "\($0)" } ?? "nothing",
          allowed: allowed,
          remedy: "The table is damaged."))
    }
  }

  /// The numbers of a column, [rows]; empty where there is no such column.
  subscript(_ name: String) -> [Double?] {
    columns.firstIndex(of: name).map { place in rows.map { $0[place] } } ?? []
  }
}
