import Foundation
import PoiseCore

/// Standard input, output and error, as whoever started the program left them.
enum StandardStreams {
  /// Call before any file is opened: where one of the three is closed, the next file would get its number, and what is printed
  /// would be written into that file. What is written to the stand-in fails as it does on a closed one.
  static func holdPlaces() {
    for (number, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(number, F_GETFD) < 0 {
      // Gets this number, the lowest that is free: those below are taken by now.
      _ = open("/dev/null", mode)
    }
  }

  /// For work that is worth doing though nobody may listen any more, such as a training in a pipe to `head`.
  static func outliveListeners() { signal(SIGPIPE, SIG_IGN) }

  /// Sees that what was printed has arrived.
  ///
  /// - Throws: `InputOutputError`, so that a script never takes an empty file for a result.
  static func flush() throws {
    guard fflush(nil) == 0 else { throw InputOutputError(writing: "standard output", errno) }
  }
}
