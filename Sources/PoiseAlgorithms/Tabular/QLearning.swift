public import PoiseCore
public import PoiseFinite

/// Q-learning: off-policy control whose target is the largest Q of the next state.
///
///     Q(S,A) ← Q(S,A) + α [R + γ max_a Q(S′,a) − Q(S,A)]
///
/// Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 2018, section 6.5, eq. 6.8. Deviations:
/// none; a truncated episode bootstraps from its last state.
public struct QLearning: ActionValueLearner, TabularAlgorithm {
  public typealias Parameters = ActionValueParameters

  /// The name for `--algorithm`.
  public static let name = "q-learning"
  /// The name for display.
  public static let title = "Q-learning"
  /// The paper that it implements.
  public static let paper = "Watkins 1989"
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
      let choice = state.q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      state.q.move(choice, towards: step.reward + γ * state.q.best(step.nextState, problem))
      state.environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }
}
