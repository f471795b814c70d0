import PoiseCore

/// The metrics of one update, for a row of the progress table.
public protocol LearningMetrics: Sendable, Hashable, Codable {
  /// Metrics that are all zero.
  init()
  /// Metrics that a row of the progress table reports as means over its updates; of the others it reports the last
  /// value.
  static var averaged: [WritableKeyPath<Self, Double>] { get }
  /// Metrics that only some updates have, such as those of a delayed actor; a row reports their means over these
  /// updates.
  static var occasional: [WritableKeyPath<Self, Double?>] { get }
  /// Whether the update was refused because something was not finite; then the means leave it out.
  var isRefused: Bool { get }
  /// The columns of the progress table, always the same names in the same order.
  ///
  /// - Parameter means: means over the updates of a row; `nil` if there were none.
  static func columns(of means: Self?) -> [(name: String, value: Double?)]
}

extension LearningMetrics {
  /// None, unless the metrics say otherwise.
  public static var occasional: [WritableKeyPath<Self, Double?>] { [] }
  /// Never, unless the metrics say otherwise.
  public var isRefused: Bool { false }
}

/// Sums of the metrics of several updates, from which a row of the progress table follows.
public struct MetricSums<Metrics: LearningMetrics>: Sendable, Hashable, Codable {
  private var sums = Metrics()
  /// The number of updates that were added.
  public private(set) var updates = 0
  /// The number of these updates that had occasional metrics; `nil` if the metrics have none.
  private var occasionalUpdates: Int?

  /// Sums of no updates.
  public init() { occasionalUpdates = Metrics.occasional.isEmpty ? nil : 0 }

  /// The keys of checkpoints.
  private enum CodingKeys: String, CodingKey {
    case sums, updates
    case occasionalUpdates = "actorUpdates"
  }

  /// Whether all counts are possible; a file may hold any number.
  public var hasPossibleCounts: Bool { updates.isPossibleCount && (occasionalUpdates ?? 0).isPossibleCount }

  /// Adds the metrics of an update; a refused update is left out.
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

  /// The means over the updates; `nil` without updates.
  public var means: Metrics? {
    guard updates > 0 else { return nil }
    var means = sums
    for path in Metrics.averaged { means[keyPath: path] /= Double(updates) }
    for path in Metrics.occasional {
      means[keyPath: path] = sums[keyPath: path].map { $0 / Double(occasionalUpdates ?? 1) }
    }
    return means
  }

  /// The columns of the progress table.
  public var columns: [(name: String, value: Double?)] { Metrics.columns(of: means) }
}
