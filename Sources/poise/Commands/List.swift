import ArgumentParser
import PoiseModels

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the scenarios, models and trained policies that ship.")

  func run() throws {
    let shipped = ShippedFiles()
    for (title, entries) in [("models", try shipped.models())] {
      print(title)
      for entry in entries { print("  \(entry.name)  \(entry.path)") }
    }
  }
}
