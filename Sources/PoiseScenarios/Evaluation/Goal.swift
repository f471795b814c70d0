public import PoiseCore
import PoiseEnvironments

/// The scores that a trained controller has to reach: bounds of the task's metrics, and of the mean return.
///
/// In a file each bound has the metric's `goalKey` as its key. It is a least value where higher is better, else a
/// largest one. Where checkpoints are compared, the first bound has priority.
public struct Goal: Hashable, Sendable {
  /// A bound of one score.
  public struct Bound: Hashable, Sendable {
    /// The metric's `goalKey`, or `Goal.returnKey`.
    public var key: String
    /// The least value where higher is better, else the largest, in the metric's unit.
    public var value: Double

    /// A bound of one metric, or of the mean return.
    public init(_ key: String, _ value: Double) {
      self.key = key
      self.value = value
    }
  }

  /// The bounds, all of which have to be met, in the order of the file.
  public var bounds: [Bound]

  /// A goal with these bounds.
  ///
  /// - Parameter bounds: the bounds; an empty list sets no goal.
  public init(_ bounds: [Bound] = []) { self.bounds = bounds }

  /// The key of the mean return, which every task has.
  public static let returnKey = "meanReturn"

  /// Whether there is at least one bound.
  public var isSet: Bool { !bounds.isEmpty }

  /// The bound of a key; `nil` where there is none.
  public subscript(_ key: String) -> Double? { bounds.first { $0.key == key }?.value }

  /// How a goal is written in files: a mapping of keys to numbers; null sets no bound.
  public static let format = ConfigurationFormat<Goal>(
    typeName: "metrics", allowed: "metrics of the task, and meanReturn",
    phrase: "metrics of the task with their bounds",
    read: { node, _, reader in
      guard let entries = node.entries else {
        reader.report(node, allowed: "metrics of the task, each with its bound", remedy: "Write {survivalRate: 0.95}.")
        return nil
      }
      var goal = Goal()
      var isGood = true
      for entry in entries {
        reader.descend(into: entry.key, at: entry.location) { reader in
          if entry.value.isNull { return }
          guard let value = ConfigurationFormat<Double>.number().read(entry.value, nil, &reader) else {
            isGood = false
            return
          }
          goal.bounds.append(Bound(entry.key, value))
        }
      }
      return isGood ? goal : nil
    },
    write: { goal in
      .mapping(goal.bounds.map { ($0.key, ConfigurationFormat<Double>.number().write($0.value)) })
    })

  /// Problems of the bounds: unknown metrics, and values outside a metric's range.
  ///
  /// - Parameters:
  ///   - metrics: the metrics of the task.
  ///   - source: where the goal's keys stand.
  func problems(_ metrics: [Metric], source: ConfigurationSource) -> [Problem] {
    let keys = metrics.map(\.goalKey) + [Self.returnKey]
    return bounds.compactMap { bound in
      let metric = metrics.first { $0.goalKey == bound.key }
      guard metric != nil || bound.key == Self.returnKey else {
        return source.problem(
          at: "goal.\(bound.key)", found: "'\(bound.key)'",
          allowed: "a metric of the task: \(keys.joined(separator: ", "))",
          remedy: suggestion(for: bound.key, among: keys))
      }
      guard let metric, !metric.range.contains(bound.value) else { return nil }
      return source.problem(
        at: "goal.\(bound.key)", found: "\(bound.value)", allowed: "a number \(Self.phrase(metric.range))")
    }
  }

  private static func phrase(_ range: ClosedRange<Double>) -> String {
    if range.lowerBound == -.infinity { return "of at most \(range.upperBound.rounded(significant: 6))" }
    if range.upperBound == .infinity { return "of at least \(range.lowerBound.rounded(significant: 6))" }
    return "from \(range.lowerBound.rounded(significant: 6)) to \(range.upperBound.rounded(significant: 6))"
  }
}

/// A goal whose keys have been resolved to metrics of the task.
public struct BoundGoal: Sendable {
  /// The metric of each bound; `nil` for the mean return.
  private let bounds: [(metric: Metric?, value: Double)]

  init(_ goal: Goal, metrics: [Metric]) {
    bounds = goal.bounds.map { bound in (metrics.first { $0.goalKey == bound.key }, bound.value) }
  }

  private static func value(_ metric: Metric?, _ result: EvaluationResult) -> Double? {
    metric.map { result[$0] } ?? result.return.mean
  }

  /// Whether a result meets all bounds; false for a goal without bounds.
  public func isReached(by result: EvaluationResult) -> Bool {
    !bounds.isEmpty
      && bounds.allSatisfy { metric, wanted in
        guard let value = Self.value(metric, result) else { return false }
        return metric?.isHigherBetter ?? true ? value >= wanted : value <= wanted
      }
  }

  /// Whether the goal cannot be reached any more, even if all remaining episodes of `episodes` have the best possible
  /// score. The mean return has no best value, so it never decides.
  public func isOutOfReach(after result: EvaluationResult, of episodes: Int) -> Bool {
    let rest = Double(episodes - result.episodes)
    return bounds.contains { metric, wanted in
      guard let metric, let best = metric.best, let value = result[metric] else { return false }
      // As `isReached` would see it, but for rounding.
      let mean = (value * Double(result.episodes) + best * rest) / Double(episodes)
      return metric.isHigherBetter ? mean < wanted - 1e-12 : mean > wanted + 1e-12
    }
  }

  /// Whether `isOutOfReach` can ever be true: whether the goal bounds a metric with a best possible value.
  public var canGetOutOfReach: Bool { bounds.contains { $0.metric?.best != nil } }

  /// The numbers by which checkpoints are compared, higher is better, most important first: 1 if the goal is reached,
  /// else 0; the goal's metrics; the mean return.
  ///
  /// The goal comes first since an evaluation that ended early, with the goal out of reach, may score better on its few
  /// episodes.
  public func ranking(of result: EvaluationResult) -> [Double] {
    let scores = bounds.compactMap { metric, _ in
      metric.map { ($0.isHigherBetter ? 1 : -1) * (result[$0] ?? 0) }
    }
    return [isReached(by: result) ? 1.0 : 0] + scores + [result.return.mean]
  }
}
