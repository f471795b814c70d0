public import PoiseCore

/// A trajectory of a finite problem: states with the choices between them.
public struct FiniteTrajectory: Hashable, Sendable {
  /// The states in order of time, [steps + 1].
  public var states: [Int]
  /// The choices between them, [steps].
  public var choices: [Int]

  /// The probability and the return of a trajectory.
  public struct Worth: Hashable, Sendable {
    /// Π π(a|s) p(s′|s,a): the probability under a policy, given the first state.
    public var probability: Double
    /// The probability of the first state in the start distribution.
    public var startProbability: Double
    /// Σ r: the undiscounted return.
    public var totalReward: Double
    /// Σ γᵗ r: the discounted return.
    public var discountedReturn: Double
  }

  /// Reads text such as `x1,1,x2,2,x4`: states and actions in turn, beginning and ending with a state.
  ///
  /// - Throws: `InvalidInput` that names the option `--trajectory`, with everything that is wrong.
  public init(_ text: String, in problem: FiniteProblem) throws(InvalidInput) {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    var problems: [Problem] = []
    func report(_ place: Int, _ found: String, _ allowed: String, _ remedy: String = "") {
      problems.append(
        Problem(file: "--trajectory", place: "part \(place + 1)", found: found, allowed: allowed, remedy: remedy))
    }
    var states: [Int] = []
    var choices: [Int] = []
    if names.count % 2 == 0 { report(names.count - 1, "an action at the end", "a state at the end") }
    for (i, name) in names.enumerated() where i % 2 == 0 {
      guard let state = problem.state(named: name) else {
        report(
          i, "the unknown state '\(name)'", "a state of the problem", suggestion(for: name, among: problem.stateNames))
        continue
      }
      states.append(state)
    }
    if problems.isEmpty {
      for step in 0..<states.count - 1 {
        let (state, name, next) = (states[step], names[2 * step + 1], states[step + 1])
        guard let choice = problem.choice(of: state, action: name) else {
          let offered = problem.choices(of: state).map { problem.actionName(of: $0) }
          report(
            2 * step + 1, "the action '\(name)' in '\(problem.stateName(state))'",
            offered.isEmpty ? "nothing after a terminal state" : "one of \(listed(offered))",
            suggestion(for: name, among: offered))
          continue
        }
        if !problem.transitions(of: choice).contains(where: { problem.nextStates[$0] == Int32(next) }) {
          let reached = problem.transitions(of: choice).map { problem.stateName(Int(problem.nextStates[$0])) }
          report(
            2 * step + 2, "'\(names[2 * step + 2])', where '\(name)' does not lead to", "one of \(listed(reached))")
        }
        choices.append(choice)
      }
    }
    guard problems.isEmpty else { throw InvalidInput(problems) }
    self.states = states
    self.choices = choices
  }

  /// Computes the probability and the return of this trajectory.
  ///
  /// - Parameters:
  ///   - problem: the problem of the trajectory.
  ///   - policy: π(a|s) of each choice, [choices].
  public func worth(in problem: FiniteProblem, policy: [Double]) -> Worth {
    var worth = Worth(
      probability: 1, startProbability: problem.start.first { $0.state == states[0] }?.probability ?? 0, totalReward: 0,
      discountedReturn: 0)
    var factor = 1.0
    for (step, choice) in choices.enumerated() {
      guard let k = problem.transitions(of: choice).first(where: { problem.nextStates[$0] == Int32(states[step + 1]) })
      else { preconditionFailure("choice \(choice) does not lead to state \(states[step + 1])") }
      worth.probability *= policy[choice] * problem.probabilities[k]
      worth.totalReward += problem.rewards[k]
      worth.discountedReturn += factor * problem.rewards[k]
      factor *= problem.discount
    }
    return worth
  }
}
