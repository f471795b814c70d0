public import PoiseCore

/// What a character of a map stands for.
public struct CellKind: Configurable, Hashable {
  public var isWall = false
  public var isTerminal = false
  public var start = 0.0
  public var reward: Double?
  public var slip: Double?
  public var teleport: String?
  public var windUp = 0
  public var windRight = 0

  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("wall", \.isWall, .boolean, "Whether it cannot be entered: a move against it stays where it was."),
    .key("terminal", \.isTerminal, .boolean, "Whether the episode ends in it: a goal or a hole, as its reward says."),
    .key(
      "start", \.start, .number(.notNegative),
      "How likely episodes start in such a cell, relative to others; without any, every cell is alike."),
    .key(
      "reward", \.reward, .optional(.number()),
      "What entering it earns in place of the map's stepReward; null for that."),
    .key(
      "slip", \.slip, .optional(.number(.from(0, through: 1))),
      "The chance that a move from it slips, in place of the map's; null for that."),
    .key(
      "teleport", \.teleport, .optional(.word("the character of a cell that stands on the map once")),
      "Whoever enters it finds himself in that cell, with the reward of this one; null for none."),
    .key(
      "windUp", \.windUp, .integer(.from(-1000, through: 1000), unit: "cells"),
      "How far every move from it is carried up, negative for down."),
    .key(
      "windRight", \.windRight, .integer(.from(-1000, through: 1000), unit: "cells"),
      "How far every move from it is carried right, negative for left."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let roles = [isWall ? "a wall" : nil, isTerminal ? "terminal" : nil, teleport != nil ? "a teleport" : nil]
      .compactMap { $0 }
    checks.require(roles.count < 2, at: "", found: roles.joined(separator: " and "), allowed: "one of these")
    checks.require(
      start == 0 || roles.isEmpty, at: "start", found: "a start that is \(roles.first ?? "")",
      allowed: "a start on free cells")
  }

  /// `.` free, `#` wall, `S` start, `G` goal, `H` hole; goals and holes differ by the reward that a legend gives them.
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

/// Characters with their meaning, beginning with the usual ones.
public struct Legend: Hashable, Sendable {
  /// In the order of the file, behind the usual ones.
  public var kinds: [Entry] = CellKind.usual.map { Entry(character: $0, kind: $1) }

  public struct Entry: Hashable, Sendable {
    public var character: Character
    public var kind: CellKind
  }

  public init() {}

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
  /// `G: {reward: 1}`: what is said of a usual character adds to what it means.
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
