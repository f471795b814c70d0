import ArgumentParser
import PoiseCore
import PoiseExperiments
import PoiseViewer

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says whether this machine keeps the promises, and what to do where it does not.",
    discussion: """
      Promised are the same bits for the same seed, for any number of threads, and files that are there whole or not at all. \
      Tried out in a few seconds: the physics engine, the solver, two small trainings, the folders. A dash (note) marks \
      what no promise hangs on. Exit code 0: all promises are kept; 69: one at least is not.
      """)

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let machine = Machine()
    let screen = TerminalReplay.Screen()
    let diagnosis = Diagnosis((machine.probes + machine.viewerProbes(screen: screen)).map { $0.run() })
    print(json ? diagnosis.json : diagnosis.text(isASCII: screen.isASCII))
    if !diagnosis.isHealthy { throw ExitCode(ExitStatus.promiseBroken.rawValue) }
  }
}
