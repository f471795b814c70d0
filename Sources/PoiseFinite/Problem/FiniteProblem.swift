/// A finite Markov decision process: states, actions, p(s′|s,a), r(s′,s,a), γ, a start distribution and terminal
/// states.
///
/// A *choice* is an action that a state offers. Choices are in the order of their states, transitions in the order of
/// their choices, in compressed sparse rows: actions that a state does not offer and states that a choice cannot reach
/// take no memory. The next states of a choice are distinct and ascending. States without a choice are terminal: an
/// episode ends there, and V = 0.
///
/// Memory: 20 bytes for a transition, 16 for a choice, 4 for a state, and the names if there are any.
///
/// Source: Puterman 1994, "Markov Decision Processes", section 2.1; Sutton and Barto 2018, section 3.1, with r(s, a, s′) of eq. 3.6.
public struct FiniteProblem: Hashable, Sendable {
  /// The largest deviation from 1 of the sum of a choice's probabilities.
  public static let sumTolerance = 1e-9

  /// The names of states, [states]; if it is empty, a state's name is its number.
  public let stateNames: [String]
  /// The names of all actions; a choice names one of them by its index.
  public let actionNames: [String]
  /// State s offers the choices `stateStarts[s] ..< stateStarts[s + 1]`; [states + 1].
  public let stateStarts: [Int32]
  /// The action of each choice, [choices]; ascending within a state.
  public let choiceActions: [Int32]
  /// Choice c has the transitions `choiceStarts[c] ..< choiceStarts[c + 1]`; [choices + 1].
  public let choiceStarts: [Int32]
  /// s′ of each transition, [transitions].
  public let nextStates: [Int32]
  /// p(s′|s,a) of each transition, [transitions]; positive, and those of a choice add up to 1.
  public let probabilities: [Double]
  /// r(s′,s,a) of each transition, [transitions].
  public let rewards: [Double]
  /// r(s,a) = Σ p(s′|s,a) r(s′,s,a) of each choice, [choices].
  public let expectedRewards: [Double]
  /// γ, in [0, 1].
  public let discount: Double
  /// The start distribution: states in ascending order with their probabilities, which add up to 1.
  public let start: [StateProbability]
  /// π(a|s) of each choice, [choices], if the problem contains a policy; `nil` otherwise.
  public let policy: [Double]?
  /// The number of actions after which an episode is truncated; `nil` for no limit. The solvers ignore it.
  public let stepLimit: Int?
  /// Where the states lie in a world of cells, if the problem is a map; `nil` otherwise.
  public let layout: CellLayout?

  /// A state and its probability.
  public struct StateProbability: Hashable, Sendable {
    /// The index of the state.
    public var state: Int
    /// Its probability, in (0, 1].
    public var probability: Double

    /// Makes a pair of a state and its probability.
    public init(state: Int, probability: Double) {
      self.state = state
      self.probability = probability
    }
  }

  /// The number of states, terminal ones included.
  public var stateCount: Int { stateStarts.count - 1 }
  /// The number of choices of all states.
  public var choiceCount: Int { choiceActions.count }
  /// The number of transitions of all choices.
  public var transitionCount: Int { nextStates.count }

  /// Whether a state is terminal: whether it offers no choice.
  @inlinable public func isTerminal(_ state: Int) -> Bool { stateStarts[state] == stateStarts[state + 1] }
  /// The choices that a state offers; none if it is terminal.
  @inlinable public func choices(of state: Int) -> Range<Int> { Int(stateStarts[state])..<Int(stateStarts[state + 1]) }
  /// The transitions of a choice.
  @inlinable public func transitions(of choice: Int) -> Range<Int> {
    Int(choiceStarts[choice])..<Int(choiceStarts[choice + 1])
  }

  /// The name of a state, or its number if states have no names.
  public func stateName(_ state: Int) -> String { stateNames.isEmpty ? "\(state)" : stateNames[state] }
  /// The name of a choice's action.
  public func actionName(of choice: Int) -> String { actionNames[Int(choiceActions[choice])] }
  /// The state with this name; `nil` if there is none.
  public func state(named name: String) -> Int? {
    if !stateNames.isEmpty { return stateNames.firstIndex(of: name) }
    return Int(name).flatMap { (0..<stateCount).contains($0) ? $0 : nil }
  }
  /// The choice of this state with this action; `nil` if the state does not offer it.
  public func choice(of state: Int, action name: String) -> Int? {
    choices(of: state).first { actionName(of: $0) == name }
  }

  /// Whether every choice has one transition, so that an episode follows from its start and its actions.
  public var isDeterministic: Bool { transitionCount == choiceCount }

