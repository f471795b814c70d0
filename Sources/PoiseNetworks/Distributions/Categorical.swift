/// The categorical distribution over n choices, parametrised by unnormalised log-probabilities ("logits") z.
///
///     log p_k = z_k − log Σᵢ exp zᵢ
///
/// Logits have shape [rows, choices]. A sample is the index of a choice as a float, shape [rows]. Rows are independent;
/// no call allocates. Sums of exponentials are relative to the largest logit, so nothing overflows.
public enum Categorical {
  /// Writes log p(aᵣ) for each row.
  ///
  /// - Parameters:
  ///   - actions: indices of choices, [rows].
  ///   - logits: z, [rows, choices].
  ///   - n: the number of choices.
  ///   - logProbabilities: receives log p, [rows]; its count gives the number of rows.
  @specialized(where S == Float)
  public static func writeLogProbabilities<S: NetworkScalar>(
    of actions: Span<S>, logits: Span<S>, choices n: Int, into logProbabilities: inout MutableSpan<S>
  ) {
    let rows = logProbabilities.count
    checkShapes(rows: rows, choices: n, logits.count, actions.count)
    for r in 0..<rows {
      logProbabilities[r] = logits[r * n + index(actions[r], below: n)] - logSum(logits, row: r, choices: n)
    }
  }

  /// Writes ∂loss/∂z, given ∂loss/∂ log p(aᵣ) for each row.
  ///
  ///     ∂ log p_a / ∂z_k = 1[k = a] − p_k
  ///
  /// - Parameters:
  ///   - actions: indices of choices, [rows].
  ///   - logits: z, [rows, choices].
  ///   - n: the number of choices.
  ///   - logProbabilityGradients: ∂loss/∂ log p, [rows]; its count gives the number of rows.
  ///   - logitGradients: receives ∂loss/∂z, [rows, choices].
  @specialized(where S == Float)
  public static func writeLogProbabilityGradients<S: NetworkScalar>(
    of actions: Span<S>, logits: Span<S>, choices n: Int, logProbabilityGradients: Span<S>,
    logitGradients: inout MutableSpan<S>
  ) {
    let rows = logProbabilityGradients.count
    checkShapes(rows: rows, choices: n, logits.count, actions.count)
    for r in 0..<rows {
      let (sum, g) = (logSum(logits, row: r, choices: n), logProbabilityGradients[r])
      for k in 0..<n { logitGradients[r * n + k] = -g * S.exponential(logits[r * n + k] - sum) }
      logitGradients[r * n + index(actions[r], below: n)] += g
    }
  }

  /// Writes the entropy of each row.
  ///
  ///     H = −Σ_k p_k log p_k
  @specialized(where S == Float)
  public static func writeEntropies<S: NetworkScalar>(
    logits: Span<S>, choices n: Int, into entropies: inout MutableSpan<S>
  ) {
    checkShapes(rows: entropies.count, choices: n, logits.count, entropies.count)
    for r in 0..<entropies.count { entropies[r] = entropy(logits, row: r, choices: n) }
  }

  /// Adds the part of the entropy to ∂loss/∂z, given ∂loss/∂H for each row.
  ///
  ///     ∂H/∂z_k = −p_k (log p_k + H)
  @specialized(where S == Float)
  public static func addEntropyGradients<S: NetworkScalar>(
    logits: Span<S>, choices n: Int, entropyGradients: Span<S>, logitGradients: inout MutableSpan<S>
  ) {
    checkShapes(rows: entropyGradients.count, choices: n, logits.count, entropyGradients.count)
    for r in 0..<entropyGradients.count {
      let (sum, entropy) = (logSum(logits, row: r, choices: n), entropy(logits, row: r, choices: n))
      for k in 0..<n {
        let logProbability = logits[r * n + k] - sum
        logitGradients[r * n + k] -=
          entropyGradients[r] * S.exponential(logProbability) * (logProbability + entropy)
      }
    }
  }

  /// Writes KL(old ‖ new) for each row.
  ///
  ///     KL = Σ_k p_k (log p_k − log q_k)        old p, new q
  @specialized(where S == Float)
  public static func writeKLDivergences<S: NetworkScalar>(
    fromLogits old: Span<S>, toLogits new: Span<S>, choices n: Int, into divergences: inout MutableSpan<S>
  ) {
    checkShapes(rows: divergences.count, choices: n, old.count, divergences.count)
    checkShapes(rows: divergences.count, choices: n, new.count, divergences.count)
    for r in 0..<divergences.count {
      let (oldSum, newSum) = (logSum(old, row: r, choices: n), logSum(new, row: r, choices: n))
      var divergence: S = 0
      for k in 0..<n {
        let logProbability = old[r * n + k] - oldSum
        divergence += S.exponential(logProbability) * (logProbability - (new[r * n + k] - newSum))
      }
      divergences[r] = divergence
    }
  }

