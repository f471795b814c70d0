public import PoiseCore
public import PoiseFinite

/// The parameters of a learner with a table: one world, one thread.
public protocol TabularParameters: LearnerParameters {}

extension TabularParameters {
  /// One world.
  public var worlds: Int { 1 }
  /// One world.
  public var blockSize: Int { 1 }
  /// `nil`: always the scenario's.
  public var stepLimit: Int? { nil }
  /// `nil`: always the scenario's.
  public var evaluationInterval: Int? { nil }
  /// `nil`: a table has no symmetry.
  public var mirrorSymmetry: MirrorPlane? { nil }
}

/// A learner with a table for a finite problem: a value that acts in a world for some actions at a time.
///
/// Learning for n actions and then for m is learning for n + m, bit for bit; a call may end in the middle of an episode, which continues
/// with the next call. From a saved `state`, the world's moment and the stream, learning continues exactly.
public protocol TabularLearner: Sendable {
  /// Its section of a scenario.
  associatedtype Parameters: TabularParameters
  /// Everything that learning changes.
  associatedtype State: Codable & Sendable

  /// Makes a learner for a problem, before its first action.
  init(_ parameters: Parameters, problem: FiniteProblem)

  /// The hyperparameters.
  var parameters: Parameters { get }
  /// Everything that learning changes; set it to continue from where another learner of the same problem was.
  var state: State { get set }
  /// Whether a value that came from a file is a state that this learner could be in.
  func accepts(_ state: State) -> Bool
  /// Takes what another learner of the same problem has learned: tables, their visits and models. Its count of actions, on which ε depends, and
  /// the episode that it was in are left out.
  ///
  /// - Parameter known: a state that this learner `accepts`.
  mutating func begin(with known: State)
  /// Actions taken so far.
  var environmentSteps: Int { get }
  /// The numbers of which the greedy policy takes the largest in each state: Q, or the logits of a policy, [choices].
  var preferences: [Double] { get }
  /// Columns of the progress, always the same names in the same order.
  ///
  /// - Parameters:
  ///   - problem: the problem that the learner was made for.
  ///   - optimum: Q* of each choice, [choices]; `nil` where it is not known.
  func columns(_ problem: FiniteProblem, optimum: [Double]?) -> [(name: String, value: Double?)]

  /// Takes a number of actions and learns from each.
  ///
  /// - Parameters:
  ///   - actions: the number of actions, at least 0.
  ///   - world: of the problem that the learner was made for.
  ///   - random: exploration's stream.
  mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream)
}

extension ConfigurationKey where Root: TabularParameters {
  /// `reportInterval`, which every learner with a table has.
  static func reportInterval(_ path: any WritableKeyPath<Root, Int> & Sendable) -> Self {
    .key(
      "reportInterval", path, .integer(.from(1, through: 1_000_000_000), unit: "actions"),
      "Actions for one row of the progress.")
  }
}
