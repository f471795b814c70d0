import Foundation
import PoiseControl
public import PoiseCore
import PoiseNetworks
import PoiseScenarios
import PoiseTraining
import PoiseEnvironments

/// Trained runs side by side as one self-contained page: learning curves, evaluations with baselines, reward terms, the
/// resolved scenario.
///
/// Runs that differ in their seed alone are one group, drawn as a mean and a band. The page loads nothing from the
/// network; all text from files is escaped.
public struct RunReport {
  private let groups: [RunGroup]
  private let evaluations: [ScenarioEvaluation]

  /// Runs with the same scenario and algorithm, in the order in which they were named.
  private struct RunGroup {
    var name: String
    var runs: [RunHistory]
  }

  /// Controllers of one task, evaluated on the same episodes.
  private struct ScenarioEvaluation {
    var name: String
    var episodes: Int
    var seed: UInt64
    var table: EvaluationTable
    /// Mean return of each run's best policy, by the run's folder.
    var returns: [String: Double]
  }

  /// Reads the runs and evaluates their best policies and the baselines.
  ///
  /// - Parameters:
  ///   - paths: folders of runs, at least one.
  ///   - episodes: number of episodes of each evaluation; the scenario's own where `nil`, no evaluation where 0.
  ///   - pool: the threads that evaluate; their number changes no result.
  ///   - tell: called with the name of each run or baseline before it is evaluated; may stop the work by throwing.
  /// - Throws: `InputOutputError` or `InvalidInput` for a run that cannot be read; whatever `tell` throws.
  public init(
    _ paths: [String], episodes: Int? = nil, pool: WorkerPool, tell: (String) throws -> Void = { _ in }
  ) throws {
    var histories = try paths.map { try RunHistory($0) }
    let names = histories.map(\.name)
    for index in histories.indices where names.count(where: { $0 == names[index] }) > 1 {
      histories[index].name = histories[index].folder.path
    }
    var groups: [RunGroup] = []
    for history in histories {
      let place = groups.firstIndex { group in
        group.runs[0].scenarioText == history.scenarioText
          && group.runs[0].folder.description.algorithm == history.folder.description.algorithm
          && group.runs[0].folder.description.scenario == history.folder.description.scenario
      }
      if let place {
        groups[place].runs.append(history)
      } else {
        groups.append(RunGroup(name: "", runs: [history]))
      }
    }
    for index in groups.indices { groups[index].name = Self.name(of: groups[index], among: groups) }
    self.groups = groups
    evaluations = episodes == 0 ? [] : try Self.evaluate(histories, episodes: episodes, pool, tell)
  }

  /// Scenario and algorithm, and the first run's folder where these are not enough.
  private static func name(of group: RunGroup, among groups: [RunGroup]) -> String {
    let short = shortName(of: group)
    return groups.count { shortName(of: $0) == short } == 1 ? short : "\(short), \(group.runs[0].name)"
  }

  private static func shortName(of group: RunGroup) -> String {
    let description = group.runs[0].folder.description
    return "\(description.scenario), \(description.algorithm)"
  }

  /// Runs of one task together, with its baselines.
  private static func evaluate(
    _ histories: [RunHistory], episodes: Int?, _ pool: WorkerPool, _ tell: (String) throws -> Void
  ) throws -> [ScenarioEvaluation] {
    var tasks: [(digest: String, runs: [(name: String, run: TrainedRun)])] = []
    for history in histories {
      let best = history.folder.checkpointPath(.best)
      guard FileManager.default.fileExists(atPath: best) else { continue }
      let run = try TrainedRun(history.folder.path)
      let digest = run.scenario.episodeDigest
      if let place = tasks.firstIndex(where: { $0.digest == digest }) {
        tasks[place].runs.append((history.name, run))
      } else {
        tasks.append((digest, [(history.name, run)]))
      }
    }
    return try tasks.map { task -> ScenarioEvaluation in
      let (scenario, settings) = (task.runs[0].run.scenario, task.runs[0].run.scenario.settings.evaluation)
      func judge(_ controller: ControllerChoice, _ name: String, _ instructionSet: InstructionSet) throws
        -> EvaluationResult
      {
        try tell(name)
        return try Evaluation(
          scenario, episodes: episodes ?? settings.episodes, seed: settings.publishedSeed,
          instructionSet: instructionSet
        ).run(controller, pool: pool)
      }
      var results = try task.runs.map { try judge($0.run.controller, $0.name, $0.run.instructionSet) }
      var baselines: [BaselineController] = []
      for baseline in scenario.baselines {
        let choice = ControllerChoice.baseline(baseline)
        do {
          results.append(
            try judge(choice, "\(scenario.name), \(baseline.rawValue)", task.runs[0].run.instructionSet))
          baselines.append(baseline)
        } catch is InvalidInput where choice.isDesigned {
          // A robot for which there is no such design has no such rival.
        }
      }
      return ScenarioEvaluation(
        name: scenario.name, episodes: results[0].episodes, seed: settings.publishedSeed,
        table: EvaluationTable(
          results, metrics: scenario.specification.metrics, names: task.runs.map(\.name) + baselines.map(\.rawValue)),
        returns: Dictionary(
          zip(task.runs.map(\.run.folder.path), results.map(\.return.mean)), uniquingKeysWith: { first, _ in first }))
    }
  }

