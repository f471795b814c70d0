import ArgumentParser
import Foundation
import Synchronization

/// Remembers the first SIGINT, SIGTERM or SIGHUP, so that the work can end in good order. A second signal of the same kind
/// ends the process at once.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// Call once before the work.
  static func watch() {
    // Made before a handler can run: a handler must not be the first to touch it.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { Interruption.note($0) }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
      sigaction(number, &action, nil)
    }
    // A parent may have left them blocked, as programs do that start others from a thread pool. Then none would ever arrive.
    var watched = sigset_t()
    sigemptyset(&watched)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&watched, number) }
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  private static func note(_ number: Int32) {
    _ = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }

  /// The first signal's number; 0 before.
  static var signal: Int32 { received.load(ordering: .relaxed) }

  /// Ends the command with 128 + the signal's number if there was one; for work that has nothing to save.
  static func check() throws {
    if signal != 0 { throw ExitCode(128 + signal) }
  }
}
