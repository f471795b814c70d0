public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Soft actor-critic. Sources: Haarnoja, Zhou, Abbeel and Levine 2018, "Soft Actor-Critic: Off-Policy Maximum Entropy Deep Reinforcement
// Learning with a Stochastic Actor" (arXiv:1801.01290); Haarnoja et al. 2018b, "Soft Actor-Critic Algorithms and Applications"
// (arXiv:1812.05905), with the automatic temperature: "the paper" below.
//
// What came after it, each an option:
//  1. Layer normalisation of the critics: `normalizesCriticLayers`. Source: Ba, Kiros and Hinton 2016; for critics Hiraoka et al. 2022,
//     "Dropout Q-Functions for Doubly Efficient Reinforcement Learning" (arXiv:2110.02034).
//  2. No target networks: `targetUpdateRate` 1, with normalised critics. Source: Bhatt et al. 2024, "CrossQ" (arXiv:1902.05605), whose
//     normalisation is over batches; over layers Gallici et al. 2025, "Simplifying Deep Temporal Difference Learning" (arXiv:2407.04811).
//  3. Several updates for each control step: `updatesPerStep` above 1, with an `actorDelay` if the actor shall not take part in each.
//     Source: Chen et al. 2021, "Randomized Ensembled Double Q-Learning" (arXiv:2101.05982), without its ensemble.
//  4. Targets of n steps, without a correction for the actions or their entropy: `returnSteps`. Source: Barth-Maron et al. 2018, eq. 5.
//  5. Prioritised replay: `prioritization`. Source: Schaul et al. 2016; in BatchSampler.swift.
//  6. Mirror-symmetric actor and critics, by tied weights: `mirrorSymmetry`. Source: as for `TiedParameters`.
// Departures from the paper, each an option unless noted:
//  7. log σ is bounded smoothly. (always; `logDeviationFloor`, `logDeviationCeiling`)
//  8. Actions of the first `warmupSteps` are uniform; several worlds may be stepped side by side.
//  9. Observations may be normalised by running statistics. (`normalizesObservations`)
// 10. A time limit does not terminate the task: targets bootstrap past it from the episode's last observation. (always)

/// SAC: learns a squashed Gaussian policy, two critics and a temperature from transitions of a replay buffer.
public struct SAC: OffPolicyLearner {
  public typealias Parameters = SACParameters
  public typealias Metrics = SACMetrics

  /// The hyperparameters.
  public let settings: SACParameters
  /// Actor, critics with their target copies, temperature.
  public var model: SoftActorCritic
  /// Updates of the critics so far.
  public private(set) var updates = 0
  /// Whether the numbers can still be trusted; if not, further updates are of no use.
  public private(set) var health = LearnerHealth()
  private var actorAdam, criticAdam, temperatureAdam: Adam<Float>
  /// Those of the last batch.
  private(set) var actorGradients, criticGradients, temperatureGradients: AlignedVector<Float>
  /// Draws the batches.
  var sampler: BatchSampler
  var shards: [Shard]
  /// H̄
  private let targetEntropy: Double
  private let seed: UInt64
  private let instructionSet: InstructionSet

