public import PoiseCore
public import PoiseFinite

/// Watkins's Q(λ): Q-learning with eligibility traces, which are cut by actions that are not greedy.
///
///     δ = R + γ max_a Q(S′,a) − Q(S,A);  z(S,A) ← 1;  Q ← Q + α δ z for all;  z ← γ λ z if the next action is greedy, else z ← 0
///
/// Source: Watkins 1989, "Learning from Delayed Rewards"; Sutton and Barto 1998, figure 7.14, with replacing traces
/// (Singh and Sutton 1996). Deviation: traces below a millionth are set to zero. With λ = 0 it is Q-learning.
public struct QLambda: ActionValueLearner, TabularAlgorithm {
  /// The hyperparameters of Q(λ).
  public struct Parameters: TabularParameters {
    /// α.
    public var learningRate = LearningRate()
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start.
    public var initialValue = 0.0
    /// λ, in [0, 1]; 0 is Q-learning.
    public var traceDecay = 0.9
    /// Actions for one row of the progress.
    public var reportInterval = 1000

    /// Makes the default parameters.
    public init() {}

    /// The keys of its section.
    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q of all choices at the start."),
      .key(
        "traceDecay", \.traceDecay, .number(.from(0, through: 1)),
        "λ: the decay of the eligibility traces; 0 is Q-learning."),
      .reportInterval(\.reportInterval),
    ]
  }

  /// The name for `--algorithm`.
  public static let name = "q-lambda"
  /// The name for display.
  public static let title = "Q(λ)"
  /// The paper that it implements.
  public static let paper = "Watkins 1989"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: State

  /// What Q(λ) remembers: Q, the eligibility traces, and the number of actions taken.
  public struct State: Codable, Sendable {
    public fileprivate(set) var q: ActionValueTable
    fileprivate var traces: EligibilityTraces
    fileprivate var environmentSteps = 0
  }

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    state = State(
      q: ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue),
      traces: EligibilityTraces(count: problem.choiceCount))
  }

  /// The step size, by its key.
  public static func stepSizes(of parameters: Parameters) -> String {
    "learningRate.initial is \(parameters.learningRate.initial)"
  }

  /// ε of the ε-greedy actions.
  public var exploration: EpsilonGreedy { parameters.exploration }
  /// Q of each choice, [choices].
  public var actionValues: [Double] { state.q.values }
  /// Actions taken so far.
  public var environmentSteps: Int { state.environmentSteps }

  public mutating func begin(with known: State) {
    state = known
    state.environmentSteps = 0
    state.traces = EligibilityTraces(count: known.q.values.count)
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    self.state.q.accepts(state.q) && self.state.traces.accepts(state.traces) && state.environmentSteps.isPossibleCount
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: state.environmentSteps)
      let place = world.state
      let choice = state.q.choose(place, problem, epsilon: ε, random: &random)
      // The return after an action that is not greedy says nothing about the greedy policy before it.
      if state.q[choice] < state.q.best(place, problem) {
        state.traces.clear()
      } else {
        state.traces.fade(by: γ * parameters.traceDecay)
      }
      state.traces.visit(choice, isReplacing: true)
      let step = world.step(choice)
      let δ = step.reward + γ * state.q.best(step.nextState, problem) - state.q[choice]
      let α = state.q.nextRate(choice)
      for entry in state.traces.entries { state.q.values[Int(entry)] += α * δ * state.traces.traces[Int(entry)] }
      state.environmentSteps += 1
      if step.isOver {
        state.traces.clear()
        world.reset()
      }
    }
  }
}
