public import PoiseCore
import PoiseSimulation

/// What a robot is to do: what it sees, what it is rewarded for, when an episode ends and how it starts.
///
/// The whole of a task can be written in a scenario file; these are its keys.
public struct RobotTask: Configurable, Hashable {
  public var uprightBody: String?
  public var controlTimeStep = 0.02
  public var episodeSeconds = 10.0
  public var randomFirstEpisodeLength = true
  public var maximumJointSpeed: Double?
  public var physics = PhysicsOverrides()
  public var actions = ActionSettings()
  public var commands: [Command] = []
  public var observations: TermList<Observation> = [
    Observation(JointPositionsObservation()), Observation(JointVelocitiesObservation()),
  ]
  public var rewards: TermList<Reward> = [Reward(TiltReward())]
  public var terminations: TermList<Termination> = []
  public var reset: TermList<Reset> = []
  public var disturbances: TermList<Disturbance> = []
  public var trainingDisturbances: TermList<Disturbance>?
  public var randomisation = Randomisation()
  public var faults = FaultBounds()
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
      "In training, give each world's first episode a random time limit, so that the worlds do not all end together."),
    .key(
      "maximumJointSpeed", \.maximumJointSpeed, .optional(.number(.positive, unit: "rad/s")),
      "Hinges to the world are cut to this speed after every physics step; null for no limit."),
    .key("physics", \.physics, .section, "What this task changes of the model's physics."),
    .key(
      "actions", \.actions, ActionSettings.format,
      "What an action does: `torques`, where −1 … 1 spans the control range of each actuator, or a section with positionTargets, levels or both."
    ),
    .key("commands", \.commands, .list(of: .section), "Numbers that the robot is asked to follow, drawn at random."),
    .key("observations", \.observations, .terms(Terms.observationCases), "What the policy sees, in this order."),
    .key("rewards", \.rewards, .terms(Terms.rewardCases), "What is added up to the reward of each control step."),
    .key("terminations", \.terminations, .terms(Terms.terminationCases), "What ends an episode early."),
    .key(
      "reset", \.reset, .terms(Terms.resetCases),
      "How an episode starts: from the model's reference pose, these one after the other."),
    .key("disturbances", \.disturbances, .terms(Terms.disturbanceCases), "What happens to the robot meanwhile."),
    .key(
      "trainingDisturbances", \.trainingDisturbances, .optional(.terms(Terms.disturbanceCases)),
      "The same while it learns; null: as above. Harder or more frequent ones can teach faster, and no score counts them."
    ),
    .key("randomisation", \.randomisation, .section, "What differs from episode to episode; ranges of factors."),
    .key("faults", \.faults, .section, "Beyond these the simulation is not trusted: the episode ends as a fault."),
    .key(
      "success", \.success, .optional(.section),
      "When an episode counts as a success; null for tasks that are judged by survival."),
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
  public var stepLimit: Int { Int((episodeSeconds / controlTimeStep).rounded()) }
}
