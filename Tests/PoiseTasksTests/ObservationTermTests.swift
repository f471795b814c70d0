import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import Testing
import PoiseEnvironments

@Suite("Observation terms say what the robot does")
struct ObservationTermTests {
  /// A humanoid after some random control steps, and what the given terms made of it.
  private func play(_ terms: TermList<Observation>, steps: Int = 12) throws -> Player {
    var task = RobotTask()
    task.observations = terms
    var start = FreeBodyReset()
    (start.yaw, start.tilt, start.linearVelocity, start.angularVelocity) = (3, 0.3, 1, 1)
    task.reset = [Reset(start), Reset(OnGroundReset())]
    var command = Command()
    (command.name, command.range, command.interval, command.unit) = ("speed", 0...2, 0.1, "m/s")
    task.commands = [command]
    let player = try Player(bind(task, to: "humanoid"))
    player.reset()
    var random = RandomStream(seed: 9, purpose: .testing)
    for _ in 0..<steps { player.step(random.action(16)) }
    return player
  }

  private func expect(_ observation: [Float], _ expected: [Double], _ what: String) {
    #expect(observation.count == expected.count, "\(what)")
    for (ours, theirs) in zip(observation, expected) {
      #expect(abs(Double(ours) - theirs) <= 1e-6 * max(1, abs(theirs)), "\(what): \(observation) against \(expected)")
    }
  }

