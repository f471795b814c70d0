import Foundation
public import PoiseCore
public import PoiseEnvironments

/// The scores of a controller's episodes: their return, and the metrics of the task.
public struct EvaluationResult: Hashable, Sendable {
  /// Name of the scenario.
  public var scenario: String
  /// The name of an algorithm whose policy acted, or that of another controller.
  public var algorithm: String
  /// Root seed of the episodes.
  public var seed: UInt64
  /// Number of episodes.
  public var episodes: Int
  /// Statistics of the episodes' undiscounted returns.
  public var `return`: SampleStatistics
  /// For each reward term, the mean over episodes of its sum over an episode, weights included.
  public var rewardTerms: [String: Double]
  /// Episodes that ended because the simulation could no longer be trusted.
  public var faults: Int
  /// The task's metrics by their names; `nil` where one does not apply.
  public var metrics: [String: Double?]

  /// A metric of the task; `nil` where it has none of that name, or where it does not apply.
  public subscript(_ metric: Metric) -> Double? {
    get { metrics[metric.name] ?? nil }
    set { metrics[metric.name] = .some(newValue) }
  }

  /// - Parameters:
  ///   - summaries: at least one, each with its measurements, in the order of the episodes' numbers.
  ///   - hasInterval: whether the confidence interval of the return is wanted, whose resamples take longer than all the rest.
  init(
    _ summaries: [EpisodeSummary], task: any EnvironmentSpecification, controller: String, seed: UInt64,
    hasInterval: Bool = true
  ) {
    let count = Double(summaries.count)
    scenario = task.name
    algorithm = controller
    self.seed = seed
    episodes = summaries.count
    self.return = SampleStatistics(
      summaries.map(\.totalReward), random: RandomStream(seed: seed, purpose: .statistics),
      resamples: hasInterval ? SampleStatistics.resamples : 0)
    rewardTerms = [:]
    for (i, name) in task.rewardNames.enumerated() {
      rewardTerms[name] = summaries.reduce(0) { $0 + $1.rewardTerms[i] } / count
    }
    metrics = [:]
    for (i, metric) in task.metrics.enumerated() {
      let values = summaries.map { $0.measurements.flatMap { $0[i] } }
      metrics[metric.name] = .some(metric.combined(values, of: summaries))
    }
    faults = summaries.count { $0.ending == .fault }
  }

  /// A note for readers who find null where they expect a number; `nil` if all numbers are finite.
  public var note: String? {
    let returns = [`return`.mean, `return`.std, `return`.iqm] + `return`.ci95
    var names = returns.allSatisfy(\.isFinite) ? [] : ["return"]
    names += rewardTerms.filter { !$0.value.isFinite }.map { "reward_terms.\($0.key)" }.sorted()
    names += metrics.compactMap { name, value in value.map(\.isFinite) == false ? name : nil }.sorted()
    return names.isEmpty
      ? nil
      : "\(scenario), \(algorithm): not finite, since sums of rewards or their squares are beyond the range of numbers: "
        + "\(names.joined(separator: ", ")). JSON has null there. Weigh the rewards less."
  }

  /// One JSON object; keys in alphabetical order, numbers in their shortest exact form, null for those that are not finite.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension EvaluationResult: Codable {
  private enum Key: CodingKey, Hashable {
    case scenario, algorithm, seed, episodes, `return`, rewardTerms, faults
    case metric(String)

    private static let fixed: [(Self, String)] = [
      (.scenario, "scenario"), (.algorithm, "algorithm"), (.seed, "seed"), (.episodes, "episodes"),
      (.return, "return"), (.rewardTerms, "reward_terms"), (.faults, "faults"),
    ]

    init(stringValue: String) { self = Self.fixed.first { $0.1 == stringValue }?.0 ?? .metric(stringValue) }
    init?(intValue: Int) { nil }
    var intValue: Int? { nil }
    var stringValue: String {
      if case .metric(let name) = self { return name }
      return Self.fixed.first { $0.0 == self }?.1 ?? ""
    }
  }

  /// Reads a result; every metric is a key of its own beside the fixed ones.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    scenario = try values.decode(String.self, forKey: .scenario)
    algorithm = try values.decode(String.self, forKey: .algorithm)
    seed = try values.decode(UInt64.self, forKey: .seed)
    episodes = try values.decode(Int.self, forKey: .episodes)
    self.return = try values.decode(SampleStatistics.self, forKey: .return)
    rewardTerms = try values.decode([String: Double?].self, forKey: .rewardTerms).mapValues { $0 ?? .nan }
    faults = try values.decode(Int.self, forKey: .faults)
    metrics = [:]
    for key in values.allKeys {
      if case .metric(let name) = key { metrics[name] = .some(try values.decodeIfPresent(Double.self, forKey: key)) }
    }
  }

  /// Writes a result; a metric that does not apply is written as null.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(scenario, forKey: .scenario)
    try values.encode(algorithm, forKey: .algorithm)
    try values.encode(seed, forKey: .seed)
    try values.encode(episodes, forKey: .episodes)
    try values.encode(self.return, forKey: .return)
    try values.encode(rewardTerms.mapValues(\.finite), forKey: .rewardTerms)
    try values.encode(faults, forKey: .faults)
    for (name, value) in metrics { try values.encode(value?.finite, forKey: .metric(name)) }
  }
}
