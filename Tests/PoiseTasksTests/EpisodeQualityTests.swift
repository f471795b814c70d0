import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import Testing

@Suite("The quality of an episode")
struct EpisodeQualityTests {
  /// A plan of 10 steps of 20 ms, of which the last 5 have to be upright.
  private static func plan() throws -> QualityPlan {
    var task = pendulumTask()
    task.success = SuccessCondition()
    let bound = try bind(task, to: "pendulum")
    var plan = QualityPlan(bound, plan: bound.fullPlan)
    (plan.stepLimit, plan.successSteps, plan.controlTimeStep) = (10, 5, 0.02)
    return plan
  }

  /// The measurement of a metric of a finished episode.
  private static func measured(
    _ metric: String, _ quality: EpisodeQuality, steps: Int, _ ending: EpisodeEnding
  ) throws -> Double? {
    let plan = try Self.plan()
    let values = quality.finished(steps, ending, plan).measurements(steps, ending, plan)
    return zip(EpisodeQuality.metrics, values).first { $0.0.name == metric }?.1
  }

  @Test(
    "success asks for upright steps up to the end, not for as many before, and for an episode that reached its limit")
  func success() throws {
    var quality = EpisodeQuality()
    (quality.uprightSteps, quality.lastUprightSteps) = (9, 4)
    #expect(try Self.measured("success_rate", quality, steps: 10, .truncated) == 0)
    quality.lastUprightSteps = 5
    #expect(try Self.measured("success_rate", quality, steps: 10, .truncated) == 1)
    #expect(try Self.measured("success_rate", quality, steps: 8, .terminated) == 0)
    #expect(try Self.measured("success_rate", quality, steps: 8, .fault) == 0)
  }

  @Test("upright steps at the end count anew after every one that was not upright")
  func lastUprightSteps() throws {
    var task = pendulumTask()
    task.success = SuccessCondition()
    var start = PoseReset()
    // It falls from upright, hangs and swings; then its tilt is beyond 12° in most steps.
    start.position = 0.05
    task.reset = [Reset(start)]
    let player = try Player(bind(task, to: "pendulum"))
    player.reset()
    var (upright, last) = (0, 0)
    while player.outcome.ending == .running {
      player.step([0])
      let angle = abs(player.snapshot.jointPositions[0].remainder(dividingBy: 2 * .pi))
      (upright, last) = angle <= SuccessCondition().tilt ? (upright + 1, last + 1) : (upright, 0)
    }
    let quality = try #require(player.environment.quality)
    #expect(quality.uprightSteps == upright && quality.lastUprightSteps == last)
    #expect(upright > 2 && last < upright)
  }

  @Test("only an episode that reached its limit has survived: neither a fall nor a fault")
  func survival() throws {
    let quality = EpisodeQuality()
    for (ending, expected) in [(EpisodeEnding.truncated, 1.0), (.terminated, 0), (.fault, 0)] {
      #expect(try Self.measured("survival_rate", quality, steps: 10, ending) == expected)
    }
  }

  @Test("the tilt's reward is a mean over the time limit, steps that are missing counting −(60°)²; seconds are steps")
  func tiltReward() throws {
    var quality = EpisodeQuality()
    quality.tiltReward = -2
    let worst = -(Double.pi / 3) * (Double.pi / 3)
    #expect(try Self.measured("tilt_reward_per_step", quality, steps: 4, .terminated) == (-2 + 6 * worst) / 10)
    #expect(try Self.measured("tilt_reward_per_step", quality, steps: 10, .truncated) == -0.2)
    #expect(try Self.measured("tilt_reward_per_lived_step", quality, steps: 4, .terminated) == -2)
    #expect(try Self.measured("episode_seconds_mean", quality, steps: 4, .terminated) == 0.08)
  }

