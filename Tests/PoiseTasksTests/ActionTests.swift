import Foundation
import PoiseCore
import PoiseEnvironments
import PoiseModels
@testable import PoiseTasks
import Testing

/// A rod on a hinge under gravity, held by an implicit PD law, written out. Shares no line with ODE or the drives.
///
/// With the inertia I about the hinge and the weight's torque τ(θ) = m g l/2 · sin θ, a step h of semi-implicit Euler whose PD torque is
/// that of the position and rate after it, kp (q* − θ′) − kd θ̇′ with θ′ = θ + h θ̇′, gives
///
///     (I/h + kd + h kp) θ̇′ = I/h θ̇ + kp (q* − θ) + τ(θ)
///
/// and where that torque would be beyond its limit, I (θ̇′ − θ̇)/h = τ(θ) ± limit.
struct ServoedRod {
  var θ: Double
  var rate = 0.0
  let kp, kd, h: Double
  let inertia = 1.0 / 3
  let weight = 5.0
  let limit = 2.0

  /// One physics step; returns the PD law's torque.
  mutating func step(to target: Double) -> Double {
    let pull = weight * sin(θ)
    var next = (inertia / h * rate + kp * (target - θ) + pull) / (inertia / h + kd + h * kp)
    var torque = kp * (target - θ - h * next) - kd * next
    if abs(torque) > limit {
      torque = torque < 0 ? -limit : limit
      next = rate + h * (pull + torque) / inertia
    }
    rate = next
    θ += h * next
    return torque
  }
}

@Suite("What actions mean")
struct ActionTests {
  private static func rod(_ targets: PositionTargets) -> RobotTask {
    var task = RobotTask()
    task.controlTimeStep = 0.05
    task.physics.timeStep = 0.005
    task.actions.positionTargets = targets
    var start = PoseReset()
    start.position = 0.3
    task.reset = [Reset(start)]
    return task
  }

  private static func cart(_ levels: [NamedValue<[Double]>]?) -> RobotTask {
    var task = RobotTask()
    task.actions.levels = levels
    var start = UniformReset()
    (start.position, start.velocity) = (-0.2...0.2, -0.5...0.5)
    task.reset = [Reset(start)]
    return task
  }

  static let leftRight = [NamedValue("left", [-10.0]), NamedValue("right", [10.0])]

  private func problems(_ task: RobotTask, _ model: String) -> [String] {
    do {
      _ = try bind(task, to: model)
      return []
    } catch {
      return (error as? InvalidInput)?.problems.map(\.description) ?? ["\(error)"]
    }
  }

  // MARK: Position targets

  @Test(
    "position targets are tracked by the implicit PD law, also beyond the actuator's limit and at gains that no explicit law survives",
    arguments: [(20.0, 1.0), (4, 0), (3000, 40), (1e6, 0)])
  func implicitLaw(kp: Double, kd: Double) throws {
    var targets = PositionTargets()
    (targets.stiffness, targets.damping, targets.scale) = (kp, kd, 0.4)
    let task = try bind(Self.rod(targets), to: "pendulum")
    let player = try Player(task)
    player.reset()
    var reference = ServoedRod(θ: 0.3, kp: kp, kd: kd, h: 0.005)
    var random = RandomStream(seed: 4, purpose: .testing)
    var worst = (angle: 0.0, rate: 0.0, effort: 0.0)
    var bound = 0
    for _ in 0..<60 {
      let action = random.action(1)
      var torque = 0.0
      for _ in 0..<10 { torque += reference.step(to: 0.4 * Double(action[0])) / 10 }
      player.step(action)
      if abs(torque) > 1.99 { bound += 1 }
      worst.angle = max(worst.angle, abs(player.snapshot.jointPositions[0] - reference.θ))
      worst.rate = max(worst.rate, abs(player.snapshot.jointVelocities[0] - reference.rate))
      worst.effort = max(worst.effort, abs(player.snapshot.efforts[0] - torque))
    }
    #expect(worst.angle < 1e-6 && worst.rate < 1e-5 && worst.effort < 1e-4, "\(worst)")
    #expect(bound > 0 || kp < 10, "the limit is met: \(bound)")
  }

