public import PoiseCore

/// A learner with a table of action values, which learns from a simulation for some actions at a time.
///
/// Learning for n actions and then for m equals learning for n + m, bit for bit: a call may stop within an episode, and
/// the next call continues it. A learner, its world and its stream, saved together, can be resumed exactly.
public protocol TabularLearner: Sendable {
  /// The hyperparameters.
  associatedtype Parameters: Configurable & Hashable

  /// The name of the algorithm on the command line: `q-learning`.
  static var algorithmName: String { get }

  /// Makes a learner that has learned nothing.
  ///
  /// - Parameters:
  ///   - parameters: the hyperparameters.
  ///   - problem: gives the choices of the table.
  init(_ parameters: Parameters, problem: FiniteProblem)

  /// Q of each choice, [choices].
  var actionValues: [Double] { get }
  /// Actions taken so far.
  var environmentSteps: Int { get }

  /// Takes actions and learns from each.
  ///
  /// - Parameters:
  ///   - actions: the number of actions.
  ///   - world: a simulation of the problem that the learner was made for.
  ///   - random: the stream of exploration.
  mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream)
}

extension FiniteProblem {
  /// max |Q − Q*| over all choices, for learning curves.
  public func distance(_ actionValues: [Double], to optimal: [Double]) -> Double {
    zip(actionValues, optimal).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// The exact value, from the start distribution, of the policy that is greedy in Q.
  ///
  /// If γ is 1 and the policy may never terminate, it is the expected sum of 100,000 rewards instead: nearly the value
  /// if cycles earn nothing, and a very small number if they cost.
  ///
  /// - Parameter actionValues: Q, [choices].
  /// - Throws: `FiniteProblemError` if the evaluation does not converge.
  public func greedyValue(of actionValues: [Double]) throws(FiniteProblemError) -> Double {
    let policy = policy(choosing: greedyChoices(choiceValues: actionValues))
    if discount == 1, let value = undiscountedValue(of: policy) { return value }
    return startValue(of: try evaluated(policy: policy).values)
  }

  /// The value of a policy that does not terminate from every state; `nil` if it does. States that cannot be reached
  /// from the start are ignored.
  private func undiscountedValue(of policy: [Double]) -> Double? {
    guard stateWithoutEnd(under: policy) != nil else { return nil }
    var reached = [Bool](repeating: false, count: stateCount)
    var stack = start.map(\.state)
    for state in stack { reached[state] = true }
    while let state = stack.popLast() {
      for choice in choices(of: state) where policy[choice] > 0 {
        for k in transitions(of: choice) where !reached[Int(nextStates[k])] {
          reached[Int(nextStates[k])] = true
          stack.append(Int(nextStates[k]))
        }
      }
    }
    let distances = distancesToEnd { policy[$0] > 0 }
    if (0..<stateCount).contains(where: { reached[$0] && distances[$0] < 0 }) {
      return startValue(of: horizonValues(actions: 100_000, policy: policy).values)
    }
    // States that are not reached follow a proper policy instead, so that the rest can be evaluated.
    guard let proper = try? properPolicy() else { return nil }
    var mended = policy
    for state in 0..<stateCount where !reached[state] {
      for choice in choices(of: state) { mended[choice] = Int(proper[state]) == choice ? 1 : 0 }
    }
    return (try? evaluated(policy: mended)).map { startValue(of: $0.values) }
  }
}
