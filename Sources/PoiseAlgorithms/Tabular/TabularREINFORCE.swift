public import PoiseCore
public import PoiseFinite

/// REINFORCE with a table of logits: after each episode the return after an action decides how much more likely it becomes.
///
///     G = R_{t+1} + γ R_{t+2} + …;  δ = G − V(S_t);  V(S_t) ← V(S_t) + α_V δ;  θ ← θ + α γᵗ δ ∇ log π(A_t|S_t)
///
/// The factor γᵗ belongs to the gradient of the discounted return from the start. Most programs leave it out, and then follow another
/// direction, which is the gradient of no function (Nota and Thomas 2020). With a baseline of 0 (`criticLearningRate: 0`) the mean of the
/// steps is the same, and their variance larger.
///
/// Source: Williams 1992; Sutton and Barto 2018, sections 13.3 and 13.4. Deviation: a truncated episode counts with its rewards
/// until then.
public struct TabularREINFORCE: PolicyTableLearner, TabularAlgorithm {
  public typealias Parameters = PolicyTableParameters

  /// The name for `--algorithm`.
  public static let name = "tabular-reinforce"
  /// The name for display.
  public static let title = "REINFORCE with a table"
  /// The paper that it implements.
  public static let paper = "Williams 1992"
  /// The hyperparameters.
  public let parameters: Parameters
  /// All that learning changes.
  public var state: State
  private let stateCount: Int
  /// Scratch, [choices].
  private var probabilities: [Double]

  /// What REINFORCE remembers: θ, V, the present episode, and the number of actions taken.
  public struct State: Codable, Sendable {
    public fileprivate(set) var policy: PolicyTable
    /// V, [states].
    public fileprivate(set) var values: [Double]
    fileprivate var environmentSteps = 0
    /// The episode so far.
    fileprivate var episode: [Moment] = []
  }

  fileprivate struct Moment: Codable, Sendable {
    var state: Int32
    var choice: Int32
    var reward: Double
  }

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    stateCount = problem.stateCount
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
    state.episode = []
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    self.state.policy.accepts(state.policy) && state.values.count == stateCount
      && state.values.allSatisfy(\.isFinite) && state.environmentSteps.isPossibleCount
      && state.episode.allSatisfy {
        (0..<stateCount).contains(Int($0.state)) && probabilities.indices.contains(Int($0.choice)) && $0.reward.isFinite
      }
  }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    for _ in 0..<actions {
      let place = world.state
      let offered = problem.choices(of: place)
      state.policy.writeProbabilities(of: offered, into: &probabilities)
      let choice = drawn(from: offered, by: probabilities, &random)
      let step = world.step(choice)
      state.episode.append(Moment(state: Int32(place), choice: Int32(choice), reward: step.reward))
      state.environmentSteps += 1
      if step.isOver {
        learnFromEpisode(problem)
        world.reset()
      }
    }
  }

  private mutating func learnFromEpisode(_ problem: FiniteProblem) {
    let γ = problem.discount
    // γᵗ of each action, then the returns from the end.
    var weights = [Double](repeating: 1, count: state.episode.count)
    for t in weights.indices.dropFirst() { weights[t] = γ * weights[t - 1] }
    var g = 0.0
    for t in weights.indices.reversed() {
      let moment = state.episode[t]
      g = γ * g + moment.reward
      let δ = g - state.values[Int(moment.state)]
      state.values[Int(moment.state)] += parameters.criticLearningRate * δ
      state.policy.climb(
        Int(moment.choice), of: problem.choices(of: Int(moment.state)),
        step: parameters.actorLearningRate * weights[t] * δ, &probabilities)
    }
    state.episode.removeAll(keepingCapacity: true)
  }
}
