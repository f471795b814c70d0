/// Builds a problem from transitions in any order.
///
/// Transitions with the same state, action and next state become one: probabilities are added, rewards averaged with
/// the probabilities as weights. Probabilities of a choice are divided by their sum, which must be 1 within
/// `FiniteProblem.sumTolerance`.
public struct FiniteProblemBuilder: Sendable {
  /// The names of states, [states]; empty if they have none.
  public let stateNames: [String]
  /// The names of actions, [actions].
  public let actionNames: [String]
  /// γ, in [0, 1].
  public var discount: Double
  /// The start distribution, states in any order; its probabilities must add up to 1.
  public var start: [FiniteProblem.StateProbability] = []
  /// The number of actions after which an episode is truncated; `nil` for no limit.
  public var stepLimit: Int?
  /// Where the states lie in a world of cells; `nil` if the problem is not a map.
  public var layout: CellLayout?
  private var transitions: [Transition] = []
  private let stateCount: Int

  private struct Transition: Sendable {
    var state: Int32
    var action: Int32
    var nextState: Int32
    var probability: Double
    var reward: Double
  }

  /// Makes a builder for states with names, without transitions.
  ///
  /// - Parameters:
  ///   - stateNames: distinct names in the order of the states.
  ///   - actionNames: distinct names in the order of the actions.
  ///   - discount: γ, in [0, 1].
  public init(stateNames: [String], actionNames: [String], discount: Double) {
    self.init(stateCount: stateNames.count, stateNames: stateNames, actionNames: actionNames, discount: discount)
  }

  /// Makes a builder for states without names, without transitions.
  ///
  /// - Parameters:
  ///   - stateCount: the number of states, at least 1.
  ///   - actionNames: distinct names in the order of the actions.
  ///   - discount: γ, in [0, 1].
  public init(stateCount: Int, actionNames: [String], discount: Double) {
    self.init(stateCount: stateCount, stateNames: [], actionNames: actionNames, discount: discount)
  }

  private init(stateCount: Int, stateNames: [String], actionNames: [String], discount: Double) {
    precondition(stateCount > 0 && stateCount < Int(Int32.max), "\(stateCount) states")
    precondition((0...1).contains(discount), "a discount of \(discount)")
    self.stateCount = stateCount
    self.stateNames = stateNames
    self.actionNames = actionNames
    self.discount = discount
  }

  /// Adds a transition.
  ///
  /// - Parameters:
  ///   - state: the index of s.
  ///   - action: the index of a.
  ///   - nextState: the index of s′.
  ///   - probability: p(s′|s,a), positive.
  ///   - reward: r(s′,s,a), finite.
  public mutating func add(state: Int, action: Int, nextState: Int, probability: Double, reward: Double) {
    precondition(
      (0..<stateCount).contains(state) && (0..<stateCount).contains(nextState), "states \(state), \(nextState)")
    precondition(actionNames.indices.contains(action), "action \(action)")
    precondition(probability > 0 && probability.isFinite && reward.isFinite, "p = \(probability), r = \(reward)")
    transitions.append(
      Transition(
        state: Int32(state), action: Int32(action), nextState: Int32(nextState), probability: probability,
        reward: reward))
  }

  /// Makes the problem. States without a transition are terminal.
  ///
  /// - Parameter policy: π(a|s), called for each state and action that is offered; `nil` for no policy.
  /// - Precondition: the probabilities of each choice and those of `start` add up to 1.
  /// - Complexity: O(n log n) in the number of transitions.
  public func problem(policy: ((_ state: Int, _ action: Int) -> Double)? = nil) -> FiniteProblem {
    // Stable, so that the sums below do not depend on the sort.
    let order = transitions.indices.sorted {
      let (a, b) = (transitions[$0], transitions[$1])
      return (a.state, a.action, a.nextState, Int32($0)) < (b.state, b.action, b.nextState, Int32($1))
    }
    var stateStarts = [Int32](repeating: 0, count: stateCount + 1)
    var choiceActions: [Int32] = []
    var choiceStarts: [Int32] = []
    var choiceStates: [Int32] = []
    var nextStates: [Int32] = []
    var probabilities: [Double] = []
    var rewards: [Double] = []
    for index in order {
      let t = transitions[index]
      let isSameChoice = choiceStates.last == t.state && choiceActions.last == t.action
      if !isSameChoice {
        choiceStarts.append(Int32(nextStates.count))
        choiceStates.append(t.state)
        choiceActions.append(t.action)
        stateStarts[Int(t.state) + 1] += 1
      }
      if isSameChoice, nextStates.last == t.nextState, let p = probabilities.last, let r = rewards.last {
        probabilities[probabilities.count - 1] = p + t.probability
        if r != t.reward { rewards[rewards.count - 1] = (p * r + t.probability * t.reward) / (p + t.probability) }
      } else {
        nextStates.append(t.nextState)
        probabilities.append(t.probability)
        rewards.append(t.reward)
      }
    }
    choiceStarts.append(Int32(nextStates.count))
    for state in 0..<stateCount { stateStarts[state + 1] += stateStarts[state] }
    for choice in choiceActions.indices {
      let range = Int(choiceStarts[choice])..<Int(choiceStarts[choice + 1])
      let sum = range.reduce(0) { $0 + probabilities[$1] }
      // Twice, because the caller may have checked the sum in another order.
      precondition(abs(sum - 1) <= 2 * FiniteProblem.sumTolerance, "choice \(choice): probabilities add up to \(sum)")
      // Probabilities such as thirds, whose sum is 1 within rounding, are kept as they are.
      if abs(sum - 1) > 0x1p-50 { for k in range { probabilities[k] /= sum } }
    }
    let states = start.sorted { $0.state < $1.state }
    let total = states.reduce(0) { $0 + $1.probability }
    precondition(abs(total - 1) <= 2 * FiniteProblem.sumTolerance, "the start distribution adds up to \(total)")
    return FiniteProblem(
      stateNames: stateNames, actionNames: actionNames, stateStarts: stateStarts, choiceActions: choiceActions,
      choiceStarts: choiceStarts, nextStates: nextStates, probabilities: probabilities, rewards: rewards,
      discount: discount, start: states,
      policy: policy.map { policy in choiceActions.indices.map { policy(Int(choiceStates[$0]), Int(choiceActions[$0])) }
      },
      stepLimit: stepLimit, layout: layout)
  }
}
