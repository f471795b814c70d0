public import PoiseCore

/// Normalises observations by the running mean and variance of each element.
///
///     y = clip((x − mean) / √(variance + ε), ±limit)
///
/// Statistics are in double. Blocks are merged as in Chan, Golub and LeVeque 1979 ("Updating Formulae and a Pairwise
/// Algorithm for Computing Sample Variances", eq. 2.1); a single observation is merged as in Welford 1962. Merging is
/// not associative in floating point: merge in a fixed order.
public struct RunningNormalizer: Codable, Hashable, Sendable {
  /// The number of observations in the statistics.
  public private(set) var count: Double
  /// The mean of each element, [elements].
  public private(set) var means: [Double]
  /// Σ (x − mean)² of each element, [elements].
  public private(set) var squares: [Double]
  /// Normalised elements are clipped to ± this.
  public let limit: Double
  /// Whether the statistics are frozen, so that `observe` and `merge` change nothing: in evaluation and replay.
  public var isFrozen = false
  /// mean and 1/√(variance + ε) as floats, for `normalize`; shape [elements].
  private var offsets: [Float]
  private var scales: [Float]

  /// ε, added to the variance.
  public static let epsilon = 1e-8

  /// Makes a normaliser without statistics.
  ///
  /// - Parameters:
  ///   - elementCount: the number of elements of an observation, at least 1.
  ///   - limit: normalised elements are clipped to ± this; positive.
  public init(elementCount: Int, limit: Double = 10) {
    precondition(elementCount > 0 && limit > 0, "a normaliser of \(elementCount) elements with limit \(limit)")
    count = 0
    means = Array(repeating: 0, count: elementCount)
    squares = Array(repeating: 0, count: elementCount)
    offsets = Array(repeating: 0, count: elementCount)
    scales = Array(repeating: 1, count: elementCount)
    self.limit = limit
  }

  /// The number of elements of an observation.
  public var elementCount: Int { means.count }

  /// The population variance of element `i`; 1 for fewer than two observations.
  public func variance(of i: Int) -> Double { count > 1 ? squares[i] / count : 1 }

  /// Adds rows of observations to the statistics, in order. A row with an element that is not finite is left out.
  ///
  /// - Parameter observations: [rows, elements].
  public mutating func observe(_ observations: [Float]) { observe(observations.span) }

  /// Adds rows of observations to the statistics, [rows, elements], in order. A row with an element that is not finite
  /// is left out.
  public mutating func observe(_ observations: Span<Float>) {
    let n = elementCount
    precondition(observations.count.isMultiple(of: n), "\(observations.count) numbers in rows of \(n)")
    guard !isFrozen else { return }
    var row = 0
    while row < observations.count {
      defer { row += n }
      var isFinite = true
      for i in 0..<n where !observations[row + i].isFinite { isFinite = false }
      guard isFinite else { continue }
      count += 1
      for i in 0..<n {
        let x = Double(observations[row + i])
        let δ = x - means[i]
        means[i] += δ / count
        squares[i] += δ * (x - means[i])
      }
    }
    updateScales()
  }

  /// Adds the statistics of another normaliser of as many elements.
  public mutating func merge(_ other: RunningNormalizer) {
    precondition(other.elementCount == elementCount, "\(other.elementCount) elements merged into \(elementCount)")
    guard !isFrozen, other.count > 0 else { return }
    let total = count + other.count
    for i in means.indices {
      let δ = other.means[i] - means[i]
      means[i] += δ * (other.count / total)
      squares[i] += other.squares[i] + δ * δ * (count * other.count / total)
    }
    count = total
    updateScales()
  }

  /// Makes the statistics symmetric: those of all observations together with their mirror images, with the same count.
  public mutating func symmetrize(_ reflection: Reflection) {
    precondition(reflection.count == elementCount, "a reflection of \(reflection.count) of \(elementCount) elements")
    guard !isFrozen, count > 0 else { return }
    for i in means.indices {
      let j = reflection.partners[i]
      guard i <= j else { continue }
      let sign = Double(reflection.signs[i])
      // The variance of two equal parts with means m ± δ is the mean of their variances, plus δ².
      let (mean, δ) = ((means[i] + sign * means[j]) / 2, (means[i] - sign * means[j]) / 2)
      let square = (squares[i] + squares[j]) / 2 + count * (δ * δ)
      (means[i], means[j]) = (mean, sign * mean)
      (squares[i], squares[j]) = (square, square)
    }
    updateScales()
  }

