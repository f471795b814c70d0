/// The distribution of a policy's actions, over vectors that may all be parts of one value. No call allocates.
///
/// Means and actions have shape [rows, actions]. For a squashed policy, "actions" are those before tanh throughout: u,
/// not tanh u.
extension GaussianPolicy {
  /// Writes a = μ + σ ε for standard normal ε; a squashed policy's are still to be squashed.
  public func writeSamples<S>(
    rows: Int, means: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    noise: borrowing AlignedVector<S>,
    into actions: inout AlignedVector<S>
  ) {
    var out = actions.mutableSpan
    DiagonalGaussian.writeSamples(
      means: means.span, logDeviations: parameters.span.extracting(logDeviations),
      noise: noise.span.extracting(first: rows * actionCount), into: &out)
  }

  /// Writes log π(aᵣ) for each row.
  public func writeLogDensities<S>(
    rows: Int, of actions: borrowing AlignedVector<S>, means: borrowing AlignedVector<S>,
    parameters: borrowing AlignedVector<S>, into densities: inout AlignedVector<S>
  ) {
    var out = densities.mutableSpan(of: 0..<rows)
    let deviations = parameters.span.extracting(logDeviations)
    if isSquashed {
      SquashedGaussian.writeLogDensities(
        ofPreActions: actions.span, means: means.span, logDeviations: deviations, into: &out)
    } else {
      DiagonalGaussian.writeLogDensities(
        of: actions.span, means: means.span, logDeviations: deviations, into: &out)
    }
  }

  /// Writes ∂loss/∂μ and adds ∂loss/∂log σ to `gradients`, given ∂loss/∂ log π per row, for actions that do not move.
  ///
  /// - Parameters:
  ///   - densityGradients: shape [rows].
  ///   - meanGradients: shape [rows, actions], for the network's `outputGradients`.
  ///   - gradients: like `parameters`; only log σ's elements are added to. Set them to zero before the first shard.
  public func writeLogDensityGradients<S>(
    rows: Int, of actions: borrowing AlignedVector<S>, means: borrowing AlignedVector<S>,
    parameters: borrowing AlignedVector<S>, densityGradients: borrowing AlignedVector<S>,
    meanGradients: inout AlignedVector<S>, gradients: inout AlignedVector<S>
  ) {
    var meanSpan = meanGradients.mutableSpan
    var deviationSpan = gradients.mutableSpan(of: logDeviations)
    DiagonalGaussian.writeLogDensityGradients(
      of: actions.span, means: means.span, logDeviations: parameters.span.extracting(logDeviations),
      densityGradients: densityGradients.span.extracting(first: rows), meanGradients: &meanSpan,
      logDeviationGradients: &deviationSpan)
  }

  /// Entropy of the Gaussian (before squashing, if any), the same for every state.
  public func entropy<S>(_ parameters: borrowing AlignedVector<S>) -> Double {
    DiagonalGaussian.entropy(logDeviations: parameters.span.extracting(logDeviations))
  }

  /// Adds ∂(coefficient · entropy)/∂log σ = coefficient to each of log σ's gradients.
  public func addEntropyGradients<S>(scaledBy coefficient: S, to gradients: inout AlignedVector<S>) {
    for i in logDeviations { gradients[i] += coefficient }
  }

  /// Writes KL(old ‖ new) for each row; squashing does not change it.
  ///
  /// - Parameter oldLogDeviations: shape [actions], as `logDeviations(in:)` gives them.
  public func writeDivergences<S>(
    rows: Int, fromMeans oldMeans: borrowing AlignedVector<S>,
    logDeviations oldLogDeviations: borrowing AlignedVector<S>,
    toMeans newMeans: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    into divergences: inout AlignedVector<S>
  ) {
    var out = divergences.mutableSpan(of: 0..<rows)
    DiagonalGaussian.writeDivergences(
      fromMeans: oldMeans.span, logDeviations: oldLogDeviations.span, toMeans: newMeans.span,
      logDeviations: parameters.span.extracting(logDeviations), into: &out)
  }

  /// Adds the gradients of KL(old ‖ new) for the penalty variant, given ∂loss/∂KL per row.
  public func addDivergenceGradients<S>(
    rows: Int, fromMeans oldMeans: borrowing AlignedVector<S>,
    logDeviations oldLogDeviations: borrowing AlignedVector<S>,
    toMeans newMeans: borrowing AlignedVector<S>, parameters: borrowing AlignedVector<S>,
    divergenceGradients: borrowing AlignedVector<S>, meanGradients: inout AlignedVector<S>,
    gradients: inout AlignedVector<S>
  ) {
    var meanSpan = meanGradients.mutableSpan
    var deviationSpan = gradients.mutableSpan(of: logDeviations)
    DiagonalGaussian.addDivergenceGradients(
      fromMeans: oldMeans.span, logDeviations: oldLogDeviations.span, toMeans: newMeans.span,
      logDeviations: parameters.span.extracting(logDeviations),
      divergenceGradients: divergenceGradients.span.extracting(first: rows), meanGradients: &meanSpan,
      logDeviationGradients: &deviationSpan)
  }

  /// A copy of log σ, shape [actions]: what a rollout keeps of the old policy.
  public func logDeviations<S>(in parameters: borrowing AlignedVector<S>) -> AlignedVector<S> {
    var copy = AlignedVector<S>(zeros: actionCount)
    for (i, place) in logDeviations.enumerated() { copy[i] = parameters[place] }
    return copy
  }
}
