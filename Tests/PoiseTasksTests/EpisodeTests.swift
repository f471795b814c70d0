import Foundation
import PoiseCore
@testable import PoiseEnvironments
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import Testing

/// The humanoid with everything that draws random numbers switched on.
func busyTask() -> RobotTask {
  var task = RobotTask()
  task.episodeSeconds = 4
  var noisy = ObservationShaping()
  noisy.noise = 0.01
  var contacts = ContactForcesObservation()
  contacts.bodies = ["left_foot", "right_foot"]
  var command = Command()
  (command.name, command.range, command.interval) = ("speed", 0...1, 0.5)
  task.commands = [command]
  task.observations = [
    Observation(JointPositionsObservation(), shaping: noisy), Observation(JointVelocitiesObservation()),
    Observation(ProjectedGravityObservation()), Observation(contacts), Observation(PreviousActionObservation()),
    Observation(CommandObservation()),
  ]
  task.rewards = [
    Reward(TiltReward()), Reward(AliveReward()), Reward(ForwardVelocityReward()), Reward(ActionChangeCost()),
  ]
  task.terminations = [Termination(TiltTermination()), Termination(HeightTermination())]
  var noise = NoiseReset()
  (noise.position, noise.velocity) = (0.05, 0.05)
  var free = FreeBodyReset()
  (free.yaw, free.linearVelocity) = (3, 0.1)
  task.reset = [Reset(noise), Reset(free), Reset(OnGroundReset())]
  var push = PushDisturbance()
  (push.interval, push.duration) = (0.1...0.3, 0.04)
  task.disturbances = [Disturbance(push)]
  task.randomisation.mass = 0.9...1.1
  task.randomisation.friction = 0.5...1
  task.randomisation.motorStrength = 0.8...1.2
  task.randomisation.actionDelay = 0...0.03
  task.randomisation.gravityTilt = 0...0.05
  task.randomisation.sensorNoise = 0.5...2
  return task
}

@Suite("Episodes")
struct EpisodeTests {
  /// All that comes out of some steps with random actions, and the state of the world after each.
  private func trace(_ player: Player, steps: Int, seed: UInt64 = 5) -> [UInt64] {
    var random = RandomStream(seed: seed, purpose: .testing)
    var result: [UInt64] = []
    func note() {
      result.append(player.world)
      result += player.observation.map { UInt64($0.bitPattern) }
      result.append(player.outcome.reward.bitPattern)
      result.append(UInt64(player.outcome.ending.rawValue))
    }
    note()
    for _ in 0..<steps where player.outcome.ending == .running {
      player.step(random.action(player.environment.actionSpace.count))
      note()
    }
    return result
  }

  @Test("repeat to the bit from their start and their actions, also in an environment that has lived")
  func repeats() throws {
    let task = try bind(busyTask(), to: "humanoid")
    let old = try Player(task, seed: 7)
    var random = RandomStream(seed: 1, purpose: .testing)
    // A long life, with everything in it that could leave a trace.
    for _ in 0..<20 {
      old.reset()
      for _ in 0..<60 where old.outcome.ending == .running { old.step(random.action(16)) }
    }
    old.reset()
    let start = old.environment.episodeStart
    let first = trace(old, steps: 80)
    let fresh = try Player(task, seed: 99)
    fresh.reset(from: start)
    #expect(trace(fresh, steps: 80) == first)
    // And from the written form.
    let written = try JSONEncoder().encode(start)
    old.reset(from: try JSONDecoder().decode(EpisodeStart.self, from: written))
    #expect(trace(old, steps: 80) == first)
    #expect(first.count > 500)
  }

  @Test("differ from one another and between seeds and environments")
  func differ() throws {
    let task = try bind(busyTask(), to: "humanoid")
    var seen: Set<[Float]> = []
    for (seed, index) in [(1, 0), (1, 1), (2, 0)] {
      let player = try Player(task, seed: UInt64(seed), index: index)
      for _ in 0..<5 {
        player.reset()
        seen.insert(player.observation)
      }
    }
    #expect(seen.count == 15)
  }

  @Test("go on to the bit from a saved state in their middle")
  func goesOn() throws {
    let task = try bind(busyTask(), to: "humanoid")
    let player = try Player(task, seed: 3)
    player.reset()
    var random = RandomStream(seed: 6, purpose: .testing)
    for _ in 0..<9 { player.step(random.action(16)) }
    #expect(player.outcome.ending == .running)
    let state = try JSONDecoder().decode(
      TaskState.self, from: JSONEncoder().encode(player.environment.saved()))
    let expected = trace(player, steps: 40)
    let summary = player.environment.summary
    let other = try Player(task, seed: 44)
    other.reset()
    other.step(random.action(16))
    other.environment.restore(state)
    (other.observation, other.outcome) = (player.observation, StepOutcome(reward: 0, ending: .running))
    let got = trace(other, steps: 40)
    // The first entry is what the caller had before, not the environment's.
    let head = 1 + task.observationSpace.count + 2
    #expect(got.dropFirst(head) == expected.dropFirst(head) && got.count == expected.count)
    #expect(got.first == expected.first)
    #expect(other.environment.summary.totalReward == summary.totalReward)
    #expect(other.environment.summary.rewardTerms == summary.rewardTerms)
  }

