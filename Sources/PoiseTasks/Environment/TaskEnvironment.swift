public import PoiseCore
public import PoiseEnvironments
public import PoiseModels
import PoiseSimulation

/// A robot in a world of its own with a task to do.
///
/// Used by one thread at a time. An episode is decided by `episodeStart` and the actions, to the bit.
public final class TaskEnvironment: Environment {
  public let task: BoundTask
  /// The robot itself, for tests and tools; its world is stepped by the environment alone. Another one after ODE has given up
  /// on its world.
  public var robot: Robot { core.robot }
  private var core: EnvironmentCore
  /// Whether the first episode gets a random time limit, if the task asks for it: in training.
  public var desynchronises = false

  /// - Parameters:
  ///   - seed: the root seed of the run.
  ///   - purpose: `.environment` for training, `.evaluation` for evaluation, which must not share streams.
  ///   - index: which of the environments, or which of the evaluation's episodes.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(
    _ task: BoundTask, seed: UInt64, purpose: RandomPurpose = .environment, index: Int = 0,
    detail: EnvironmentDetail = .lean
  ) throws {
    self.task = task
    core = try EnvironmentCore(task, seed: seed, purpose: purpose, index: index, detail: detail)
  }

  public var observationSpace: Space { task.observationSpace }
  public var actionSpace: Space { task.actionSpace }
  public var random: RandomStream {
    get { core.random }
    set { core.random = newValue }
  }
  public var index: Int { core.index }
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

  // MARK: Looking

  /// The state after the last control step, or at the start of the episode. What it holds, `plan` tells.
  public var snapshot: RobotSnapshot { core.transition.after }
  public var plan: SnapshotPlan { core.plan }
  /// Looks at the last control step without copying it.
  public func withTransition<Result>(_ body: (borrowing Transition) throws -> Result) rethrows -> Result {
    try body(core.transition)
  }
  /// How the present episode stands; `terminated` before the first one.
  public var ending: EpisodeEnding { core.ending }
  /// Episodes begun, minus one.
  public var episode: Int { core.episode }
  public var episodeStart: EpisodeStart { core.start }
  /// What was drawn for the present episode.
  public var drawn: DrawnRandomisation { core.drawn }
  /// The present episode so far.
  public var summary: EpisodeSummary { core.summary }
  /// Why the episode ended, if as a fault.
  public var fault: EnvironmentFault? { core.fault }

  /// How well the present episode goes; only with `EnvironmentDetail.full`.
  public var quality: EpisodeQuality? { core.finishedQuality }

  // MARK: Keeping

  /// Everything that the future depends on, also in the middle of an episode.
  public func saved() -> TaskState { core.saved() }
  /// Whether a state, from a file say, is one that this environment could be in.
  public func accepts(_ state: TaskState) -> Bool { core.accepts(state) }
  /// - Parameter state: `accepts` it.
  public func restore(_ state: TaskState) { core.restore(state) }
}
