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

/// The state of a live simulation: the episode that is played, who drives it, how fast, and what is to be told. One thread's.
final class LiveStage {
  private(set) var scenario: LoadedScenario
  let layout: RecordingLayout
  let controlTimeStep: Double
  private let subject: LiveSimulation.Subject
  private let hand: ViewerHand
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
  /// The episode so far, for pages that come later, [rows × columns].
  private var history: [Float] = []
  private var result: String?
  private var news: [LiveNews] = []
  /// When the next control step is due, ns of uptime.
  private var due: UInt64 = 0
  private var nextLook: UInt64 = 0
  private var watch: RunWatch?
  /// What was asked for, and what there is: a run that began just now has no best checkpoint yet.
  private var wanted: RunFolder.Checkpoint
  private var checkpoint: RunFolder.Checkpoint
  private var policyText = ""
  private var curves: [LearningCurve] = []
  private var problem: String?

  /// ns between two looks at the run's folder.
  private static let lookInterval: UInt64 = 1_000_000_000
  /// ns that the end of an episode stays in view.
  private static let pause: UInt64 = 1_800_000_000
  /// Behind by more than this, the simulation does not try to catch up, ns.
  private static let patience: UInt64 = 250_000_000

  init(_ subject: LiveSimulation.Subject, seed: UInt64?) throws {
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
      watch = RunWatch(path)
    case .scenario(let loaded, let baseline):
      plain = loaded
      controller = .baseline(baseline)
      instructionSet = try InstructionSet.chosen()
      wanted = .best
      checkpoint = .best
    }
    let task = try plain.requireRobot(for: "a live simulation").task
    hand = ViewerHand(task)
    scenario = plain.adding(hand.disturbance)
    controlTimeStep = task.timing.controlTimeStep
    self.seed = seed ?? plain.settings.evaluation.publishedSeed
    player = try EpisodePlayer(scenario, controller, seed: self.seed, instructionSet: instructionSet)
    layout = RecordingLayout(player)
    look()
    begin()
  }

  /// The checkpoint that is wanted, or the newest if there is no best one yet.
  private static func open(
    _ path: String, _ wanted: RunFolder.Checkpoint, _ overrides: [String]
  ) throws -> (TrainedRun, RunFolder.Checkpoint) {
    let folder = try RunFolder(contentsOf: path)
    let isThere = FileManager.default.fileExists(atPath: folder.checkpointPath(wanted))
    let which = isThere ? wanted : .latest
    return (try TrainedRun(path, checkpoint: which, overrides: overrides), which)
  }

  // MARK: Telling

  private var state: LiveMessage {
    .state(isRunning: isRunning, speed: speed, checkpoint: checkpoint.rawValue, policy: policyText)
  }

  private var episodeMessage: LiveMessage {
    .episode(number: number, seed: seed, seconds: Double(player.task.timing.stepLimit) * controlTimeStep)
  }

  /// Tells a page that has just come all there is.
  func welcome(_ audience: LiveAudience) {
    var messages: [LiveNews] = [.message(state), .message(episodeMessage)]
    messages.append(.rows(LiveMessage.rows(history.lazy.map { Double($0) }, of: number)))
    messages.append(.message(.curves(curves)))
    if let result { messages.append(.message(.ended(result: result))) }
    if let problem { messages.append(.message(.problem(problem))) }
    for message in messages { _ = audience.tell(message) }
  }

  /// What there is to tell since the last call.
  func takeNews() -> [LiveNews] {
    defer { news.removeAll(keepingCapacity: true) }
    return news
  }

  private func tell(_ message: LiveMessage) { news.append(.message(message)) }

  // MARK: Commands

  func obey(_ command: LiveCommand) {
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
      singleSteps = min(1000, singleSteps + count)
    case .speed(let speed): self.speed = speed
    case .grab(let body, let point, let target):
      hand.grip(ViewerHand.Grip(link: layout.scene.links[body], point: point, target: target))
      return
    case .release:
      hand.grip(nil)
      return
    case .shove(let direction):
      hand.shove(direction)
      return
    case .checkpoint(let name):
      guard let asked = RunFolder.Checkpoint(rawValue: name), case .run = subject else { return }
      wanted = asked
      takeUpPolicy()
      begin()
    }
    tell(state)
  }

  // MARK: Time

  /// When to come back, ns of uptime; `nil` if nothing is going on.
  var nextDue: UInt64? {
    if singleSteps > 0 { return 0 }
    return isRunning ? min(due, nextLook) : nextLook
  }

  /// Nobody looks: no time passes.
  func rest() {
    due = 0
    nextLook = 0
  }

  /// Does what is due: a control step, the next episode, a look at the run.
  func advance(to now: UInt64) {
    if now >= nextLook {
      nextLook = now + Self.lookInterval
      look()
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
      seed = seed == LiveCommand.largestSeed ? 0 : seed + 1
      begin()
    } else {
      step()
    }
    let interval = UInt64(controlTimeStep / speed * 1e9)
    due = due + Self.patience < now ? now + interval : due + interval
    if result != nil { due = now + Self.pause }
  }

  private func begin() {
    hand.letGo()
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
    tell(episodeMessage)
    publish()
    due = 0
  }

  /// Whether the player has the newest controller.
  private var isPlayersController = true

  private func step() {
    player.step()
    if player.ending != .fault { publish() }
    guard player.ending.isOver else { return }
    let story = player.summary.story(controlTimeStep: controlTimeStep)
    result = story
    tell(.ended(result: story))
  }

  private func publish() {
    layout.write(player.robot, player.moment, into: &row)
    for value in row { history.append(Float(value)) }
    news.append(.rows(LiveMessage.rows(row, of: number)))
  }

  // MARK: A run that may be training

  /// Looks whether the run's folder has something new.
  private func look() {
    guard var watch else {
      policyText = controller.name
      return
    }
    defer { self.watch = watch }
    let isTableNew = RunWatch.tables.map { watch.hasChanged($0) }.contains(true)
    if isTableNew {
      curves = watch.curves()
      tell(.curves(curves))
    }
    let isPolicyNew = Set([wanted, checkpoint]).map { watch.hasChanged("checkpoints/\($0.rawValue).safetensors") }
      .contains(true)
    if isPolicyNew { takeUpPolicy() }
    if isTableNew || isPolicyNew {
      let steps = watch.environmentSteps.map { ", \($0) steps trained" } ?? ""
      policyText = "\(controller.name), \(checkpoint == .best ? "best" : "newest") checkpoint\(steps)"
      tell(state)
    }
  }

  /// Takes the checkpoint's policy for the next episode; what is there stays if that cannot be read.
  private func takeUpPolicy() {
    guard case .run(let path, _, let overrides) = subject else { return }
    do {
      let (run, which) = try Self.open(path, wanted, overrides)
      controller = run.controller
      checkpoint = which
      isPlayersController = false
      problem = nil
    } catch {
      problem = "The checkpoint cannot be read; the robot goes on with the one before. \(error)"
      tell(.problem(problem ?? ""))
    }
  }
}