  /// Takes rows that the caller has checked: a builder or a reader of files.
  init(
    stateNames: [String], actionNames: [String], stateStarts: [Int32], choiceActions: [Int32], choiceStarts: [Int32],
    nextStates: [Int32], probabilities: [Double], rewards: [Double], discount: Double, start: [StateProbability],
    policy: [Double]?, stepLimit: Int?, layout: CellLayout?
  ) {
    self.stateNames = stateNames
    self.actionNames = actionNames
    self.stateStarts = stateStarts
    self.choiceActions = choiceActions
    self.choiceStarts = choiceStarts
    self.nextStates = nextStates
    self.probabilities = probabilities
    self.rewards = rewards
    self.discount = discount
    self.start = start
    self.policy = policy
    self.stepLimit = stepLimit
    self.layout = layout
    var expected = [Double](repeating: 0, count: choiceActions.count)
    for choice in expected.indices {
      var sum = 0.0
      for k in Int(choiceStarts[choice])..<Int(choiceStarts[choice + 1]) { sum += probabilities[k] * rewards[k] }
      expected[choice] = sum
    }
    expectedRewards = expected
  }

  /// Makes a problem of rows that a program has built, such as a large one. States are named by their numbers.
  ///
  /// - Parameters: as the properties.
  /// - Precondition: rows are in order, and the probabilities of each choice add up to 1.
  /// - Complexity: O(transitions).
  public init(
    actionNames: [String], stateStarts: [Int32], choiceActions: [Int32], choiceStarts: [Int32], nextStates: [Int32],
    probabilities: [Double], rewards: [Double], discount: Double, start: [StateProbability], stepLimit: Int? = nil
  ) {
    let states = stateStarts.count - 1
    precondition(states > 0 && (0...1).contains(discount), "\(states) states, a discount of \(discount)")
    precondition(stateStarts.first == 0 && stateStarts.last == Int32(choiceActions.count), "rows of choices")
    precondition(choiceStarts.first == 0 && choiceStarts.count == choiceActions.count + 1, "rows of transitions")
    precondition(choiceStarts.last == Int32(nextStates.count), "rows of transitions")
    precondition(
      probabilities.count == nextStates.count && rewards.count == nextStates.count, "as many p and r as next states")
    for state in 0..<states {
      precondition(stateStarts[state] <= stateStarts[state + 1], "the choices of state \(state)")
    }
    for choice in choiceActions.indices {
      precondition(actionNames.indices.contains(Int(choiceActions[choice])), "the action of choice \(choice)")
      precondition(choiceStarts[choice] < choiceStarts[choice + 1], "choice \(choice) without a transition")
      var sum = 0.0
      var last: Int32 = -1
      for k in Int(choiceStarts[choice])..<Int(choiceStarts[choice + 1]) {
        precondition(nextStates[k] > last && nextStates[k] < states && probabilities[k] > 0, "transition \(k)")
        last = nextStates[k]
        sum += probabilities[k]
      }
      precondition(
        abs(sum - 1) <= Self.sumTolerance, "choice \(choice): probabilities add up to \(sum)")
    }
    self.init(
      stateNames: [], actionNames: actionNames, stateStarts: stateStarts, choiceActions: choiceActions,
      choiceStarts: choiceStarts, nextStates: nextStates, probabilities: probabilities, rewards: rewards,
      discount: discount,
      start: start, policy: nil, stepLimit: stepLimit, layout: nil)
  }

  /// The same problem with another discount factor, in [0, 1].
  public func discounted(by discount: Double) -> Self {
    precondition((0...1).contains(discount), "a discount of \(discount)")
    return Self(
      stateNames: stateNames, actionNames: actionNames, stateStarts: stateStarts, choiceActions: choiceActions,
      choiceStarts: choiceStarts, nextStates: nextStates, probabilities: probabilities, rewards: rewards,
      discount: discount, start: start, policy: policy, stepLimit: stepLimit, layout: layout)
  }

  /// π(a|s) of the policy that takes every choice of a state with equal probability, [choices].
  public var uniformPolicy: [Double] {
    var policy = [Double](repeating: 0, count: choiceCount)
    for state in 0..<stateCount {
      let offered = choices(of: state)
      for choice in offered { policy[choice] = 1 / Double(offered.count) }
    }
    return policy
  }

  /// Σ start(s) v(s): the expected value at the start of an episode, of values v, [states].
  public func startValue(of values: [Double]) -> Double {
    start.reduce(0) { $0 + $1.probability * values[$1.state] }
  }
}
