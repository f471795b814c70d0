public import PoiseCore
public import PoiseFinite

/// A learner of Q whose policy is ε-greedy.
public protocol ActionValueLearner: TabularLearner {
  /// Q of each choice, [choices].
  var actionValues: [Double] { get }
  /// How it explores.
  var exploration: EpsilonGreedy { get }
}

extension ActionValueLearner {
  public var preferences: [Double] { actionValues }

  /// `exploration_rate`, ε of the next action; `q_distance`, max |Q − Q*|.
  public func columns(_ problem: FiniteProblem, optimum: [Double]?) -> [(name: String, value: Double?)] {
    [
      ("exploration_rate", exploration.epsilon(at: environmentSteps)),
      ("q_distance", optimum.map { problem.distance(actionValues, to: $0) }),
    ]
  }
}

/// The state of a learner with one table.
public struct ActionValueState: Codable, Sendable, Hashable {
  /// Q, with the visits that its step sizes depend on.
  public var q: ActionValueTable
  /// Actions taken so far.
  public var environmentSteps = 0
  /// The next action, if it has been chosen already; `nil` otherwise.
  public var next: Int?

  /// Makes the state before the first action, with a table as it is at the start.
  public init(_ q: ActionValueTable) { self.q = q }
}

extension ActionValueLearner where State == ActionValueState {
  /// Q of each choice, [choices].
  public var actionValues: [Double] { state.q.values }
  /// Actions taken so far.
  public var environmentSteps: Int { state.environmentSteps }

  public mutating func begin(with known: State) {
    state = known
    (state.environmentSteps, state.next) = (0, nil)
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    self.state.q.accepts(state.q) && state.environmentSteps.isPossibleCount
      && (state.next.map { state.q.values.indices.contains($0) } ?? true)
  }
}

/// The hyperparameters of Q-learning, SARSA, expected SARSA and double Q-learning.
public struct ActionValueParameters: TabularParameters {
  /// α.
  public var learningRate = LearningRate()
  /// ε of the ε-greedy actions.
  public var exploration = EpsilonGreedy()
  /// Q of all choices at the start; an optimistic value encourages exploration.
  public var initialValue = 0.0
  /// Actions for one row of the progress.
  public var reportInterval = 1000

  /// Makes the default parameters.
  public init() {}

  /// The keys of its section.
  public static let keys: [ConfigurationKey<Self>] = [
    .key("learningRate", \.learningRate, .section, "α."),
    .key("exploration", \.exploration, .section, "ε."),
    .key(
      "initialValue", \.initialValue, .number(),
      "Q of all choices at the start; values above all returns encourage exploration."),
    .reportInterval(\.reportInterval),
  ]
}

extension ActionValueLearner where Parameters == ActionValueParameters {
  /// How it explores: as its parameters say.
  public var exploration: EpsilonGreedy { parameters.exploration }

  /// The initial α, for the advice after a failed training.
  public static func stepSizes(of parameters: Parameters) -> String {
    "learningRate.initial is \(parameters.learningRate.initial)"
  }
}
