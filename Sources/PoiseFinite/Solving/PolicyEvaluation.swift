internal import CSparseSolvers
public import PoiseCore

/// V^π and a bound of its error.
public struct PolicyValues: Hashable, Sendable {
  /// V^π(s), [states]; 0 for terminal ones.
  public var values: [Double]
  /// A proven bound of max |V − V^π|, rounding included.
  public var errorBound: Double
  /// max |r_π + γ P_π V − V|.
  public var residual: Double
  /// How the values were computed.
  public var method: Method

  /// How values were computed, with the effort.
  public enum Method: Hashable, Sendable {
    /// By sparse LU decomposition, with the number of entries in its factors.
    case exact(factorEntries: Int)
    /// By iterations, with the number of sweeps or matrix–vector products.
    case iterative(sweeps: Int)
  }
}

/// How a policy is evaluated.
public enum EvaluationMethod: Hashable, Sendable {
  /// Exactly if the factors are not too large, otherwise iteratively.
  case automatic
  /// By sparse LU decomposition, however long it takes; an error if memory does not suffice.
  case exact
  /// By sweeps, or by BiCGSTAB if these converge slowly.
  case iterative
}

extension FiniteProblem {
  /// V^π, the solution of V = r_π + γ P_π V (Sutton and Barto 2018, eq. 4.4).
  ///
  /// The bound: let T solve T = 1 + γ P_π T, so that T(s) is the expected discounted number of actions from s. I − γ
  /// P_π is an M-matrix, its inverse is not negative and has the row sums T, so |V − V^π| ≤ max T · residual. An
  /// approximate T̂ with T̂ − γ P_π T̂ ≥ c > 0 also gives a bound, with max T̂ / c (Varah 1975, "A lower bound for the
  /// smallest singular value of a matrix"). Sweeps use MacQueen's bounds instead.
  ///
  /// - Parameters:
  ///   - policy: π(a|s) of each choice, [choices]; those of a state add up to 1.
  ///   - method: how to solve the equations.
  ///   - tolerance: the bound of |V − V^π| at which iterations stop.
  ///   - sweepLimit: the largest number of sweeps, and of iterations of BiCGSTAB.
  ///   - pool: the threads that share the sweeps; their number changes no bit of the result.
  /// - Throws: `.neverEnds` if γ is 1 and the policy does not terminate from every state; `.doesNotFit` if exact
  ///   factors are too large; `.notConverged` at the sweep limit.
  public func evaluated(
    policy: [Double], method: EvaluationMethod = .automatic, tolerance: Double = 1e-10, sweepLimit: Int = 1_000_000,
    pool: WorkerPool = WorkerPool(threadCount: 1)
  ) throws(FiniteProblemError) -> PolicyValues {
    precondition(policy.count == choiceCount, "\(policy.count) probabilities for \(choiceCount) choices")
    if discount == 1, let state = stateWithoutEnd(under: policy) {
      throw .neverEnds(state: stateName(state), isPolicy: true)
    }
    let chain = PolicyChain(self, policy: policy)
    switch method {
    case .exact:
      guard let result = chain.solvedExactly(entryLimit: 1 << 30, operationLimit: .max, pool: pool) else {
        throw .doesNotFit(states: stateCount)
      }
      return result
    case .automatic:
      // On large graphs without structure the ordering alone is slow, and the factors would not fit anyway.
      if stateCount <= 200_000, let result = chain.solvedExactly(pool: pool) { return result }
      return try chain.solvedIteratively(from: nil, tolerance: tolerance, sweepLimit: sweepLimit, pool: pool)
    case .iterative:
      return try chain.solvedIteratively(from: nil, tolerance: tolerance, sweepLimit: sweepLimit, pool: pool)
    }
  }

  /// Q(s,a) = Σ p(s′|s,a) (r(s′,s,a) + γ V(s′)) of each choice, [choices] (Sutton and Barto 2018, eq. 4.6).
  public func choiceValues(of values: [Double], pool: WorkerPool = WorkerPool(threadCount: 1)) -> [Double] {
    var sweeper = Sweeper(sweepRows, pool: pool)
    return sweeper.choiceValues(of: values)
  }

  /// A(s,a) = Q(s,a) − V(s) of each choice, [choices].
  public func advantages(choiceValues: [Double], values: [Double]) -> [Double] {
    var advantages = choiceValues
    for state in 0..<stateCount {
      for choice in choices(of: state) { advantages[choice] -= values[state] }
    }
    return advantages
  }
}

/// The Markov reward process of a policy: one row for each state.
struct PolicyChain {
  let rows: SweepRows

