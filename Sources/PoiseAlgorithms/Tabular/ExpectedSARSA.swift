public import PoiseCore
public import PoiseFinite

/// Expected SARSA: on-policy control whose target is the mean over the next action.
///
///     Q(S,A) ← Q(S,A) + α [R + γ Σ_a π(a|S′) Q(S′,a) − Q(S,A)]
///
/// Source: van Seijen, van Hasselt, Whiteson and Wiering 2009, "A Theoretical and Empirical Analysis of Expected Sarsa"; Sutton and Barto
/// 2018, section 6.6, eq. 6.9. Deviations: none.
public struct ExpectedSARSA: ActionValueLearner, TabularAlgorithm {
  public typealias Parameters = ActionValueParameters

  /// The name for `--algorithm`.
  public static let name = "expected-sarsa"
  /// The name for display.
  public static let title = "Expected SARSA"
  /// The paper that it implements.
  public static let paper = "van Seijen et al. 2009"
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
      state.q.move(choice, towards: step.reward + γ * state.q.expectation(step.nextState, problem, epsilon: ε))
      state.environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }
}
