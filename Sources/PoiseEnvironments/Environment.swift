public import PoiseCore

/// Everything about an environment that its future depends on, exact to the bit.
public protocol EnvironmentState: Hashable, Sendable, Codable {
  /// How the episode stands.
  var ending: EpisodeEnding { get }
}

/// One running instance of a task, in which an agent acts: the contract between tasks and learners.
///
/// An `EnvironmentSpecification` makes environments and knows their spaces. All buffers belong to the caller. `step`
/// writes the observation *after* the action, also when the episode ends with it; the caller starts the next episode.
/// Everything random is drawn from `random`, so an episode is determined by the stream's state at `reset` and the
/// actions. An environment is used by one thread at a time.
///
/// A task whose state is a plain value is easier to write as a `DecisionProcess`, from which all of this follows.
public protocol Environment: AnyObject {
  /// The type of snapshots: the result of `saved` and the argument of `restore`.
  associatedtype State: EnvironmentState

  /// The stream from which the next random number is drawn.
  var random: RandomStream { get set }

  /// Whether the first episode gets a random time limit, so that the episodes of several environments do not all end
  /// together; true in training. Environments without such a limit ignore it.
  var desynchronises: Bool { get set }

  /// Starts an episode and writes its first observation, [observations].
  func reset(into observation: inout MutableSpan<Float>)

  /// Applies an action, [actions], for one control step and writes the observation after it, [observations].
  ///
  /// Elements of a box beyond ±1 are clamped. An action that is not finite, or not an index of a discrete space, is a
  /// fault.
  func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> StepOutcome

  /// How the present episode stands; `terminated` before the first one.
  var ending: EpisodeEnding { get }

  /// The records of the present episode so far.
  var summary: EpisodeSummary { get }

  /// Why the episode ended, if it ended in a fault; `nil` otherwise.
  var fault: EnvironmentFault? { get }

  /// A snapshot of the state, streams and records included; possible at any time, also during an episode.
  func saved() -> State

  /// Whether a state, for example one from a file, is possible for this environment.
  func accepts(_ state: State) -> Bool

  /// Restores a state, exact to the bit: the future is then the same as after `saved`.
  ///
  /// - Parameter state: one that this environment `accepts`.
  func restore(_ state: State)

  /// Prepares a thread for stepping the environment; called on that thread before a step.
  ///
  /// - Parameter work: what the thread does, for the message of a library that ends the process.
  func prepareThread(for work: String)
}

extension Environment {
  /// Always false: the first episode has the full time limit.
  public var desynchronises: Bool {
    get { false }
    set {}
  }

  /// Does nothing.
  public func prepareThread(for work: String) {}

  /// The type of state, which decoding an `EnvironmentSnapshot` requires.
  public static var stateType: any EnvironmentState.Type { State.self }

  /// A snapshot with an erased type, common to all kinds of environment.
  public func snapshot() -> EnvironmentSnapshot { EnvironmentSnapshot(saved()) }

  /// Whether a snapshot is possible for this environment.
  public func accepts(_ snapshot: EnvironmentSnapshot) -> Bool {
    (snapshot.state as? State).map { accepts($0) } ?? false
  }

  /// Restores a snapshot, exact to the bit.
  ///
  /// - Parameter snapshot: one that this environment `accepts`.
  public func restore(_ snapshot: EnvironmentSnapshot) {
    guard let state = snapshot.state as? State else {
      preconditionFailure("a snapshot of another kind of environment, \(type(of: snapshot.state))")
    }
    restore(state)
  }
}

/// The state of an environment of any kind.
///
/// It is encoded as the state itself. Decoding requires the type of state, under `CodingUserInfoKey.environmentState`.
public struct EnvironmentSnapshot: Sendable, Codable {
  /// The state.
  public let state: any EnvironmentState

  /// Wraps a state.
  public init(_ state: any EnvironmentState) { self.state = state }

  public init(from decoder: any Decoder) throws {
    guard let type = decoder.userInfo[.environmentState] as? any EnvironmentState.Type else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "the environment's type of state is not known"))
    }
    state = try type.init(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws { try state.encode(to: encoder) }
}

extension EnvironmentSnapshot: Hashable {
  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.state) == AnyHashable(b.state) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(state)) }
}

extension CodingUserInfoKey {
  /// The key of a decoder's `userInfo` for the type of environment states in a file, `any EnvironmentState.Type`.
  public static let environmentState: Self = {
    guard let key = Self(rawValue: "poise.environmentState") else { preconditionFailure("a key of text") }
    return key
  }()
}
