/// Losses of a network's outputs against targets, with their gradients. No call allocates.
public enum Loss {
  /// Mean squared error: L = 1/N Σ (y − t)², ∂L/∂y = 2 (y − t) / N.
  ///
  /// - Parameters:
  ///   - outputs: y; the first `targets.count` elements are read.
  ///   - targets: t.
  ///   - count: N; if `targets` is one shard of a batch, the count of the whole batch.
  ///   - gradients: receives ∂L/∂y; the first `targets.count` elements are written.
  /// - Returns: this shard's part of L, summed in double.
  @specialized(where S == Float)
  public static func squaredError<S: NetworkScalar>(
    _ outputs: Span<S>, targets: Span<S>, dividedBy count: Int, gradients: inout MutableSpan<S>
  ) -> Double {
    precondition(
      outputs.count >= targets.count && gradients.count >= targets.count && count > 0,
      "\(targets.count) targets, \(outputs.count) outputs, \(gradients.count) gradients, divided by \(count)")
    let scale = 2 / S(count)
    var sum = 0.0
    for i in targets.indices {
      let difference = outputs[i] - targets[i]
      sum += Double(difference) * Double(difference)
      gradients[i] = difference * scale
    }
    return sum / Double(count)
  }

  /// Huber's loss: the mean over N of ½ d² if |d| ≤ δ, otherwise δ (|d| − ½ δ), with d = y − t. Source: Huber 1964, eq.
  /// 2.
  ///
  /// Parameters are as in `squaredError`; the threshold δ > 0 bounds each element's gradient by δ / N.
  @specialized(where S == Float)
  public static func huber<S: NetworkScalar>(
    _ outputs: Span<S>, targets: Span<S>, threshold: S, dividedBy count: Int, gradients: inout MutableSpan<S>
  ) -> Double {
    precondition(
      outputs.count >= targets.count && gradients.count >= targets.count && count > 0 && threshold > 0,
      "\(targets.count) targets, \(outputs.count) outputs, \(gradients.count) gradients, divided by \(count), δ \(threshold)"
    )
    var sum = 0.0
    for i in targets.indices {
      let difference = outputs[i] - targets[i]
      let magnitude = abs(difference)
      sum += Double(magnitude <= threshold ? magnitude * magnitude / 2 : threshold * (magnitude - threshold / 2))
      // Comparisons in this order preserve NaN.
      let bounded = difference > threshold ? threshold : (difference < -threshold ? -threshold : difference)
      gradients[i] = bounded / S(count)
    }
    return sum / Double(count)
  }

  /// The mean squared error of the first `rows` elements of vectors, which may be properties of one value.
  public static func squaredError<S: NetworkScalar>(
    _ outputs: borrowing AlignedVector<S>, targets: borrowing AlignedVector<S>, rows: Int, dividedBy count: Int,
    gradients: inout AlignedVector<S>
  ) -> Double {
    var span = gradients.mutableSpan
    return squaredError(
      outputs.span, targets: targets.span.extracting(first: rows), dividedBy: count, gradients: &span)
  }

  /// Huber's loss of the first `rows` elements of vectors, which may be properties of one value.
  public static func huber<S: NetworkScalar>(
    _ outputs: borrowing AlignedVector<S>, targets: borrowing AlignedVector<S>, rows: Int, threshold: S,
    dividedBy count: Int, gradients: inout AlignedVector<S>
  ) -> Double {
    var span = gradients.mutableSpan
    return huber(
      outputs.span, targets: targets.span.extracting(first: rows), threshold: threshold, dividedBy: count,
      gradients: &span)
  }
}

extension MLPWorkspace {
  /// Writes the gradients of the mean squared error of the first `rows` outputs; as `Loss.squaredError`.
  ///
  /// - Returns: this shard's part of the loss.
  public mutating func writeSquaredErrorGradients(
    targets: borrowing AlignedVector<Scalar>, rows: Int, dividedBy count: Int
  ) -> Double {
    Loss.squaredError(outputs, targets: targets, rows: rows, dividedBy: count, gradients: &outputGradients)
  }

  /// Writes the gradients of Huber's loss of the first `rows` outputs; as `Loss.huber`.
  ///
  /// - Returns: this shard's part of the loss.
  public mutating func writeHuberGradients(
    targets: borrowing AlignedVector<Scalar>, rows: Int, threshold: Scalar, dividedBy count: Int
  ) -> Double {
    Loss.huber(
      outputs, targets: targets, rows: rows, threshold: threshold, dividedBy: count, gradients: &outputGradients)
  }
}
