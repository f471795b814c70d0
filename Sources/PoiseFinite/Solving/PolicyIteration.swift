public import PoiseCore

extension FiniteProblem {
  /// Policy iteration: evaluates and improves a policy in turn, until nothing improves it.
  ///
  /// Source: Howard 1960, "Dynamic Programming and Markov Processes"; Sutton and Barto 2018, section 4.3. A state
  /// changes its choice only if another one is better by more than rounding and the evaluation's error. This prevents
  /// the alternation of equal policies (exercise 4.4 of the book). If γ is 1, policies stay proper unless a cycle has a
  /// positive reward: if a strict improvement enters a cycle that never ends, its mean reward is positive (Bertsekas
  /// and Tsitsiklis 1991, proposition 2).
  ///
  /// - Parameters:
  ///   - evaluation: how policies are evaluated.
  ///   - tolerance: sets the error bound of iterative evaluations, which is smaller; exact ones are closer.
  ///   - roundLimit: the largest number of improvements.
  ///   - pool: the threads that share the sweeps; their number changes no bit of the result.
  ///   - onSweep: called after every evaluation.
  /// - Throws: `.neverEnds` if γ is 1 and a state has no way to a terminal one; `.earnsForever` if γ is 1 and a cycle
  ///   has a positive reward; `.doesNotFit` if exact factors are too large; `.notConverged` at a limit.
  public func policyIteration(
    evaluation: EvaluationMethod = .automatic, tolerance: Double = 1e-9, roundLimit: Int = 10_000,
    pool: WorkerPool = WorkerPool(threadCount: 1), onSweep: ((SolverProgress) -> Void)? = nil
  ) throws(FiniteProblemError) -> FiniteSolution {
    var sweeper = Sweeper(sweepRows, pool: pool)
    var chosen = [Int32](repeating: -1, count: stateCount)
    var swept = [Double](repeating: 0, count: stateCount)
    var values = swept
    if discount == 1 {
      chosen = try properPolicy()
    } else {
      _ = sweeper.sweepOptimally(values, into: &swept, best: &chosen)
      values = swept
    }
    let bounds = MacQueenBounds(discount: discount)
    var method = evaluation
    for round in 1...roundLimit {
      let judged = try evaluated(
        choosing: chosen, from: values, method: &method, tolerance: tolerance * (1 - min(discount, 0.5)) / 4, pool: pool
      )
      values = judged.values
      var best = chosen
      let change = sweeper.sweepOptimally(values, into: &swept, best: &best)
      let rounding = sweeper.rounding(of: values)
      onSweep?(SolverProgress(sweeps: round, values: values, errorBound: bounds.distance(after: change)))
      // The error of V is at most the bound; that of γ V is smaller; that of the difference of two Q is twice as large.
      let slack = 2 * (discount * judged.errorBound + rounding)
      let current = sweeper.policyValues(of: values, choosing: chosen)
      var isStable = true
      for state in 0..<stateCount where best[state] != chosen[state] && swept[state] > current[state] + slack {
        chosen[state] = best[state]
        isStable = false
      }
      if isStable {
        // V ≤ V* + bound, and V* ≤ V + max (T V − V) / (1 − γ).
        let gain = max(0, change.largest) + rounding
        let costs = costBound(values, residual: change.magnitude + rounding)
        let bound = costs.isFinite ? costs : judged.errorBound + (discount < 1 ? gain / (1 - discount) : 0)
        return FiniteSolution(
          method: .policyIteration, values: values, chosen: chosen, errorBound: bound, residual: change.magnitude,
          sweeps: round, policySweeps: round)
      }
      if discount == 1, let state = stateWithoutEnd(under: policy(choosing: chosen)) {
        throw .earnsForever(state: stateName(state))
      }
    }
    throw .notConverged(sweeps: roundLimit, bound: .infinity, tolerance: tolerance)
  }

  /// V^π of a policy with one choice for each state; the first evaluation decides the method of the later ones.
  private func evaluated(
    choosing chosen: [Int32], from start: [Double], method: inout EvaluationMethod, tolerance: Double, pool: WorkerPool
  ) throws(FiniteProblemError) -> PolicyValues {
    let chain = PolicyChain(self, choosing: chosen)
    if method != .iterative {
      if stateCount <= 200_000 || method == .exact, let result = chain.solvedExactly(pool: pool) { return result }
      guard method == .automatic else { throw .doesNotFit(states: stateCount) }
      method = .iterative
    }
    return try chain.solvedIteratively(from: start, tolerance: tolerance, sweepLimit: 1_000_000, pool: pool)
  }
}
