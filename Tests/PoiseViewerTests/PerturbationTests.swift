import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseModels
import PoiseNetworks
import PoiseSimulation
import TestSupport
import Testing

@testable import PoiseViewer
import PoiseScenarios
import PoiseControl
import PoiseTasks

@Suite("The user's forces on the robot")
struct PerturbationTests {
  static let overrides = ["terminations=[]", "episodeSeconds=1", "disturbances.pushes.interval=[0.1, 0.1]"]

  static func player(_ hand: UserPerturbation?) throws -> EpisodePlayer {
    let scenario = try PageTests.scenario("humanoid-balance", overrides)
    return try EpisodePlayer(
      hand.map { scenario.adding($0.disturbance) } ?? scenario, .baseline(.hold), seed: 2, instructionSet: .baseline)
  }

  static func hand() throws -> UserPerturbation {
    UserPerturbation(try PageTests.scenario("humanoid-balance", overrides).requireRobot(for: "this test").task)
  }

  @Test("changes no bit of an episode that it does not touch")
  func untouched() throws {
    let (alone, watched) = (try Self.player(nil), try Self.player(Self.hand()))
    alone.play(0) { _ in }
    watched.play(0) { _ in }
    #expect(alone.robot.world.stateHash == watched.robot.world.stateHash)
  }

  @Test("adds to the scenario's pushes on the same body, and leaves them when it lets go")
  func together() throws {
    let hand = try Self.hand()
    let (alone, gripped) = (try Self.player(nil), try Self.player(hand))
    alone.begin(0)
    gripped.begin(0)
    let torso = try #require(alone.task.model.bodies.firstIndex { $0.name == "torso" })
    let link = try #require(gripped.robot.linkage.placements[torso].link)
    let point: Vector3 = [0.05, 0.02, 0.2]
    // The target goes with the point, so the spring is always relaxed within a control step, and never pushes much.
    for _ in 0..<30 {
      hand.grip(
        UserPerturbation.Grip(link: link, point: point, target: gripped.robot.pose(ofBody: torso).apply(to: point)))
      alone.step()
      gripped.step()
    }
    let distance = (alone.robot.pose(ofBody: torso).position - gripped.robot.pose(ofBody: torso).position).length
    // The last bits of a force grow in the contacts, to some 1e-8 m here; a spring that pulled would show in millimetres.
    #expect(distance < 1e-6, "\(distance) m")
    // In a push, with the hand off again, the scenario's force is what it would be.
    hand.grip(nil)
    alone.step()
    gripped.step()
    let body = alone.robot.bodies[link]
    #expect(
      alone.robot.world.externalForce(on: body).force == gripped.robot.world.externalForce(on: body).force)
  }

  @Test("pulls towards its target, as hard as a spring and no harder than half the weight")
  func pulling() throws {
    let hand = try Self.hand()
    let player = try Self.player(hand)
    player.begin(0)
    let arm = try #require(
      player.task.model.bodies.firstIndex { $0.name == "left_lower_arm" || $0.name == "left_forearm" })
    let link = try #require(player.robot.linkage.placements[arm].link)
    let start = player.robot.pose(ofBody: arm).position
    let mass = player.robot.linkage.links.reduce(0) { $0 + $1.inertia.mass }
    for (distance, force) in [(0.1, 0.1 * UserPerturbation.stiffnessPerMass * mass), (5, 0.5 * 9.81 * mass)] {
      player.begin(0)
      hand.grip(UserPerturbation.Grip(link: link, point: .zero, target: start + Vector3(0, 0, distance)))
      player.step()
      let pull = player.robot.world.externalForce(on: player.robot.bodies[link]).force
      #expect(abs(pull.z - force) < 1e-6 * force && abs(pull.x) < 1e-6 && abs(pull.y) < 1e-6)
      hand.reset()
    }
  }
}

/// A session that is advanced by hand, without a clock.
@Suite("A live session")
struct LiveSessionTests {
  let session: LiveSession
  /// ns: long after everything that is due.
  private static let late = UInt64(1) << 60

  init() throws {
    let scenario = try PageTests.scenario(
      "humanoid-balance", ["terminations=[]", "episodeSeconds=0.2", "disturbances=[]"])
    session = try LiveSession(.scenario(scenario, .hold), seed: 5)
    _ = session.takeUpdates()
  }

  /// Messages of a kind, as JSON objects.
  func messages(_ kind: String) throws -> [[String: Any]] {
    try session.takeUpdates().compactMap { update in
      guard case .message(let message) = update else { return nil }
      let object = try JSONSerialization.jsonObject(with: Data(message.text.utf8)) as? [String: Any]
      return object?["kind"] as? String == kind ? object : nil
    }
  }

