/// A number that the episodes of a task are judged by, beside their return.
///
/// A task measures each of its metrics once for every episode; an evaluation combines the episodes' measurements. A scenario's goal
/// may ask for any metric by its `goalKey`.
public struct Metric: Hashable, Sendable {
  /// How the measurements of several episodes become one number.
  public enum Combination: Hashable, Sendable {
    /// The mean over the episodes.
    case mean
    /// The sum over the episodes.
    case sum
    /// The sum over the episodes ÷ the control steps of them all.
    case sumPerStep
    /// The largest.
    case maximum
    /// The largest of the episodes that were truncated; nothing where none was.
    case maximumOfTruncated
  }

  /// The key in JSON and the column in tables of numbers: `tilt_reward_per_step`.
  public let name: String
  /// For people, unit included: "tilt reward per step, rad²". A title that starts with two blanks belongs to the one above it.
  public let title: String
  /// Digits behind the point, for people.
  public let digits: Int
  public let combination: Combination
  /// Whether more is better; a goal then is a least value, else a largest one.
  public let isHigherBetter: Bool
  /// What the metric never leaves; a goal may ask for nothing else.
  public let range: ClosedRange<Double>
  /// The words of a progress line, `nil` for metrics that are not told there; `%` stands for the value.
  public let headline: String?

  public init(
    _ name: String, title: String, digits: Int, combination: Combination = .mean, isHigherBetter: Bool = true,
    range: ClosedRange<Double> = -.infinity ... .infinity, headline: String? = nil
  ) {
    self.name = name
    self.title = title
    self.digits = digits
    self.combination = combination
    self.isHigherBetter = isHigherBetter
    self.range = range
    self.headline = headline
  }

  /// The best that an episode can be, where a mean over episodes has such a value: what tells that a goal is out of reach.
  public var best: Double? {
    let best = isHigherBetter ? range.upperBound : range.lowerBound
    return combination == .mean && best.isFinite ? best : nil
  }

  /// Whether the metric is a share of the episodes that a progress line tells: what people look at first.
  public var isRate: Bool { range == 0...1 && headline != nil }

  /// The key of a scenario's goal: `name` in camel case, `tiltRewardPerStep`.
  public var goalKey: String {
    let words = name.split(separator: "_")
    return (words.first.map(String.init) ?? "")
      + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// The metric of several episodes.
  ///
  /// - Parameters:
  ///   - values: one for each episode; `nil` where the metric does not apply to the task as it is set.
  ///   - summaries: of the same episodes.
  /// - Returns: `nil` where nothing applies.
  public func combined(_ values: [Double?], of summaries: [EpisodeSummary]) -> Double? {
    let known = values.compactMap(\.self)
    guard !known.isEmpty else { return nil }
    switch combination {
    case .mean: return known.reduce(0, +) / Double(known.count)
    case .sum: return known.reduce(0, +)
    case .sumPerStep: return known.reduce(0, +) / Double(max(1, summaries.reduce(0) { $0 + $1.steps }))
    case .maximum: return known.max()
    case .maximumOfTruncated:
      return zip(values, summaries).compactMap { $1.ending == .truncated ? $0 : nil }.max()
    }
  }
}

extension Metric {
  /// Episodes that reach the time limit ÷ episodes; measured as 1 or 0.
  public static let survivalRate = Self(
    "survival_rate", title: "survival rate", digits: 2, range: 0...1, headline: "survival %")
  /// Episodes that meet the task's own condition ÷ episodes; measured as 1 or 0.
  public static let successRate = Self(
    "success_rate", title: "success rate", digits: 2, range: 0...1, headline: "success %")
  /// Control steps of an episode.
  public static let episodeLength = Self(
    "episode_length_mean", title: "episode, mean, steps", digits: 1, headline: "length % steps")
  /// The same where the task limits it.
  public static func episodeLength(atMost steps: Int) -> Self {
    Self(
      episodeLength.name, title: episodeLength.title, digits: episodeLength.digits, range: 0...Double(steps),
      headline: episodeLength.headline)
  }
}

/// A metric that a reward term tells: its mean over control steps, without its weight.
public struct RewardMetric: Hashable, Sendable {
  public let metric: Metric
  /// Index of the term in `EpisodeSummary.rewardTerms`.
  public let term: Int
  /// The term's weight, which is taken out again.
  public let weight: Double

  /// - Parameters:
  ///   - metric: its measurements are sums over an episode, `Combination.sumPerStep`.
  ///   - term: index of the term.
  ///   - weight: not 0.
  public init(_ metric: Metric, term: Int, weight: Double) {
    precondition(weight != 0 && metric.combination == .sumPerStep, "a metric of a term that counts for nothing")
    self.metric = metric
    self.term = term
    self.weight = weight
  }

  /// The term's sum over an episode, without its weight.
  public func measurement(_ rewardTerms: [Double]) -> Double { rewardTerms[term] / weight }
}