  // MARK: Over seeds

  /// The returns of the runs of a group, one value for each run.
  private func returns(of group: RunGroup) -> [Double] {
    group.runs.compactMap { run in
      let evaluated = evaluations.lazy.compactMap { $0.returns[run.folder.path] }.first
      return evaluated ?? run.evaluations["return_mean"].compactMap { $0 }.max()
    }.filter(\.isFinite)
  }

  /// Means over seeds with their intervals, and whether groups differ. A single run has neither.
  private var seeds: String {
    let values = groups.map { returns(of: $0) }
    guard values.contains(where: { $0.count > 1 }) else { return "" }
    func number(_ value: Double) -> String { String(format: "%.1f", value) }
    let random = RandomStream(seed: 0, purpose: .statistics)
    let rows = zip(groups, values).enumerated().compactMap { index, pair -> [String]? in
      let (group, values) = pair
      guard let low = values.min(), let high = values.max() else { return nil }
      let mean = InterquartileMean(values, random: random)
      return [
        "<span class=\"swatch c\(Self.color(index))\"></span>\(escapedHTML(group.name))", "\(values.count)",
        number(mean.value), values.count > 1 ? "\(number(mean.low)) to \(number(mean.high))" : "–",
        number(values.reduce(0, +) / Double(values.count)), number(low), number(high),
      ]
    }
    let table = ReportPage.table(
      ["group", "seeds", "interquartile mean", "95 % interval", "mean", "lowest", "highest"], rows, textColumns: [0])
    let note =
      evaluations.isEmpty
      ? "The best return of each run's own evaluations, by which its policy was chosen: somewhat too good."
      : "The return of each run's best policy over the episodes below, on seeds that chose nothing."
    return ReportPage.section(
      "Over seeds",
      "<p class=\"note\">\(note) Intervals: percentiles of 2,000 bootstrap resamples of the seeds (Agarwal et al. 2021). Those of fewer than "
        + "five seeds are too narrow.</p>\n\(table)\n\(groupDifferences(values, random))")
  }

  private func groupDifferences(_ values: [[Double]], _ random: RandomStream) -> String {
    var rows: [[String]] = []
    for i in groups.indices {
      for j in groups.indices where i < j && values[i].count > 1 && values[j].count > 1 && isComparable(i, j) {
        let difference = GroupDifference(values[i], values[j], random: random)
        rows.append([
          escapedHTML(groups[i].name), escapedHTML(groups[j].name), String(format: "%.1f", difference.difference),
          String(format: "%.3f", difference.pValue), String(format: "%.3f", difference.leastPValue),
          String(format: "%.2f", difference.probabilityOfImprovement),
        ])
      }
    }
    guard !rows.isEmpty else { return "" }
    return
      "<h3>Do groups differ?</h3>\n<p class=\"note\">Permutation test of the difference of the means: p is the share of the ways to divide "
      + "the same returns into two such groups whose means differ at least as much. With so few seeds it cannot fall below the least p.</p>\n"
      + ReportPage.table(
        ["first", "second", "first − second", "p", "least p", "a run of the first is better"], rows,
        textColumns: [0, 1])
  }

  /// Whether returns of two groups are of the same episodes.
  private func isComparable(_ i: Int, _ j: Int) -> Bool {
    func digest(_ group: RunGroup) -> String? { (try? group.runs[0].folder.loadScenario())?.episodeDigest }
    return digest(groups[i]).map { $0 == digest(groups[j]) } ?? false
  }

  // MARK: The page

  /// The complete page.
  public var html: String {
    var names: [String] = []
    for group in groups where !names.contains(Self.shortName(of: group)) { names.append(Self.shortName(of: group)) }
    return ReportPage.html(
      title: "Poise: \(names.joined(separator: " · "))",
      body: [runs, seeds, curves, evaluationTables, rewardTerms, differences, scenarios].filter { !$0.isEmpty })
  }

