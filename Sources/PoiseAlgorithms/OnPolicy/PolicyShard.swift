import PoiseNetworks

/// Sums over the rows of a batch, from which its loss and its metrics follow.
struct LossSums: Sendable {
  /// The sum of the objective that is maximised: PPO's Σ min(rₜ Âₜ, …), REINFORCE's Σ log π(aₜ|oₜ) Âₜ.
  var objective = 0.0
  /// Σ (V − R)², clipped if there is a clip range.
  var valueError = 0.0
  /// Σ KL(old ‖ new), nats.
  var divergence = 0.0
  /// Σ H, nats; 0 where the entropy is the same in every state.
  var entropy = 0.0
  /// Rows whose ratio lies beyond 1 ± ε.
  var clipped = 0.0

  mutating func add(_ other: Self) {
    objective += other.objective
    valueError += other.valueError
    divergence += other.divergence
    entropy += other.entropy
    clipped += other.clipped
  }
}

/// One part of a batch with all the memory that the gradients of policy and value function need.
///
/// `load` runs both networks on the rows. Then the parts of a loss write or add the gradients of the policy's outputs, and `backward`
/// takes them through its network; `writeValueGradients` comes last, since it adds to a trunk that the two share.
struct PolicyShard: BatchShard {
  var rows: Range<Int> = 0..<0
  private(set) var actor: MLPWorkspace<Float>
  private var critic: MLPWorkspace<Float>?
  /// The actor at the next observations; `nil` if they are not needed.
  private var nextActor: MLPWorkspace<Float>?
  /// [rows, actions]
  private(set) var actions: AlignedVector<Float>
  /// The outputs of another policy's network, such as the one that acted, [rows, outputs].
  private(set) var oldOutputs: AlignedVector<Float>
  /// [rows]
  private(set) var logProbabilities, divergences, entropies: AlignedVector<Float>
  private var logProbabilityGradients, weights: AlignedVector<Float>
  /// As many as there are parameters.
  var gradients: AlignedVector<Float>
  private(set) var sums = LossSums()

  /// - Parameters:
  ///   - rows: the largest number of rows.
  ///   - keepsNextObservations: whether the policy also runs on the next observations.
  init(_ model: ActorCritic, rows: Int, keepsNextObservations: Bool = false, instructionSet: InstructionSet) {
    actor = MLPWorkspace(model.actor.network, rowCapacity: rows, instructionSet: instructionSet)
    critic = model.critic.map { MLPWorkspace($0, rowCapacity: rows, instructionSet: instructionSet) }
    nextActor =
      keepsNextObservations
      ? MLPWorkspace(model.actor.network, rowCapacity: rows, instructionSet: instructionSet) : nil
    actions = AlignedVector(zeros: rows * model.actionCount)
    oldOutputs = AlignedVector(zeros: rows * model.actor.outputCount)
    logProbabilities = AlignedVector(zeros: rows)
    divergences = AlignedVector(zeros: rows)
    entropies = AlignedVector(zeros: rows)
    logProbabilityGradients = AlignedVector(zeros: rows)
    weights = AlignedVector(zeros: rows)
    gradients = AlignedVector(zeros: model.parameters.count)
  }

  /// Runs both networks on the rows of this shard.
  mutating func load(_ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic) {
    actions.gather(batch.order[rows], of: batch.actions, columns: model.actionCount)
    actor.setInputs(batch.observations, gathering: batch.order[rows])
    actor.forward(rows: rows.count, parameters: model.parameters)
    critic?.setInputs(batch.observations, gathering: batch.order[rows])
    critic?.forward(rows: rows.count, parameters: model.parameters)
    nextActor?.setInputs(batch.nextObservations, gathering: batch.order[rows])
    nextActor?.forward(rows: rows.count, parameters: model.parameters)
    for j in model.actor.logDeviations { gradients[j] = 0 }
    if model.sharesTrunk, let head = model.critic?.parameters { for j in head { gradients[j] = 0 } }
    sums = LossSums()
  }
}

