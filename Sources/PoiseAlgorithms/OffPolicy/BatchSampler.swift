internal import Foundation  // pow
import PoiseCore
import PoiseNetworks

/// Draws the batches of a learner from a replay buffer: all transitions alike, or by priority.
///
///     P(i) = pᵢ^α / Σₖ pₖ^α,   pᵢ = |δᵢ| + ε
///     wᵢ = (N · P(i))^−β / maxⱼ wⱼ
///
/// δᵢ is the error of the critic when the transition was drawn last; a new one has the largest priority so far. The batch is stratified: one
/// draw from each of as many equal parts of the sum. N is the number of transitions; the maximum is that of the batch.
///
/// Source: Schaul et al. 2016, "Prioritized Experience Replay", eq. 1, section 3.4 and algorithm 1.
struct BatchSampler: Sendable {
  private let settings: PrioritySettings?
  /// The stream that is drawn from.
  private(set) var random: RandomStream
  /// The transitions of the batch, by their index in the buffer, [batch].
  private(set) var indices: [Int]
  /// wᵢ, [batch]; empty where all are drawn alike.
  private(set) var weights: AlignedVector<Float>
  /// pᵢ^α by index in the buffer, 0 where there is no transition; made with the first draw.
  private var tree: PriorityTree?
  /// Slots with numbers below this have their priority.
  private var seen = 0
  /// The largest priority so far.
  private var largest = 1.0

  /// - Parameters:
  ///   - settings: the size of a batch, and how priorities work.
  ///   - random: a stream of purpose `.replaySampling`.
  init(_ settings: OffPolicySettings, random: RandomStream) {
    self.settings = settings.prioritization
    self.random = random
    indices = Array(repeating: 0, count: settings.batchSize)
    weights = AlignedVector(zeros: settings.prioritization == nil ? 0 : settings.batchSize)
  }

  /// Draws a batch.
  ///
  /// - Parameters:
  ///   - buffer: with at least one transition; always the same one.
  ///   - update: the number of the update, from 1, for β.
  mutating func draw(from buffer: borrowing ReplayBuffer, update: Int) {
    guard let settings else { return buffer.sample(into: &indices, using: &random) }
    notice(buffer, settings)
    guard let tree else { return }
    let part = tree.total / Double(indices.count)
    let (count, β) = (Double(buffer.transitionCount), settings.correction(at: update))
    var greatest: Float = 0
    for i in indices.indices {
      indices[i] = tree.element(at: (Double(i) + random.uniform()) * part)
      weights[i] = Float(pow(count * tree[indices[i]] / tree.total, -β))
      greatest = max(greatest, weights[i])
    }
    for i in indices.indices { weights[i] /= greatest }
  }

  /// Gives new transitions their priority, and takes it from slots that were overwritten.
  private mutating func notice(_ buffer: borrowing ReplayBuffer, _ settings: PrioritySettings) {
    // A learner that begins with what another has learned knows nothing of this buffer.
    if tree?.count != buffer.capacity || seen > buffer.settled {
      tree = PriorityTree(count: buffer.capacity)
      seen = 0
    }
    let priority = pow(largest, settings.exponent)
    for number in max(seen, buffer.oldest)..<max(seen, buffer.written) {
      let index = number % buffer.capacity
      tree?[index] = buffer.hasTransition(at: index) ? priority : 0
    }
    seen = buffer.settled
  }

  /// Takes the errors of the batch, |δᵢ| of each row, for the priorities of the next draws.
  mutating func learn<Shard: TransitionShard>(from shards: [Shard]) {
    guard let settings else { return }
    for s in shards.indices {
      for (i, row) in shards[s].rows.enumerated() {
        let error = Double(shards[s].batch.errors[i])
        // An error that is not finite belongs to an update that was refused.
        guard error.isFinite else { continue }
        let priority = error + settings.leastPriority
        largest = max(largest, priority)
        tree?[indices[row]] = pow(priority, settings.exponent)
      }
    }
  }

  /// P(i) of a transition by its index in the buffer, for tests.
  func probability(of index: Int) -> Double { tree.map { $0[index] / $0.total } ?? 0 }

  // MARK: Saving and restoring

  /// What the next draws depend on besides the buffer, the stream and the priorities.
  struct Priorities: Codable {
    var seen: Int
    var largest: Double

    var isPossible: Bool { seen.isPossibleCount && largest.isFinite && largest >= 1 }
  }

  /// For a checkpoint; `nil` where all are drawn alike.
  var priorities: Priorities? { settings == nil ? nil : Priorities(seen: seen, largest: largest) }

  /// The tensor `replay.priorities`, [capacity], once there are some.
  func tensors() -> [String: Tensor] {
    tree.map { ["replay.priorities": Tensor($0.values, shape: [$0.count])] } ?? [:]
  }

  /// Restores what a checkpoint has, exact to the bit.
  mutating func restore(_ random: RandomStream, _ priorities: Priorities?, _ tensors: [String: Tensor]) {
    self.random = random
    guard settings != nil else { return }
    (seen, largest) = (priorities?.seen ?? 0, priorities?.largest ?? 1)
    let values = tensors["replay.priorities"]?.doubles ?? []
    // Without priorities, or with damaged ones, all begin anew with the largest.
    tree = values.isEmpty || !values.allSatisfy { $0.isFinite && $0 >= 0 } ? nil : PriorityTree(values)
  }
}

/// A shard whose batch consists of transitions of a replay buffer.
protocol TransitionShard: BatchShard {
  /// Its transitions.
  var batch: TransitionRows { get }
}
