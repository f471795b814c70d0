import PoiseCore
import PoiseEnvironments
import PoiseNetworks

/// Everything around the loss of a learner by policy gradients: its networks and their optimiser, the batch and its shards, the
/// learning rate, and whether the numbers can still be trusted.
public struct PolicyUpdater: Sendable {
  /// The policy that acts, its value function if there is one, and their normaliser.
  var model: ActorCritic
  /// Polyak average of the parameters; `nil` without averaging.
  var average: AlignedVector<Float>?
  var optimizer: Adam<Float>
  var adaptiveRate: AdaptiveLearningRate
  /// The stream that minibatches are drawn from.
  var random: RandomStream
  var health = LearnerHealth()
  var batch: RolloutBatch
  private var shards: [PolicyShard]
  /// The gradients of the last batch.
  private(set) var gradients: AlignedVector<Float>
  let settings: OnPolicySettings
  let instructionSet: InstructionSet
  /// For tests: changes the gradients of update n before they are checked.
  var spoilGradients: (@Sendable (_ update: Int, _ gradients: inout AlignedVector<Float>) -> Void)?

  /// - Parameters:
  ///   - value: `nil` for no value function.
  ///   - optimizer: Adam's settings or RMSProp's.
  ///   - rolloutSize: the largest number of rows of a rollout.
  ///   - minibatchSize: the largest number of rows of a gradient.
  ///   - keepsNextObservations: whether the policy also runs on the next observations.
  init(
    _ settings: OnPolicySettings, value: ValueSettings?, optimizer: Adam<Float>.Settings, rolloutSize: Int,
    minibatchSize: Int, keepsNextObservations: Bool = false, for context: LearnerContext
  ) {
    var weights = RandomStream(seed: context.seed, purpose: .weights)
    let model = ActorCritic(
      observations: context.observationSpace.count, actions: context.actionSpace, hidden: settings.hiddenSizes,
      valueHidden: value?.hiddenSizes, sharesTrunk: value?.sharesTrunk ?? false, activation: settings.activation,
      deviationBounds: settings.logDeviationFloor...settings.logDeviationCeiling,
      initialLogDeviation: settings.initialLogDeviation,
      normalizerLimit: settings.normalizesObservations ? settings.observationLimit : nil, symmetry: context.symmetry,
      using: &weights)
    self.settings = settings
    self.model = model
    average = settings.policyAveraging > 0 ? model.parameters : nil
    instructionSet = context.instructionSet
    self.optimizer = Adam(
      parameterCount: model.parameters.count, settings: optimizer, instructionSet: context.instructionSet)
    adaptiveRate = settings.learningRate.controller
    random = RandomStream(seed: context.seed, purpose: .minibatches)
    gradients = AlignedVector(zeros: model.parameters.count)
    let rows = shardCapacity(batch: min(minibatchSize, rolloutSize), shards: settings.shards)
    shards = (0..<settings.shards).map { _ in
      PolicyShard(
        model, rows: rows, keepsNextObservations: keepsNextObservations, instructionSet: context.instructionSet)
    }
    batch = RolloutBatch(model, capacity: rolloutSize, keepsNextObservations: keepsNextObservations)
  }

  /// The deterministic policy, with averaged weights if `policyAveraging` is set.
  var policy: Policy { model.policy(average ?? model.parameters) }

  /// Gradients that were computed so far, refused ones included.
  var updates: Int { optimizer.appliedUpdates + optimizer.skippedUpdates }

  func learningRate(at progress: Double) -> Double {
    settings.learningRate.law.rate(progress: progress, adaptiveRate: adaptiveRate.rate)
  }

  // MARK: The update

  /// Gradients of the given rows of the batch into `gradients`: each shard on its own, then their sum in the order of the shards.
  ///
  /// - Parameter losses: calls the parts of the loss on a shard that is loaded; `isFirst` of one shard alone.
  mutating func computeGradients(
    rows: Range<Int>, pool: WorkerPool,
    losses:
      @Sendable (
        _ shard: inout PolicyShard, _ batch: RolloutBatch, _ model: ActorCritic, _ isFirst: Bool
      ) -> Void
  ) -> LossSums {
    shards.divide(rows)
    pool.forEach(&shards) { [model, batch] index, shard in
      shard.load(batch, model)
      losses(&shard, batch, model, index == 0)
    }
    shards.sum(into: &gradients, ties: model.ties, instructionSet: instructionSet) { $0.gradients }
    return shards.reduce(into: LossSums()) { $0.add($1.sums) }
  }

  /// Makes one step with `gradients`, or none if something is not finite, which `health` then notes.
  ///
  /// - Returns: the norm of the gradients before they were scaled down; `nil` if the step was refused.
  mutating func step(learningRate: Double, loss: Double) -> Double? {
    spoilGradients?(updates + 1, &gradients)
    let outcome = optimizer.update(
      &model.parameters, gradients: gradients, learningRate: learningRate, loss: loss,
      maximumNorm: settings.maximumGradientNorm)
    note(outcome)
    guard health.failure == nil, case .applied(let norm) = outcome else { return nil }
    model.actor.clampDeviations(&model.parameters)
    return norm
  }

  /// Makes one step with gradients that were computed elsewhere.
  mutating func step(along others: borrowing AlignedVector<Float>, learningRate: Double, loss: Double) -> Double? {
    gradients.copyElements(from: others)
    return step(learningRate: learningRate, loss: loss)
  }

  /// Notes the outcome of an update with a gradient that was applied or refused elsewhere.
  mutating func count(_ outcome: UpdateOutcome) {
    if outcome.isApplied { optimizer.appliedUpdates += 1 } else { optimizer.skippedUpdates += 1 }
    note(outcome)
  }

