/// The diagonal Gaussian N(μ, diag σ²) whose μ and log σ are both outputs of a network, and that Gaussian squashed by tanh.
///
/// A row of `outputs` is [μ | log σ], shape [rows, 2 × actions]; actions have shape [rows, actions]. For the squashed
/// Gaussian, "actions" always means those before tanh: u, not tanh u. Rows are independent; no call allocates.
public enum StateDependentGaussian {
  /// Writes log N(aᵣ; μᵣ, σᵣ) for each row, or the log-probability of tanh aᵣ.
  ///
  ///     log N = −½ Σⱼ ((aⱼ − μⱼ)/σⱼ)² − Σⱼ log σⱼ − ½ n log 2π,   squashed: − Σⱼ log(1 − tanh² aⱼ)
  ///
  /// - Parameters:
  ///   - actions: a, before tanh, [rows, actions].
  ///   - outputs: rows of [μ | log σ], [rows, 2 × actions].
  ///   - n: the number of actions.
  ///   - isSquashed: whether actions are squashed by tanh.
  ///   - logProbabilities: receives the log-probabilities, [rows]; its count gives the number of rows.
  @specialized(where S == Float)
  public static func writeLogProbabilities<S: NetworkScalar>(
    of actions: Span<S>, outputs: Span<S>, actions n: Int, isSquashed: Bool,
    into logProbabilities: inout MutableSpan<S>
  ) {
    checkShapes(rows: logProbabilities.count, actions: n, outputs.count, actions.count)
    for r in 0..<logProbabilities.count {
      var sum = S(-0.5 * log2Pi) * S(n)
      for j in 0..<n {
        let logDeviation = outputs[2 * r * n + n + j]
        let z = (actions[r * n + j] - outputs[2 * r * n + j]) * S.exponential(-logDeviation)
        sum -= z * z / 2 + logDeviation
        if isSquashed { sum -= SquashedGaussian.logSlope(actions[r * n + j]) }
      }
      logProbabilities[r] = sum
    }
  }

  /// Writes ∂loss/∂outputs, given ∂loss/∂ log N for each row, for fixed actions; the result is the same with squashing.
  ///
  ///     ∂ log N / ∂μⱼ = (aⱼ − μⱼ)/σⱼ²        ∂ log N / ∂ log σⱼ = ((aⱼ − μⱼ)/σⱼ)² − 1
  ///
  /// - Parameters:
  ///   - actions: a, before tanh, [rows, actions].
  ///   - outputs: rows of [μ | log σ], [rows, 2 × actions].
  ///   - n: the number of actions.
  ///   - logProbabilityGradients: ∂loss/∂ log N, [rows]; its count gives the number of rows.
  ///   - outputGradients: receives ∂loss/∂outputs, [rows, 2 × actions].
  @specialized(where S == Float)
  public static func writeLogProbabilityGradients<S: NetworkScalar>(
    of actions: Span<S>, outputs: Span<S>, actions n: Int, logProbabilityGradients: Span<S>,
    outputGradients: inout MutableSpan<S>
  ) {
    checkShapes(rows: logProbabilityGradients.count, actions: n, outputs.count, actions.count)
    for r in 0..<logProbabilityGradients.count {
      let g = logProbabilityGradients[r]
      for j in 0..<n {
        let inverse = S.exponential(-outputs[2 * r * n + n + j])
        let z = (actions[r * n + j] - outputs[2 * r * n + j]) * inverse
        outputGradients[2 * r * n + j] = g * z * inverse
        outputGradients[2 * r * n + n + j] = g * (z * z - 1)
      }
    }
  }

  /// Adds to ∂loss/∂outputs, given ∂loss/∂ log π for each row, for reparametrised samples u = μ + σ ε that are
  /// squashed.
  ///
  ///     ∂ log π(tanh u)/∂μⱼ = 2 tanh uⱼ        ∂ log π(tanh u)/∂ log σⱼ = −1 + 2 tanh(uⱼ) σⱼ εⱼ
  ///
  /// Source: Haarnoja et al. 2018, "Soft Actor-Critic", appendix C.
  @specialized(where S == Float)
  public static func addReparameterizedGradients<S: NetworkScalar>(
    preActions: Span<S>, outputs: Span<S>, actions n: Int, noise: Span<S>, logProbabilityGradients: Span<S>,
    outputGradients: inout MutableSpan<S>
  ) {
    checkShapes(rows: logProbabilityGradients.count, actions: n, outputs.count, preActions.count)
    for r in 0..<logProbabilityGradients.count {
      let g = logProbabilityGradients[r]
      for j in 0..<n {
        let slope = 2 * S.hyperbolicTangent(preActions[r * n + j])
        let deviation = S.exponential(outputs[2 * r * n + n + j])
        outputGradients[2 * r * n + j] += g * slope
        outputGradients[2 * r * n + n + j] += g * (slope * deviation * noise[r * n + j] - 1)
      }
    }
  }

