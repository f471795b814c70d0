public import PoiseCore

/// Q-learning: off-policy control whose target is the largest Q of the next state.
///
///     Q(S,A) ← Q(S,A) + α [R + γ max_a Q(S′,a) − Q(S,A)]
///
/// Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 2018, section 6.5, eq. 6.8. Deviations:
/// none; a truncated episode bootstraps from its last state.
public struct QLearning: TabularLearner {
  /// The hyperparameters of Q-learning, SARSA, expected SARSA and double Q-learning.
  public struct Parameters: Configurable, Hashable {
    /// α.
    public var learningRate = LearningRate()
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start; an optimistic value encourages exploration.
    public var initialValue = 0.0

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α."),
      .key("exploration", \.exploration, .section, "ε."),
      .key(
        "initialValue", \.initialValue, .number(),
        "Q of all choices at the start; values above all returns encourage exploration."),
    ]
  }

  public static let algorithmName = "q-learning"
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
      q.move(choice, towards: step.reward + γ * q.best(step.nextState, problem))
      environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }
}
