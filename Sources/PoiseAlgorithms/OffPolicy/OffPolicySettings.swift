public import PoiseCore
import PoiseEnvironments
public import PoiseNetworks

/// What the sections of all off-policy algorithms have in common: worlds, replay buffer, batches, targets.
///
/// Defaults are those of Lillicrap et al. 2016; an algorithm sets those of its own paper.
public struct OffPolicySettings: Configurable, Hashable {
  /// Control steps after which training ends, in place of the scenario's; `nil` for that.
  public var stepLimit: Int?
  /// Control steps between two evaluations, in place of the scenario's; `nil` for that.
  public var evaluationInterval: Int?
  /// Control steps of all worlds for one row of the progress table.
  public var reportInterval = 1000
  /// Worlds that are stepped side by side.
  public var worlds = 1
  /// Worlds that one thread steps, with one batched inference for all of them.
  public var blockSize = 8
  /// Control steps of all worlds with random actions, before learning begins.
  public var warmupSteps = 1000
  /// Updates for each control step of a world after the warm-up.
  public var updatesPerStep = 1.0
  /// Observations that the replay buffer holds.
  public var memoryCapacity = 1_000_000
  /// N: transitions of one update, drawn from the replay buffer.
  public var batchSize = 64
  /// Fixed parts of a batch that threads share. Their number is part of the result's bits.
  public var shards = 1
  /// γ per control step, in (0, 1].
  public var discountFactor = 0.99
  /// n: rewards that a target sums before the target value completes the return; 1 is the paper's target.
  public var returnSteps = 1
  /// The factor by which rewards are multiplied in the targets; positive.
  public var rewardScale = 1.0
  /// τ: the share of the network that its target takes over in one update, in [0, 1].
  public var targetUpdateRate = 0.001
  /// How much more often transitions are drawn from which much is to be learned; `nil` if all are equally likely.
  public var prioritization: PrioritySettings?
  /// ε of Adam; positive.
  public var adamEpsilon = 1e-8
  /// The Euclidean norm to which the gradients of each network are clipped; `nil` for no clipping.
  public var maximumGradientNorm: Double?
  /// The activation after each hidden layer.
  public var activation = Activation.relu
  /// Whether the policy normalises observations by running statistics; the replay buffer keeps raw observations.
  public var normalizesObservations = false
  /// Normalised observations are clipped to ± this.
  public var observationLimit = 10.0
  /// The plane in which policy and action values are mirror symmetric; `nil` for none.
  public var mirrorSymmetry: MirrorPlane?
  /// The defaults.
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "stepLimit", \.stepLimit, .optional(.integer(.from(1, through: 1_000_000_000_000))),
      "Overrides training.stepLimit for this learner; null: training.stepLimit holds."),
    .key(
      "evaluationInterval", \.evaluationInterval, .optional(.integer(.from(1, through: 1_000_000_000_000))),
      "Overrides training.evaluationInterval for this learner; null: training.evaluationInterval holds."),
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress table; an evaluation also ends a row."),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are stepped side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps, with one batched inference for all of them."),
    .key(
      "warmupSteps", \.warmupSteps, .integer(.from(0, through: 1_000_000_000)),
      "Control steps of all worlds with uniform actions, before learning begins."),
    .key(
      "updatesPerStep", \.updatesPerStep, .number(.above(0, through: 1000)),
      "Updates for each control step of a world after the warm-up; below 1: one update for several steps."),
    .key(
      "memoryCapacity", \.memoryCapacity, .integer(.from(100, through: 1_000_000_000)),
      "Observations that the replay buffer holds; the oldest go first."),
    .key("batchSize", \.batchSize, .integer(.from(1, through: 1_000_000)), "N, transitions of one update."),
    .key(
      "shards", \.shards, .integer(.from(1, through: 1024)),
      "Fixed parts of a batch that threads share; part of the result's bits. 1 is best for small networks."),
    .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ per control step."),
    .key(
      "returnSteps", \.returnSteps, .integer(.from(1, through: 1000)),
      "n: rewards that are summed before the target value completes the return."),
    .key("rewardScale", \.rewardScale, .number(.positive), "Rewards are multiplied by this in the targets."),
    .key(
      "targetUpdateRate", \.targetUpdateRate, .number(.from(0, through: 1)),
      "τ: the share of the network that its target takes over in one update; 1: no target network.",
      formerly: ["targetSmoothing"]),
    .key(
      "prioritization", \.prioritization, .optional(.section),
      "Draw transitions with large errors more often; null: all alike."),
    .key("adamEpsilon", \.adamEpsilon, .number(.positive), "ε of Adam."),
    .key(
      "maximumGradientNorm", \.maximumGradientNorm, .optional(.number(.positive)),
      "Gradients of each network are scaled down to this norm; null: never."),
    .key("activation", \.activation, .choice(among: Activation.hidden), "After each hidden layer."),
    .key(
      "normalizesObservations", \.normalizesObservations, .boolean,
      "Normalise observations to mean 0 and standard deviation 1 inside the policy; the replay buffer keeps raw observations."
    ),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .mirrorSymmetry(\.mirrorSymmetry),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      memoryCapacity >= 4 * worlds, at: "memoryCapacity", found: "\(memoryCapacity)",
      allowed: "at least 4 for each of \(worlds) worlds")
    checks.require(
      shards <= batchSize, at: "shards", found: "\(shards)", allowed: "at most batchSize, \(batchSize)",
      remedy: "A shard needs at least one transition.")
  }

  /// The memory of worlds and replay buffer: for each transition observation, action, reward and link.
  func memoryNeed(observations: Space, actions: Space) -> MemoryNeed {
    var need = MemoryNeed()
    need.addWorlds(worlds)
    need.add("memoryCapacity", rows: memoryCapacity, numbers: observations.count + actions.count + 2)
    // A tree of at least two doubles for each transition.
    if prioritization != nil { need.add("memoryCapacity", rows: memoryCapacity, numbers: 4) }
    return need
  }

  /// A normaliser of observations; `nil` where they stay raw.
  func normalizer(observations: Int) -> RunningNormalizer? {
    normalizesObservations ? RunningNormalizer(elementCount: observations, limit: observationLimit) : nil
  }
}

/// The parameters of an algorithm that learns from a replay buffer: the common ones, and its own.
///
/// The common ones are read and set as if they were its own: `parameters.batchSize`.
@dynamicMemberLookup
public protocol OffPolicyParameters: LearnerParameters {
  /// The settings that all off-policy algorithms have.
  var common: OffPolicySettings { get set }
}

extension OffPolicyParameters {
  /// A setting that all off-policy algorithms have.
  public subscript<Value>(dynamicMember property: WritableKeyPath<OffPolicySettings, Value>) -> Value {
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
  public var stepLimit: Int? {
    get { common.stepLimit }
    set { common.stepLimit = newValue }
  }
  public var evaluationInterval: Int? {
    get { common.evaluationInterval }
    set { common.evaluationInterval = newValue }
  }
  public var mirrorSymmetry: MirrorPlane? {
    get { common.mirrorSymmetry }
    set { common.mirrorSymmetry = newValue }
  }
  /// Control steps of all worlds before learning begins.
  public var warmupSteps: Int {
    get { common.warmupSteps }
    set { common.warmupSteps = newValue }
  }
  /// Updates for each control step of a world after that.
  public var updatesPerStep: Double {
    get { common.updatesPerStep }
    set { common.updatesPerStep = newValue }
  }
  /// Observations that the replay buffer holds.
  public var memoryCapacity: Int {
    get { common.memoryCapacity }
    set { common.memoryCapacity = newValue }
  }
}
