/// A table of text with aligned columns, for terminals and logs.
public struct TextTable: Sendable {
  /// The names of the columns.
  public var header: [String]
  /// The cells of each row; a row that is too short is filled with empty cells.
  public var rows: [[String]]
  /// Whether no column counts as a column of numbers, which would be aligned to the right.
  public var isTextOnly: Bool

  /// A table, by default without rows.
  public init(header: [String], rows: [[String]] = [], isTextOnly: Bool = false) {
    self.header = header
    self.rows = rows
    self.isTextOnly = isTextOnly
  }

  private static let guardedWidth = Guarded<Int?>(nil)

  /// Characters of a line that tables keep to; `nil`, the initial value, for no limit. A program whose output is a terminal
  /// sets it once.
  public static var outputWidth: Int? {
    get { guardedWidth.withLock { $0 } }
    set { guardedWidth.withLock { $0 = newValue } }
  }

  /// The lines of the table, with two spaces between columns. Columns of numbers are aligned to the right.
  ///
  /// What is wider than a line is wrapped between words, in the widest columns first; where that is not enough, the columns stand in several
  /// tables below each other, each with the first column.
  ///
  /// - Parameters:
  ///   - indent: blanks before each line.
  ///   - width: characters of a line; by default `outputWidth`.
  public func text(indent: Int = 2, width: Int? = outputWidth) -> String {
    // A cell that holds a line end would break the table, and one that moves the cursor could rewrite it.
    var table = self
    table.header = header.map(\.printableLine)
    table.rows = rows.map { $0.map(\.printableLine) }
    return table.laidOut(indent: indent, width: width)
  }

  private func laidOut(indent: Int, width: Int?) -> String {
    let columns = Array(header.indices)
    guard let width, !columns.isEmpty else { return lines(columns, widths: naturalWidths, indent: indent) }
    // One less than the terminal has: a full line makes some of them begin a new one.
    let room = max(16, width - indent - 1)
    var pages: [String] = []
    for (page, widths) in Self.pages(naturalWidths, least: leastWidths(in: room), room: room) {
      pages.append(lines(page, widths: widths, indent: indent))
    }
    return pages.joined(separator: "\n\n")
  }

  private static let gap = 2

  private func cells(_ column: Int) -> [String] { ([header] + rows).map { $0.count > column ? $0[column] : "" } }

  private var naturalWidths: [Int] { header.indices.map { cells($0).map(\.count).max() ?? 0 } }

  /// The longest word of each column; of a column of numbers or short texts its whole width.
  ///
  /// - Parameter room: characters of a line. A key of 48 is not cut where there is room for a column beside it.
  private func leastWidths(in room: Int) -> [Int] {
    zip(header.indices, naturalWidths).map { column, natural in
      let longest = cells(column).flatMap { $0.split(separator: " ") }.map(\.count).max() ?? 0
      return natural <= 8 ? natural : min(natural, max(8, min(longest, max(40, min(48, room - 10)))))
    }
  }

  /// Which columns stand in one table, and their widths by column.
  private static func pages(_ natural: [Int], least: [Int], room: Int) -> [(columns: [Int], widths: [Int])] {
    func sum(_ columns: [Int], _ widths: [Int]) -> Int {
      columns.reduce(0) { $0 + widths[$1] } + gap * (columns.count - 1)
    }
    var pages: [[Int]] = [[]]
    for column in natural.indices {
      let page = pages[pages.count - 1]
      if page.count < 2 || sum(page + [column], least) <= room {
        pages[pages.count - 1].append(column)
      } else {
        pages.append([0, column])
      }
    }
    return pages.map { page in
      var widths = natural
      // The widest column that can be narrower is narrowed.
      while sum(page, widths) > room,
        let widest = page.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] })
      {
        let second = page.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
        let excess = sum(page, widths) - room
        widths[widest] = max(least[widest], min(widths[widest] - 1, max(second, widths[widest] - excess)))
      }
      // If that is not enough, there are two columns, and the last one takes the rest of the line.
      if sum(page, widths) > room, let last = page.last {
        widths[last] = max(8, widths[last] - (sum(page, widths) - room))
      }
      return (page, widths)
    }
  }

  private func lines(_ columns: [Int], widths: [Int], indent: Int) -> String {
    let isNumeric = header.indices.map { column in
      !isTextOnly && !rows.isEmpty
        && rows.allSatisfy {
          $0.count <= column || $0[column].isEmpty || $0[column] == "–" || Double($0[column]) != nil
        }
    }
    func line(_ cells: [String]) -> [String] {
      let wrapped = columns.map { wordWrapped($0 < cells.count ? cells[$0] : "", to: widths[$0]) }
      return (0..<(wrapped.map(\.count).max() ?? 0)).map { part in
        let padded = zip(columns, wrapped).map { column, parts in
          let cell = part < parts.count ? parts[part] : ""
          let blanks = String(repeating: " ", count: max(0, widths[column] - cell.count))
          return isNumeric[column] ? blanks + cell : cell + blanks
        }
        let text =
          String(repeating: " ", count: indent) + padded.joined(separator: String(repeating: " ", count: Self.gap))
        return String(text.reversed().drop { $0 == " " }.reversed())
      }
    }
    return ([header] + rows).flatMap(line).joined(separator: "\n")
  }

}

/// Lines of a text that are at most `width` characters long, cut between words where that is possible; all with the indentation of the first.
public func wordWrapped(_ text: String, to width: Int) -> [String] {
  guard text.count > width, width > 0 else { return [text] }
  let indent = String(text.prefix { $0 == " " }.prefix(width / 2))
  let room = width - indent.count
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > room {
      lines.append(indent + line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
    while line.count > room {
      lines.append(indent + line.prefix(room))
      line = String(line.dropFirst(room))
    }
  }
  return lines + (line.isEmpty ? [] : [indent + line])
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