  @Test("joints: positions, sines and cosines, velocities, in the order given")
  func joints() throws {
    var some = JointPositionsObservation()
    some.joints = ["right_knee", "abdomen_y"]
    var encoded = some
    encoded.encoding = .sineCosine
    var rates = JointVelocitiesObservation()
    rates.joints = ["left_ankle"]
    let player = try play([Observation(some), Observation(encoded), Observation(rates)])
    let configuration = player.environment.robot.configuration()
    let names = player.environment.robot.model.scalarJoints.map { player.environment.robot.model.joints[$0].name }
    func q(_ name: String) -> Double { configuration.positions[names.firstIndex(of: name) ?? 0] }
    let rate = configuration.velocities[names.firstIndex(of: "left_ankle") ?? 0]
    expect(
      player.observation,
      [
        q("right_knee"), q("abdomen_y"), cos(q("right_knee")), sin(q("right_knee")), cos(q("abdomen_y")),
        sin(q("abdomen_y")), rate,
      ], "joints")
    #expect(
      player.environment.observationSpace.names == [
        "right_knee", "abdomen_y", "right_knee_cosine", "right_knee_sine", "abdomen_y_cosine", "abdomen_y_sine",
        "left_ankle_velocity",
      ])
  }

  @Test("bodies: height, gravity, roll and pitch, velocities in the body's axes")
  func bodies() throws {
    let player = try play([
      Observation(BodyHeightObservation()), Observation(ProjectedGravityObservation()),
      Observation(RollPitchObservation()), Observation(LinearVelocityObservation()),
      Observation(AngularVelocityObservation()),
    ])
    let configuration = player.environment.robot.configuration()
    let pose = configuration.freePoses[0]
    let r = Matrix3(pose.orientation).transposed
    let down = r * [0, 0, -1]
    let v = r * configuration.freeVelocities[0].linear
    let ω = r * configuration.freeVelocities[0].angular
    let tilt = acos(-down.z)
    let across = hypot(down.x, down.y)
    expect(
      player.observation,
      [
        pose.position.z, down.x, down.y, down.z, -tilt * down.y / across, tilt * down.x / across, v.x, v.y, v.z, ω.x,
        ω.y, ω.z,
      ], "bodies")
    #expect(tilt > 0.05, "the robot leans, or this test says little")
  }

  @Test("contacts: forces of the ground on the feet, in their axes, and whether there are any")
  func contacts() throws {
    var feet = FootContactsObservation()
    feet.bodies = ["left_foot", "right_foot"]
    var forces = ContactForcesObservation()
    forces.bodies = ["left_foot"]
    let player = try play([Observation(feet), Observation(forces)])
    let robot = player.environment.robot
    var expected: [String: Vector3] = ["left_foot": .zero, "right_foot": .zero]
    for contact in robot.world.contacts {
      for (geometry, sign) in [(contact.first, 1.0), (contact.second, -1.0)] {
        guard let body = robot.model.geometries[geometry.value].body else { continue }
        let name = robot.model.bodies[body].name
        expected[name] = (expected[name] ?? .zero) + sign * contact.force
      }
    }
    let left = expected["left_foot"] ?? .zero
    let right = expected["right_foot"] ?? .zero
    #expect(max(left.length, right.length) > 10, "a foot is on the ground")
    let index = robot.model.bodies.firstIndex { $0.name == "left_foot" } ?? 0
    let local = robot.pose(ofBody: index).orientation.unrotate(left)
    expect(
      player.observation, [left.length > 1 ? 1 : 0, right.length > 1 ? 1 : 0, local.x, local.y, local.z], "contacts")
  }

  @Test("previous action, command and phase")
  func others() throws {
    var phase = PhaseObservation()
    phase.period = 0.7
    let player = try play(
      [Observation(PreviousActionObservation()), Observation(CommandObservation()), Observation(phase)], steps: 11)
    let t = 11 * 0.02 * 2 * Double.pi / 0.7
    expect(
      player.observation,
      player.snapshot.action.map(Double.init) + player.snapshot.commands + [cos(t), sin(t)], "others")
    #expect(player.snapshot.commands[0] > 0 && player.snapshot.commands[0] < 2)
  }

  @Test("commands are drawn anew at their interval, and only then")
  func commands() throws {
    let player = try play([Observation(CommandObservation())], steps: 0)
    var values: [Double] = []
    for _ in 0..<20 {
      values.append(player.snapshot.commands[0])
      player.step(Array(repeating: 0, count: 16))
    }
    for k in 0..<4 { #expect(Set(values[5 * k..<5 * k + 5]).count == 1) }
    #expect(Set(values).count == 4)
  }

  @Test("scale, clip and noise: clip(scale · (x + noise · z))")
  func shaping() throws {
    var height = BodyHeightObservation()
    height.body = "torso"
    var scaled = ObservationShaping()
    (scaled.scale, scaled.clip) = (10, -1...5)
    var noisy = ObservationShaping()
    (noisy.scale, noisy.noise) = (2, 0.1)
    var task = RobotTask()
    task.observations = [
      Observation(height), Observation(height, shaping: scaled), Observation(height, shaping: noisy),
    ]
    let bound = try bind(task, to: "humanoid")
    let elements = bound.observationSpace.elements
    #expect(elements[1].bounds == -1...5 && elements[1].unit == "10 × m")
    #expect(elements.map(\.name) == ["torso_height", "torso_height_2", "torso_height_3"])
    let player = try Player(bound)
    var sum = 0.0
    var squares = 0.0
    let count = 4000
    for _ in 0..<count {
      player.reset()
      #expect(player.observation[1] == 5)
      let z = (Double(player.observation[2]) / 2 - Double(player.observation[0])) / 0.1
      sum += z
      squares += z * z
    }
    #expect(abs(sum) < 4 * Double(count).squareRoot() && abs(squares / Double(count) - 1) < 0.1)
  }

  @Test("a task whose snapshot holds only what it needs sees the same as one that holds everything")
  func lean() throws {
    let task = try bind(pendulumTask(), to: "pendulum")
    let (lean, full) = (try Player(task, detail: .lean), try Player(task, detail: .full))
    var random = RandomStream(seed: 4, purpose: .testing)
    lean.reset()
    full.reset()
    for _ in 0..<200 {
      let action = random.action(1)
      lean.step(action)
      full.step(action)
      #expect(lean.observation == full.observation && lean.outcome == full.outcome)
    }
    #expect(lean.environment.quality == nil && full.environment.quality != nil)
  }
}
