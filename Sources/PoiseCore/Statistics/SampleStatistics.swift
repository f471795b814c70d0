/// Statistics of a sample, one number for each independent episode: mean, spread, a robust mean, and a confidence interval.
public struct SampleStatistics: Hashable, Sendable {
  /// The arithmetic mean.
  public var mean: Double
  /// Sample standard deviation, n − 1; 0 for one value.
  public var std: Double
  /// The mean of the middle half, as of `InterquartileMean`.
  public var iqm: Double
  /// 95 % confidence interval of the mean, [low, high], by 2,000 bootstrap resamples (percentiles; Efron 1979).
  public var ci95: [Double]

  /// The statistics of a sample.
  ///
  /// - Parameters:
  ///   - values: at least one.
  ///   - random: the stream of the resamples; purpose `.statistics`.
  ///   - resamples: their number; the interval is a single point where there are none.
  public init(_ values: [Double], random: RandomStream, resamples: Int = Self.resamples) {
    precondition(!values.isEmpty, "statistics of no values")
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    var random = random
    var means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[random.index(below: values.count)] }
      return sum / count
    }
    means.sort()
    self.mean = mean
    std = values.count > 1 ? (squares / (count - 1)).squareRoot() : 0
    iqm = InterquartileMean.mean(values)
    // 2.5 % of the resamples lie below the lower end, and as many above the upper one.
    let tail = resamples / 40
    ci95 = means.isEmpty ? [mean, mean] : [means[max(0, tail - 1)], means[min(means.count - 1, resamples - tail)]]
  }

  /// The resamples of an interval that is shown.
  public static let resamples = 2000
}

extension SampleStatistics: Codable {
  private enum Key: String, CodingKey { case mean, std, iqm, ci95 }

  /// Reads statistics; null is a number that was not finite.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func number(_ key: Key) throws -> Double { try values.decode(Double?.self, forKey: key) ?? .nan }
    mean = try number(.mean)
    std = try number(.std)
    iqm = try number(.iqm)
    ci95 = try values.decode([Double?].self, forKey: .ci95).map { $0 ?? .nan }
  }

  /// Writes statistics; JSON knows no infinite number, so null stands in its place.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(mean.finite, forKey: .mean)
    try values.encode(std.finite, forKey: .std)
    try values.encode(iqm.finite, forKey: .iqm)
    try values.encode(ci95.map(\.finite), forKey: .ci95)
  }
}

extension Double {
  /// This number, or `nil` if it is not finite: what JSON can hold.
  package var finite: Double? { isFinite ? self : nil }
}
