public import PoiseCore
public import PoiseFinite

/// A learner with a table, the world that it lives in, and its exploration: all that a training is, from its seed.
///
/// Whoever makes the same agent sees the same training, action by action, to the bit: a replay shows how a run learned without a record of it.
public struct TabularAgent<Learner: TabularLearner>: Sendable {
  /// The learner.
  public var learner: Learner
  /// The world in which it takes actions.
  public var world: FiniteWorld
  /// The stream of exploration.
  public var random: RandomStream

  /// Makes an agent at the beginning of its training.
  ///
  /// - Parameters:
  ///   - learner: made for the problem.
  ///   - problem: where it lives.
  ///   - stepLimit: actions after which an episode is cut.
  ///   - seed: the root seed.
  public init(_ learner: Learner, in problem: FiniteProblem, stepLimit: Int? = nil, seed: UInt64) {
    self.learner = learner
    world = FiniteWorld(
      problem, random: RandomStream(seed: seed, purpose: .environment), stepLimit: stepLimit)
    random = RandomStream(seed: seed, purpose: .exploration)
  }

  /// Takes so many actions and learns from each.
  public mutating func learn(_ actions: Int) { learner.learn(actions, in: &world, random: &random) }
}
