public import PoiseCore

/// The kind of cell that a character of a map means.
public struct CellKind: Configurable, Hashable {
  /// Whether the cell cannot be entered.
  public var isWall = false
  /// Whether an episode ends in the cell.
  public var isTerminal = false
  /// The relative probability that an episode starts in such a cell; if it is 0 for all cells, all free cells are
  /// equally likely.
  public var start = 0.0
  /// The reward for entering the cell; `nil` for the map's `stepReward`.
  public var reward: Double?
  /// The probability that a move from the cell slips, in [0, 1]; `nil` for the map's.
  public var slip: Double?
  /// The character of the cell to which this one teleports; `nil` for none.
  public var teleport: String?
  /// The number of cells by which the wind carries every move from the cell up; negative for down.
  public var windUp = 0
  /// The number of cells by which the wind carries every move from the cell right; negative for left.
  public var windRight = 0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("wall", \.isWall, .boolean, "Whether it cannot be entered: a move against it stays in its cell."),
    .key("terminal", \.isTerminal, .boolean, "Whether the episode ends in it, as in a goal or a hole."),
    .key(
      "start", \.start, .number(.notNegative),
      "Relative probability that an episode starts in such a cell; if all are 0, all free cells are equally likely."),
    .key(
      "reward", \.reward, .optional(.number()),
      "Reward for entering it; null: the map's stepReward."),
    .key(
      "slip", \.slip, .optional(.number(.from(0, through: 1))),
      "Probability that a move from it slips; null: the map's slip."),
    .key(
      "teleport", \.teleport, .optional(.word("the character of a cell that appears on the map once")),
      "Entering it leads to that cell at once, with the reward of this one; null: no teleport."),
    .key(
      "windUp", \.windUp, .integer(.from(-1000, through: 1000), unit: "cells"),
      "Wind: number of cells by which every move from it is carried up; negative: down."),
    .key(
      "windRight", \.windRight, .integer(.from(-1000, through: 1000), unit: "cells"),
      "Wind: number of cells by which every move from it is carried right; negative: left."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let roles = [isWall ? "a wall" : nil, isTerminal ? "terminal" : nil, teleport != nil ? "a teleport" : nil]
      .compactMap { $0 }
    checks.require(roles.count < 2, at: "", found: roles.joined(separator: " and "), allowed: "one of these")
    checks.require(
      start == 0 || roles.isEmpty, at: "start", found: "a start that is \(roles.first ?? "")",
      allowed: "a start on free cells")
  }

  /// The predefined characters: `.` free, `#` wall, `S` start, `G` goal, `H` hole. Goals and holes differ only by their
  /// rewards in the legend.
  static let usual: [(Character, CellKind)] = {
    var wall = CellKind()
    wall.isWall = true
    var start = CellKind()
    start.start = 1
    var end = CellKind()
    end.isTerminal = true
    return [(".", CellKind()), ("#", wall), ("S", start), ("G", end), ("H", end)]
  }()
}

/// The characters of a map with their kinds, the predefined ones included.
public struct Legend: Hashable, Sendable {
  /// The predefined characters, then those of the file in its order.
  public var kinds: [Entry] = CellKind.usual.map { Entry(character: $0, kind: $1) }

  /// A character with its kind.
  public struct Entry: Hashable, Sendable {
    /// The character on the map.
    public var character: Character
    /// The kind of cell that it means.
    public var kind: CellKind
  }

  /// The predefined characters alone.
  public init() {}

  /// The kind of a character; `nil` if it has no meaning. Setting `nil` removes it.
  public subscript(character: Character) -> CellKind? {
    get { kinds.first { $0.character == character }?.kind }
    set {
      let index = kinds.firstIndex { $0.character == character }
      switch (index, newValue) {
      case (let index?, let kind?): kinds[index].kind = kind
      case (let index?, nil): kinds.remove(at: index)
      case (nil, let kind?): kinds.append(Entry(character: character, kind: kind))
      case (nil, nil): break
      }
    }
  }
}

extension ConfigurationFormat where Value == Legend {
  /// The format of a legend, `G: {reward: 1}`; keys of a predefined character change its predefined kind.
  static var legend: Self {
    let section = ConfigurationFormat<CellKind>.section
    let phrase = "a section, each key one character of the map"
    return Self(
      typeName: "section", allowed: "character: {…}", phrase: phrase,
      read: { node, current, reader in
        var legend = current ?? Legend()
        guard case .mapping(let entries) = node.content else {
          reader.report(node, allowed: phrase)
          return nil
        }
        var isGood = true
        var seen: Set<Character> = []
        for entry in entries {
          guard let character = entry.key.first, entry.key.count == 1 else {
            reader.report(at: entry.location, found: "the key '\(entry.key)'", allowed: "one character of the map")
            isGood = false
            continue
          }
          reader.descend(into: entry.key, at: entry.location) { reader in
            guard seen.insert(character).inserted else {
              reader.report(at: entry.location, found: "the key for the second time", allowed: "each key once")
              isGood = false
              return
            }
            guard let kind = section.read(entry.value, legend[character], &reader) else {
              isGood = false
              return
            }
            legend[character] = kind
          }
        }
        return isGood ? legend : nil
      },
      write: { .mapping($0.kinds.map { (String($0.character), section.write($0.kind)) }) },
      summary: { $0.kinds.map { String($0.character) }.joined(separator: " ") },
      children: { _, path in section.children(nil, "\(path).N") })
  }
}
