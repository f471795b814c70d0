/// Where the states of a world of cells lie, for drawings.
public struct CellLayout: Hashable, Sendable {
  public let rows: Int
  public let columns: Int
  /// The character of each cell as the map draws it, row after row, [rows · columns].
  public let characters: [Character]
  /// The state of each cell, −1 for walls and cells that only pass on, [rows · columns].
  public let states: [Int32]
  /// For each action the way that it points, in columns to the right and rows down.
  public let moves: [Move]

  /// A step from one cell to a neighbour: columns to the right, rows down.
  public struct Move: Hashable, Sendable {
    public var right: Int
    public var down: Int

    public init(right: Int, down: Int) {
      self.right = right
      self.down = down
    }

    /// `↑`, `→`, `↓`, `←` or one of the diagonals.
    public var arrow: String {
      switch (right.signum(), down.signum()) {
      case (0, -1): "↑"
      case (1, -1): "↗"
      case (1, 0): "→"
      case (1, 1): "↘"
      case (0, 1): "↓"
      case (-1, 1): "↙"
      case (-1, 0): "←"
      case (-1, -1): "↖"
      default: "·"
      }
    }
  }

  public init(rows: Int, columns: Int, characters: [Character], states: [Int32], moves: [Move]) {
    precondition(characters.count == rows * columns && states.count == rows * columns, "\(rows) × \(columns) cells")
    self.rows = rows
    self.columns = columns
    self.characters = characters
    self.states = states
    self.moves = moves
  }
}
