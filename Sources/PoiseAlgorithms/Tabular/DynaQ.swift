public import PoiseCore
public import PoiseFinite

/// Dyna-Q: Q-learning that also learns a model of the problem, and plans with it.
///
///     Q-learning's update;  Model(S,A) counts R, S′;  n times: a random visited (S,A), an outcome of the model, and the same update
///
/// Source: Sutton 1990, "Integrated Architectures for Learning, Planning, and Reacting"; Sutton and Barto 2018, section
/// 8.2. Deviation: the model counts every outcome and draws one in proportion to its count, so that it suits stochastic
/// problems too; the book's keeps the last.
public struct DynaQ: ActionValueLearner, TabularAlgorithm {
  /// The hyperparameters of Dyna-Q.
  public struct Parameters: TabularParameters {
    /// α.
    public var learningRate = LearningRate()
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start.
    public var initialValue = 0.0
    /// n: updates from the model after each action, at least 0.
    public var planningSteps = 10
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
        "planningSteps", \.planningSteps, .integer(.from(0, through: 1_000_000)),
        "n: updates from the model for each action."),
      .reportInterval(\.reportInterval),
    ]
  }

  /// The name for `--algorithm`.
  public static let name = "dyna-q"
  /// The name for display.
  public static let title = "Dyna-Q"
  /// The paper that it implements.
  public static let paper = "Sutton 1990"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: State

  /// What Dyna-Q remembers: Q, the learned model, and the number of actions taken.
  public struct State: Codable, Sendable {
    public fileprivate(set) var q: ActionValueTable
    fileprivate var environmentSteps = 0
    /// The outcomes of each choice, with their counts, [choices].
    fileprivate var outcomes: [[Outcome]]
    /// The choices that were taken, in the order in which they were first taken.
    fileprivate var taken: [Int32] = []
    fileprivate var counts: [Int32]
  }

  fileprivate struct Outcome: Codable, Sendable {
    var reward: Double
    var nextState: Int32
    var count: Int32
  }

  private let stateCount: Int

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    stateCount = problem.stateCount
    state = State(
      q: ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue),
      outcomes: [[Outcome]](repeating: [], count: problem.choiceCount),
      counts: [Int32](repeating: 0, count: problem.choiceCount))
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
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    guard self.state.q.accepts(state.q), state.environmentSteps.isPossibleCount,
      state.outcomes.count == self.state.outcomes.count, state.counts.count == self.state.counts.count,
      Set(state.taken).count == state.taken.count, state.taken.count == state.counts.count(where: { $0 > 0 })
    else { return false }
    return state.taken.allSatisfy { state.counts.indices.contains(Int($0)) && state.counts[Int($0)] > 0 }
      && zip(state.outcomes, state.counts).allSatisfy { outcomes, count in
        outcomes.allSatisfy { $0.reward.isFinite && $0.count > 0 && (0..<stateCount).contains(Int($0.nextState)) }
          && outcomes.reduce(0) { $0 + Int($1.count) } == Int(count)
      }
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: state.environmentSteps)
      let choice = state.q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      state.q.move(choice, towards: step.reward + γ * state.q.best(step.nextState, problem))
      note(choice, step)
      for _ in 0..<parameters.planningSteps {
        let choice = Int(state.taken[random.index(below: state.taken.count)])
        let outcome = imagined(choice, &random)
        state.q.move(choice, towards: outcome.reward + γ * state.q.best(Int(outcome.nextState), problem))
      }
      state.environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }

  /// Adds an outcome to the model.
  private mutating func note(_ choice: Int, _ step: FiniteWorld.Step) {
    if state.counts[choice] == 0 { state.taken.append(Int32(choice)) }
    state.counts[choice] += 1
    if let known = state.outcomes[choice].firstIndex(where: {
      $0.nextState == step.nextState && $0.reward == step.reward
    }) {
      state.outcomes[choice][known].count += 1
    } else {
      state.outcomes[choice].append(Outcome(reward: step.reward, nextState: Int32(step.nextState), count: 1))
    }
  }

  /// Draws an outcome of a choice from the model, in proportion to the counts.
  private func imagined(_ choice: Int, _ random: inout RandomStream) -> Outcome {
    let seen = state.outcomes[choice]
    guard seen.count > 1 else { return seen[0] }
    var rest = Int32(random.index(below: Int(state.counts[choice])))
    for outcome in seen {
      rest -= outcome.count
      if rest < 0 { return outcome }
    }
    return seen[seen.count - 1]
  }
}