  /// Clears the statistics; a block's normaliser is reset before each rollout.
  public mutating func reset() {
    guard !isFrozen else { return }
    count = 0
    for i in means.indices { (means[i], squares[i], offsets[i], scales[i]) = (0, 0, 0, 1) }
  }

  /// Writes normalised rows, [rows, elements]; without statistics they are only clipped.
  public func normalize(_ observations: Span<Float>, into normalized: inout MutableSpan<Float>) {
    let n = elementCount
    precondition(
      observations.count.isMultiple(of: n) && normalized.count >= observations.count,
      "\(observations.count) numbers in rows of \(n) into \(normalized.count)")
    let limit = Float(limit)
    var row = 0
    while row < observations.count {
      for i in 0..<n {
        let y = (observations[row + i] - offsets[i]) * scales[i]
        normalized[row + i] = y > limit ? limit : (y < -limit ? -limit : y)
      }
      row += n
    }
  }

  /// mean and 1/√(variance + ε) of element `i`, as `normalize` uses them, for the export of a policy.
  public func normalization(of i: Int) -> (mean: Float, scale: Float) { (offsets[i], scales[i]) }

  /// Reads what `encode` wrote.
  ///
  /// - Throws: `DecodingError` for statistics of another shape or that are not finite.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    count = try values.decode(Double.self, forKey: .count)
    means = try values.decode([Double].self, forKey: .means)
    squares = try values.decode([Double].self, forKey: .squares)
    limit = try values.decode(Double.self, forKey: .limit)
    isFrozen = try values.decode(Bool.self, forKey: .isFrozen)
    guard
      !means.isEmpty, squares.count == means.count, count.isFinite, count >= 0, limit > 0,
      means.allSatisfy(\.isFinite), squares.allSatisfy({ $0.isFinite && $0 >= 0 })
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not the statistics of a running normaliser"))
    }
    offsets = Array(repeating: 0, count: means.count)
    scales = Array(repeating: 1, count: means.count)
    if count > 0 { updateScales() }
  }

  private enum CodingKeys: String, CodingKey {
    case count, means, squares, limit, isFrozen
  }

  fileprivate mutating func updateScales() {
    for i in means.indices {
      offsets[i] = Float(means[i])
      scales[i] = Float(1 / (variance(of: i) + Self.epsilon).squareRoot())
    }
  }

}

extension RunningNormalizer? {
  /// Writes normalised rows, or copies the rows without a normaliser, [rows, elements].
  public func normalize(_ observations: Span<Float>, into normalized: inout MutableSpan<Float>) {
    if let self { return self.normalize(observations, into: &normalized) }
    for i in observations.indices { normalized[i] = observations[i] }
  }
}

extension MLPWorkspace<Float> {
  /// Writes rows of observations to `inputs`, normalised if there is a normaliser, [rows, inputs].
  public mutating func setInputs(_ observations: Span<Float>, _ normalizer: RunningNormalizer?) {
    var inputs = inputs.mutableSpan
    normalizer.normalize(observations, into: &inputs)
  }
}

extension RunningNormalizer {
  /// The statistics as tensors, in double: `<prefix>.count` [], `<prefix>.mean` and `<prefix>.squares` [elements].
  public func tensors(prefix: String) -> [String: Tensor] {
    [
      "\(prefix).count": Tensor([count], shape: []), "\(prefix).mean": Tensor(means, shape: [elementCount]),
      "\(prefix).squares": Tensor(squares, shape: [elementCount]),
    ]
  }

  /// Restores the statistics from tensors, exact to the bit; limit and freezing are not changed.
  ///
  /// - Parameters:
  ///   - tensors: by name.
  ///   - prefix: the first part of the names.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with everything that does not fit; then nothing is changed.
  public mutating func read(_ tensors: [String: Tensor], prefix: String, file: String) throws(InvalidInput) {
    var reader = TensorReader(tensors: tensors, file: file)
    let newCount = reader.doubles("\(prefix).count", shape: [], where: { $0 >= 0 }, "a number not below 0")
    let newMeans = reader.doubles("\(prefix).mean", shape: [elementCount], where: { _ in true }, "")
    let newSquares = reader.doubles(
      "\(prefix).squares", shape: [elementCount], where: { $0 >= 0 }, "numbers not below 0")
    try reader.finish()
    count = newCount[0]
    means = newMeans
    squares = newSquares
    for i in means.indices { (offsets[i], scales[i]) = (0, 1) }
    if count > 0 { updateScales() }
  }
}
