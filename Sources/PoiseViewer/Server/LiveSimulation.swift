import Dispatch
import Foundation
import PoiseControl
import PoiseCore
import PoiseModels
import PoiseScenarios
import PoiseTraining

/// A simulation that runs in real time on its own thread; any number of pages can show it.
///
/// Only that thread touches the world. Commands reach it through a queue; rows and messages go to each page through a stream of
/// bounded length. The clock decides when a control step is taken, never what it computes: an episode without a user's interference
/// equals, bit for bit, the one that `poise evaluate` runs for its seed. While no page is open, nothing is computed.
public final class LiveSimulation: Sendable {
  /// Name of the scenario.
  public let title: String
  /// The columns of each row.
  public let layout: RecordingLayout
  /// Time between two rows, s.
  public let controlTimeStep: Double
  private let shared = Guarded(Shared())
  /// Signalled when there is work before the next step is due.
  private let wakeUp = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  /// Data that other threads pass to the simulation's thread.
  private struct Shared {
    var commands: [LiveCommand] = []
    var joining: [Int: LiveClient] = [:]
    var leaving: [Int] = []
    var nextNumber = 0
    var isStopped = false
  }

  /// Largest number of waiting commands; beyond it the oldest is dropped. The simulation takes them 50 times a second.
  private static let queueLimit = 256

  /// Assembles the simulation and starts its thread.
  ///
  /// - Parameters:
  ///   - subject: the scenario with its controller, or the run.
  ///   - seed: root seed of the first episode; the scenario's `evaluation.publishedSeed` where `nil`.
  /// - Throws: `InputOutputError` and `InvalidInput` for a run or a scenario that cannot be loaded.
  public init(_ subject: LiveSubject, seed: UInt64?) throws {
    let session = try LiveSession(subject, seed: seed)
    title = session.scenario.name
    layout = session.layout
    controlTimeStep = session.controlTimeStep
    // The session is made here, to report problems at once, and then belongs to the thread.
    nonisolated(unsafe) let handedOver = session
    let code = SystemThread.start("poise-live") { [self] in
      run(handedOver)
      finished.signal()
    }
    guard code == 0 else { throw InputOutputError(startingThreadsFor: "live simulation", code) }
  }

  /// Ends the thread and waits for its end.
  public func stop() {
    shared.withLock { $0.isStopped = true }
    wakeUp.signal()
    finished.wait()
    finished.signal()
  }

  // MARK: Other threads

  /// Queues a command of a page.
  ///
  /// - Returns: false for a message that is not a command.
  func receive(_ text: String) -> Bool {
    let command = LiveCommand(
      text, bodyCount: layout.scene.bodies.count, actuatorCount: layout.actuators.count)
    guard let command else { return false }
    shared.withLock {
      // Of several pulls in a row, or several moves of one slider, only the newest counts.
      switch (command, $0.commands.last) {
      case (.grab, .grab): $0.commands.removeLast()
      case (.drive(let actuator, _), .drive(let last, _)) where actuator == last: $0.commands.removeLast()
      default: break
      }
      if $0.commands.count >= Self.queueLimit { $0.commands.removeFirst() }
      $0.commands.append(command)
    }
    wakeUp.signal()
    return true
  }

  /// Adds a page.
  ///
  /// - Returns: the number for `leave`.
  func join(_ client: LiveClient) -> Int {
    let number = shared.withLock { shared in
      shared.nextNumber += 1
      shared.joining[shared.nextNumber] = client
      return shared.nextNumber
    }
    wakeUp.signal()
    return number
  }

  /// Removes a page.
  func leave(_ number: Int) {
    shared.withLock {
      $0.joining[number] = nil
      $0.leaving.append(number)
    }
    wakeUp.signal()
  }

  // MARK: The thread

  private func run(_ session: LiveSession) {
    var clients: [Int: LiveClient] = [:]
    while true {
      let (commands, joining, leaving, isStopped) = shared.withLock { shared in
        defer {
          shared.commands = []
          shared.joining = [:]
          shared.leaving = []
        }
        return (shared.commands, shared.joining, shared.leaving, shared.isStopped)
      }
      if isStopped { break }
      for (number, client) in joining {
        session.sendEverything(to: client)
        clients[number] = client
      }
      for number in leaving { clients.removeValue(forKey: number)?.end() }
      for command in commands { session.perform(command) }
      if !clients.isEmpty { session.advance(to: DispatchTime.now().uptimeNanoseconds) }
      let updates = session.takeUpdates()
      for (number, client) in clients where !updates.allSatisfy(client.send) {
        // This page is too far behind: it connects again and gets the episode so far.
        client.end()
        clients[number] = nil
      }
      if clients.isEmpty { session.rest() }
      let due = clients.isEmpty ? nil : session.nextDue
      let now = DispatchTime.now().uptimeNanoseconds
      let wait = due.map { $0 > now ? $0 - now : 0 } ?? 1_000_000_000
      if wait > 0 { _ = wakeUp.wait(timeout: .now() + .nanoseconds(Int(min(wait, 1_000_000_000)))) }
    }
    for client in clients.values { client.end() }
  }
}
