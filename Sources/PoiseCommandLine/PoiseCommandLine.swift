import ArgumentParser
import Foundation
import PoiseCore

/// The whole command line of Poise, for `poise` itself and for programs of other packages:
///
///     import Poise
///     import PoiseCommandLine
///
///     Terms.register(MyReward.self)
///     Algorithms.register(MyAlgorithm.self)
///     Environments.register(MyEnvironment.self)
///     PoiseCommandLine.run()
///
/// Such a program trains, evaluates, replays and exports with what was registered as with what ships: its names appear in `list` and
/// `inspect --schema`, in suggestions and in run folders.
public enum PoiseCommandLine {
  /// Does what the arguments of the process ask for and ends the process with one of the exit codes that `--help` lists.
  ///
  /// Messages that propose a command call the program by the name with which it was started.
  public static func run() -> Never {
    // A file that reaches its largest size is an error like a full disk, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    StandardStreams.holdPlaces()
    Interruption.endAtOnce()
    if let name = CommandLine.arguments.first?.fileName, !name.isEmpty { ProgramCommand.name = name }
    let output = Terminal(STDOUT_FILENO)
    TextTable.outputWidth = output.isTerminal ? output.columns : nil
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      // For `make install`; not meant for users.
      if arguments == ["manual"] {
        print(ManualPage(Poise._dumpHelp()).text, terminator: "")
        try StandardStreams.flush()
        Foundation.exit(ExitStatus.done.rawValue)
      }
      if let refusal = ArgumentAdvice.refusal(of: arguments) { throw refusal }
      var command = try Poise.parseAsRoot(arguments)
      try command.run()
      try StandardStreams.flush()
    } catch let error as any PoiseError {
      writeError(Style.errors.marked(error.description.printable) + "\n")
      Foundation.exit(error.exitStatus.rawValue)
    } catch {
      let advice = ArgumentAdvice.advice(for: Poise.message(for: error), arguments)
      if !advice.isEmpty {
        let message = ArgumentAdvice.withoutGuess(Poise.fullMessage(for: error))
        // What was meant comes before the usage, which takes several lines.
        let end = message.range(of: "\nUsage:")?.lowerBound ?? message.endIndex
        printError("\(message[..<end])\n\(advice)\(message[end...])")
        Foundation.exit(Poise.exitCode(for: error).rawValue)
      }
      end(with: error)
    }
    Foundation.exit(ExitStatus.done.rawValue)
  }
}