  @Test("−1 … 1 spans the joint's range where there is no scale, and single joints may have their own offset and scale")
  func scales() throws {
    var task = RobotTask()
    task.actions.positionTargets = PositionTargets()
    task.actions.positionTargets?.stiffness = 50
    var knee = JointTargets()
    (knee.offset, knee.scale, knee.stiffness) = (-0.6, 0.25, 90)
    task.actions.positionTargets?.joints = [NamedValue("left_knee", knee)]
    let bound = try bind(task, to: "humanoid")
    for (i, actuator) in bound.model.actuators.enumerated() {
      let joint = bound.model.joints[actuator.joint]
      let gear = actuator.gear
      let ends = [-1, 1].map { bound.actionScaling[i].control($0) / gear }
      let wanted = joint.name == "left_knee" ? -0.85 ... -0.35 : try #require(joint.range)
      #expect(abs(ends[0] - wanted.lowerBound) < 1e-12 && abs(ends[1] - wanted.upperBound) < 1e-12, "\(joint.name)")
      #expect(abs(try #require(actuator.jointGains).stiffness - (joint.name == "left_knee" ? 90 : 50)) < 1e-9)
      // What the motor could exert, the servo can, and no more.
      let motor = try #require(shippedModel("humanoid").actuators[i].effortLimit)
      #expect(abs(try #require(actuator.effortLimit) - motor) < 1e-9)
    }
    task.actions.positionTargets?.scale = 0.5
    let scaled = try bind(task, to: "humanoid")
    let hip = try #require(scaled.model.actuators.firstIndex { scaled.model.joints[$0.joint].name == "right_hip_y" })
    let reference = scaled.model.joints[scaled.model.actuators[hip].joint].reference
    #expect(abs(scaled.actionScaling[hip].control(1) / scaled.model.actuators[hip].gear - reference - 0.5) < 1e-12)
  }

