/// The distribution of a policy's actions, of any family, with vectors that may all be properties of one value.
///
/// `outputs` are those of the network, [rows, outputs]. Actions are as `ActionDistribution` says; for a squashed policy
/// they are always those before tanh: u, not tanh u. `deterministic` has no density, so only samples are defined. No
/// call allocates.
extension StochasticPolicy {
  /// Writes samples from random numbers that `ActionDistribution.fillNoise` drew; the caller applies tanh for a
  /// squashed policy.
  public func writeSamples<S>(
    rows: Int, outputs: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    noise: borrowing AlignedVector<S>, into actions: inout AlignedVector<S>
  ) {
    var out = actions.mutableSpan
    let drawn = noise.span.extracting(first: rows * distribution.noiseCount(outputs: outputCount))
    switch distribution {
    case .gaussian:
      DiagonalGaussian.writeSamples(
        means: outputs.span, logDeviations: parameters.span.extracting(logDeviations), noise: drawn, into: &out)
    case .stateDependentGaussian, .squashedGaussian:
      StateDependentGaussian.writeSamples(outputs: outputs.span, actions: actionCount, noise: drawn, into: &out)
    case .categorical:
      Categorical.writeSamples(logits: outputs.span, choices: outputCount, noise: drawn, into: &out)
    case .deterministic:
      for k in 0..<rows * actionCount { out[k] = outputs[k] }
    }
  }

  /// Writes log π(aᵣ) for each row.
  public func writeLogProbabilities<S>(
    rows: Int, of actions: borrowing AlignedVector<S>, outputs: borrowing AlignedVector<S>,
    parameters: borrowing AlignedVector<S>, into logProbabilities: inout AlignedVector<S>
  ) {
    var out = logProbabilities.mutableSpan(of: 0..<rows)
    switch distribution {
    case .gaussian:
      DiagonalGaussian.writeLogProbabilities(
        of: actions.span, means: outputs.span, logDeviations: parameters.span.extracting(logDeviations), into: &out)
    case .stateDependentGaussian, .squashedGaussian:
      StateDependentGaussian.writeLogProbabilities(
        of: actions.span, outputs: outputs.span, actions: actionCount, isSquashed: distribution == .squashedGaussian,
        into: &out)
    case .categorical:
      Categorical.writeLogProbabilities(of: actions.span, logits: outputs.span, choices: outputCount, into: &out)
    case .deterministic: noDistribution()
    }
  }

  /// Writes ∂loss/∂outputs and adds ∂loss/∂log σ to `gradients`, given ∂loss/∂ log π for each row, for fixed actions.
  ///
  /// - Parameters:
  ///   - rows: the number of rows.
  ///   - actions: before squashing, [rows, actions].
  ///   - outputs: outputs of the network, [rows, outputs].
  ///   - parameters: the parameter vector of the policy.
  ///   - logProbabilityGradients: ∂loss/∂ log π, [rows].
  ///   - outputGradients: receives ∂loss/∂outputs, [rows, outputs], for the network's `outputGradients`.
  ///   - gradients: of the size of `parameters`; only the elements of log σ are added to. Set them to zero before.
  public func writeLogProbabilityGradients<S>(
    rows: Int, of actions: borrowing AlignedVector<S>, outputs: borrowing AlignedVector<S>,
    parameters: borrowing AlignedVector<S>, logProbabilityGradients: borrowing AlignedVector<S>,
    outputGradients: inout AlignedVector<S>, gradients: inout AlignedVector<S>
  ) {
    var out = outputGradients.mutableSpan
    let given = logProbabilityGradients.span.extracting(first: rows)
    switch distribution {
    case .gaussian:
      var deviationSpan = gradients.mutableSpan(of: logDeviations)
      DiagonalGaussian.writeLogProbabilityGradients(
        of: actions.span, means: outputs.span, logDeviations: parameters.span.extracting(logDeviations),
        logProbabilityGradients: given, meanGradients: &out, logDeviationGradients: &deviationSpan)
    case .stateDependentGaussian, .squashedGaussian:
      StateDependentGaussian.writeLogProbabilityGradients(
        of: actions.span, outputs: outputs.span, actions: actionCount, logProbabilityGradients: given,
        outputGradients: &out)
    case .categorical:
      Categorical.writeLogProbabilityGradients(
        of: actions.span, logits: outputs.span, choices: outputCount, logProbabilityGradients: given,
        logitGradients: &out)
    case .deterministic: noDistribution()
    }
  }

  /// The entropy, nats, of a distribution whose entropy is the same in every state; `nil` if it depends on the state.
  public func sharedEntropy<S>(_ parameters: borrowing AlignedVector<S>) -> Double? {
    guard distribution == .gaussian else { return nil }
    return DiagonalGaussian.entropy(logDeviations: parameters.span.extracting(logDeviations))
  }

  /// Adds ∂(coefficient · H)/∂log σ of an entropy H that is the same in every state: the coefficient to each gradient
  /// of log σ.
  public func addSharedEntropyGradients<S>(scaledBy coefficient: S, to gradients: inout AlignedVector<S>) {
    for i in logDeviations { gradients[i] += coefficient }
  }

