import PoiseCore
import PoiseEnvironments
import PoiseNetworks

/// A rollout of all blocks as one batch, faulted steps left out, in order of block, time and world.
///
/// Nothing is allocated after `init`, except when the number of faulted steps changes.
struct RolloutBatch: Sendable {
  /// Rows.
  private(set) var count = 0
  /// As the networks took them, [rows, observations].
  private(set) var observations: AlignedVector<Float>
  /// The next observation of each row, or the row's own where an episode ended; empty if they are not kept.
  private(set) var nextObservations: AlignedVector<Float>
  /// Samples, [rows, actions].
  private(set) var actions: AlignedVector<Float>
  /// Outputs of the old policy's network, [rows, outputs].
  private(set) var outputs: AlignedVector<Float>
  /// The old log σ, [actions]; empty for a distribution without σ.
  private(set) var logDeviations: AlignedVector<Float>
  /// log π_old(aₜ|oₜ), V_old(oₜ), Âₜ, and what V should have been, Rₜ, for GAE Âₜ + V_old(oₜ) before Âₜ is normalised, [rows].
  private(set) var logProbabilities, values, advantages, returns: [Float]
  /// Worlds of the rollout: its episodes, where it is one of episodes.
  private(set) var worlds = 0
  /// The rows in the order in which an epoch meets them.
  private(set) var order: [Int]

  /// - Parameters:
  ///   - capacity: the largest number of rows.
  ///   - keepsNextObservations: whether `nextObservations` are needed.
  init(_ model: ActorCritic, capacity: Int, keepsNextObservations: Bool) {
    let zeros = [Float](repeating: 0, count: capacity)
    observations = AlignedVector(zeros: capacity * model.observationCount)
    nextObservations = AlignedVector(zeros: keepsNextObservations ? capacity * model.observationCount : 0)
    actions = AlignedVector(zeros: capacity * model.actionCount)
    outputs = AlignedVector(zeros: capacity * model.actor.outputCount)
    logDeviations = AlignedVector(zeros: model.actor.logDeviations.count)
    (logProbabilities, values, advantages, returns) = (zeros, zeros, zeros, zeros)
    order = Array(0..<capacity)
  }

  /// Copies a rollout.
  mutating func gather(_ rollout: [RolloutSegment], _ model: ActorCritic) {
    let (o, a, n) = (model.observationCount, model.actionCount, model.actor.outputCount)
    var row = 0
    worlds = 0
    for segment in rollout {
      worlds += segment.worlds
      for k in 0..<segment.worlds * segment.step where segment.isUsed[k] {
        observations.copyElements(k * o..<(k + 1) * o, of: segment.observations, to: row * o)
        actions.copyElements(k * a..<(k + 1) * a, of: segment.actions, to: row * a)
        outputs.copyElements(k * n..<(k + 1) * n, of: segment.outputs, to: row * n)
        if nextObservations.count > 0 {
          let next = segment.endings[k] == .running ? k + segment.worlds : k
          nextObservations.copyElements(next * o..<(next + 1) * o, of: segment.observations, to: row * o)
        }
        logProbabilities[row] = segment.logProbabilities[k]
        values[row] = segment.values[k]
        advantages[row] = segment.advantages[k]
        returns[row] = segment.targets[k]
        row += 1
      }
    }
    count = row
    if order.count != row { order = Array(repeating: 0, count: row) }
    for i in 0..<row { order[i] = i }
    logDeviations = model.actor.logDeviations(in: model.parameters)
  }

  /// Share of the action elements that are at ±1 or beyond.
  func saturation(actions a: Int) -> Double {
    var saturated = 0
    for k in 0..<count * a where abs(actions[k]) >= 1 { saturated += 1 }
    return Double(saturated) / Double(max(1, count * a))
  }

  /// Mean and variance of the first `count` rows.
  func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
    var (sum, squares) = (0.0, 0.0)
    for i in 0..<count { sum += Double(values[i]) }
    let mean = sum / Double(max(1, count))
    for i in 0..<count { squares += (Double(values[i]) - mean) * (Double(values[i]) - mean) }
    return (mean, squares / Double(max(1, count)))
  }

  /// 1 − Var(R − V) / Var(R); R − V is the advantage, before it is normalised.
  var explainedVariance: Double {
    let variance = moments(returns).variance
    return variance > 0 ? 1 - moments(advantages).variance / variance : 0
  }

  /// Normalises the advantages to mean 0 and standard deviation 1.
  mutating func normalizeAdvantages() {
    let (mean, variance) = moments(advantages)
    let scale = 1 / (variance.squareRoot() + 1e-8)
    for i in 0..<count { advantages[i] = Float((Double(advantages[i]) - mean) * scale) }
  }

  /// Shuffles the present order (Fisher and Yates 1938; Knuth, algorithm P).
  mutating func shuffle(using random: inout RandomStream) {
    for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, random.index(below: i + 1)) }
  }

  /// The first quantity that is not finite and its value, in words for a message.
  func firstNotFinite(observations o: Int) -> (quantity: String, reason: String)? {
    if let i = LearnerHealth.firstNotFinite(observations, below: count * o) {
      return ("the observations of the rollout", "element \(i % o) of row \(i / o) is \(observations[i])")
    }
    for (quantity, values) in [
      ("the values of the rollout", values), ("the advantages of the rollout", advantages),
      ("the log-probabilities of the rollout", logProbabilities),
    ] {
      if let i = values[..<count].firstIndex(where: { !$0.isFinite }) { return (quantity, "row \(i) is \(values[i])") }
    }
    return nil
  }
}
