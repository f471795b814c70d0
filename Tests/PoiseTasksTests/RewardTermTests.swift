import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import TestSupport
import Testing
import PoiseEnvironments

/// The value of one reward term on a robot that is put somewhere, driven for one control step and looked at.
struct ScriptedStep {
  var model = "humanoid"
  var action: Float = 0
  /// Where the joints start, by name; the rest stays in the reference pose, 1 m above the floor.
  var positions: [String: Double] = [:]
  var velocities: [String: Double] = [:]
  var freeVelocity = Vector3.zero
  var lean: (angle: Double, axis: Vector3) = (0, [1, 0, 0])
  var terminations: TermList<Termination> = []
  var commands: [Command] = []

  /// A reset term that does what the script says.
  struct Start: ResetTerm {
    var step = ScriptedStep.Box()
    static let termName = "scripted"
    static let documentation = "For tests."
    static let keys: [ConfigurationKey<Self>] = []
    func bind(_ binder: inout TermBinder) -> BoundReset {
      let script = step.script
      let joints = binder.joints([])
      return BoundReset("") { start, _, _ in
        for joint in joints {
          if let q = script?.positions[joint.name] { start.positions[joint.index] = q }
          if let v = script?.velocities[joint.name] { start.velocities[joint.index] = v }
        }
        guard let script, !start.freePoses.isEmpty else { return }
        start.freePoses[0].position.z += 1
        start.freePoses[0].orientation = Quaternion(angle: script.lean.angle, axis: script.lean.axis)
        start.freeVelocities[0].linear = script.freeVelocity
      }
    }
  }

  struct Box: Hashable, Sendable {
    var script: ScriptedStep?
    static func == (a: Self, b: Self) -> Bool { false }
    func hash(into hasher: inout Hasher) {}
  }

  /// The term's value in the second of two equal control steps.
  func value(of term: any RewardTerm) throws -> Double {
    var task = RobotTask()
    task.controlTimeStep = model == "pendulum" ? 0.05 : 0.02
    task.rewards = [Reward(term, weight: 2)]
    task.terminations = terminations
    task.commands = commands
    task.reset = [Reset(Start(step: Box(script: self)))]
    let player = try Player(bind(task, to: model))
    player.reset()
    let actions = [Float](repeating: action, count: player.environment.actionSpace.count)
    player.step(actions)
    #expect(player.outcome.reward == player.snapshot.rewardTerms[0])
    return player.outcome.reward / 2
  }
}

@Suite("Reward terms are zero where they should be and not where they should not")
struct RewardTermTests {
  @Test("tilt: −α² of the body, 0 upright")
  func tilt() throws {
    #expect(abs(try ScriptedStep().value(of: TiltReward())) < 1e-12)
    let leaning = ScriptedStep(lean: (0.3, [0.6, 0.8, 0]))
    #expect(abs(try leaning.value(of: TiltReward()) + 0.09) < 1e-3)
    var foot = TiltReward()
    foot.body = "left_foot"
    #expect(abs(try ScriptedStep(positions: ["left_ankle": 0.4]).value(of: foot) + 0.16) < 0.02)
  }

  @Test("alive: 1, but 0 in the step that ends in a termination")
  func alive() throws {
    #expect(try ScriptedStep().value(of: AliveReward()) == 1)
    let fallen = ScriptedStep(lean: (1.5, [0, 1, 0]), terminations: [Termination(TiltTermination())])
    #expect(try fallen.value(of: AliveReward()) == 0)
  }

  @Test("eachStep: 1, in the step that ends in a termination, too")
  func eachStep() throws {
    #expect(try ScriptedStep().value(of: EachStepReward()) == 1)
    let fallen = ScriptedStep(lean: (1.5, [0, 1, 0]), terminations: [Termination(TiltTermination())])
    #expect(try fallen.value(of: EachStepReward()) == 1)
  }

