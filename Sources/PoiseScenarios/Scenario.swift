public import PoiseAlgorithms
public import PoiseControl
public import PoiseCore
public import PoiseTasks

/// A robot, a task, and how its controllers are judged: one YAML file.
///
/// The keys of the task stand at the top of the file, beside those below. Each algorithm adds a section of its own
/// hyperparameters to `keys`.
public struct Scenario: Configurable, Hashable {
  public var model = ""
  public var task = RobotTask()
  public var goal = Goal()
  public var evaluation = EvaluationSettings()
  public var hold = HoldGains()
  public var training = TrainingSettings()
  public var ppo = PPOParameters()
  public var ddpg = DDPGParameters()
  public var td3 = TD3Parameters()
  public init() {}

  public static let keys: [ConfigurationKey<Self>] =
    [
      .key(
        "model", \.model, .text("a path to an MJCF file, or the name of a shipped model"),
        "The robot; a path is relative to the scenario's file.", isRequired: true)
    ]
    + RobotTask.keys.map { $0.lifted(through: \.task) }
    + [
      .key("goal", \.goal, .section, "Training may stop once two evaluations in a row reach all of these."),
      .key("evaluation", \.evaluation, .section, "How a controller is judged."),
      .key(
        "hold", \.hold, .section,
        "The `hold` controller, a baseline that keeps a pose; `poise bench hold-gains` finds gains."),
      .key("training", \.training, .section, "Who learns, and for how long."),
      .key("ppo", \.ppo, .section, "Hyperparameters of PPO."),
      .key("ddpg", \.ddpg, .section, "Hyperparameters of DDPG."),
      .key("td3", \.td3, .section, "Hyperparameters of TD3: those of DDPG with other defaults."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    task.crossChecks(&checks)
    checks.require(
      goal.successRate == nil || task.success != nil, at: "goal.successRate", found: "a success rate",
      allowed: "null in a scenario without a section `success`", remedy: "Add the section, or use survivalRate.")
  }

  /// Hyperparameters of the chosen algorithm where it learns from a replay memory, else `nil`.
  public var offPolicy: DDPGParameters? {
    switch training.algorithm {
    case .ppo: nil
    case .ddpg: ddpg
    case .td3: td3.ddpg
    }
  }

  /// Control steps after which the chosen algorithm's training ends.
  public var stepLimit: Int { offPolicy?.stepLimit ?? training.stepLimit }
  /// Control steps between two evaluations of the chosen algorithm's training.
  public var evaluationInterval: Int { offPolicy?.evaluationInterval ?? training.evaluationInterval }
}

/// What a trained controller has to reach; null asks for nothing.
public struct Goal: Configurable, Hashable {
  public var survivalRate: Double?
  public var successRate: Double?
  public var tiltRewardPerStep: Double?
  public var meanReturn: Double?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "survivalRate", \.survivalRate, .optional(.number(.from(0, through: 1))),
      "Least share of episodes that reach the time limit."),
    .key(
      "successRate", \.successRate, .optional(.number(.from(0, through: 1))),
      "Least share of episodes that meet `success`."),
    .key(
      "tiltRewardPerStep", \.tiltRewardPerStep, .optional(.number(.atMost(0), unit: "rad²")),
      "Least mean of −(roll² + pitch²) over the full time limit; steps missing after a fall count −(60°)²."),
    .key("meanReturn", \.meanReturn, .optional(.number()), "Least mean of the sum of an episode's rewards."),
  ]

  /// Whether there is anything to reach.
  public var isSet: Bool { self != Goal() }
}

/// How a controller is judged, in training and afterwards.
public struct EvaluationSettings: Configurable, Hashable {
  public var episodes = 100
  public var tuningEpisodes = 20
  public var partEpisodes: Int? = 20
  public var publishedSeed: UInt64 = 1_000_000
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
      "Where training stops at its goal, an evaluation leaves out the rest once the goal is out of its reach: asked after each part of so many episodes. The decision is the same; a best checkpoint that misses the goal may have been chosen by one part alone. null: never."
    ),
    .key(
      "publishedSeed", \.publishedSeed, .integer(),
      "Root seed of published evaluations; used for nothing else. Episode k is stream k of it."),
    .key("tuningSeed", \.tuningSeed, .integer(), "Root seed of evaluations that choose checkpoints or settings."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      publishedSeed != tuningSeed, at: "publishedSeed", found: "\(publishedSeed), as tuningSeed has it",
      allowed: "two different seeds, or the published figures are of episodes that chose the controller")
  }
}

extension HoldGains: Configurable {
  public static let keys: [ConfigurationKey<Self>] = [
    .key("target", \.target, .choice, "start: where the joints stood at the start; reference: the model's own pose."),
    .key(
      "stiffness", \.stiffness, .number(.notNegative, unit: "1/rad or 1/m"),
      "Share of an actuator's largest torque or force for each rad or m from the pose."),
    .key(
      "damping", \.damping, .number(.notNegative, unit: "s/rad or s/m"),
      "Share of an actuator's largest torque or force for each rad/s or m/s."),
  ]
}
