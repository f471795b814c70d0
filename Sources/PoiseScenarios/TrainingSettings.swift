import PoiseAlgorithms
public import PoiseCore

/// Which algorithm trains, for how long, and how often it is evaluated.
public struct TrainingSettings: Configurable, Hashable {
  /// The name of one of `Algorithms`.
  public var algorithm = PPO.name
  /// Control steps of all worlds together after which training ends.
  public var stepLimit = 1_000_000
  /// Control steps of all worlds together between two evaluations.
  public var evaluationInterval = 50_000
  /// Whether training ends once two evaluations in a row reach the goal.
  public var stopsAtGoal = true
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "algorithm", \.algorithm,
      .choice(among: Algorithms.names, advice: "`\(ProgramCommand.name) list --algorithms` describes them."),
      "Which algorithm trains; its hyperparameters are in the section of its name."),
    .key(
      "stepLimit", \.stepLimit, .integer(.from(1, through: 1_000_000_000_000)),
      "Control steps of all worlds together after which training ends."),
    .key(
      "evaluationInterval", \.evaluationInterval, .integer(.from(1, through: 1_000_000_000_000)),
      "Control steps between two evaluations."),
    .key("stopsAtGoal", \.stopsAtGoal, .boolean, "Whether training ends once two evaluations in a row reach the goal."),
  ]
}
