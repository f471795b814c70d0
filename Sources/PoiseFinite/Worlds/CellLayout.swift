/// Where the states of a world of cells lie, for drawings.
public struct CellLayout: Hashable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The character of each cell as the map draws it, row after row, [rows · columns].
  public let characters: [Character]
  /// The state of each cell, −1 for walls and teleports, [rows · columns].
  public let states: [Int32]
  /// The direction of each action, [actions].
  public let moves: [Move]

  /// A step from one cell to a neighbour: columns to the right, rows down.
  public struct Move: Hashable, Sendable {
    /// Columns to the right; negative for left.
    public var right: Int
    /// Rows down; negative for up.
    public var down: Int

    /// Makes a move; parameters are as the properties.
    public init(right: Int, down: Int) {
      self.right = right
      self.down = down
    }

    /// An arrow in the direction of the move, `↑`, `→`, `↓`, `←` or a diagonal; `·` for no move.
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

  /// Makes a layout; parameters are as the properties.
  public init(rows: Int, columns: Int, characters: [Character], states: [Int32], moves: [Move]) {
    precondition(characters.count == rows * columns && states.count == rows * columns, "\(rows) × \(columns) cells")
    self.rows = rows
    self.columns = columns
    self.characters = characters
    self.states = states
    self.moves = moves
  }
}
