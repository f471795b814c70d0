public import PoiseCore

/// TD(λ): V of a policy that is given, by errors that reach back along traces of what was visited.
///
///     δ = R + γ V(S′) − V(S);  z(S) ← z(S) + 1;  V(s) ← V(s) + α δ z(s),  z(s) ← γ λ z(s)  for all s
///
/// Source: Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; Sutton and Barto 2018, section 12.2 with a table. λ = 0 is
/// TD(0), eq. 6.2; λ = 1 is Monte Carlo's. Deviation: traces below a millionth are forgotten.
public struct TDLambda: Sendable {
  public struct Parameters: Configurable, Hashable {
    public var learningRate = 0.1
    public var visitPower = 0.0
    public var traceDecay = 0.9

    public init() {}

    public static let keys: [ConfigurationKey<Self>] = [
      .key("learningRate", \.learningRate, .number(.above(0, through: 1)), "α at first."),
      .key(
        "visitPower", \.visitPower, .number(.from(0, through: 1)),
        "α falls with the episodes n as 1/(n+1) to this power."),
      .key("traceDecay", \.traceDecay, .number(.from(0, through: 1)), "λ."),
    ]
  }

  public static let algorithmName = "td-lambda"
  public let parameters: Parameters
  /// π(a|s), [choices].
  public let policy: [Double]
  /// V, [states].
  public private(set) var values: [Double]
  public private(set) var environmentSteps = 0
  private var traces: EligibilityTraces
  private var episodes = 0

  public init(_ parameters: Parameters, problem: FiniteProblem, policy: [Double]) {
    self.parameters = parameters
    self.policy = policy
    values = [Double](repeating: 0, count: problem.stateCount)
    traces = EligibilityTraces(count: problem.stateCount)
  }

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
