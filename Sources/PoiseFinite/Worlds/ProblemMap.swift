public import PoiseCore

/// The form `map`: a world of cells, drawn in characters.
///
///     cells: |
///       S..H
///       .#.G
///     legend:
///       G: {reward: 1}
///     moves: four
///
/// A move goes to the neighbouring cell, or stays if a wall or the border is there. Then the wind of the cell that was
/// left carries the agent on, cell by cell, up or down first, unless walls or the border stop it. The last cell gives
/// the reward, may end the episode, and may teleport.
public struct ProblemMap: Configurable, Hashable {
  /// The sets of actions.
  public enum Moves: String, Hashable, Sendable, CaseIterable {
    /// Left and right, for maps of one row.
    case two
    /// The four neighbours.
    case four
    /// The eight neighbours.
    case eight

    /// The names of the actions, in the order of `directions`.
    public var names: [String] {
      switch self {
      case .two: ["left", "right"]
      case .four: ["up", "right", "down", "left"]
      case .eight: ["up", "upRight", "right", "downRight", "down", "downLeft", "left", "upLeft"]
      }
    }

    /// The direction of each action: left and right, or clockwise from up.
    public var directions: [CellLayout.Move] {
      switch self {
      case .two: [.init(right: -1, down: 0), .init(right: 1, down: 0)]
      case .four:
        [.init(right: 0, down: -1), .init(right: 1, down: 0), .init(right: 0, down: 1), .init(right: -1, down: 0)]
      case .eight:
        [
          .init(right: 0, down: -1), .init(right: 1, down: -1), .init(right: 1, down: 0), .init(right: 1, down: 1),
          .init(right: 0, down: 1), .init(right: -1, down: 1), .init(right: -1, down: 0), .init(right: -1, down: -1),
        ]
      }
    }
  }

  /// Where a move goes that slips.
  public enum SlipTarget: String, Hashable, Sendable, CaseIterable {
    /// In one of the two neighbouring directions, with equal probability; with two moves, in the other direction.
    case sideways
    /// In any direction with equal probability, the intended one included.
    case anywhere
    /// Nowhere: the agent stays in its cell, apart from wind.
    case stay
  }

  /// The map: rows of characters of equal length, separated by line feeds.
  public var cells = ""
  /// The meaning of the characters.
  public var legend = Legend()
  /// The actions.
  public var moves = Moves.four
  /// The probability that a move slips, in [0, 1].
  public var slip = 0.0
  /// Where a move goes that slips.
  public var slipTo = SlipTarget.sideways
  /// The reward of a move into a cell without a reward of its own.
  public var stepReward = 0.0
  /// γ, in [0, 1].
  public var discount = 1.0
  /// The number of actions after which an episode is truncated; 0 for no limit.
  public var stepLimit = 0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "cells", \.cells, .text("rows of characters, one line each, in a text block"),
      "The map: rows of equal length; states are named r1c1 by row and column, or 1, 2, … on a map of one row.",
      isRequired: true),
    .key(
      "legend", \.legend, .legend,
      "Meaning of characters. Predefined are '.' free, '#' wall, 'S' start, 'G' goal and 'H' hole; goal and hole end an episode."
    ),
    .key("moves", \.moves, .choice, "The actions: left and right, the four neighbours, or all eight."),
    .key(
      "slip", \.slip, .number(.from(0, through: 1)),
      "Probability that a move slips: that it goes elsewhere than intended."),
    .key(
      "slipTo", \.slipTo, .choice,
      "Where a move goes that slips: in the two directions beside the intended one, anywhere, or nowhere."),
    .key(
      "stepReward", \.stepReward, .number(),
      "Reward of a move into a cell without a reward of its own."),
    .key(
      "discount", \.discount, .number(.from(0, through: 1)),
      "γ; with 1, a terminal cell must be reachable from every cell."),
    .key(
      "stepLimit", \.stepLimit, .integer(.from(0, through: Int(Int32.max)), unit: "actions"),
      "Number of actions after which an episode is truncated; 0: no limit."),
  ]

  /// The lines of the map, without spaces and empty lines at their ends.
  private var lines: [[Character]] {
    var lines = cells.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      Array(line.reversed().drop { $0 == " " || $0 == "\r" }.reversed())
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let lines = lines
    let width = lines.first?.count ?? 0
    checks.require(width > 0, at: "cells", found: "an empty first row", allowed: "rows of characters")
    guard width > 0 else { return }
    var counts: [Character: Int] = [:]
    for (row, line) in lines.enumerated() {
      checks.require(
        line.count == width, at: "cells", found: "\(line.count) cells in row \(row + 1)",
        allowed: "\(width), as in row 1")
      for (column, character) in line.enumerated() {
        counts[character, default: 0] += 1
        checks.require(
          legend[character] != nil, at: "cells", found: "'\(character)' in row \(row + 1), column \(column + 1)",
          allowed: "\(legend.kinds.map { "'\($0.character)'" }.joined(separator: ", "))",
          remedy: "Explain it in 'legend'.")
      }
    }
    for entry in legend.kinds {
      guard let target = entry.kind.teleport else { continue }
      let key = "legend.\(entry.character).teleport"
      let count = target.count == 1 ? target.first.flatMap { counts[$0] } ?? 0 : 0
      checks.require(
        count == 1, at: key, found: "'\(target)', which appears on the map \(count) times",
        allowed: "a character that appears there once")
      let kind = target.first.flatMap { legend[$0] }
      checks.require(
        count != 1 || kind.map { !$0.isWall && $0.teleport == nil } ?? true, at: key,
        found: "'\(target)', which is a wall or a teleport itself", allowed: "a free or terminal cell")
    }
    let isFree = lines.joined().contains { character in
      legend[character].map { !$0.isWall && !$0.isTerminal && $0.teleport == nil } ?? false
    }
    checks.require(isFree, at: "cells", found: "no free cell", allowed: "at least one free cell")
    checks.require(
      moves != .two || lines.count == 1, at: "moves", found: "two moves on \(lines.count) rows",
      allowed: "four or eight",
      remedy: "Two moves, left and right, are for worlds of one row.")
  }

  /// The problem of this map, which must have passed `crossChecks`.
  var problem: FiniteProblem {
    let world = CellWorld(lines: lines, legend: legend)
    let layout = CellLayout(
      rows: world.rows, columns: world.columns, characters: world.characters, states: world.states,
      moves: moves.directions)
    var builder = FiniteProblemBuilder(stateNames: world.names, actionNames: moves.names, discount: discount)
    builder.layout = layout
    builder.stepLimit = stepLimit > 0 ? stepLimit : nil

    let directions = moves.directions
    var weights: [(state: Int, weight: Double)] = []
    for cell in world.characters.indices where world.states[cell] >= 0 && !world.kinds[cell].isTerminal {
      let state = Int(world.states[cell])
      let kind = world.kinds[cell]
      weights.append((state, kind.start))
      for action in directions.indices {
        for (move, probability) in outcomes(of: action, count: directions.count, slip: kind.slip ?? slip) {
          let entered = world.destination(from: cell, by: move.map { directions[$0] }, wind: kind)
          builder.add(
            state: state, action: action, nextState: world.stateReached(by: entered), probability: probability,
            reward: world.kinds[entered].reward ?? stepReward)
        }
      }
    }
    let total = weights.reduce(0) { $0 + $1.weight }
    builder.start = weights.compactMap { state, weight in
      if total == 0 { return .init(state: state, probability: 1 / Double(weights.count)) }
      return weight > 0 ? .init(state: state, probability: weight / total) : nil
    }
    return builder.problem()
  }

  /// The moves that may follow from an action, `nil` for none, with their probabilities.
  private func outcomes(of action: Int, count: Int, slip: Double) -> [(move: Int?, probability: Double)] {
    guard slip > 0 else { return [(action, 1)] }
    var outcomes: [(move: Int?, probability: Double)] = slip < 1 ? [(action, 1 - slip)] : []
    switch slipTo {
    case .sideways: outcomes += [((action + count - 1) % count, slip / 2), ((action + 1) % count, slip / 2)]
    case .anywhere: outcomes += (0..<count).map { ($0, slip / Double(count)) }
    case .stay: outcomes.append((nil, slip))
    }
    return outcomes
  }
}

