import PoiseNetworks

// PPO's losses: each under its equation, with its gradients. "The paper" is that of PPO.swift.

extension PPO {
  /// Sums over the rows of a minibatch.
  struct LossSums: Sendable {
    /// Σ min(rₜ Âₜ, …) or Σ (rₜ Âₜ − β KLₜ), minus the smoothness loss.
    var objective = 0.0
    /// Σ (V − R)², clipped if `valueClipRange` is set.
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

  /// One part of a minibatch with its own work memory.
  struct Shard: BatchShard {
    var rows: Range<Int> = 0..<0
    private var actor: MLPWorkspace<Float>
    private var critic: MLPWorkspace<Float>
    /// The actor at the next observations; `nil` without a smoothness loss.
    private var nextActor: MLPWorkspace<Float>?
    /// [rows, actions]
    private var actions: AlignedVector<Float>
    /// Of the old policy's network, [rows, outputs].
    private var oldOutputs: AlignedVector<Float>
    /// [rows]
    private var logProbabilities, divergences, entropies, logProbabilityGradients, weights: AlignedVector<Float>
    /// Like the parameters.
    var gradients: AlignedVector<Float>
    private(set) var sums = LossSums()

    /// - Parameter rows: the largest number of rows of this shard.
    init(_ model: ActorCritic, _ settings: PPOParameters, rows: Int, instructionSet: InstructionSet) {
      actor = MLPWorkspace(model.actor.network, rowCapacity: rows, instructionSet: instructionSet)
      critic = MLPWorkspace(model.critic, rowCapacity: rows, instructionSet: instructionSet)
      nextActor =
        settings.isSmoothed
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
  }
}

extension PPO.Shard {
  /// Runs both networks on the rows of this shard.
  mutating func load(_ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic) {
    actions.gather(batch.order[rows], of: batch.actions, columns: model.actionCount)
    oldOutputs.gather(batch.order[rows], of: batch.outputs, columns: model.actor.outputCount)
    actor.setInputs(batch.observations, gathering: batch.order[rows])
    actor.forward(rows: rows.count, parameters: model.parameters)
    critic.setInputs(batch.observations, gathering: batch.order[rows])
    critic.forward(rows: rows.count, parameters: model.parameters)
    nextActor?.setInputs(batch.nextObservations, gathering: batch.order[rows])
    nextActor?.forward(rows: rows.count, parameters: model.parameters)
    for j in model.actor.logDeviations { gradients[j] = 0 }
    sums = PPO.LossSums()
  }

  /// The policy's part of the loss and its gradients.
  ///
  ///     rₜ(θ) = π_θ(aₜ|oₜ) / π_old(aₜ|oₜ)
  ///     L^CLIP = E[ min(rₜ Âₜ, clip(rₜ, 1 − ε, 1 + ε) Âₜ) ]          eq. 7
  ///     L^KLPEN = E[ rₜ Âₜ − β KL(π_old ‖ π_θ) ]                      eq. 8
  ///     ∂(−rₜ Âₜ)/∂ log π = −rₜ Âₜ, and 0 where the clipped term is the smaller one
  mutating func writePolicyGradients(
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, _ settings: PPOParameters, penalty β: Double,
    minibatch: Int
  ) {
    let count = rows.count
    let ε = Float(settings.clipRange)
    let isClipped = settings.objective == .clipped
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
      sums.objective += Double(isClipped ? min(surrogate, bound) : surrogate - Float(β) * divergences[i])
      sums.divergence += Double(divergences[i])
      sums.clipped += abs(ratio - 1) > ε ? 1 : 0
    }
    model.actor.writeLogProbabilityGradients(
      rows: count, of: actions, outputs: actor.outputs, parameters: model.parameters,
      logProbabilityGradients: logProbabilityGradients, outputGradients: &actor.outputGradients,
      gradients: &gradients)
    if !isClipped {
      for i in 0..<count { weights[i] = Float(β) / Float(minibatch) }
      model.actor.addKLDivergenceGradients(
        rows: count, from: oldOutputs, logDeviations: batch.logDeviations, to: actor.outputs,
        parameters: model.parameters, klDivergenceGradients: weights, outputGradients: &actor.outputGradients,
        gradients: &gradients)
    }
    if model.actor.distribution != .gaussian { addEntropyGradients(model, settings, minibatch: minibatch) }
    addSmoothnessGradients(model, settings, minibatch: minibatch)
    actor.backward(rows: count, parameters: model.parameters, into: &gradients)
    nextActor?.backward(rows: count, parameters: model.parameters, into: &gradients, accumulates: true)
  }

  /// The entropy bonus of a distribution whose entropy depends on the state: loss −c₂ E[H(oₜ)], eq. 9.
  private mutating func addEntropyGradients(
    _ model: borrowing ActorCritic, _ settings: PPOParameters, minibatch: Int
  ) {
    model.actor.writeEntropies(
      rows: rows.count, outputs: actor.outputs, parameters: model.parameters, into: &entropies)
    for i in 0..<rows.count {
      sums.entropy += Double(entropies[i])
      weights[i] = -Float(settings.entropyCoefficient) / Float(minibatch)
    }
    model.actor.addEntropyGradients(
      rows: rows.count, outputs: actor.outputs, entropyGradients: weights, outputGradients: &actor.outputGradients)
  }

  /// The smoothness loss: its gradients are added to those of the means at oₜ, and replace those at oₜ₊₁.
  ///
  ///     L^S = c E[ ‖μ(oₜ) − μ(oₜ₊₁)‖² ]
  ///
  /// Source: the temporal term of Mysore, Mabsout, Mancuso and Saenko 2021, "Regularizing Action Policies for Smooth
  /// Control with Reinforcement Learning" (arXiv:2012.06644), here squared. Unlike a reward term, it does not depend on
  /// the exploration noise.
  private mutating func addSmoothnessGradients(
    _ model: borrowing ActorCritic, _ settings: PPOParameters, minibatch: Int
  ) {
    // Moved out and back, so that the loop writes to memory that has no other owner.
    guard var next = nextActor.take() else { return }
    let coefficient = Float(settings.smoothnessCoefficient)
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

  /// The value function's part: L^VF = E[(V(oₜ) − Rₜ)²], Rₜ = Âₜ + V_old(oₜ), eq. 9; if clipped, the larger of that and
  /// (V_old + clip(V − V_old, ± range) − Rₜ)², whose slope is 0 beyond the range.
  mutating func writeValueGradients(
    _ batch: borrowing RolloutBatch, _ model: borrowing ActorCritic, _ settings: PPOParameters, minibatch: Int
  ) {
    let scale = 2 * Float(settings.valueCoefficient) / Float(minibatch)
    for (i, k) in batch.order[rows].enumerated() {
      let value = critic.outputs[i]
      var error = value - batch.returns[k]
      var slope = error
      if let range = settings.valueClipRange.map({ Float($0) }) {
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
    critic.backward(rows: rows.count, parameters: model.parameters, into: &gradients)
  }
}
