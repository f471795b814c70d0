import Foundation
import PoiseCore

/// Standard input, output and error, as the program inherited them.
enum StandardStreams {
  /// Call before any file is opened. If one of the three is closed, the next file would get its number, and whatever is
  /// printed would be written into that file. Writing to the stand-in fails, as writing to the closed stream does.
  static func holdPlaces() {
    for (number, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(number, F_GETFD) < 0 {
      // The system gives the lowest free number, which is this one: those below are taken by now.
      _ = open("/dev/null", mode)
    }
  }

  /// For work that is worth finishing even if nobody reads its output any more, such as a training piped into `head`.
  static func outliveListeners() { signal(SIGPIPE, SIG_IGN) }

  /// Makes sure that everything printed has arrived.
  ///
  /// - Throws: `InputOutputError`, so that a script never takes an empty file for a result.
  static func flush() throws {
    guard fflush(nil) == 0 else { throw InputOutputError(writing: "standard output", errno) }
  }
}
