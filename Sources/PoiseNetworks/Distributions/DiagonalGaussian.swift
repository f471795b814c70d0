/// The diagonal Gaussian N(μ, diag σ²) over actions, with σ independent of the state: log-probabilities, KL divergences
/// and their gradients.
///
/// Means and actions have shape [rows, actions], log σ has shape [actions]. Rows are independent; no call allocates.
/// For σ that depends on the state see `StateDependentGaussian`, for actions squashed by tanh
/// `SquashedGaussian`.
public enum DiagonalGaussian {
  /// Writes log N(aᵣ; μᵣ, σ) for each row.
  ///
  ///     log N = −½ Σⱼ ((aⱼ − μⱼ)/σⱼ)² − Σⱼ log σⱼ − ½ n log 2π
  ///
  /// - Parameters:
  ///   - actions: a, [rows, actions].
  ///   - means: μ, [rows, actions].
  ///   - logDeviations: log σ, [actions].
  ///   - logProbabilities: receives log N, [rows]; its count gives the number of rows.
  @specialized(where S == Float)
  public static func writeLogProbabilities<S: NetworkScalar>(
    of actions: Span<S>, means: Span<S>, logDeviations: Span<S>, into logProbabilities: inout MutableSpan<S>
  ) {
    let rows = logProbabilities.count
    let n = logDeviations.count
    checkShapes(rows: rows, actions: n, actions.count, means.count)
    var constant = S(-0.5 * log2Pi) * S(n)
    for j in 0..<n { constant -= logDeviations[j] }
    for r in 0..<rows { logProbabilities[r] = 0 }
    for j in 0..<n {
      let inverse = S.exponential(-logDeviations[j])
      for r in 0..<rows {
        let z = (actions[r * n + j] - means[r * n + j]) * inverse
        logProbabilities[r] -= z * z / 2
      }
    }
    for r in 0..<rows { logProbabilities[r] += constant }
  }

  /// Writes ∂loss/∂μ and adds to ∂loss/∂log σ, given ∂loss/∂ log N for each row.
  ///
  ///     ∂ log N / ∂μⱼ = (aⱼ − μⱼ)/σⱼ²        ∂ log N / ∂ log σⱼ = ((aⱼ − μⱼ)/σⱼ)² − 1
  ///
  /// - Parameters:
  ///   - actions: a, [rows, actions].
  ///   - means: μ, [rows, actions].
  ///   - logDeviations: log σ, [actions].
  ///   - logProbabilityGradients: ∂loss/∂ log N, [rows]; its count gives the number of rows.
  ///   - meanGradients: receives ∂loss/∂μ, [rows, actions].
  ///   - logDeviationGradients: ∂loss/∂log σ is added to it, [actions].
  @specialized(where S == Float)
  public static func writeLogProbabilityGradients<S: NetworkScalar>(
    of actions: Span<S>, means: Span<S>, logDeviations: Span<S>, logProbabilityGradients: Span<S>,
    meanGradients: inout MutableSpan<S>, logDeviationGradients: inout MutableSpan<S>
  ) {
    let rows = logProbabilityGradients.count
    let n = logDeviations.count
    checkShapes(rows: rows, actions: n, actions.count, means.count)
    precondition(meanGradients.count >= rows * n && logDeviationGradients.count == n, "gradients of another shape")
    for j in 0..<n {
      let inverse = S.exponential(-logDeviations[j])
      var sum: S = 0
      for r in 0..<rows {
        let z = (actions[r * n + j] - means[r * n + j]) * inverse
        let g = logProbabilityGradients[r]
        meanGradients[r * n + j] = g * z * inverse
        sum += g * (z * z - 1)
      }
      logDeviationGradients[j] += sum
    }
  }

  /// The entropy H = Σⱼ log σⱼ + ½ n (1 + log 2π), nats, which is the same in every state; ∂H/∂ log σⱼ = 1.
  @specialized(where S == Float)
  public static func entropy<S: NetworkScalar>(logDeviations: Span<S>) -> Double {
    var sum = 0.5 * Double(logDeviations.count) * (1 + log2Pi)
    for j in logDeviations.indices { sum += Double(logDeviations[j]) }
    return sum
  }

