public import PoiseCore
public import PoiseNetworks

/// A learner by policy gradients, whose networks are in a `PolicyUpdater`; most requirements of `OnPolicyLearner` follow from that.
public protocol PolicyLearner: OnPolicyLearner {
  /// Networks, optimiser, batch.
  var updater: PolicyUpdater { get set }
}

extension PolicyLearner {
  /// The policy that acts, its value function and their normaliser.
  public var model: ActorCritic {
    get { updater.model }
    set { updater.model = newValue }
  }

  /// The deterministic policy, with averaged weights if `policyAveraging` is set.
  public var policy: Policy { updater.policy }

  /// Whether the numbers can still be trusted; if not, `update` does nothing.
  public var health: LearnerHealth { updater.health }

  /// Checks that all weights are finite and not too large; `update` does so too, after every gradient.
  public mutating func checkWeights() { updater.checkWeights() }

  /// Updates the normaliser with the observations of a rollout; call it after the update, which needs the statistics of acting.
  public mutating func observe(_ rollout: [RolloutSegment]) {
    updater.model.observe(rollout.map(\.statistics))
  }

  /// The gradient of −1/N Σ log π_θ(aₜ|oₜ) Âₜ over the N episodes of the batch: the gradient of REINFORCE, with the advantages of this algorithm.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, with their advantages.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  /// - Returns: a vector like the parameters; 0 for those that the value function alone has.
  public mutating func likelihoodGradient(of rollout: [RolloutSegment], pool: WorkerPool) -> AlignedVector<Float> {
    updater.batch.gather(rollout, model)
    return likelihoodGradient(pool: pool)
  }

  private mutating func likelihoodGradient(pool: WorkerPool) -> AlignedVector<Float> {
    let (count, episodes) = (updater.batch.count, updater.batch.worlds)
    _ = updater.computeGradients(rows: 0..<count, pool: pool) { shard, batch, model, _ in
      shard.writeLikelihoodGradients(batch, model, scale: 1 / Float(episodes))
      shard.backward(model)
      shard.writeValueGradients(batch, model, coefficient: 0, minibatch: count)
    }
    return updater.gradients
  }

  /// The gradients of the last batch.
  var gradients: AlignedVector<Float> { updater.gradients }
  var batch: RolloutBatch { updater.batch }
  var average: AlignedVector<Float>? { updater.average }
  var spoilGradients: (@Sendable (_ update: Int, _ gradients: inout AlignedVector<Float>) -> Void)? {
    get { updater.spoilGradients }
    set { updater.spoilGradients = newValue }
  }
}
