extension FiniteProblem {
  /// max |Q − Q*| over all choices, for learning curves; a choice whose Q* is not a number does not count.
  public func distance(_ actionValues: [Double], to optimal: [Double]) -> Double {
    zip(actionValues, optimal).reduce(0) { $1.1.isNaN ? $0 : max($0, abs($1.0 - $1.1)) }
  }

  /// Q* with NaN for the choices of states that no episode comes to: nothing is ever learned about them.
  ///
  /// - Parameter optimal: Q*, [choices].
  public func whereReachable(choiceValues optimal: [Double]) -> [Double] {
    var result = optimal
    for (state, isReachable) in reachableStates().enumerated() where !isReachable {
      for choice in choices(of: state) { result[choice] = .nan }
    }
    return result
  }

  /// Whether some policy comes to a state from the start distribution, [states].
  public func reachableStates() -> [Bool] {
    var isReachable = [Bool](repeating: false, count: stateCount)
    var waiting = start.filter { $0.probability > 0 }.map { Int($0.state) }
    for state in waiting { isReachable[state] = true }
    while let state = waiting.popLast() {
      for choice in choices(of: state) {
        for transition in transitions(of: choice) where probabilities[transition] > 0 {
          let next = Int(nextStates[transition])
          guard !isReachable[next] else { continue }
          isReachable[next] = true
          waiting.append(next)
        }
      }
    }
    return isReachable
  }

  /// The exact value, from the start distribution, of the policy that is greedy in Q.
  ///
  /// - Parameter actionValues: Q, [choices].
  /// - Throws: `FiniteProblemError` if the evaluation does not converge.
  public func greedyValue(of actionValues: [Double]) throws(FiniteProblemError) -> Double {
    try startValue(ofPolicy: policy(choosing: greedyChoices(choiceValues: actionValues)))
  }

  /// The exact value of a policy from the start distribution. If γ is 1 and it may never terminate, the value of 100,000 actions: nearly
  /// exact if cycles earn nothing, and very low if they have a cost.
  ///
  /// - Parameter policy: π(a|s) of each choice, [choices].
  public func startValue(ofPolicy policy: [Double]) throws(FiniteProblemError) -> Double {
    if discount == 1, let value = undiscountedValue(of: policy) { return value }
    return startValue(of: try evaluated(policy: policy).values)
  }

  /// The value of a policy that does not terminate from every state; `nil` if it does. States that cannot be reached
  /// from the start are ignored.
  private func undiscountedValue(of policy: [Double]) -> Double? {
    guard stateWithoutEnd(under: policy) != nil else { return nil }
    var reached = [Bool](repeating: false, count: stateCount)
    var stack = start.map(\.state)
    for state in stack { reached[state] = true }
    while let state = stack.popLast() {
      for choice in choices(of: state) where policy[choice] > 0 {
        for k in transitions(of: choice) where !reached[Int(nextStates[k])] {
          reached[Int(nextStates[k])] = true
          stack.append(Int(nextStates[k]))
        }
      }
    }
    let distances = distancesToEnd { policy[$0] > 0 }
    if (0..<stateCount).contains(where: { reached[$0] && distances[$0] < 0 }) {
      return startValue(of: horizonValues(actions: 100_000, policy: policy).values)
    }
    // States that are not reached follow a proper policy instead, so that the rest can be evaluated.
    guard let proper = try? properPolicy() else { return nil }
    var mended = policy
    for state in 0..<stateCount where !reached[state] {
      for choice in choices(of: state) { mended[choice] = Int(proper[state]) == choice ? 1 : 0 }
    }
    return (try? evaluated(policy: mended)).map { startValue(of: $0.values) }
  }
}