  /// Makes a learner with initial weights drawn from the seed.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: the spaces of the task, both boxes; the mirror symmetry that `settings.mirrorSymmetry` asks for; seed
  ///     and instruction set.
  public init(_ settings: SACParameters, for context: LearnerContext) {
    var weights = RandomStream(seed: context.seed, purpose: .weights)
    let model = SoftActorCritic(
      settings, observations: context.observationSpace.count, actions: context.actionSpace.count,
      symmetry: context.symmetry, using: &weights)
    self.settings = settings
    self.model = model
    seed = context.seed
    instructionSet = context.instructionSet
    targetEntropy = settings.targetEntropy ?? -Double(model.actionCount)
    actorGradients = AlignedVector(zeros: model.actorParameters.count)
    criticGradients = AlignedVector(zeros: model.critics.parameters.count)
    temperatureGradients = AlignedVector(zeros: 1)
    func adam(_ count: Int) -> Adam<Float> {
      Adam(
        parameterCount: count, settings: .init(epsilon: settings.common.adamEpsilon),
        instructionSet: context.instructionSet)
    }
    actorAdam = adam(actorGradients.count)
    criticAdam = adam(criticGradients.count)
    temperatureAdam = adam(1)
    sampler = BatchSampler(settings.common, random: RandomStream(seed: context.seed, purpose: .replaySampling))
    let rows = shardCapacity(batch: settings.common.batchSize, shards: settings.common.shards)
    shards = (0..<settings.common.shards).map { index in
      Shard(
        model, settings, rows: rows,
        random: RandomStream(seed: context.seed, purpose: .policySamples, index: index),
        instructionSet: context.instructionSet)
    }
  }

  /// The policy as it stands, without exploration.
  public var policy: Policy { model.policy }

  /// Updates the statistics of the normaliser with raw observations, [rows, observations]; does nothing without a
  /// normaliser.
  public mutating func observe(_ observations: [Float]) { model.observe(observations) }

  /// Steps of the optimisers that were refused so far, because a loss or a gradient was not finite or far too large.
  public var skippedUpdates: Int {
    actorAdam.skippedUpdates + criticAdam.skippedUpdates + temperatureAdam.skippedUpdates
  }

  // MARK: The update

  /// One gradient step: the inner loop of algorithm 1 of the paper.
  ///
  /// - Parameters:
  ///   - buffer: with at least one transition.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  public mutating func update(_ buffer: ReplayBuffer, pool: WorkerPool) -> SACMetrics {
    updates += 1
    var metrics = SACMetrics()
    metrics.temperature = Double(model.temperature)

    // θᵢ ← θᵢ − λ_Q ∇ J_Q(θᵢ), and in the same pass θ′ᵢ ← τ θᵢ + (1 − τ) θ′ᵢ.
    sampler.draw(from: buffer, update: updates)
    let criticLoss = computeCriticGradients(buffer, &metrics, pool: pool)
    let outcome = criticAdam.update(
      &model.critics.parameters, gradients: criticGradients, learningRate: settings.criticLearningRate,
      loss: criticLoss, maximumNorm: settings.common.maximumGradientNorm, target: &model.critics.target,
      targetUpdateRate: settings.common.targetUpdateRate)
    health.note(outcome, of: "the critics' gradients", update: updates) { [model, shards] in
      Self.diagnosis(model, shards)
    }
    if case .applied(let norm) = outcome {
      metrics.criticGradientNorm = norm
      health.noteLife(of: "the critic", deadLayer: shards.deadLayer { $0.deadLayerOfCritic }, update: updates)
    } else {
      metrics = SACMetrics()
      metrics.isRefused = true
    }
    defer { checkWeights() }
    guard updates.isMultiple(of: settings.actorDelay) else { return metrics }

    // φ ← φ − λ_π ∇ J_π(φ)
    let (actorLoss, entropy) = computeActorGradients(pool: pool)
    let actorOutcome = actorAdam.update(
      &model.actorParameters, gradients: actorGradients, learningRate: settings.actorLearningRate, loss: actorLoss,
      maximumNorm: settings.common.maximumGradientNorm)
    health.note(actorOutcome, of: "the actor's gradients", update: updates) { [model, shards] in
      Self.diagnosis(model, shards)
    }
    guard case .applied(let norm) = actorOutcome else {
      metrics.isRefused = true
      return metrics
    }
    (metrics.actorLoss, metrics.actorGradientNorm, metrics.entropy) = (actorLoss, norm, entropy)
    health.noteLife(
      of: "the actor", deadLayer: shards.deadLayer { $0.deadLayerOfActor }, gradientNorm: norm, update: updates)

