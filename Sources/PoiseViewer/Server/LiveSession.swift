import Dispatch
import Foundation
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseSimulation
import PoiseTraining
import PoiseTasks
import PoiseEnvironments

/// The state of a live simulation: the episode, its controller, the clock, and the updates that wait to be sent.
///
/// Used by one thread.
final class LiveSession {
  private(set) var scenario: LoadedScenario
  let layout: RecordingLayout
  let controlTimeStep: Double
  private let subject: LiveSubject
  private let perturbation: UserPerturbation
  private var controller: ControllerChoice
  private let instructionSet: InstructionSet
  private var player: EpisodePlayer
  private var seed: UInt64
  private var number: UInt32 = 0
  private var isRunning = true
  private var speed = 1.0
  /// Control steps to take although paused.
  private var singleSteps = 0
  private var row: [Double] = []
  /// The episode so far, for pages that open later, [rows × columns].
  private var history: [Float] = []
  private var result: String?
  private var updates: [LiveUpdate] = []
  /// When the next control step is due, ns of uptime.
  private var due: UInt64 = 0
  private var nextLook: UInt64 = 0
  private var watch: RunMonitor?
  /// The requested checkpoint, and the one in use: a run that has just begun has no best checkpoint yet.
  private var wanted: RunFolder.Checkpoint
  private var checkpoint: RunFolder.Checkpoint
  private var policyText = ""
  private var curves: [LearningCurve] = []
  /// Whether the tables have rows that the curves have not.
  private var hasNewRows = false
  private var problem: String?

  /// The position that a slider holds each actuator's joint at, rad or m, [actuators]; `nil` where the controller acts.
  private var targets: [Double?]

  /// ns between two checks of the run's folder.
  private static let lookInterval: UInt64 = 1_000_000_000
  /// ns between two pieces of tables that are longer than one.
  private static let pieceInterval: UInt64 = 30_000_000
  /// ns that the end of an episode stays in view.
  private static let pause: UInt64 = 2_500_000_000
  /// ns: a simulation that is late by more than this does not try to catch up.
  private static let patience: UInt64 = 250_000_000

  /// Loads the subject and begins its first episode.
  init(_ subject: LiveSubject, seed: UInt64?) throws {
    self.subject = subject
    let plain: LoadedScenario
    switch subject {
    case .run(let path, let asked, let overrides):
      let (run, which) = try Self.open(path, asked, overrides)
      wanted = asked
      plain = run.scenario
      controller = run.controller
      instructionSet = run.instructionSet
      checkpoint = which
      watch = RunMonitor(path)
    case .scenario(let loaded, let baseline):
      plain = loaded
      controller = .baseline(baseline)
      instructionSet = try InstructionSet.chosen()
      wanted = .best
      checkpoint = .best
    }
    let task = try plain.requireRobot(for: "a live simulation").task
    perturbation = UserPerturbation(task)
    scenario = plain.adding(perturbation.disturbance)
    controlTimeStep = task.timing.controlTimeStep
    self.seed = seed ?? plain.settings.evaluation.publishedSeed
    player = try EpisodePlayer(scenario, controller, seed: self.seed, instructionSet: instructionSet)
    layout = RecordingLayout(player)
    targets = Array(repeating: nil, count: layout.actuators.count)
    look()
    begin()
  }

  /// Opens the requested checkpoint, or the newest if there is no best one yet.
  private static func open(
    _ path: String, _ wanted: RunFolder.Checkpoint, _ overrides: [String]
  ) throws -> (TrainedRun, RunFolder.Checkpoint) {
    let folder = try RunFolder(contentsOf: path)
    let isThere = FileManager.default.fileExists(atPath: folder.checkpointPath(wanted))
    let which = isThere ? wanted : .latest
    return (try TrainedRun(path, checkpoint: which, overrides: overrides), which)
  }

  // MARK: Sending

  private var state: LiveMessage {
    .state(
      isRunning: isRunning, speed: speed, checkpoint: checkpoint.rawValue, policy: policyText,
      driven: targets.indices.compactMap { actuator in
        targets[actuator].map { DrivenActuator(actuator: actuator, target: $0) }
      })
  }

  private var nextSeed: UInt64 { seed == LiveCommand.largestSeed ? 0 : seed + 1 }

  private var episodeMessage: LiveMessage {
    .episode(number: number, seed: seed, seconds: Double(player.task.timing.stepLimit) * controlTimeStep)
  }

  /// Sends a page that has just opened the whole state and the episode so far.
  func sendEverything(to client: LiveClient) {
    var messages: [LiveUpdate] = [.message(state), .message(episodeMessage)]
    messages.append(.rows(LiveMessage.rows(history.lazy.map { Double($0) }, of: number)))
    messages.append(.message(.curves(curves)))
    if let result { messages.append(.message(.ended(result: result, nextSeed: nextSeed))) }
    if let problem { messages.append(.message(.problem(problem))) }
    for message in messages { _ = client.send(message) }
  }

  /// The updates since the last call.
  func takeUpdates() -> [LiveUpdate] {
    defer { updates.removeAll(keepingCapacity: true) }
    return updates
  }

  private func send(_ message: LiveMessage) { updates.append(.message(message)) }

  // MARK: Commands

