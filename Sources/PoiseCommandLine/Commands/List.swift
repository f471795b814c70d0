import ArgumentParser
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseTasks

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the scenarios, models and trained policies that ship with Poise, or what a scenario can name.",
    discussion: """
      A name in the first column can stand wherever a command expects a SCENARIO, a MODEL or a RUN, or with --algorithms an ALGORITHM. \
      All are looked for in POISE_HOME, in the working folder and those above it, and where the program is installed.

      Examples:
        \(program) list
        \(program) list --algorithms
        \(program) list --terms
        \(program) inspect humanoid-balance
      """)

  @Flag(help: "Show the algorithms: name, title, paper, the kinds of action that they take, family.")
  var algorithms = false

  @Flag(
    help: "Show the terms that a robot's task is made of: observations, rewards, terminations, resets, disturbances.")
  var terms = false

  @Flag(help: "Show the environments without a robot.")
  var environments = false

  func run() throws {
    if algorithms { listAlgorithms() }
    if terms { listTerms() }
    if environments {
      listKinds(
        "environments, for the key `environment` of a scenario",
        Environments.all.map { ($0.termName, $0.documentation) })
    }
    if !(algorithms || terms || environments) { try listFiles() }
  }

  private func listFiles() throws {
    let shipped = ShippedFiles()
    if let complaint = shipped.complaint { throw complaint }
    let sections = [
      ("scenarios", try shipped.scenarios()), ("models", try shipped.models()),
      ("trained runs, for `\(program) evaluate`, `replay` and `export`", try shipped.trained()),
    ]
    for (title, entries) in sections where !entries.isEmpty {
      printStyled(Style.output.bold(title))
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

  private func listTerms() {
    listKinds("observations", Terms.observations.map { ($0.termName, $0.documentation) })
    listKinds("rewards", Terms.rewards.map { ($0.termName, $0.documentation) })
    listKinds("terminations", Terms.terminations.map { ($0.termName, $0.documentation) })
    listKinds("reset", Terms.resets.map { ($0.termName, $0.documentation) })
    listKinds("disturbances", Terms.disturbances.map { ($0.termName, $0.documentation) })
  }

  private func listKinds(_ title: String, _ kinds: [(name: String, documentation: String)]) {
    printStyled(Style.output.bold(title))
    if kinds.isEmpty { return print("  none; a program of another package may register some") }
    print(
      TextTable(header: ["name", "meaning"], rows: kinds.map { [$0.name, $0.documentation] }, isTextOnly: true).text())
  }
}
