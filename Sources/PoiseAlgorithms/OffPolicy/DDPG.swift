public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Deep deterministic policy gradient. Source: Lillicrap, Hunt, Pritzel, Heess, Erez, Tassa, Silver and Wierstra 2016, "Continuous
// Control with Deep Reinforcement Learning" (arXiv:1509.02971): "the paper" below.
//
// Departures from the paper, each an option unless noted:
//  1. The action enters the critic beside the observation, in the first layer, not in the second. (always)
//  2. No batch normalisation. In its place: observations normalised by running statistics (`normalizesObservations`), layer
//     normalisation (`normalizesActorLayers`, `normalizesCriticLayers`).
//  3. Actions of the first `warmupSteps` are uniform; several worlds may be stepped side by side, with `updatesPerStep` updates
//     for each of their steps.
//  4. Exploration noise may be Gaussian, besides the paper's Ornstein–Uhlenbeck process, and may decay during training.
//  5. Targets may sum n rewards (`returnSteps`), rewards may be scaled (`rewardScale`), gradients be clipped.
//  6. A penalty on the actor's outputs before tanh may keep actions from saturating at ±1. (`preSquashPenalty`)
//  7. A time limit does not terminate the task: targets bootstrap past it from the episode's last observation. (always)
//  8. Actor and critics may be mirror-symmetric, by tied weights; then a minibatch has the effect of itself and its mirror
//     image. (`mirrorSymmetry`)
//  9. Transitions with large errors may be drawn more often. (`prioritization`)
// 10. The three changes of TD3, each an option of its own: TD3.swift.

/// DDPG: learns an actor and one or two critics from transitions of a replay buffer.
public struct DDPG: OffPolicyLearner {
  public typealias Parameters = DDPGParameters
  public typealias Metrics = DDPGMetrics

  /// The hyperparameters.
  public let settings: DDPGParameters
  /// Actor, critics and their target copies.
  public var model: DeterministicActorCritic
  /// Updates of the critic so far.
  public internal(set) var updates = 0
  var actorAdam, criticAdam: Adam<Float>
  private(set) var actorGradients, criticGradients: AlignedVector<Float>
  /// Draws the batches.
  var sampler: BatchSampler
  var shards: [Shard]
  let seed: UInt64
  let instructionSet: InstructionSet
  /// Whether the numbers can still be trusted; if not, further updates are of no use.
  public internal(set) var health = LearnerHealth()
  /// For tests: changes the gradients of update n before they are checked.
  var spoilGradients: (@Sendable (_ update: Int, _ gradients: inout AlignedVector<Float>) -> Void)?

  /// Makes a learner with initial weights drawn from the seed.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: the spaces of the task, both boxes; the mirror symmetry that `settings.mirrorSymmetry` asks for; seed
  ///     and instruction set.
  public init(_ settings: DDPGParameters, for context: LearnerContext) {
    self.init(
      settings, observations: context.observationSpace.count, actions: context.actionSpace.count,
      symmetry: context.symmetry, seed: context.seed, instructionSet: context.instructionSet)
  }

  /// Makes a learner with initial weights drawn from the seed.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - observations: floats of an observation.
  ///   - actions: floats of an action.
  ///   - symmetry: the mirror symmetry that `settings.mirrorSymmetry` asks for; `nil` for none.
  ///   - seed: the root seed of the run.
  ///   - instructionSet: the kernels that the networks run on.
  public init(
    _ settings: DDPGParameters, observations: Int, actions: Int, symmetry: MirrorSymmetry? = nil, seed: UInt64,
    instructionSet: InstructionSet
  ) {
    var weights = RandomStream(seed: seed, purpose: .weights)
    let model = DeterministicActorCritic(
      settings, observations: observations, actions: actions, symmetry: symmetry, using: &weights)
    self.settings = settings
    self.model = model
    self.seed = seed
    self.instructionSet = instructionSet
    actorGradients = AlignedVector(zeros: model.actorParameters.count)
    criticGradients = AlignedVector(zeros: model.critics.parameters.count)
    func adam(_ count: Int) -> Adam<Float> {
      Adam(parameterCount: count, settings: .init(epsilon: settings.common.adamEpsilon), instructionSet: instructionSet)
    }
    actorAdam = adam(actorGradients.count)
    criticAdam = adam(criticGradients.count)
    sampler = BatchSampler(settings.common, random: RandomStream(seed: seed, purpose: .replaySampling))
    let rows = shardCapacity(batch: settings.common.batchSize, shards: settings.common.shards)
    shards = (0..<settings.common.shards).map { index in
      Shard(
        model, settings, rows: rows, random: RandomStream(seed: seed, purpose: .targetPolicyNoise, index: index),
        instructionSet: instructionSet)
    }
  }

  /// The deterministic policy as it stands.
  public var policy: Policy { model.policy }

  /// Updates the statistics of the normaliser with raw observations, [rows, observations]; does nothing without a
  /// normaliser.
  public mutating func observe(_ observations: [Float]) { model.observe(observations) }

