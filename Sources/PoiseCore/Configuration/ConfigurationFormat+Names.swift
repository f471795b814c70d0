/// A value with a name that a person chose: `left: [-10]`.
public struct NamedValue<Value: Hashable & Sendable>: Hashable, Sendable {
  /// As it was written.
  public var name: String
  /// The value after the name.
  public var value: Value

  /// A value with its name.
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

extension ConfigurationFormat {
  /// Values by names that a person chooses, each name once, in the order in which they were written.
  ///
  /// - Parameters:
  ///   - format: how each value is written.
  ///   - name: what the names are, for messages and the schema: `action`.
  ///   - count: how many there may be.
  public static func named<Element>(
    _ format: ConfigurationFormat<Element>, by name: String, count: ClosedRange<Int> = 0...Int.max
  ) -> Self where Value == [NamedValue<Element>] {
    let phrase = "names of your choice, each with \(format.phrase)"
    let counts = countPhrase(count)
    return Self(
      typeName: "\(format.typeName) by \(name)", unit: format.unit,
      allowed: counts.isEmpty ? format.allowed : "\(counts) names",
      phrase: phrase,
      read: { node, _, reader in
        guard let entries = node.entries else {
          reader.report(node, allowed: phrase)
          return nil
        }
        guard count.contains(entries.count) else {
          reader.report(node, allowed: "\(counts) names, each with \(format.phrase)")
          return nil
        }
        var values: [NamedValue<Element>] = []
        var first: [String: ConfigurationLocation] = [:]
        for entry in entries {
          if let first = first[entry.key] {
            reader.reportDuplicate(entry, first: first)
            continue
          }
          first[entry.key] = entry.location
          reader.descend(into: entry.key, at: entry.location) { reader in
            if let value = format.read(entry.value, nil, &reader) { values.append(NamedValue(entry.key, value)) }
          }
        }
        return values.count == entries.count ? values : nil
      },
      write: { .mapping($0.map { ($0.name, format.write($0.value)) }) },
      children: { _, path in format.children(nil, "\(path).NAME") })
  }
}
