public import PoiseCore
public import PoiseSimulation

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

/// Whether a quotient of two decimal numbers is meant to be a whole number.
func isWhole(_ ratio: Double) -> Bool { abs(ratio - ratio.rounded()) <= 1e-9 * max(1, ratio) }

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

/// Bounds of what is believed of a simulation.
public struct FaultBounds: Configurable, Hashable {
  public var speed = 100.0
  public var angularSpeed = 1000.0
  public var distance = 1e4
  public var observation = 1e6
  public var reward = 1e6
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("speed", \.speed, .number(.positive, unit: "m/s"), "Fastest velocity of a body's centre of mass."),
    .key("angularSpeed", \.angularSpeed, .number(.positive, unit: "rad/s"), "Fastest turning of a body."),
    .key("distance", \.distance, .number(.positive, unit: "m"), "Farthest distance of a body from the world's origin."),
    .key(
      "observation", \.observation, .number(.positive),
      "Largest element of an observation, after scale and clip; no learner could make use of it."),
    .key("reward", \.reward, .number(.positive), "Largest reward of a control step, of either sign, weights included."),
  ]
}

/// When an episode counts as a success: the upright body stays upright to the end.
public struct SuccessCondition: Configurable, Hashable {
  public var tilt = 0.20943951023931953
  public var share = 0.5
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "tilt", \.tilt, .number(.above(0, through: .pi), unit: "rad"),
      "Largest tilt of the uprightBody that counts as upright; 0.2094 is 12°."),
    .key(
      "share", \.share, .number(.above(0, through: 1)),
      "The last part of the episode's time limit in which it must be upright in every control step."),
  ]
}

/// A number that the robot is asked to follow.
public struct Command: Configurable, Hashable {
  public var name = ""
  public var range = 0.0...0.0
  public var unit = ""
  public var interval: Double?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("name", \.name, .text("a name"), "What terms call it.", isRequired: true),
    .key("range", \.range, .range(), "Drawn uniformly when an episode starts.", isRequired: true),
    .key("unit", \.unit, unitFormat, "Its unit, for tables."),
    .key(
      "interval", \.interval, .optional(.number(.above(0, through: 1e6), unit: "s")),
      "Drawn anew this often; null: once."),
  ]
}

/// Text that may be empty.
private let unitFormat = ConfigurationFormat<String>(
  typeName: "text", phrase: "a unit, such as \"m/s\"",
  read: { node, _, reader in
    if case .scalar(let scalar) = node.content { return scalar.text }
    reader.report(node, allowed: "a unit, such as \"m/s\"")
    return nil
  },
  write: { .text($0) })
