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

@Suite("The viewer's hand")
struct PerturbationTests {
  static let overrides = ["terminations=[]", "episodeSeconds=1", "disturbances.pushes.interval=[0.1, 0.1]"]

  static func player(_ hand: UserPerturbation?) throws -> EpisodePlayer {
    let scenario = try PageTests.scenario("humanoid-balance", overrides)
    return try EpisodePlayer(
      hand.map { scenario.adding($0.disturbance) } ?? scenario, .baseline(.hold), seed: 2, instructionSet: .baseline)
  }

  static func hand() throws -> UserPerturbation { UserPerturbation(try PageTests.scenario("humanoid-balance", overrides).task) }

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
    let torso = try #require(alone.scenario.model.bodies.firstIndex { $0.name == "torso" })
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
      player.scenario.model.bodies.firstIndex { $0.name == "left_lower_arm" || $0.name == "left_forearm" })
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
