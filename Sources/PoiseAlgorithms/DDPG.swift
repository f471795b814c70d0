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
//  3. Actions of the first `warmupSteps` are uniform; several worlds may be stepped side by side, `updatesPerStep` says how many
//     updates their steps are worth.
//  4. Exploration may be Gaussian and fall in the course of training, besides the paper's Ornstein–Uhlenbeck process.
//  5. Targets may sum n rewards (`returnSteps`), rewards may be scaled (`rewardScale`), gradients be clipped.
//  6. A penalty on the actor's outputs before tanh may keep actions from sticking at ±1. (`preSquashPenalty`)
//  7. A time limit is no end: targets bootstrap past it from the episode's last observation. (always)
//  8. Actor and critics may be their own mirror images, by tied weights; then a minibatch teaches what it and its mirror image
//     would. (`mirrorSymmetry`)
//  9. What TD3 changes, each on its own: TD3.swift.

/// What came of one update.
public struct DDPGMetrics: Hashable, Sendable, Codable {
  /// Mean over the batch of (y − Q)², the sum of both for twin critics; decay not included.
  public var criticLoss = 0.0
  /// Mean −Q(o, μ(o)) and the penalty; `nil` where the actor had to wait.
  public var actorLoss: Double?
  /// Mean Q of the batch's actions. Healthy: about the return that is reached; far above it, values run away.
  public var value = 0.0
  /// Mean y.
  public var target = 0.0
  /// Before clipping; 0 where the update was refused.
  public var criticGradientNorm = 0.0
  /// `nil` where the actor had to wait.
  public var actorGradientNorm: Double?
  /// Whether the critic's or the actor's part was refused, because something was not finite; then its numbers are 0 or `nil`.
  public var isRefused = false
  public init() {}
}

/// DDPG: transitions in, better actor and critic out.
public struct DDPG: Sendable {
  public let settings: DDPGParameters
  public var model: DeterministicActorCritic
  /// Updates of the critic so far.
  public private(set) var updates = 0
  private var actorAdam, criticAdam: Adam<Float>
  private(set) var actorGradients, criticGradients: AlignedVector<Float>
  private var sampling: RandomStream
  /// Where the batch's transitions stand in the memory, [batch].
  private(set) var places: [Int]
  private var shards: [Shard]
  private let instructionSet: InstructionSet
  /// Whether the numbers can still be trusted; where not, there is no use in further updates.
  public private(set) var health = LearnerHealth()
  /// Spoils the gradients of update n before they are looked at: for tests.
  var spoilGradients: (@Sendable (_ update: Int, _ gradients: inout AlignedVector<Float>) -> Void)?

  /// One part of a batch with all the memory it needs.
  fileprivate struct Shard: Sendable {
    var rows = 0..<0
    /// oᵢ and the observations where the targets take over, [rows, observations].
    var observations, followingObservations: AlignedVector<Float>
    /// aᵢ, and μ of whichever observations were last asked for, [rows, actions].
    var actions, policyActions: AlignedVector<Float>
    /// Where the targets take over. [rows]
    var followingPlaces: [Int]
    /// Rewards before that, the value there, the factor on it, and yᵢ. [rows]
    var rewards, values, discounts, targets: AlignedVector<Float>
    var actor, targetActor: MLPWorkspace<Float>
    var critics, targetCritics: [MLPWorkspace<Float>]
    /// Like the parameters.
    var actorGradients, criticGradients: AlignedVector<Float>
    var smoothing: TargetPolicySmoothing?
    /// For `smoothing`.
    var random: RandomStream
    var sums = Sums()
  }

  /// Sums over the rows of a batch.
  fileprivate struct Sums: Sendable {
    var squaredErrors = 0.0
    var values = 0.0
    var targets = 0.0
    var actorLoss = 0.0
  }

