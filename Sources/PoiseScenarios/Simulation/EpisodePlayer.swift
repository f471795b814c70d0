public import Foundation  // ProcessInfo
import PoiseCore
public import PoiseEnvironments
public import PoiseModels
public import PoiseNetworks
import PoiseSimulation
public import PoiseTasks

/// Plays a scenario's episodes one by one and shows every control step, for replay, export and simulation.
///
/// Episode k is stream k of the root seed, for every controller: for the same seed it equals, bit for bit, episode k of
/// `Evaluation`. Memory does not grow with the steps. Used by one thread at a time.
///
///     let player = try EpisodePlayer(run.scenario, run.controller, seed: 1, instructionSet: run.instructionSet)
///     try player.play(0) { moment in … moment.reward … player.robot.pose(ofBody: 0) … }
///
/// or step by step: `begin`, then `step` while `ending` is `running`.
public final class EpisodePlayer {
  /// The scenario whose episodes are played.
  public let scenario: LoadedScenario
  /// The robot and its task.
  public let task: BoundTask
  /// The policy or baseline that acts.
  public let controller: ControllerChoice
  /// Root seed of the episodes.
  public let seed: UInt64
  /// The instruction set of a policy's matrix products, which decides their rounding.
  public let instructionSet: InstructionSet
  /// The environment that is stepped; do not step or reset it directly.
  public let environment: TaskEnvironment
  /// Number of the present episode of the root seed.
  public private(set) var episode = 0
  /// The observation from which the next action is chosen, [observations].
  public private(set) var observation: [Float]
  private var driver: EpisodeDriver
  private let columns: CoordinateColumns

  /// Assembles the environment; no episode has begun.
  ///
  /// - Parameters:
  ///   - scenario: the scenario whose episodes are played.
  ///   - controller: who acts.
  ///   - seed: root seed of the episodes.
  ///   - instructionSet: of a policy's matrix products.
  ///   - threads: of the controller `plan`; they change no number.
  /// - Throws: `InvalidInput` for a model that cannot be assembled, a scenario without a robot, or a baseline that
  ///   cannot act in it.
  public init(
    _ scenario: LoadedScenario, _ controller: ControllerChoice, seed: UInt64, instructionSet: InstructionSet,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount
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
      try controller.controller(for: scenario, instructionSet: instructionSet, threads: threads), task,
      gains: scenario.settings.hold)
    columns = CoordinateColumns(task.model, tiltBody: task.uprightBody)
  }

  /// The robot in its present state: poses of bodies, contacts with their forces.
  public var robot: Robot { environment.robot }
  /// The ending of the present episode, `running` while it goes on; `terminated` before the first one.
  public var ending: EpisodeEnding { environment.ending }
  /// A summary of the present episode so far.
  public var summary: EpisodeSummary { environment.summary }

  // MARK: Playing

  /// Plays a whole episode.
  ///
  /// - Parameters:
  ///   - number: which episode of the root seed.
  ///   - stepLimit: control steps until truncation; the scenario's own where `nil`.
  ///   - visit: called at the start and after every control step, when `robot` and `observation` are those of the
  ///     moment. A step that ends as a fault has no state to show and is left out; `environment.fault` describes it.
  /// - Returns: a summary of the episode, with its measurements.
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

  /// Starts an episode of the root seed, truncated after `stepLimit` control steps, or after the scenario's own limit
  /// for `nil`.
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

  /// Takes one control step with the controller's action; returns the ending of the episode after it.
  @discardableResult
  public func step() -> EpisodeEnding {
    PhysicsEngine.prepareThread()
    return driver.step(environment, &observation).ending
  }

  /// Lets an actuator hold its joint at a position, with the gains of `hold` and within its limits, in place of the controller.
  ///
  /// - Parameters:
  ///   - actuator: index of the actuator in the model.
  ///   - target: rad or m; `nil` returns the actuator to the controller, as the next episode does.
  public func drive(_ actuator: Int, to target: Double?) { driver.drive(actuator, to: target, environment) }

  /// One control step with another's action, of the task's space, [actions].
  @discardableResult
  public func step(_ action: [Float]) -> EpisodeEnding {
    PhysicsEngine.prepareThread()
    return Self.step(environment, action, &observation)
  }

  /// The row of the trajectory after the last control step, or at the start.
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