extension PolicyShard {
  /// Computes the loss of the policy gradient theorem and writes its gradients.
  ///
  ///     L = −scale Σₜ log π_θ(aₜ|oₜ) Âₜ            ∂L/∂ log π = −scale Âₜ
  mutating func writeLikelihoodGradients(
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, scale: Float
  ) {
    model.actor.writeLogProbabilities(
      rows: rows.count, of: actions, outputs: actor.outputs, parameters: model.parameters, into: &logProbabilities)
    for (i, k) in batch.order[rows].enumerated() {
      logProbabilityGradients[i] = -scale * batch.advantages[k]
      sums.objective += Double(logProbabilities[i] * batch.advantages[k])
    }
    writeOutputGradients(model)
  }

  /// Computes the surrogate loss for samples of the policy that acted and writes its gradients; also sums the KL divergence from it.
  ///
  ///     rₜ(θ) = π_θ(aₜ|oₜ) / π_old(aₜ|oₜ)
  ///     L = −1/n Σ min(rₜ Âₜ, clip(rₜ, 1 − ε, 1 + ε) Âₜ), or without a clip range −1/n Σ rₜ Âₜ
  ///     ∂(−rₜ Âₜ)/∂ log π = −rₜ Âₜ, and 0 where the clipped term is the smaller one
  ///
  /// Source: Schulman et al. 2017, eq. 7 and 6.
  ///
  /// - Parameters:
  ///   - ε: where ratios count as clipped.
  ///   - isClipped: whether such ratios are clipped in the loss.
  ///   - minibatch: n.
  mutating func writeSurrogateGradients(
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, clipRange ε: Float, isClipped: Bool,
    minibatch: Int
  ) {
    let count = rows.count
    oldOutputs.gather(batch.order[rows], of: batch.outputs, columns: model.actor.outputCount)
    model.actor.writeLogProbabilities(
      rows: count, of: actions, outputs: actor.outputs, parameters: model.parameters, into: &logProbabilities)
    model.actor.writeKLDivergences(
      rows: count, from: oldOutputs, logDeviations: batch.logDeviations, to: actor.outputs,
      parameters: model.parameters, into: &divergences)
    for (i, k) in batch.order[rows].enumerated() {
      let advantage = batch.advantages[k]
      let ratio = Float.exponential(logProbabilities[i] - batch.logProbabilities[k])
      let surrogate = ratio * advantage
      let bound = min(max(ratio, 1 - ε), 1 + ε) * advantage
      let isActive = !isClipped || surrogate <= bound
      logProbabilityGradients[i] = isActive ? -surrogate / Float(minibatch) : 0
      sums.objective += Double(isClipped ? min(surrogate, bound) : surrogate)
      sums.divergence += Double(divergences[i])
      sums.clipped += abs(ratio - 1) > ε ? 1 : 0
    }
    writeOutputGradients(model)
  }

  private mutating func writeOutputGradients(_ model: borrowing ActorCritic) {
    model.actor.writeLogProbabilityGradients(
      rows: rows.count, of: actions, outputs: actor.outputs, parameters: model.parameters,
      logProbabilityGradients: logProbabilityGradients, outputGradients: &actor.outputGradients,
      gradients: &gradients)
  }

  /// Adds the gradients of the KL divergence from another policy: L = β/n Σ KL(other ‖ π_θ).
  ///
  /// - Parameters:
  ///   - outputs: of the other policy's network, [rows of the batch, outputs].
  ///   - logDeviations: the other policy's.
  ///   - coefficient: β.
  ///   - minibatch: n.
  /// - Returns: Σ KL(other ‖ π_θ), nats.
  @discardableResult
  mutating func addDivergenceGradients(
    from outputs: borrowing AlignedVector<Float>, logDeviations: borrowing AlignedVector<Float>,
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, coefficient: Float, minibatch: Int
  ) -> Double {
    let count = rows.count
    oldOutputs.gather(batch.order[rows], of: outputs, columns: model.actor.outputCount)
    model.actor.writeKLDivergences(
      rows: count, from: oldOutputs, logDeviations: logDeviations, to: actor.outputs, parameters: model.parameters,
      into: &divergences)
    var sum = 0.0
    for i in 0..<count {
      weights[i] = coefficient / Float(minibatch)
      sum += Double(divergences[i])
    }
    sums.objective -= Double(coefficient) * sum
    model.actor.addKLDivergenceGradients(
      rows: count, from: oldOutputs, logDeviations: logDeviations, to: actor.outputs, parameters: model.parameters,
      klDivergenceGradients: weights, outputGradients: &actor.outputGradients, gradients: &gradients)
    return sum
  }