  /// The limits of LU in the method `automatic`: a gigabyte of factors, some tens of seconds.
  private static let entryLimit = 60_000_000
  private static let operationLimit = 20_000_000_000

  init(_ problem: FiniteProblem, policy: [Double]) {
    var stateStarts: [Int32] = [0]
    var choiceStarts: [Int32] = []
    var nextStates: [Int32] = []
    var probabilities: [Double] = []
    var rewards: [Double] = []
    stateStarts.reserveCapacity(problem.stateCount + 1)
    choiceStarts.reserveCapacity(problem.stateCount + 1)
    for state in 0..<problem.stateCount {
      let offered = problem.choices(of: state)
      if !offered.isEmpty {
        choiceStarts.append(Int32(nextStates.count))
        var reward = 0.0
        for choice in offered where policy[choice] > 0 {
          reward += policy[choice] * problem.expectedRewards[choice]
          for k in problem.transitions(of: choice) {
            nextStates.append(problem.nextStates[k])
            probabilities.append(policy[choice] * problem.probabilities[k])
          }
        }
        rewards.append(reward)
      }
      stateStarts.append(Int32(rewards.count))
    }
    choiceStarts.append(Int32(nextStates.count))
    rows = SweepRows(
      stateStarts: stateStarts, choiceStarts: choiceStarts, nextStates: nextStates, probabilities: probabilities,
      rewards: rewards, discount: problem.discount)
  }

  /// The chain of a policy that always takes one choice of each state, −1 for terminal ones.
  init(_ problem: FiniteProblem, choosing chosen: [Int32]) {
    var rows = SweepRows(
      stateStarts: [0], choiceStarts: [0], nextStates: [], probabilities: [], rewards: [], discount: problem.discount)
    rows.stateStarts.reserveCapacity(chosen.count + 1)
    rows.choiceStarts.reserveCapacity(chosen.count + 1)
    rows.rewards.reserveCapacity(chosen.count)
    let count = chosen.reduce(0) { $1 < 0 ? $0 : $0 + problem.transitions(of: Int($1)).count }
    rows.nextStates.reserveCapacity(count)
    rows.probabilities.reserveCapacity(count)
    for choice in chosen {
      if choice >= 0 {
        let range = problem.transitions(of: Int(choice))
        rows.nextStates.append(contentsOf: problem.nextStates[range])
        rows.probabilities.append(contentsOf: problem.probabilities[range])
        rows.rewards.append(problem.expectedRewards[Int(choice)])
        rows.choiceStarts.append(Int32(rows.nextStates.count))
      }
      rows.stateStarts.append(Int32(rows.rewards.count))
    }
    self.rows = rows
  }

  /// I − γ P over the states that are not terminal, in their order.
  private struct Matrix {
    var starts: [Int32] = [0]
    var columns: [Int32] = []
    var values: [Double] = []
    /// The state of each row.
    var states: [Int32] = []
  }

  private var matrix: Matrix {
    var matrix = Matrix()
    var row = [Int32](repeating: -1, count: rows.stateCount)
    for state in 0..<rows.stateCount where rows.stateStarts[state] < rows.stateStarts[state + 1] {
      row[state] = Int32(matrix.states.count)
      matrix.states.append(Int32(state))
    }
    for (i, _) in matrix.states.enumerated() {
      matrix.columns.append(Int32(i))
      matrix.values.append(1)
      for k in Int(rows.choiceStarts[i])..<Int(rows.choiceStarts[i + 1]) where row[Int(rows.nextStates[k])] >= 0 {
        matrix.columns.append(row[Int(rows.nextStates[k])])
        matrix.values.append(-rows.discount * rows.probabilities[k])
      }
      matrix.starts.append(Int32(matrix.columns.count))
    }
    return matrix
  }

  private func spread(_ solution: ArraySlice<Double>, _ matrix: Matrix) -> [Double] {
    var values = [Double](repeating: 0, count: rows.stateCount)
    for (state, value) in zip(matrix.states, solution) { values[Int(state)] = value }
    return values
  }

  /// max T̂ / c of an approximate T̂, [states]; infinite if it proves no bound.
  private func inverseNorm(_ steps: [Double], pool: WorkerPool) -> Double {
    var counting = rows
    for choice in counting.rewards.indices { counting.rewards[choice] = 0 }
    var sweeper = Sweeper(counting, pool: pool)
    var swept = steps
    var best = [Int32](repeating: -1, count: steps.count)
    _ = sweeper.sweepOptimally(steps, into: &swept, best: &best)
    var least = Double.infinity
    for state in steps.indices where best[state] >= 0 { least = min(least, steps[state] - swept[state]) }
    least -= sweeper.rounding(of: steps)
    let largest = steps.reduce(0) { max($0, abs($1)) }
    return least > 0 ? largest / least : .infinity
  }

