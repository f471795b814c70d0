/// The purpose of a random stream. A new purpose gets a new number, so that it never changes the other streams.
public enum RandomPurpose: UInt16, Sendable, Codable, CaseIterable {
  /// Initial weights of networks.
  case weights = 1
  /// Actions during training; the index is the environment.
  case exploration = 2
  /// Resets, disturbances and sensor noise; the index is the environment.
  case environment = 3
  /// The order in which samples of a rollout form minibatches.
  case minibatches = 4
  /// Episodes of an evaluation; the index is the episode.
  case evaluation = 5
  /// The order of constraints in the iterative solver.
  case physicsSolver = 6
  /// Actions of the baseline `random`; the index is the episode.
  case controller = 7
  /// Which transitions of the replay buffer form a batch.
  case replaySampling = 8
  /// Bootstrap resamples of confidence intervals.
  case statistics = 9
  /// Inputs of tests and benchmarks.
  case testing = 10
  /// Noise on the actions of the target policy (TD3); the index is the shard of the batch.
  case targetPolicyNoise = 11
  /// Where the groups of a rollout start; the index is the group.
  case groupStarts = 12
  /// How long the rollouts of actor-learners take (A3C).
  case learnerDelays = 13
  /// Actions that SAC's losses sample; the index is the shard of the batch.
  case policySamples = 17
  /// Settings that a sweep tries; the index is the candidate.
  case search = 20
  /// Random states in which a mirror symmetry is checked.
  case mirrorProbes = 21
  /// Variations of plans, and the random numbers that a planner imagines.
  case planning = 30
  /// Trials by which a controller is designed.
  case controlDesign = 31
}

/// A counter-based stream of random numbers: one per purpose and index, all independent, all from one root seed.
///
/// Philox4x32-10: block n of a stream is a keyed bijection of n, so streams cannot overlap and a state is a few integers.
/// Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", section 3.3.
/// The key is the root seed; the counter's upper half holds purpose and index, its lower half counts blocks.
public struct RandomStream: RandomNumberGenerator, Hashable, Sendable, Codable {
  @usableFromInline let key: UInt64
  @usableFromInline let stream: UInt64
  @usableFromInline var block: UInt64 = 0
  /// The second half of the current block, if it has not been used yet.
  @usableFromInline var spare: UInt64?

  /// The beginning of a stream.
  ///
  /// - Parameters:
  ///   - seed: the root seed of the run.
  ///   - purpose: what the numbers are for.
  ///   - index: the index of the stream among those of this purpose (environment, episode, layer …), below 2⁴⁸.
  public init(seed: UInt64, purpose: RandomPurpose, index: Int = 0) {
    precondition(index >= 0 && index < 1 << 48, "stream index must lie in 0 ..< 2^48, got \(index)")
    key = seed
    stream = UInt64(purpose.rawValue) << 48 | UInt64(index)
  }

  @inlinable public mutating func next() -> UInt64 {
    if let second = spare {
      spare = nil
      return second
    }
    let (first, second) = philox4x32(key: key, counterLow: block, counterHigh: stream)
    block &+= 1
    spare = second
    return first
  }

  /// A uniform number in [0, 1) with 53 random bits.
  @inlinable public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform number in [`range.lowerBound`, `range.upperBound`]; the bounds may be equal.
  @inlinable public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A uniform integer in 0 ..< `count`, with a bias below `count` / 2⁶⁴: multiply–shift on 64 bits.
  @inlinable public mutating func index(below count: Int) -> Int {
    precondition(count > 0, "cannot draw an index below \(count)")
    return Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }
}

/// One block of Philox4x32-10: 128 bits of counter, keyed by 64, to 128 random bits.
@inlinable
func philox4x32(key: UInt64, counterLow: UInt64, counterHigh: UInt64) -> (UInt64, UInt64) {
  var k0 = UInt32(truncatingIfNeeded: key)
  var k1 = UInt32(truncatingIfNeeded: key >> 32)
  var c0 = UInt32(truncatingIfNeeded: counterLow)
  var c1 = UInt32(truncatingIfNeeded: counterLow >> 32)
  var c2 = UInt32(truncatingIfNeeded: counterHigh)
  var c3 = UInt32(truncatingIfNeeded: counterHigh >> 32)
  for _ in 0..<10 {
    let p0 = UInt64(c0) &* 0xD251_1F53
    let p1 = UInt64(c2) &* 0xCD9E_8D57
    (c0, c1, c2, c3) = (
      UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
      UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
    )
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return (UInt64(c1) << 32 | UInt64(c0), UInt64(c3) << 32 | UInt64(c2))
}
