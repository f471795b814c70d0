import PoiseCore
import PoiseNetworks

// DDPG's losses: each under its equation, with its gradients. "The paper" is that of DDPG.swift.

extension DDPG {
  /// Sums over the rows of a batch.
  struct LossSums: Sendable {
    var squaredErrors = 0.0
    var values = 0.0
    var targets = 0.0
    var actorLoss = 0.0
  }

  /// One part of a batch with its own work memory.
  struct Shard: BatchShard {
    var rows = 0..<0
    /// oᵢ, and the observations whose target value completes the return, [rows, observations].
    private(set) var observations, nextObservations: AlignedVector<Float>
    /// aᵢ, and μ of whichever observations were last asked for, [rows, actions].
    private var actions, policyActions: AlignedVector<Float>
    /// Indices of these observations in the replay buffer, [rows].
    private var nextIndices: [Int]
    /// The (discounted) sum of rewards until then, the target value, its discount, and yᵢ, [rows].
    private(set) var rewards, values, discounts, targets: AlignedVector<Float>
    private var actor, targetActor: MLPWorkspace<Float>
    private var critics, targetCritics: [MLPWorkspace<Float>]
    /// Like the parameters.
    private(set) var actorGradients, criticGradients: AlignedVector<Float>
    private var smoothing: TargetPolicySmoothing?
    /// For `smoothing`.
    var random: RandomStream
    private(set) var sums = LossSums()

    /// - Parameter rows: the largest number of rows of this shard.
    init(
      _ model: DeterministicActorCritic, _ settings: DDPGParameters, rows: Int, random: RandomStream,
      instructionSet: InstructionSet
    ) {
      let (o, a) = (model.observationCount, model.actionCount)
      func workspace(_ network: MLP, isForTraining: Bool = true) -> MLPWorkspace<Float> {
        MLPWorkspace(network, rowCapacity: rows, instructionSet: instructionSet, isForTraining: isForTraining)
      }
      (observations, nextObservations) = (AlignedVector(zeros: rows * o), AlignedVector(zeros: rows * o))
      (actions, policyActions) = (AlignedVector(zeros: rows * a), AlignedVector(zeros: rows * a))
      nextIndices = Array(repeating: 0, count: rows)
      (rewards, values) = (AlignedVector(zeros: rows), AlignedVector(zeros: rows))
      (discounts, targets) = (AlignedVector(zeros: rows), AlignedVector(zeros: rows))
      actor = workspace(model.actor)
      targetActor = workspace(model.actor, isForTraining: false)
      critics = model.critics.map { workspace($0) }
      targetCritics = model.critics.map { workspace($0, isForTraining: false) }
      actorGradients = AlignedVector(zeros: model.actorParameters.count)
      criticGradients = AlignedVector(zeros: model.criticParameters.count)
      smoothing = TargetPolicySmoothing(settings, count: rows * a)
      self.random = random
    }
  }
}

extension DDPG.Shard {
  /// Fetches this shard's transitions (oᵢ, aᵢ, rᵢ, oᵢ₊₁).
  mutating func load(
    _ buffer: borrowing ReplayBuffer, _ indices: [Int], _ model: borrowing DeterministicActorCritic,
    _ settings: DDPGParameters
  ) {
    buffer.gatherObservations(indices[rows], model.normalizer, into: &observations)
    buffer.gatherActions(indices[rows], into: &actions)
    let (scale, γ) = (Float(settings.rewardScale), Float(settings.discountFactor))
    for (i, index) in indices[rows].enumerated() {
      let outcome = buffer.outcome(of: index, steps: settings.returnSteps, discountFactor: γ)
      rewards[i] = scale * outcome.rewards
      discounts[i] = outcome.discount
      nextIndices[i] = outcome.index
    }
    buffer.gatherObservations(nextIndices[..<rows.count], model.normalizer, into: &nextObservations)
  }

  /// Writes the targets of the critics; they depend on the target networks alone.
  ///
  ///     yᵢ = rᵢ + γ Q′(oᵢ₊₁, μ′(oᵢ₊₁ | θ^μ′) | θ^Q′),   γ = 0 where the task ended
  mutating func writeTargets(_ model: borrowing DeterministicActorCritic) {
    let count = rows.count
    let observationColumns = 0..<model.observationCount
    let actionColumns = model.observationCount..<model.observationCount + model.actionCount
    targetActor.setInputs(nextObservations, rows: count)
    targetActor.forward(rows: count, parameters: model.actorTarget)
    Activation.tanh.apply(to: targetActor.outputs, into: &policyActions, instructionSet: actor.instructionSet)
    smoothing?.apply(to: &policyActions, count: count * model.actionCount, using: &random)
    for k in targetCritics.indices {
      targetCritics[k].setInputs(nextObservations, columns: observationColumns, rows: count)
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
  mutating func writeCriticGradients(_ model: borrowing DeterministicActorCritic, batchSize: Int) {
    let count = rows.count
    let actionColumns = model.observationCount..<model.observationCount + model.actionCount
    sums = DDPG.LossSums()
    for k in critics.indices {
      critics[k].setInputs(observations, columns: 0..<model.observationCount, rows: count)
      critics[k].setInputs(actions, columns: actionColumns, rows: count)
      critics[k].forward(rows: count, parameters: model.criticParameters)
      sums.squaredErrors += critics[k].writeSquaredErrorGradients(
        targets: targets, rows: count, dividedBy: batchSize)
      critics[k].backward(rows: count, parameters: model.criticParameters, into: &criticGradients)
    }
    for i in 0..<count {
      sums.values += Double(critics[0].outputs[i])
      sums.targets += Double(targets[i])
    }
  }

  /// The sampled policy gradient, of the first critic where there are two.
  ///
  ///     J = 1/N Σᵢ Q(oᵢ, μ(oᵢ | θ^μ) | θ^Q)
  ///     ∇J = 1/N Σᵢ ∇ₐ Q(o, a)|_{o = oᵢ, a = μ(oᵢ)} ∇ μ(o)|_{oᵢ}                        eq. 6
  ///     loss = −J + c/N Σᵢ ‖zᵢ‖² / actions,   μ = tanh z
  mutating func writeActorGradients(
    _ model: borrowing DeterministicActorCritic, _ settings: DDPGParameters, batchSize: Int
  ) {
    let count = rows.count
    let actionColumns = model.observationCount..<model.observationCount + model.actionCount
    actor.setInputs(observations, rows: count)
    actor.forward(rows: count, parameters: model.actorParameters)
    Activation.tanh.apply(to: actor.outputs, into: &policyActions, instructionSet: actor.instructionSet)

    // The critic's inputs still hold the observations of the pass before.
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
