public import PoiseCore
import PoiseSimulation

/// What a robot should do: what it observes, what it is rewarded for, how an episode starts and when it ends.
///
/// A scenario file can describe a task completely; these are its keys.
public struct RobotTask: Configurable, Hashable {
  /// The body whose roll and pitch are reported, and which terms mean unless they name another; `nil` for the first
  /// that moves.
  public var uprightBody: String?
  /// Time between two actions, s: a whole number of physics steps.
  public var controlTimeStep = 0.02
  /// Time limit of an episode, s: a whole number of control steps.
  public var episodeSeconds = 10.0
  /// Whether each world's first episode of a training gets a random time limit, so that the worlds do not all end
  /// together.
  public var randomFirstEpisodeLength = true
  /// Largest speed of hinges to the world, rad/s, enforced after every physics step; `nil` for no limit.
  public var maximumJointSpeed: Double?
  /// Changes to the model's physics.
  public var physics = PhysicsOverrides()
  /// How actions become controls.
  public var actions = ActionSettings()
  /// Target values that the robot is asked to follow.
  public var commands: [Command] = []
  /// What the policy observes, in this order; at least one term.
  public var observations: TermList<Observation> = [
    Observation(JointPositionsObservation()), Observation(JointVelocitiesObservation()),
  ]
  /// Terms whose weighted sum is the reward of a control step.
  public var rewards: TermList<Reward> = [Reward(TiltReward())]
  /// Conditions that terminate an episode.
  public var terminations: TermList<Termination> = []
  /// Changes of the model's reference pose at the start of an episode, one after the other.
  public var reset: TermList<Reset> = []
  /// What disturbs the robot during an episode.
  public var disturbances: TermList<Disturbance> = []
  /// The same in training; `nil` for the same as `disturbances`.
  public var trainingDisturbances: TermList<Disturbance>?
  /// Properties of the robot that are drawn at the start of each episode.
  public var randomisation = Randomisation()
  /// Bounds beyond which the episode ends as a fault.
  public var faults = FaultBounds()
  /// When an episode counts as a success; `nil` for tasks that are scored by survival.
  public var success: SuccessCondition?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "uprightBody", \.uprightBody, .optional(.text("the name of a body")),
      "The body whose roll and pitch are reported, and that terms mean unless they name another; null for the first."),
    .key(
      "controlTimeStep", \.controlTimeStep, .number(.from(1e-6, through: 1), unit: "s"),
      "Time between two actions: a whole number of physics steps."),
    .key(
      "episodeSeconds", \.episodeSeconds, .number(.above(0, through: 1e6), unit: "s"),
      "Time limit, which truncates: a whole number of control steps."),
    .key(
      "randomFirstEpisodeLength", \.randomFirstEpisodeLength, .boolean,
      "In training, gives each world's first episode a random time limit, so that the worlds do not all end together."),
    .key(
      "maximumJointSpeed", \.maximumJointSpeed, .optional(.number(.positive, unit: "rad/s")),
      "Hinges to the world are limited to this speed after every physics step; null for no limit."),
    .key("physics", \.physics, .section, "What this task changes of the model's physics."),
    .key(
      "actions", \.actions, ActionSettings.format,
      "What an action does: `torques`, where −1 … 1 spans the control range of each actuator, or a section with positionTargets, levels or both."
    ),
    .key(
      "commands", \.commands, .list(of: .section), "Target values that the robot is asked to follow, drawn at random."),
    .key("observations", \.observations, .terms(Terms.observationCases), "What the policy sees, in this order."),
    .key("rewards", \.rewards, .terms(Terms.rewardCases), "What is added up to the reward of each control step."),
    .key("terminations", \.terminations, .terms(Terms.terminationCases), "What ends an episode early."),
    .key(
      "reset", \.reset, .terms(Terms.resetCases),
      "How an episode starts: from the model's reference pose, these one after the other."),
    .key("disturbances", \.disturbances, .terms(Terms.disturbanceCases), "What disturbs the robot during an episode."),
    .key(
      "trainingDisturbances", \.trainingDisturbances, .optional(.terms(Terms.disturbanceCases)),
      "The same in training; null: as above. Stronger or more frequent ones can speed up learning; evaluations omit them."
    ),
    .key("randomisation", \.randomisation, .section, "What differs from episode to episode; ranges of factors."),
    .key("faults", \.faults, .section, "Beyond these the simulation is not trusted: the episode ends as a fault."),
    .key(
      "success", \.success, .optional(.section),
      "When an episode counts as a success; null for tasks that are scored by survival."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let ratio = episodeSeconds / controlTimeStep
    checks.require(
      isWhole(ratio) && ratio >= 1, at: "episodeSeconds", found: "\(episodeSeconds) s",
      allowed: "a whole number of control steps of \(controlTimeStep) s", remedy: "Change one of the two.")
    checks.require(
      Set(commands.map(\.name)).count == commands.count, at: "commands", found: "two commands of one name",
      allowed: "each name once")
    checks.require(!observations.isEmpty, at: "observations", found: "no term", allowed: "one term at least")
  }

  /// Control steps of a whole episode.
  public var stepLimit: Int { Int(clamping: (episodeSeconds / controlTimeStep).rounded()) }
}
