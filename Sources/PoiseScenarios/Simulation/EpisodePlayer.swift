import PoiseCore
public import PoiseEnvironments
public import PoiseModels
public import PoiseNetworks
import PoiseSimulation
public import PoiseTasks

/// Plays a scenario's episodes one by one and shows every control step: what replay, export and simulation look through.
///
/// Episode k is stream k of the root seed, whoever drives: for the same seed it is, to the bit, the episode k that
/// `Evaluation` judges. Memory does not grow with the steps. Used by one thread at a time.
///
///     let player = try EpisodePlayer(run.scenario, run.controller, seed: 1, instructionSet: run.instructionSet)
///     try player.play(0) { moment in … moment.reward … player.robot.pose(ofBody: 0) … }
///
/// or step by step, with one's own hand in it: `begin`, then `step` until `ending` is over.
public final class EpisodePlayer {
  public let scenario: LoadedScenario
  /// The robot and its task.
  public let task: BoundTask
  public let controller: ControllerChoice
  /// Root seed of the episodes.
  public let seed: UInt64
  public let instructionSet: InstructionSet
  public let environment: TaskEnvironment
  /// Number of the present episode.
  public private(set) var episode = 0
  /// What the next action is chosen from, [observations].
  public private(set) var observation: [Float]
  private var driver: EpisodeDriver
  private let columns: CoordinateColumns

  /// - Throws: `InvalidInput` for a model that cannot be assembled, a scenario without a robot, or a baseline that cannot act in it.
  public init(
    _ scenario: LoadedScenario, _ controller: ControllerChoice, seed: UInt64, instructionSet: InstructionSet
  ) throws {
    self.scenario = scenario
    task = try scenario.requireRobot(for: "playing episodes one by one").task
    if case .baseline(let baseline) = controller { try scenario.check(baseline) }
    self.controller = controller
    self.seed = seed
    self.instructionSet = instructionSet
    environment = try TaskEnvironment(task, seed: seed, purpose: .evaluation, detail: .full)
    observation = Array(repeating: 0, count: task.observationSpace.count)
    driver = EpisodeDriver(
      controller.controller(for: scenario, instructionSet: instructionSet), task, gains: scenario.settings.hold)
    columns = CoordinateColumns(task.model, tiltBody: task.uprightBody)
  }

  /// The robot as it stands: poses of bodies, contacts with their forces.
  public var robot: Robot { environment.robot }
  /// How the present episode stands; `terminated` before the first one.
  public var ending: EpisodeEnding { environment.ending }
  /// The present episode so far.
  public var summary: EpisodeSummary { environment.summary }

  // MARK: Playing

  /// Plays a whole episode.
  ///
  /// - Parameters:
  ///   - stepLimit: control steps until truncation; the scenario's own where `nil`.
  ///   - visit: called at the start and after every control step, when `robot` and `observation` are those of the
  ///     moment. A step that ends as a fault has no state to show and is left out; `environment.fault` tells of it.
  /// - Returns: what became of the episode, its quality included.
  @discardableResult
  public func play(
    _ number: Int, stepLimit: Int? = nil, visit: (TrajectoryMoment) throws -> Void
  ) rethrows -> EpisodeSummary {
    begin(number, stepLimit: stepLimit)
    try visit(moment)
    while ending == .running {
      step()
      if ending != .fault { try visit(moment) }
    }
    return summary
  }

  /// Starts an episode of the root seed.
  public func begin(_ number: Int, stepLimit: Int? = nil) {
    begin(
      number,
      from: EpisodeStart(
        random: RandomStream(seed: seed, purpose: .evaluation, index: number),
        stepLimit: stepLimit ?? task.timing.stepLimit))
  }

  /// Repeats the start of an episode that was recorded.
  public func begin(_ number: Int, from start: EpisodeStart) {
    environment.prepareThread(for: "\(scenario.name), seed \(seed), episode \(number)")
    episode = number
    Self.reset(environment, from: start, &observation)
    driver.begin(environment, seed: seed, number: number)
  }

  /// One control step of the controller.
  @discardableResult
  public func step() -> EpisodeEnding {
    PhysicsEngine.prepareThread()
    return driver.step(environment, &observation).ending
  }

  /// Lets an actuator hold its joint at a position, with the gains of `hold` and within its limits, in place of the controller.
  ///
  /// - Parameter target: rad or m; `nil` gives the actuator back to the controller, as the next episode does.
  public func drive(_ actuator: Int, to target: Double?) { driver.drive(actuator, to: target, environment) }

  /// One control step with another's action, of the task's space, [actions].
  @discardableResult
  public func step(_ action: [Float]) -> EpisodeEnding {
    PhysicsEngine.prepareThread()
    return Self.step(environment, action, &observation)
  }

  /// What the last control step was, or the start.
  public var moment: TrajectoryMoment { TrajectoryMoment(environment, episode: episode, columns: columns) }

  private static func reset(_ environment: TaskEnvironment, from start: EpisodeStart, _ observation: inout [Float]) {
    var span = observation.mutableSpan
    environment.reset(from: start, into: &span)
  }

  private static func step(
    _ environment: TaskEnvironment, _ action: [Float], _ observation: inout [Float]
  ) -> EpisodeEnding {
    var span = observation.mutableSpan
    return environment.step(action.span, into: &span).ending
  }
}