  /// - Parameter symmetry: that of the task, for `settings.mirrorSymmetry`.
  public init(
    _ settings: DDPGParameters, observations: Int, actions: Int, symmetry: MirrorSymmetry? = nil, seed: UInt64,
    instructionSet: InstructionSet
  ) {
    var weights = RandomStream(seed: seed, purpose: .weights)
    let model = DeterministicActorCritic(
      settings, observations: observations, actions: actions, symmetry: symmetry, using: &weights)
    self.settings = settings
    self.model = model
    self.instructionSet = instructionSet
    actorGradients = AlignedVector(zeros: model.actorParameters.count)
    criticGradients = AlignedVector(zeros: model.criticParameters.count)
    func adam(_ count: Int) -> Adam<Float> {
      Adam(parameterCount: count, settings: .init(epsilon: settings.adamEpsilon), instructionSet: instructionSet)
    }
    actorAdam = adam(actorGradients.count)
    criticAdam = adam(criticGradients.count)
    sampling = RandomStream(seed: seed, purpose: .replaySampling)
    places = Array(repeating: 0, count: settings.batchSize)
    let rows = (settings.batchSize + settings.shards - 1) / settings.shards
    func workspace(_ network: MLP, isForTraining: Bool = true) -> MLPWorkspace<Float> {
      MLPWorkspace(network, rowCapacity: rows, instructionSet: instructionSet, isForTraining: isForTraining)
    }
    shards = (0..<settings.shards).map { index in
      Shard(
        observations: AlignedVector(zeros: rows * observations),
        followingObservations: AlignedVector(zeros: rows * observations),
        actions: AlignedVector(zeros: rows * actions), policyActions: AlignedVector(zeros: rows * actions),
        followingPlaces: Array(repeating: 0, count: rows), rewards: AlignedVector(zeros: rows),
        values: AlignedVector(zeros: rows), discounts: AlignedVector(zeros: rows), targets: AlignedVector(zeros: rows),
        actor: workspace(model.actor),
        targetActor: workspace(model.actor, isForTraining: false), critics: model.critics.map { workspace($0) },
        targetCritics: model.critics.map { workspace($0, isForTraining: false) },
        actorGradients: AlignedVector(zeros: model.actorParameters.count),
        criticGradients: AlignedVector(zeros: model.criticParameters.count),
        smoothing: TargetPolicySmoothing(settings, count: rows * actions),
        random: RandomStream(seed: seed, purpose: .targetSmoothing, index: index))
    }
  }

  /// Refused so far, because something was not finite.
  public var skippedUpdates: Int { actorAdam.skippedUpdates + criticAdam.skippedUpdates }

  // MARK: The update

  /// One update of critic, actor and target copies: algorithm 1 of the paper from "Sample a random minibatch" on.
  ///
  /// - Parameters:
  ///   - memory: with at least one transition.
  ///   - pool: touches no number.
  public mutating func update(_ memory: ReplayMemory, pool: WorkerPool) -> DDPGMetrics {
    updates += 1
    let movesActor = updates.isMultiple(of: settings.actorDelay)
    let τ = movesActor ? settings.targetSmoothing : 0
    var metrics = DDPGMetrics()

    // Sample a random minibatch of N transitions; set yᵢ; update the critic by minimising the loss.
    sample(memory)
    let criticLoss = computeCriticGradients(memory, &metrics, pool: pool)
    spoilGradients?(updates, &criticGradients)
    let outcome = criticAdam.update(
      &model.criticParameters, gradients: criticGradients, learningRate: settings.criticLearningRate, loss: criticLoss,
      maximumNorm: settings.maximumGradientNorm, target: &model.criticTarget, targetSmoothing: τ)
    health.note(outcome, of: "the critic's gradients", update: updates) { [model, shards] in
      Self.diagnosis(model, shards)
    }
    if case .applied(let norm) = outcome {
      metrics.criticGradientNorm = norm
    } else {
      metrics = DDPGMetrics()
      metrics.isRefused = true
    }
    defer { checkWeights() }
    guard movesActor else { return metrics }

    // Update the actor by the sampled policy gradient. Both target networks follow in the optimizers' pass:
    //     θ′ ← τ θ + (1 − τ) θ′
    let actorLoss = computeActorGradients(pool: pool)
    let actorOutcome = actorAdam.update(
      &model.actorParameters, gradients: actorGradients, learningRate: settings.actorLearningRate, loss: actorLoss,
      maximumNorm: settings.maximumGradientNorm, target: &model.actorTarget, targetSmoothing: τ)
    health.note(actorOutcome, of: "the actor's gradients", update: updates) { [model, shards] in
      Self.diagnosis(model, shards)
    }
    if case .applied(let norm) = actorOutcome {
      (metrics.actorLoss, metrics.actorGradientNorm) = (actorLoss, norm)
    } else {
      metrics.isRefused = true
    }
    return metrics
  }

