import PoiseCore

/// V*, what follows from it, and how sure it is.
public struct FiniteSolution: Hashable, Sendable {
  public enum Method: String, Hashable, Sendable, CaseIterable {
    case valueIteration, policyIteration, modifiedPolicyIteration
  }

  public var method: Method
  /// V*(s), [states]; 0 for terminal ones. Where γ is 1: the best of the policies that end.
  public var values: [Double]
  /// A best choice of each state, the first of them; −1 for terminal states.
  public var chosen: [Int32]
  /// max |V − V*| is at most this: proven, rounding included. Where γ is 1 and a choice costs nothing, policy iteration proves it for V^π of
  /// `chosen`, which no other choice improves by more than `residual`; the other methods then prove none (infinite).
  public var errorBound: Double
  /// max |T V − V|, T Bellman's optimality operator.
  public var residual: Double
  /// Sweeps over all choices.
  public var sweeps: Int
  /// Sweeps over, or solutions for, one policy.
  public var policySweeps: Int
}

/// What a solver tells while it works: for drawings, and for people who wait.
public struct SolverProgress: Sendable {
  /// Sweeps over all choices so far.
  public var sweeps: Int
  public var values: [Double]
  /// The bound so far.
  public var errorBound: Double
}

extension FiniteProblem {
  /// All best choices of each state, ties included: those whose Q is within `slack` of the largest. Those of terminal states are empty.
  ///
  /// - Parameters:
  ///   - choiceValues: Q, [choices].
  ///   - slack: how much rounding, or the bound of Q, may part equals; by default 1e-10 of the largest |Q|.
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

  /// Values from which optimal sweeps rise to V* where γ is 1: V^π of a policy that ends. Where γ < 1, zeros will do.
  ///
  /// From values above the best that policies which end can earn, sweeps may stay with promises that no policy keeps: of 0 for walking in
  /// circles for ever instead of paying the way to the end. Source: Bertsekas and Yu 2016, "Stochastic Shortest Path Problems Under Weak
  /// Conditions", proposition 3.3.
  func startingValues(pool: WorkerPool) throws(FiniteProblemError) -> [Double] {
    guard discount == 1 else { return [Double](repeating: 0, count: stateCount) }
    let proper = try properPolicy()
    return try evaluated(policy: policy(choosing: proper), pool: pool).values
  }
}
