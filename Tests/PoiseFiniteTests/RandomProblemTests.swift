import PoiseCore
import PoiseFinite
import Testing

/// A problem without structure: some states terminal, some actions missing, any next states.
func randomProblem(_ random: inout RandomStream, states: ClosedRange<Int>, discount: Double, terminalShare: Double)
  -> FiniteProblem
{
  let count = states.lowerBound + random.index(below: states.count)
  let actions = 1 + random.index(below: 4)
  var builder = FiniteProblemBuilder(stateCount: count, actionNames: (0..<actions).map { "\($0)" }, discount: discount)
  for state in 1..<count where random.uniform() >= terminalShare {
    var isLive = false
    for action in 0..<actions where !isLive || random.uniform() < 0.8 {
      isLive = true
      let successors = 1 + random.index(below: 4)
      let weights = (0..<successors).map { _ in 0.05 + random.uniform() }
      let total = weights.reduce(0, +)
      for weight in weights {
        // Now and then into state 0, which is terminal, so that problems without a discount end.
        let next = random.uniform() < 0.15 ? 0 : random.index(below: count)
        builder.add(
          state: state, action: action, nextState: next, probability: weight / total, reward: 4 * random.uniform() - 2)
      }
    }
  }
  builder.start = [.init(state: 0, probability: 1)]
  return builder.problem()
}

/// V^π by Gaussian elimination with pivots on the dense matrix: nothing here is shared with the solvers.
func denseValues(_ problem: FiniteProblem, policy: [Double]) -> [Double] {
  let n = problem.stateCount
  var a = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
  var b = [Double](repeating: 0, count: n)
  for state in 0..<n {
    for choice in problem.choices(of: state) {
      for k in problem.transitions(of: choice) {
        let p = policy[choice] * problem.probabilities[k]
        b[state] += p * problem.rewards[k]
        a[state][Int(problem.nextStates[k])] -= problem.discount * p
      }
    }
  }
  for column in 0..<n {
    let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
    a.swapAt(column, pivot)
    b.swapAt(column, pivot)
    for row in column + 1..<max(n, column + 1) where a[row][column] != 0 {
      let factor = a[row][column] / a[column][column]
      for k in column..<n { a[row][k] -= factor * a[column][k] }
      b[row] -= factor * b[column]
    }
  }
  for row in (0..<n).reversed() {
    for k in row + 1..<max(n, row + 1) { b[row] -= a[row][k] * b[k] }
    b[row] /= a[row][row]
  }
  return b
}

/// By policy iteration; `nil` where there is no discount and therefore no optimum.
private func optimum(_ problem: FiniteProblem) throws -> FiniteSolution? {
  do {
    return try problem.policyIteration()
  } catch {
    guard problem.discount == 1 else { throw error }
    switch error {
    case .neverEnds, .earnsForever: return nil
    default: throw error
    }
  }
}

