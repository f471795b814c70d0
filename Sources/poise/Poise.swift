import ArgumentParser
import Foundation
import PoiseCore
import PoiseExperiments

/// The command line: arguments in, text out, exit codes. What to do is decided in the rooms below.
@main
struct Poise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "poise",
    abstract: "Simulates robots and trains their controllers: one native program, the same bits for the same seed.",
    discussion: """
      SCENARIO and MODEL are files, or names that `poise list` shows.
      Exit codes: 0 done, 64 usage, 65 bad input, 69 a promise that is not kept (doctor), 70 a fault of ours, 74 input/output, 128 + signal number interrupted.
      """,
    version: RunFolder.poiseVersion,
    subcommands: [
      List.self, Inspect.self, Check.self, Simulate.self, Solve.self, Train.self, Evaluate.self, Replay.self,
      Export.self,
      Report.self, Bench.self, SweepCommand.self, Doctor.self,
    ])

  static func main() {
    // A file that reaches its largest size is an error like a full disk, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    StandardStreams.holdPlaces()
    do {
      var command = try parseAsRoot()
      try command.run()
      try StandardStreams.flush()
    } catch let error as any PoiseError {
      printError(error.description)
      Foundation.exit(error.exitStatus.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}

/// Prints to standard error, where progress and problems go.
func printError(_ text: String) { writeError(text + "\n") }

/// Writes to standard error. Where that is a file on a full disk, or nobody listens, the work goes on without.
func writeError(_ text: String) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if written < 0, errno == EINTR { continue }
    guard written > 0 else { return }
    bytes = bytes.dropFirst(written)
  }
}