  /// Sees that the weights are still those of a policy; `update` does so too.
  public mutating func checkWeights() {
    health.check(model.actorParameters, of: "the actor's weights", update: updates, instructionSet: instructionSet)
    health.check(model.criticParameters, of: "the critic's weights", update: updates, instructionSet: instructionSet)
    health.check(model.actorTarget, of: "the target actor's weights", update: updates, instructionSet: instructionSet)
    health.check(model.criticTarget, of: "the target critic's weights", update: updates, instructionSet: instructionSet)
  }

  /// What an update was refused for, nearest to its origin first.
  private static func diagnosis(
    _ model: DeterministicActorCritic, _ shards: [Shard]
  ) -> (quantity: String, reason: String)? {
    for shard in shards {
      let count = shard.rows.count
      if let i = LearnerHealth.firstNotFinite(shard.rewards, below: count) {
        return ("the rewards in memory", "the sum from one transition on is \(shard.rewards[i])")
      }
      if let i = LearnerHealth.firstNotFinite(shard.observations, below: count * model.observationCount) {
        return (
          "the observations in memory", "element \(i % model.observationCount) of one is \(shard.observations[i])"
        )
      }
      if let i = LearnerHealth.firstNotFinite(shard.targets, below: count) {
        return ("the critic's targets", "one of the batch is \(shard.targets[i])")
      }
    }
    return nil
  }

  mutating func sample(_ memory: ReplayMemory) { memory.sample(into: &places, using: &sampling) }

  /// Gradients of the critic's whole loss into `criticGradients`: each shard on its own, then their sum in the shards' order.
  ///
  /// - Returns: the loss.
  mutating func computeCriticGradients(
    _ memory: ReplayMemory, _ metrics: inout DDPGMetrics, pool: WorkerPool
  ) -> Double {
    let (size, count) = (places.count, shards.count)
    for i in 0..<count { shards[i].rows = size * i / count..<size * (i + 1) / count }
    pool.forEach(&shards) { [settings, model, places] _, shard in
      shard.load(memory, places, model, settings)
      shard.writeTargets(model)
      shard.writeCriticGradients(model, batchSize: places.count)
    }
    criticGradients.setToSum(over: shards, instructionSet: instructionSet) { $0.criticGradients }
    model.criticTies?.average(&criticGradients)
    for shard in shards {
      metrics.criticLoss += shard.sums.squaredErrors
      metrics.value += shard.sums.values / Double(size)
      metrics.target += shard.sums.targets / Double(size)
    }
    guard settings.criticWeightDecay > 0 else { return metrics.criticLoss }
    // ∂(λ/2 ‖θ‖²)/∂θ = λ θ
    let λ = settings.criticWeightDecay
    criticGradients.add(model.criticParameters, scaledBy: Float(λ), instructionSet: instructionSet)
    let norm = model.criticParameters.euclideanNorm(instructionSet: instructionSet)
    return metrics.criticLoss + λ / 2 * norm * norm
  }

  /// Gradients of the actor's loss into `actorGradients`, for the rows that the critic has just learned from.
  ///
  /// - Returns: the loss.
  mutating func computeActorGradients(pool: WorkerPool) -> Double {
    let size = places.count
    pool.forEach(&shards) { [settings, model] _, shard in
      shard.writeActorGradients(model, settings, batchSize: size)
    }
    actorGradients.setToSum(over: shards, instructionSet: instructionSet) { $0.actorGradients }
    model.actorTies?.average(&actorGradients)
    return shards.reduce(0) { $0 + $1.sums.actorLoss }
  }
}

