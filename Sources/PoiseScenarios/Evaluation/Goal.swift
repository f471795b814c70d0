public import PoiseCore
import PoiseEnvironments

/// What a trained controller has to reach: bounds of the task's metrics, and of the mean return.
///
/// In a file each bound stands under the metric's `goalKey`: a least value where more is better, else a largest one. What stands
/// first counts most where checkpoints are compared.
public struct Goal: Hashable, Sendable {
  /// A bound by its key, in the order of the file.
  public struct Bound: Hashable, Sendable {
    public var key: String
    public var value: Double

    public init(_ key: String, _ value: Double) {
      self.key = key
      self.value = value
    }
  }

  public var bounds: [Bound]

  /// - Parameter bounds: none asks for nothing.
  public init(_ bounds: [Bound] = []) { self.bounds = bounds }

  /// The key of the mean return, which every task has.
  public static let returnKey = "meanReturn"

  /// Whether there is anything to reach.
  public var isSet: Bool { !bounds.isEmpty }

  /// A bound; `nil` where nothing is asked for.
  public subscript(_ key: String) -> Double? { bounds.first { $0.key == key }?.value }

  /// In files: a mapping of keys to numbers; null asks for nothing.
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

  /// What of it the task cannot tell.
  ///
  /// - Parameter metrics: of the task.
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

/// A goal whose keys are known to be the task's.
public struct BoundGoal: Sendable {
  /// The metric of each bound; `nil` for the mean return.
  private let bounds: [(metric: Metric?, value: Double)]

  init(_ goal: Goal, metrics: [Metric]) {
    bounds = goal.bounds.map { bound in (metrics.first { $0.goalKey == bound.key }, bound.value) }
  }

  private static func value(_ metric: Metric?, _ result: EvaluationResult) -> Double? {
    metric.map { result[$0] } ?? result.return.mean
  }

  /// Whether all that is asked for was reached; never where nothing is.
  public func isReached(by result: EvaluationResult) -> Bool {
    !bounds.isEmpty
      && bounds.allSatisfy { metric, wanted in
        guard let value = Self.value(metric, result) else { return false }
        return metric?.isHigherBetter ?? true ? value >= wanted : value <= wanted
      }
  }

  /// Whether no further episodes could make the scores of all `episodes` those that are asked for, even if each of them is the best
  /// that an episode can be. A mean return may still come to anything.
  public func isOutOfReach(after result: EvaluationResult, of episodes: Int) -> Bool {
    let rest = Double(episodes - result.episodes)
    return bounds.contains { metric, wanted in
      guard let metric, let best = metric.best, let value = result[metric] else { return false }
      // As `isReached` would see it, but for rounding.
      let mean = (value * Double(result.episodes) + best * rest) / Double(episodes)
      return metric.isHigherBetter ? mean < wanted - 1e-12 : mean > wanted + 1e-12
    }
  }

  /// Whether there are scores that no further episode mends; a mean return alone may still come to anything.
  public var canGetOutOfReach: Bool { bounds.contains { $0.metric?.best != nil } }

  /// What checkpoints are compared by, most important first: whether they reach the goal, the goal's own scores, the mean return.
  ///
  /// The goal stands first since an evaluation that ended early, with the goal out of reach, may have had the luckier episodes.
  public func ranking(of result: EvaluationResult) -> [Double] {
    let scores = bounds.compactMap { metric, _ in
      metric.map { ($0.isHigherBetter ? 1 : -1) * (result[$0] ?? 0) }
    }
    return [isReached(by: result) ? 1.0 : 0] + scores + [result.return.mean]
  }
}