  @Test("a motor whose gear turns the other way still draws its joint to where the action says")
  func negativeGear() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-\(UUID().uuidString).xml").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try """
    <mujoco model="arm">
      <option timestep="0.005" gravity="0 0 0"><flag contact="disable"/></option>
      <worldbody><body name="arm"><joint name="hinge" type="hinge" axis="0 0 1"/>
        <inertial mass="1" pos="0.5 0 0" diaginertia="0.01 0.1 0.1"/></body></worldbody>
      <actuator><motor name="motor" joint="hinge" gear="-4" ctrlrange="-1 3"/></actuator>
    </mujoco>
    """.write(toFile: path, atomically: true, encoding: .utf8)
    var task = RobotTask()
    var targets = PositionTargets()
    (targets.stiffness, targets.damping, targets.scale) = (30, 6, 0.7)
    task.actions.positionTargets = targets
    let bound = try BoundTask(task, model: RobotModel(contentsOf: path), name: "test")
    let player = try Player(bound)
    player.reset()
    var least = 0.0
    for _ in 0..<200 {
      player.step([1])
      least = min(least, player.snapshot.efforts[0])
    }
    #expect(abs(player.snapshot.jointPositions[0] - 0.7) < 1e-3)
    var most = 0.0
    for _ in 0..<50 {
      player.step([-1])
      most = min(most, player.snapshot.efforts[0])
    }
    // Of the controls −1 … 3 with a gear of −4, torques from −12 to 4 N·m.
    #expect(most < -11 && most >= -12 - 1e-9, "\(most)")
  }

  // MARK: Levels

  @Test("a level is the control vector of its name: the same bits as the action of that control, delays included")
  func levels() throws {
    for delay in [0.0, 0.013] {
      func task(_ levels: [NamedValue<[Double]>]?) throws -> BoundTask {
        var task = Self.cart(levels)
        task.physics.timeStep = 0.001
        task.randomisation.actionDelay = delay...delay
        return try bind(task, to: "cartpole")
      }
      let (chosen, pushed) = (
        try Player(task(Self.leftRight + [NamedValue("gently", [2.5])])), try Player(task(nil))
      )
      chosen.reset()
      pushed.reset()
      var random = RandomStream(seed: 6, purpose: .testing)
      for _ in 0..<100 {
        let choice = random.index(below: 3)
        chosen.step([Float(choice)])
        pushed.step([[-1, 1, 0.25][choice]])
        #expect(chosen.world == pushed.world && chosen.outcome == pushed.outcome)
        #expect(chosen.snapshot.efforts == pushed.snapshot.efforts && chosen.snapshot.choice == choice)
        #expect(delay > 0 || abs(chosen.snapshot.efforts[0] - [-10, 10, 2.5][choice]) < 1e-12)
      }
    }
    let bound = try bind(Self.cart(Self.leftRight), to: "cartpole")
    #expect(bound.actionSpace == .discrete(["left", "right"]))
    #expect(bound.metrics.map(\.name).contains("episode_length_mean"))
    #expect(try !bind(Self.cart(nil), to: "cartpole").metrics.map(\.name).contains("episode_length_mean"))
  }

  @Test(
    "what is no index of a level ends the episode as a fault that says so", arguments: [-1, 2, 0.5, .nan, .infinity])
  func noLevel(action: Float) throws {
    let player = try Player(bind(Self.cart(Self.leftRight), to: "cartpole"))
    player.reset()
    player.step([1])
    player.step([action])
    #expect(player.outcome == StepOutcome(reward: 0, ending: .fault))
    let fault = try #require(player.environment.fault)
    #expect(fault.place == "action" && fault.reason.contains("no index of 2 levels") && fault.step == 1)
  }

  @Test("levels of position targets are poses of the joints")
  func poses() throws {
    var task = Self.cart([NamedValue("home", [0]), NamedValue("away", [1.5])])
    var targets = PositionTargets()
    (targets.stiffness, targets.damping) = (40, 30)
    task.actions.positionTargets = targets
    let bound = try bind(task, to: "cartpole")
    // The slider's range, ±2.4 m, is what −1 … 1 spans.
    #expect(bound.levels.map(\.action) == [[0], [0.625]])
    let player = try Player(bound)
    player.reset()
    for _ in 0..<400 { player.step([1]) }
    #expect(abs(player.snapshot.jointPositions[0] - 1.5) < 0.05, "\(player.snapshot.jointPositions)")
    #expect(bound.restingAction == [0])
  }

  @Test(
    "a snapshot in the middle of an episode goes on to the same bits, and one with a level that is not there is refused"
  )
  func snapshots() throws {
    let task = try bind(Self.cart(Self.leftRight), to: "cartpole")
    let (own, other) = (try Player(task), try Player(task, seed: 9))
    own.reset()
    for choice in [0, 1, 1] { own.step([Float(choice)]) }
    let state = own.environment.saved()
    let copy = try JSONDecoder().decode(TaskState.self, from: JSONEncoder().encode(state))
    #expect(copy == state && copy.after.choice == 1)
    other.reset()
    other.environment.restore(copy)
    for choice in [1, 0, 0, 1] { #expect(own.step([Float(choice)]) == other.step([Float(choice)])) }
    #expect(own.world == other.world)
    var damaged = state
    damaged.after.choice = 2
    #expect(!own.environment.accepts(damaged))
  }

  @Test("resting is the level without a torque, or position targets' action 0; nothing where every level pushes")
  func resting() throws {
    #expect(try bind(Self.cart(nil), to: "cartpole").restingAction == [0])
    #expect(try bind(Self.cart(Self.leftRight), to: "cartpole").restingAction == nil)
    let calm = Self.leftRight + [NamedValue("nothing", [0.0])]
    #expect(try bind(Self.cart(calm), to: "cartpole").restingAction == [2])
    var targets = PositionTargets()
    (targets.stiffness, targets.scale) = (10, 0.2)
    #expect(try bind(Self.rod(targets), to: "pendulum").restingAction == [0])
  }

  @Test("in the mirror levels change places; those without an image are named")
  func mirror() throws {
    let symmetry = try bind(Self.cart(Self.leftRight), to: "cartpole").mirrorSymmetry(across: .frontBack)
    #expect(symmetry.actions == Reflection(partners: [1, 0], signs: [1, 1]))
    #expect(symmetry.observations.signs == [-1, -1, -1, -1])
    let lame = try bind(
      Self.cart([NamedValue("left", [-10]), NamedValue("right", [5])]), to: "cartpole")
    let error = #expect(throws: Asymmetry.self) { try lame.mirrorSymmetry(across: .frontBack) }
    #expect(error?.reasons.contains("the action 'left' has no mirror image among the actions") == true)
  }

  // MARK: Problems

  @Test("whatever does not fit the robot is told at once, with its key and what is allowed")
  func badActions() {
    var task = Self.cart([NamedValue("left", [-12]), NamedValue("right", [10, 0]), NamedValue("rest", [0])])
    #expect(
      problems(task, "cartpole") == [
        "test: actions.levels.left: found -12 for 'slider'; allowed -10 … 10 N, its control range.",
        "test: actions.levels.right: found 2 values; allowed 1, one for each actuator of the model: slider.",
      ])
    task = RobotTask()
    task.controlTimeStep = 0.05
    task.actions.positionTargets = PositionTargets()
    task.actions.positionTargets?.joints = [NamedValue("hinje", JointTargets())]
    let found = problems(task, "pendulum")
    #expect(found.count == 3)
    #expect(
      found.first
        == "test: actions.positionTargets.joints.hinje: found 'hinje'; allowed a joint that an actuator drives: 'hinge'. Did you mean 'hinge'?"
    )
    #expect(found.contains { $0.contains("no scale for joint 'hinge', which has no limits") })
    #expect(found.contains { $0.contains("no stiffness for joint 'hinge'") })
    var far = Self.cart([NamedValue("home", [0]), NamedValue("far", [3])])
    far.actions.positionTargets = PositionTargets()
    far.actions.positionTargets?.stiffness = 40
    #expect(
      problems(far, "cartpole").first
        == "test: actions.levels.far: found 3 for 'slider'; allowed -2.4 … 2.4 m, its range of targets.")
  }

  @Test("in a file: torques alone, position targets, named levels, each name once, and what is wrong with them")
  func files() throws {
    func read(_ text: [(String, ConfigurationNode)]) throws -> RobotTask {
      try Configured<RobotTask>(reading: .mapping(text)).value
    }
    let number = { (text: String) in ConfigurationNode.plain(text) }
    #expect(try read([("actions", .text("torques"))]) == RobotTask())
    let levels = ConfigurationNode.mapping([
      ("left", .sequence([number("-10")])), ("right", .sequence([number("10")])),
    ])
    let task = try read([("actions", .mapping([("levels", levels)]))])
    #expect(task.actions.levels == Self.leftRight && task.actions.positionTargets == nil)
    #expect(try Configured<RobotTask>(reading: task.written).value == task)
    func problem(_ actions: ConfigurationNode) -> String {
      do {
        _ = try read([("actions", actions)])
        return ""
      } catch { return "\(error)" }
    }
    #expect(problem(.text("torqes")).contains("Did you mean 'torques'?"))
    #expect(problem(.mapping([("levels", .mapping([("only", .sequence([number("1")]))]))])).contains("2 to 1000 names"))
    let twice = ConfigurationNode.mapping([("a", .sequence([number("1")])), ("a", .sequence([number("2")]))])
    #expect(problem(.mapping([("levels", twice)])).contains("the key for the second time"))
    #expect(problem(.mapping([("level", .null)])).contains("Did you mean 'levels'?"))
    let table = ConfigurationSchema(of: RobotTask.self).table
    for key in [
      "actions ", "actions.positionTargets.stiffness", "actions.positionTargets.joints.NAME.offset", "actions.levels",
    ] {
      #expect(table.contains(key), "\(key)")
    }
  }
}
