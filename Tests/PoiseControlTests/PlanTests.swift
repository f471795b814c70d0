import Foundation
@testable import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseSimulation
import PoiseTasks
import Testing

@Suite("Planning by simulation")
struct PlanTests {
  @Test(
    "the bits of an episode are the same for 1, 2 and 4 threads", arguments: ["pendulum-swingup", "humanoid-stand"])
  func threads(name: String) throws {
    let scenario = try RegulatorTests.scenario(
      name,
      ["plan.samples=9", "plan.horizon=6", "plan.knots=3", "episodeSeconds=\(name == "pendulum-swingup" ? 1 : 0.2)"])
    func hash(_ threads: Int) throws -> String {
      let player = try EpisodePlayer(
        scenario, .baseline(.plan), seed: 28, instructionSet: .baseline, threads: threads)
      let summary = player.play(1) { _ in }
      return "\(player.robot.world.stateHash) \(summary.totalReward)"
    }
    let one = try hash(1)
    #expect(try hash(2) == one)
    #expect(try hash(4) == one)
  }

  @Test("it swings the pendulum up, and more samples and a longer horizon than a few steps are what does it")
  func swingsUp() throws {
    func score(_ overrides: [String]) throws -> Double {
      let scenario = try RegulatorTests.scenario("pendulum-swingup", overrides)
      return try Evaluation(scenario, episodes: 4, seed: 28, instructionSet: .baseline)
        .run(.baseline(.plan), pool: WorkerPool(threadCount: 1)).return.mean
    }
    let (far, near) = (
      try score(["plan.horizon=30", "plan.samples=32"]),
      try score(["plan.horizon=3", "plan.samples=4", "plan.knots=2"])
    )
    print("plan | pendulum-swingup, 4 episodes | \(far), with 3 steps and 4 samples \(near)")
    #expect(far > -350 && far > near + 300)
  }

  /// A point that is pushed along a line, and rewarded for being at 0.
  private struct Point: DecisionProcess {
    let observationSpace = Space([.init(name: "x"), .init(name: "v")])
    let actionSpace: Space

    func start(using random: inout RandomStream) -> [Double] { [1, 0] }

    func observe(_ state: [Double], into observation: inout MutableSpan<Float>) {
      (observation[0], observation[1]) = (Float(state[0]), Float(state[1]))
    }

    func step(
      _ state: inout [Double], _ action: Span<Float>, using random: inout RandomStream
    ) -> DecisionTransition {
      let push = actionSpace.kind == .box ? Double(action[0]) : Double(action[0]) - 1
      state[1] += 0.2 * push
      state[0] += 0.2 * state[1]
      return DecisionTransition(reward: -state[0] * state[0] - 0.1 * state[1] * state[1], isTerminated: false)
    }
  }

  private struct PointPlant: Plant {
    let world: any Environment
    let actionSpace: Space
    var restingAction: [Double]? { nil }
    var robot: PoiseModels.Robot? { nil }
    var environment: (any Environment)? { world }
  }

  @Test("it brings a point to rest by numbers and by choices, and steps nothing but its own copy")
  func points() throws {
    for space in [Space([.init(name: "push", bounds: -1...1)]), .discrete(["left", "none", "right"])] {
      let task = DecisionTask(Point(actionSpace: space), name: "point", stepLimit: 60)
      let environment = try task.makeEnvironment(seed: 1, purpose: .testing, index: 0, detail: .full)
      var settings = PlanSettings()
      (settings.horizon, settings.samples, settings.knots) = (12, 40, 4)
      if space.kind == .discrete { settings.noise = 0.2 }
      var driver = PlanController(task, settings).makeDriver()
      var observation: [Float] = [0, 0]
      var span = observation.mutableSpan
      environment.reset(into: &span)
      let plant = PointPlant(world: environment, actionSpace: space)
      driver.begin(plant, random: RandomStream(seed: 3, purpose: .controller))
      while environment.ending == .running {
        let before = environment.snapshot()
        guard case .action(let action) = driver.command(plant, observation: []) else { break }
        #expect(environment.snapshot() == before, "the environment itself is as it was")
        let floats = action.map { Float($0) }
        _ = environment.step(floats.span, into: &span)
      }
      let (x, v) = (span[0], span[1])
      #expect(abs(x) < 0.2 && abs(v) < 0.3, "\(space.summary): \(x), \(v)")
    }
  }

