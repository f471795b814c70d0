import Foundation
import PoiseCore
import PoiseFinite
import TestSupport
import Yams

/// A scenario with nothing but its finite problem.
struct FiniteScenario: Configurable {
  var mdp: FiniteProblemForm?
  init() {}
  static let keys: [ConfigurationKey<Self>] = [
    .key("mdp", \.mdp, .optional(FiniteProblemForm.format), "A finite problem.")
  ]
}

func loaded(_ yaml: String, overrides: [(path: String, value: String)] = [], folder: String = "") throws
  -> FiniteProblem
{
  var node = try configurationNode(yaml)
  for (path, value) in overrides {
    try node.apply(
      ConfigurationOverride(
        path: path.split(separator: ".").map(String.init), value: .plain(value), option: "--set \(path)"),
      defaults: FiniteScenario().written)
  }
  let configured = try Configured<FiniteScenario>(reading: node)
  guard let form = configured.value.mdp else { throw Missing() }
  return try form.problem(relativeTo: folder, source: configured.source)
}

struct Missing: Error {}

/// A problem that ships, with keys changed.
func shipped(_ name: String, _ overrides: (path: String, value: String)...) throws -> FiniteProblem {
  let folder = scenarioFolder
  return try loaded(
    String(contentsOfFile: "\(folder)/\(name).yaml", encoding: .utf8), overrides: overrides, folder: folder)
}

/// The problems of a text that is wrong, one line each.
func complaints(_ yaml: String) -> String {
  do {
    _ = try loaded(yaml)
    return ""
  } catch {
    return "\(error)"
  }
}

private func configurationNode(_ yaml: String) throws -> ConfigurationNode {
  guard let root = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot() else { throw Missing() }
  func converted(_ node: Node) -> ConfigurationNode {
    let location = ConfigurationLocation(file: "test.yaml", line: node.mark?.line)
    switch node {
    case .scalar(let scalar):
      return ConfigurationNode(
        .scalar(.init(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any)), at: location)
    case .sequence(let items): return ConfigurationNode(.sequence(items.map(converted)), at: location)
    case .mapping(let pairs):
      let entries = pairs.map { key, value in
        ConfigurationNode.Entry(key.string ?? "", at: .init(file: "test.yaml", line: key.mark?.line), converted(value))
      }
      return ConfigurationNode(.mapping(entries), at: location)
    case .alias: return ConfigurationNode(.sequence([]), at: location)
    }
  }
  // Goal and training are none of this room's business.
  var tree = converted(root)
  if case .mapping(let entries) = tree.content, entries.contains(where: { $0.key == "mdp" }) {
    tree.content = .mapping(entries.filter { $0.key == "mdp" })
  }
  return tree
}

let scenarioFolder = "\(ProjectFolders.root)/scenarios"
let hasPython = Python.has("sys")
func python(_ script: String) throws -> String { try Python.run(script) }
func configured(_ yaml: String) throws -> FiniteScenario {
  try Configured<FiniteScenario>(reading: configurationNode(yaml)).value
}

let hasNode = (try? node("process.exit(0)")) == 0
/// Runs JavaScript with Node.js, and returns how it ended.
func node(_ script: String) throws -> Int32 {
  let process = try CapturedProcess(URL(filePath: "/usr/bin/env"), ["node", "-e", script], in: ProjectFolders.root)
  if process.status != 0 { print(process.errors) }
  return process.status
}
