import ArgumentParser
import PoiseCore
import PoiseExperiments
import PoiseViewer

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks whether Poise's promises hold on this machine, and says what to do if they do not.",
    discussion: """
      Poise promises the same bits for the same seed on any number of threads, and files that are either whole or absent. The \
      checks take a few seconds: the physics engine, the solver, two small trainings, the folders. A dash marks a note, on \
      which no promise depends. Exit code 0: all promises are kept; 69: at least one is not.

      Examples:
        \(program) doctor
        \(program) doctor --json
      """)

  @Flag(help: .json)
  var json = false

  func run() throws {
    let machine = Machine()
    let screen = TerminalReplay.Screen()
    let diagnosis = Diagnosis((machine.probes + machine.viewerProbes(screen: screen)).map { $0.run() })
    print(json ? diagnosis.json : diagnosis.text(isASCII: screen.isASCII))
    if !diagnosis.isHealthy { throw ExitCode(ExitStatus.promiseBroken.rawValue) }
  }
}
