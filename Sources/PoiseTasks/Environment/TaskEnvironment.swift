public import PoiseCore
public import PoiseEnvironments
public import PoiseModels
import PoiseSimulation

/// A robot with a task, in a world of its own.
///
/// Used by one thread at a time. `episodeStart` and the actions determine an episode bit for bit.
public final class TaskEnvironment: Environment {
  /// The task, bound to its robot.
  public let task: BoundTask
  /// The robot itself, for tests and tools; its world is stepped by the environment alone. A new robot replaces it after
  /// ODE has failed in its world.
  public var robot: Robot { core.robot }
  private var core: EnvironmentCore
  /// Whether the first episode gets a random time limit, if the task asks for it: in training.
  public var desynchronises = false

  /// Builds the robot in a world of its own. `reset` starts the first episode.
  ///
  /// - Parameters:
  ///   - task: the task, bound to its robot.
  ///   - seed: the root seed of the run.
  ///   - purpose: `.environment` for training, `.evaluation` for evaluation, which must not share streams.
  ///   - index: which of the environments, or which of the evaluation's episodes.
  ///   - detail: how much is recorded; `.full` also measures `quality`.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(
    _ task: BoundTask, seed: UInt64, purpose: RandomPurpose = .environment, index: Int = 0,
    detail: EnvironmentDetail = .lean
  ) throws {
    self.task = task
    core = try EnvironmentCore(task, seed: seed, purpose: purpose, index: index, detail: detail)
  }

  /// Names, units and bounds of the observation's elements.
  public var observationSpace: Space { task.observationSpace }
  /// One element in −1 … 1 for each actuator.
  public var actionSpace: Space { task.actionSpace }
  public var random: RandomStream {
    get { core.random }
    set { core.random = newValue }
  }
  /// Which of the environments this is; also the index of its random stream.
  public var index: Int { core.index }
  /// How much is recorded of each control step.
  public var detail: EnvironmentDetail { core.detail }

  public func prepareThread(for work: String) {
    PhysicsEngine.prepareThread()
    PhysicsEngine.describeWork(work)
  }

  // MARK: Acting

  /// Starts an episode from the present state of `random`.
  public func reset(into observation: inout MutableSpan<Float>) {
    var limit = task.timing.stepLimit
    if desynchronises, core.episode < 0, task.settings.randomFirstEpisodeLength {
      limit = 1 + core.random.index(below: limit)
    }
    reset(from: EpisodeStart(random: core.random, stepLimit: limit), into: &observation)
  }

  /// Repeats the start of an episode, of this environment or of another one of the same task.
  public func reset(from start: EpisodeStart, into observation: inout MutableSpan<Float>) {
    core.reset(from: start, into: &observation)
  }

  public func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> StepOutcome {
    core.step(action, into: &observation)
  }

  /// A control step in which every actuator follows a servo at the physics rate instead of an action, [actuators].
  public func step(servos: [Robot.Servo], into observation: inout MutableSpan<Float>) -> StepOutcome {
    core.step(servos: servos, into: &observation)
  }

  /// What the task observes of a state, without noise and in double precision, [observations]; nothing has been in contact, and the
  /// action before was that of the last control step. It ends the present episode.
  public func observation(of configuration: JointConfiguration) -> [Double] { core.observation(of: configuration) }

  // MARK: Reading

  /// The state after the last control step, or at the start of the episode. `plan` says what it holds.
  public var snapshot: RobotSnapshot { core.transition.after }
  /// What `snapshot` holds.
  public var plan: SnapshotPlan { core.plan }
  /// Calls `body` with the last control step, without copying it.
  public func withTransition<Result>(_ body: (borrowing Transition) throws -> Result) rethrows -> Result {
    try body(core.transition)
  }
  /// The ending of the present episode, `running` while it goes on; `terminated` before the first one.
  public var ending: EpisodeEnding { core.ending }
  /// Index of the present episode, from 0; −1 before the first.
  public var episode: Int { core.episode }
  /// The random stream and the time limit that the present episode started from; `reset(from:into:)` repeats it.
  public var episodeStart: EpisodeStart { core.start }
  /// The randomised properties of the present episode.
  public var drawn: DrawnRandomisation { core.drawn }
  /// A summary of the present episode so far.
  public var summary: EpisodeSummary { core.summary }
  /// The fault that ended the episode; `nil` without one.
  public var fault: EnvironmentFault? { core.fault }

  /// Measurements of the present episode so far; `nil` unless `detail` is `full`.
  public var quality: EpisodeQuality? { core.finishedQuality }

  // MARK: Saving and restoring

  /// The complete state, exact to the bit, also in the middle of an episode.
  public func saved() -> TaskState { core.saved() }
  /// Whether a state, for example from a file, is a possible state of this environment.
  public func accepts(_ state: TaskState) -> Bool { core.accepts(state) }
  /// Continues from a saved state.
  ///
  /// - Parameter state: a state that `accepts` returns true for; any other traps.
  public func restore(_ state: TaskState) { core.restore(state) }
}
