public import PoiseCore
public import PoiseSimulation

/// A task's changes to the model's physics; null keeps the model's value.
public struct PhysicsOverrides: Configurable, Hashable {
  /// The solver of contact and joint constraints: a direct one, or iterations of projected Gauss–Seidel.
  public enum Solver: String, CaseIterable, Sendable { case direct, iterative }

  /// The solver; `nil` keeps the model's.
  public var solver: Solver?
  /// Iterations of the iterative solver; `nil` keeps the model's, or 20.
  public var iterations: Int?
  /// Physics step, s; `nil` keeps the model's.
  public var timeStep: Double?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "solver", \.solver, .optional(.choice),
      "direct: exact, slow with many contacts; iterative: fast; null: the model's."),
    .key(
      "iterations", \.iterations, .optional(.integer(.from(1, through: 10_000))),
      "Sweeps of the iterative solver; null: the model's, or 20."),
    .key(
      "timeStep", \.timeStep, .optional(.number(.from(1e-6, through: 1), unit: "s")), "Physics step; null: the model's."
    ),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      !(solver == .direct && iterations != nil), at: "iterations", found: "a number of iterations",
      allowed: "null with the direct solver")
  }

  /// The model's parameters with these changes.
  public func applied(to model: PhysicsParameters) -> PhysicsParameters {
    var parameters = model
    if let timeStep { parameters.timeStep = timeStep }
    var modelIterations: Int?
    if case .iterative(let count) = model.solver { modelIterations = count }
    switch solver {
    case .direct: parameters.solver = .direct
    case .iterative: parameters.solver = .iterative(iterations: iterations ?? modelIterations ?? 20)
    case nil:
      if let iterations, modelIterations != nil { parameters.solver = .iterative(iterations: iterations) }
    }
    return parameters
  }
}
