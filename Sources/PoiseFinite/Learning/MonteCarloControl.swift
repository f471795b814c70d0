public import PoiseCore

/// Monte Carlo control: on-policy control by the returns of complete episodes.
///
///     G ← γ G + R from the episode's end;  at the first visit of (S,A):  Q(S,A) ← Q(S,A) + α [G − Q(S,A)]
///
/// Source: Sutton and Barto 2018, section 5.4, on-policy first-visit control with ε-soft policies; α = 1/N gives the
/// averages of the box, a constant one those of section 6.1. Deviation: a truncated episode counts with its rewards
/// until then.
public struct MonteCarloControl: TabularLearner {
  /// The hyperparameters of Monte Carlo control.
  public struct Parameters: Configurable, Hashable {
    /// α; the default 1/N averages the returns.
    public var learningRate = LearningRate(initial: 1, visitPower: 1)
    /// ε of the ε-greedy actions.
    public var exploration = EpsilonGreedy()
    /// Q of all choices at the start.
    public var initialValue = 0.0
    /// Whether a choice counts once an episode, at its first visit, or at every visit.
    public var firstVisit = true

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α; initial 1 and visitPower 1 average the returns."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q of all choices at the start."),
      .key(
        "firstVisit", \.firstVisit, .boolean,
        "Whether a state and action count once per episode, at their first visit, or at every visit."),
    ]
  }

  public static let algorithmName = "monte-carlo"
  /// The hyperparameters.
  public let parameters: Parameters
  /// The table Q(s,a).
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0
  /// The choices and rewards of the present episode.
  private var episode: [(choice: Int32, reward: Double)] = []
  /// The number of the last episode in which each choice was visited, and the time of its first visit there, [choices].
  private var visitedIn: [Int32]
  private var firstAt: [Int32]
  private var episodeNumber: Int32 = 0

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    q = ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue)
    visitedIn = [Int32](repeating: -1, count: problem.choiceCount)
    firstAt = visitedIn
  }

  public var actionValues: [Double] { q.values }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: environmentSteps)
      let choice = q.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      if visitedIn[choice] != episodeNumber {
        visitedIn[choice] = episodeNumber
        firstAt[choice] = Int32(episode.count)
      }
      episode.append((Int32(choice), step.reward))
      environmentSteps += 1
      guard step.isOver else { continue }
      var g = 0.0
      for (t, moment) in episode.enumerated().reversed() {
        g = problem.discount * g + moment.reward
        if !parameters.firstVisit || firstAt[Int(moment.choice)] == Int32(t) { q.move(Int(moment.choice), towards: g) }
      }
      episode.removeAll(keepingCapacity: true)
      episodeNumber &+= 1
      world.reset()
    }
  }
}
