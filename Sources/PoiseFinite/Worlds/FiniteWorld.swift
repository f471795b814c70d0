public import PoiseCore

/// A finite problem that is simulated: one state, one action, one next state at a time.
///
/// A start state and a next state take one draw from the world's stream each, unless they are certain.
public struct FiniteWorld: Sendable {
  /// The problem.
  public let problem: FiniteProblem
  /// The number of actions after which an episode is truncated.
  public let stepLimit: Int
  /// The state of the present episode, and the totals of the episodes before.
  public var moment: Moment

  /// Everything that the future of a world depends on, and its totals.
  public struct Moment: Hashable, Sendable, Codable {
    /// The index of the state that the episode is in.
    public var state: Int
    /// Actions of this episode so far.
    public var actionCount = 0
    /// The stream of all later draws of starts and transitions.
    public var random: RandomStream
    /// Σ r of the episode so far, not discounted.
    public var episodeReward = 0.0
    /// Episodes that are over, terminated or truncated.
    public var episodeCount = 0
    /// Σ r of these episodes, not discounted.
    public var finishedReward = 0.0
    /// The actions of these episodes.
    public var finishedActions = 0
    /// The index of the state in which the last of these ended.
    public var lastState = 0
  }

  /// The result of an action.
  public struct Step: Sendable {
    /// r(s′,s,a) of the transition.
    public var reward: Double
    /// s′, the index of the next state.
    public var nextState: Int
    /// Whether the next state is terminal.
    public var terminated: Bool
    /// The episode was truncated at the limit of its actions; the problem itself would go on.
    public var truncated: Bool

    @inlinable init(reward: Double, nextState: Int, terminated: Bool, truncated: Bool) {
      self.reward = reward
      self.nextState = nextState
      self.terminated = terminated
      self.truncated = truncated && !terminated
    }

    /// Whether the episode ended with this step, terminated or truncated.
    @inlinable public var isOver: Bool { terminated || truncated }
  }

  /// Makes a simulation and starts its first episode.
  ///
  /// - Parameters:
  ///   - problem: the problem.
  ///   - random: the stream that starts and transitions are drawn from.
  ///   - stepLimit: actions after which an episode is truncated; `nil` for the problem's own limit.
  public init(_ problem: FiniteProblem, random: RandomStream, stepLimit: Int? = nil) {
    self.problem = problem
    self.stepLimit = stepLimit ?? problem.stepLimit ?? Int.max
    moment = Moment(state: 0, random: random)
    reset()
  }

  /// The index of the state that the episode is in.
  @inlinable public var state: Int { moment.state }
  /// The number of episodes that are over, terminated or truncated.
  public var episodeCount: Int { moment.episodeCount }
  /// The sum of all rewards of these episodes, not discounted.
  public var finishedReward: Double { moment.finishedReward }

  /// Whether a moment that came from a file is one that this world could be in.
  public func accepts(_ moment: Moment) -> Bool {
    (0..<problem.stateCount).contains(moment.state) && (0..<problem.stateCount).contains(moment.lastState)
      && !problem.isTerminal(moment.state)
      && moment.actionCount >= 0 && moment.actionCount < stepLimit
      && [moment.episodeCount, moment.finishedActions, moment.actionCount].allSatisfy(\.isPossibleCount)
      && moment.episodeReward.isFinite && moment.finishedReward.isFinite
  }

  /// Starts an episode in a state drawn from the start distribution.
  @inlinable
  public mutating func reset() {
    moment.actionCount = 0
    moment.episodeReward = 0
    moment.state = problem.drawStart(&moment.random)
  }

  /// Takes one of the choices of the present state. After a step that ends the episode, call `reset`.
  @inlinable
  public mutating func step(_ choice: Int) -> Step {
    let k = problem.drawTransition(of: choice, &moment.random)
    let state = Int(problem.nextStates[k])
    moment.state = state
    moment.actionCount += 1
    let reward = problem.rewards[k]
    moment.episodeReward += reward
    let step = Step(
      reward: reward, nextState: state, terminated: problem.isTerminal(state),
      truncated: moment.actionCount >= stepLimit)
    if step.isOver {
      moment.episodeCount += 1
      moment.finishedReward += moment.episodeReward
      moment.finishedActions += moment.actionCount
      moment.lastState = state
    }
    return step
  }
}

extension FiniteProblem {
  /// A state in which an episode starts; no draw if there is only one.
  @inlinable
  public func drawStart(_ random: inout RandomStream) -> Int {
    var state = start[0].state
    guard start.count > 1 else { return state }
    var rest = random.uniform()
    for place in start {
      state = place.state
      rest -= place.probability
      if rest < 0 { break }
    }
    return state
  }

  /// One of the transitions of a choice; no draw if there is only one.
  @inlinable
  public func drawTransition(of choice: Int, _ random: inout RandomStream) -> Int {
    let first = Int(choiceStarts[choice])
    let last = Int(choiceStarts[choice + 1]) - 1
    var k = first
    if first < last {
      var rest = random.uniform() - probabilities[first]
      while rest >= 0, k < last {
        k += 1
        rest -= probabilities[k]
      }
    }
    return k
  }
}