    // α ← α − λ ∇ J(α)
    guard let rate = settings.temperatureLearningRate else { return metrics }
    computeTemperatureGradient(entropy: entropy)
    let temperatureOutcome = temperatureAdam.update(
      &model.logTemperature, gradients: temperatureGradients, learningRate: rate)
    health.note(temperatureOutcome, of: "the temperature's gradient", update: updates)
    return metrics
  }

  /// Checks that all weights are finite and not too large, and notes a failure in `health`; `update` does so too.
  public mutating func checkWeights() {
    health.check(model.actorParameters, of: "the actor's weights", update: updates, instructionSet: instructionSet)
    health.check(model.critics.parameters, of: "the critics' weights", update: updates, instructionSet: instructionSet)
    health.check(
      model.critics.target, of: "the target critics' weights", update: updates, instructionSet: instructionSet)
    health.check(
      model.logTemperature, of: "the logarithm of the temperature", update: updates, instructionSet: instructionSet)
  }

  private static func diagnosis(
    _ model: SoftActorCritic, _ shards: [Shard]
  ) -> (quantity: String, reason: String)? {
    shards.lazy.compactMap { $0.batch.diagnosis(observationCount: model.observationCount) }.first
  }

  /// Writes the gradients of the critics' loss for the batch that was drawn: each shard on its own, then their sum in the shards' order.
  ///
  /// - Returns: the loss, the sum of both critics'.
  mutating func computeCriticGradients(
    _ buffer: ReplayBuffer, _ metrics: inout SACMetrics, pool: WorkerPool
  ) -> Double {
    let size = sampler.indices.count
    shards.divide(0..<size)
    pool.forEach(&shards) { [settings, model, indices = sampler.indices, weights = sampler.weights] _, shard in
      shard.batch.load(buffer, rows: shard.rows, of: indices, weights: weights, model.normalizer, settings.common)
      shard.writeTargets(model)
      shard.writeCriticGradients(model, batchSize: size)
    }
    sampler.learn(from: shards)
    shards.sum(into: &criticGradients, ties: model.critics.ties, instructionSet: instructionSet) { $0.criticGradients }
    for shard in shards {
      metrics.criticLoss += shard.sums.squaredErrors
      metrics.value += shard.sums.values / Double(size)
      metrics.target += shard.sums.targets / Double(size)
    }
    return metrics.criticLoss
  }

  /// Writes the gradients of the actor's loss, for the rows that the critics have just learned from.
  ///
  /// - Returns: the loss, and the mean of −log π.
  mutating func computeActorGradients(pool: WorkerPool) -> (loss: Double, entropy: Double) {
    let size = sampler.indices.count
    pool.forEach(&shards) { [model] _, shard in shard.writeActorGradients(model, batchSize: size) }
    shards.sum(into: &actorGradients, ties: model.actorTies, instructionSet: instructionSet) { $0.actorGradients }
    var (loss, entropy) = (0.0, 0.0)
    for shard in shards {
      loss += shard.sums.actorLoss
      entropy -= shard.sums.logProbabilities / Double(size)
    }
    return (loss, entropy)
  }

  /// Writes the gradient of the temperature's loss with respect to log α.
  ///
  ///     J(α) = 1/N Σᵢ −α (log π(aᵢ|oᵢ) + H̄)                                    eq. 18
  ///     ∂J/∂ log α = α (H − H̄),   H = −1/N Σᵢ log π(aᵢ|oᵢ)
  mutating func computeTemperatureGradient(entropy: Double) {
    temperatureGradients[0] = model.temperature * Float(entropy - targetEntropy)
  }

  // MARK: Saving and restoring

  /// Everything that further training depends on except the replay buffer: `SoftActorCritic`'s tensors, `actor_adam.*`, `critic_adam.*`,
  /// `temperature_adam.*`, `replay.priorities`, and `sac.memory`, which is JSON as bytes.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    for (adam, name) in [(actorAdam, "actor"), (criticAdam, "critic"), (temperatureAdam, "temperature")] {
      tensors.merge(adam.tensors(prefix: "\(name)_adam")) { first, _ in first }
    }
    let memory = OffPolicyMemory(updates: updates, sampler: sampler, streams: shards.map(\.random), health: health)
    tensors.merge(try memory.tensors(of: Self.name, sampler: sampler)) { first, _ in first }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    try actorAdam.read(tensors, prefix: "actor_adam", file: file)
    try criticAdam.read(tensors, prefix: "critic_adam", file: file)
    try temperatureAdam.read(tensors, prefix: "temperature_adam", file: file)
    let memory = try OffPolicyMemory(of: Self.name, shards: shards.count, in: tensors, file: file)
    updates = memory.updates
    sampler.restore(memory.sampling, memory.priorities, tensors)
    health = memory.health ?? LearnerHealth()
    for i in shards.indices { shards[i].random = memory.smoothing[i] }
  }
}

