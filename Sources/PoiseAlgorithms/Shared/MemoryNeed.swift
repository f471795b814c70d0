/// The least memory that a training needs, in bytes, by the settings on which it depends.
///
/// Only memory that grows with a setting and is kept for the whole training is counted, so a training may need somewhat
/// more.
public struct MemoryNeed: Sendable {
  /// Keys of the algorithm's section, each with the bytes that follow from it: floating-point numbers, which do not
  /// overflow.
  public private(set) var parts: [(key: String, bytes: Double)] = []

  /// The sum of all parts, in bytes.
  public var bytes: Double { parts.reduce(0) { $0 + $1.bytes } }

  private static let bytesPerNumber = 4.0
  /// The least that any world takes: a pendulum's has 80 kB, most of it in ODE.
  private static let leastBytesPerWorld = 64e3
  /// The key of the worlds, which `measured` looks for.
  private static let worldsKey = "worlds"

  /// A need of no bytes.
  public init() {}

  /// Environments side by side.
  public private(set) var worlds = 0

  /// Adds the environments, each with the least that one takes; see `measured`.
  public mutating func addWorlds(_ count: Int) {
    worlds += count
    add(Self.worldsKey, bytes: Double(count) * Self.leastBytesPerWorld)
  }

  /// The same with what a world of the task was found to take.
  package func measured(bytesPerWorld: Double) -> Self {
    var need = self
    for i in need.parts.indices where need.parts[i].key.split(separator: ".").last == Self.worldsKey[...] {
      need.parts[i].bytes = Double(worlds) * max(bytesPerWorld, Self.leastBytesPerWorld)
    }
    return need
  }

  /// Adds rows of 4-byte numbers.
  ///
  /// - Parameters:
  ///   - key: the setting on which their number depends.
  ///   - rows: number of rows.
  ///   - numbers: numbers in a row.
  public mutating func add(_ key: String, rows: Int, numbers: Int) {
    add(key, bytes: Double(rows) * Double(numbers) * Self.bytesPerNumber)
  }

  /// Adds a network: weights, Adam's two moments, gradients of the whole batch and of each shard, and the hidden
  /// activations.
  ///
  /// - Parameters:
  ///   - key: the setting of the hidden layers.
  ///   - inputs: floats of an input.
  ///   - hidden: widths of the hidden layers.
  ///   - outputs: floats of an output.
  ///   - shards: parts of a batch, each with its gradients.
  ///   - rows: rows of a batch.
  ///   - copies: how many such networks there are.
  public mutating func addNetwork(
    _ key: String, from inputs: Int, through hidden: [Int], to outputs: Int, shards: Int, rows: Int, copies: Int = 1
  ) {
    let sizes = ([inputs] + hidden + [outputs]).map(Double.init)
    let weights = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    let activations = Double(rows) * hidden.reduce(0) { $0 + Double($1) }
    add(key, bytes: Double(copies) * (weights * Double(4 + shards) + activations) * Self.bytesPerNumber)
  }

  /// Adds bytes that depend on a setting.
  public mutating func add(_ key: String, bytes: Double) { parts.append((key, bytes)) }

  /// The same with another name for a key.
  func renaming(_ key: String, to name: String) -> Self {
    var need = self
    for i in need.parts.indices where need.parts[i].key == key { need.parts[i].key = name }
    return need
  }

  /// The same with the keys of a section.
  func below(_ section: String) -> Self {
    var need = self
    for i in need.parts.indices { need.parts[i].key = "\(section).\(need.parts[i].key)" }
    return need
  }
}