  private var runs: String {
    let header = [
      "run", "scenario", "algorithm", "seed", "environment steps", "seconds of training", "steps per second",
      "best return", "best survival", "made by",
    ]
    let rows = groups.enumerated().flatMap { index, group in
      group.runs.map { run -> [String] in
        let description = run.folder.description
        let returns = run.evaluations["return_mean"].compactMap { $0 }
        let survival = run.evaluations["survival_rate"].compactMap { $0 }
        return [
          "<span class=\"swatch c\(Self.color(index))\"></span>\(escapedHTML(run.name))",
          escapedHTML(description.scenario), escapedHTML(description.algorithm), "\(description.seed)",
          Self.grouped(run.environmentSteps), String(format: "%.1f", run.seconds),
          run.seconds > 0 ? Self.grouped((run.environmentSteps / run.seconds).rounded()) : "–",
          returns.max().map { String(format: "%.1f", $0) } ?? "–",
          survival.max().map { String(format: "%.2f", $0) } ?? "–",
          escapedHTML("\(description.poiseVersion), \(description.instructionSet.rawValue)"),
        ]
      }
    }
    let deaths = groups.flatMap(\.runs).compactMap { run in
      run.death.map { "<p class=\"note\">\(escapedHTML("\(run.name): \($0)"))</p>" }
    }
    return ReportPage.section(
      "Runs",
      ReportPage.table(header.map(escapedHTML), rows, textColumns: [0, 1, 2, 9]) + deaths.joined(separator: "\n"))
  }

  private struct Measure {
    var title: String
    var column: String
    var isEvaluation: Bool
    /// The key of a goal.
    var goal: String?
    var reach: [Double] = []
  }

  /// The return, and the metrics of the tasks' progress lines.
  private static func measures(_ scenarios: [LoadedScenario]) -> [Measure] {
    var metrics: [Metric] = []
    for metric in scenarios.flatMap(\.specification.metrics) where metric.headline != nil {
      if !metrics.contains(where: { $0.name == metric.name }) { metrics.append(metric) }
    }
    return [
      Measure(title: "Return, evaluations", column: "return_mean", isEvaluation: true, goal: Goal.returnKey),
      Measure(title: "Return while training, mean of an iteration", column: "return", isEvaluation: false),
    ]
      + (metrics.filter(\.isRate) + metrics.filter { !$0.isRate }).map { metric in
        Measure(
          title: "\(metric.title.prefix(1).uppercased())\(metric.title.dropFirst()), evaluations", column: metric.name,
          isEvaluation: true, goal: metric.goalKey, reach: metric.isRate ? [0, 1] : [])
      }
  }

  private var curves: String {
    let scenarios = groups.compactMap { try? $0.runs[0].folder.loadScenario() }
    let goals = scenarios.map(\.settings.goal)
    let charts = Self.measures(scenarios).flatMap { measure -> [String] in
      RunHistory.Axis.allCases.compactMap { axis -> String? in
        let series = groups.enumerated().map { index, group in
          LineChart.Series(
            name: group.name, color: Self.color(index),
            band: CurveBand(
              group.runs.map {
                $0.curve(measure.column, of: measure.isEvaluation ? $0.evaluations : $0.progress, over: axis)
              }))
        }
        guard series.contains(where: { $0.band.count > 0 }) else { return nil }
        let wanted = measure.goal.map { key in Set(goals.compactMap { $0[key] }).sorted() } ?? []
        return LineChart(
          title: measure.title, horizontal: Self.label(axis), series: series, goals: wanted, reach: measure.reach
        ).html
      }
    }
    let legend = groups.enumerated().map { index, group in
      let seeds = group.runs.map { "\($0.seed)" }.joined(separator: ", ")
      return "<li><span class=\"swatch c\(Self.color(index))\"></span>\(escapedHTML(group.name)) "
        + "<small>seed\(group.runs.count == 1 ? "" : "s") \(escapedHTML(seeds))</small></li>"
    }
    return ReportPage.section(
      "Learning curves",
      "<ul class=\"legend\">\(legend.joined())</ul>\n<p class=\"note\">Several seeds: their mean, and a band from the "
        + "lowest to the highest; one that has ended keeps its last number. Dashed: the goal. Seconds are those of rollouts and updates, without evaluations.</p>\n"
        + "<div class=\"charts\">\(charts.joined(separator: "\n"))</div>")
  }

