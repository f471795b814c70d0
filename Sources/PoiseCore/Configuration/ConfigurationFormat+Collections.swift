extension ConfigurationFormat {
  /// A value, or `null` for none.
  public static func optional<Wrapped>(_ format: ConfigurationFormat<Wrapped>) -> Self where Value == Wrapped? {
    let phrase = "\(format.phrase), or null"
    return Self(
      typeName: "\(format.typeName) or null", unit: format.unit, allowed: format.allowed, phrase: phrase,
      read: { node, current, reader in
        if node.isNull { return .some(nil) }
        // A key without a value could mean either.
        if node.isEmpty {
          reader.report(node, allowed: phrase, remedy: "Write null for none.")
          return nil
        }
        return format.read(node, current ?? nil, &reader).map { .some($0) }
      },
      write: { $0.map(format.write) ?? .null },
      summary: { $0.map(format.summary) ?? "null" },
      children: { format.children($0 ?? nil, $1) })
  }

  /// A list of values in brackets or with dashes.
  ///
  /// - Parameters:
  ///   - format: how each value is written.
  ///   - count: how many there may be.
  public static func list<Element>(
    of format: ConfigurationFormat<Element>, count: ClosedRange<Int> = 0...Int.max
  ) -> Self where Value == [Element] {
    let phrase = "a list, each value \(format.phrase)"
    let counts = countPhrase(count)
    return Self(
      typeName: "list of \(plural(format.typeName))", unit: format.unit,
      allowed: [counts.isEmpty ? "" : "\(counts) values", format.allowed].filter { !$0.isEmpty }.joined(
        separator: ", each "),
      phrase: phrase,
      read: { node, _, reader in
        guard case .sequence(let items) = node.content else {
          reader.report(node, allowed: phrase, remedy: node.scalar?.text.isEmpty == false ? "Put it in brackets." : "")
          return nil
        }
        guard count.contains(items.count) else {
          reader.report(node, allowed: "a list of \(counts) values")
          return nil
        }
        var elements: [Element] = []
        for (index, item) in items.enumerated() {
          reader.descend(into: "\(index)", at: item.location) { reader in
            if let element = format.read(item, nil, &reader) { elements.append(element) }
          }
        }
        return elements.count == items.count ? elements : nil
      },
      write: { .sequence($0.map(format.write)) },
      summary: { "[" + $0.map(format.summary).joined(separator: ", ") + "]" },
      children: { _, path in format.children(nil, "\(path).N") })
  }
}

/// `exactly 3`, `at least 1`, `1 to 8`, or nothing if any number will do.
func countPhrase(_ count: ClosedRange<Int>) -> String {
  if count.lowerBound == count.upperBound { return "exactly \(count.lowerBound)" }
  if count.upperBound < Int.max { return "\(count.lowerBound) to \(count.upperBound)" }
  return count.lowerBound > 0 ? "at least \(count.lowerBound)" : ""
}

/// `numbers`, `lists of numbers`; what is not a plain word stays as it is.
private func plural(_ typeName: String) -> String {
  if typeName.hasPrefix("list of ") { return "lists" + typeName.dropFirst(4) }
  return typeName.allSatisfy(\.isLetter) ? "\(typeName)s" : typeName
}

extension ConfigurationFormat where Value: Configurable {
  /// A mapping with the keys of another configurable type. Keys that are left out keep their default values.
  public static var section: Self {
    Self(
      typeName: "section", phrase: "a section of keys with their values",
      read: { node, current, reader in Value.read(node, startingFrom: current ?? Value(), &reader) },
      write: { $0.written },
      summary: { _ in "" },
      children: { value, path in Value.schemaEntries(defaults: value ?? Value(), prefix: "\(path).") })
  }
}

extension Configurable {
  /// Overlays a mapping on `value`; reports every problem inside and returns `nil` if a key got no value, or with
  /// `keepsWhatIsGood` the value without the faulty keys. Keys that contradict one another are reported and keep
  /// their values.
  static func read(_ node: ConfigurationNode, startingFrom value: Self, _ reader: inout ConfigurationReader) -> Self? {
    let faultsBefore = reader.faultCount
    guard let entries = node.entries else {
      // `learningRate: 0.001` means the number that the section begins with.
      let isNumber = node.scalar != nil && Self.keys.contains { $0.name == "initial" }
      let remedy = isNumber ? "Did you mean '\(reader.path).initial'?" : ""
      reader.report(node, allowed: "a section of keys with their values", remedy: remedy)
      return nil
    }
    var value = value
    var firstLocations: [String: ConfigurationLocation] = [:]
    let keys = keys
    let known = Dictionary(keys.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    lazy var knownKeys = KnownKeys(keys.map(\.name))
    for entry in entries {
      if let first = firstLocations[entry.key] {
        reader.reportDuplicate(entry, first: first)
        continue
      }
      firstLocations[entry.key] = entry.location
      guard let key = known[entry.key] else {
        reader.reportUnknown(entry, known: knownKeys)
        continue
      }
      reader.descend(into: entry.key, at: entry.location) { key.read(entry.value, &value, &$0) }
    }
    for key in keys where key.isRequired && firstLocations[key.name] == nil {
      reader.descend(into: key.name, at: nil) {
        $0.report(
          at: node.location, found: "nothing", allowed: key.phrase,
          remedy: "Add the key '\(key.name)'; it has no default.")
      }
    }
    guard reader.faultCount == faultsBefore else { return reader.keepsWhatIsGood ? value : nil }
    var checks = ConfigurationChecks(reader: reader, fallback: node.location)
    value.crossChecks(&checks)
    reader = checks.reader
    return value
  }

  /// Every key with its value, defaults included.
  public var written: ConfigurationNode { .mapping(Self.keys.map { ($0.name, $0.write(self)) }) }

  static func schemaEntries(defaults: Self, prefix: String) -> [ConfigurationSchema.Entry] {
    keys.flatMap { $0.schema(defaults, prefix + $0.name) }
  }
}
