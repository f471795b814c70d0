public import PoiseCore

/// Monte Carlo control: whole episodes, and what really came of each action.
///
///     G ← γ G + R from the episode's end;  at the first visit of (S,A):  Q(S,A) ← Q(S,A) + α [G − Q(S,A)]
///
/// Source: Sutton and Barto 2018, section 5.4, on-policy first-visit control with ε-soft policies; α = 1/N gives the averages of the box, a
/// constant one those of section 6.1. Deviation: an episode that is cut at its limit of actions counts with what it had earned by then.
public struct MonteCarloControl: TabularLearner {
  public struct Parameters: Configurable, Hashable {
    public var learningRate = LearningRate(initial: 1, visitPower: 1)
    public var exploration = EpsilonGreedy()
    public var initialValue = 0.0
    public var firstVisit = true

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .section, "α; 1 with visitPower 1 takes averages."),
      .key("exploration", \.exploration, .section, "ε."),
      .key("initialValue", \.initialValue, .number(), "Q at first."),
      .key(
        "firstVisit", \.firstVisit, .boolean,
        "Whether a state and action count once an episode, at their first visit, or at every visit."),
    ]
  }

  public static let algorithmName = "monte-carlo"
  public let parameters: Parameters
  public private(set) var q: ActionValueTable
  public private(set) var environmentSteps = 0
  /// The episode so far.
  private var episode: [(choice: Int32, reward: Double)] = []
  /// The last episode, by its number, in which each choice was visited, and the action at which it was first.
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