  /// Solves by LU; `nil` if the factors are too large or prove no bound.
  func solvedExactly(
    entryLimit: Int = Self.entryLimit, operationLimit: Int = Self.operationLimit, pool: WorkerPool
  ) -> PolicyValues? {
    let matrix = matrix
    let count = matrix.states.count
    var solutions = rows.rewards + [Double](repeating: 1, count: count)
    var entries: Int64 = 0
    let status = ss_solve_lu(
      Int32(count), matrix.starts, matrix.columns, matrix.values, Int64(entryLimit), Int64(operationLimit), 2,
      &solutions,
      &entries)
    guard status == ss_done else { return nil }
    let values = spread(solutions[..<count], matrix)
    let norm = inverseNorm(spread(solutions[count...], matrix), pool: pool)
    guard norm.isFinite else { return nil }
    return judged(values, norm: norm, method: .exact(factorEntries: Int(entries)), pool: pool)
  }

  private func judged(_ values: [Double], norm: Double, method: PolicyValues.Method, pool: WorkerPool) -> PolicyValues {
    var sweeper = Sweeper(rows, pool: pool)
    var swept = values
    var best = [Int32](repeating: -1, count: values.count)
    let residual = sweeper.sweepOptimally(values, into: &swept, best: &best).magnitude
    return PolicyValues(
      values: values, errorBound: norm * (residual + sweeper.rounding(of: values)), residual: residual, method: method)
  }

  /// Sweeps until MacQueen's bounds are within the tolerance; if that is slow or γ is 1, solves by BiCGSTAB.
  func solvedIteratively(
    from start: [Double]?, tolerance: Double, sweepLimit: Int, pool: WorkerPool
  ) throws(FiniteProblemError) -> PolicyValues {
    var values = start ?? [Double](repeating: 0, count: rows.stateCount)
    var swept = values
    var best = [Int32](repeating: -1, count: values.count)
    var sweeper = Sweeper(rows, pool: pool)
    var bound = Double.infinity
    var sweeps = 0
    let bounds = MacQueenBounds(discount: rows.discount)
    /// Sweeps until the tolerance is reached or changes are within rounding; `nil` at the limit of sweeps.
    func sweep(_ limit: Int) -> PolicyValues? {
      while sweeps < limit {
        let change = sweeper.sweepOptimally(values, into: &swept, best: &best)
        sweeps += 1
        swap(&values, &swept)
        bound = bounds.distance(after: change)
        if bound > tolerance, sweeps % 16 != 0 { continue }
        let rounding = sweeper.rounding(of: values)
        bound = bounds.error(after: change, rounding: rounding)
        if bound <= tolerance || change.span <= 2 * rounding {
          bounds.center(&values, after: change, rounding: rounding) { best[$0] < 0 }
          return judged(values, bound: bound, sweeps: sweeps, pool: pool)
        }
      }
      return nil
    }
    if rows.discount < 1, let result = sweep(min(200, sweepLimit)) { return result }

    let matrix = matrix
    let count = matrix.states.count
    func solve(_ b: [Double], from start: [Double]) -> [Double] {
      var x = start
      var iterations: Int32 = 0
      // Twice, because the recursive residual drifts from the true one.
      for _ in 0..<2 {
        _ = ss_solve_bicgstab(
          Int32(count), matrix.starts, matrix.columns, matrix.values, b, 1e-14, Int32(min(sweepLimit, 20_000)), &x,
          &iterations)
        sweeps += 2 * Int(iterations)
      }
      return x
    }
    let solution = solve(rows.rewards, from: matrix.states.map { values[Int($0)] })
    let steps = solve([Double](repeating: 1, count: count), from: [Double](repeating: 1, count: count))
    let norm = inverseNorm(spread(steps[...], matrix), pool: pool)
    let result = judged(spread(solution[...], matrix), norm: norm, method: .iterative(sweeps: sweeps), pool: pool)
    if result.errorBound <= tolerance { return result }
    if rows.discount < 1 {
      values = result.errorBound < bound ? result.values : values
      if let result = sweep(sweepLimit) { return result }
    }
    throw .notConverged(sweeps: sweeps, bound: min(bound, result.errorBound), tolerance: tolerance)
  }

  private func judged(_ values: [Double], bound: Double, sweeps: Int, pool: WorkerPool) -> PolicyValues {
    var result = judged(values, norm: 1, method: .iterative(sweeps: sweeps), pool: pool)
    result.errorBound = bound
    return result
  }
}
