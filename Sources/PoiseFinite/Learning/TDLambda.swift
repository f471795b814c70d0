public import PoiseCore

/// TD(λ): evaluates a given policy by temporal differences with eligibility traces.
///
///     δ = R + γ V(S′) − V(S);  z(S) ← z(S) + 1;  V(s) ← V(s) + α δ z(s),  z(s) ← γ λ z(s)  for all s
///
/// Source: Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; Sutton and Barto 2018, section
/// 12.2 with a table. λ = 0 is TD(0), eq. 6.2; λ = 1 is Monte Carlo's. Deviation: traces below a millionth are set to
/// zero.
public struct TDLambda: Sendable {
  /// The hyperparameters of TD(λ).
  public struct Parameters: Configurable, Hashable {
    /// α in the first episode, in (0, 1].
    public var learningRate = 0.1
    /// The power of 1/(n+1) by which α decreases with the episodes n, in [0, 1]; 0 for a constant α.
    public var visitPower = 0.0
    /// λ, in [0, 1].
    public var traceDecay = 0.9

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .number(.above(0, through: 1)), "α in the first episode."),
      .key(
        "visitPower", \.visitPower, .number(.from(0, through: 1)),
        "α decreases with the episodes n as 1/(n+1) to this power; 0: constant."),
      .key("traceDecay", \.traceDecay, .number(.from(0, through: 1)), "λ."),
    ]
  }

  /// The name of the algorithm on the command line.
  public static let algorithmName = "td-lambda"
  /// The hyperparameters.
  public let parameters: Parameters
  /// π(a|s), [choices].
  public let policy: [Double]
  /// V, [states].
  public private(set) var values: [Double]
  /// Actions taken so far.
  public private(set) var environmentSteps = 0
  private var traces: EligibilityTraces
  private var episodes = 0

  /// Makes a learner with V = 0.
  ///
  /// - Parameters:
  ///   - parameters: the hyperparameters.
  ///   - problem: gives the number of states.
  ///   - policy: π(a|s) of each choice, [choices]; those of a state add up to 1.
  public init(_ parameters: Parameters, problem: FiniteProblem, policy: [Double]) {
    self.parameters = parameters
    self.policy = policy
    values = [Double](repeating: 0, count: problem.stateCount)
    traces = EligibilityTraces(count: problem.stateCount)
  }

  /// Takes actions of the policy and learns from each.
  ///
  /// - Parameters:
  ///   - actions: the number of actions.
  ///   - world: a simulation of the problem that the learner was made for.
  ///   - random: the stream from which actions are drawn.
  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let (γ, λ) = (problem.discount, parameters.traceDecay)
    for _ in 0..<actions {
      let state = world.state
      let step = world.step(Self.draw(problem.choices(of: state), policy, &random))
      let δ = step.reward + γ * values[step.nextState] - values[state]
      let α = parameters.learningRate * power(Double(episodes + 1), -parameters.visitPower)
      traces.visit(state, isReplacing: false)
      for entry in traces.entries { values[Int(entry)] += α * δ * traces.traces[Int(entry)] }
      traces.fade(by: γ * λ)
      environmentSteps += 1
      if step.isOver {
        traces.clear()
        episodes += 1
        world.reset()
      }
    }
  }

  private static func draw(_ range: Range<Int>, _ policy: [Double], _ random: inout RandomStream) -> Int {
    var rest = random.uniform()
    for choice in range.dropLast() {
      rest -= policy[choice]
      if rest < 0 { return choice }
    }
    return range.upperBound - 1
  }
}
