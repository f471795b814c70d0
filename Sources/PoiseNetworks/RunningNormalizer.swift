public import PoiseCore

/// Running mean and variance per element of an observation, and the normalised observation.
///
///     y = clip((x − mean) / √(variance + ε), ±limit)
///
/// Statistics are kept in double. Blocks are merged by Chan, Golub and LeVeque 1979 ("Updating Formulae and a Pairwise
/// Algorithm for Computing Sample Variances", eq. 2.1), whose case of one observation is Welford 1962. Merging is not
/// associative in floating point: merge in a fixed order.
public struct RunningNormalizer: Codable, Hashable, Sendable {
  /// Observations seen.
  public private(set) var count: Double
  /// Shape [elements].
  public private(set) var means: [Double]
  /// Σ (x − mean)², shape [elements].
  public private(set) var squares: [Double]
  /// Normalised elements are clipped to ± this.
  public let limit: Double
  /// While true, `observe` and `merge` change nothing: evaluation and replay.
  public var isFrozen = false
  /// mean and 1/√(variance + ε) as floats, for `normalize`; shape [elements].
  private var offsets: [Float]
  private var scales: [Float]

  /// ε, added to the variance.
  public static let epsilon = 1e-8

  /// - Parameters:
  ///   - elementCount: elements of one observation.
  ///   - limit: where normalised elements are clipped, above 0.
  public init(elementCount: Int, limit: Double = 10) {
    precondition(elementCount > 0 && limit > 0, "a normaliser of \(elementCount) elements with limit \(limit)")
    count = 0
    means = Array(repeating: 0, count: elementCount)
    squares = Array(repeating: 0, count: elementCount)
    offsets = Array(repeating: 0, count: elementCount)
    scales = Array(repeating: 1, count: elementCount)
    self.limit = limit
  }

  public var elementCount: Int { means.count }

  /// Population variance of element `i`; 1 before two observations were seen.
  public func variance(of i: Int) -> Double { count > 1 ? squares[i] / count : 1 }

  /// Takes rows of observations into account, in order.
  ///
  /// A row with an element that is not finite is left out whole.
  /// - Parameter observations: shape [rows, elements].
  public mutating func observe(_ observations: [Float]) { observe(observations.span) }

  /// As `observe` over an array.
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

  /// Takes everything into account that `other` has seen.
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

  /// Takes the mirror image of everything into account that was seen, as often as that: statistics become their own image.
  public mutating func symmetrize(_ reflection: Reflection) {
    precondition(reflection.count == elementCount, "a reflection of \(reflection.count) of \(elementCount) elements")
    guard !isFrozen, count > 0 else { return }
    for i in means.indices {
      let j = reflection.partners[i]
      guard i <= j else { continue }
      let sign = Double(reflection.signs[i])
      // Of two equal parts with means m ± δ: the mean of the parts' variances, and δ².
      let (mean, δ) = ((means[i] + sign * means[j]) / 2, (means[i] - sign * means[j]) / 2)
      let square = (squares[i] + squares[j]) / 2 + count * (δ * δ)
      (means[i], means[j]) = (mean, sign * mean)
      (squares[i], squares[j]) = (square, square)
    }
    updateScales()
  }

  /// Forgets what was seen; a shard's normaliser starts so before each rollout.
  public mutating func reset() {
    guard !isFrozen else { return }
    count = 0
    for i in means.indices { (means[i], squares[i], offsets[i], scales[i]) = (0, 0, 0, 1) }
  }

  /// Writes normalised rows; before anything was seen, they are only clipped. Shapes [rows, elements].
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

  /// mean and 1/√(variance + ε) of element `i` as `normalize` uses them: for exporting a policy with its normaliser.
  public func normalization(of i: Int) -> (mean: Float, scale: Float) { (offsets[i], scales[i]) }

  /// Reads what `encode` wrote; statistics of another shape or that are not finite are refused.
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
  /// Writes normalised rows, or the rows as they are where there is no normaliser. Shapes [rows, elements].
  public func normalize(_ observations: Span<Float>, into normalized: inout MutableSpan<Float>) {
    if let self { return self.normalize(observations, into: &normalized) }
    for i in observations.indices { normalized[i] = observations[i] }
  }
}

extension MLPWorkspace<Float> {
  /// Writes rows of observations to `inputs`, normalised where there is a normaliser. Shape [rows, inputs].
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

  /// Takes the statistics from tensors, to the bit; limit and freezing stay as they are.
  ///
  /// - Parameter file: what messages call the source.
  /// - Throws: `InvalidInput` with everything that does not fit; then nothing was changed.
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
