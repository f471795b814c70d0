public import PoiseCore

/// A finite problem that is lived in: one state, one action, one next state at a time.
///
/// What happens is drawn from `random`, one draw for a start that is not certain and one for a transition that is not.
public struct FiniteWorld: Sendable {
  public let problem: FiniteProblem
  /// Where the episode is.
  public private(set) var state: Int
  /// Actions of this episode so far.
  public private(set) var actionCount = 0
  public private(set) var random: RandomStream
  /// Episodes that are over, ended or cut.
  public private(set) var episodeCount = 0
  /// Σ r of these, not discounted.
  public private(set) var finishedReward = 0.0
  /// Σ r of the episode so far.
  public private(set) var episodeReward = 0.0
  private let stepLimit: Int

  /// What an action led to.
  public struct Step: Sendable {
    public var reward: Double
    public var nextState: Int
    /// The next state is terminal: nothing follows.
    public var terminated: Bool
    /// The episode was cut at the limit of its actions; the problem itself would go on.
    public var truncated: Bool

    init(reward: Double, nextState: Int, terminated: Bool, truncated: Bool) {
      self.reward = reward
      self.nextState = nextState
      self.terminated = terminated
      self.truncated = truncated && !terminated
    }

    public var isOver: Bool { terminated || truncated }
  }

  /// Begins with a first episode.
  public init(_ problem: FiniteProblem, random: RandomStream) {
    self.problem = problem
    self.random = random
    stepLimit = problem.stepLimit ?? Int.max
    state = 0
    reset()
  }

  /// Starts an episode.
  public mutating func reset() {
    actionCount = 0
    episodeReward = 0
    state = problem.start[0].state
    guard problem.start.count > 1 else { return }
    var rest = random.uniform()
    for place in problem.start {
      state = place.state
      rest -= place.probability
      if rest < 0 { return }
    }
  }

  /// Takes a choice that the state offers.
  public mutating func step(_ choice: Int) -> Step {
    let first = Int(problem.choiceStarts[choice])
    let last = Int(problem.choiceStarts[choice + 1]) - 1
    var k = first
    if first < last {
      var rest = random.uniform() - problem.probabilities[first]
      while rest >= 0, k < last {
        k += 1
        rest -= problem.probabilities[k]
      }
    }
    state = Int(problem.nextStates[k])
    actionCount += 1
    let reward = problem.rewards[k]
    episodeReward += reward
    let step = Step(
      reward: reward, nextState: state, terminated: problem.isTerminal(state), truncated: actionCount >= stepLimit)
    if step.isOver {
      episodeCount += 1
      finishedReward += episodeReward
    }
    return step
  }
}