  /// The last row that was sent since the last call.
  func lastRow() -> [Float]? {
    var last: [Float]?
    for case .rows(let bytes) in session.takeUpdates() {
      last = stride(from: 4, to: bytes.count, by: 4).map { at in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) })
      }
    }
    return last
  }

  func step(_ count: Int) {
    session.perform(.step(count))
    for _ in 0..<count { session.advance(to: Self.late) }
  }

  /// Runs for some control steps, each a second of the clock after the last, beginning `seconds` after everything that is due.
  func run(_ count: Int, from seconds: UInt64 = 0) {
    for k in 0..<UInt64(count) { session.advance(to: Self.late + (seconds + k) * 1_000_000_000) }
  }

  @Test("puts a joint where its slider is while paused, in place of the last row, and leaves the others alone")
  func drivingPaused() throws {
    step(2)
    let before = try #require(lastRow())
    let layout = session.layout
    let elbow = try #require(layout.actuators.firstIndex { $0.name == "left_elbow" })
    session.perform(.drive(actuator: elbow, target: 1))
    let after = try #require(lastRow())
    let column = layout.jointPositions + layout.actuators[elbow].joint
    #expect(before[0] == after[0])
    #expect(abs(after[column] - 1) < 1e-5, "\(after[column]) rad")
    for joint in layout.actuators.map(\.joint) where joint != layout.actuators[elbow].joint {
      #expect(abs(after[layout.jointPositions + joint] - before[layout.jointPositions + joint]) < 0.01)
    }
    // The forearm has moved about the elbow; the torso, which carries it, has not.
    let arm = try #require(layout.scene.bodies.firstIndex { $0.name.hasPrefix("left_lower_arm") })
    let moved = (0..<3).map { after[layout.poses + 7 * arm + 3 + $0] - before[layout.poses + 7 * arm + 3 + $0] }
    #expect(moved.contains { abs($0) > 0.01 })
    let torso = layout.poses + 7 * layout.scene.followed
    #expect((0..<3).allSatisfy { abs(after[torso + $0] - before[torso + $0]) < 0.01 })
  }

  @Test("takes a joint to its slider by the actuator while it runs, until it is given back or the episode ends")
  func drivingLive() throws {
    let layout = session.layout
    let elbow = try #require(layout.actuators.firstIndex { $0.name == "left_elbow" })
    let column = layout.jointPositions + layout.actuators[elbow].joint
    run(1)
    let start = try #require(lastRow())[column]
    session.perform(.drive(actuator: elbow, target: Double(start) + 0.4))
    #expect(try messages("state").last?["driven"] as? [[String: Any]] != nil)
    run(8, from: 1)
    let end = try #require(lastRow())[column]
    #expect(end > start + 0.1, "from \(start) to \(end) rad")
    session.perform(.episode(seed: 5))
    #expect((try messages("state").last?["driven"] as? [Any])?.isEmpty == true)
  }

  @Test("draws nothing from a slider that is back: the episode after it is the one of its seed")
  func drivingEnds() throws {
    func episode() -> [Float]? {
      session.perform(.episode(seed: 9))
      step(6)
      return lastRow()
    }
    let untouched = try #require(episode())
    session.perform(.drive(actuator: 0, target: 0.3))
    step(2)
    let again = try #require(episode())
    #expect(zip(untouched, again).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
  }

  @Test("lets go of the robot when it restarts: a pull of the episode before has no effect")
  func staleGrab() throws {
    let number = try #require(LiveSessionTests.number(of: session))
    session.perform(.episode(seed: 5))
    step(4)
    let alone = try #require(lastRow())
    session.perform(.episode(seed: 5))
    session.perform(.grab(body: 0, point: .zero, target: [5, 0, 5], episode: number))
    step(4)
    #expect(zip(alone, try #require(lastRow())).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    // A pull of the present episode does move it.
    session.perform(.episode(seed: 5))
    let present = try #require(LiveSessionTests.number(of: session))
    session.perform(.grab(body: 0, point: .zero, target: [5, 0, 5], episode: present))
    step(4)
    #expect(!zip(alone, try #require(lastRow())).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
  }

  /// The number of the present episode, as a page that opens now is told it.
  static func number(of session: LiveSession) -> UInt32? {
    let found = Guarded<UInt32?>(nil)
    session.sendEverything(
      to: LiveClient(
        send: { update in
          if case .message(.episode(let number, _, _)) = update { found.withLock { $0 = number } }
          return true
        }, end: {}))
    return found.withLock { $0 }
  }

  @Test("says that an episode has reached its end, and goes on with the next seed; paused, a step does")
  func ending() throws {
    run(10)
    let ended = try #require(try messages("ended").first)
    #expect((ended["result"] as? String)?.hasPrefix("reached the time limit of 0.2 s, return ") == true)
    #expect(ended["seed"] as? Int == 6)
    run(1, from: 20)
    #expect(try messages("episode").first?["seed"] as? Int == 6)
    step(10)
    #expect(try messages("ended").first?["seed"] as? Int == 7)
    session.perform(.step(1))
    #expect(try messages("episode").first?["seed"] as? Int == 7)
  }
}
