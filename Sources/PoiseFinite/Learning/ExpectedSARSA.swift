public import PoiseCore

/// Expected SARSA: on-policy control whose target is the mean over the next action.
///
///     Q(S,A) ← Q(S,A) + α [R + γ Σ_a π(a|S′) Q(S′,a) − Q(S,A)]
///
/// Source: van Seijen, van Hasselt, Whiteson and Wiering 2009, "A Theoretical and Empirical Analysis of Expected Sarsa"; Sutton and Barto
/// 2018, section 6.6, eq. 6.9. Deviations: none.
public struct ExpectedSARSA: TabularLearner {
  public typealias Parameters = QLearning.Parameters

  public static let algorithmName = "expected-sarsa"
  /// The hyperparameters.
  public let parameters: Parameters
  /// The table Q(s,a).
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    q = ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue)
  }

  public var actionValues: [Double] { q.values }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: environmentSteps)
      let choice = q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      q.move(choice, towards: step.reward + γ * q.expectation(step.nextState, problem, epsilon: ε))
      environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }
}
