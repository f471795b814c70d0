public import PoiseCore
public import PoiseEnvironments
public import PoiseFinite
public import PoiseNetworks

/// What a learner is made for.
public struct LearnerContext: Sendable {
  /// The space of observations.
  public var observationSpace: Space
  /// The space of actions.
  public var actionSpace: Space
  /// How mirroring changes observations and actions, for the `mirrorSymmetry` of the parameters; `nil` for none.
  public var symmetry: MirrorSymmetry?
  /// What a table is learned for; `nil` where the task is no finite problem.
  public var problem: FiniteProblem?
  /// The root seed of the run.
  public var seed: UInt64
  /// The kernels that the networks run on.
  public var instructionSet: InstructionSet

  /// Makes a context of its parts; parameters are as the properties.
  public init(
    observationSpace: Space, actionSpace: Space, symmetry: MirrorSymmetry? = nil, problem: FiniteProblem? = nil,
    seed: UInt64, instructionSet: InstructionSet
  ) {
    self.observationSpace = observationSpace
    self.actionSpace = actionSpace
    self.symmetry = symmetry
    self.problem = problem
    self.seed = seed
    self.instructionSet = instructionSet
  }
}

/// A policy in training, with everything that improves it: what the trainers of all families need.
///
/// A learner is a value: a copy learns independently. All of its results follow from its parameters, the seed, the data
/// that it was given and what `read` restored; the number of threads changes no bit.
public protocol Learner: Sendable {
  /// Its section of a scenario.
  associatedtype Parameters: LearnerParameters
  /// The metrics of an update.
  associatedtype Metrics: LearningMetrics

  /// The hyperparameters.
  var settings: Parameters { get }
  /// The present deterministic policy: the one that is evaluated, saved and exported.
  var policy: Policy { get }
  /// Whether the numbers can still be trusted.
  var health: LearnerHealth { get }
  /// Checks that all weights are finite and not too large, and notes a failure in `health`.
  mutating func checkWeights()
  /// Everything that further training depends on, except transitions.
  ///
  /// - Throws: what `JSONEncoder` throws.
  func tensors() throws -> [String: Tensor]
  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput)
}

/// A learner that improves its policy by rollouts of that policy.
public protocol OnPolicyLearner: Learner where Parameters: OnPolicyParameters {
  /// Everything that an update changes.
  associatedtype State: Sendable

  /// The policy that acts, its value function and their normaliser.
  var model: ActorCritic { get }
  /// What an update changes: save it before an update, and set it back if the update is interrupted.
  var state: State { get set }
  /// Writes the advantages of one block's rollout, and what its values should have been.
  ///
  /// - Parameters:
  ///   - segment: the rollout of one block; its `advantages` and `targets` are written.
  ///   - rewardScale: rewards are multiplied by this first.
  func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float)
  /// Learns from one rollout.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, with their advantages.
  ///   - progress: the share of the training that is done, 0 to 1.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  ///   - isStopped: asked every few milliseconds. Once it is true, the update ends early; set `state` back to its value
  ///     before.
  /// - Returns: the metrics of the update.
  mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool
  ) -> Metrics
  /// Updates the normaliser with the observations of a rollout; call it after the update.
  mutating func observe(_ rollout: [RolloutSegment])
  /// Lets each block of worlds act and learn by itself, where an algorithm's blocks do not wait for each other: in place of one
  /// rollout of all blocks and one `update`.
  ///
  /// - Parameters:
  ///   - collectors: the blocks, each with everything that its rollouts need.
  ///   - rewardScale: rewards are multiplied by this first.
  ///   - progress: the share of the training that is done, 0 to 1.
  ///   - pool: the threads that share the work.
  ///   - isStopped: asked every few milliseconds. Once it is true, the call ends early.
  /// - Returns: the metrics of each step; `nil` if all blocks collect first and `update` follows.
  mutating func learnAsynchronously(
    from collectors: inout [RolloutCollector], rewardScale: Float, progress: Double, pool: WorkerPool,
    isStopped: @Sendable () -> Bool
  ) -> [Metrics]?
  /// The number of rollouts of all blocks that the next call of `learnAsynchronously` learns from.
  var roundsOfIteration: Int { get }
}

extension OnPolicyLearner {
  /// Generalized advantage estimates.
  public func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float) {
    segment.estimateAdvantages(
      discountFactor: settings.common.discountFactor, lambda: settings.gaeLambda, rewardScale: rewardScale)
  }

  /// Does nothing and returns `nil`: all blocks collect first, and `update` follows.
  public mutating func learnAsynchronously(
    from collectors: inout [RolloutCollector], rewardScale: Float, progress: Double, pool: WorkerPool,
    isStopped: @Sendable () -> Bool
  ) -> [Metrics]? { nil }

  /// 1: an iteration is one rollout of all blocks, unless the algorithm says otherwise.
  public var roundsOfIteration: Int { 1 }
}

/// A learner that improves its policy by transitions of any policy, kept in a replay buffer.
public protocol OffPolicyLearner: Learner where Parameters: OffPolicyParameters {
  /// The type that chooses the actions of one block of worlds.
  associatedtype Actor: BlockActor

  /// The networks that an actor needs.
  var model: Actor.Model { get }
  /// Makes the actor of a block of worlds; its exploration draws from the streams of these worlds.
  ///
  /// - Parameter worlds: the indices of these worlds among all.
  func makeActor(worlds: Range<Int>) -> Actor
  /// Updates the normaliser with the observations that a block acted on; does nothing without a normaliser.
  mutating func observe(_ observations: [Float])
  /// Learns from one batch of transitions.
  ///
  /// - Parameters:
  ///   - buffer: with at least one transition.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  /// - Returns: the metrics of the update.
  mutating func update(_ buffer: ReplayBuffer, pool: WorkerPool) -> Metrics
  /// The number of updates so far.
  var updates: Int { get }
  /// Optimiser steps refused so far, because something was not finite.
  var skippedUpdates: Int { get }
  /// Columns of the progress table about exploration, after a number of control steps of all worlds.
  func explorationColumns(after environmentSteps: Int) -> [(name: String, value: Double?)]
}

/// Chooses the actions of one block of worlds on one thread, by a network and exploration.
public protocol BlockActor: Sendable {
  /// The learner's networks.
  associatedtype Model: Sendable
  /// The state of exploration: random streams, correlated noise.
  associatedtype Exploration: Codable & Sendable

  /// The state of exploration; part of a checkpoint.
  var exploration: Exploration { get set }
  /// Whether a value read from a file is the exploration of as many worlds.
  func accepts(_ exploration: Exploration) -> Bool
  /// Chooses an action for each world.
  ///
  /// - Parameters:
  ///   - observations: as the environments gave them, [worlds, observations].
  ///   - model: the learner's networks.
  ///   - environmentSteps: control steps of all worlds so far.
  ///   - actions: as they are to be applied, [worlds, actions].
  /// - Returns: the number of action elements that the policy itself, without exploration, puts at a bound of the
  ///   action space.
  mutating func act(
    _ observations: [Float], _ model: Model, environmentSteps: Int, into actions: inout [Float]
  ) -> Int
  /// Resets the exploration of a world whose episode ended.
  mutating func endEpisode(world: Int)
}
