import PoiseCore
import PoiseFinite
import Testing

@Suite("Values that books and Gymnasium tell")
struct KnownValueTests {
  @Test("the random policy on the grid world is worth figure 4.1 of Sutton and Barto")
  func gridWorld() throws {
    let problem = try shipped("grid-world")
    let figure: [Double] = [0, -14, -20, -22, -14, -18, -20, -20, -20, -20, -18, -14, -22, -20, -14, 0]
    for method in [EvaluationMethod.exact, .iterative] {
      let result = try problem.evaluated(policy: problem.uniformPolicy, method: method)
      #expect(zip(result.values, figure).allSatisfy { abs($0 - $1) <= 1e-9 }, "\(result)")
      #expect(zip(result.values, figure).allSatisfy { abs($0 - $1) <= result.errorBound }, "the bound is a bound")
      #expect(result.errorBound <= 1e-9)
    }
    let best = try problem.policyIteration()
    #expect(best.values == [0, -1, -2, -3, -1, -2, -3, -2, -2, -3, -2, -1, -3, -2, -1, 0])
    let ties = problem.bestChoices(choiceValues: problem.choiceValues(of: best.values))
    // In the corner r1c4 left and down lead alike to an end; beside the diagonal's middle all four do.
    #expect(ties[3].map { problem.actionName(of: $0) } == ["down", "left"])
    #expect(ties[6].count == 4)
  }

  @Test("FrozenLake: 0.7442 within 100 steps, 0.8235 without a limit; 8×8 0.9132 within 200, 1 without")
  func frozenLake() throws {
    let small = try shipped("frozen-lake", ("mdp.map.discount", "1"))
    #expect(abs(small.startValue(of: small.horizonValues(actions: 100).values) - 0.7442) < 5e-5)
    #expect(abs(small.startValue(of: try small.policyIteration().values) - 14.0 / 17) < 1e-12)
    let large = try shipped("frozen-lake-8x8", ("mdp.map.discount", "1"))
    #expect(abs(large.startValue(of: large.horizonValues(actions: 200).values) - 0.9132) < 5e-5)
    #expect(abs(large.startValue(of: try large.policyIteration().values) - 1) < 1e-12)
    let dry = try shipped("frozen-lake", ("mdp.map.discount", "1"), ("mdp.map.slip", "0"))
    #expect(dry.isDeterministic)
    #expect(dry.startValue(of: try dry.policyIteration().values) == 1)
    #expect(dry.startValue(of: dry.horizonValues(actions: 6).values) == 1)
    #expect(dry.startValue(of: dry.horizonValues(actions: 5).values) == 0)
  }

  @Test("CliffWalking −13 and Taxi 7.93, the mean of 300 starts, by every solver")
  func cliffAndTaxi() throws {
    for (name, value, tolerance) in [("cliff-walking", -13.0, 1e-12), ("taxi", 7.93, 5e-3)] {
      let problem = try shipped(name)
      for solution in try [problem.policyIteration(), problem.valueIteration(), problem.modifiedPolicyIteration()] {
        #expect(abs(problem.startValue(of: solution.values) - value) < tolerance, "\(name) \(solution.method)")
        #expect(solution.residual <= 1e-9)
      }
    }
    #expect(try shipped("taxi").start.count == 300)
  }

  @Test("the windy grid world of Sutton and Barto, example 6.5, takes 15 moves, 7 with the king's")
  func windyGridWorld() throws {
    func map(_ moves: String) -> String {
      """
      mdp:
        map:
          cells: |
            ...aaabba.
            ...aaabba.
            ...aaabba.
            S..aaabGa.
            ...aaabba.
            ...aaabba.
            ...aaabba.
          legend:
            a: {windUp: 1}
            b: {windUp: 2}
          stepReward: -1
          moves: \(moves)
      """
    }
    for (moves, count) in [("four", 15.0), ("eight", 7)] {
      let problem = try loaded(map(moves))
      #expect(problem.startValue(of: try problem.policyIteration().values) == -count, "\(moves)")
    }
  }

  @Test("the treasure is worth 0.9 for each move but the last")
  func treasure() throws {
    let problem = try shipped("treasure")
    let values = try problem.policyIteration().values
    for (place, value) in values.dropLast().enumerated() {
      let moves = 5 - place
      #expect(abs(value - (1..<moves).reduce(1.0) { product, _ in product * 0.9 }) < 1e-14)
    }
    #expect(problem.stateNames == ["1", "2", "3", "4", "5", "6"])
  }

  @Test("from every cell of the maze paradise can be reached, and it is worth γ for each move")
  func maze() throws {
    let problem = try shipped("maze")
    let start = try #require(problem.start.first).state
    let value = try problem.policyIteration().values[start]
    // Breadth first over the drawing itself.
    let layout = try #require(problem.layout)
    var distance = [Int](repeating: -1, count: layout.characters.count)
    var queue = [try #require(layout.characters.firstIndex(of: "S"))]
    distance[queue[0]] = 0
    while !queue.isEmpty {
      let cell = queue.removeFirst()
      if "HP".contains(layout.characters[cell]) { continue }
      for (right, down) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
        let (row, column) = (cell / layout.columns + down, cell % layout.columns + right)
        guard (0..<layout.rows).contains(row), (0..<layout.columns).contains(column) else { continue }
        let next = row * layout.columns + column
        if layout.characters[next] != "#", distance[next] < 0 {
          distance[next] = distance[cell] + 1
          queue.append(next)
        }
      }
    }
    let moves = distance[try #require(layout.characters.firstIndex(of: "P"))]
    #expect(moves > 12)
    #expect(abs(value - (1..<moves).reduce(1.0) { product, _ in product * 0.95 }) < 1e-12)
  }
}
