internal import Synchronization

/// The kinds of something that files and commands can name: those of Poise, and those that another package adds.
///
/// Kinds can be added only before the list is read for the first time, because tables and file formats are made from
/// it. So the list is constant while a program runs.
public final class Registry<Kind: Sendable>: Sendable {
  private struct State {
    var kinds: [Kind]
    var wasRead = false
  }
  private let state: Mutex<State>
  private let title: String

  /// Makes a list of kinds.
  ///
  /// - Parameters:
  ///   - title: what the kinds are, for messages: "reward terms".
  ///   - kinds: the kinds of Poise.
  public init(_ title: String, _ kinds: [Kind] = []) {
    self.title = title
    state = Mutex(State(kinds: kinds))
  }

  /// Adds a kind after the others. Call it before anything else in the program; a call after the list has been read
  /// traps.
  public func register(_ kind: Kind) {
    state.withLock { state in
      precondition(
        !state.wasRead, "the \(title) have been read already; register \(kind) before anything else in the program")
      state.kinds.append(kind)
    }
  }

  /// All kinds, in the order in which they were added.
  public var all: [Kind] {
    state.withLock { state in
      state.wasRead = true
      return state.kinds
    }
  }
}