  /// Writes the entropy of each row, nats, before squashing: H = Σⱼ log σⱼ + ½ n (1 + log 2π); ∂H/∂ log σⱼ = 1.
  @specialized(where S == Float)
  public static func writeEntropies<S: NetworkScalar>(
    outputs: Span<S>, actions n: Int, into entropies: inout MutableSpan<S>
  ) {
    checkShapes(rows: entropies.count, actions: n, outputs.count, entropies.count * n)
    for r in 0..<entropies.count {
      var sum = S(0.5 * (1 + log2Pi)) * S(n)
      for j in 0..<n { sum += outputs[2 * r * n + n + j] }
      entropies[r] = sum
    }
  }

  /// Writes KL(old ‖ new) for each row, nats; squashing does not change it. The equation is that of `DiagonalGaussian`.
  @specialized(where S == Float)
  public static func writeKLDivergences<S: NetworkScalar>(
    from old: Span<S>, to new: Span<S>, actions n: Int, into divergences: inout MutableSpan<S>
  ) {
    checkShapes(rows: divergences.count, actions: n, old.count, divergences.count * n)
    checkShapes(rows: divergences.count, actions: n, new.count, divergences.count * n)
    for r in 0..<divergences.count {
      var sum: S = 0
      for j in 0..<n {
        let (mean, logDeviation) = (2 * r * n + j, 2 * r * n + n + j)
        let z = (old[mean] - new[mean]) * S.exponential(-new[logDeviation])
        let ratio = S.exponential(old[logDeviation] - new[logDeviation])
        sum += new[logDeviation] - old[logDeviation] + (ratio * ratio - 1 + z * z) / 2
      }
      divergences[r] = sum
    }
  }

  /// Adds the part of the KL divergence to ∂loss/∂outputs of the new Gaussian, given ∂loss/∂KL for each row. The
  /// equations are those of `DiagonalGaussian`.
  @specialized(where S == Float)
  public static func addKLDivergenceGradients<S: NetworkScalar>(
    from old: Span<S>, to new: Span<S>, actions n: Int, klDivergenceGradients: Span<S>,
    outputGradients: inout MutableSpan<S>
  ) {
    checkShapes(rows: klDivergenceGradients.count, actions: n, old.count, klDivergenceGradients.count * n)
    for r in 0..<klDivergenceGradients.count {
      let g = klDivergenceGradients[r]
      for j in 0..<n {
        let (mean, logDeviation) = (2 * r * n + j, 2 * r * n + n + j)
        let inverse = S.exponential(-new[logDeviation])
        let z = (new[mean] - old[mean]) * inverse
        let ratio = S.exponential(old[logDeviation] - new[logDeviation])
        outputGradients[mean] += g * z * inverse
        outputGradients[logDeviation] += g * (1 - ratio * ratio - z * z)
      }
    }
  }

  /// Writes samples a = μ + σ ε before squashing, [rows, actions], from standard normal numbers ε that the caller drew.
  @specialized(where S == Float)
  public static func writeSamples<S: NetworkScalar>(
    outputs: Span<S>, actions n: Int, noise: Span<S>, into actions: inout MutableSpan<S>
  ) {
    checkShapes(rows: noise.count / n, actions: n, outputs.count, actions.count)
    for r in 0..<noise.count / n {
      for j in 0..<n {
        let deviation = S.exponential(outputs[2 * r * n + n + j])
        actions[r * n + j] = outputs[2 * r * n + j] + deviation * noise[r * n + j]
      }
    }
  }

  private static func checkShapes(rows: Int, actions: Int, _ outputs: Int, _ samples: Int) {
    precondition(
      actions > 0 && outputs >= 2 * rows * actions && samples >= rows * actions,
      "\(rows) rows of \(actions) actions, \(outputs) outputs of the network, \(samples) numbers of actions")
  }
}
