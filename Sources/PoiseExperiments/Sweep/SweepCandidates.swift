import Foundation
public import PoiseCore
import PoiseModels
public import PoiseScenarios
import PoiseTasks

/// One setting of the swept keys; number 0 is the scenario as it ships.
public struct SweepCandidate: Sendable {
  /// Number of the candidate, from 0.
  public let number: Int
  /// The values of the swept keys, in the order of the plan; empty for the shipped setting.
  public let settings: [(key: String, value: ConfigurationNode)]
  /// The scenario with the settings applied.
  public let scenario: LoadedScenario

  /// The settings as text: `batchSize=64 learningRate=0.001`, or `as shipped`.
  public var text: String {
    settings.isEmpty
      ? "as shipped" : settings.map { "\($0.key)=\($0.value.flowText)" }.joined(separator: " ")
  }
}

extension SweepPlan {
  /// The values of each candidate but the shipped one, in the order of the swept keys.
  ///
  /// A grid counts like an odometer, the last key fastest. Draw k of a random search has a stream of its own, so a longer search begins
  /// with the draws of a shorter one; numbers have 3 significant digits.
  func drawn() -> [[ConfigurationNode]] {
    switch search {
    case .grid:
      return swept.reduce([[]]) { rows, key in rows.flatMap { row in key.values.map { row + [$0] } } }
    case .random:
      return (0..<candidates).map { index in
        var random = RandomStream(seed: seed, purpose: .search, index: index)
        return swept.map { $0.draw(&random) }
      }
    }
  }

  /// All candidates, each read and checked; equal scenarios appear only once.
  ///
  /// - Throws: `InvalidInput` with every problem of the plan's values, with their lines in the plan, or of the scenario.
  func candidates(scenarioPath: String, source: ConfigurationSource) throws -> [SweepCandidate] {
    let tree = try YAMLTree.read(contentsOf: scenarioPath)
    var problems: [Problem] = []
    var candidates: [SweepCandidate] = []
    var known: Set<Scenario> = []
    for values in [[]] + drawn() {
      let settings = zip(swept, values).map { (key: $0.key, value: $1) }
      do {
        let scenario = try load(tree, path: scenarioPath, settings: settings, planFile: source.file)
        if known.insert(scenario.settings).inserted {
          candidates.append(SweepCandidate(number: candidates.count, settings: settings, scenario: scenario))
        }
      } catch let error as InvalidInput {
        for problem in error.problems.map({ placed($0, settings: settings, source: source) })
        where !problems.contains(problem) { problems.append(problem) }
        // Problems of the shipped setting are problems of all.
        if settings.isEmpty { break }
      }
    }
    guard problems.isEmpty else { throw InvalidInput(source.sorted(problems)) }
    return candidates
  }

  private func load(
    _ tree: ConfigurationNode, path: String, settings: [(key: String, value: ConfigurationNode)], planFile: String
  ) throws -> LoadedScenario {
    var tree = tree
    tree.renameFormerKeys(of: Scenario.self)
    let defaults = Scenario().written
    func apply(_ key: String, _ value: ConfigurationNode) throws(InvalidInput) {
      let override = ConfigurationOverride(
        path: key.split(separator: ".").map(String.init), value: value, option: planFile)
      try tree.apply(override.renamingFormerKeys(of: Scenario.self), defaults: defaults)
    }
    if let algorithm { try apply("training.algorithm", .text(algorithm)) }
    try apply("training.stopsAtGoal", .plain(measure.stopsAtGoal ? "true" : "false"))
    for (index, condition) in conditions.enumerated() {
      let parsed: ConfigurationOverride
      do {
        parsed = try ConfigurationOverride(parsing: condition)
      } catch {
        throw InvalidInput(
          error.problems.map { problem in
            var problem = problem
            (problem.file, problem.place) = (planFile, "conditions.\(index)")
            return problem
          })
      }
      try apply(parsed.path.joined(separator: "."), parsed.value)
    }
    for setting in settings { try apply(setting.key, setting.value) }
    return try LoadedScenario(Configured<Scenario>(reading: tree), path: path, overrides: [])
  }

  /// A problem of a scenario that the plan causes, with the plan's line.
  private func placed(
    _ problem: Problem, settings: [(key: String, value: ConfigurationNode)], source: ConfigurationSource
  ) -> Problem {
    guard problem.file == source.file, problem.line == nil else { return problem }
    var problem = problem
    func isAt(_ key: String) -> Bool {
      problem.place == key || problem.place.hasPrefix(key + ".") || key.hasPrefix(problem.place + ".")
    }
    if problem.place.hasPrefix("conditions.") {
      problem.line = source.location(of: problem.place).line
    } else if let index = settings.firstIndex(where: { isAt($0.key) }) {
      let value = swept[index].values.firstIndex(of: settings[index].value).map { ".values.\($0)" } ?? ""
      problem.line = source.location(of: "swept.\(index)\(value)").line
    } else if let index = conditions.firstIndex(where: { isAt(String($0.prefix { $0 != "=" })) }) {
      problem.line = source.location(of: "conditions.\(index)").line
    } else if isAt("training.algorithm") {
      problem.line = source.location(of: "algorithm").line
    }
    return problem
  }
}

extension SweptKey {
  fileprivate func draw(_ random: inout RandomStream) -> ConfigurationNode {
    guard let range else { return values[random.index(below: values.count)] }
    let number =
      switch scale {
      case .linear: random.uniform(in: range)
      case .logarithmic: exp(random.uniform(in: log(range.lowerBound)...log(range.upperBound)))
      }
    return .plain(isWhole ? "\(Int(number.rounded()))" : number.rounded(significant: 3))
  }
}
