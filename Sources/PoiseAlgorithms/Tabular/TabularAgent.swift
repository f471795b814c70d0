public import PoiseCore
public import PoiseFinite

/// A learner with a table, the world in which it acts, and its exploration: everything that determines a training.
///
/// The same agent gives the same training, action by action, to the bit. So a replay can show how a run learned without a record of it.
public struct TabularAgent<Learner: TabularLearner>: Sendable {
  /// The learner with its table.
  public var learner: Learner
  /// The world in which it acts; its draws have the purpose `.environment`.
  public var world: FiniteWorld
  /// The stream of the learner's exploration, of purpose `.exploration`.
  public var random: RandomStream

  /// Puts a learner into a new world, at the start of an episode.
  ///
  /// - Parameters:
  ///   - learner: made for the problem.
  ///   - problem: the finite problem in which it acts.
  ///   - stepLimit: actions after which an episode is truncated; `nil` for the limit of the problem itself.
  ///   - seed: the root seed.
  public init(_ learner: Learner, in problem: FiniteProblem, stepLimit: Int? = nil, seed: UInt64) {
    self.learner = learner
    world = FiniteWorld(
      problem, random: RandomStream(seed: seed, purpose: .environment), stepLimit: stepLimit)
    random = RandomStream(seed: seed, purpose: .exploration)
  }

  /// Takes a number of actions and learns from each.
  public mutating func learn(_ actions: Int) { learner.learn(actions, in: &world, random: &random) }
}
