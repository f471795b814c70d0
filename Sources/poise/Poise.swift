import ArgumentParser
import Foundation
import PoiseCore

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
    version: "0.1.0",
    subcommands: [
      List.self, Inspect.self, Check.self, Simulate.self, Train.self, Evaluate.self, Replay.self, Export.self,
      Report.self, Bench.self, SweepCommand.self, Doctor.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any PoiseError {
      printError(error.description)
      Foundation.exit(error.exitStatus.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}

/// Prints to standard error, where progress and problems go.
func printError(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
