import PoiseCore
import PoiseFinite
import Testing

/// How many units in the last digit that the lecture gives a value may be off: none but for rounding in binary.
private func agrees(_ value: Double, _ printed: Double) -> Bool { abs(value - printed) < 1e-12 }

@Suite("The lecture's exercise of two choices")
struct LectureTests {
  @Test("V, Q and A of its policy are those worked out by hand")
  func policy() throws {
    let problem = try shipped("two-choices")
    let policy = try #require(problem.policy)
    for method in [EvaluationMethod.exact, .iterative] {
      let result = try problem.evaluated(policy: policy, method: method, tolerance: 1e-13)
      let q = problem.choiceValues(of: result.values)
      let a = problem.advantages(choiceValues: q, values: result.values)
      for (state, value) in [("x1", 0.1328), ("x2", -0.6), ("x3", 0.8), ("x4", 0), ("x5", 0)] {
        #expect(agrees(result.values[try #require(problem.state(named: state))], value), "\(state) \(method)")
      }
      let first = try #require(problem.choice(of: 0, action: "1"))
      let second = try #require(problem.choice(of: 0, action: "2"))
      #expect(agrees(q[first], 0.256) && agrees(q[second], -0.36))
      #expect(agrees(a[first], 0.1232) && agrees(a[second], -0.4928))
      #expect(result.errorBound < 1e-12 && result.residual < 1e-15)
    }
  }

  @Test("the trajectory x1,1,x2,2,x4 returns 1.8, two in all, with probability 0.112")
  func trajectory() throws {
    let problem = try shipped("two-choices")
    let worth = try FiniteTrajectory("x1,1,x2,2,x4", in: problem).worth(in: problem, policy: #require(problem.policy))
    #expect(agrees(worth.discountedReturn, 1.8) && agrees(worth.totalReward, 2) && agrees(worth.probability, 0.112))
    #expect(worth.startProbability == 1)
  }

  @Test("every solver finds V* = 0.528, −0.2, 1 and the policy 1, 2, 1")
  func optimum() throws {
    let problem = try shipped("two-choices")
    for solution in try [problem.valueIteration(), problem.policyIteration(), problem.modifiedPolicyIteration()] {
      #expect(zip(solution.values, [0.528, -0.2, 1, 0, 0]).allSatisfy { agrees($0, $1) }, "\(solution)")
      let q = problem.choiceValues(of: solution.values)
      #expect(zip(q, [0.528, -0.2, -1, -0.2, 1, -1]).allSatisfy { agrees($0, $1) })
      let best = problem.bestChoices(choiceValues: q).map { $0.map { problem.actionName(of: $0) } }
      #expect(best == [["1"], ["2"], ["1"], [], []])
      #expect(solution.errorBound <= 1e-9)
    }
  }

  @Test("a trajectory with unknown states, missing actions or impossible steps is refused, part by part")
  func badTrajectories() throws {
    let problem = try shipped("two-choices")
    func complaint(_ text: String) -> String {
      do {
        _ = try FiniteTrajectory(text, in: problem)
        return ""
      } catch { return error.description }
    }
    #expect(complaint("x1,1,x2,2").contains("an action at the end"))
    #expect(
      complaint("x1,1,x9").contains(
        "part 3: found the unknown state 'x9'; allowed a state of the problem. Did you mean 'x1'?"))
    #expect(complaint("x1,2,x2").contains("where '2' does not lead to; allowed one of 'x3'"))
    #expect(complaint("x1,3,x2").contains("the action '3' in 'x1'; allowed one of '1', '2'"))
    #expect(complaint("x4,1,x2").contains("nothing after a terminal state"))
    #expect(complaint("").contains("unknown state ''"))
  }
}
