import Dispatch
import Foundation
public import PoiseControl
import PoiseCore
import PoiseModels
public import PoiseScenarios
public import PoiseTraining

/// A simulation that runs in real time on a thread of its own, for any number of pages that look at it.
///
/// The thread alone touches the world; commands reach it through a queue, and what happens goes out to each page through a stream
/// of bounded length. The clock decides when a control step is taken, never what it computes: an episode that nobody touches is,
/// to the bit, the one that `evaluate` judges for its seed. Nothing is computed while nobody looks.
public final class LiveSimulation: Sendable {
  /// Who drives, and whose scenario it is.
  public enum Subject: Sendable {
    /// A run, which may still be training: newer checkpoints are taken up as they appear, each from the next episode on.
    case run(path: String, checkpoint: RunFolder.Checkpoint, overrides: [String])
    /// A scenario under a baseline.
    case scenario(LoadedScenario, BaselineController)
  }

  public let title: String
  public let layout: RecordingLayout
  public let controlTimeStep: Double
  private let shared = Guarded(Shared())
  /// Signalled when there is something to do before the next step is due.
  private let bell = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  /// What threads hand each other.
  private struct Shared {
    var commands: [LiveCommand] = []
    var newcomers: [Int: LiveAudience] = [:]
    var leavers: [Int] = []
    var nextNumber = 0
    var isStopped = false
  }

  /// Commands that wait, at most; the oldest is forgotten beyond. A simulation takes them 50 times a second.
  private static let queueLimit = 256

  /// - Parameter seed: of the first episode; the scenario's `evaluation.publishedSeed` where `nil`.
  public init(_ subject: Subject, seed: UInt64?) throws {
    let stage = try LiveStage(subject, seed: seed)
    title = stage.scenario.name
    layout = stage.layout
    controlTimeStep = stage.controlTimeStep
    // The stage is made here, to report problems at once, and handed over whole.
    nonisolated(unsafe) let handedOver = stage
    let thread = Thread { [self] in
      run(handedOver)
      finished.signal()
    }
    thread.name = "poise live"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Ends the thread; the simulation is over.
  public func stop() {
    shared.withLock { $0.isStopped = true }
    bell.signal()
    finished.wait()
    finished.signal()
  }

  // MARK: Other threads

  func hear(_ text: String) -> Bool {
    guard let command = LiveCommand(text, bodyCount: layout.scene.bodies.count) else { return false }
    shared.withLock {
      // A pull replaces the one before it: only the newest target counts.
      if case .grab = command, case .grab = $0.commands.last { $0.commands.removeLast() }
      if $0.commands.count >= Self.queueLimit { $0.commands.removeFirst() }
      $0.commands.append(command)
    }
    bell.signal()
    return true
  }

  /// - Returns: the number to leave with.
  func join(_ audience: LiveAudience) -> Int {
    let number = shared.withLock { shared in
      shared.nextNumber += 1
      shared.newcomers[shared.nextNumber] = audience
      return shared.nextNumber
    }
    bell.signal()
    return number
  }

  func leave(_ number: Int) {
    shared.withLock {
      $0.newcomers[number] = nil
      $0.leavers.append(number)
    }
    bell.signal()
  }

  // MARK: The thread

  private func run(_ stage: LiveStage) {
    var audiences: [Int: LiveAudience] = [:]
    while true {
      let (commands, newcomers, leavers, isStopped) = shared.withLock { shared in
        defer {
          shared.commands = []
          shared.newcomers = [:]
          shared.leavers = []
        }
        return (shared.commands, shared.newcomers, shared.leavers, shared.isStopped)
      }
      if isStopped { break }
      for (number, audience) in newcomers {
        stage.welcome(audience)
        audiences[number] = audience
      }
      for number in leavers { audiences.removeValue(forKey: number)?.end() }
      for command in commands { stage.obey(command) }
      if !audiences.isEmpty { stage.advance(to: DispatchTime.now().uptimeNanoseconds) }
      let news = stage.takeNews()
      for (number, audience) in audiences where !news.allSatisfy(audience.tell) {
        // It is hopelessly behind: the page comes back and gets the episode so far.
        audience.end()
        audiences[number] = nil
      }
      if audiences.isEmpty { stage.rest() }
      let due = audiences.isEmpty ? nil : stage.nextDue
      let now = DispatchTime.now().uptimeNanoseconds
      let wait = due.map { $0 > now ? $0 - now : 0 } ?? 1_000_000_000
      if wait > 0 { _ = bell.wait(timeout: .now() + .nanoseconds(Int(min(wait, 1_000_000_000)))) }
    }
    for audience in audiences.values { audience.end() }
  }
}

/// One page that looks at a live simulation.
struct LiveAudience: Sendable {
  /// Puts a message on its way; false if too many are on their way already.
  var tell: @Sendable (LiveNews) -> Bool
  var end: @Sendable () -> Void
}

/// A message to all pages.
enum LiveNews: Sendable {
  case message(LiveMessage)
  case rows(Data)
}
