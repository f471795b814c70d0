import ArgumentParser
import Foundation
import PoiseCore
import Synchronization

/// What SIGINT, SIGTERM and SIGHUP do.
///
/// Most commands have nothing to save: the first signal ends them at once, wherever they are, and their unfinished files are
/// removed. Those that have, remember the first one, so that the work can end in good order; a second signal of the same kind then ends
/// the process at once.
enum Interruption {
  private static let received = Atomic<Int32>(0)
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Signals end the process at once, and leave no unfinished file. Call first thing in the program.
  static func endAtOnce() {
    // Made before a handler can run: a handler must not be the first to touch them.
    received.store(0, ordering: .relaxed)
    UnfinishedFiles.prepare()
    handle {
      UnfinishedFiles.removeAll()
      // The handler is gone by now; the signal comes again once this one returns.
      raise($0)
    }
  }

  /// Signals are remembered from now on. Call before the work that has something to save.
  static func watch() { handle { Interruption.note($0) } }

  private static func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
    for number in signals {
      var action = sigaction()
      // With `nohup` the process continues when the terminal is closed.
      if number == SIGHUP, sigaction(number, nil, &action) == 0, isIgnored(action) { continue }
      action = sigaction()
      action.__sigaction_handler.sa_handler = handler
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
      sigaction(number, &action, nil)
    }
    // A parent may have left them blocked, as programs do that start others from a thread pool. Then none would ever arrive.
    var watched = sigset_t()
    sigemptyset(&watched)
    for number in signals { sigaddset(&watched, number) }
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static func note(_ number: Int32) {
    _ = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }

  /// The first signal's number; 0 before.
  static var signal: Int32 { received.load(ordering: .relaxed) }
}
