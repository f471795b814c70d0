public import PoiseCore
public import PoiseFinite

/// Actor–critic with tables: the policy follows its gradient, weighted by the error of the critic, at every action.
///
///     δ = R + γ V(S′) − V(S);  V(S) ← V(S) + α_V δ;  θ ← θ + α γᵗ δ ∇ log π(A|S)
///
/// Source: Barto, Sutton and Anderson 1983; Sutton and Barto 2018, section 13.5, one-step actor–critic. Deviations: none; an episode that is truncated
/// at its limit of actions keeps its bootstrap.
public struct TabularActorCritic: PolicyTableLearner, TabularAlgorithm {
  public typealias Parameters = PolicyTableParameters

  /// The name for `--algorithm`.
  public static let name = "tabular-actor-critic"
  /// The name for display.
  public static let title = "Actor–critic with tables"
  /// The paper that it implements.
  public static let paper = "Barto et al. 1983"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: State
  /// Scratch, [choices].
  private var probabilities: [Double]

  /// What the actor–critic remembers: θ, V, γᵗ of the present episode, and the number of actions taken.
  public struct State: Codable, Sendable {
    public fileprivate(set) var policy: PolicyTable
    /// V, [states].
    public fileprivate(set) var values: [Double]
    fileprivate var environmentSteps = 0
    /// γᵗ of the next action.
    fileprivate var weight = 1.0
  }

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    probabilities = [Double](repeating: 0, count: problem.choiceCount)
    state = State(policy: PolicyTable(problem), values: [Double](repeating: 0, count: problem.stateCount))
  }

  /// π, as a table of logits.
  public var policy: PolicyTable { state.policy }
  /// Actions taken so far.
  public var environmentSteps: Int { state.environmentSteps }

  public mutating func begin(with known: State) {
    state = known
    state.environmentSteps = 0
    state.weight = 1
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    self.state.policy.accepts(state.policy) && state.values.count == self.state.values.count
      && state.values.allSatisfy(\.isFinite) && state.environmentSteps.isPossibleCount
      && (0...1).contains(state.weight)
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let place = world.state
      let offered = problem.choices(of: place)
      state.policy.writeProbabilities(of: offered, into: &probabilities)
      let choice = drawn(from: offered, by: probabilities, &random)
      let step = world.step(choice)
      // V of a terminal state stays 0.
      let δ = step.reward + γ * state.values[step.nextState] - state.values[place]
      state.values[place] += parameters.criticLearningRate * δ
      state.policy.climb(
        choice, of: offered, step: parameters.actorLearningRate * state.weight * δ, &probabilities)
      state.environmentSteps += 1
      state.weight = step.isOver ? 1 : state.weight * γ
      if step.isOver { world.reset() }
    }
  }
}
