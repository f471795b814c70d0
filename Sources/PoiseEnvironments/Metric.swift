/// A score by which the episodes of a task are judged, besides their return.
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
    /// The largest value.
    case maximum
    /// The largest value of the truncated episodes; none if there are no such episodes.
    case maximumOfTruncated
  }

  /// The name of the key in JSON and of the column in tables: `tilt_reward_per_step`.
  public let name: String
  /// The name for display, unit included: "tilt reward per step, rad²". A title that starts with two spaces belongs to
  /// the one above it.
  public let title: String
  /// The number of digits after the decimal point, for display.
  public let digits: Int
  /// How the measurements of several episodes become one number.
  public let combination: Combination
  /// Whether larger values are better. If so, a goal is a minimum, otherwise a maximum.
  public let isHigherBetter: Bool
  /// The possible values; a goal must lie among them.
  public let range: ClosedRange<Double>
  /// The text in a progress line, with `%` for the value; `nil` for metrics that are not shown there.
  public let headline: String?

  /// Makes a metric; parameters are as the properties.
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

  /// The best possible value of an episode, from which it follows whether a goal is out of reach; `nil` if the metric
  /// is not a mean or has no best value.
  public var best: Double? {
    let best = isHigherBetter ? range.upperBound : range.lowerBound
    return combination == .mean && best.isFinite ? best : nil
  }

  /// Whether the metric is a share of the episodes and is shown in progress lines.
  public var isRate: Bool { range == 0...1 && headline != nil }

  /// The key in a scenario's goal: `name` in camel case, `tiltRewardPerStep`.
  public var goalKey: String {
    let words = name.split(separator: "_")
    return (words.first.map(String.init) ?? "")
      + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// The metric of several episodes.
  ///
  /// - Parameters:
  ///   - values: one for each episode; `nil` if the metric does not apply to it.
  ///   - summaries: the records of the same episodes.
  /// - Returns: the combined value; `nil` if the metric applies to no episode.
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
  /// The share of episodes that reach the time limit; an episode's value is 1 or 0.
  public static let survivalRate = Self(
    "survival_rate", title: "survival rate", digits: 2, range: 0...1, headline: "survival %")
  /// The share of episodes that meet the task's own condition; an episode's value is 1 or 0.
  public static let successRate = Self(
    "success_rate", title: "success rate", digits: 2, range: 0...1, headline: "success %")
  /// Control steps of an episode.
  public static let episodeLength = Self(
    "episode_length_mean", title: "episode, mean, steps", digits: 1, headline: "length % steps")
  /// The mean length of episodes that have at most so many steps.
  public static func episodeLength(atMost steps: Int) -> Self {
    Self(
      episodeLength.name, title: episodeLength.title, digits: episodeLength.digits, range: 0...Double(steps),
      headline: episodeLength.headline)
  }
}

/// A metric that is computed from a reward term: its mean over control steps, without its weight.
public struct RewardMetric: Hashable, Sendable {
  /// What the mean over control steps is called.
  public let metric: Metric
  /// Index of the term in `EpisodeSummary.rewardTerms`.
  public let term: Int
  /// The term's weight, by which the sums are divided.
  public let weight: Double

  /// A metric of the term with an index.
  ///
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