@Suite("Random problems")
struct RandomProblemTests {
  @Test("10,000 of them: policies and optima agree with a dense linear solve to 1e-10, and every bound holds")
  func dense() throws {
    var worst = 0.0
    var undiscounted = 0
    for index in 0..<10_000 {
      var random = RandomStream(seed: 25, purpose: .testing, index: index)
      let discount = [0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 1][random.index(below: 7)]
      let problem = randomProblem(&random, states: 2...10, discount: discount, terminalShare: 0.1)
      guard let solution = try optimum(problem) else { continue }
      if discount == 1 { undiscounted += 1 }
      // An optimum is a policy that a dense solve evaluates alike, and that no choice improves.
      let dense = denseValues(problem, policy: problem.policy(choosing: solution.chosen))
      let scale = max(1, dense.reduce(0) { max($0, abs($1)) })
      for (value, other) in zip(solution.values, dense) {
        worst = max(worst, abs(value - other) / scale)
        try #require(abs(value - other) <= 1e-10 * scale, "problem \(index), γ \(discount): \(value), densely \(other)")
        try #require(
          abs(value - other) <= solution.errorBound + 1e-13 * scale, "problem \(index): bound \(solution.errorBound)")
      }
      for state in 0..<problem.stateCount {
        for choice in problem.choices(of: state) {
          let q = problem.transitions(of: choice).reduce(0) {
            $0 + problem.probabilities[$1] * (problem.rewards[$1] + discount * dense[Int(problem.nextStates[$1])])
          }
          try #require(q <= dense[state] + 1e-10 * scale, "problem \(index): a better choice")
        }
      }
      if discount < 1 {
        for other in try [problem.valueIteration(), problem.modifiedPolicyIteration()] {
          for (value, exact) in zip(other.values, dense) {
            try #require(abs(value - exact) <= other.errorBound + 1e-12 * scale, "problem \(index) \(other.method)")
          }
          try #require(other.errorBound <= 2e-9 * scale)
        }
        let uniform = try problem.evaluated(policy: problem.uniformPolicy, method: .iterative, tolerance: 1e-11 * scale)
        for (value, exact) in zip(uniform.values, denseValues(problem, policy: problem.uniformPolicy)) {
          try #require(abs(value - exact) <= uniform.errorBound + 1e-12 * scale, "problem \(index)")
        }
      }
    }
    #expect(undiscounted > 300, "\(undiscounted) problems without a discount were solved")
    print("largest relative difference from the dense solve: \(worst)")
  }

  @Test("without a discount, where every choice costs, the bound of each method is finite, small, and holds")
  func costs() throws {
    var solved = 0
    for index in 0..<2000 {
      var random = RandomStream(seed: 26, purpose: .testing, index: index)
      let drawn = randomProblem(&random, states: 2...12, discount: 1, terminalShare: 0.2)
      // Costs of 0.1 at least, in place of the rewards.
      let problem = FiniteProblem(
        actionNames: drawn.actionNames, stateStarts: drawn.stateStarts, choiceActions: drawn.choiceActions,
        choiceStarts: drawn.choiceStarts, nextStates: drawn.nextStates, probabilities: drawn.probabilities,
        rewards: drawn.rewards.map { -0.1 - abs($0) }, discount: 1, start: drawn.start)
      guard let solution = try optimum(problem) else { continue }
      solved += 1
      let dense = denseValues(problem, policy: problem.policy(choosing: solution.chosen))
      let scale = max(1, dense.reduce(0) { max($0, abs($1)) })
      for other in try [solution, problem.valueIteration(), problem.modifiedPolicyIteration()] {
        let worst = zip(other.values, dense).map { abs($0 - $1) }.max() ?? 0
        try #require(
          worst <= other.errorBound + 1e-13 * scale * scale,
          "problem \(index) \(other.method): \(worst), bound \(other.errorBound)")
        try #require(other.errorBound <= 1e-6 * scale * scale, "problem \(index) \(other.method): \(other.errorBound)")
      }
    }
    #expect(solved > 500, "\(solved)")
    #expect(try shipped("cliff-walking").valueIteration().errorBound < 1e-7)
    #expect(try shipped("frozen-lake", ("mdp.map.discount", "1")).valueIteration().errorBound == .infinity)
  }

  @Test("one, two and three threads give the same bits")
  func threads() throws {
    var random = RandomStream(seed: 3, purpose: .testing)
    let problem = randomProblem(&random, states: 20_000...20_000, discount: 0.97, terminalShare: 0.01)
    let pools = [1, 2, 3].map { WorkerPool(threadCount: $0) }
    let byValue = try pools.map { try problem.valueIteration(pool: $0) }
    #expect(byValue[0] == byValue[1] && byValue[0] == byValue[2])
    let modified = try pools.map { try problem.modifiedPolicyIteration(pool: $0) }
    #expect(modified[0] == modified[1] && modified[0] == modified[2])
    let byPolicy = try pools.map { try problem.policyIteration(evaluation: .iterative, pool: $0) }
    #expect(byPolicy[0] == byPolicy[1] && byPolicy[0] == byPolicy[2])
    #expect(
      zip(byValue[0].values, byPolicy[0].values).allSatisfy {
        abs($0 - $1) <= byValue[0].errorBound + byPolicy[0].errorBound
      })
    #expect(
      zip(byValue[0].values, modified[0].values).allSatisfy {
        abs($0 - $1) <= byValue[0].errorBound + modified[0].errorBound
      })
  }

  @Test("without a discount a state that never ends is named, and so is a circle that earns")
  func undiscounted() throws {
    var builder = FiniteProblemBuilder(
      stateNames: ["a", "b", "island", "end"], actionNames: ["go", "stay"], discount: 1)
    builder.add(state: 0, action: 0, nextState: 1, probability: 1, reward: -1)
    builder.add(state: 1, action: 0, nextState: 3, probability: 1, reward: -1)
    builder.add(state: 0, action: 1, nextState: 0, probability: 1, reward: 0)
    builder.start = [.init(state: 0, probability: 1)]
    var island = builder
    island.add(state: 2, action: 0, nextState: 2, probability: 1, reward: -1)
    #expect(throws: FiniteProblemError.neverEnds(state: "island", isPolicy: false)) {
      try island.problem().policyIteration()
    }
    #expect(throws: FiniteProblemError.neverEnds(state: "island", isPolicy: false)) {
      try island.problem().valueIteration()
    }

    // Staying costs nothing and ends nothing: the best of what ends is −2, and every solver says so.
    let proper = builder.problem()
    for solution in try [proper.policyIteration(), proper.valueIteration(), proper.modifiedPolicyIteration()] {
      #expect(solution.values == [-2, -1, 0, 0])
    }
    #expect(throws: FiniteProblemError.neverEnds(state: "a", isPolicy: true)) {
      try proper.evaluated(policy: [0, 1, 1])
    }
    builder.add(state: 1, action: 1, nextState: 0, probability: 1, reward: 1.5)
    #expect(throws: FiniteProblemError.earnsForever(state: "a")) { try builder.problem().policyIteration() }
  }
}
