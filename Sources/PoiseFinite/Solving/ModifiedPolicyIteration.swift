public import PoiseCore

extension FiniteProblem {
  /// Modified policy iteration: each sweep over all choices is followed by several sweeps over the best choices alone,
  /// which are cheaper.
  ///
  /// Source: Puterman and Shin 1978, "Modified Policy Iteration Algorithms for Discounted Markov Decision Problems";
  /// Puterman 1994, section 6.5. The number of sweeps between two improvements adapts: they end when their change is at
  /// most a hundredth of the improvement's. The error bound is that of value iteration.
  ///
  /// - Parameters:
  ///   - tolerance: the bound of |V − V*| at which it stops; if γ is 1, the largest change in a sweep.
  ///   - partialSweeps: the largest number of sweeps with one policy.
  ///   - sweepLimit: the largest number of sweeps over all choices.
  ///   - pool: the threads that share the sweeps; their number changes no bit of the result.
  ///   - onSweep: called after every sweep over all choices.
  /// - Throws: `.neverEnds` if γ is 1 and a state has no way to a terminal one; `.notConverged` at the sweep limit.
  public func modifiedPolicyIteration(
    tolerance: Double = 1e-9, partialSweeps: Int = 200, sweepLimit: Int = 1_000_000,
    pool: WorkerPool = WorkerPool(threadCount: 1), onSweep: ((SolverProgress) -> Void)? = nil
  ) throws(FiniteProblemError) -> FiniteSolution {
    var values = try startingValues(pool: pool)
    var swept = values
    var chosen = [Int32](repeating: -1, count: stateCount)
    var sweeper = Sweeper(sweepRows, pool: pool)
    let bounds = MacQueenBounds(discount: discount)
    var policySweeps = 0
    for sweeps in 1...sweepLimit {
      let change = sweeper.sweepOptimally(values, into: &swept, best: &chosen)
      swap(&values, &swept)
      onSweep?(SolverProgress(sweeps: sweeps, values: values, errorBound: bounds.distance(after: change)))
      let left = discount < 1 ? bounds.distance(after: change) : change.magnitude
      if left <= tolerance || sweeps % 16 == 0 {
        let rounding = sweeper.rounding(of: values)
        if left <= tolerance || change.span <= 2 * rounding {
          bounds.center(&values, after: change, rounding: rounding) { isTerminal($0) }
          return try finished(
            .modifiedPolicyIteration, values, bound: bounds.error(after: change, rounding: rounding), sweeps: sweeps,
            policySweeps: policySweeps, &sweeper)
        }
      }
      let enough = 0.01 * (discount < 1 ? change.span : change.magnitude)
      for _ in 0..<partialSweeps {
        let change = sweeper.sweep(values, choosing: chosen, into: &swept)
        policySweeps += 1
        swap(&values, &swept)
        if (discount < 1 ? change.span : change.magnitude) <= enough { break }
      }
    }
    throw .notConverged(sweeps: sweepLimit, bound: .infinity, tolerance: tolerance)
  }
}