  /// Writes KL(old ‖ new) for each row.
  ///
  ///     KL = Σⱼ log σ'ⱼ − log σⱼ + (σⱼ² + (μⱼ − μ'ⱼ)²) / (2 σ'ⱼ²) − ½        old (μ, σ), new (μ', σ')
  @specialized(where S == Float)
  public static func writeKLDivergences<S: NetworkScalar>(
    fromMeans oldMeans: Span<S>, logDeviations oldLogDeviations: Span<S>, toMeans newMeans: Span<S>,
    logDeviations newLogDeviations: Span<S>, into divergences: inout MutableSpan<S>
  ) {
    let rows = divergences.count
    let n = newLogDeviations.count
    checkShapes(rows: rows, actions: n, oldMeans.count, newMeans.count)
    precondition(oldLogDeviations.count == n, "\(oldLogDeviations.count) old deviations, \(n) new")
    for r in 0..<rows { divergences[r] = 0 }
    for j in 0..<n {
      let inverse = S.exponential(-newLogDeviations[j])
      let ratio = S.exponential(oldLogDeviations[j] - newLogDeviations[j])
      let constant = newLogDeviations[j] - oldLogDeviations[j] + (ratio * ratio - 1) / 2
      for r in 0..<rows {
        let z = (oldMeans[r * n + j] - newMeans[r * n + j]) * inverse
        divergences[r] += constant + z * z / 2
      }
    }
  }

  /// Adds the part of the KL divergence to ∂loss/∂μ' and ∂loss/∂log σ' of the new distribution, given ∂loss/∂KL for
  /// each row.
  ///
  ///     ∂KL/∂μ'ⱼ = (μ'ⱼ − μⱼ)/σ'ⱼ²        ∂KL/∂ log σ'ⱼ = 1 − (σⱼ² + (μⱼ − μ'ⱼ)²)/σ'ⱼ²
  @specialized(where S == Float)
  public static func addKLDivergenceGradients<S: NetworkScalar>(
    fromMeans oldMeans: Span<S>, logDeviations oldLogDeviations: Span<S>, toMeans newMeans: Span<S>,
    logDeviations newLogDeviations: Span<S>, klDivergenceGradients: Span<S>, meanGradients: inout MutableSpan<S>,
    logDeviationGradients: inout MutableSpan<S>
  ) {
    let rows = klDivergenceGradients.count
    let n = newLogDeviations.count
    checkShapes(rows: rows, actions: n, oldMeans.count, newMeans.count)
    precondition(
      oldLogDeviations.count == n && logDeviationGradients.count == n && meanGradients.count >= rows * n,
      "deviations or gradients of another shape")
    for j in 0..<n {
      let inverse = S.exponential(-newLogDeviations[j])
      let ratio = S.exponential(oldLogDeviations[j] - newLogDeviations[j])
      var sum: S = 0
      for r in 0..<rows {
        let z = (newMeans[r * n + j] - oldMeans[r * n + j]) * inverse
        let g = klDivergenceGradients[r]
        meanGradients[r * n + j] += g * z * inverse
        sum += g * (1 - ratio * ratio - z * z)
      }
      logDeviationGradients[j] += sum
    }
  }

  /// Writes samples a = μ + σ ε, [rows, actions], from standard normal numbers ε that the caller drew, [rows, actions].
  @specialized(where S == Float)
  public static func writeSamples<S: NetworkScalar>(
    means: Span<S>, logDeviations: Span<S>, noise: Span<S>, into actions: inout MutableSpan<S>
  ) {
    let n = logDeviations.count
    let rows = noise.count / n
    checkShapes(rows: rows, actions: n, means.count, actions.count)
    for j in 0..<n {
      let deviation = S.exponential(logDeviations[j])
      for r in 0..<rows { actions[r * n + j] = means[r * n + j] + deviation * noise[r * n + j] }
    }
  }

  /// Checks that two vectors have enough elements for rows of actions.
  static func checkShapes(rows: Int, actions: Int, _ first: Int, _ second: Int) {
    precondition(
      first >= rows * actions && second >= rows * actions,
      "\(rows) rows of \(actions) actions need \(rows * actions) elements, got \(first) and \(second)")
  }
}

/// log 2π
let log2Pi = 1.837877066409345483560659472811