  /// Adds the gradients of the entropy bonus: L = −scale Σ H(oₜ).
  ///
  /// - Parameter sharedScale: the weight of an entropy that is the same in every state; it depends on no row, so one shard
  ///   of a batch adds all of it: ∂(−c H)/∂log σ = −c.
  mutating func addEntropyGradients(_ model: borrowing ActorCritic, scale: Float, sharedScale: Float) {
    guard model.actor.distribution != .gaussian else {
      return model.actor.addSharedEntropyGradients(scaledBy: -sharedScale, to: &gradients)
    }
    model.actor.writeEntropies(
      rows: rows.count, outputs: actor.outputs, parameters: model.parameters, into: &entropies)
    for i in 0..<rows.count {
      sums.entropy += Double(entropies[i])
      weights[i] = -scale
    }
    model.actor.addEntropyGradients(
      rows: rows.count, outputs: actor.outputs, entropyGradients: weights, outputGradients: &actor.outputGradients)
  }

  /// Adds the gradients of the smoothness loss to those of the means at oₜ, and writes those of the means at oₜ₊₁.
  ///
  ///     L = c/n Σ ‖μ(oₜ) − μ(oₜ₊₁)‖²
  ///
  /// Source: the temporal term of Mysore, Mabsout, Mancuso and Saenko 2021, "Regularizing Action Policies for Smooth Control with
  /// Reinforcement Learning" (arXiv:2012.06644), here squared. Unlike a reward for smooth actions, it does not depend on the exploration noise.
  mutating func addSmoothnessGradients(_ model: borrowing ActorCritic, coefficient: Float, minibatch: Int) {
    // Taken out and put back, so that the loop writes to memory with a single owner.
    guard var next = nextActor.take() else { return }
    let scale = 2 * coefficient / Float(minibatch)
    var squares: Float = 0
    for i in 0..<rows.count * model.actionCount {
      let change = actor.outputs[i] - next.outputs[i]
      actor.outputGradients[i] += scale * change
      next.outputGradients[i] = -scale * change
      squares += change * change
    }
    sums.objective -= Double(coefficient * squares)
    nextActor = next
  }

  /// Backpropagates from the gradients of the policy's outputs to those of its parameters.
  mutating func backward(_ model: borrowing ActorCritic) {
    actor.backward(rows: rows.count, parameters: model.parameters, into: &gradients)
    nextActor?.backward(rows: rows.count, parameters: model.parameters, into: &gradients, accumulates: true)
  }

  /// Writes the gradients of the value loss; call it after `backward`.
  ///
  ///     L = c₁/n Σ (V(oₜ) − Rₜ)²; if clipped, of each the larger of that and (V_old + clip(V − V_old, ± range) − Rₜ)², whose slope
  ///     is 0 beyond the range
  mutating func writeValueGradients(
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, coefficient: Double, clipRange: Double? = nil,
    minibatch: Int
  ) {
    // Taken out and put back, so that the loop writes to memory with a single owner.
    guard var critic = critic.take() else { return }
    let scale = 2 * Float(coefficient) / Float(minibatch)
    for (i, k) in batch.order[rows].enumerated() {
      let value = critic.outputs[i]
      var error = value - batch.returns[k]
      var slope = error
      if let range = clipRange.map({ Float($0) }) {
        let step = value - batch.values[k]
        let clippedError = batch.values[k] + min(max(step, -range), range) - batch.returns[k]
        if clippedError * clippedError > error * error {
          error = clippedError
          slope = abs(step) <= range ? clippedError : 0
        }
      }
      sums.valueError += Double(error) * Double(error)
      critic.outputGradients[i] = scale * slope
    }
    critic.backward(
      rows: rows.count, parameters: model.parameters, into: &gradients, accumulates: model.sharesTrunk)
    self.critic = critic
  }
}
