/// Draws a world of cells as text, for terminals.
public struct MapDrawing: Sendable {
  /// Where the states lie.
  public let layout: CellLayout
  private let isTerminal: [Bool]

  /// Makes the drawing of a problem; `nil` if the problem is not a map.
  public init?(_ problem: FiniteProblem) {
    guard let layout = problem.layout else { return nil }
    self.layout = layout
    isTerminal = (0..<problem.stateCount).map { problem.isTerminal($0) }
  }

  /// A grid with a number in each cell that is a state with choices, and the cell's character in all others.
  ///
  /// - Parameters:
  ///   - values: the numbers, such as V, [states].
  ///   - decimals: digits after the decimal point.
  public func values(_ values: [Double], decimals: Int = 2) -> String {
    grid { cell, state in state < 0 || isTerminal[state] ? label(cell) : fixed(values[state], decimals: decimals) }
  }

  /// A grid with the arrows of a policy in each cell, ties side by side, and the cell's character where there is no
  /// choice.
  ///
  /// A state whose choices are all equally good, if there are several, has a dot.
  ///
  /// - Parameters:
  ///   - best: the best choices of each state, [states].
  ///   - problem: the problem of this drawing.
  public func arrows(_ best: [[Int]], _ problem: FiniteProblem) -> String {
    grid { cell, state in
      guard state >= 0, !best[state].isEmpty else { return label(cell) }
      if best[state].count == problem.choices(of: state).count, best[state].count > 1 { return "·" }
      return best[state].map { layout.moves[Int(problem.choiceActions[$0])].arrow }.joined()
    }
  }

  /// The map with `@` in the cell of a state.
  public func frame(state: Int) -> String {
    var lines: [String] = []
    for row in 0..<layout.rows {
      var line = ""
      for cell in row * layout.columns..<(row + 1) * layout.columns {
        line += Int(layout.states[cell]) == state ? "@" : String(layout.characters[cell])
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  /// The map with `*` where an episode has been, and `@` where it was last.
  public func path(_ states: [Int]) -> String {
    let last = states.last ?? -1
    let visited = Set(states)
    return (0..<layout.rows).map { row in
      String(
        (row * layout.columns..<(row + 1) * layout.columns).map { cell -> Character in
          let state = Int(layout.states[cell])
          return state < 0 || !visited.contains(state) ? layout.characters[cell] : state == last ? "@" : "*"
        })
    }.joined(separator: "\n")
  }

  private func label(_ cell: Int) -> String { String(layout.characters[cell]) }

  private func grid(_ text: (_ cell: Int, _ state: Int) -> String) -> String {
    let cells = layout.characters.indices.map { text($0, Int(layout.states[$0])) }
    let width = cells.reduce(1) { max($0, $1.count) }
    return (0..<layout.rows).map { row in
      (0..<layout.columns).map { column in
        let cell = cells[row * layout.columns + column]
        let blanks = width - cell.count
        return String(repeating: " ", count: blanks - blanks / 2) + cell + String(repeating: " ", count: blanks / 2)
      }.joined(separator: " ")
    }.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }
}

/// A number with a given number of digits after the decimal point: `-0.60`; zero has no minus sign.
func fixed(_ number: Double, decimals: Int) -> String {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (abs(number) * scale).rounded()
  guard scaled < 1e15 else { return "\(number)" }
  let whole = Int(scaled)
  let (integer, fraction) = whole.quotientAndRemainder(dividingBy: Int(scale))
  let sign = number < 0 && whole != 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(integer)" }
  let digits = "\(fraction)"
  return "\(sign)\(integer).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
}
