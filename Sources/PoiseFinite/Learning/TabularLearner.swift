public import PoiseCore

/// A learner with a table: a value that lives in a world for some actions at a time.
///
/// Learning for n actions and then for m is learning for n + m, bit for bit; an episode may be cut anywhere by the count and goes on with the
/// next call. Whoever saves a learner, its world and its stream goes on exactly.
public protocol TabularLearner: Sendable {
  associatedtype Parameters: Configurable & Hashable

  /// The name of the algorithm on the command line: `q-learning`.
  static var algorithmName: String { get }

  init(_ parameters: Parameters, problem: FiniteProblem)

  /// Q of each choice, [choices].
  var actionValues: [Double] { get }
  /// Actions taken so far.
  var environmentSteps: Int { get }

  /// Takes so many actions and learns from each.
  ///
  /// - Parameters:
  ///   - world: of the problem that the learner was made for.
  ///   - random: exploration's stream.
  mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream)
}

extension FiniteProblem {
  /// max |Q − Q*| over all choices, for curves of what has been learned.
  public func distance(_ actionValues: [Double], to optimal: [Double]) -> Double {
    zip(actionValues, optimal).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// The exact value from the start distribution of the policy that is greedy in Q. Where γ is 1 and it may walk in circles, what it earns in
  /// 100,000 actions: next to nothing more where circles earn nothing, and very little where they cost.
  public func greedyValue(of actionValues: [Double]) throws(FiniteProblemError) -> Double {
    let policy = policy(choosing: greedyChoices(choiceValues: actionValues))
    if discount == 1, let value = undiscountedValue(of: policy) { return value }
    return startValue(of: try evaluated(policy: policy).values)
  }

  /// For policies that do not end from everywhere; `nil` for those that do. States that the start never reaches do not count.
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
    // Those that are not reached take a way to the end instead, so that the rest can be evaluated.
    guard let proper = try? properPolicy() else { return nil }
    var mended = policy
    for state in 0..<stateCount where !reached[state] {
      for choice in choices(of: state) { mended[choice] = Int(proper[state]) == choice ? 1 : 0 }
    }
    return (try? evaluated(policy: mended)).map { startValue(of: $0.values) }
  }
}
