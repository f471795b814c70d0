public import PoiseCore

/// SARSA: on-policy control whose target is Q of the next action.
///
///     Q(S,A) ← Q(S,A) + α [R + γ Q(S′,A′) − Q(S,A)]
///
/// Source: Rummery and Niranjan 1994; Sutton and Barto 2018, section 6.4, eq. 6.7. Deviation: at the end of a truncated
/// episode, A′ is chosen for the bootstrap but not taken.
public struct SARSA: TabularLearner {
  public typealias Parameters = QLearning.Parameters

  public static let algorithmName = "sarsa"
  /// The hyperparameters.
  public let parameters: Parameters
  /// The table Q(s,a).
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0
  /// A′, the next action, if it is chosen already.
  private var next: Int?

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
      let choice = next ?? q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      environmentSteps += 1
      var following = 0.0
      next = nil
      if !step.terminated {
        let ε = parameters.exploration.epsilon(at: environmentSteps)
        let choice = q.choose(step.nextState, problem, epsilon: ε, random: &random)
        following = q[choice]
        if !step.truncated { next = choice }
      }
      q.move(choice, towards: step.reward + γ * following)
      if step.isOver { world.reset() }
    }
  }
}
