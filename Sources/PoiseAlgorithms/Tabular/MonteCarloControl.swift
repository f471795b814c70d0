public import PoiseCore
public import PoiseFinite

/// Monte Carlo control: on-policy control by the returns of complete episodes.
///
///     G ← γ G + R from the episode's end;  at the first visit of (S,A):  Q(S,A) ← Q(S,A) + α [G − Q(S,A)]
///
/// Source: Sutton and Barto 2018, section 5.4, on-policy first-visit control with ε-soft policies; α = 1/N gives the
/// averages of the box, a constant one those of section 6.1. Deviation: a truncated episode counts with its rewards
/// until then.
public struct MonteCarloControl: ActionValueLearner, TabularAlgorithm {
  /// The hyperparameters of Monte Carlo control.
  public struct Parameters: TabularParameters {
    /// α; the default 1/N averages the returns.
    public var learningRate = LearningRate(initial: 1, visitPower: 1)
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start.
    public var initialValue = 0.0
    /// Whether a choice counts once an episode, at its first visit, or at every visit.
    public var firstVisit = true
    /// Actions for one row of the progress.
    public var reportInterval = 1000

    /// Makes the default parameters.
    public init() {}

    /// The keys of its section.
    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α; initial 1 and visitPower 1 average the returns."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q of all choices at the start."),
      .key(
        "firstVisit", \.firstVisit, .boolean,
        "Whether a state and action count once per episode, at their first visit, or at every visit."),
      .reportInterval(\.reportInterval),
    ]
  }

  /// The name for `--algorithm`.
  public static let name = "monte-carlo"
  /// The name for display.
  public static let title = "Monte Carlo control"
  /// The paper that it implements.
  public static let paper = "Sutton and Barto 2018"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: State

  /// What Monte Carlo control remembers: Q, the present episode, and the number of actions taken.
  public struct State: Codable, Sendable {
    public fileprivate(set) var q: ActionValueTable
    fileprivate var environmentSteps = 0
    /// The choices and rewards of the present episode.
    fileprivate var episode: [Moment] = []
  }

  /// An action of an episode and what it earned.
  public struct Moment: Codable, Sendable, Hashable {
    /// The index of the choice among all choices of the problem.
    public var choice: Int32
    /// The reward of the action.
    public var reward: Double
  }

  /// For each choice the action at which it was visited first in the episode that is looked at; else −1.
  private var firstAt: [Int32]

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    state = State(
      q: ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue))
    firstAt = [Int32](repeating: -1, count: problem.choiceCount)
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
    state.episode = []
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    self.state.q.accepts(state.q) && state.environmentSteps.isPossibleCount
      && state.episode.allSatisfy { firstAt.indices.contains(Int($0.choice)) && $0.reward.isFinite }
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: state.environmentSteps)
      let choice = state.q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      state.episode.append(Moment(choice: Int32(choice), reward: step.reward))
      state.environmentSteps += 1
      if step.isOver {
        learnFromEpisode(discount: problem.discount)
        world.reset()
      }
    }
  }

  private mutating func learnFromEpisode(discount γ: Double) {
    for (t, moment) in state.episode.enumerated() where firstAt[Int(moment.choice)] < 0 {
      firstAt[Int(moment.choice)] = Int32(t)
    }
    var g = 0.0
    for (t, moment) in state.episode.enumerated().reversed() {
      g = γ * g + moment.reward
      if !parameters.firstVisit || firstAt[Int(moment.choice)] == Int32(t) {
        state.q.move(Int(moment.choice), towards: g)
      }
    }
    for moment in state.episode { firstAt[Int(moment.choice)] = -1 }
    state.episode.removeAll(keepingCapacity: true)
  }
}
