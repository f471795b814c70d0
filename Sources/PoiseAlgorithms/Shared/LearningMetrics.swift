import PoiseCore

/// What came of one update, as a row of the progress tells it.
public protocol LearningMetrics: Sendable, Hashable, Codable {
  /// All zero.
  init()
  /// Numbers that a row of the progress tells as means over its updates; of the others it tells the last.
  static var averaged: [WritableKeyPath<Self, Double>] { get }
  /// Numbers that only some updates give, such as those of a delayed actor; told as means over those.
  static var occasional: [WritableKeyPath<Self, Double?>] { get }
  /// Whether the update was refused because something was not finite; then it counts for nothing.
  var isRefused: Bool { get }
  /// Columns of the progress, always the same names in the same order.
  ///
  /// - Parameter means: of the updates of a row; `nil` where there were none.
  static func columns(of means: Self?) -> [(name: String, value: Double?)]
}

extension LearningMetrics {
  public static var occasional: [WritableKeyPath<Self, Double?>] { [] }
  public var isRefused: Bool { false }
}

/// Sums of the metrics of several updates: what a row of the progress is made of.
public struct MetricSums<Metrics: LearningMetrics>: Sendable, Hashable, Codable {
  private var sums = Metrics()
  /// Updates that were added.
  public private(set) var updates = 0
  /// Of these, those that gave the occasional numbers; `nil` where no update does.
  private var occasionalUpdates: Int?

  /// Sums of nothing.
  public init() { occasionalUpdates = Metrics.occasional.isEmpty ? nil : 0 }

  /// The keys of checkpoints.
  private enum CodingKeys: String, CodingKey {
    case sums, updates
    case occasionalUpdates = "actorUpdates"
  }

  /// Whether sums that came from a file may go on counting.
  public var hasPossibleCounts: Bool { updates.isPossibleCount && (occasionalUpdates ?? 0).isPossibleCount }

  /// Takes an update into account.
  public mutating func add(_ metrics: Metrics) {
    guard !metrics.isRefused else { return }
    var new = metrics
    for path in Metrics.averaged { new[keyPath: path] += sums[keyPath: path] }
    var isOccasion = false
    for path in Metrics.occasional {
      guard let value = metrics[keyPath: path] else {
        new[keyPath: path] = sums[keyPath: path]
        continue
      }
      new[keyPath: path] = (sums[keyPath: path] ?? 0) + value
      isOccasion = true
    }
    sums = new
    updates += 1
    if isOccasion, let count = occasionalUpdates { occasionalUpdates = count + 1 }
  }

  /// The means; `nil` without updates.
  public var means: Metrics? {
    guard updates > 0 else { return nil }
    var means = sums
    for path in Metrics.averaged { means[keyPath: path] /= Double(updates) }
    for path in Metrics.occasional {
      means[keyPath: path] = sums[keyPath: path].map { $0 / Double(occasionalUpdates ?? 1) }
    }
    return means
  }

  /// The columns of the progress.
  public var columns: [(name: String, value: Double?)] { Metrics.columns(of: means) }
}
