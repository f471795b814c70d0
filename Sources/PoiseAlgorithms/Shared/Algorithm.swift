public import PoiseEnvironments
public import PoiseFinite

/// An algorithm that a scenario can name: what the command line, trainers and messages know about it.
///
/// A new one is a file with its parameters and its learner, a conformance to this protocol, and one line in `Algorithms`; from
/// another package, a call of `Algorithms.register`.
public protocol Algorithm: SendableMetatype {
  /// Its hyperparameters: the section of a scenario that is called `section`.
  associatedtype Parameters: LearnerParameters

  /// For `--algorithm`, in lower case, words joined by hyphens: "ppo", "q-learning".
  static var name: String { get }
  /// The full name, for display: "Proximal policy optimisation".
  static var title: String { get }
  /// The paper that it implements, by authors and year: "Schulman et al. 2017".
  static var paper: String { get }
  /// A sentence about its section, for the documentation of scenarios.
  static var documentation: String { get }
  /// How it collects transitions, and how its learner is made.
  static var family: LearnerFamily<Parameters> { get }
  /// The kinds of observation space that it supports.
  static var observationKinds: [Space.Kind] { get }
  /// The kinds of action space that it supports.
  static var actionKinds: [Space.Kind] { get }
  /// Any other reason why it cannot act in these spaces, as a clause whose subject is the algorithm; `nil` for none.
  static func objection(
    to observationSpace: Space, actionSpace: Space, with parameters: Parameters
  ) -> String?
  /// The memory that its learner keeps for the whole training and that grows with a setting, in bytes.
  static func memoryNeed(of parameters: Parameters, observations: Space, actions: Space) -> MemoryNeed
  /// The settings that determine the size of its steps, for the advice after a failed training: "learningRate.initial
  /// is 0.01". Keys are relative to its section.
  static func stepSizes(of parameters: Parameters) -> String
  /// First parts of keys of its section that may change when a run is resumed: those on which neither the worlds nor the
  /// shapes in a checkpoint depend.
  static var changeableKeys: [String] { get }
}

extension Algorithm {
  /// Rates, limits, discounts and coefficients, as the shipped algorithms call them.
  public static var changeableKeys: [String] {
    [
      "stepLimit", "evaluationInterval", "reportInterval", "learningRate", "actorLearningRate", "criticLearningRate",
      "criticWeightDecay", "discountFactor", "gaeLambda", "epochs", "minibatchSize", "clipRange", "valueClipRange",
      "valueCoefficient", "entropyCoefficient", "penaltyTarget", "targetDivergence", "maximumGradientNorm",
      "targetUpdateRate", "targetUpdateInterval", "updatesPerStep", "temperatureLearningRate", "targetEntropy",
      "exploration", "targetNoise", "targetNoiseLimit", "preSquashPenalty",
    ]
  }

  /// Its section of a scenario, the name in lowerCamelCase as all keys are: "ppo", "qLearning".
  public static var section: String {
    let words = name.split(separator: "-")
    return words.dropFirst().reduce(words.first.map(String.init) ?? "") {
      $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
  }

  /// "Hyperparameters of" and the title, unless the algorithm says otherwise.
  public static var documentation: String { "Hyperparameters of \(title)." }
  /// Boxes alone, unless the algorithm says otherwise.
  public static var observationKinds: [Space.Kind] { [.box] }
  /// No objection, unless the algorithm says otherwise.
  public static func objection(
    to observationSpace: Space, actionSpace: Space, with parameters: Parameters
  ) -> String? { nil }
}

/// How an algorithm collects transitions: each family has one trainer.
public enum LearnerFamily<Parameters: LearnerParameters>: Sendable {
  /// The learner learns from rollouts of its present policy.
  case onPolicy(@Sendable (Parameters, LearnerContext) -> any OnPolicyLearner)
  /// The learner learns from transitions of any policy, sampled from a replay buffer.
  case offPolicy(@Sendable (Parameters, LearnerContext) -> any OffPolicyLearner)
  /// The learner learns a table for a finite problem, action by action.
  case tabular(@Sendable (Parameters, FiniteProblem) -> any TabularLearner)

