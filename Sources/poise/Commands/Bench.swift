import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Figures of this machine beside their floors.")
  func run() throws {}
}
