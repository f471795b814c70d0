public import PoiseCore

/// Dyna-Q: learns a model of the world while it learns from the world, and plans with it.
///
///     Q-learning's update;  Model(S,A) counts R, S′;  n times: a random visited (S,A), an outcome of the model, and the same update
///
/// Source: Sutton 1990, "Integrated Architectures for Learning, Planning, and Reacting"; Sutton and Barto 2018, section 8.2. Deviation: the model
/// counts every outcome and draws one as often as it was seen, so that it is right in stochastic worlds too; the book's keeps the last.
public struct DynaQ: TabularLearner {
  public struct Parameters: Configurable, Hashable {
    public var learningRate = LearningRate()
    public var exploration = EpsilonGreedy()
    public var initialValue = 0.0
    public var planningSteps = 10

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q at first."),
      .key(
        "planningSteps", \.planningSteps, .integer(.from(0, through: 1_000_000)),
        "n: updates from the model for each action."),
    ]
  }

  public static let algorithmName = "dyna-q"
  public let parameters: Parameters
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0
  /// What came of each choice that was taken, as often as it came.
  private var outcomes: [[Outcome]]
  /// The choices that were taken, in the order of their first time.
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

  /// The model learns an outcome.
  private mutating func note(_ choice: Int, _ step: FiniteWorld.Step) {
    if counts[choice] == 0 { taken.append(Int32(choice)) }
    counts[choice] += 1
    if let known = outcomes[choice].firstIndex(where: { $0.nextState == step.nextState && $0.reward == step.reward }) {
      outcomes[choice][known].count += 1
    } else {
      outcomes[choice].append(Outcome(reward: step.reward, nextState: Int32(step.nextState), count: 1))
    }
  }

  /// The model's answer: an outcome that was seen, as likely as it was frequent.
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
