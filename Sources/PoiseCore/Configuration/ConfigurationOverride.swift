/// A value for one key that replaces the file's, given on the command line: `--set ppo.clipRange=0.1`.
public struct ConfigurationOverride: Hashable, Sendable {
  /// The names of sections, keys and terms, and indices into lists, from 0.
  public var path: [String]
  /// The new value; its location is the option.
  public var value: ConfigurationNode
  /// The option as the user wrote it, for messages.
  public var option: String

  /// Makes an override; the location of the value and all its parts is the option.
  public init(path: [String], value: ConfigurationNode, option: String) {
    self.path = path
    self.option = option
    self.value = value.placed(at: ConfigurationLocation(file: option))
  }

  /// Names in a path, at most: as many as a file may have levels. Each level is a nested call.
  public static let pathLimit = 32

  /// The problem of a path that leads deeper than any configuration; `nil` where there is none.
  public static func problem(ofPath path: [String], option: String) -> Problem? {
    guard path.count > pathLimit else { return nil }
    let beginning = path.prefix(3).map { String($0.prefix(20)) }.joined(separator: ".")
    return Problem(
      file: option.utf8.count > 60 ? "\(option.prefix(60))…" : option,
      found: "a path of \(path.count) names, '\(beginning)…'",
      allowed: "at most \(pathLimit), as no configuration is deeper")
  }
}

extension ConfigurationNode {
  /// Sets the value at its path, and makes the sections on the way. Whether the keys exist is checked when they are
  /// read.
  ///
  /// - Parameters:
  ///   - override: the path and the value.
  ///   - defaults: the default configuration, for lists that the file does not have.
  /// - Throws: `InvalidInput` about the option if the path leads to a value without keys, or to a term that does not
  ///   exist.
  public mutating func apply(_ override: ConfigurationOverride, defaults: ConfigurationNode) throws(InvalidInput) {
    if let problem = ConfigurationOverride.problem(ofPath: override.path, option: override.option) {
      throw InvalidInput(problem)
    }
    try set(override, depth: 0, defaults: defaults)
  }

  private mutating func set(
    _ override: ConfigurationOverride, depth: Int, defaults: ConfigurationNode?
  ) throws(InvalidInput) {
    guard depth < override.path.count else {
      self = override.value
      return
    }
    let name = override.path[depth]
    let here = ConfigurationLocation(file: override.option)
    switch content {
    case .mapping(var entries):
      let index: Int
      let below = defaults?.value(for: name)
      if let found = entries.firstIndex(where: { $0.key == name }) {
        index = found
      } else {
        index = entries.count
        var start = ConfigurationNode(.mapping([]), at: here)
        if let below, case .sequence = below.content { start = below.placed(at: here) }
        entries.append(Entry(name, at: here, start))
      }
      try entries[index].value.set(override, depth: depth + 1, defaults: below)
      if depth + 1 == override.path.count { entries[index].location = here }
      content = .mapping(entries)

    case .sequence(var items):
      if let index = Int(name), items.indices.contains(index) {
        try items[index].set(override, depth: depth + 1, defaults: nil)
      } else {
        let matches = items.indices.filter { items[$0].namedBody?.name == name }
        guard matches.count == 1 else {
          throw InvalidInput(Self.noSuchItem(override, depth: depth, items: items, matches: matches))
        }
        // The name is the key of the item's only entry, or the item itself.
        try items[matches[0]].set(override, depth: depth, defaults: nil)
      }
      content = .sequence(items)

    case .scalar(let scalar):
      // `- tilt` is short for `- tilt: {}`, and a section may be left empty or null.
      if isEmpty || isNull {
        content = .mapping([])
      } else if scalar.text == name {
        content = .mapping([Entry(name, at: location, Self(.mapping([]), at: location))])
      } else {
        let place = override.path[..<depth].joined(separator: ".")
        throw InvalidInput(
          Problem(
            file: override.option, place: override.path.joined(separator: "."),
            found: "\(found) at '\(place)', which has no keys below it", allowed: "a path of keys and list indices"))
      }
      try set(override, depth: depth, defaults: defaults)
    }
  }

  private func value(for key: String) -> ConfigurationNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  private static func noSuchItem(
    _ override: ConfigurationOverride, depth: Int, items: [ConfigurationNode], matches: [Int]
  ) -> Problem {
    let list = override.path[..<depth].joined(separator: ".")
    var names: [String] = []
    for case let name? in items.map({ $0.namedBody?.name }) where !names.contains(name) { names.append(name) }
    let name = override.path[depth]
    let place = override.path.joined(separator: ".")
    if matches.count > 1 {
      let paths = matches.map { quoted("\(list).\($0).\(name)") }.joined(separator: ", ")
      return Problem(
        file: override.option, place: place, found: "\(quoted(name)), which occurs \(matches.count) times in '\(list)'",
        allowed: "a path that names one of them: \(paths)")
    }
    let indices = items.isEmpty ? "no item, since '\(list)' is empty" : "an index from 0 to \(items.count - 1)"
    let isNamed = !items.isEmpty && items.allSatisfy { $0.namedBody != nil }
    return Problem(
      file: override.option, place: place, found: "\(quoted(name)), which is not in '\(list)'",
      allowed: isNamed ? "\(quotedList(names)) or \(indices)" : indices,
      remedy: suggestion(for: name, among: isNamed ? names : []))
  }
}
