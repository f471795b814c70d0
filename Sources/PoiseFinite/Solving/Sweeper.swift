internal import CSparseSolvers
internal import PoiseCore

/// The rows that sweeps read: those of a problem, or of the Markov reward process of a policy, with one choice for each
/// state.
struct SweepRows: Sendable {
  var stateStarts: [Int32]
  var choiceStarts: [Int32]
  var nextStates: [Int32]
  var probabilities: [Double]
  /// The expected reward of each choice, [choices].
  var rewards: [Double]
  var discount: Double

  var stateCount: Int { stateStarts.count - 1 }
  /// The largest number of transitions of a choice.
  var longestRow: Int {
    (1..<max(1, choiceStarts.count)).reduce(0) { max($0, Int(choiceStarts[$1] - choiceStarts[$1 - 1])) }
  }
}

extension FiniteProblem {
  var sweepRows: SweepRows {
    SweepRows(
      stateStarts: stateStarts, choiceStarts: choiceStarts, nextStates: nextStates, probabilities: probabilities,
      rewards: expectedRewards, discount: discount)
  }
}

/// Sweeps over all states on the threads of a pool.
///
/// A sweep reads the values before it and writes those after it to another array (Jacobi), so a state's value has the same bits whatever
/// thread computes it; least and largest changes are exact whatever the order.
struct Sweeper {
  let rows: SweepRows
  let pool: WorkerPool
  private var shards: [Shard]
  private let longestRow: Int
  private let largestReward: Double

  /// A range of states, and the least and the largest change in it.
  private struct Shard: Sendable {
    var first: Int32
    var last: Int32
    var change = [0.0, 0.0]
  }

  /// The least and the largest value after − value before of all states, terminal ones (0) included.
  struct Change: Hashable {
    var least: Double
    var largest: Double

    var span: Double { largest - least }
    /// max |after − before|.
    var magnitude: Double { max(abs(least), abs(largest)) }
  }

  init(_ rows: SweepRows, pool: WorkerPool) {
    self.rows = rows
    self.pool = pool
    longestRow = rows.longestRow
    largestReward = rows.rewards.reduce(0) { max($0, abs($1)) }
    // Shards of equally many transitions.
    let states = rows.stateCount
    let count = states < 4096 ? 1 : pool.threadCount == 1 ? 1 : 8 * pool.threadCount
    let total = rows.nextStates.count
    var first = 0
    shards = []
    for shard in 1...count {
      var last = shard == count ? states : first
      while last < states, Int(rows.choiceStarts[Int(rows.stateStarts[last])]) < total / count * shard { last += 1 }
      shards.append(Shard(first: Int32(first), last: Int32(last)))
      first = last
    }
  }

  /// v′(s) = max_c r(c) + γ Σ p(s′|c) v(s′).
  ///
  /// - Parameter best: receives the first of the choices with the largest value, −1 for terminal states; [states].
  mutating func sweepOptimally(_ values: [Double], into swept: inout [Double], best: inout [Int32]) -> Change {
    precondition(values.count == rows.stateCount && swept.count == values.count && best.count == values.count)
    let rows = rows
    swept.withUnsafeMutableBufferPointer { swept in
      best.withUnsafeMutableBufferPointer { best in
        guard let after = swept.baseAddress, let choices = best.baseAddress else { return }
        // Each state belongs to one shard, each shard to one thread.
        nonisolated(unsafe) let (output, chosen) = (after, choices)
        pool.forEach(&shards) { _, shard in
          ss_optimal_sweep(
            rows.stateStarts, rows.choiceStarts, rows.nextStates, rows.probabilities, rows.rewards, rows.discount,
            shard.first, shard.last, values, output, chosen, &shard.change)
        }
      }
    }
    return change
  }

  /// v′(s) = r(c) + γ Σ p(s′|c) v(s′) with c = chosen(s).
  mutating func sweep(_ values: [Double], choosing chosen: [Int32], into swept: inout [Double]) -> Change {
    precondition(values.count == rows.stateCount && swept.count == values.count && chosen.count == values.count)
    let rows = rows
    swept.withUnsafeMutableBufferPointer { swept in
      guard let after = swept.baseAddress else { return }
      nonisolated(unsafe) let output = after
      pool.forEach(&shards) { _, shard in
        ss_policy_sweep(
          rows.stateStarts, rows.choiceStarts, rows.nextStates, rows.probabilities, rows.rewards, rows.discount,
          shard.first, shard.last, chosen, values, output, &shard.change)
      }
    }
    return change
  }

  /// r(c) + γ Σ p(s′|c) v(s′) of the choice of each state alone.
  mutating func policyValues(of values: [Double], choosing chosen: [Int32]) -> [Double] {
    var result = values
    _ = sweep(values, choosing: chosen, into: &result)
    return result
  }

  /// q(c) = r(c) + γ Σ p(s′|c) v(s′) of every choice.
  mutating func choiceValues(of values: [Double]) -> [Double] {
    precondition(values.count == rows.stateCount)
    var result = [Double](repeating: 0, count: rows.rewards.count)
    let rows = rows
    result.withUnsafeMutableBufferPointer { result in
      guard let address = result.baseAddress else { return }
      nonisolated(unsafe) let output = address
      pool.forEach(&shards) { _, shard in
        ss_choice_values(
          rows.stateStarts, rows.choiceStarts, rows.nextStates, rows.probabilities, rows.rewards, rows.discount,
          shard.first, shard.last, values, output)
      }
    }
    return result
  }

  private var change: Change {
    shards.reduce(Change(least: .infinity, largest: -.infinity)) {
      $1.first == $1.last ? $0 : Change(least: min($0.least, $1.change[0]), largest: max($0.largest, $1.change[1]))
    }
  }

  /// A bound of the rounding error of one sweep over `values`: (k + 3) u (max |r| + γ max |v|), with k transitions of a
  /// choice. Source: Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 3.1.
  func rounding(of values: [Double]) -> Double {
    let value = values.reduce(0) { max($0, abs($1)) }
    return Double(longestRow + 3) * 0x1p-53 * (largestReward + rows.discount * value)
  }
}