// MARK: - Targets and losses

extension SAC {
  /// Sums over the rows of a batch.
  struct LossSums: Sendable {
    var squaredErrors = 0.0
    var values = 0.0
    var targets = 0.0
    var actorLoss = 0.0
    var logProbabilities = 0.0
  }

  /// One part of a batch with its own work memory.
  struct Shard: TransitionShard {
    var rows = 0..<0
    /// The transitions.
    var batch: TransitionRows
    /// The policy for whichever observations were last asked for: [μ | log σ], [rows, 2 × actions]; ε, u and a = tanh u,
    /// [rows, actions]; log π(a|o), [rows].
    private(set) var heads, noise, preActions, policyActions, logProbabilities: AlignedVector<Float>
    /// What completes the returns; ∂loss/∂ log π, [rows].
    private var bootstraps, logProbabilityGradients: AlignedVector<Float>
    /// The critics' part of ∂loss/∂a, [rows, actions].
    private var slopes: AlignedVector<Float>
    private var actor, targetActor: MLPWorkspace<Float>
    private var critics, targetCritics: [MLPWorkspace<Float>]
    /// Like the parameters.
    private(set) var actorGradients, criticGradients: AlignedVector<Float>
    /// For ε.
    var random: RandomStream
    private(set) var sums = LossSums()

    /// A hidden layer of the actor whose units were all off in the last pass, if there is one.
    var deadLayerOfActor: Int? { actor.deadLayer(rows: rows.count) }
    /// The same of the first critic.
    var deadLayerOfCritic: Int? { critics[0].deadLayer(rows: rows.count) }

    /// - Parameter rows: the largest number of rows of this shard.
    init(
      _ model: SoftActorCritic, _ settings: SACParameters, rows: Int, random: RandomStream,
      instructionSet: InstructionSet
    ) {
      func workspace(_ network: MLP, isForTraining: Bool = true) -> MLPWorkspace<Float> {
        MLPWorkspace(network, rowCapacity: rows, instructionSet: instructionSet, isForTraining: isForTraining)
      }
      let a = model.actionCount
      batch = TransitionRows(
        rows: rows, observations: model.observationCount, actions: a,
        isWeighted: settings.common.prioritization != nil)
      heads = AlignedVector(zeros: rows * 2 * a)
      (noise, preActions) = (AlignedVector(zeros: rows * a), AlignedVector(zeros: rows * a))
      (policyActions, logProbabilities) = (AlignedVector(zeros: rows * a), AlignedVector(zeros: rows))
      (bootstraps, logProbabilityGradients) = (AlignedVector(zeros: rows), AlignedVector(zeros: rows))
      slopes = AlignedVector(zeros: rows * a)
      actor = workspace(model.actor)
      targetActor = workspace(model.actor, isForTraining: false)
      critics = model.critics.networks.map { workspace($0) }
      targetCritics = model.critics.networks.map { workspace($0, isForTraining: false) }
      actorGradients = AlignedVector(zeros: model.actorParameters.count)
      criticGradients = AlignedVector(zeros: model.critics.parameters.count)
      self.random = random
    }