  @Test("a plan is straight lines between its knots; seen a step later it is the same plan")
  func plans() {
    var settings = PlanSettings()
    (settings.horizon, settings.knots, settings.samples) = (9, 3, 2)
    var plan = ActionPlan(Space([.init(name: "u", bounds: -1...1)]), settings)
    var random = RandomStream(seed: 5, purpose: .testing)
    plan.shift()
    let varied = plan.variation(1, using: &random)
    #expect(plan.variation(0, using: &random) == plan && varied != plan)
    plan.replace(by: [plan, varied], returns: [0, 1], temperature: 0)
    #expect(plan.knots == varied.knots)
    let (a, b) = (plan.knots[0], plan.knots[1])
    #expect(abs(plan.action(at: 1)[0] - (0.75 * a + 0.25 * b)) < 1e-15 && plan.action(at: 4)[0] == b)
    let later = (1...8).map { plan.action(at: $0)[0] }
    plan.shift()
    // The knots are on it; between them it is cut across its corners.
    #expect(plan.action(at: 0)[0] == later[0] && plan.action(at: 4)[0] == later[4])
    #expect(plan.action(at: 8)[0] == later[7], "the last action lasts")
    // Equal returns: the first, which is the plan itself; a fault is never chosen.
    let kept = plan
    plan.replace(by: [kept, varied], returns: [2, 2], temperature: 0)
    #expect(plan.knots == kept.knots)
    plan.replace(by: [varied, kept], returns: [-.infinity, -7], temperature: 0.5)
    #expect(plan.knots == kept.knots)
    // Equal weights at a temperature beyond all differences.
    plan.replace(by: [kept, varied], returns: [0, 1], temperature: 1e6)
    #expect(zip(plan.knots, zip(kept.knots, varied.knots)).allSatisfy { abs($0 - ($1.0 + $1.1) / 2) < 1e-5 })
  }

  @Test("a planner knows of no push: its task has none, and ends the one that is under way")
  func pushes() throws {
    let scenario = try RegulatorTests.scenario(
      "humanoid-balance", ["disturbances=[{pushes: {interval: [0.1, 0.1], duration: 0.1, impulse: [0.5, 0.5]}}]"])
    let task = try scenario.requireRobot(for: "this test").task
    let (own, imagined) = (
      try TaskEnvironment(task, seed: 1, purpose: .testing, detail: .full),
      try TaskEnvironment(task.calm, seed: 1, purpose: .testing, detail: .full)
    )
    own.prepareThread(for: "a test")
    var observation = [Float](repeating: 0, count: task.observationSpace.count)
    let still = [Float](repeating: 0, count: task.actionSpace.count)
    var span = observation.mutableSpan
    own.reset(into: &span)
    for _ in 0..<7 { _ = own.step(still.span, into: &span) }
    #expect(own.snapshot.pushForce != .zero)
    #expect(imagined.accepts(own.saved()))
    imagined.restore(own.saved())
    _ = imagined.step(still.span, into: &span)
    #expect(imagined.snapshot.pushForce == .zero)
    #expect(imagined.robot.bodies.allSatisfy { imagined.robot.world.externalForce(on: $0).force == .zero })
  }

  @Test("finite problems and models without a task are refused, with what to do instead")
  func refused() throws {
    let lake = try RegulatorTests.scenario("frozen-lake")
    let error = #expect(throws: InvalidInput.self) { try lake.designed(.plan) }
    #expect(error?.description.contains("poise solve") == true, "\(error?.description ?? "")")
    #expect(!lake.baselines.contains(.plan) && !lake.baselines.contains(.lqr))
    #expect(throws: InvalidInput.self) {
      _ = try RegulatorTests.scenario("pendulum-swingup", ["plan.knots=40"])
    }
  }
}
