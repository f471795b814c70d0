public import Poise

/// A cart on a rail that has to be brought to rest at the origin by a force: an environment of one's own.
///
///     m ẍ = F a, a ∈ [−1, 1]; one step of Δt holds a, so it is solved exactly:
///     x ← x + v Δt + F a Δt² / 2m, v ← v + F a Δt / m
///
/// The reward of a step is −(x² + v² / 10 + a² / 100) after it, with x in m and v in m/s.
public struct Docking: DecisionProcess, EnvironmentTerm {
  /// Of the cart, kg.
  public var mass = 1.0
  /// What the action 1 exerts, N.
  public var force = 1.0
  public init() {}

  // What a scenario and its documentation know of it.
  public static let termName = "docking"
  public static let documentation = "A cart on a rail is brought to rest at the origin."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("mass", \.mass, .number(.positive, unit: "kg"), "Mass of the cart."),
    .key("force", \.force, .number(.positive, unit: "N"), "Largest force."),
  ]

  /// All that the future depends on.
  public struct State: Hashable, Sendable, Codable {
    /// m
    public var position: Double
    /// m/s
    public var velocity: Double
  }

  public var observationSpace: Space {
    Space([.init(name: "position", unit: "m"), .init(name: "velocity", unit: "m/s")])
  }
  public var actionSpace: Space { Space([.init(name: "force", bounds: -1...1)]) }
  public var timeStep: Double? { 0.1 }

  public func start(using random: inout RandomStream) -> State {
    State(position: 2 * random.uniform() - 1, velocity: 0)
  }

  public func observe(_ state: State, into observation: inout MutableSpan<Float>) {
    observation[0] = Float(state.position)
    observation[1] = Float(state.velocity)
  }

  public func step(
    _ state: inout State, _ action: Span<Float>, using random: inout RandomStream
  ) -> DecisionTransition {
    let (a, Δt) = (Double(action[0]), 0.1)
    let acceleration = force * a / mass
    state.position += state.velocity * Δt + acceleration * Δt * Δt / 2
    state.velocity += acceleration * Δt
    let (x, v) = (state.position, state.velocity)
    return DecisionTransition(
      reward: -(x * x + v * v / 10 + a * a / 100), isTerminated: abs(x) > 3,
      isSuccess: abs(x) < 0.1 && abs(v) < 0.1)
  }
}