// MARK: - Losses

extension DDPG.Shard {
  /// Fetches this shard's transitions (oᵢ, aᵢ, rᵢ, oᵢ₊₁).
  fileprivate mutating func load(
    _ memory: borrowing ReplayMemory, _ places: [Int], _ model: borrowing DeterministicActorCritic,
    _ settings: DDPGParameters
  ) {
    memory.gatherObservations(places[rows], model.normalizer, into: &observations)
    memory.gatherActions(places[rows], into: &actions)
    let (scale, γ) = (Float(settings.rewardScale), Float(settings.discountFactor))
    for (i, place) in places[rows].enumerated() {
      let outcome = memory.outcome(of: place, steps: settings.returnSteps, discountFactor: γ)
      rewards[i] = scale * outcome.rewards
      discounts[i] = outcome.discount
      followingPlaces[i] = outcome.place
    }
    memory.gatherObservations(followingPlaces[..<rows.count], model.normalizer, into: &followingObservations)
  }

  /// The targets, from the target copies alone.
  ///
  ///     yᵢ = rᵢ + γ Q′(oᵢ₊₁, μ′(oᵢ₊₁ | θ^μ′) | θ^Q′),   γ = 0 where the task ended
  fileprivate mutating func writeTargets(_ model: borrowing DeterministicActorCritic) {
    let count = rows.count
    let observationColumns = 0..<model.observationCount
    let actionColumns = model.observationCount..<model.observationCount + model.actionCount
    targetActor.setInputs(followingObservations, rows: count)
    targetActor.forward(rows: count, parameters: model.actorTarget)
    Activation.tanh.apply(to: targetActor.outputs, into: &policyActions, instructionSet: actor.instructionSet)
    smoothing?.apply(to: &policyActions, count: count * model.actionCount, using: &random)
    for k in targetCritics.indices {
      targetCritics[k].setInputs(followingObservations, columns: observationColumns, rows: count)
      targetCritics[k].setInputs(policyActions, columns: actionColumns, rows: count)
      targetCritics[k].forward(rows: count, parameters: model.criticTarget)
    }
    if targetCritics.count == 1 {
      values.copyElements(from: targetCritics[0].outputs)
    } else {
      writeClippedDoubleValues(targetCritics[0].outputs, targetCritics[1].outputs, rows: count, into: &values)
    }
    for i in 0..<count { targets[i] = rewards[i] + discounts[i] * values[i] }
  }

  /// The critic's loss and its gradients, of each critic on its own.
  ///
  ///     L = 1/N Σᵢ (yᵢ − Q(oᵢ, aᵢ | θ^Q))²
  fileprivate mutating func writeCriticGradients(_ model: borrowing DeterministicActorCritic, batchSize: Int) {
    let count = rows.count
    let actionColumns = model.observationCount..<model.observationCount + model.actionCount
    sums = DDPG.Sums()
    for k in critics.indices {
      critics[k].setInputs(observations, columns: 0..<model.observationCount, rows: count)
      critics[k].setInputs(actions, columns: actionColumns, rows: count)
      critics[k].forward(rows: count, parameters: model.criticParameters)
      sums.squaredErrors += Self.squaredErrors(&critics[k], targets, rows: count, batchSize: batchSize)
      critics[k].backward(rows: count, parameters: model.criticParameters, into: &criticGradients)
    }
    for i in 0..<count {
      sums.values += Double(critics[0].outputs[i])
      sums.targets += Double(targets[i])
    }
  }

  private static func squaredErrors(
    _ critic: inout MLPWorkspace<Float>, _ targets: borrowing AlignedVector<Float>, rows: Int, batchSize: Int
  ) -> Double {
    Loss.squaredError(
      critic.outputs, targets: targets, rows: rows, dividedBy: batchSize, gradients: &critic.outputGradients)
  }

