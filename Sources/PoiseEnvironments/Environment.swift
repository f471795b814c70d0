public import PoiseCore

/// Everything about an environment that its future depends on, exact to the bit.
public protocol EnvironmentState: Hashable, Sendable, Codable {
  /// How the episode stands.
  var ending: EpisodeEnding { get }
}

/// A task that an agent acts in, as one running instance: the contract between tasks and learners.
///
/// An `EnvironmentSpecification` makes environments and knows their spaces. All buffers belong to the caller. `step` returns the
/// observation *after* the action, also when the episode ends with it; starting the next episode is the caller's decision.
/// Everything random is drawn from `random`, so an episode repeats from the stream's state at `reset` and the actions. An
/// environment is used by one thread at a time.
///
/// A task whose state is a plain value is written more easily as a `DecisionProcess`, from which all of this follows.
public protocol Environment: AnyObject {
  /// What `saved` gives and `restore` takes.
  associatedtype State: EnvironmentState

  /// Where the next random number comes from.
  var random: RandomStream { get set }

  /// Whether the first episode gets a random time limit, so that environments side by side do not all end together: in
  /// training. Environments without such a limit ignore it.
  var desynchronises: Bool { get set }

  /// Starts an episode and writes its first observation, [observations].
  func reset(into observation: inout MutableSpan<Float>)

  /// Applies an action, [actions], for one control step and writes the observation after it, [observations].
  ///
  /// Elements of a box beyond ±1 are clamped; an action that is not finite, or no index of a discrete space, is a fault.
  func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> StepOutcome

  /// How the present episode stands; `terminated` before the first one.
  var ending: EpisodeEnding { get }

  /// What has come of the present episode so far.
  var summary: EpisodeSummary { get }

  /// Why the episode ended, if it ended as a fault.
  var fault: EnvironmentFault? { get }

  /// A snapshot of the state, streams and records included, also in the middle of an episode.
  func saved() -> State

  /// Whether a state, from a file say, is one that this environment could be in.
  func accepts(_ state: State) -> Bool

  /// Takes a state, to the bit: what follows is what followed when it was saved.
  ///
  /// - Parameter state: `accepts` it.
  func restore(_ state: State)

  /// Called on the thread that steps the environment next.
  ///
  /// - Parameter work: what is done, for the message of a library that ends the process.
  func prepareThread(for work: String)
}

extension Environment {
  public var desynchronises: Bool {
    get { false }
    set {}
  }

  public func prepareThread(for work: String) {}

  /// The type that `EnvironmentSnapshot` needs to be decoded.
  public static var stateType: any EnvironmentState.Type { State.self }

  /// A snapshot whose type is erased, so that different environments can be kept alike.
  public func snapshot() -> EnvironmentSnapshot { EnvironmentSnapshot(saved()) }

  /// Whether a snapshot is one of an environment like this.
  public func accepts(_ snapshot: EnvironmentSnapshot) -> Bool {
    (snapshot.state as? State).map { accepts($0) } ?? false
  }

  /// Takes a snapshot, to the bit.
  ///
  /// - Parameter snapshot: `accepts` it.
  public func restore(_ snapshot: EnvironmentSnapshot) {
    guard let state = snapshot.state as? State else {
      preconditionFailure("a snapshot of another kind of environment, \(type(of: snapshot.state))")
    }
    restore(state)
  }
}

/// The state of a running environment of any kind.
///
/// In a file it is what the state itself is there. Decoding needs the type, under `CodingUserInfoKey.environmentState`.
public struct EnvironmentSnapshot: Sendable, Codable {
  public let state: any EnvironmentState

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
  /// The type of environment states in a file, `any EnvironmentState.Type`.
  public static let environmentState: Self = {
    guard let key = Self(rawValue: "poise.environmentState") else { preconditionFailure("a key of text") }
    return key
  }()
}