  /// Notes the outcome of an update, and checks the weights.
  private mutating func note(_ outcome: UpdateOutcome) {
    health.note(outcome, of: "the gradients", update: updates) { [model, batch] in Self.diagnosis(model, batch) }
    checkWeights()
  }

  /// θ̄ ← β θ̄ + (1 − β) θ, where policies are averaged.
  ///
  /// Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging", here with a horizon of 1 / (1 − β)
  /// updates: the iterates fluctuate around a solution, their mean much less.
  mutating func followAverage() {
    average?.follow(
      model.parameters, targetUpdateRate: 1 - settings.policyAveraging, instructionSet: instructionSet)
  }

  /// Mean entropy of a batch, nats.
  func entropy(_ sums: LossSums, rows: Int) -> Double {
    model.actor.sharedEntropy(model.parameters) ?? sums.entropy / Double(max(1, rows))
  }

  /// The share of the batch's action elements at ±1 or beyond; 0 for choices.
  var saturation: Double {
    model.actor.distribution == .categorical ? 0 : batch.saturation(actions: model.actionCount)
  }

  /// Checks that all weights are finite and not too large; `step` does so too.
  mutating func checkWeights() {
    health.check(
      model.parameters, of: "the weights of \(model.critic == nil ? "the policy" : "policy and value function")",
      update: updates, instructionSet: instructionSet)
  }

  /// Why an update was refused: the first quantity that is not finite, in the order in which they are computed.
  private static func diagnosis(_ model: ActorCritic, _ batch: RolloutBatch) -> (quantity: String, reason: String)? {
    if let i = LearnerHealth.firstNotFinite(model.parameters) {
      return (
        "the weights of \(model.critic == nil ? "the policy" : "policy and value function")",
        "number \(i) is \(model.parameters[i])"
      )
    }
    return batch.firstNotFinite(observations: model.observationCount)
  }
}

// MARK: - Saving and restoring

extension PolicyUpdater {
  /// Everything that an update changes and later updates depend on; a copy shares its memory until one of the two is written to.
  public struct State: Sendable {
    fileprivate var model: ActorCritic
    fileprivate var average: AlignedVector<Float>?
    fileprivate var optimizer: Adam<Float>
    fileprivate var memory: Memory
  }

  var state: State {
    get { State(model: model, average: average, optimizer: optimizer, memory: memory) }
    set {
      (model, average, optimizer) = (newValue.model, newValue.average, newValue.optimizer)
      memory = newValue.memory
    }
  }

  /// What the next update depends on beside the networks' parameters and the optimiser's moments.
  struct Memory: Codable, Sendable {
    var adaptiveRate: AdaptiveLearningRate
    var random: RandomStream
    /// Older files omit this field.
    var health: LearnerHealth?
  }

  private var memory: Memory {
    get { Memory(adaptiveRate: adaptiveRate, random: random, health: health) }
    set {
      (adaptiveRate, random, health) = (newValue.adaptiveRate, newValue.random, newValue.health ?? LearnerHealth())
    }
  }

  /// Everything that further training depends on: `ActorCritic`'s tensors, the same under `average.*` with averaging, `adam.*`,
  /// and `NAME.memory`, JSON as bytes.
  ///
  /// - Parameter extra: the algorithm's own state; its fields are encoded beside those of `Memory`.
  func tensors(of name: String, extra: some Codable) throws -> [String: Tensor] {
    var tensors = model.tensors()
    if let average {
      tensors.merge(model.actor.tensors(average, prefix: "average.actor")) { first, _ in first }
      if let critic = model.critic {
        tensors.merge(critic.tensors(average, prefix: "average.critic")) { first, _ in first }
      }
    }
    tensors.merge(optimizer.tensors(prefix: "adam")) { first, _ in first }
    tensors["\(name).memory"] = try Tensor(encoding: Joined(memory: memory, extra: extra))
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Parameter accepts: whether the algorithm's own state is possible.
  /// - Returns: the algorithm's own state.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  mutating func read<Extra: Codable>(
    _ tensors: [String: Tensor], of name: String, file: String, accepts: (Extra) -> Bool = { _ in true }
  ) throws(InvalidInput) -> Extra {
    try model.read(tensors, file: file)
    if var average {
      try model.actor.read(tensors, prefix: "average.actor", file: file, into: &average)
      try model.critic?.read(tensors, prefix: "average.critic", file: file, into: &average)
      self.average = average
    }
    try optimizer.read(tensors, prefix: "adam", file: file)
    var read: Joined<Extra> = try Tensor.decode("\(name).memory", in: tensors, file: file)
    // A learning rate that was changed when the run was resumed starts at its new value.
    if read.memory.adaptiveRate.settings != adaptiveRate.settings { read.memory.adaptiveRate = adaptiveRate }
    guard adaptiveRate.accepts(read.memory.adaptiveRate), read.memory.health?.hasPossibleCounts ?? true,
      accepts(read.extra)
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor '\(name).memory'",
          found: "a learning rate of \(read.memory.adaptiveRate.rate), or an impossible state",
          allowed: "those of this scenario's settings",
          remedy: "The checkpoint belongs to another scenario, or is damaged."))
    }
    memory = read.memory
    return read.extra
  }

  /// Two values that are encoded with their fields in one object.
  private struct Joined<Extra: Codable>: Codable {
    var memory: Memory
    var extra: Extra

    init(memory: Memory, extra: Extra) {
      self.memory = memory
      self.extra = extra
    }

    init(from decoder: any Decoder) throws {
      memory = try Memory(from: decoder)
      extra = try Extra(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
      try memory.encode(to: encoder)
      try extra.encode(to: encoder)
    }
  }
}

/// The state of an algorithm that needs none of its own.
struct NoMemory: Codable, Sendable {}
