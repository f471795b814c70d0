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
  struct Shard: TransitionShard {
    var rows = 0..<0
    /// The transitions.
    var batch: TransitionRows
    /// μ of whichever observations were last asked for, [rows, actions].
    private var policyActions: AlignedVector<Float>
    /// The target value, [rows].
    private var values: AlignedVector<Float>
    private var actor, targetActor: MLPWorkspace<Float>
    private var critics, targetCritics: [MLPWorkspace<Float>]
    /// Like the parameters.
    private(set) var actorGradients, criticGradients: AlignedVector<Float>
    private var smoothing: TargetPolicySmoothing?
    /// For `smoothing`.
    var random: RandomStream
    private(set) var sums = LossSums()

    /// A hidden layer of the actor whose units were all off in the last pass, if there is one.
    var deadLayerOfActor: Int? { actor.deadLayer(rows: rows.count) }
    /// The same of the first critic.
    var deadLayerOfCritic: Int? { critics[0].deadLayer(rows: rows.count) }

    /// - Parameter rows: the largest number of rows of this shard.
    init(
      _ model: DeterministicActorCritic, _ settings: DDPGParameters, rows: Int, random: RandomStream,
      instructionSet: InstructionSet
    ) {
      let (o, a) = (model.observationCount, model.actionCount)
      func workspace(_ network: MLP, isForTraining: Bool = true) -> MLPWorkspace<Float> {
        MLPWorkspace(network, rowCapacity: rows, instructionSet: instructionSet, isForTraining: isForTraining)
      }
      batch = TransitionRows(
        rows: rows, observations: o, actions: a, isWeighted: settings.common.prioritization != nil)
      policyActions = AlignedVector(zeros: rows * a)
      values = AlignedVector(zeros: rows)
      actor = workspace(model.actor)
      targetActor = workspace(model.actor, isForTraining: false)
      critics = model.critics.networks.map { workspace($0) }
      targetCritics = model.critics.networks.map { workspace($0, isForTraining: false) }
      actorGradients = AlignedVector(zeros: model.actorParameters.count)
      criticGradients = AlignedVector(zeros: model.critics.parameters.count)
      smoothing = TargetPolicySmoothing(settings, count: rows * a)
      self.random = random
    }
  }
}

extension DDPG.Shard {
  /// Writes the targets of the critics; they depend on the target networks alone.
  ///
  ///     yᵢ = rᵢ + γ Q′(oᵢ₊₁, μ′(oᵢ₊₁ | θ^μ′) | θ^Q′),   γ = 0 where the task ended
  mutating func writeTargets(_ model: borrowing DeterministicActorCritic) {
    let count = rows.count
    targetActor.setInputs(batch.nextObservations, rows: count)
    targetActor.forward(rows: count, parameters: model.actorTarget)
    Activation.tanh.apply(to: targetActor.outputs, into: &policyActions, instructionSet: actor.instructionSet)
    smoothing?.apply(to: &policyActions, count: count * model.actionCount, using: &random)
    for k in targetCritics.indices {
      targetCritics[k].setInputs(batch.nextObservations, columns: model.critics.observationColumns, rows: count)
      targetCritics[k].setInputs(policyActions, columns: model.critics.actionColumns, rows: count)
      targetCritics[k].forward(rows: count, parameters: model.critics.target)
    }
    if targetCritics.count == 1 {
      values.copyElements(from: targetCritics[0].outputs)
    } else {
      writeClippedDoubleValues(targetCritics[0].outputs, targetCritics[1].outputs, rows: count, into: &values)
    }
    batch.complete(with: values)
  }

  /// The critic's loss and its gradients, of each critic on its own.
  ///
  ///     L = 1/N Σᵢ (yᵢ − Q(oᵢ, aᵢ | θ^Q))²
  mutating func writeCriticGradients(_ model: borrowing DeterministicActorCritic, batchSize: Int) {
    let count = rows.count
    sums = DDPG.LossSums()
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

  /// The sampled policy gradient, of the first critic where there are two.
  ///
  ///     J = 1/N Σᵢ Q(oᵢ, μ(oᵢ | θ^μ) | θ^Q)
  ///     ∇J = 1/N Σᵢ ∇ₐ Q(o, a)|_{o = oᵢ, a = μ(oᵢ)} ∇ μ(o)|_{oᵢ}                        eq. 6
  ///     loss = −J + c/N Σᵢ ‖zᵢ‖² / actions,   μ = tanh z
  mutating func writeActorGradients(
    _ model: borrowing DeterministicActorCritic, _ settings: DDPGParameters, batchSize: Int
  ) {
    let count = rows.count
    let actionColumns = model.critics.actionColumns
    actor.setInputs(batch.observations, rows: count)
    actor.forward(rows: count, parameters: model.actorParameters)
    Activation.tanh.apply(to: actor.outputs, into: &policyActions, instructionSet: actor.instructionSet)

    // The critic's inputs still hold the observations of the pass before.
    critics[0].setInputs(policyActions, columns: actionColumns, rows: count)
    critics[0].forward(rows: count, parameters: model.critics.parameters)
    sums.actorLoss = 0
    for i in 0..<count {
      sums.actorLoss -= Double(critics[0].outputs[i]) / Double(batchSize)
      critics[0].outputGradients[i] = -1 / Float(batchSize)
    }
    critics[0].backwardToInputs(rows: count, parameters: model.critics.parameters, inputColumns: actionColumns)

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
