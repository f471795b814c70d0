import Foundation
import PoiseCore
import Synchronization

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

  /// The error number of the first text that did not arrive on standard output; 0 where everything did.
  private static let failure = Atomic<Int32>(0)

  /// Writes text as it is. If the stream accepts no more, such as a full pipe, it waits, at the longest until a signal.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      guard isReady(descriptor) else { return note(EPIPE, of: descriptor) }
      // As many bytes as a pipe accepts at once if it accepts any.
      let written = bytes.prefix(4096).withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR || errno == EAGAIN { continue }
      guard written > 0 else { return note(errno, of: descriptor) }
      bytes = bytes.dropFirst(written)
    }
  }

  private static func note(_ code: Int32, of descriptor: Int32) {
    guard descriptor == STDOUT_FILENO else { return }
    _ = failure.compareExchange(expected: 0, desired: code, ordering: .relaxed)
  }

  /// Waits until a stream accepts bytes or reports an error.
  ///
  /// - Returns: false where a signal ends the work before that.
  private static func isReady(_ descriptor: Int32) -> Bool {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      // A signal may come just before the wait: so it is checked repeatedly.
      if poll(&entry, 1, 200) > 0 { return true }
      if Interruption.signal != 0 { return false }
    }
  }

  /// Makes sure that everything printed has arrived.
  ///
  /// - Throws: `InputOutputError`, so that a script never takes an empty file for a result.
  static func flush() throws {
    let code = fflush(nil) == 0 ? failure.load(ordering: .relaxed) : errno
    guard code == 0 else { throw InputOutputError(writing: "standard output", code) }
  }
}