    /// Samples the policy from the actor's outputs.
    ///
    ///     a = tanh u,   u = μ + σ ε,   ε ~ N(0, 1)
    ///     log π(a|o) = log N(u; μ, σ) − Σⱼ log(1 − tanh² uⱼ)                        eq. 26
    private mutating func samplePolicy(_ model: borrowing SoftActorCritic, _ outputs: AlignedVector<Float>) {
      let count = rows.count
      model.boundDeviations(outputs, rows: count, into: &heads)
      noise.drawNormal(count * model.actionCount, using: &random)
      model.distribution.writeSamples(
        rows: count, outputs: heads, parameters: model.actorParameters, noise: noise, into: &preActions)
      Activation.tanh.apply(to: preActions, into: &policyActions, instructionSet: actor.instructionSet)
      model.distribution.writeLogProbabilities(
        rows: count, of: preActions, outputs: heads, parameters: model.actorParameters, into: &logProbabilities)
    }

    /// Writes the targets of the critics.
    ///
    ///     yᵢ = rᵢ + γ (min_k Q′ₖ(oᵢ₊₁, ã) − α log π(ã|oᵢ₊₁)),   ã ~ π(·|oᵢ₊₁),   γ = 0 where the task ended         eq. 3 and 5
    mutating func writeTargets(_ model: borrowing SoftActorCritic) {
      let (count, α) = (rows.count, model.temperature)
      targetActor.setInputs(batch.nextObservations, rows: count)
      targetActor.forward(rows: count, parameters: model.actorParameters)
      samplePolicy(model, targetActor.outputs)
      for k in targetCritics.indices {
        targetCritics[k].setInputs(batch.nextObservations, columns: model.critics.observationColumns, rows: count)
        targetCritics[k].setInputs(policyActions, columns: model.critics.actionColumns, rows: count)
        targetCritics[k].forward(rows: count, parameters: model.critics.target)
      }
      for i in 0..<count {
        var least = targetCritics[0].outputs[i]
        if targetCritics.count > 1 { least = min(least, targetCritics[1].outputs[i]) }
        bootstraps[i] = least - α * logProbabilities[i]
      }
      batch.complete(with: bootstraps)
    }

    /// The critics' loss and its gradients, of each critic on its own.
    ///
    ///     J_Q(θ) = 1/N Σᵢ wᵢ (yᵢ − Q(oᵢ, aᵢ; θ))²                                   eq. 5, without its ½
    mutating func writeCriticGradients(_ model: borrowing SoftActorCritic, batchSize: Int) {
      let count = rows.count
      sums = LossSums()
      for k in critics.indices {
        critics[k].setInputs(batch.observations, columns: model.critics.observationColumns, rows: count)
        critics[k].setInputs(batch.actions, columns: model.critics.actionColumns, rows: count)
        critics[k].forward(rows: count, parameters: model.critics.parameters)
        sums.squaredErrors += critics[k].writeCriticGradients(&batch, batchSize: batchSize)
        critics[k].backward(rows: count, parameters: model.critics.parameters, into: &criticGradients)
      }
      for i in 0..<count {
        sums.values += Double(critics[0].outputs[i])
        sums.targets += Double(batch.targets[i])
      }
    }

