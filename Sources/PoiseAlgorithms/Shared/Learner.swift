public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// What a learner is made for.
public struct LearnerContext: Sendable {
  /// What an observation is.
  public var observationSpace: Space
  /// What an action is.
  public var actionSpace: Space
  /// How observations and actions change in the mirror that the parameters ask for; `nil` for none.
  public var symmetry: MirrorSymmetry?
  /// The root seed of the run.
  public var seed: UInt64
  /// The kernels that the networks run on.
  public var instructionSet: InstructionSet

  /// - Parameters: as the properties.
  public init(
    observationSpace: Space, actionSpace: Space, symmetry: MirrorSymmetry? = nil, seed: UInt64,
    instructionSet: InstructionSet
  ) {
    self.observationSpace = observationSpace
    self.actionSpace = actionSpace
    self.symmetry = symmetry
    self.seed = seed
    self.instructionSet = instructionSet
  }
}

/// An algorithm at work: experience in, a better policy out. What the trainers of all families need of it.
///
/// A value: a copy learns on by itself. Whatever it computes follows from its parameters, the seed, what it was given and what
/// `read` took; threads touch no number.
public protocol Learner: Sendable {
  /// Its section of a scenario.
  associatedtype Parameters: LearnerParameters
  /// What an update tells.
  associatedtype Metrics: LearningMetrics

  /// The hyperparameters.
  var settings: Parameters { get }
  /// The deterministic policy as it stands: what is judged, kept and exported.
  var policy: Policy { get }
  /// Whether the numbers can still be trusted.
  var health: LearnerHealth { get }
  /// Sees that the weights are still those of a policy, and notes it in `health`.
  mutating func checkWeights()
  /// Everything that further training depends on, but experience.
  func tensors() throws -> [String: Tensor]
  /// Takes what `tensors` gave, to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit; then this value is not to be used.
  mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput)
}

/// A learner that improves its policy by rollouts of that policy.
public protocol OnPolicyLearner: Learner where Parameters: OnPolicyParameters {
  /// All that an update changes.
  associatedtype State: Sendable

  /// The policy that acts, its value function and their normaliser.
  var model: ActorCritic { get }
  /// What is set back where an update is broken off.
  var state: State { get set }
  /// Writes the advantages of one block's rollout, and what its values should have been.
  ///
  /// - Parameter rewardScale: rewards are multiplied by this first.
  func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float)
  /// Learns from one rollout.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, advantages estimated.
  ///   - progress: how much of training is done, 0 to 1.
  ///   - isStopped: asked every few milliseconds; once true, the rest is left out, and only `state` as it was before is of use.
  mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool
  ) -> Metrics
  /// Takes the observations of a rollout into the normaliser's account, after the update.
  mutating func observe(_ rollout: [RolloutSegment])
  /// Lets each block of worlds act and learn by itself, where an algorithm's blocks do not wait for each other: in place of one
  /// rollout of all blocks and one `update`.
  ///
  /// - Parameters:
  ///   - collectors: the blocks, each with all that its rollouts take.
  ///   - rewardScale: rewards are multiplied by this first.
  ///   - progress, pool, isStopped: as for `update`.
  /// - Returns: one for each gradient, `nil` where all blocks collect first and `update` follows.
  mutating func learnAsynchronously(
    from collectors: inout [RolloutCollector], rewardScale: Float, progress: Double, pool: WorkerPool,
    isStopped: @Sendable () -> Bool
  ) -> [Metrics]?
  /// Rollouts of all blocks that the next `learnAsynchronously` is of.
  var roundsOfIteration: Int { get }
}

extension OnPolicyLearner {
  /// Generalized advantage estimates.
  public func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float) {
    segment.estimateAdvantages(
      discountFactor: settings.common.discountFactor, lambda: settings.gaeLambda, rewardScale: rewardScale)
  }

  public mutating func learnAsynchronously(
    from collectors: inout [RolloutCollector], rewardScale: Float, progress: Double, pool: WorkerPool,
    isStopped: @Sendable () -> Bool
  ) -> [Metrics]? { nil }

  public var roundsOfIteration: Int { 1 }
}

/// A learner that improves its policy by transitions of whatever policy, kept in a replay buffer.
public protocol OffPolicyLearner: Learner where Parameters: OffPolicyParameters {
  /// Chooses the actions of one block of worlds.
  associatedtype Actor: BlockActor

  /// What an actor needs to know.
  var model: Actor.Model { get }
  /// Makes the actor of a block of worlds, its exploration from the streams of these worlds.
  ///
  /// - Parameter worlds: which of all worlds these are.
  func makeActor(worlds: Range<Int>) -> Actor
  /// Takes the observations that a block acted on into the normaliser's account, if there is one.
  mutating func observe(_ observations: [Float])
  /// Learns from one batch of transitions.
  ///
  /// - Parameter buffer: with at least one transition.
  mutating func update(_ buffer: ReplayBuffer, pool: WorkerPool) -> Metrics
  /// Updates so far.
  var updates: Int { get }
  /// Updates refused so far, because something was not finite.
  var skippedUpdates: Int { get }
  /// Columns of the progress that tell how much is explored, after so many control steps of all worlds.
  func explorationColumns(after environmentSteps: Int) -> [(name: String, value: Double?)]
}

/// Chooses the actions of one block of worlds on one thread: a network's workspace and exploration.
public protocol BlockActor: Sendable {
  /// The learner's networks.
  associatedtype Model: Sendable
  /// What exploration depends on: streams, correlated noise.
  associatedtype Exploration: Codable & Sendable

  /// Part of a checkpoint.
  var exploration: Exploration { get set }
  /// Whether a value that came from outside is the exploration of as many worlds.
  func accepts(_ exploration: Exploration) -> Bool
  /// Chooses an action for each world.
  ///
  /// - Parameters:
  ///   - observations: as the environments gave them, [worlds, observations].
  ///   - environmentSteps: control steps of all worlds so far.
  ///   - actions: as they are to be applied, [worlds, actions].
  /// - Returns: action elements at which the policy itself, without exploration, is at a bound of the action space.
  mutating func act(
    _ observations: [Float], _ model: Model, environmentSteps: Int, into actions: inout [Float]
  ) -> Int
  /// Takes note that a world's episode ended.
  mutating func endEpisode(world: Int)
}
