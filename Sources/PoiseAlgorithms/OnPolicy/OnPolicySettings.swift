public import PoiseCore
import PoiseEnvironments
public import PoiseNetworks

/// What the sections of all on-policy algorithms have in common: worlds, rollouts, the policy's network, its learning rate.
public struct OnPolicySettings: Configurable, Hashable {
  /// Control steps of all worlds for one row of the progress table, rounded up to whole rollouts.
  public var reportInterval = 1
  /// Number of worlds that are stepped side by side.
  public var worlds = 16
  /// Worlds that one thread steps, with one batched inference for all of them.
  public var blockSize = 8
  /// T: control steps of each world between two updates; an upper limit where rollouts are whole episodes.
  public var rolloutLength = 128
  /// Number of fixed parts of a minibatch that threads share; rounding, and so the bits of the result, depends on it.
  public var shards = 4
  /// γ for each control step, in (0, 1].
  public var discountFactor = 0.99
  /// c₂, weight of the entropy bonus, at least 0.
  public var entropyCoefficient = 0.0
  /// Gradients are scaled down to this Euclidean norm if theirs is larger; `nil` for no limit.
  public var maximumGradientNorm: Double? = 0.5
  /// The optimiser's step size over the course of training.
  public var learningRate = RateParameters()
  /// ε of Adam, positive.
  public var adamEpsilon = 1e-8
  /// Widths of the policy's hidden layers.
  public var hiddenSizes = [64, 64]
  /// The activation function after each hidden layer.
  public var activation = Activation.tanh
  /// log σ of every action at the start, from `logDeviationFloor` to `logDeviationCeiling`; for Gaussian policies.
  public var initialLogDeviation = 0.0
  /// Smallest log σ.
  public var logDeviationFloor = -6.0
  /// Largest log σ.
  public var logDeviationCeiling = 2.0
  /// Whether the policy normalises observations to mean 0 and standard deviation 1.
  public var normalizesObservations = true
  /// Normalised observations are clipped to ± this; positive.
  public var observationLimit = 10.0
  /// Whether rewards are divided by the running standard deviation of discounted returns.
  public var scalesRewards = false
  /// Weight of the old average in each update of the averaged policy, which is evaluated and saved, in [0, 1); 0 for no averaging.
  ///
  /// Weights alone are averaged: the averaged policy has the learner's present normaliser, whose statistics are means over all of the
  /// training already and hardly move within the average's horizon.
  public var policyAveraging = 0.0
  /// The plane in which policy and value function are mirror symmetric; `nil` for none.
  public var mirrorSymmetry: MirrorPlane?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress table, rounded up to whole rollouts; an evaluation also ends a row; checkpoints are written between rows."
    ),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are rolled out side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps, with one batched inference for all of them; for T threads, worlds / T or less."),
    .key(
      "rolloutLength", \.rolloutLength, .integer(.from(1, through: 1_000_000)),
      "Control steps of each world between two updates; an upper limit where rollouts are whole episodes."),
    .key(
      "shards", \.shards, .integer(.from(1, through: 1024)),
      "Fixed parts of a minibatch that threads share; their number, unlike that of threads, affects the last bits of the result."
    ),
    .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ per control step."),
    .key("entropyCoefficient", \.entropyCoefficient, .number(.notNegative), "c₂, weight of the entropy bonus."),
    .key(
      "maximumGradientNorm", \.maximumGradientNorm, .optional(.number(.positive)),
      "Gradients are scaled down to this norm; null: never."),
    .key("learningRate", \.learningRate, .section, "The optimiser's step size over the course of training."),
    .key("adamEpsilon", \.adamEpsilon, .number(.positive), "ε of Adam."),
    .key(
      "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the policy's hidden layers."),
    .key(
      "activation", \.activation, .choice(among: Activation.hidden), "The activation function after each hidden layer."),
    .key("initialLogDeviation", \.initialLogDeviation, .number(), "log σ of every action at the start."),
    .key("logDeviationFloor", \.logDeviationFloor, .number(), "Least log σ."),
    .key("logDeviationCeiling", \.logDeviationCeiling, .number(), "Greatest log σ."),
    .key(
      "normalizesObservations", \.normalizesObservations, .boolean,
      "Normalise observations to mean 0 and standard deviation 1 inside the policy."),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .key(
      "scalesRewards", \.scalesRewards, .boolean,
      "Divide rewards by the running standard deviation of discounted returns."),
    .key(
      "policyAveraging", \.policyAveraging, .number(.from(0, below: 1)),
      "The policy that is evaluated and saved is a moving average of the learner's weights; this is the weight of the old average in each update; 0: no averaging. Its normaliser is the learner's present one."
    ),
    .mirrorSymmetry(\.mirrorSymmetry),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      logDeviationFloor <= initialLogDeviation && initialLogDeviation <= logDeviationCeiling,
      at: "initialLogDeviation", found: "\(initialLogDeviation)",
      allowed: "from logDeviationFloor \(logDeviationFloor) to logDeviationCeiling \(logDeviationCeiling)")
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: mirrorSymmetry)
  }

  /// A check for algorithms that measure no KL divergence: an adaptive rate would stay what it is, without a word.
  func requireRateWithoutDivergence(_ checks: inout ConfigurationChecks) {
    checks.require(
      learningRate.schedule != .adaptive, at: "learningRate.schedule", found: "adaptive",
      allowed: "constant, linear or cosine, for this algorithm measures no KL divergence for a rate to follow")
  }

  /// The memory that a learner with these settings keeps for the whole training and that grows with a setting.
  ///
  /// - Parameters:
  ///   - value: `nil` for no value function.
  ///   - minibatchSize: the largest number of rows of a gradient.
  ///   - keepsNextObservations: whether the policy also runs on the next observations.
  func memoryNeed(
    value: ValueSettings?, minibatchSize: Int, keepsNextObservations: Bool = false, observations: Space, actions: Space
  ) -> MemoryNeed {
    let (o, outputs) = (observations.count, actions.choices?.count ?? actions.count)
    var need = MemoryNeed()
    need.addWorlds(worlds)
    // Observations are in the segments, for cut episodes beside them, and in the batch, with smoothness twice; samples and outputs
    // in segments and batch.
    let numbers = (keepsNextObservations ? 4 : 3) * o + 2 * actions.count + 2 * outputs + 10
    need.add("rolloutLength", rows: worlds * rolloutLength, numbers: numbers)
    let rows = min(minibatchSize, worlds * rolloutLength)
    need.addNetwork(
      "hiddenSizes", from: o, through: hiddenSizes, to: outputs, shards: shards,
      rows: rows * (keepsNextObservations ? 2 : 1))
    if let value {
      need.addNetwork("valueHiddenSizes", from: o, through: value.hiddenSizes, to: 1, shards: shards, rows: rows)
    }
    return need
  }

  /// The initial learning rate, for the advice after a failed training.
  var stepSizes: String { "learningRate.initial is \(learningRate.initial)" }
}

