public import PoiseCore

/// A configuration with every kind of key, in the shape of a scenario; the tests of the machinery read and write it.
public struct ExampleScenario: Configurable, Hashable {
  public enum Algorithm: String, CaseIterable, Sendable { case ppo, ddpg, td3 }

  public var model = ""
  public var seed: UInt64 = 0
  public var algorithm = Algorithm.ppo
  public var controlTimeStep = 0.02
  public var isRecorded = false
  public var gravity = Vector3(0, 0, -9.81)
  public var startAngle = -0.1...0.1
  public var solver = ExampleSolver.direct(.init())
  public var observations: TermList<any ExampleTerm> = [JointPositions(), TiltTerm()]
  public var pushes: [Push] = []
  public var ppo = PPO()
  public var goal: Goal?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("model", \.model, .text("a path to an MJCF file"), "The robot.", isRequired: true),
    .key("seed", \.seed, .integer(), "Root of every random number."),
    .key("algorithm", \.algorithm, .choice, "What trains the controller."),
    .key("controlTimeStep", \.controlTimeStep, .number(.above(0, through: 1), unit: "s"), "Time between two actions."),
    .key("isRecorded", \.isRecorded, .boolean, "Whether trajectories are kept."),
    .key("gravity", \.gravity, .vector(unit: "m/s²"), "In the world's frame, z up."),
    .key("startAngle", \.startAngle, .range(.from(-3.2, through: 3.2), unit: "rad"), "Drawn uniformly at reset."),
    .key("solver", \.solver, .oneOf(ExampleSolver.cases), "How constraint forces are found."),
    .key(
      "observations", \.observations,
      .terms(exampleTerms.map { .term($0) }),
      "What the policy sees, in this order."),
    .key("pushes", \.pushes, .list(of: .section, count: 0...3), "Disturbances."),
    .key("ppo", \.ppo, .section, "Hyperparameters of PPO."),
    .key("goal", \.goal, .optional(.section), "Training ends early once it is reached."),
  ]

  public struct Push: Configurable, Hashable {
    public var impulse = 0.1...0.35
    public var body = "torso"
    public init() {}
    public static let keys: [ConfigurationKey<Self>] = [
      .key("impulse", \.impulse, .range(.notNegative, unit: "m/s"), "Impulse for each kilogram of the robot."),
      .key("body", \.body, .text("the name of a body"), "Where the force acts."),
    ]
  }

  public struct PPO: Configurable, Hashable {
    public var discountFactor = 0.99
    public var rolloutLength = 2048
    public var minibatchCount = 32
    public var hiddenSizes = [64, 64]
    public var targetKL: Double?
    public init() {}
    public static let keys: [ConfigurationKey<Self>] = [
      .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ for each control step."),
      .key("rolloutLength", \.rolloutLength, .integer(.atLeast(1)), "Transitions between two updates."),
      .key("minibatchCount", \.minibatchCount, .integer(.from(1, through: 4096)), "Divides the rollout length."),
      .key("hiddenSizes", \.hiddenSizes, .list(of: .integer(.positive), count: 1...4), "Units of each hidden layer."),
      .key("targetKL", \.targetKL, .optional(.number(.positive, unit: "nat")), "Updates stop beyond it."),
    ]

    public func crossChecks(_ checks: inout ConfigurationChecks) {
      checks.require(
        rolloutLength.isMultiple(of: minibatchCount), at: "minibatchCount", found: "\(minibatchCount)",
        allowed: "a divisor of rolloutLength = \(rolloutLength)", remedy: "Change one of the two.")
    }
  }

  public struct Goal: Configurable, Hashable {
    public var survivalRate = 0.95
    public init() {}
    public static let keys: [ConfigurationKey<Self>] = [
      .key("survivalRate", \.survivalRate, .number(.from(0, through: 1)), "Share of episodes that last.")
    ]
  }
}

/// A tagged union as an enumeration.
public enum ExampleSolver: Hashable, Sendable {
  case direct(Direct)
  case iterative(Iterative)

  public struct Direct: Configurable, Hashable {
    public init() {}
    public static let keys: [ConfigurationKey<Self>] = []
  }

  public struct Iterative: Configurable, Hashable {
    public var iterations = 20
    public init() {}
    public static let keys: [ConfigurationKey<Self>] = [
      .key("iterations", \.iterations, .integer(.from(1, through: 1000)), "Sweeps over the constraint rows.")
    ]
  }

  public static let cases: [ConfigurationCase<Self>] = [
    ConfigurationCase(
      "direct", "Dantzig's algorithm.", wrap: ExampleSolver.direct,
      unwrap: { if case .direct(let options) = $0 { options } else { nil } }),
    ConfigurationCase(
      "iterative", "Projected successive over-relaxation.", wrap: ExampleSolver.iterative,
      unwrap: { if case .iterative(let options) = $0 { options } else { nil } }),
  ]
}

/// A tagged union as a protocol: anything that conforms can be a term.
public protocol ExampleTerm: ConfigurableTerm {}