  /// Writes the entropy of each row, nats, before squashing.
  public func writeEntropies<S>(
    rows: Int, outputs: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    into entropies: inout AlignedVector<S>
  ) {
    var out = entropies.mutableSpan(of: 0..<rows)
    switch distribution {
    case .gaussian:
      let entropy = DiagonalGaussian.entropy(logDeviations: parameters.span.extracting(logDeviations))
      for r in 0..<rows { out[r] = S(entropy) }
    case .stateDependentGaussian, .squashedGaussian:
      StateDependentGaussian.writeEntropies(outputs: outputs.span, actions: actionCount, into: &out)
    case .categorical:
      Categorical.writeEntropies(logits: outputs.span, choices: outputCount, into: &out)
    case .deterministic: noDistribution()
    }
  }

  /// Adds ∂loss/∂outputs, given ∂loss/∂H for each row, if the entropy depends on the state; otherwise adds nothing.
  public func addEntropyGradients<S>(
    rows: Int, outputs: borrowing AlignedVector<S>, entropyGradients: borrowing AlignedVector<S>,
    outputGradients: inout AlignedVector<S>
  ) {
    switch distribution {
    case .gaussian, .deterministic: break
    case .stateDependentGaussian, .squashedGaussian:
      // ∂H/∂ log σⱼ = 1
      var out = outputGradients.mutableSpan
      for r in 0..<rows {
        for j in actionCount..<2 * actionCount { out[r * outputCount + j] += entropyGradients[r] }
      }
    case .categorical:
      var out = outputGradients.mutableSpan
      Categorical.addEntropyGradients(
        logits: outputs.span, choices: outputCount, entropyGradients: entropyGradients.span.extracting(first: rows),
        logitGradients: &out)
    }
  }

  /// Writes KL(old ‖ new) for each row, nats; squashing does not change it.
  ///
  /// - Parameters:
  ///   - rows: the number of rows.
  ///   - oldOutputs: outputs of the old policy's network, [rows, outputs].
  ///   - oldLogDeviations: log σ of the old policy, as `logDeviations(in:)` gave it.
  ///   - outputs: outputs of the new policy's network, [rows, outputs].
  ///   - parameters: the parameter vector of the new policy.
  ///   - divergences: receives the KL divergences, [rows].
  public func writeKLDivergences<S>(
    rows: Int, from oldOutputs: borrowing AlignedVector<S>, logDeviations oldLogDeviations: borrowing AlignedVector<S>,
    to outputs: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    into divergences: inout AlignedVector<S>
  ) {
    var out = divergences.mutableSpan(of: 0..<rows)
    switch distribution {
    case .gaussian:
      DiagonalGaussian.writeKLDivergences(
        fromMeans: oldOutputs.span, logDeviations: oldLogDeviations.span, toMeans: outputs.span,
        logDeviations: parameters.span.extracting(logDeviations), into: &out)
    case .stateDependentGaussian, .squashedGaussian:
      StateDependentGaussian.writeKLDivergences(
        from: oldOutputs.span, to: outputs.span, actions: actionCount, into: &out)
    case .categorical:
      Categorical.writeKLDivergences(
        fromLogits: oldOutputs.span, toLogits: outputs.span, choices: outputCount, into: &out)
    case .deterministic: noDistribution()
    }
  }

  /// Adds the gradients of KL(old ‖ new), given ∂loss/∂KL for each row: ∂loss/∂outputs to `outputGradients`, and
  /// ∂loss/∂log σ to `gradients`.
  public func addKLDivergenceGradients<S>(
    rows: Int, from oldOutputs: borrowing AlignedVector<S>, logDeviations oldLogDeviations: borrowing AlignedVector<S>,
    to outputs: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    klDivergenceGradients: borrowing AlignedVector<S>, outputGradients: inout AlignedVector<S>,
    gradients: inout AlignedVector<S>
  ) {
    var out = outputGradients.mutableSpan
    let given = klDivergenceGradients.span.extracting(first: rows)
    switch distribution {
    case .gaussian:
      var deviationSpan = gradients.mutableSpan(of: logDeviations)
      DiagonalGaussian.addKLDivergenceGradients(
        fromMeans: oldOutputs.span, logDeviations: oldLogDeviations.span, toMeans: outputs.span,
        logDeviations: parameters.span.extracting(logDeviations), klDivergenceGradients: given, meanGradients: &out,
        logDeviationGradients: &deviationSpan)
    case .stateDependentGaussian, .squashedGaussian:
      StateDependentGaussian.addKLDivergenceGradients(
        from: oldOutputs.span, to: outputs.span, actions: actionCount, klDivergenceGradients: given,
        outputGradients: &out)
    case .categorical:
      Categorical.addKLDivergenceGradients(
        fromLogits: oldOutputs.span, toLogits: outputs.span, choices: outputCount, klDivergenceGradients: given,
        logitGradients: &out)
    case .deterministic: noDistribution()
    }
  }

  private func noDistribution() -> Never { preconditionFailure("a deterministic policy has no distribution") }
}
