import ArgumentParser
import Foundation
import PoiseCore

/// Prints to standard output what was asked for. Control characters of names and other texts from files are escaped.
func print(_ text: String, terminator: String = "\n") {
  StandardStreams.write(text.printable + terminator, to: STDOUT_FILENO)
}

/// Prints a report whose sentences are wrapped to the terminal's width, as its tables are already.
func printWrapped(_ text: String) {
  guard let width = TextTable.outputWidth else { return print(text) }
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  print(lines.flatMap { wordWrapped(String($0), to: width - 1) }.joined(separator: "\n"))
}

/// Prints text of the program's own to standard output as it is, with the escape sequences of its style.
func printStyled(_ text: String) { StandardStreams.write(text + "\n", to: STDOUT_FILENO) }

/// Prints to standard error, where progress and problems go. Control characters are escaped.
func printError(_ text: String) { writeError(text.printable + "\n") }

/// Writes to standard error as it is. If that is a file on a full disk, or if its reader has gone, the text is dropped and the work
/// continues.
func writeError(_ text: String) { StandardStreams.write(text, to: STDERR_FILENO) }

/// Ends the program for an error that is none of Poise's own: the argument parser's, which has its own text and code, or an
/// unexpected one, which is a fault of Poise and is reported as such.
func end(with error: any Error) -> Never {
  guard Poise.exitCode(for: error) == .failure, !(error is ExitCode) else { Poise.exit(withError: error) }
  printError("A fault of Poise itself: \(error). Please report it, with the command.")
  Foundation.exit(ExitStatus.internalFault.rawValue)
}