/// The one place where a new term is added.
public let exampleTerms: [any ExampleTerm.Type] = [JointPositions.self, TiltTerm.self, AliveTerm.self]

/// Keys that several terms share.
public struct Shaping: Configurable, Hashable {
  public var scale = 1.0
  public var clip: ClosedRange<Double>?
  public init() {}
  public static let keys: [ConfigurationKey<Self>] = [
    .key("scale", \.scale, .number(), "Factor on each element."),
    .key("clip", \.clip, .optional(.range()), "After scaling."),
  ]
}

public struct JointPositions: ExampleTerm {
  public var joints: [String] = []
  public var shaping = Shaping()
  public init() {}
  public static let termName = "jointPositions"
  public static let documentation = "Coordinates of the joints."
  public static let keys: [ConfigurationKey<Self>] =
    [.key("joints", \.joints, .list(of: .text("the name of a joint")), "Empty for all.")]
    + Shaping.keys.map { $0.lifted(through: \.shaping) }
}

public struct TiltTerm: ExampleTerm {
  public var body = "torso"
  public init() {}
  public static let termName = "tilt"
  public static let documentation = "Roll and pitch of a body."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("body", \.body, .text("the name of a body"), "Whose tilt is meant.")
  ]
}

public struct AliveTerm: ExampleTerm {
  public init() {}
  public static let termName = "alive"
  public static let documentation = "One."
  public static let keys: [ConfigurationKey<Self>] = []
}

extension ExampleScenario {
  /// Any scenario that is allowed, with texts and numbers as odd as they come.
  public static func random(_ random: inout RandomStream) -> ExampleScenario {
    var scenario = ExampleScenario()
    scenario.model = text(&random)
    scenario.seed = random.next() >> UInt64(random.index(below: 64))
    scenario.algorithm = Algorithm.allCases[random.index(below: 3)]
    scenario.controlTimeStep = 1 - random.uniform()
    scenario.isRecorded = random.index(below: 2) == 0
    scenario.gravity = Vector3(number(&random), number(&random), number(&random))
    scenario.startAngle = -3.2 * random.uniform()...3.2 * random.uniform()
    if random.index(below: 2) == 0 {
      var options = ExampleSolver.Iterative()
      options.iterations = 1 + random.index(below: 1000)
      scenario.solver = .iterative(options)
    }
    scenario.observations = TermList((0..<random.index(below: 5)).map { _ in term(&random) })
    scenario.pushes = (0..<random.index(below: 4)).map { _ in
      var push = Push()
      let low = number(&random).magnitude
      push.impulse = low...max(low, number(&random).magnitude)
      push.body = text(&random)
      return push
    }
    scenario.ppo.discountFactor = 1 - random.uniform()
    scenario.ppo.minibatchCount = 1 + random.index(below: 4096)
    scenario.ppo.rolloutLength = scenario.ppo.minibatchCount * (1 + random.index(below: 1 << 40))
    scenario.ppo.hiddenSizes = (0...random.index(below: 4)).map { _ in 1 + random.index(below: 1000) }
    scenario.ppo.targetKL = random.index(below: 2) == 0 ? nil : max(number(&random).magnitude, .leastNonzeroMagnitude)
    if random.index(below: 2) == 0 {
      scenario.goal = Goal()
      scenario.goal?.survivalRate = random.uniform()
    }
    return scenario
  }

  private static func term(_ random: inout RandomStream) -> any ExampleTerm {
    switch random.index(below: 3) {
    case 0:
      var term = JointPositions()
      term.joints = (0..<random.index(below: 4)).map { _ in text(&random) }
      term.shaping.scale = number(&random)
      if random.index(below: 2) == 0 { term.shaping.clip = -random.uniform()...random.uniform() }
      return term
    case 1:
      var term = TiltTerm()
      term.body = text(&random)
      return term
    default: return AliveTerm()
    }
  }

  /// Half of them arbitrary bit patterns, the others as people write them.
  private static func number(_ random: inout RandomStream) -> Double {
    if random.index(below: 2) == 0 { return Double(random.index(below: 2001) - 1000) / 100 }
    let number = Double(bitPattern: random.next())
    return number.isFinite ? number : 0
  }

  private static func text(_ random: inout RandomStream) -> String {
    let words = [
      "torso", "left_knee", "models/robot.xml", "null", "~", "true", "No", "12", "1e-3", "-", "- a", "a: b", "a #b",
      "#", "[x]", "{", "*a",
      "&a", "!t", "'", "\"", "\\", " lead", "trail ", "two\nlines", "tab\t", "é", "機械", "\u{E000}0\u{E000}", "---",
      "0x1F", "<<", "=", "a,b",
    ]
    if random.index(below: 3) > 0 { return words[random.index(below: words.count)] }
    var text = "x"
    for _ in 0..<random.index(below: 8) {
      let limit = [0x80, 0x100, 0x3000, 0x10FFFF][random.index(below: 4)]
      if let scalar = Unicode.Scalar(UInt32(random.index(below: limit + 1))) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
