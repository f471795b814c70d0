import ArgumentParser
import PoiseAlgorithms
import PoiseCore
import PoiseModels

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the scenarios, models and trained policies that ship with Poise, or its algorithms.",
    discussion: """
      A name in the first column can stand wherever a command expects a SCENARIO or a MODEL, or with --algorithms an ALGORITHM.

      Examples:
        poise list
        poise list --algorithms
        poise inspect humanoid-balance
      """)

  @Flag(help: "Show the algorithms: name, title, paper, the kinds of action that they take, family.")
  var algorithms = false

  func run() throws {
    if algorithms { return listAlgorithms() }
    let shipped = ShippedFiles()
    let sections = [
      ("scenarios", try shipped.scenarios()), ("models", try shipped.models()),
      ("trained runs, for `poise evaluate PATH`, `replay` and `export`", try shipped.trained()),
    ]
    for (title, entries) in sections where !entries.isEmpty {
      print(title)
      let width = entries.map(\.name.count).max() ?? 0
      for entry in entries {
        print("  \(entry.name)\(String(repeating: " ", count: width - entry.name.count))  \(entry.path)")
      }
    }
  }

  private func listAlgorithms() {
    let rows = Algorithms.all.map { $0.summaryRow }
    print(TextTable(header: ["name", "title", "paper", "actions", "family"], rows: rows).text(indent: 0))
  }
}
