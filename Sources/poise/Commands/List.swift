import ArgumentParser
import PoiseModels

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the scenarios, models and trained policies that ship with Poise.",
    discussion: """
      A name in the first column can stand wherever a command expects a SCENARIO or a MODEL.

      Examples:
        poise list
        poise inspect humanoid-balance
      """)

  func run() throws {
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
}