  @Test("truncate at the time limit and terminate before it; a fall in the last step is a termination")
  func endings() throws {
    var task = RobotTask()
    task.episodeSeconds = 0.1
    task.reset = [Reset(OnGroundReset())]
    let standing = try Player(bind(task, to: "humanoid"))
    standing.reset()
    var endings: [EpisodeEnding] = []
    while standing.outcome.ending == .running {
      standing.step(Array(repeating: 0, count: 16))
      endings.append(standing.outcome.ending)
    }
    #expect(endings == [.running, .running, .running, .running, .truncated])

    // The pole starts at 11° and falls past 12° in the last step of a short episode.
    var falling = RobotTask()
    falling.uprightBody = "pole"
    var tilt = TiltTermination()
    tilt.limit = 0.2
    falling.terminations = [Termination(tilt)]
    var start = PoseReset()
    (start.joints, start.position, start.velocity) = (["hinge"], 0.15, 1)
    falling.reset = [Reset(start)]
    falling.episodeSeconds = 1
    let player = try Player(bind(falling, to: "cartpole"))
    player.reset()
    while player.outcome.ending == .running { player.step([0]) }
    #expect(player.outcome.ending == .terminated)
    let steps = player.snapshot.step
    falling.episodeSeconds = Double(steps) * falling.controlTimeStep
    let last = try Player(bind(falling, to: "cartpole"))
    last.reset()
    while last.outcome.ending == .running { last.step([0]) }
    #expect(last.outcome.ending == .terminated && last.snapshot.step == steps)
  }

  @Test("have a first one of random length in training, and whole ones afterwards")
  func desynchronised() throws {
    let task = try bind(pendulumTask(), to: "pendulum")
    var lengths: Set<Int> = []
    for index in 0..<20 {
      let player = try Player(task, index: index, detail: .lean)
      player.environment.desynchronises = true
      player.reset()
      lengths.insert(player.environment.episodeStart.stepLimit)
      while player.outcome.ending == .running { player.step([0]) }
      #expect(player.snapshot.step == player.environment.episodeStart.stepLimit)
      player.reset()
      #expect(player.environment.episodeStart.stepLimit == 200)
    }
    #expect(lengths.count > 10 && lengths.allSatisfy { (1...200).contains($0) })
  }

  @Test("succeed if upright to the end for long enough")
  func success() throws {
    var task = pendulumTask()
    task.success = SuccessCondition()
    var start = PoseReset()
    start.position = 0
    task.reset = [Reset(start)]
    let standing = try Player(bind(task, to: "pendulum"))
    standing.reset()
    while standing.outcome.ending == .running { standing.step([0]) }
    #expect(standing.environment.quality?.isSuccess == true)
    #expect(standing.environment.quality?.uprightSteps == 200)
    #expect(standing.environment.quality?.tiltReward == 0)
    start.position = 3
    task.reset = [Reset(start)]
    let hanging = try Player(bind(task, to: "pendulum"))
    hanging.reset()
    while hanging.outcome.ending == .running { hanging.step([0]) }
    let quality = try #require(hanging.environment.quality)
    #expect(quality.isSuccess == false && quality.tiltReward < -1000)
    #expect(abs(quality.tiltRewardPerStep(steps: 200, stepLimit: 200) - quality.tiltReward / 200) < 1e-12)
    #expect(abs(EpisodeQuality().tiltRewardPerStep(steps: 50, stepLimit: 100) + 0.5 * 1.0966227) < 1e-6)
  }

  @Test("held by servos stay where they are, and tell the equivalent action")
  func servos() throws {
    var task = RobotTask()
    task.episodeSeconds = 1
    let player = try Player(bind(task, to: "cartpole"))
    player.reset()
    let servo = Robot.Servo(target: 0.5, stiffness: 20, damping: 10)
    for _ in 0..<40 { player.step(servos: [servo]) }
    #expect(player.snapshot.jointPositions[0] > 0.1)
    #expect(abs(Double(player.snapshot.action[0]) * 10 - player.snapshot.efforts[0]) < 1e-5)
  }
}
