import ArgumentParser
import Foundation
import PoiseCore

/// The command line: arguments in, text out, exit codes. What to do is decided in the rooms below.
struct Poise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: program,
    abstract: "Simulates robots and trains their controllers: one native program, the same bits for the same seed.",
    discussion: """
      SCENARIO and MODEL are files, or names that `\(program) list` shows. RUN is a folder that `\(program) train` has made. \
      What ships is found from anywhere. If POISE_HOME names a folder with `models` and `scenarios`, that folder comes first. \
      A terminal's lines are wrapped to its width; a file or a pipe gets each row of a table on one line.

      Examples:
        \(program) replay models/trained/humanoid-balance --serve
        \(program) train cartpole-balance --out runs/first
        \(program) evaluate runs/first
        \(program) replay runs/first --html robot.html

      Exit codes: 0 done, 64 wrong usage, 65 invalid input, 69 a promise that is not kept (doctor), 70 a fault of Poise itself, \
      74 input/output error, 128 + N interrupted by signal N.
      """,
    version: PoiseVersion.current,
    subcommands: [
      List.self, Inspect.self, Check.self, Simulate.self, Solve.self, Train.self, Evaluate.self, Replay.self,
      Export.self,
      Report.self, Bench.self, SweepCommand.self, Doctor.self,
    ])
}