  @Test(
    "crawl: (Δx − |Δy|) ÷ length in a control step of 0.02 s, whichever side it goes astray to; its mean is a metric")
  func crawl() throws {
    var term = CrawlReward()
    term.length = 0.5
    for side in [0.7, -0.7] {
      let moving = ScriptedStep(freeVelocity: [1.5, side, 2])
      #expect(abs(try moving.value(of: term) - (1.5 - 0.7) * 0.02 / 0.5) < 1e-3)
    }
    #expect(abs(try ScriptedStep(freeVelocity: [-1.5, 0, 0]).value(of: term) + 1.5 * 0.02 / 0.5) < 1e-3)
    var task = RobotTask()
    task.rewards = [Reward(AliveReward()), Reward(term, weight: 4)]
    let bound = try bind(task, to: "humanoid")
    #expect(bound.metrics.last == .bodyLengthsPerAction && bound.metrics.count == EpisodeQuality.metrics.count + 1)
    let player = try Player(bound)
    player.reset()
    var way = 0.0
    for _ in 0..<30 {
      let start = player.snapshot.bodies[0].pose.position
      player.step([Float](repeating: 0.3, count: bound.actionSpace.count))
      let moved = player.snapshot.bodies[0].pose.position - start
      way += (moved.x - abs(moved.y)) / 0.5
    }
    let summary = player.environment.summary
    let measurements = try #require(summary.measurements)
    let measured = try #require(measurements.last ?? nil)
    #expect(abs(measured - summary.rewardTerms[1] / 4) < 1e-12 && measurements.count == bound.metrics.count)
    #expect(abs(measured - way) < 1e-12 && abs(way) > 1e-4)
  }

  @Test("height: 1 at the start, less below, never more above")
  func height() throws {
    #expect(try ScriptedStep(freeVelocity: [0, 0, 3]).value(of: HeightReward()) == 1)
    let falling = try ScriptedStep(freeVelocity: [0, 0, -5]).value(of: HeightReward())
    #expect(abs(falling - (1 - 0.1 / 2.15)) < 2e-3)
  }

  @Test("upright: 1 within, 0.1 at the margin, 0 beyond a sharp edge")
  func upright() throws {
    var term = UprightReward()
    (term.within, term.margin) = (0.2, 0.5)
    #expect(try ScriptedStep(lean: (0.15, [1, 0, 0])).value(of: term) == 1)
    #expect(abs(try ScriptedStep(lean: (0.7, [1, 0, 0])).value(of: term) - 0.1) < 0.01)
    term.margin = 0
    #expect(try ScriptedStep(lean: (0.7, [1, 0, 0])).value(of: term) == 0)
  }

  @Test("forwardVelocity: ΔX/Δt; sidewaysCost: −|ΔY|/Δt")
  func velocities() throws {
    #expect(abs(try ScriptedStep().value(of: ForwardVelocityReward())) < 1e-3)
    #expect(abs(try ScriptedStep().value(of: SidewaysVelocityCost())) < 1e-3)
    let moving = ScriptedStep(freeVelocity: [1.5, -0.7, 0])
    #expect(abs(try moving.value(of: ForwardVelocityReward()) - 1.5) < 1e-2)
    #expect(abs(try moving.value(of: SidewaysVelocityCost()) + 0.7) < 1e-2)
    #expect(abs(try ScriptedStep(freeVelocity: [-1.5, 0, 0]).value(of: ForwardVelocityReward()) + 1.5) < 1e-2)
  }

  @Test("driftCost: −Σ of horizontal speeds, whichever way they go, of the bodies named alone")
  func drift() throws {
    #expect(abs(try ScriptedStep().value(of: DriftCost())) < 1e-3)
    // Whichever way: −√(ΔX² + ΔY²)/Δt, and not up or down.
    for velocity in [Vector3(1.5, -0.8, 0), Vector3(-1.5, 0.8, 0), Vector3(0, 1.7, 0), Vector3(1.5, -0.8, 2)] {
      #expect(abs(try ScriptedStep(freeVelocity: velocity).value(of: DriftCost()) + 1.7) < 1e-2, "\(velocity)")
    }
    // Both feet go along with the robot; one of them stays where a leg alone moves.
    var feet = DriftCost()
    feet.bodies = ["left_foot", "right_foot"]
    #expect(abs(try ScriptedStep(freeVelocity: [1.5, -0.8, 0]).value(of: feet) + 2 * 1.7) < 0.05)
    var other = DriftCost()
    (feet.bodies, other.bodies) = (["left_foot"], ["right_foot"])
    let kick = ScriptedStep(velocities: ["left_knee": 5])
    #expect(try kick.value(of: feet) < 5 * kick.value(of: other))
    feet.bodies = ["left_fot"]
    #expect(throws: InvalidInput.self) { try ScriptedStep().value(of: feet) }
  }

  @Test("torqueCost: −Σ (τ/τ_max)²")
  func torque() throws {
    #expect(try ScriptedStep().value(of: TorqueCost()) == 0)
    #expect(abs(try ScriptedStep(action: 0.5).value(of: TorqueCost()) + 16 * 0.25) < 1e-9)
    #expect(abs(try ScriptedStep(action: -3).value(of: TorqueCost()) + 16) < 1e-9)
    #expect(abs(try ScriptedStep(model: "cartpole", action: 0.5).value(of: TorqueCost()) + 0.25) < 1e-12)
  }