/// The further settings of algorithms with a value function.
public struct ValueSettings: Configurable, Hashable {
  /// Widths of the value function's hidden layers, where it does not share the policy's.
  public var hiddenSizes = [64, 64]
  /// Whether policy and value function are two heads on one trunk; then `hiddenSizes` here has no effect.
  public var sharesTrunk = false
  /// c₁, weight of the value loss, at least 0.
  public var coefficient = 0.5
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("valueCoefficient", \.coefficient, .number(.notNegative), "c₁, weight of the value loss."),
    .key(
      "valueHiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the value function's hidden layers, where it has its own."),
    .key(
      "sharesTrunk", \.sharesTrunk, .boolean,
      "Policy and value function are two heads on one trunk, the hidden layers of hiddenSizes; valueHiddenSizes then has no effect."
    ),
  ]

  /// Checks that need the other settings.
  func crossChecks(_ checks: inout ConfigurationChecks, with common: OnPolicySettings) {
    checks.requirePairs(of: hiddenSizes, at: "valueHiddenSizes", for: common.mirrorSymmetry)
    checks.require(
      !sharesTrunk || !common.hiddenSizes.isEmpty, at: "sharesTrunk", found: "true, without a hidden layer",
      allowed: "true if hiddenSizes has at least one layer")
  }
}

/// The parameters of an algorithm that learns from rollouts of its present policy: the common ones, and its own.
///
/// The common ones are read and set as if they were its own: `parameters.worlds`.
@dynamicMemberLookup
public protocol OnPolicyParameters: LearnerParameters {
  /// The settings that all on-policy algorithms have.
  var common: OnPolicySettings { get set }
  /// λ of generalized advantage estimation, for algorithms that use it.
  var gaeLambda: Double { get }
  /// How rollouts begin and end.
  var plan: RolloutPlan { get }
}

extension OnPolicyParameters {
  /// A setting that all on-policy algorithms have.
  public subscript<Value>(dynamicMember property: WritableKeyPath<OnPolicySettings, Value>) -> Value {
    get { common[keyPath: property] }
    set { common[keyPath: property] = newValue }
  }

  public var worlds: Int {
    get { common.worlds }
    set { common.worlds = newValue }
  }
  public var blockSize: Int {
    get { common.blockSize }
    set { common.blockSize = newValue }
  }
  public var reportInterval: Int {
    get { common.reportInterval }
    set { common.reportInterval = newValue }
  }
  public var mirrorSymmetry: MirrorPlane? {
    get { common.mirrorSymmetry }
    set { common.mirrorSymmetry = newValue }
  }

  /// `nil`: always the scenario's.
  public var stepLimit: Int? { nil }
  /// `nil`: always the scenario's.
  public var evaluationInterval: Int? { nil }
  /// 1, unless the algorithm has a λ of its own.
  public var gaeLambda: Double { 1 }
  /// Rollouts continue through episodes, unless the algorithm says otherwise.
  public var plan: RolloutPlan { .continuing }
  /// The largest number of transitions of a rollout of all worlds.
  public var rolloutSize: Int { common.worlds * common.rolloutLength }
}

/// How the rollouts of a learner begin and end.
public enum RolloutPlan: Hashable, Sendable {
  /// Rollouts of `rolloutLength` control steps. Episodes continue from one rollout to the next; when one ends, the next begins.
  case continuing
  /// Every world plays one episode from its start, and is not stepped further once it is over or has `rolloutLength` control steps.
  case episodes
  /// As `episodes`, with worlds in groups that may start from the same state.
  case groups(GroupStarts)
}

/// How a group of worlds starts.
public struct GroupStarts: Hashable, Sendable {
  /// Worlds of a group; they are neighbours in one block.
  public var size: Int
  /// Whether they start from one state of the environment.
  public var sharesStart: Bool
  /// Whether everything random except the exploration is the same in a group: pushes, sensor noise.
  public var sharesDisturbances: Bool
  /// Share of the groups that start from a state which the policy visited, in place of the start of an episode.
  public var visitedShare: Double

  /// Makes a start of its parts; parameters are as the properties.
  public init(size: Int, sharesStart: Bool, sharesDisturbances: Bool, visitedShare: Double) {
    self.size = size
    self.sharesStart = sharesStart
    self.sharesDisturbances = sharesDisturbances
    self.visitedShare = visitedShare
  }
}
