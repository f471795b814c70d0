/// The interquartile mean of a few values, one for each independent run, with a 95 % confidence interval.
///
/// Source: Agarwal, Schwarzer, Castro, Courville and Bellemare 2021, "Deep Reinforcement Learning at the Edge of the Statistical
/// Precipice": the mean of the middle half, ⌊n/4⌋ values being left out at each end, and percentiles of 2,000 bootstrap resamples.
public struct InterquartileMean: Hashable, Sendable, Codable {
  /// The mean of the middle half.
  public var value: Double
  /// Lower end of the interval; the value itself of a single run.
  public var low: Double
  /// Upper end of the interval.
  public var high: Double

  /// Computes the mean and draws the resamples of its interval.
  ///
  /// - Parameters:
  ///   - values: at least one, all finite.
  ///   - random: which resamples are drawn; purpose `.statistics`.
  public init(_ values: [Double], random: RandomStream) {
    precondition(!values.isEmpty && values.allSatisfy(\.isFinite), "the interquartile mean of \(values)")
    var random = random
    var resample = values
    let means = (0..<2000).map { _ in
      for i in resample.indices { resample[i] = values[random.index(below: values.count)] }
      return Self.mean(resample)
    }
    let quantiles = Quantiles(means)
    value = Self.mean(values)
    low = quantiles[0.025]
    high = quantiles[0.975]
  }

  /// The mean of the middle half of a sample that is not empty.
  static func mean(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let cut = values.count / 4
    let middle = sorted[cut..<sorted.count - cut]
    return middle.reduce(0, +) / Double(middle.count)
  }
}

/// Whether two groups of independent runs differ.
public struct GroupDifference: Hashable, Sendable, Codable {
  /// Mean of the first group less that of the second.
  public var difference: Double
  /// Share of the ways to divide the same values into groups of these sizes whose means differ at least as much: the two-sided
  /// p-value. Source: Fisher 1935, "The Design of Experiments"; the actual division is one of the ways, as Phipson and Smyth 2010 require
  /// if they are drawn at random.
  public var pValue: Double
  /// The least p-value that groups of these sizes can have: with two groups of three runs, 0.1.
  public var leastPValue: Double
  /// Probability that a run of the first group is better than one of the second, equals counting half: Mann and Whitney's U over all
  /// pairs. Source: Agarwal et al. 2021, "probability of improvement".
  public var probabilityOfImprovement: Double

  /// The largest number of ways that are all enumerated; if there are more, so many are drawn at random.
  static let wayLimit = 20_000

  /// Compares two groups: all ways to divide their values if there are at most 20,000, otherwise so many random ones.
  ///
  /// - Parameters:
  ///   - first: one finite value for each run of the first group, at least one.
  ///   - second: the same of the second group.
  ///   - random: which ways are drawn if there are too many; purpose `.statistics`.
  public init(_ first: [Double], _ second: [Double], random: RandomStream) {
    precondition(!first.isEmpty && !second.isEmpty, "the difference of groups of \(first.count) and \(second.count)")
    let all = first + second
    let (n, m) = (first.count, second.count)
    let total = all.reduce(0, +)
    func distance(_ sum: Double) -> Double { sum / Double(n) - (total - sum) / Double(m) }
    let observed = distance(first.reduce(0, +))
    // Sums in another order differ in their last bits.
    let bound = abs(observed) - 1e-12 * max(1, all.map(abs).max() ?? 1)
    var (extreme, count) = (0, 0)
    if let ways = Self.ways(n, of: n + m) {
      Self.forEachChoice(n, of: n + m) { indices in
        if abs(distance(indices.reduce(0) { $0 + all[$1] })) >= bound { extreme += 1 }
        count += 1
      }
      precondition(count == ways, "\(count) of \(ways) ways")
    } else {
      (extreme, count) = (1, 1)
      var random = random
      var order = Array(all.indices)
      for _ in 0..<Self.wayLimit - 1 {
        for i in 0..<n { order.swapAt(i, i + random.index(below: n + m - i)) }
        if abs(distance(order[..<n].reduce(0) { $0 + all[$1] })) >= bound { extreme += 1 }
        count += 1
      }
    }
    difference = observed
    pValue = Double(extreme) / Double(count)
    // The two ways, or the one where the groups are equally large and the same split counts from both sides.
    leastPValue = (n == m ? 2.0 : 1.0) / Double(count)
    var better = 0.0
    for a in first { for b in second { better += a > b ? 1 : a == b ? 0.5 : 0 } }
    probabilityOfImprovement = better / Double(n * m)
  }

  /// The number of ways to choose k of n; `nil` where it is above the limit.
  static func ways(_ k: Int, of n: Int) -> Int? {
    var ways = 1.0
    for i in 0..<min(k, n - k) { ways = ways * Double(n - i) / Double(i + 1) }
    return ways <= Double(wayLimit) ? Int(ways.rounded()) : nil
  }

  /// Every choice of k indices below n, in lexicographic order.
  private static func forEachChoice(_ k: Int, of n: Int, _ body: ([Int]) -> Void) {
    var choice = Array(0..<k)
    while true {
      body(choice)
      guard let i = (0..<k).last(where: { choice[$0] < n - k + $0 }) else { return }
      choice[i] += 1
      for j in i + 1..<max(i + 1, k) { choice[j] = choice[j - 1] + 1 }
    }
  }
}
