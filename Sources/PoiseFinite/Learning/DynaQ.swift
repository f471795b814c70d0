public import PoiseCore

/// Dyna-Q: Q-learning that also learns a model of the problem, and plans with it.
///
///     Q-learning's update;  Model(S,A) counts R, S′;  n times: a random visited (S,A), an outcome of the model, and the same update
///
/// Source: Sutton 1990, "Integrated Architectures for Learning, Planning, and Reacting"; Sutton and Barto 2018, section
/// 8.2. Deviation: the model counts every outcome and draws one in proportion to its count, so that it suits stochastic
/// problems too; the book's keeps the last.
public struct DynaQ: TabularLearner {
  /// The hyperparameters of Dyna-Q.
  public struct Parameters: Configurable, Hashable {
    /// α.
    public var learningRate = LearningRate()
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start.
    public var initialValue = 0.0
    /// n: updates from the model after each action, at least 0.
    public var planningSteps = 10

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q of all choices at the start."),
      .key(
        "planningSteps", \.planningSteps, .integer(.from(0, through: 1_000_000)),
        "n: updates from the model for each action."),
    ]
  }

  public static let algorithmName = "dyna-q"
  /// The hyperparameters.
  public let parameters: Parameters
  /// The table Q(s,a).
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0
  /// The outcomes of each choice, with their counts, [choices].
  private var outcomes: [[Outcome]]
  /// The choices that were taken, in the order in which they were first taken.
  private var taken: [Int32] = []
  private var counts: [Int32]

  private struct Outcome: Sendable {
    var reward: Double
    var nextState: Int32
    var count: Int32
  }

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    q = ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue)
    outcomes = [[Outcome]](repeating: [], count: problem.choiceCount)
    counts = [Int32](repeating: 0, count: problem.choiceCount)
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
      note(choice, step)
      for _ in 0..<parameters.planningSteps {
        let choice = Int(taken[random.index(below: taken.count)])
        let outcome = imagined(choice, &random)
        q.move(choice, towards: outcome.reward + γ * q.best(Int(outcome.nextState), problem))
      }
      environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }

  /// Adds an outcome to the model.
  private mutating func note(_ choice: Int, _ step: FiniteWorld.Step) {
    if counts[choice] == 0 { taken.append(Int32(choice)) }
    counts[choice] += 1
    if let known = outcomes[choice].firstIndex(where: { $0.nextState == step.nextState && $0.reward == step.reward }) {
      outcomes[choice][known].count += 1
    } else {
      outcomes[choice].append(Outcome(reward: step.reward, nextState: Int32(step.nextState), count: 1))
    }
  }

  /// Draws an outcome of a choice from the model, in proportion to the counts.
  private func imagined(_ choice: Int, _ random: inout RandomStream) -> Outcome {
    let seen = outcomes[choice]
    guard seen.count > 1 else { return seen[0] }
    var rest = Int32(random.index(below: Int(counts[choice])))
    for outcome in seen {
      rest -= outcome.count
      if rest < 0 { return outcome }
    }
    return seen[seen.count - 1]
  }
}
