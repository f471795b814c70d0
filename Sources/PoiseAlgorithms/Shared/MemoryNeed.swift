/// What a training takes at the least, by the settings that it follows from.
///
/// Only what grows with a setting and lasts is counted, so a training that fits may need somewhat more than this.
public struct MemoryNeed: Sendable {
  /// A key of the algorithm's section, and the bytes that follow from it. As floating-point numbers, which do not overflow.
  public private(set) var parts: [(key: String, bytes: Double)] = []

  /// The sum of all parts.
  public var bytes: Double { parts.reduce(0) { $0 + $1.bytes } }

  private static let bytesPerNumber = 4.0
  /// A pendulum's takes 80 kB, most of it in ODE.
  private static let bytesPerWorld = 64e3

  /// Nothing.
  public init() {}

  /// Adds the environments.
  public mutating func addWorlds(_ count: Int) { add("worlds", bytes: Double(count) * Self.bytesPerWorld) }

  /// Adds rows of 4-byte numbers.
  public mutating func add(_ key: String, rows: Int, numbers: Int) {
    add(key, bytes: Double(rows) * Double(numbers) * Self.bytesPerNumber)
  }

  /// Adds a network: weights, Adam's two moments and the gradients, those of each shard too; for each row what the hidden layers
  /// gave.
  public mutating func addNetwork(
    _ key: String, from inputs: Int, through hidden: [Int], to outputs: Int, shards: Int, rows: Int, copies: Int = 1
  ) {
    let sizes = ([inputs] + hidden + [outputs]).map(Double.init)
    let weights = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    let activations = Double(rows) * hidden.reduce(0) { $0 + Double($1) }
    add(key, bytes: Double(copies) * (weights * Double(4 + shards) + activations) * Self.bytesPerNumber)
  }

  /// Adds bytes that follow from a key.
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