    /// The actor's loss and its gradients, through the sample and the squashing.
    ///
    ///     J_π(φ) = 1/N Σᵢ (α log π(aᵢ|oᵢ) − min_k Qₖ(oᵢ, aᵢ)),   aᵢ = tanh(μ(oᵢ) + σ(oᵢ) εᵢ)       eq. 9
    ///     ∂J/∂uⱼ = 1/N (2 α aⱼ − (1 − aⱼ²) ∂Q/∂aⱼ)
    ///     ∂J/∂μⱼ = ∂J/∂uⱼ,   ∂J/∂ log σⱼ = ∂J/∂uⱼ σⱼ εⱼ − α/N
    mutating func writeActorGradients(_ model: borrowing SoftActorCritic, batchSize: Int) {
      let (count, n, α) = (rows.count, model.actionCount, model.temperature)
      let actionColumns = model.critics.actionColumns
      actor.setInputs(batch.observations, rows: count)
      actor.forward(rows: count, parameters: model.actorParameters)
      samplePolicy(model, actor.outputs)

      // The critics' inputs still hold the observations of the pass before.
      for k in critics.indices {
        critics[k].setInputs(policyActions, columns: actionColumns, rows: count)
        critics[k].forward(rows: count, parameters: model.critics.parameters)
      }
      (sums.actorLoss, sums.logProbabilities) = (0, 0)
      let share = 1 / Float(batchSize)
      for i in 0..<count {
        let first = critics[0].outputs[i]
        let isSecond = critics.count > 1 && critics[1].outputs[i] < first
        let value = isSecond ? critics[1].outputs[i] : first
        sums.actorLoss += (Double(α) * Double(logProbabilities[i]) - Double(value)) / Double(batchSize)
        sums.logProbabilities += Double(logProbabilities[i])
        // Through the smaller value alone.
        critics[0].outputGradients[i] = isSecond ? 0 : -share
        if critics.count > 1 { critics[1].outputGradients[i] = isSecond ? -share : 0 }
        logProbabilityGradients[i] = α * share
      }
      for k in critics.indices {
        critics[k].backwardToInputs(rows: count, parameters: model.critics.parameters, inputColumns: actionColumns)
      }

      slopes.copyElements(0..<count * n, of: critics[0].inputGradients, to: 0)
      if critics.count > 1 { for k in 0..<count * n { slopes[k] += critics[1].inputGradients[k] } }
      model.writeHeadGradients(
        rows: count, actionGradients: slopes, heads: heads, noise: noise, preActions: preActions,
        actions: policyActions,
        logProbabilityGradients: logProbabilityGradients, into: &actor.outputGradients)
      model.backpropagateBounds(heads, rows: count, gradients: &actor.outputGradients)
      actor.backward(rows: count, parameters: model.actorParameters, into: &actorGradients)
    }
  }
}

extension AlignedVector<Float> {
  /// Draws the first elements from the standard normal distribution.
  fileprivate mutating func drawNormal(_ count: Int, using random: inout RandomStream) {
    var part = mutableSpan(of: 0..<count)
    random.fillNormal(&part)
  }
}

/// The metrics of one update of SAC.
public struct SACMetrics: LearningMetrics {
  /// Mean over the batch of (y − Q)², the sum of both for twin critics.
  public var criticLoss = 0.0
  /// Mean of α log π(a|o) − Q(o, a) for actions of the policy; `nil` if this update did not move the actor.
  public var actorLoss: Double?
  /// Mean Q(o, a) of the batch. Healthy: near the discounted return that is reached; far above it, the critic diverges.
  public var value = 0.0
  /// Mean target y of the batch.
  public var target = 0.0
  /// Mean of −log π(a|o), nats; `nil` if this update did not move the actor. Healthy: it comes to the target entropy and stays there.
  public var entropy: Double?
  /// α at the beginning of the update.
  public var temperature = 0.0
  /// Euclidean norm of the critics' gradients before clipping; 0 if the update was refused.
  public var criticGradientNorm = 0.0
  /// Euclidean norm of the actor's gradients before clipping; `nil` if this update did not move the actor.
  public var actorGradientNorm: Double?
  /// Whether the step of critics or actor was refused, because something was not finite.
  public var isRefused = false
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    [\.criticLoss, \.value, \.target, \.temperature, \.criticGradientNorm]
  }
  public static var occasional: [WritableKeyPath<Self, Double?>] { [\.actorLoss, \.entropy, \.actorGradientNorm] }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    [
      ("critic_loss", means?.criticLoss), ("actor_loss", means?.actorLoss), ("value", means?.value),
      ("target", means?.target), ("entropy", means?.entropy), ("temperature", means?.temperature),
      ("critic_gradient_norm", means?.criticGradientNorm), ("actor_gradient_norm", means?.actorGradientNorm),
    ]
  }
}

