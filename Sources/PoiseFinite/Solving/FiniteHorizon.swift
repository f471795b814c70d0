public import PoiseCore

/// The values of a given number of actions.
public struct HorizonSolution: Hashable, Sendable {
  /// The value of each state with all actions left, [states].
  public var values: [Double]
  /// The best choice with k + 1 actions left, [actions][states]; −1 for terminal states. Empty unless requested.
  public var choices: [[Int32]]
}

extension FiniteProblem {
  /// Backward induction: V_k = max_a Σ p (r + γ V_{k−1}), V₀ = 0, for a given number of actions. Any γ is allowed; the result is
  /// exact except for rounding.
  ///
  /// Source: Puterman 1994, section 4.5.
  /// - Parameters:
  ///   - actions: the horizon, at least 0.
  ///   - policy: π(a|s) of a policy to evaluate, [choices]; `nil` for the optimal one.
  ///   - keepsChoices: whether the best choices are kept for each number of actions left, 4 bytes for each state.
  ///   - pool: the threads that share the sweeps; their number changes no bit of the result.
  public func horizonValues(
    actions: Int, policy: [Double]? = nil, keepsChoices: Bool = false, pool: WorkerPool = WorkerPool(threadCount: 1)
  ) -> HorizonSolution {
    precondition(actions >= 0, "a horizon of \(actions) actions")
    var sweeper = Sweeper(policy.map { PolicyChain(self, policy: $0).rows } ?? sweepRows, pool: pool)
    var values = [Double](repeating: 0, count: stateCount)
    var swept = values
    var best = [Int32](repeating: -1, count: stateCount)
    var kept: [[Int32]] = []
    for _ in 0..<actions {
      _ = sweeper.sweepOptimally(values, into: &swept, best: &best)
      swap(&values, &swept)
      if keepsChoices, policy == nil { kept.append(best) }
    }
    return HorizonSolution(values: values, choices: kept)
  }
}
