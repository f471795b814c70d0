public import PoiseCore

/// Q-learning: off-policy control by the best of the next state.
///
///     Q(S,A) ← Q(S,A) + α [R + γ max_a Q(S′,a) − Q(S,A)]
///
/// Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 2018, section 6.5, eq. 6.8. Deviations: none; an episode that is cut
/// at its limit of actions keeps its bootstrap.
public struct QLearning: TabularLearner {
  public struct Parameters: Configurable, Hashable {
    public var learningRate = LearningRate()
    public var exploration = EpsilonGreedy()
    public var initialValue = 0.0

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α."),
      .key("exploration", \.exploration, .section, "ε."),
      .key(
        "initialValue", \.initialValue, .number(), "Q at first; above what can be earned it makes the learner curious."),
    ]
  }

  public static let algorithmName = "q-learning"
  public let parameters: Parameters
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
      q.move(choice, towards: step.reward + γ * q.best(step.nextState, problem))
      environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }
}