// MARK: - Acting

/// Draws the actions of one block of worlds from a squashed Gaussian policy, or uniformly in the warm-up.
public struct SoftActor: BlockActor {
  private let warmupSteps: Int
  private var workspace: MLPWorkspace<Float>
  /// [μ | log σ], [worlds, 2 × actions].
  private var heads: AlignedVector<Float>
  /// The random streams of the block's worlds; part of a checkpoint.
  public var exploration: WorldStreams

  init(_ model: SoftActorCritic, warmupSteps: Int, streams: WorldStreams, instructionSet: InstructionSet) {
    self.warmupSteps = warmupSteps
    workspace = MLPWorkspace(
      model.actor, rowCapacity: streams.random.count, instructionSet: instructionSet, isForTraining: false)
    heads = AlignedVector(zeros: streams.random.count * model.actor.outputCount)
    exploration = streams
  }

  public func accepts(_ exploration: WorldStreams) -> Bool { self.exploration.accepts(exploration) }

  public mutating func act(
    _ observations: [Float], _ model: SoftActorCritic, environmentSteps: Int, into actions: inout [Float]
  ) -> Int {
    let (n, worlds) = (model.actionCount, exploration.random.count)
    guard environmentSteps >= warmupSteps else {
      for w in 0..<worlds {
        for j in 0..<n { actions[w * n + j] = Float(exploration.random[w].uniform(in: -1...1)) }
      }
      return 0
    }
    workspace.setInputs(observations.span, model.normalizer)
    workspace.forward(rows: worlds, parameters: model.actorParameters)
    model.boundDeviations(workspace.outputs, rows: worlds, into: &heads)
    // |tanh μ| ≥ 0.99
    let bound = Float(2.6466524)
    var saturated = 0
    for w in 0..<worlds {
      for j in 0..<n {
        let (mean, deviation) = (heads[2 * w * n + j], Float.exponential(heads[2 * w * n + n + j]))
        if abs(mean) >= bound { saturated += 1 }
        actions[w * n + j] = Float.hyperbolicTangent(mean + deviation * Float(exploration.random[w].normal()))
      }
    }
    return saturated
  }

  public mutating func endEpisode(world: Int) {}
}

extension SAC {
  public func makeActor(worlds: Range<Int>) -> SoftActor {
    SoftActor(
      model, warmupSteps: settings.common.warmupSteps, streams: WorldStreams(worlds: worlds, seed: seed),
      instructionSet: instructionSet)
  }

  /// None: exploration is part of the policy, and `entropy` tells of it.
  public func explorationColumns(after environmentSteps: Int) -> [(name: String, value: Double?)] { [] }
}

// MARK: - The algorithm

extension SAC: Algorithm {
  public static let name = "sac"
  public static let title = "Soft actor-critic"
  public static let paper = "Haarnoja et al. 2018"
  public static let family = LearnerFamily<SACParameters>.offPolicy { SAC($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box]

  public static func memoryNeed(of parameters: SACParameters, observations: Space, actions: Space) -> MemoryNeed {
    let (o, a, common) = (observations.count, actions.count, parameters.common)
    var need = common.memoryNeed(observations: observations, actions: actions)
    need.addNetwork(
      "hiddenSizes", from: o, through: parameters.hiddenSizes, to: 2 * a, shards: common.shards,
      rows: common.batchSize)
    need.addNetwork(
      "criticHiddenSizes", from: o + a, through: parameters.criticHiddenSizes, to: 1, shards: common.shards,
      rows: common.batchSize, copies: parameters.usesTwinCritics ? 2 : 1)
    return need
  }

  public static func stepSizes(of parameters: SACParameters) -> String {
    "actorLearningRate is \(parameters.actorLearningRate), criticLearningRate \(parameters.criticLearningRate)"
  }
}
