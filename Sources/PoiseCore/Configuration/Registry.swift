internal import Synchronization

/// The kinds of something that files and commands can name: those that ship, and those that another package adds.
///
/// Kinds are added before the first look, which is when tables and file formats are made of them; so what can be named never
/// changes while a program runs.
public final class Registry<Kind: Sendable>: Sendable {
  private struct State {
    var kinds: [Kind]
    var wasRead = false
  }
  private let state: Mutex<State>
  private let title: String

  /// - Parameters:
  ///   - title: what the kinds are, for messages: "reward terms".
  ///   - kinds: those that ship.
  public init(_ title: String, _ kinds: [Kind] = []) {
    self.title = title
    state = Mutex(State(kinds: kinds))
  }

  /// Adds a kind behind the others. To be called before anything is read, first thing in a program.
  public func register(_ kind: Kind) {
    state.withLock { state in
      precondition(!state.wasRead, "the \(title) have been read already; register \(kind) first thing in the program")
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
