public import PoiseCore
public import PoiseSimulation

/// What a task changes of the model's physics; what is null stays as the model has it.
public struct PhysicsOverrides: Configurable, Hashable {
  public enum Solver: String, CaseIterable, Sendable { case direct, iterative }

  public var solver: Solver?
  public var iterations: Int?
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
