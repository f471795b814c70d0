public import PoiseCore
public import PoiseFinite

/// SARSA: on-policy control whose target is Q of the next action.
///
///     Q(S,A) ← Q(S,A) + α [R + γ Q(S′,A′) − Q(S,A)]
///
/// Source: Rummery and Niranjan 1994; Sutton and Barto 2018, section 6.4, eq. 6.7. Deviation: at the end of a truncated
/// episode, A′ is chosen for the bootstrap but not taken.
public struct SARSA: ActionValueLearner, TabularAlgorithm {
  public typealias Parameters = ActionValueParameters

  /// The name for `--algorithm`.
  public static let name = "sarsa"
  /// The name for display.
  public static let title = "SARSA"
  /// The paper that it implements.
  public static let paper = "Rummery and Niranjan 1994"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: ActionValueState

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    state = ActionValueState(
      ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue))
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: state.environmentSteps)
      let choice = state.next ?? state.q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      state.environmentSteps += 1
      var following = 0.0
      state.next = nil
      if !step.terminated {
        let ε = parameters.exploration.epsilon(at: state.environmentSteps)
        let choice = state.q.choose(step.nextState, problem, epsilon: ε, random: &random)
        following = state.q[choice]
        if !step.truncated { state.next = choice }
      }
      state.q.move(choice, towards: step.reward + γ * following)
      if step.isOver { world.reset() }
    }
  }
}
