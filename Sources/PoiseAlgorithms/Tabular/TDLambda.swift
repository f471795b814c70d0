public import PoiseCore
public import PoiseFinite

/// TD(λ): evaluates a given policy by temporal differences with eligibility traces.
///
///     δ = R + γ V(S′) − V(S);  z(S) ← z(S) + 1;  V(s) ← V(s) + α δ z(s),  z(s) ← γ λ z(s)  for all s
///
/// Source: Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; Sutton and Barto 2018, section 12.2 with a table. λ = 0 is
/// TD(0), eq. 6.2; λ = 1 is Monte Carlo's. Deviation: traces below a millionth are set to zero.
public struct TDLambda: TabularAlgorithm {
  /// The hyperparameters of TD(λ).
  public struct Parameters: TabularParameters {
    /// α in the first episode, in (0, 1].
    public var learningRate = 0.1
    /// The power of 1/(n+1) by which α decreases with the episodes n, in [0, 1]; 0 for a constant α.
    public var visitPower = 0.0
    /// λ, in [0, 1].
    public var traceDecay = 0.9
    /// Actions for one row of the progress.
    public var reportInterval = 1000

    /// Makes the default parameters.
    public init() {}

    /// The keys of its section.
    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .number(.above(0, through: 1)), "α in the first episode."),
      .key(
        "visitPower", \.visitPower, .number(.from(0, through: 1)),
        "α decreases with the episodes n as 1/(n+1) to this power; 0: constant."),
      .key("traceDecay", \.traceDecay, .number(.from(0, through: 1)), "λ."),
      .reportInterval(\.reportInterval),
    ]
  }

  /// The name for `--algorithm`.
  public static let name = "td-lambda"
  /// The name for display.
  public static let title = "TD(λ)"
  /// The paper that it implements.
  public static let paper = "Sutton 1988"
  /// The hyperparameters.
  public let parameters: Parameters
  /// π(a|s), [choices].
  public let policy: [Double]
  /// All that learning changes.
  public var state: State
  private let problem: FiniteProblem
  /// V^π, [states], NaN for states that no episode comes to; `nil` if the problem is too large or has no solution.
  private let exact: [Double]?

  /// What TD(λ) remembers: V, the eligibility traces, and the numbers of actions and episodes.
  public struct State: Codable, Sendable {
    /// V, [states].
    public fileprivate(set) var values: [Double]
    fileprivate var environmentSteps = 0
    fileprivate var traces: EligibilityTraces
    fileprivate var episodes = 0
  }

  /// Follows the policy that the problem contains, or the uniform random policy if it contains none.
  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.init(parameters, problem: problem, policy: problem.policy ?? problem.uniformPolicy)
  }

  /// Follows a given policy.
  ///
  /// - Parameters:
  ///   - parameters: the hyperparameters.
  ///   - problem: the problem whose values are learned.
  ///   - policy: π(a|s), [choices].
  public init(_ parameters: Parameters, problem: FiniteProblem, policy: [Double]) {
    self.parameters = parameters
    self.policy = policy
    self.problem = problem
    state = State(
      values: [Double](repeating: 0, count: problem.stateCount), traces: EligibilityTraces(count: problem.stateCount))
    let values = problem.stateCount <= Self.exactLimit ? (try? problem.evaluated(policy: policy))?.values : nil
    exact = values.map { zip($0, problem.reachableStates()).map { $1 ? $0 : .nan } }
  }

  /// States up to which V^π is computed for the column of the distance.
  private static let exactLimit = 20_000

  /// The step size, by its key.
  public static func stepSizes(of parameters: Parameters) -> String { "learningRate is \(parameters.learningRate)" }

  /// V, [states].
  public var values: [Double] { state.values }
  /// Actions taken so far.
  public var environmentSteps: Int { state.environmentSteps }
  /// Q of V by the problem's own model: the greedy policy is the improvement of the one that is followed (Sutton and Barto 2018, eq. 4.9).
  public var preferences: [Double] { problem.choiceValues(of: state.values) }

  /// `v_distance`, max |V − V^π|.
  public func columns(_ problem: FiniteProblem, optimum: [Double]?) -> [(name: String, value: Double?)] {
    [("v_distance", exact.map { problem.distance(state.values, to: $0) })]
  }

  public mutating func begin(with known: State) {
    state = known
    state.environmentSteps = 0
    state.traces = EligibilityTraces(count: known.values.count)
    state.episodes = 0
  }

  /// Whether a value from a file is a state that this learner can have.
  public func accepts(_ state: State) -> Bool {
    state.values.count == self.state.values.count && state.values.allSatisfy(\.isFinite)
      && self.state.traces.accepts(state.traces) && state.environmentSteps.isPossibleCount
      && state.episodes.isPossibleCount
  }

  /// Takes actions of the policy and learns from each.
  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let (γ, λ) = (problem.discount, parameters.traceDecay)
    for _ in 0..<actions {
      let place = world.state
      let step = world.step(drawn(from: problem.choices(of: place), by: policy, &random))
      let δ = step.reward + γ * state.values[step.nextState] - state.values[place]
      let α = parameters.learningRate * power(Double(state.episodes + 1), -parameters.visitPower)
      state.traces.visit(place, isReplacing: false)
      for entry in state.traces.entries { state.values[Int(entry)] += α * δ * state.traces.traces[Int(entry)] }
      state.traces.fade(by: γ * λ)
      state.environmentSteps += 1
      if step.isOver {
        state.traces.clear()
        state.episodes += 1
        world.reset()
      }
    }
  }
}
