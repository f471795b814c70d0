/// A configuration that has been read and checked, and the places of its keys.
public struct Configured<Value: Configurable>: Sendable {
  /// The configuration.
  public var value: Value
  /// The place of each of its keys, for problems that a later stage finds.
  public let source: ConfigurationSource

  /// Reads a tree.
  ///
  /// - Parameters:
  ///   - node: the whole configuration; its location names the file.
  ///   - earlier: problems found before, which are reported together with those found now.
  /// - Throws: `InvalidInput` with every problem at once, in the order of the file.
  public init(reading node: ConfigurationNode, earlier: [Problem] = []) throws(InvalidInput) {
    var reader = ConfigurationReader(schemaPaths: { ConfigurationSchema(of: Value.self).entries.map(\.path) })
    // A missing key of the whole file has no line.
    var root = node
    root.renameFormerKeys(of: Value.self)
    root.location.line = nil
    let read = Value.read(root, startingFrom: Value(), &reader)
    source = ConfigurationSource(file: node.location.file, locations: reader.locations)
    let problems = source.sorted(earlier + reader.problems)
    guard let read, problems.isEmpty else { throw InvalidInput(problems) }
    value = read
  }

  /// Reads the valid part of a tree that has problems: faulty keys keep their defaults, and keys that contradict one another
  /// keep their values.
  ///
  /// Later stages look for their own problems in it, so that the user sees all problems together. It must never be used
  /// as the configuration.
  public init?(whatIsGoodIn node: ConfigurationNode) {
    var reader = ConfigurationReader(keepsWhatIsGood: true, schemaPaths: { [] })
    var node = node
    node.renameFormerKeys(of: Value.self)
    guard let read = Value.read(node, startingFrom: Value(), &reader) else { return nil }
    source = ConfigurationSource(file: node.location.file, locations: reader.locations)
    value = read
  }
}