  @Test("actionChangeCost: −Σ (aₜ − aₜ₋₁)², the action before the first being 0")
  func actionChange() throws {
    #expect(try ScriptedStep().value(of: ActionChangeCost()) == 0)
    #expect(abs(try ScriptedStep(action: 0.5).value(of: ActionChangeCost()) + 4) < 1e-6)
    var task = RobotTask()
    task.rewards = [Reward(ActionChangeCost())]
    let player = try Player(bind(task, to: "humanoid"))
    player.reset()
    player.step(Array(repeating: 0.5, count: 16))
    #expect(player.step(Array(repeating: 0.5, count: 16)).reward == 0)
    #expect(abs(player.step(Array(repeating: 0.25, count: 16)).reward + 1) < 1e-6)
  }

  @Test("jointLimitCost: 0 away from the limits, 1 for each joint at one")
  func jointLimits() throws {
    var term = JointLimitCost()
    term.joints = ["left_knee"]
    term.margin = 0.05
    #expect(try ScriptedStep(positions: ["left_knee": 1]).value(of: term) == 0)
    let atLimit = try ScriptedStep(positions: ["left_knee": 140 * Double.pi / 180]).value(of: term)
    #expect(abs(atLimit + 1) < 0.2, "\(atLimit)")
  }

  @Test("jointVelocityCost: −Σ q̇²")
  func jointVelocities() throws {
    var term = JointVelocityCost()
    term.joints = ["left_elbow"]
    #expect(abs(try ScriptedStep().value(of: term)) < 1e-3)
    #expect(try ScriptedStep(velocities: ["left_elbow": 5]).value(of: term) < -1)
  }

  @Test("jointDeviationCost: −Σ |q − q₀|, as far on either side, of the joints named alone")
  func jointDeviations() throws {
    var term = JointDeviationCost()
    term.joints = ["left_elbow", "right_hip_z"]
    #expect(abs(try ScriptedStep().value(of: term)) < 0.02)
    let away = try ScriptedStep(positions: ["left_elbow": 0.8, "right_hip_z": -0.3, "left_knee": 1]).value(of: term)
    #expect(abs(away + 1.1) < 0.1, "\(away)")

    // A hinge whose reference pose is 30°, where it stands still: nothing to pay.
    let source = try String(contentsOfFile: "\(ProjectFolders.root)/models/pendulum.xml", encoding: .utf8)
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-\(UUID().uuidString).xml").path
    let turned = source.replacing("name=\"hinge\" type=\"hinge\"", with: "name=\"hinge\" type=\"hinge\" ref=\"30\"")
    try turned.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var task = pendulumTask()
    task.rewards = [Reward(JointDeviationCost())]
    task.reset = []
    let player = try Player(BoundTask(task, model: RobotModel(contentsOf: path), name: "test"))
    player.reset()
    #expect(abs(player.step([0]).reward) < 1e-9 && turned != source)
  }

  @Test("targetAngleCost: Gymnasium's, of the state before the action, the short way round")
  func targetAngle() throws {
    var term = TargetAngleCost()
    term.joint = "hinge"
    #expect(try ScriptedStep(model: "pendulum").value(of: term) == 0)
    let swinging = ScriptedStep(model: "pendulum", action: 1, positions: ["hinge": 3], velocities: ["hinge": -2])
    #expect(abs(try swinging.value(of: term) + (9 + 0.4 + 0.004)) < 1e-12)
    term.target = -3
    let turn = 2 * Double.pi - 6
    #expect(abs(try swinging.value(of: term) + (turn * turn + 0.4 + 0.004)) < 1e-12)
    // A command in place of the target.
    var command = Command()
    (command.name, command.range) = ("angle", 2.5...2.5)
    term.command = "angle"
    var commanded = swinging
    commanded.commands = [command]
    #expect(abs(try commanded.value(of: term) + (0.25 + 0.4 + 0.004)) < 1e-12)
  }

  @Test("every registered term was scripted here")
  func all() {
    #expect(Terms.rewards.count == 15, "a new reward term needs a scripted test")
  }

  @Test("tolerance is 1 inside, 0.1 at the margin, Gaussian between")
  func toleranceValues() {
    #expect(tolerance(0.5, within: 0...1, margin: 2) == 1)
    #expect(abs(tolerance(3, within: 0...1, margin: 2) - 0.1) < 1e-15)
    #expect(abs(tolerance(-2, within: 0...1, margin: 2) - 0.1) < 1e-15)
    #expect(abs(tolerance(2, within: 0...1, margin: 2) - pow(0.1, 0.25)) < 1e-15)
    #expect(tolerance(1.001, within: 0...1) == 0)
  }
}