/// The cells of a map with their kinds, and which of them are states.
private struct CellWorld {
  let rows: Int
  let columns: Int
  let characters: [Character]
  let kinds: [CellKind]
  /// −1 for walls and teleports.
  let states: [Int32]
  let names: [String]
  /// The first cell of each character.
  private let places: [Character: Int]

  init(lines: [[Character]], legend: Legend) {
    rows = lines.count
    columns = lines.first?.count ?? 0
    characters = Array(lines.joined())
    kinds = characters.map { character in
      guard let kind = legend[character] else { preconditionFailure("'\(character)' is unknown: a map with problems") }
      return kind
    }
    places = Dictionary(characters.enumerated().map { ($1, $0) }) { first, _ in first }
    var states: [Int32] = []
    var names: [String] = []
    for cell in characters.indices {
      let isState = !kinds[cell].isWall && kinds[cell].teleport == nil
      states.append(isState ? Int32(names.count) : -1)
      if isState { names.append(rows == 1 ? "\(cell + 1)" : "r\(cell / columns + 1)c\(cell % columns + 1)") }
    }
    self.states = states
    self.names = names
  }

  /// The cell in which a move ends, before any teleport.
  func destination(from cell: Int, by move: CellLayout.Move?, wind kind: CellKind) -> Int {
    var cell = cell
    if let move { cell = neighbour(of: cell, move) }
    for (count, push) in [
      (kind.windUp, CellLayout.Move(right: 0, down: -kind.windUp.signum())),
      (kind.windRight, CellLayout.Move(right: kind.windRight.signum(), down: 0)),
    ] {
      for _ in 0..<abs(count) { cell = neighbour(of: cell, push) }
    }
    return cell
  }

  /// The neighbouring cell, or the same cell if the border or a wall is in the way.
  private func neighbour(of cell: Int, _ move: CellLayout.Move) -> Int {
    let (row, column) = (cell / columns + move.down, cell % columns + move.right)
    guard (0..<rows).contains(row), (0..<columns).contains(column) else { return cell }
    let next = row * columns + column
    return kinds[next].isWall ? cell : next
  }

  func stateReached(by cell: Int) -> Int {
    guard let target = kinds[cell].teleport?.first, let place = places[target] else { return Int(states[cell]) }
    return Int(states[place])
  }
}