  /// The sampled policy gradient, of the first critic where there are two.
  ///
  ///     J = 1/N Σᵢ Q(oᵢ, μ(oᵢ | θ^μ) | θ^Q)
  ///     ∇J = 1/N Σᵢ ∇ₐ Q(o, a)|_{o = oᵢ, a = μ(oᵢ)} ∇ μ(o)|_{oᵢ}                        eq. 6
  ///     loss = −J + c/N Σᵢ ‖zᵢ‖² / actions,   μ = tanh z
  fileprivate mutating func writeActorGradients(
    _ model: borrowing DeterministicActorCritic, _ settings: DDPGParameters, batchSize: Int
  ) {
    let count = rows.count
    let actionColumns = model.observationCount..<model.observationCount + model.actionCount
    actor.setInputs(observations, rows: count)
    actor.forward(rows: count, parameters: model.actorParameters)
    Activation.tanh.apply(to: actor.outputs, into: &policyActions, instructionSet: actor.instructionSet)

    // The critic still holds the observations of the pass before.
    critics[0].setInputs(policyActions, columns: actionColumns, rows: count)
    critics[0].forward(rows: count, parameters: model.criticParameters)
    sums.actorLoss = 0
    for i in 0..<count {
      sums.actorLoss -= Double(critics[0].outputs[i]) / Double(batchSize)
      critics[0].outputGradients[i] = -1 / Float(batchSize)
    }
    critics[0].backwardToInputs(rows: count, parameters: model.criticParameters, inputColumns: actionColumns)

    actor.setOutputGradients(critics[0].inputGradients, rows: count)
    Activation.tanh.backpropagate(
      throughOutputs: policyActions, gradients: &actor.outputGradients, instructionSet: actor.instructionSet)
    if settings.preSquashPenalty > 0 {
      let weight = settings.preSquashPenalty / Double(batchSize * model.actionCount)
      for k in 0..<count * model.actionCount {
        let z = actor.outputs[k]
        sums.actorLoss += weight * Double(z) * Double(z)
        actor.outputGradients[k] += Float(2 * weight) * z
      }
    }
    actor.backward(rows: count, parameters: model.actorParameters, into: &actorGradients)
  }
}

// MARK: - Keeping

extension DDPG {
  /// What the next update depends on beside the networks' parameters and Adam's moments.
  private struct Memory: Codable {
    var updates: Int
    var sampling: RandomStream
    var smoothing: [RandomStream]
    /// Files of before it was kept have no word of it.
    var health: LearnerHealth?
  }

  /// Everything that further training depends on but the replay memory: `DeterministicActorCritic`'s tensors, `actor_adam.*`,
  /// `critic_adam.*`, and `ddpg.memory`, JSON as bytes.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    tensors.merge(actorAdam.tensors(prefix: "actor_adam")) { first, _ in first }
    tensors.merge(criticAdam.tensors(prefix: "critic_adam")) { first, _ in first }
    tensors["ddpg.memory"] = try Tensor(
      encoding: Memory(updates: updates, sampling: sampling, smoothing: shards.map(\.random), health: health))
    return tensors
  }

  /// Takes everything from tensors, to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit; then this value is not to be used.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    try actorAdam.read(tensors, prefix: "actor_adam", file: file)
    try criticAdam.read(tensors, prefix: "critic_adam", file: file)
    let memory: Memory = try Tensor.decode("ddpg.memory", in: tensors, file: file)
    guard memory.smoothing.count == shards.count, memory.updates.isPossibleCount,
      memory.health?.hasPossibleCounts ?? true
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'ddpg.memory'",
          found: "the state of \(memory.smoothing.count) shards after \(memory.updates) updates, or an impossible one",
          allowed: "that of \(shards.count)", remedy: "The checkpoint belongs to another scenario."))
    }
    (updates, sampling) = (memory.updates, memory.sampling)
    health = memory.health ?? LearnerHealth()
    for i in shards.indices { shards[i].random = memory.smoothing[i] }
  }
}
