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
      SCENARIO and MODEL are files, or names that `poise list` shows. RUN is a folder that `poise train` has made.

      Examples:
        poise train cartpole-balance --out runs/first
        poise evaluate runs/first
        poise replay runs/first --html robot.html

      Exit codes: 0 done, 64 wrong usage, 65 invalid input, 69 a promise that is not kept (doctor), 70 a fault of Poise itself, \
      74 input/output error, 128 + N interrupted by signal N.
      """,
    version: PoiseVersion.current,
    subcommands: [
      List.self, Inspect.self, Check.self, Simulate.self, Solve.self, Train.self, Evaluate.self, Replay.self,
      Export.self,
      Report.self, Bench.self, SweepCommand.self, Doctor.self,
    ])

  static func main() {
    // A file that reaches its largest size is an error like a full disk, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    StandardStreams.holdPlaces()
    Interruption.endAtOnce()
    do {
      var command = try parseAsRoot()
      try command.run()
      try StandardStreams.flush()
    } catch let error as any PoiseError {
      printError(error.description)
      Foundation.exit(error.exitStatus.rawValue)
    } catch {
      end(with: error)
    }
  }
}