  /// Carries out a command of a page.
  func perform(_ command: LiveCommand) {
    switch command {
    case .episode(let seed):
      self.seed = seed
      isRunning = true
      begin()
    case .pause: isRunning = false
    case .resume:
      isRunning = true
      due = 0
    case .step(let count):
      isRunning = false
      // After the end of an episode a step leads to the next one.
      if result != nil {
        seed = nextSeed
        begin()
      }
      singleSteps = min(1000, singleSteps + count)
    case .speed(let speed): self.speed = speed
    case .grab(let body, let point, let target, let episode):
      // The robot has been reset since, which ends the pull.
      guard episode.map({ $0 == number }) ?? true else { return }
      perturbation.grip(UserPerturbation.Grip(link: layout.scene.links[body], point: point, target: target))
      return
    case .release:
      perturbation.grip(nil)
      return
    case .push(let direction):
      perturbation.push(direction)
      return
    case .drive(let actuator, let target):
      drive(actuator, to: target)
    case .checkpoint(let name):
      guard let asked = RunFolder.Checkpoint(rawValue: name), case .run = subject else { return }
      wanted = asked
      takeUpPolicy()
      begin()
    }
    send(state)
  }

  // MARK: Time

  /// When the next work is due, ns of uptime.
  var nextDue: UInt64? {
    if singleSteps > 0 { return 0 }
    return isRunning ? min(due, nextLook) : nextLook
  }

  /// Stops the clock while no page is open.
  func rest() {
    due = 0
    nextLook = 0
  }

  /// Does the work that is due: a control step, the next episode, a check of the run's folder.
  func advance(to now: UInt64) {
    if now >= nextLook {
      look()
      // Tables of a long run are read in pieces, one between two control steps.
      nextLook = now + (watch?.isBehind == true ? Self.pieceInterval : Self.lookInterval)
    }
    if singleSteps > 0, result == nil {
      singleSteps -= 1
      step()
      return
    }
    singleSteps = 0
    guard isRunning, now >= due else { return }
    if result != nil {
      // The end has been in view long enough.
      seed = nextSeed
      begin()
    } else {
      step()
    }
    let interval = UInt64(clamping: Int(clamping: controlTimeStep / speed * 1e9))
    due = due + Self.patience < now ? now + interval : due + interval
    if result != nil { due = now + Self.pause }
  }

  private func begin() {
    perturbation.reset()
    let wasDriven = targets.contains { $0 != nil }
    targets = Array(repeating: nil, count: targets.count)
    number += 1
    result = nil
    singleSteps = 0
    history.removeAll(keepingCapacity: true)
    if player.seed != seed || !isPlayersController {
      // The scenario was assembled before; it can be again.
      if let fresh = try? EpisodePlayer(scenario, controller, seed: seed, instructionSet: instructionSet) {
        player = fresh
        isPlayersController = true
      }
    }
    player.begin(0)
    send(episodeMessage)
    if wasDriven { send(state) }
    publish()
    due = 0
  }

  /// Holds an actuator's joint at a position, or returns it to the controller. While the simulation is paused the joint
  /// is set to the position at once, otherwise the actuator moves it there, with the gains of `hold` and within its
  /// limits.
  private func drive(_ actuator: Int, to target: Double?) {
    let description = layout.actuators[actuator]
    let target = target.map { min(description.range[1], max(description.range[0], $0)) }
    guard player.ending == .running else { return }
    targets[actuator] = target
    player.drive(actuator, to: target)
    guard let target, !isRunning else { return }
    var configuration = player.robot.configuration()
    configuration.positions[description.joint] = target
    configuration.velocities[description.joint] = 0
    player.robot.place(configuration)
    publish(replacing: true)
  }

  /// Whether the player has the newest controller.
  private var isPlayersController = true

  private func step() {
    player.step()
    if player.ending != .fault { publish() }
    guard player.ending.isOver else { return }
    let story = player.summary.story(controlTimeStep: controlTimeStep)
    result = story
    send(.ended(result: story, nextSeed: nextSeed))
  }

  /// Sends the present row.
  ///
  /// - Parameter isReplacing: whether it replaces the last one, which has the same time.
  private func publish(replacing isReplacing: Bool = false) {
    layout.write(player.robot, player.moment, into: &row)
    if isReplacing { history.removeLast(min(history.count, row.count)) }
    for value in row { history.append(Float(value)) }
    updates.append(.rows(LiveMessage.rows(row, of: number)))
  }

  // MARK: A run that may be training

  /// Checks whether the run's folder has something new.
  private func look() {
    guard var watch else {
      policyText = controller.name
      return
    }
    defer { self.watch = watch }
    hasNewRows = watch.readOn() || hasNewRows
    // Half a curve is not drawn: the rest comes within a moment.
    let isTableNew = hasNewRows && !watch.isBehind
    if isTableNew {
      hasNewRows = false
      curves = watch.curves
      send(.curves(curves))
    }
    let isPolicyNew = Set([wanted, checkpoint]).map { watch.hasChanged("checkpoints/\($0.rawValue).safetensors") }
      .contains(true)
    if isPolicyNew { takeUpPolicy() }
    if isTableNew || isPolicyNew {
      let steps = watch.environmentSteps.map { ", \($0) steps trained" } ?? ""
      policyText = "\(controller.name), \(checkpoint == .best ? "best" : "newest") checkpoint\(steps)"
      send(state)
    }
  }

  /// Uses the checkpoint's policy from the next episode on; the present policy stays if the checkpoint cannot be read.
  private func takeUpPolicy() {
    guard case .run(let path, _, let overrides) = subject else { return }
    do {
      let (run, which) = try Self.open(path, wanted, overrides)
      controller = run.controller
      checkpoint = which
      isPlayersController = false
      problem = nil
    } catch {
      problem = "The checkpoint cannot be read; the previous policy stays in use. \(error)"
      send(.problem(problem ?? ""))
    }
  }
}
