public import Poise

// REINFORCE with a learned baseline. Source: Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist
// Reinforcement Learning"; the baseline is V(o), learned by least squares.
//
// Departures from the paper: advantages are brought to mean 0 and deviation 1 over the rollout; Adam takes the steps.

/// Hyperparameters of REINFORCE.
public struct ReinforceParameters: OnPolicyParameters {
  public var worlds = 32
  public var blockSize = 16
  public var rolloutLength = 60
  public var reportInterval = 1
  public var discountFactor = 0.98
  public var gaeLambda = 0.95
  public var learningRate = 0.01
  public var hiddenSizes = [16]
  /// Rewards are as the environment gives them.
  public var scalesRewards: Bool { false }
  /// No mirror is looked for.
  public var mirrorSymmetry: MirrorPlane? { nil }
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Environments that are rolled out side by side."),
    .key("blockSize", \.blockSize, .integer(.from(1, through: 4096)), "Environments that one thread steps."),
    .key(
      "rolloutLength", \.rolloutLength, .integer(.from(1, through: 1_000_000)),
      "Control steps of each environment between two updates."),
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all environments for one row of the progress, rounded up to whole rollouts."),
    .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ per control step."),
    .key("gaeLambda", \.gaeLambda, .number(.from(0, through: 1)), "λ of the advantage estimates; 1 as in the paper."),
    .key("learningRate", \.learningRate, .number(.positive), "Adam's step size."),
    .key(
      "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the hidden layers of the policy and of the value function."),
  ]
}

/// What one update of REINFORCE tells.
public struct ReinforceMetrics: LearningMetrics {
  /// Mean squared error of V.
  public var valueLoss = 0.0
  /// Euclidean norm of all gradients.
  public var gradientNorm = 0.0
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] { [\.valueLoss, \.gradientNorm] }
  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    [("value_loss", means?.valueLoss), ("gradient_norm", means?.gradientNorm)]
  }
}

/// REINFORCE: one gradient from each rollout.
public struct Reinforce: OnPolicyLearner {
  public typealias Parameters = ReinforceParameters
  public typealias Metrics = ReinforceMetrics

  public let settings: ReinforceParameters
  public var model: ActorCritic
  public private(set) var health = LearnerHealth()
  private var adam: Adam<Float>
  private var actor, critic: MLPWorkspace<Float>
  private var gradients: AlignedVector<Float>
  private let instructionSet: InstructionSet

  /// A learner with weights that follow from the seed.
  public init(_ settings: ReinforceParameters, for context: LearnerContext) {
    var random = RandomStream(seed: context.seed, purpose: .weights)
    let model = ActorCritic(
      observations: context.observationSpace.count, actions: context.actionSpace, hidden: settings.hiddenSizes,
      valueHidden: settings.hiddenSizes, activation: .tanh, deviationBounds: -6...2, initialLogDeviation: -0.5,
      normalizerLimit: nil, using: &random)
    let (rows, set) = (settings.blockSize * settings.rolloutLength, context.instructionSet)
    self.settings = settings
    self.model = model
    adam = Adam(parameterCount: model.parameters.count, instructionSet: set)
    actor = MLPWorkspace(model.actor.network, rowCapacity: rows, instructionSet: set)
    critic = MLPWorkspace(model.critic, rowCapacity: rows, instructionSet: set)
    gradients = AlignedVector(zeros: model.parameters.count)
    instructionSet = set
  }

  public var policy: Policy { model.policy(model.parameters) }

  /// One step down the gradient of
  ///
  ///     L = −(1/N) Σ Âₜ log π(aₜ|oₜ) + (1/N) Σ (V(oₜ) − Rₜ)², Rₜ = Âₜ + V(oₜ) as it was
  ///
  /// over the N steps of the rollout that did not end in a fault.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: () -> Bool
  ) -> ReinforceMetrics {
    var metrics = ReinforceMetrics()
    let advantages = rollout.flatMap { segment in
      zip(segment.advantages, segment.endings).compactMap { $1 == .fault ? nil : Double($0) }
    }
    let count = Double(max(1, advantages.count))
    let mean = advantages.reduce(0, +) / count
    let deviation = (advantages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot() + 1e-8

    gradients.setToZero()
    for segment in rollout {
      let rows = segment.steps * segment.worlds
      var weights = AlignedVector<Float>(zeros: rows)
      actor.setInputs(segment.observations, rows: rows)
      actor.forward(rows: rows, parameters: model.parameters)
      critic.setInputs(segment.observations, rows: rows)
      critic.forward(rows: rows, parameters: model.parameters)
      for k in 0..<rows {
        let counts = segment.endings[k] != .fault
        weights[k] = counts ? Float(-(Double(segment.advantages[k]) - mean) / deviation / count) : 0
        let error = counts ? critic.outputs[k] - segment.values[k] - segment.advantages[k] : 0
        critic.outputGradients[k] = 2 * error / Float(count)
        metrics.valueLoss += Double(error * error) / count
      }
      model.actor.writeLogProbabilityGradients(
        rows: rows, of: segment.actions, outputs: actor.outputs, parameters: model.parameters,
        logProbabilityGradients: weights, outputGradients: &actor.outputGradients, gradients: &gradients)
      actor.backward(rows: rows, parameters: model.parameters, into: &gradients, accumulates: true)
      critic.backward(rows: rows, parameters: model.parameters, into: &gradients, accumulates: true)
    }
    let outcome = adam.update(
      &model.parameters, gradients: gradients, learningRate: settings.learningRate, loss: metrics.valueLoss,
      maximumNorm: 1)
    health.note(outcome, of: "the gradients", update: adam.appliedUpdates + adam.skippedUpdates)
    model.actor.clampDeviations(&model.parameters)
    if case .applied(let norm) = outcome { metrics.gradientNorm = norm }
    return metrics
  }

  public mutating func observe(_ rollout: [RolloutSegment]) {}

  public mutating func checkWeights() {
    health.check(
      model.parameters, of: "the weights", update: adam.appliedUpdates + adam.skippedUpdates,
      instructionSet: instructionSet)
  }

  // MARK: Checkpointing

  /// All that an update changes.
  public struct State: Sendable {
    fileprivate var model: ActorCritic
    fileprivate var adam: Adam<Float>
    fileprivate var health: LearnerHealth
  }

  public var state: State {
    get { State(model: model, adam: adam, health: health) }
    set { (model, adam, health) = (newValue.model, newValue.adam, newValue.health) }
  }

  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    tensors.merge(adam.tensors(prefix: "adam")) { first, _ in first }
    tensors["reinforce.health"] = try Tensor(encoding: health)
    return tensors
  }

  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    try adam.read(tensors, prefix: "adam", file: file)
    health = try Tensor.decode("reinforce.health", in: tensors, file: file)
  }
}

extension Reinforce: Algorithm {
  public static let name = "reinforce"
  public static let title = "REINFORCE with a baseline"
  public static let paper = "Williams 1992"
  public static let family = LearnerFamily<ReinforceParameters>.onPolicy { Reinforce($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]

  public static func memoryNeed(
    of parameters: ReinforceParameters, observations: Space, actions: Space
  ) -> MemoryNeed {
    var need = MemoryNeed()
    need.addWorlds(parameters.worlds)
    need.add("rolloutLength", rows: parameters.rolloutSize, numbers: 2 * observations.count + 2 * actions.count + 8)
    return need
  }

  public static func stepSizes(of parameters: ReinforceParameters) -> String {
    "learningRate is \(parameters.learningRate)"
  }
}