  /// Steps of the two optimisers that were refused so far, because a loss or a gradient was not finite or far too large.
  public var skippedUpdates: Int { actorAdam.skippedUpdates + criticAdam.skippedUpdates }

  // MARK: The update

  /// One update of critic, actor and target copies: algorithm 1 of the paper from "Sample a random minibatch" on.
  ///
  /// - Parameters:
  ///   - buffer: with at least one transition.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  public mutating func update(_ buffer: ReplayBuffer, pool: WorkerPool) -> DDPGMetrics {
    updates += 1
    let movesActor = updates.isMultiple(of: settings.actorDelay)
    let τ = movesActor ? settings.common.targetUpdateRate : 0
    var metrics = DDPGMetrics()

    // Sample a random minibatch of N transitions; set yᵢ; update the critic by minimising the loss.
    sample(buffer)
    let criticLoss = computeCriticGradients(buffer, &metrics, pool: pool)
    spoilGradients?(updates, &criticGradients)
    let outcome = criticAdam.update(
      &model.critics.parameters, gradients: criticGradients, learningRate: settings.criticLearningRate,
      loss: criticLoss,
      maximumNorm: settings.common.maximumGradientNorm, target: &model.critics.target, targetUpdateRate: τ)
    health.note(outcome, of: "the critic's gradients", update: updates) { [model, shards] in
      Self.diagnosis(model, shards)
    }
    if case .applied(let norm) = outcome {
      metrics.criticGradientNorm = norm
      health.noteLife(of: "the critic", deadLayer: shards.deadLayer { $0.deadLayerOfCritic }, update: updates)
    } else {
      metrics = DDPGMetrics()
      metrics.isRefused = true
    }
    defer { checkWeights() }
    guard movesActor else { return metrics }

    // Update the actor by the sampled policy gradient. The optimisers also update the target networks, in the same pass:
    //     θ′ ← τ θ + (1 − τ) θ′
    let actorLoss = computeActorGradients(pool: pool)
    let actorOutcome = actorAdam.update(
      &model.actorParameters, gradients: actorGradients, learningRate: settings.actorLearningRate, loss: actorLoss,
      maximumNorm: settings.common.maximumGradientNorm, target: &model.actorTarget, targetUpdateRate: τ)
    health.note(actorOutcome, of: "the actor's gradients", update: updates) { [model, shards] in
      Self.diagnosis(model, shards)
    }
    if case .applied(let norm) = actorOutcome {
      (metrics.actorLoss, metrics.actorGradientNorm) = (actorLoss, norm)
      health.noteLife(
        of: "the actor", deadLayer: shards.deadLayer { $0.deadLayerOfActor }, gradientNorm: norm, update: updates)
    } else {
      metrics.isRefused = true
    }
    return metrics
  }

  /// Checks that all weights are finite and not too large, and notes a failure in `health`; `update` does so too.
  public mutating func checkWeights() {
    health.check(model.actorParameters, of: "the actor's weights", update: updates, instructionSet: instructionSet)
    health.check(model.critics.parameters, of: "the critic's weights", update: updates, instructionSet: instructionSet)
    health.check(model.actorTarget, of: "the target actor's weights", update: updates, instructionSet: instructionSet)
    health.check(
      model.critics.target, of: "the target critic's weights", update: updates, instructionSet: instructionSet)
  }

  /// Why an update was refused: the first quantity that is not finite, in the order in which they are computed.
  private static func diagnosis(
    _ model: DeterministicActorCritic, _ shards: [Shard]
  ) -> (quantity: String, reason: String)? {
    for shard in shards {
      if let cause = shard.batch.diagnosis(observationCount: model.observationCount) { return cause }
    }
    return nil
  }

  /// Draws the batch.
  mutating func sample(_ buffer: ReplayBuffer) { sampler.draw(from: buffer, update: updates) }

  /// Writes the gradients of the critic's whole loss to `criticGradients`: each shard on its own, then their sum in the
  /// shards' order.
  ///
  /// - Returns: the loss.
  mutating func computeCriticGradients(
    _ buffer: ReplayBuffer, _ metrics: inout DDPGMetrics, pool: WorkerPool
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
    guard settings.criticWeightDecay > 0 else { return metrics.criticLoss }
    // ∂(λ/2 ‖θ‖²)/∂θ = λ θ
    let λ = settings.criticWeightDecay
    criticGradients.add(model.critics.parameters, scaledBy: Float(λ), instructionSet: instructionSet)
    let norm = model.critics.parameters.euclideanNorm(instructionSet: instructionSet)
    return metrics.criticLoss + λ / 2 * norm * norm
  }

  /// Writes the gradients of the actor's loss to `actorGradients`, for the rows that the critic has just learned from.
  ///
  /// - Returns: the loss.
  mutating func computeActorGradients(pool: WorkerPool) -> Double {
    let size = sampler.indices.count
    pool.forEach(&shards) { [settings, model] _, shard in
      shard.writeActorGradients(model, settings, batchSize: size)
    }
    shards.sum(into: &actorGradients, ties: model.actorTies, instructionSet: instructionSet) { $0.actorGradients }
    return shards.reduce(0) { $0 + $1.sums.actorLoss }
  }
}
