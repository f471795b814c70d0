import PoiseCore

/// A table of nested names with values at the last level, in the order of the file: `x1: {1: {x2: [0.7, 1]}}`.
public struct NestedTable<Value: Hashable & Sendable>: Hashable, Sendable {
  /// A name with a value at the last level, or with further names at the levels above.
  public struct Entry: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The value at the last level; `nil` at the levels above.
    public var value: Value?
    /// The entries below this name; empty at the last level.
    public var children: [Entry] = []
  }

  /// The entries of the first level.
  public var children: [Entry]

  /// Makes a table of the entries of its first level.
  public init(_ children: [Entry] = []) { self.children = children }
}

extension ConfigurationFormat {
  /// The format of nested mappings with free names, one level for each element of `levels`.
  ///
  /// - Parameters:
  ///   - levels: what the names of each level are, with an article: `a state`.
  ///   - format: the format of the values at the last level.
  ///   - share: the value of each name if the file has a name alone or a list of so many names; `nil` if it may not.
  static func table<Element: Hashable & Sendable>(
    levels: [String], of format: ConfigurationFormat<Element>, names share: (@Sendable (_ count: Int) -> Element)? = nil
  ) -> Self where Value == NestedTable<Element> {
    let words = levels.map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
    let shape = words.joined(separator: ": ") + ": " + format.typeName
    let phrase = "a section '\(shape)'\(share == nil ? "" : ", or names alone")"
    let name = ConfigurationFormat<String>.word(levels[0])
    @Sendable func read(
      _ node: ConfigurationNode, level: Int, _ reader: inout ConfigurationReader
    ) -> [NestedTable<Element>.Entry]? {
      if level == 0, let share {
        let items: [ConfigurationNode]? =
          switch node.content {
          case .sequence(let items): items
          case .scalar(let scalar): scalar.text.isEmpty ? nil : [node]
          case .mapping: nil
          }
        if let items, !items.isEmpty {
          let names = items.compactMap { name.read($0, nil, &reader) }
          return names.count == items.count ? names.map { .init(name: $0, value: share(names.count)) } : nil
        }
      }
      guard case .mapping(let entries) = node.content, !(entries.isEmpty && level > 0) else {
        reader.report(node, allowed: level == 0 ? phrase : "a section, each key \(levels[level])")
        return nil
      }
      var result: [NestedTable<Element>.Entry] = []
      var first: [String: ConfigurationLocation] = [:]
      for entry in entries {
        reader.descend(into: entry.key, at: entry.location) { reader in
          if let earlier = first[entry.key] {
            reader.report(
              at: entry.location,
              found: "the key for the second time\(earlier.line.map { ", first in line \($0)" } ?? "")",
              allowed: "each key once", remedy: "Remove one of them.")
            return
          }
          first[entry.key] = entry.location
          if level + 1 == levels.count {
            if let value = format.read(entry.value, nil, &reader) {
              result.append(.init(name: entry.key, value: value))
            }
          } else if let below = read(entry.value, level: level + 1, &reader) {
            result.append(.init(name: entry.key, value: nil, children: below))
          }
        }
      }
      return result.count == entries.count ? result : nil
    }
    @Sendable func write(_ entries: [NestedTable<Element>.Entry]) -> ConfigurationNode {
      .mapping(entries.map { ($0.name, $0.value.map(format.write) ?? write($0.children)) })
    }
    return Self(
      typeName: "section", allowed: shape, phrase: phrase,
      read: { node, _, reader in read(node, level: 0, &reader).map { NestedTable($0) } },
      write: { write($0.children) },
      summary: { $0.children.isEmpty ? "{}" : write($0.children).flowText })
  }
}

extension ConfigurationFormat where Value == String {
  /// The format of a name, which may look like a number: states and actions are often called 1 and 2.
  static func word(_ phrase: String) -> Self {
    var format = Self.text(phrase)
    // Quoted only where it has to be.
    format.write = { name in
      Int(name).map { "\($0)" } == name ? .plain(name) : .text(name)
    }
    return format
  }
}
