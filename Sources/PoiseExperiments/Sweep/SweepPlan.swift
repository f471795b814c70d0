import PoiseAlgorithms
public import PoiseCore
import PoiseScenarios
import PoiseTasks

/// What is tried for a scenario, how it is judged, and what may be spent on it: one YAML file.
public struct SweepPlan: Configurable, Hashable {
  public enum Search: String, CaseIterable, Sendable { case grid, random }

  public var scenario = ""
  public var algorithm: String?
  public var conditions: [String] = []
  public var search = Search.grid
  public var candidates = 16
  public var seed: UInt64 = 1
  public var swept: [SweptKey] = []
  public var seeds: [UInt64] = [1, 2, 3, 4]
  public var reportSeeds: [UInt64] = []
  public var measure = SweepMeasure.environmentSteps
  public var rungs: [Int] = []
  public var keptShare = 0.5
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "scenario", \.scenario, .text("a path to a scenario file, or the name of a shipped one"),
      "What is trained for; a path is relative to the plan's file.", isRequired: true),
    .key(
      "algorithm", \.algorithm, .optional(.choice(among: Algorithms.names)),
      "Who learns; null for the scenario's own training.algorithm."),
    .key(
      "conditions", \.conditions, .list(of: .text("key.path=value")),
      "Keys of the scenario that are changed for every candidate, the shipped setting included."),
    .key(
      "search", \.search, .choice,
      "grid: every combination of the values; random: so many draws of values and ranges. The shipped setting is candidate 0 of both."
    ),
    .key("candidates", \.candidates, .integer(.from(1, through: 100_000)), "Draws of a random search."),
    .key("seed", \.seed, .integer(), "Root of the draws."),
    .key(
      "swept", \.swept, .list(of: .section, count: 1...100), "The keys of the scenario that are tried out.",
      isRequired: true),
    .key(
      "seeds", \.seeds, .list(of: .integer(), count: 1...10_000),
      "Root seeds of the trainings by which candidates are compared, one each for every candidate."),
    .key(
      "reportSeeds", \.reportSeeds, .list(of: .integer(), count: 0...10_000),
      "Seeds on which winner and shipped setting are set side by side at the end, to the scenario's own step limit."),
    .key(
      "measure", \.measure, .choice,
      "What is compared, over the seeds: medians to the goal of wall seconds, processor seconds or control steps; the median "
        + "return at the rung; or the share that reached the goal. Failed seeds, then seeds that miss the goal, come first."
    ),
    .key(
      "rungs", \.rungs, .list(of: .integer(.from(1, through: 1_000_000_000_000)), count: 0...64),
      "Control steps after which the worst candidates are dropped, ascending; the last one is the end. Empty: one rung, the scenario's step limit."
    ),
    .key(
      "keptShare", \.keptShare, .number(.above(0, through: 1)),
      "Share of the candidates that goes on at each rung, rounded up."),
  ]

  /// More would be a slip.
  static let candidateLimit = 100_000

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let double = Dictionary(grouping: seeds + reportSeeds, by: { $0 }).filter { $0.value.count > 1 }.keys.min()
    checks.require(
      double == nil, at: reportSeeds.contains { $0 == double } ? "reportSeeds" : "seeds",
      found: "the seed \(double ?? 0) twice",
      allowed: "each seed once, and none that chooses among those that report",
      remedy: "A figure on a seed that chose the winner flatters it.")
    let twice = Dictionary(grouping: swept.map(\.key), by: { $0 }).filter { $0.value.count > 1 }.keys.min()
    checks.require(twice == nil, at: "swept", found: "the key '\(twice ?? "")' twice", allowed: "each key once")
    checks.require(
      zip(rungs, rungs.dropFirst()).allSatisfy { $0 < $1 }, at: "rungs", found: "\(rungs)",
      allowed: "steps that ascend")
    if search == .grid {
      for (index, key) in swept.enumerated() where key.values.isEmpty {
        checks.require(
          false, at: "swept.\(index)", found: "a range", allowed: "values, in a grid",
          remedy: "List the values of '\(key.key)', or write search: random.")
      }
      let (product, overflow) = swept.reduce((1, false)) { sum, key in
        let (value, over) = sum.0.multipliedReportingOverflow(by: max(1, key.values.count))
        return (value, sum.1 || over)
      }
      checks.require(
        !overflow && product <= Self.candidateLimit, at: "swept",
        found: "a grid of \(overflow ? "far too many" : "\(product)")",
        allowed: "at most \(Self.candidateLimit) candidates", remedy: "Write search: random.")
    }
  }
}

/// One key of a scenario, and what is tried for it.
public struct SweptKey: Configurable, Hashable {
  public enum Scale: String, CaseIterable, Sendable { case linear, logarithmic }

  public var key = ""
  public var values: [ConfigurationNode] = []
  public var range: ClosedRange<Double>?
  public var scale = Scale.linear
  public var isWhole = false
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "key", \.key, .text("a key of the scenario, such as ppo.clipRange"), "Path of the key, as for --set.",
      isRequired: true),
    .key("values", \.values, .list(of: .anyValue), "What is tried, as it would stand in the scenario."),
    .key("range", \.range, .optional(.range()), "From where a random search draws, in place of values."),
    .key("scale", \.scale, .choice, "linear: uniform over the range; logarithmic: over its logarithm."),
    .key("isWhole", \.isWhole, .boolean, "Whether a number from the range is rounded to a whole one."),
  ]

  /// 2⁵³: beyond it not every whole number can be drawn.
  private static let largestWhole = 0x1p53

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      values.isEmpty != (range == nil), at: values.isEmpty ? "" : "range",
      found: values.isEmpty ? "neither values nor a range" : "values and a range",
      allowed: "one of the two")
    guard let range else { return }
    checks.require(
      scale == .linear || range.lowerBound > 0, at: "range", found: "\(range.lowerBound)",
      allowed: "numbers above 0 on a logarithmic scale")
    checks.require(
      (range.upperBound - range.lowerBound).isFinite, at: "range", found: "\(range.lowerBound) to \(range.upperBound)",
      allowed: "a range that is not wider than a number can tell")
    checks.require(
      !isWhole || max(-range.lowerBound, range.upperBound) <= Self.largestWhole, at: "range",
      found: "\(range.lowerBound) to \(range.upperBound)",
      allowed: "−2⁵³ to 2⁵³ for whole numbers, \(Int(Self.largestWhole))")
  }
}

/// By what candidates are compared.
public enum SweepMeasure: String, CaseIterable, Sendable, Codable {
  case wallSeconds, processorSeconds, environmentSteps, score, goalReached

  /// Whether a training ends at the goal.
  var stopsAtGoal: Bool { self != .score }
  /// Whether the choice depends on the clock.
  public var dependsOnClock: Bool { self == .wallSeconds || self == .processorSeconds }
}
