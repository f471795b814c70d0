public import PoiseCore

/// Watkins's Q(λ): Q-learning with eligibility traces, which are cut by actions that are not greedy.
///
///     δ = R + γ max_a Q(S′,a) − Q(S,A);  z(S,A) ← 1;  Q ← Q + α δ z for all;  z ← γ λ z if the next action is greedy, else z ← 0
///
/// Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 1998, figure 7.14, with replacing traces
/// (Singh and Sutton 1996). Deviation: traces below a millionth are set to zero. With λ = 0 it is Q-learning.
public struct QLambda: TabularLearner {
  /// The hyperparameters of Q(λ).
  public struct Parameters: Configurable, Hashable {
    /// α.
    public var learningRate = LearningRate()
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start.
    public var initialValue = 0.0
    /// λ, in [0, 1]; 0 is Q-learning.
    public var traceDecay = 0.9

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q of all choices at the start."),
      .key(
        "traceDecay", \.traceDecay, .number(.from(0, through: 1)),
        "λ: the decay of the eligibility traces; 0 is Q-learning."),
    ]
  }

  public static let algorithmName = "q-lambda"
  /// The hyperparameters.
  public let parameters: Parameters
  /// The table Q(s,a).
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0
  private var traces: EligibilityTraces

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    q = ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue)
    traces = EligibilityTraces(count: problem.choiceCount)
  }

  public var actionValues: [Double] { q.values }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: environmentSteps)
      let state = world.state
      let choice = q.choose(state, problem, epsilon: ε, random: &random)
      // The return after an action that is not greedy says nothing about the greedy policy before it.
      if q[choice] < q.best(state, problem) { traces.clear() } else { traces.fade(by: γ * parameters.traceDecay) }
      traces.visit(choice, isReplacing: true)
      let step = world.step(choice)
      let δ = step.reward + γ * q.best(step.nextState, problem) - q[choice]
      let α = q.nextRate(choice)
      for entry in traces.entries { q.values[Int(entry)] += α * δ * traces.traces[Int(entry)] }
      environmentSteps += 1
      if step.isOver {
        traces.clear()
        world.reset()
      }
    }
  }
}
