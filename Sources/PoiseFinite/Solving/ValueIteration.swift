public import PoiseCore

extension FiniteProblem {
  /// Value iteration: V ← max_a Σ p(s′|s,a) (r + γ V(s′)), until V is known to the tolerance.
  ///
  /// Source: Bellman 1957; Sutton and Barto 2018, section 4.4. Deviations: sweeps are Jacobi iterations, so that the
  /// number of threads changes no bit; and MacQueen's bounds end the iteration, which prove the tolerance long before
  /// the values stop changing. If γ is 1, it starts from a proper policy, and stops when no value changes by more than
  /// the tolerance in a sweep.
  ///
  /// - Parameters:
  ///   - tolerance: the bound of |V − V*| at which it stops.
  ///   - sweepLimit: the largest number of sweeps.
  ///   - pool: the threads that share the sweeps; their number changes no bit of the result.
  ///   - onSweep: called after every sweep, with the present values.
  /// - Throws: `.neverEnds` if γ is 1 and a state has no way to a terminal one; `.notConverged` at the sweep limit.
  public func valueIteration(
    tolerance: Double = 1e-9, sweepLimit: Int = 1_000_000, pool: WorkerPool = WorkerPool(threadCount: 1),
    onSweep: ((SolverProgress) -> Void)? = nil
  ) throws(FiniteProblemError) -> FiniteSolution {
    var values = try startingValues(pool: pool)
    var swept = values
    var chosen = [Int32](repeating: -1, count: stateCount)
    var sweeper = Sweeper(sweepRows, pool: pool)
    let bounds = MacQueenBounds(discount: discount)
    for sweeps in 1...sweepLimit {
      let change = sweeper.sweepOptimally(values, into: &swept, best: &chosen)
      swap(&values, &swept)
      onSweep?(SolverProgress(sweeps: sweeps, values: values, errorBound: bounds.distance(after: change)))
      let left = discount < 1 ? bounds.distance(after: change) : change.magnitude
      if left > tolerance, sweeps % 16 != 0 { continue }
      let rounding = sweeper.rounding(of: values)
      guard left <= tolerance || change.span <= 2 * rounding else { continue }
      bounds.center(&values, after: change, rounding: rounding) { isTerminal($0) }
      return try finished(
        .valueIteration, values, bound: bounds.error(after: change, rounding: rounding), sweeps: sweeps,
        policySweeps: 0,
        &sweeper)
    }
    throw .notConverged(sweeps: sweepLimit, bound: .infinity, tolerance: tolerance)
  }

  /// Makes the solution; one more sweep gives the residual of the values and the best choice of each state.
  func finished(
    _ method: FiniteSolution.Method, _ values: [Double], bound: Double, sweeps: Int, policySweeps: Int,
    _ sweeper: inout Sweeper
  ) throws(FiniteProblemError) -> FiniteSolution {
    var swept = values
    var chosen = [Int32](repeating: -1, count: stateCount)
    let residual = sweeper.sweepOptimally(values, into: &swept, best: &chosen).magnitude
    let costs = costBound(values, residual: residual + sweeper.rounding(of: values))
    return FiniteSolution(
      method: method, values: values, chosen: chosen, errorBound: min(bound, costs), residual: residual,
      sweeps: sweeps + 1,
      policySweeps: policySweeps)
  }
}