  /// Adds the part of the KL divergence to ∂loss/∂z′ of the new distribution, given ∂loss/∂KL for each row.
  ///
  ///     ∂KL/∂z′_k = q_k − p_k
  @specialized(where S == Float)
  public static func addKLDivergenceGradients<S: NetworkScalar>(
    fromLogits old: Span<S>, toLogits new: Span<S>, choices n: Int, klDivergenceGradients: Span<S>,
    logitGradients: inout MutableSpan<S>
  ) {
    let rows = klDivergenceGradients.count
    checkShapes(rows: rows, choices: n, old.count, rows)
    checkShapes(rows: rows, choices: n, new.count, rows)
    for r in 0..<rows {
      let (oldSum, newSum) = (logSum(old, row: r, choices: n), logSum(new, row: r, choices: n))
      for k in 0..<n {
        logitGradients[r * n + k] +=
          klDivergenceGradients[r]
          * (S.exponential(new[r * n + k] - newSum) - S.exponential(old[r * n + k] - oldSum))
      }
    }
  }

  /// Writes a sample of each row by inversion: the smallest k with Σ_{i ≤ k} pᵢ > u.
  ///
  /// - Parameters:
  ///   - logits: z, [rows, choices].
  ///   - n: the number of choices.
  ///   - noise: u, uniform numbers in [0, 1) that the caller drew, [rows].
  ///   - actions: receives the indices of the choices, [rows].
  @specialized(where S == Float)
  public static func writeSamples<S: NetworkScalar>(
    logits: Span<S>, choices n: Int, noise: Span<S>, into actions: inout MutableSpan<S>
  ) {
    checkShapes(rows: noise.count, choices: n, logits.count, actions.count)
    for r in 0..<noise.count {
      let sum = logSum(logits, row: r, choices: n)
      var (choice, cumulative) = (0, S.exponential(logits[r * n] - sum))
      // Because of rounding the whole sum may be below u.
      while choice < n - 1, cumulative <= noise[r] {
        choice += 1
        cumulative += S.exponential(logits[r * n + choice] - sum)
      }
      actions[r] = S(choice)
    }
  }

  /// Writes the index of the largest logit of each row, the first of equal ones.
  @specialized(where S == Float)
  public static func writeModes<S: NetworkScalar>(
    logits: Span<S>, choices n: Int, into actions: inout MutableSpan<S>
  ) {
    checkShapes(rows: actions.count, choices: n, logits.count, actions.count)
    for r in 0..<actions.count {
      var best = 0
      for k in 1..<max(1, n) where logits[r * n + k] > logits[r * n + best] { best = k }
      actions[r] = S(best)
    }
  }

  /// log Σ_k exp z_k of a row.
  @inline(__always)
  private static func logSum<S: NetworkScalar>(_ logits: Span<S>, row: Int, choices n: Int) -> S {
    var greatest = logits[row * n]
    for k in 1..<max(1, n) where logits[row * n + k] > greatest { greatest = logits[row * n + k] }
    var sum: S = 0
    for k in 0..<n { sum += S.exponential(logits[row * n + k] - greatest) }
    return greatest + S.logarithm(sum)
  }

  @inline(__always)
  private static func entropy<S: NetworkScalar>(_ logits: Span<S>, row: Int, choices n: Int) -> S {
    let sum = logSum(logits, row: row, choices: n)
    var entropy: S = 0
    for k in 0..<n {
      let logProbability = logits[row * n + k] - sum
      entropy -= S.exponential(logProbability) * logProbability
    }
    return entropy
  }

  /// The index of a choice from its float.
  @inline(__always)
  private static func index<S: NetworkScalar>(_ action: S, below n: Int) -> Int {
    precondition(action >= 0 && action < S(n), "action \(action) of \(n) choices")
    return Int(action)
  }

  private static func checkShapes(rows: Int, choices: Int, _ logits: Int, _ perRow: Int) {
    precondition(
      choices > 0 && logits >= rows * choices && perRow >= rows,
      "\(rows) rows of \(choices) choices need \(rows * choices) logits, got \(logits); \(perRow) numbers for the rows")
  }
}