  private static func label(_ axis: RunHistory.Axis) -> String {
    switch axis {
    case .environmentSteps: "environment steps"
    case .seconds: "wall time, s"
    }
  }

  private var evaluationTables: String {
    let tables = evaluations.map { evaluation in
      "<h3>\(escapedHTML(evaluation.name)), \(evaluation.episodes) episodes, seed \(evaluation.seed)</h3>\n"
        + ReportPage.table(
          evaluation.table.header.map(escapedHTML),
          evaluation.table.rows.map { row in
            let indent = row[0].prefix { $0 == " " }.count
            let name = escapedHTML(String(row[0].dropFirst(indent)))
            return [indent > 0 ? "<span class=\"part\">\(name)</span>" : name] + row.dropFirst().map(escapedHTML)
          }, textColumns: [0])
    }
    return tables.isEmpty
      ? ""
      : ReportPage.section(
        "Evaluations",
        "<p class=\"note\">The best checkpoint of each run, and baselines, on the same "
          + "episodes.</p>\n" + tables.joined(separator: "\n"))
  }

  /// Each group's reward terms over its steps, as the learner received them.
  private var rewardTerms: String {
    let charts = groups.map { group -> String in
      let columns = group.runs[0].progress.columns.filter { $0.hasPrefix("reward_") && $0.hasSuffix("_per_step") }
      let series = columns.enumerated().map { index, column in
        LineChart.Series(
          name: String(column.dropFirst("reward_".count).dropLast("_per_step".count)), color: Self.color(index),
          band: CurveBand(group.runs.map { $0.curve(column, of: $0.progress, over: .environmentSteps) }))
      }
      let legend = series.map {
        "<li><span class=\"swatch c\($0.color)\"></span>\(escapedHTML($0.name))</li>"
      }.joined()
      return "<div>"
        + LineChart(title: group.name, horizontal: Self.label(.environmentSteps), series: series).html
        + "<ul class=\"legend\">\(legend)</ul></div>"
    }
    return ReportPage.section(
      "Reward terms per step, weights included", "<div class=\"charts\">\(charts.joined(separator: "\n"))</div>")
  }

  /// Keys of the scenarios that differ between groups.
  private var differences: String {
    guard groups.count > 1 else { return "" }
    let settings = groups.map { Self.settings($0.runs[0].scenarioText, path: $0.runs[0].folder.scenarioPath) }
    var keys: [String] = []
    for key in settings.flatMap({ $0.map(\.key) }) where !keys.contains(key) { keys.append(key) }
    let rows = keys.compactMap { key -> [String]? in
      let values = settings.map { list in list.first { $0.key == key }?.value ?? "–" }
      return Set(values).count == 1 ? nil : [key] + values
    }
    let content =
      rows.isEmpty
      ? "<p>The scenarios are the same.</p>"
      : ReportPage.table(
        ["key"] + groups.map { escapedHTML($0.name) }, rows.map { $0.map(escapedHTML) },
        textColumns: Set(0...groups.count))
    return ReportPage.section("What differs", content)
  }

  /// Every key with its value, in the order of the file.
  private static func settings(_ text: String, path: String) -> [(key: String, value: String)] {
    guard let tree = try? YAMLTree.read(contentsOf: path) else { return [] }
    var result: [(key: String, value: String)] = []
    func add(_ node: ConfigurationNode, _ key: String) {
      switch node.content {
      case .mapping(let entries) where !entries.isEmpty:
        for entry in entries { add(entry.value, key.isEmpty ? entry.key : "\(key).\(entry.key)") }
      case .sequence(let items) where items.contains(where: { if case .scalar = $0.content { false } else { true } }):
        for (index, item) in items.enumerated() { add(item, "\(key).\(index)") }
      default: result.append((key, node.flowText))
      }
    }
    add(tree, "")
    return result
  }

  private var scenarios: String {
    ReportPage.section(
      "Resolved scenario",
      groups.map { group in
        "<details><summary>\(escapedHTML(group.name))</summary><pre>\(escapedHTML(group.runs[0].scenarioText))</pre></details>"
      }.joined(separator: "\n"))
  }

  // MARK: Numbers and colours

  private static func color(_ index: Int) -> Int { index % ReportPage.colorCount }

  /// `1,234,567`.
  private static func grouped(_ number: Double) -> String {
    var digits = Array(String(Int(clamping: number)))
    var place = digits.count - 3
    while place > (number < 0 ? 1 : 0) {
      digits.insert(",", at: place)
      place -= 3
    }
    return String(digits)
  }
}
