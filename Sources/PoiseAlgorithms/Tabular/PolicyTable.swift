internal import Foundation  // exp
public import PoiseCore
public import PoiseFinite

/// A stochastic policy with a number for each choice: π(a|s) = exp θ(s,a) / Σ_b exp θ(s,b).
///
///     ∂ log π(a|s) / ∂θ(s,b) = [a = b] − π(b|s)
///
/// Source: Sutton and Barto 2018, eq. 13.2 and exercise 13.3, with a preference of its own for each state and action.
public struct PolicyTable: Codable, Sendable, Hashable {
  /// θ, [choices].
  public var logits: [Double]

  /// Makes a policy in which all choices of a state are equally likely.
  public init(_ problem: FiniteProblem) { logits = [Double](repeating: 0, count: problem.choiceCount) }

  /// Whether a table that came from a file is one that this could have become.
  func accepts(_ table: Self) -> Bool {
    table.logits.count == logits.count && table.logits.allSatisfy(\.isFinite)
  }

  /// π(a|s) of a state's choices, written to their places.
  ///
  /// - Parameters:
  ///   - offered: the indices of the choices that the state offers.
  ///   - probabilities: [choices]; only the elements of `offered` are written.
  public func writeProbabilities(of offered: Range<Int>, into probabilities: inout [Double]) {
    let largest = offered.reduce(-Double.infinity) { max($0, logits[$1]) }
    var sum = 0.0
    for choice in offered {
      probabilities[choice] = exp(logits[choice] - largest)
      sum += probabilities[choice]
    }
    for choice in offered { probabilities[choice] /= sum }
  }

  /// θ ← θ + step · ∇ log π(a|s).
  ///
  /// - Parameters:
  ///   - choice: a, one of those offered.
  ///   - offered: the indices of the choices that the state offers.
  ///   - step: the step size times the estimate of the advantage, such as α γᵗ δ.
  ///   - probabilities: scratch, [choices].
  public mutating func climb(
    _ choice: Int, of offered: Range<Int>, step: Double, _ probabilities: inout [Double]
  ) {
    writeProbabilities(of: offered, into: &probabilities)
    for other in offered { logits[other] += step * ((other == choice ? 1 : 0) - probabilities[other]) }
  }
}

/// One of a state's choices by their probabilities, [choices]; one draw.
func drawn(from offered: Range<Int>, by policy: [Double], _ random: inout RandomStream) -> Int {
  var rest = random.uniform()
  for choice in offered.dropLast() {
    rest -= policy[choice]
    if rest < 0 { return choice }
  }
  return offered.upperBound - 1
}

/// A learner of a policy's table, with a table of V as its baseline or critic.
public protocol PolicyTableLearner: TabularLearner where Parameters == PolicyTableParameters {
  /// The policy that acts and is learned.
  var policy: PolicyTable { get }
}

/// The hyperparameters of learners of a policy's table.
public struct PolicyTableParameters: TabularParameters {
  /// α of the policy's table, in [0, 100].
  public var actorLearningRate = 0.1
  /// α_V of the table of V, in [0, 1]; 0 for REINFORCE without a baseline.
  public var criticLearningRate = 0.1
  /// Actions for one row of the progress.
  public var reportInterval = 1000

  /// Makes the default parameters.
  public init() {}

  /// The keys of its section.
  public static let keys: [ConfigurationKey<Self>] = [
    .key("actorLearningRate", \.actorLearningRate, .number(.from(0, through: 100)), "α of the policy's table."),
    .key(
      "criticLearningRate", \.criticLearningRate, .number(.from(0, through: 1)),
      "α of the table of V; 0 for REINFORCE without a baseline."),
    .reportInterval(\.reportInterval),
  ]
}

extension PolicyTableLearner {
  /// α of the policy's table, for the advice after a failed training.
  public static func stepSizes(of parameters: Parameters) -> String {
    "actorLearningRate is \(parameters.actorLearningRate)"
  }

  public var preferences: [Double] { policy.logits }

  /// `entropy`, the mean of H(π(·|s)) over the states with several choices, nats.
  public func columns(_ problem: FiniteProblem, optimum: [Double]?) -> [(name: String, value: Double?)] {
    var probabilities = policy.logits
    var sum = 0.0
    var states = 0
    for state in 0..<problem.stateCount where problem.choices(of: state).count > 1 {
      policy.writeProbabilities(of: problem.choices(of: state), into: &probabilities)
      states += 1
      for choice in problem.choices(of: state) where probabilities[choice] > 0 {
        sum -= probabilities[choice] * log(probabilities[choice])
      }
    }
    return [("entropy", states > 0 ? sum / Double(states) : nil)]
  }
}