  @Test(
    "torque, saturation and change of the actions are means over steps and actuators, of what was seen step by step")
  func means() throws {
    let bound = try bind(RobotTask(), to: "humanoid")
    let player = try Player(bound)
    player.reset()
    var random = RandomStream(seed: 3, purpose: .testing)
    let count = bound.model.actuators.count
    var (torque, saturated, change) = (0.0, 0.0, 0.0)
    var before = [Float](repeating: 0, count: count)
    let steps = 5
    for step in 0..<steps {
      let action = (0..<count).map { i -> Float in
        i == 0 ? -1 : i == 1 ? 1 : i == 2 && step == 3 ? -0.995 : Float(random.uniform(in: -0.9...0.9))
      }
      player.step(action)
      for i in 0..<count {
        torque += abs(player.snapshot.efforts[i] / (bound.model.actuators[i].effortLimit ?? .nan))
        saturated += abs(action[i]) >= 0.99 ? 1 : 0
        change += Double(abs(action[i] - before[i]))
      }
      before = action
    }
    let quality = try #require(player.environment.quality)
    let all = Double(steps * count)
    #expect(saturated == 11)
    #expect(abs(quality.meanTorqueShare - torque / all) < 1e-12)
    #expect(abs(quality.saturation - saturated / all) < 1e-12)
    #expect(abs(quality.actionChange - change / all) < 1e-6)
  }

  @Test("limits and penetration are those of every physics step, not of every fourth")
  func everyPhysicsStep() throws {
    var task = RobotTask()
    task.episodeSeconds = 1
    let bound = try bind(task, to: "humanoid")
    #expect(bound.timing.physicsStepsPerControlStep > 1)
    // How many of six robots had their worst moments between two control steps.
    var (deeper, farther) = (0, 0)
    for index in 0..<6 {
      let (isDeeper, isFarther) = try expectEveryPhysicsStep(bound, index: index)
      deeper += isDeeper ? 1 : 0
      farther += isFarther ? 1 : 0
    }
    #expect(deeper > 0 && farther > 0)
  }

  /// Plays an episode of random torques at their limits, and measures the same robot by hand.
  private func expectEveryPhysicsStep(_ bound: BoundTask, index: Int) throws -> (isDeeper: Bool, isFarther: Bool) {
    let player = try Player(bound)
    player.reset()
    let twin = try Robot(bound.model, physics: bound.physics, maximumJointSpeed: bound.settings.maximumJointSpeed)
    twin.world.restore(player.environment.robot.world.saved())
    var random = RandomStream(seed: 5, purpose: .testing, index: index)
    var q = [Double](repeating: 0, count: twin.scalarJointCount)
    var v = q
    func worst(_ depth: inout Double, _ violation: inout Double) {
      for contact in twin.world.contacts { depth = max(depth, contact.depth) }
      twin.readScalarJoints(positions: &q, velocities: &v)
      for (position, joint) in zip(q, bound.model.scalarJoints) {
        guard let range = bound.model.joints[joint].range else { continue }
        violation = max(violation, range.lowerBound - position, position - range.upperBound)
      }
    }
    var (depth, violation, depthSeen, violationSeen) = (0.0, 0.0, 0.0, 0.0)
    while player.outcome.ending == .running {
      let action = (0..<twin.actuatorCount).map { _ -> Float in random.uniform() < 0.5 ? 1 : -1 }
      player.step(action)
      twin.setControls { bound.actionScaling[$0].control(Double(action[$0])) }
      for _ in 0..<bound.timing.physicsStepsPerControlStep {
        twin.step()
        worst(&depth, &violation)
      }
      worst(&depthSeen, &violationSeen)
    }
    let quality = try #require(player.environment.quality)
    #expect(player.world == twin.world.stateHash, "the twin went another way")
    #expect(quality.worstPenetration == depth && depthSeen > 0)
    #expect(quality.worstLimitViolation == violation && violationSeen > 0)
    return (depth > depthSeen, violation > violationSeen)
  }
}
