public import PoiseCore
public import PoiseEnvironments

/// A finite problem as an environment of the contract, so that learners without tables can train on it.
///
/// An observation is one-hot: a number for each state, 1 for the one that the episode is in and 0 for all others. A network without hidden
/// layers on it is a table. An action is one of the problem's actions. Where the state does not offer it, the next one that it does offer
/// is taken, in the order of the actions, the first following the last.
///
///     action    one of the problem's actions
///     reward    r(s′,s,a) of the transition
///     start     the problem's start distribution
///     ends      in a terminal state; truncated at the limit of actions
///
/// Problems of more than `stateLimit` states have the number of the state as their observation, which no learner takes: they are for solving.
public struct FiniteProcess: DecisionProcess {
  /// The problem.
  public let problem: FiniteProblem
  /// One-hot, [states]; for large problems the number of the state.
  public let observationSpace: Space
  /// The problem's actions.
  public let actionSpace: Space

  /// States of a problem that can be learned from one-hot observations.
  public static let stateLimit = 65_536

  /// Makes the spaces of a problem: of one-hot observations up to `stateLimit` states, else of the index of the state.
  public init(_ problem: FiniteProblem) {
    self.problem = problem
    actionSpace = .discrete(problem.actionNames)
    let states = 0..<problem.stateCount
    observationSpace =
      problem.stateCount <= Self.stateLimit
      ? Space(states.map { Space.Element(name: "is_\(problem.stateName($0))", bounds: 0...1) })
      : .discrete(states.map { problem.stateName($0) })
  }

  public var metrics: [Metric] { [.episodeLength, .exactValue, .exactShortfall] }

  public func start(using random: inout RandomStream) -> Int { problem.drawStart(&random) }

  public func observe(_ state: Int, into observation: inout MutableSpan<Float>) {
    if observation.count == problem.stateCount {
      for i in observation.indices { observation[i] = 0 }
      observation[state] = 1
    } else {
      observation[0] = Float(state)
    }
  }

  /// The state that an observation shows.
  ///
  /// - Parameter observation: as `observe` writes it, [observations].
  public func state(of observation: [Float]) -> Int {
    observation.count == problem.stateCount ? observation.firstIndex(of: 1) ?? 0 : Int(observation[0])
  }

  public func step(_ state: inout Int, _ action: Span<Float>, using random: inout RandomStream) -> Transition {
    let k = problem.drawTransition(of: choice(of: state, action: Int(action[0])), &random)
    state = Int(problem.nextStates[k])
    return Transition(reward: problem.rewards[k], isTerminated: problem.isTerminal(state))
  }

  public func accepts(_ state: Int) -> Bool { (0..<problem.stateCount).contains(state) }

  /// The choice that an action becomes in a state that is not terminal.
  public func choice(of state: Int, action: Int) -> Int {
    let offered = problem.choices(of: state)
    return offered.first { Int(problem.choiceActions[$0]) >= action } ?? offered.lowerBound
  }

  /// π(a|s) of each choice, [choices], of a controller that acts so in each state.
  ///
  /// - Parameter actions: the probability of each action in a state.
  public func policy(_ actions: (_ state: Int) -> [(action: Int, probability: Double)]) -> [Double] {
    var policy = [Double](repeating: 0, count: problem.choiceCount)
    for state in 0..<problem.stateCount where !problem.isTerminal(state) {
      for (action, probability) in actions(state) { policy[choice(of: state, action: action)] += probability }
    }
    return policy
  }
}

extension EnvironmentSpecification {
  /// The finite problem that the task is made of, if it is.
  public var finiteProcess: FiniteProcess? { (self as? DecisionTask<FiniteProcess>)?.process }
}

extension Metric {
  /// The discounted value of a policy from the start distribution by Bellman's equation: no episode is played for it.
  public static let exactValue = Self(
    "exact_value", title: "value of the start, exact", digits: 4, combination: .maximum, headline: "exact value %")
  /// V* − V^π at the start, both exact.
  public static let exactShortfall = Self(
    "exact_shortfall", title: "short of the best, exact", digits: 4, combination: .maximum, isHigherBetter: false,
    range: 0 ... .infinity, headline: "% short of the best value")
}