  /// The name for display: "on-policy" or "off-policy".
  public var name: String {
    switch self {
    case .onPolicy: "on-policy"
    case .offPolicy: "off-policy"
    case .tabular: "tabular"
    }
  }
}

/// A learner of any family.
public enum AnyLearner: Sendable {
  /// A learner that learns from rollouts.
  case onPolicy(any OnPolicyLearner)
  /// A learner that learns from a replay buffer.
  case offPolicy(any OffPolicyLearner)
  /// A learner that takes single actions in a finite problem.
  case tabular(any TabularLearner)
}

extension Algorithm {
  /// The family's name, for display.
  public static var familyName: String { family.name }

  /// The row of a table of algorithms: name, title, paper, kinds of action and family.
  public static var summaryRow: [String] {
    [name, title, paper, actionKinds.map(\.rawValue).joined(separator: ", "), familyName]
  }

  /// Makes a learner.
  static func makeLearner(_ parameters: Parameters, for context: LearnerContext) -> AnyLearner {
    switch family {
    case .onPolicy(let make): return .onPolicy(make(parameters, context))
    case .offPolicy(let make): return .offPolicy(make(parameters, context))
    case .tabular(let make):
      guard let problem = context.problem else { preconditionFailure("\(name) without a finite problem") }
      return .tabular(make(parameters, problem))
    }
  }

  /// Why it cannot learn a task, as a clause that names algorithm and task; `nil` if it can.
  static func refusal(of task: any EnvironmentSpecification, with parameters: Parameters) -> String? {
    func clause(_ what: String, _ kinds: [Space.Kind], _ space: Space) -> String? {
      kinds.contains(space.kind)
        ? nil
        : "'\(name)', which takes \(what) of the kind \(kinds.map(\.rawValue).joined(separator: " or ")), "
          + "but '\(task.name)' has \(space.kind.rawValue) \(what): \(space.summary)"
    }
    if case .tabular = family, let refusal = tabularRefusal(of: task) { return refusal }
    return clause("actions", actionKinds, task.actionSpace)
      ?? clause("observations", observationKinds, task.observationSpace)
      ?? objection(to: task.observationSpace, actionSpace: task.actionSpace, with: parameters).map {
        "'\(name)', which \($0); '\(task.name)' has actions of \(task.actionSpace.summary)"
      }
  }
}

extension Algorithm {
  /// Why a table cannot be learned for a task; `nil` where it can.
  private static func tabularRefusal(of task: any EnvironmentSpecification) -> String? {
    guard let problem = task.finiteProcess?.problem else {
      return "'\(name)', which learns a table for a finite problem, but '\(task.name)' has no key 'mdp'"
    }
    guard problem.stateCount > FiniteProcess.stateLimit else { return nil }
    return "'\(name)', which learns tables of up to \(FiniteProcess.stateLimit) states, "
      + "but '\(task.name)' has \(problem.stateCount); 'poise solve' takes any number"
  }
}

/// An algorithm together with its parameters, as a scenario has them.
public struct ConfiguredAlgorithm: Sendable {
  /// The algorithm.
  public let type: any Algorithm.Type
  /// The parameters, a value of the algorithm's type `Parameters`.
  public let parameters: any LearnerParameters
  private let learner: @Sendable (LearnerContext) -> AnyLearner
  private let refusal: @Sendable (any EnvironmentSpecification) -> String?
  private let need: @Sendable (Space, Space) -> MemoryNeed
  private let sizes: String

  /// Joins an algorithm and its parameters.
  public init<A: Algorithm>(_ type: A.Type, _ parameters: A.Parameters) {
    self.type = type
    self.parameters = parameters
    learner = { A.makeLearner(parameters, for: $0) }
    refusal = { A.refusal(of: $0, with: parameters) }
    need = { A.memoryNeed(of: parameters, observations: $0, actions: $1) }
    sizes = A.stepSizes(of: parameters)
  }

  /// The algorithm's name.
  public var name: String { type.name }
  /// Its section of a scenario.
  public var section: String { type.section }

  /// Makes a learner.
  public func makeLearner(for context: LearnerContext) -> AnyLearner { learner(context) }

  /// Why it cannot learn a task, as a clause that names algorithm and task; `nil` if it can.
  public func refusal(of task: any EnvironmentSpecification) -> String? { refusal(task) }

  /// The least memory that its learner takes, in bytes; keys start with the name of its section.
  public func memoryNeed(observations: Space, actions: Space) -> MemoryNeed {
    need(observations, actions).below(section)
  }

  /// The settings that determine the size of its steps: "ppo.learningRate.initial is 0.01".
  public var stepSizes: String { "\(section).\(sizes)" }
}
