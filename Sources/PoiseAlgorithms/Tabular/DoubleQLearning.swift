public import PoiseCore
public import PoiseFinite

/// Double Q-learning: one table chooses the best action, the other gives its value, which removes the maximisation
/// bias.
///
///     with probability 0.5:  Q₁(S,A) ← Q₁(S,A) + α [R + γ Q₂(S′, argmax_a Q₁(S′,a)) − Q₁(S,A)],  else with 1 and 2 exchanged
///
/// Source: van Hasselt 2010, "Double Q-learning", algorithm 1; Sutton and Barto 2018, section 6.7, eq. 6.10: actions
/// are ε-greedy in Q₁ + Q₂. Deviation: the argmax of equal actions is the first.
public struct DoubleQLearning: ActionValueLearner, TabularAlgorithm {
  public typealias Parameters = ActionValueParameters

  /// The name for `--algorithm`.
  public static let name = "double-q-learning"
  /// The name for display.
  public static let title = "Double Q-learning"
  /// The paper that it implements.
  public static let paper = "van Hasselt 2010"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: State

  /// What double Q-learning remembers: both tables, their mean, and the number of actions taken.
  public struct State: Codable, Sendable {
    /// Q₁.
    public fileprivate(set) var first: ActionValueTable
    /// Q₂.
    public fileprivate(set) var second: ActionValueTable
    /// (Q₁ + Q₂) / 2, by which actions are chosen.
    fileprivate var mean: ActionValueTable
    fileprivate var environmentSteps = 0
  }

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    let table = ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue)
    state = State(
      first: table, second: table, mean: ActionValueTable(problem, initialValue: parameters.initialValue))
  }

  /// Q of each choice, [choices].
  public var actionValues: [Double] { state.mean.values }
  /// Actions taken so far.
  public var environmentSteps: Int { state.environmentSteps }

  public mutating func begin(with known: State) {
    state = known
    state.environmentSteps = 0
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    self.state.first.accepts(state.first) && self.state.second.accepts(state.second)
      && self.state.mean.accepts(state.mean) && state.environmentSteps.isPossibleCount
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: state.environmentSteps)
      let choice = state.mean.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      if random.next() >> 63 == 0 {
        state.first.move(
          choice,
          towards: step.reward + γ * Self.value(of: step.nextState, chosenBy: state.first, in: state.second, problem))
      } else {
        state.second.move(
          choice,
          towards: step.reward + γ * Self.value(of: step.nextState, chosenBy: state.second, in: state.first, problem))
      }
      state.mean.values[choice] = (state.first[choice] + state.second[choice]) / 2
      state.environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }

  private static func value(
    of state: Int, chosenBy chooser: ActionValueTable, in judge: ActionValueTable, _ problem: FiniteProblem
  ) -> Double {
    let range = problem.choices(of: state)
    guard var best = range.first else { return 0 }
    for choice in range where chooser[choice] > chooser[best] { best = choice }
    return judge[best]
  }
}
