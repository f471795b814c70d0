import PoiseCore

/// V*, an optimal policy, and a bound of the error.
public struct FiniteSolution: Hashable, Sendable {
  /// The algorithms that find V*.
  public enum Method: String, Hashable, Sendable, CaseIterable {
    /// Value iteration.
    case valueIteration
    /// Policy iteration.
    case policyIteration
    /// Modified policy iteration.
    case modifiedPolicyIteration
  }

  /// The algorithm that found the solution.
  public var method: Method
  /// V*(s), [states]; 0 for terminal ones. If γ is 1: the best values of policies that terminate.
  public var values: [Double]
  /// The first of the best choices of each state, [states]; −1 for terminal states.
  public var chosen: [Int32]
  /// A proven bound of max |V − V*|, rounding included. If γ is 1 and some choice costs nothing, policy iteration proves
  /// it for V^π of `chosen`, which no other choice improves by more than `residual`; the other methods then prove none
  /// (infinity).
  public var errorBound: Double
  /// max |T V − V|, where T is Bellman's optimality operator.
  public var residual: Double
  /// The number of sweeps over all choices.
  public var sweeps: Int
  /// The number of sweeps over the choices of one policy, or of exact evaluations of a policy.
  public var policySweeps: Int
}

/// The state of a solver after a sweep, for display.
public struct SolverProgress: Sendable {
  /// The number of sweeps over all choices so far.
  public var sweeps: Int
  /// V after the sweep, [states].
  public var values: [Double]
  /// The error bound so far, without rounding; infinite if γ is 1.
  public var errorBound: Double
}

extension FiniteProblem {
  /// All best choices of each state, ties included: those whose Q is within `slack` of the largest. Terminal states
  /// have none.
  ///
  /// - Parameters:
  ///   - choiceValues: Q, [choices].
  ///   - slack: the largest difference of Q between tied choices, from rounding or the error of Q; `nil` for 1e-10 of
  ///     the largest |Q|, or 1e-10 if that is below 1.
  public func bestChoices(choiceValues: [Double], slack: Double? = nil) -> [[Int]] {
    let slack = slack ?? 1e-10 * max(1, choiceValues.reduce(0) { max($0, abs($1)) })
    return (0..<stateCount).map { state in
      let offered = choices(of: state)
      let best = offered.reduce(-Double.infinity) { max($0, choiceValues[$1]) }
      return offered.filter { choiceValues[$0] >= best - slack }
    }
  }

  /// The first choice of each state with the largest Q; −1 for terminal states.
  public func greedyChoices(choiceValues: [Double]) -> [Int32] {
    (0..<stateCount).map { state in
      var best: Int32 = -1
      var value = -Double.infinity
      for choice in choices(of: state) where choiceValues[choice] > value {
        (best, value) = (Int32(choice), choiceValues[choice])
      }
      return best
    }
  }

  /// Values from which optimal sweeps rise to V* if γ is 1: V^π of a proper policy. If γ < 1, zeros suffice.
  ///
  /// From values above those of all policies that terminate, sweeps may converge to values that no such policy attains:
  /// for example 0, for a cycle that never ends, in place of the cost of the way to a terminal state. Source: Bertsekas
  /// and Yu 2016, "Stochastic Shortest Path Problems Under Weak Conditions", proposition 3.3.
  func startingValues(pool: WorkerPool) throws(FiniteProblemError) -> [Double] {
    guard discount == 1 else { return [Double](repeating: 0, count: stateCount) }
    let proper = try properPolicy()
    return try evaluated(policy: policy(choosing: proper), pool: pool).values
  }
}
