public import PoiseCore

/// Simulates episodes of a finite problem, one action at a time.
///
/// A start state and a next state take one draw from `random` each, unless they are certain.
public struct FiniteWorld: Sendable {
  /// The problem.
  public let problem: FiniteProblem
  /// The present state.
  public private(set) var state: Int
  /// Actions of this episode so far.
  public private(set) var actionCount = 0
  /// The stream of starts and transitions.
  public private(set) var random: RandomStream
  /// Episodes that have ended, terminated or truncated.
  public private(set) var episodeCount = 0
  /// Σ r of these episodes, not discounted.
  public private(set) var finishedReward = 0.0
  /// Σ r of the present episode so far, not discounted.
  public private(set) var episodeReward = 0.0
  private let stepLimit: Int

  /// The result of an action.
  public struct Step: Sendable {
    /// r of the transition.
    public var reward: Double
    /// The state after the action.
    public var nextState: Int
    /// Whether the next state is terminal.
    public var terminated: Bool
    /// Whether the episode was cut by the problem's step limit in a state that is not terminal.
    public var truncated: Bool

    init(reward: Double, nextState: Int, terminated: Bool, truncated: Bool) {
      self.reward = reward
      self.nextState = nextState
      self.terminated = terminated
      self.truncated = truncated && !terminated
    }

    /// Whether the episode has ended, terminated or truncated.
    public var isOver: Bool { terminated || truncated }
  }

  /// Makes a simulation and starts its first episode.
  public init(_ problem: FiniteProblem, random: RandomStream) {
    self.problem = problem
    self.random = random
    stepLimit = problem.stepLimit ?? Int.max
    state = 0
    reset()
  }

  /// Starts an episode in a state drawn from the start distribution.
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

  /// Takes one of the choices of the present state. After a step that ends the episode, call `reset`.
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
