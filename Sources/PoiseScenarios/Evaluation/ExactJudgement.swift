package import PoiseAlgorithms
import PoiseControl
import PoiseEnvironments
package import PoiseFinite
package import PoiseNetworks

/// The exact value of a controller of a finite problem by Bellman's equation, beside the episodes that it plays.
struct ExactJudgement: Sendable {
  private let process: FiniteProcess
  /// V* at the start; `nil` where there is none.
  private let optimum: Double?

  init(_ process: FiniteProcess) {
    self.process = process
    let problem = process.problem
    let solution =
      problem.stateCount <= Self.policyIterationStates
      ? try? problem.policyIteration() : try? problem.modifiedPolicyIteration()
    optimum = solution.map { problem.startValue(of: $0.values) }
  }

  /// States up to which exact evaluations are quick.
  private static let policyIterationStates = 20_000

  /// `nil` for what has no exact value, such as a policy that never ends where nothing is discounted.
  func scores(of controller: ControllerChoice, instructionSet: InstructionSet) -> [Metric: Double?] {
    let policy: [Double]
    switch controller {
    case .policy(let network, _):
      let actions = process.actions(of: network, instructionSet: instructionSet)
      policy = process.policy { [(actions[$0], 1)] }
    case .baseline(.random):
      let count = process.problem.actionNames.count
      policy = process.policy { _ in (0..<count).map { ($0, 1 / Double(count)) } }
    case .baseline: return [:]
    }
    let value = try? process.problem.startValue(ofPolicy: policy)
    let shortfall = value.flatMap { value in optimum.map { max(0, $0 - value) } }
    return [.exactValue: value, .exactShortfall: shortfall]
  }

}

extension FiniteProcess {
  /// The action that a policy takes in every state, [states].
  ///
  /// - Parameters:
  ///   - policy: a policy on the process's one-hot observations.
  ///   - instructionSet: that of the policy's matrix products.
  package func actions(of policy: Policy, instructionSet: InstructionSet) -> [Int] {
    let count = problem.stateCount
    let rows = min(64, count)
    var workspace = PolicyWorkspace(policy, rowCapacity: rows, instructionSet: instructionSet)
    var observations = [Float](repeating: 0, count: rows * count)
    var actions = [Float](repeating: 0, count: rows)
    var result: [Int] = []
    result.reserveCapacity(count)
    for first in stride(from: 0, to: count, by: rows) {
      for row in 0..<rows where first + row < count { observations[row * count + first + row] = 1 }
      Self.act(&workspace, observations, &actions)
      for row in 0..<rows where first + row < count {
        observations[row * count + first + row] = 0
        result.append(Int(actions[row]))
      }
    }
    return result
  }

  private static func act(_ workspace: inout PolicyWorkspace, _ observations: [Float], _ actions: inout [Float]) {
    var span = actions.mutableSpan
    workspace.act(observations.span, into: &span)
  }
}
