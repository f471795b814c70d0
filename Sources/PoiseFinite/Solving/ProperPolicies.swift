extension FiniteProblem {
  /// For each state, the smallest number of transitions of positive probability to a terminal state; −1 if there is no
  /// way.
  ///
  /// - Parameter allowed: which choices may be taken; by default all.
  func distancesToEnd(allowing allowed: (Int) -> Bool = { _ in true }) -> [Int32] {
    // The transitions backwards, in compressed rows.
    var starts = [Int32](repeating: 0, count: stateCount + 1)
    for choice in 0..<choiceCount where allowed(choice) {
      for k in transitions(of: choice) { starts[Int(nextStates[k]) + 1] += 1 }
    }
    for state in 0..<stateCount { starts[state + 1] += starts[state] }
    var predecessors = [Int32](repeating: 0, count: Int(starts[stateCount]))
    var free = starts
    for state in 0..<stateCount {
      for choice in choices(of: state) where allowed(choice) {
        for k in transitions(of: choice) {
          let next = Int(nextStates[k])
          predecessors[Int(free[next])] = Int32(state)
          free[next] += 1
        }
      }
    }
    var distances = [Int32](repeating: -1, count: stateCount)
    var queue: [Int32] = []
    for state in 0..<stateCount where isTerminal(state) {
      distances[state] = 0
      queue.append(Int32(state))
    }
    var head = 0
    while head < queue.count {
      let state = Int(queue[head])
      head += 1
      for k in Int(starts[state])..<Int(starts[state + 1]) where distances[Int(predecessors[k])] < 0 {
        distances[Int(predecessors[k])] = distances[state] + 1
        queue.append(predecessors[k])
      }
    }
    return distances
  }

  /// A *proper* policy, which terminates from every state with probability 1: each state takes the first choice that
  /// may lead nearer to a terminal state.
  ///
  /// Source: Bertsekas and Tsitsiklis 1991, "An Analysis of Stochastic Shortest Path Problems", section 2.
  /// - Returns: the choice of each state, −1 for terminal ones.
  /// - Throws: `.neverEnds` with the first state that has no way to a terminal one.
  func properPolicy() throws(FiniteProblemError) -> [Int32] {
    let distances = distancesToEnd()
    if let state = distances.firstIndex(of: -1) { throw .neverEnds(state: stateName(state), isPolicy: false) }
    return (0..<stateCount).map { state in
      let nearer = choices(of: state).first { choice in
        transitions(of: choice).contains { distances[Int(nextStates[$0])] < distances[state] }
      }
      return Int32(nearer ?? -1)
    }
  }

  /// The first state from which a policy does not terminate with probability 1; `nil` if there is none.
  func stateWithoutEnd(under policy: [Double]) -> Int? {
    distancesToEnd { policy[$0] > 0 }.firstIndex(of: -1)
  }

  /// π(a|s) of a deterministic policy, [choices].
  ///
  /// - Parameter chosen: the choice of each state, [states]; −1 for terminal states.
  public func policy(choosing chosen: [Int32]) -> [Double] {
    var policy = [Double](repeating: 0, count: choiceCount)
    for choice in chosen where choice >= 0 { policy[Int(choice)] = 1 }
    return policy
  }
}
