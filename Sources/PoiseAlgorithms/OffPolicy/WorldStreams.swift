import PoiseCore

/// The exploration of learners that explore with independent random numbers: one stream for each world.
public struct WorldStreams: Codable, Hashable, Sendable {
  /// One stream for each world of a block, [worlds].
  var random: [RandomStream]

  /// The beginning of the streams of some worlds.
  ///
  /// - Parameters:
  ///   - worlds: the indices of these worlds among all.
  ///   - seed: the root seed of the run.
  init(worlds: Range<Int>, seed: UInt64) {
    random = worlds.map { RandomStream(seed: seed, purpose: .exploration, index: $0) }
  }

  /// Whether a value read from a file belongs to as many worlds.
  func accepts(_ other: Self) -> Bool { other.random.count == random.count }
}
