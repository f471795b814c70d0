import ArgumentParser

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Simulates a robot.")
  func run() throws {}
}
