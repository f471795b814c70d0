/// The diagonal Gaussian squashed into (−1, 1): a = tanh u, u ~ N(μ, diag σ²).
///
///     log π(a) = log N(u; μ, σ) − Σⱼ log(1 − tanh² uⱼ)
///
/// All functions take the action u before squashing. It cannot be recovered from a, which rounds to ±1 already for
/// moderate u. Source: Haarnoja et al. 2018, "Soft Actor-Critic", appendix C.
public enum SquashedGaussian {
  /// log(1 − tanh² u) = 2 (log 2 − u − log(1 + e⁻²ᵘ)), evaluated at |u| so that nothing overflows or cancels.
  @inlinable
  public static func logSlope<S: NetworkScalar>(_ u: S) -> S {
    let x = abs(u)
    return 2 * (S(0.693147180559945309417232121458) - x - S.logarithm1p(S.exponential(-2 * x)))
  }

  /// Writes a = tanh u.
  @specialized(where S == Float)
  public static func writeSquashed<S: NetworkScalar>(_ preActions: Span<S>, into actions: inout MutableSpan<S>) {
    precondition(actions.count >= preActions.count, "\(preActions.count) elements into \(actions.count)")
    for i in preActions.indices { actions[i] = S.hyperbolicTangent(preActions[i]) }
  }

  /// Writes log π(tanh uᵣ) for each row. Shapes as in `DiagonalGaussian.writeLogProbabilities`.
  ///
  /// The correction does not depend on μ and σ, so for a fixed u the gradients are those of `DiagonalGaussian`.
  @specialized(where S == Float)
  public static func writeLogProbabilities<S: NetworkScalar>(
    of preActions: Span<S>, means: Span<S>, logDeviations: Span<S>, into logProbabilities: inout MutableSpan<S>
  ) {
    DiagonalGaussian.writeLogProbabilities(
      of: preActions, means: means, logDeviations: logDeviations, into: &logProbabilities)
    let n = logDeviations.count
    for r in 0..<logProbabilities.count {
      for j in 0..<n { logProbabilities[r] -= logSlope(preActions[r * n + j]) }
    }
  }

  /// Adds to ∂loss/∂μ and ∂loss/∂log σ, given ∂loss/∂ log π for each row, for reparametrised samples u = μ + σ ε, which
  /// depend on the parameters: for μ the gradient of the density cancels, and ∂(−log(1 − tanh² u))/∂u = 2 tanh u
  /// remains.
  ///
  /// For u = μ + σ ε: ∂ log π/∂μⱼ = 2 tanh uⱼ and ∂ log π/∂ log σⱼ = −1 + 2 tanh(uⱼ) σⱼ εⱼ.
  @specialized(where S == Float)
  public static func addReparameterizedGradients<S: NetworkScalar>(
    preActions: Span<S>, logDeviations: Span<S>, noise: Span<S>, logProbabilityGradients: Span<S>,
    meanGradients: inout MutableSpan<S>, logDeviationGradients: inout MutableSpan<S>
  ) {
    let n = logDeviations.count
    let rows = logProbabilityGradients.count
    DiagonalGaussian.checkShapes(rows: rows, actions: n, preActions.count, noise.count)
    for j in 0..<n {
      let deviation = S.exponential(logDeviations[j])
      var sum: S = 0
      for r in 0..<rows {
        let slope = 2 * S.hyperbolicTangent(preActions[r * n + j])
        let g = logProbabilityGradients[r]
        meanGradients[r * n + j] += g * slope
        sum += g * (slope * deviation * noise[r * n + j] - 1)
      }
      logDeviationGradients[j] += sum
    }
  }
}
