public import PoiseAlgorithms
public import PoiseControl
public import PoiseCore
public import PoiseEnvironments
public import PoiseFinite
public import PoiseTasks

/// A robot and its task, or another environment, and how controllers are trained and evaluated: one YAML file.
///
/// The keys of the task stand at the top level of the file, beside those below. Each algorithm adds a section of its own
/// hyperparameters to `keys`.
public struct Scenario: Configurable, Hashable {
  /// Path of the robot's MJCF file, relative to the scenario's folder, or the name of a shipped model; `nil` with an
  /// `environment`.
  public var model: String?
  /// An environment without a robot; `nil` with a `model`.
  public var environment: NamedEnvironment?
  /// A finite problem; `nil` with a `model` or an `environment`.
  public var mdp: FiniteProblemForm?
  /// Control steps after which an episode of an environment without a robot is truncated.
  public var episodeSteps = 500
  /// The robot's task; its keys stand at the top level of the file.
  public var task = RobotTask()
  /// The scores that training should reach.
  public var goal = Goal()
  /// How a controller is evaluated.
  public var evaluation = EvaluationSettings()
  /// The gains and the pose of the `hold` baseline.
  public var hold = HoldGains()
  /// The stiffness of the `pd` baseline.
  public var pd = PDSettings()
  /// The cost that the `lqr` baseline minimises.
  public var lqr = LQRSettings()
  /// How the `energy` baseline swings up.
  public var energy = EnergySettings()
  /// The horizon and the samples of the `plan` baseline.
  public var plan = PlanSettings()
  /// Which algorithm trains, for how long, and how often it is evaluated.
  public var training = TrainingSettings()
  /// The hyperparameters of every algorithm: `algorithms[PPO.self]`.
  public var algorithms = AlgorithmSections()
  public init() {}

  public static let keys: [ConfigurationKey<Self>] =
    [
      .key(
        "model", \.model, .optional(.text("a path to an MJCF file, or the name of a shipped model")),
        "The robot; a path is relative to the scenario's file."),
      .key(
        "environment", \.environment, .optional(NamedEnvironment.format),
        "A task without a robot, in place of a model: its name, with its keys below it."),
      .key(
        "mdp", \.mdp, .optional(FiniteProblemForm.format),
        "A finite problem in place of a model: written out as lists, drawn as a map, or in a file of transitions."),
      .key(
        "episodeSteps", \.episodeSteps, .integer(.from(1, through: 1_000_000_000)),
        "Steps after which an episode of an environment without a robot is truncated, and of a finite problem without a stepLimit of its own."
      ),
    ]
    + RobotTask.keys.map { $0.lifted(through: \.task) }
    + [
      .key(
        "goal", \.goal, Goal.format,
        "Metrics of the task and the values that they have to reach; training may stop once two evaluations in a row reach all of them. `poise inspect` lists the metrics."
      ),
      .key("evaluation", \.evaluation, .section, "How a controller is evaluated."),
      .key(
        "hold", \.hold, .section,
        "The `hold` controller, a baseline that keeps a pose; `poise bench hold-gains` finds gains."),
      .key("pd", \.pd, .section, "The `pd` controller: a law for each joint, with gains from the robot's inertia."),
      .key("lqr", \.lqr, .section, "The `lqr` controller: the cost that it minimises about a pose at rest."),
      .key("energy", \.energy, .section, "The `energy` controller: how it swings a pole up before `lqr` takes over."),
      .key("plan", \.plan, .section, "The `plan` controller: how far it simulates ahead, and how many variations."),
      .key("training", \.training, .section, "Which algorithm trains, and for how long."),
    ]
    + AlgorithmSections.keys.map { $0.lifted(through: \.algorithms) }

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    if mdp != nil {
      checks.require(
        model == nil && environment == nil, at: "mdp", found: "a finite problem beside a model or an environment",
        allowed: "one of them", remedy: "Remove the other.")
      checks.require(
        task == RobotTask(), at: "mdp", found: "keys of a robot's task beside a finite problem",
        allowed: "keys of the problem below 'mdp', episodeSteps, goal, evaluation, training and the algorithms'",
        remedy: "Remove observations, rewards and the other keys that speak of a robot.")
    } else if environment == nil {
      task.crossChecks(&checks)
    } else {
      checks.require(
        model == nil, at: "environment", found: "an environment beside a model", allowed: "one of the two",
        remedy: "Remove the other.")
      checks.require(
        task == RobotTask(), at: "environment", found: "keys of a robot's task beside an environment",
        allowed: "keys of the environment below its name, episodeSteps, goal, evaluation, training and the algorithms'",
        remedy: "Remove observations, rewards and the other keys of a robot's task.")
    }
  }

  /// The settings of all designed controllers.
  public var control: ControlSettings {
    var settings = ControlSettings()
    (settings.hold, settings.pd, settings.lqr, settings.energy, settings.plan) = (hold, pd, lqr, energy, plan)
    return settings
  }

  /// The algorithm that trains, with its hyperparameters.
  public var algorithm: ConfiguredAlgorithm {
    guard let algorithm = algorithms.configured(training.algorithm) else {
      preconditionFailure("no algorithm '\(training.algorithm)'; there are \(Algorithms.names)")
    }
    return algorithm
  }

  /// Control steps after which the chosen algorithm's training ends.
  public var stepLimit: Int { algorithm.parameters.stepLimit ?? training.stepLimit }
  /// Control steps between two evaluations of the chosen algorithm's training.
  public var evaluationInterval: Int { algorithm.parameters.evaluationInterval ?? training.evaluationInterval }
}

/// How a controller is evaluated, in training and afterwards.
public struct EvaluationSettings: Configurable, Hashable {
  /// Episodes of a published evaluation.
  public var episodes = 100
  /// Episodes of an evaluation during training.
  public var tuningEpisodes = 20
  /// Episodes of a part of such an evaluation, after which it may end early; `nil` for evaluations that never end
  /// early.
  public var partEpisodes: Int? = 20
  /// Root seed of published evaluations; used for nothing else.
  public var publishedSeed: UInt64 = 1_000_000
  /// Root seed of evaluations that choose checkpoints or settings.
  public var tuningSeed: UInt64 = 2_000_000
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "episodes", \.episodes, .integer(.from(1, through: 1_000_000)),
      "Episodes of an evaluation whose figures are published."),
    .key(
      "tuningEpisodes", \.tuningEpisodes, .integer(.from(1, through: 1_000_000)),
      "Episodes of an evaluation during training, which chooses the best checkpoint."),
    .key(
      "partEpisodes", \.partEpisodes, .optional(.integer(.from(1, through: 1_000_000))),
      "Where training stops at its goal, an evaluation ends early once the goal is out of reach. It is checked after each part of this many episodes. Whether the goal is reached does not change; a best checkpoint that misses the goal may have been chosen by one part alone. null: never."
    ),
    .key(
      "publishedSeed", \.publishedSeed, .integer(),
      "Root seed of published evaluations; used for nothing else. Episode k is stream k of it."),
    .key(
      "tuningSeed", \.tuningSeed, .integer(),
      "Root seed of evaluations that choose checkpoints or settings. Where training stops at its goal, the evaluation that confirms the goal draws fresh episodes, from seeds that follow from this one."
    ),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      publishedSeed != tuningSeed, at: "publishedSeed", found: "\(publishedSeed), the same as tuningSeed",
      allowed: "two different seeds, so that no published episode has helped to choose the controller")
  }
}
