import PoiseAlgorithms
public import PoiseCore
import PoiseScenarios
import PoiseTasks

/// The plan of a hyperparameter search: what is tried, how it is compared, and how long it trains. It is one YAML file.
public struct SweepPlan: Configurable, Hashable {
  /// Which candidates are tried: every combination of values, or random draws.
  public enum Search: String, CaseIterable, Sendable { case grid, random }

  /// Path of the scenario file, relative to the plan's folder, or the name of a shipped scenario.
  public var scenario = ""
  /// Name of the algorithm that trains; `nil` for the scenario's own.
  public var algorithm: String?
  /// Changes of the scenario for every candidate, the shipped setting included, each `key.path=value`.
  public var conditions: [String] = []
  /// Which candidates are tried.
  public var search = Search.grid
  /// Number of draws of a random search.
  public var candidates = 16
  /// Root seed of the draws.
  public var seed: UInt64 = 1
  /// The keys whose values are tried.
  public var swept: [SweptKey] = []
  /// Root seeds of the trainings by which candidates are compared; each candidate trains once with each.
  public var seeds: [UInt64] = [1, 2, 3, 4]
  /// Root seeds of the final comparison of winner and shipped setting; none of them may be in `seeds`.
  public var reportSeeds: [UInt64] = []
  /// By what candidates are compared.
  public var measure = SweepMeasure.environmentSteps
  /// Control steps after which the worst candidates are dropped, ascending; empty for one rung, the scenario's step
  /// limit.
  public var rungs: [Int] = []
  /// Share of the candidates that is kept at each rung, in (0, 1], rounded up.
  public var keptShare = 0.5
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "scenario", \.scenario, .text("a path to a scenario file, or the name of a shipped one"),
      "The scenario to train; a path is relative to the plan's file.", isRequired: true),
    .key(
      "algorithm", \.algorithm, .optional(.choice(among: Algorithms.names)),
      "Which algorithm trains; null for the scenario's own training.algorithm."),
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
      "Seeds on which winner and shipped setting are compared at the end, to the scenario's own step limit."),
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
      "Share of the candidates that is kept at each rung, rounded up."),
  ]

  /// Largest number of candidates; more are most likely a mistake.
  static let candidateLimit = 100_000

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    let double = Dictionary(grouping: seeds + reportSeeds, by: { $0 }).filter { $0.value.count > 1 }.keys.min()
    checks.require(
      double == nil, at: reportSeeds.contains { $0 == double } ? "reportSeeds" : "seeds",
      found: "the seed \(double ?? 0) twice",
      allowed: "each seed once, and none in both lists",
      remedy: "Results on seeds that chose the winner are biased in its favour.")
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

/// One key of a scenario, and the values that are tried for it.
public struct SweptKey: Configurable, Hashable {
  /// How a random search draws from the range: uniform, or uniform in the logarithm.
  public enum Scale: String, CaseIterable, Sendable { case linear, logarithmic }

  /// Path of the key in the scenario, such as `ppo.clipRange`.
  public var key = ""
  /// The values that are tried; empty with a `range`.
  public var values: [ConfigurationNode] = []
  /// The range that a random search draws from; `nil` with `values`.
  public var range: ClosedRange<Double>?
  /// How numbers are drawn from the range.
  public var scale = Scale.linear
  /// Whether a number from the range is rounded to a whole one.
  public var isWhole = false
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "key", \.key, .text("a key of the scenario, such as ppo.clipRange"), "Path of the key, as for --set.",
      isRequired: true),
    .key("values", \.values, .list(of: .anyValue), "The values to try, written as in the scenario."),
    .key("range", \.range, .optional(.range()), "The range that a random search draws from, in place of values."),
    .key("scale", \.scale, .choice, "linear: uniform over the range; logarithmic: over its logarithm."),
    .key("isWhole", \.isWhole, .boolean, "Whether a number from the range is rounded to a whole one."),
  ]

  /// 2⁵³: beyond it not every whole number can be represented.
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
      allowed: "a range whose width is finite")
    checks.require(
      !isWhole || max(-range.lowerBound, range.upperBound) <= Self.largestWhole, at: "range",
      found: "\(range.lowerBound) to \(range.upperBound)",
      allowed: "−2⁵³ to 2⁵³ for whole numbers, \(Int(Self.largestWhole))")
  }
}

/// By what candidates are compared.
public enum SweepMeasure: String, CaseIterable, Sendable, Codable {
  /// Time on the wall clock or of the processor, or control steps, to the goal; the mean return; the share of seeds
  /// that reach the goal.
  case wallSeconds, processorSeconds, environmentSteps, score, goalReached

  /// Whether a training ends at the goal.
  var stopsAtGoal: Bool { self != .score }
  /// Whether the choice depends on the clock.
  public var dependsOnClock: Bool { self == .wallSeconds || self == .processorSeconds }
}
