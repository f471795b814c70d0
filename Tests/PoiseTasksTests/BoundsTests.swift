import Foundation
import PoiseCore
import PoiseModels
@testable import PoiseTasks
import Testing
import PoiseEnvironments

/// A task with every observation and every reward that fits the robot.
func everythingTask(_ model: String) -> RobotTask {
  var task = model == "humanoid" ? busyTask() : RobotTask()
  let isHumanoid = model == "humanoid"
  if !isHumanoid {
    task.uprightBody = "pole"
    task.controlTimeStep = model == "pendulum" ? 0.05 : 0.02
    var start = NoiseReset()
    (start.position, start.velocity) = (0.5, 0.5)
    task.reset = [Reset(start)]
    task.maximumJointSpeed = model == "pendulum" ? 8 : nil
    var command = Command()
    (command.name, command.range) = ("angle", -1...1)
    task.commands = [command]
  }
  var encoded = JointPositionsObservation()
  encoded.encoding = .sineCosine
  var noisy = ObservationShaping()
  (noisy.noise, noisy.scale, noisy.clip) = (0.02, -0.5, -3...3)
  var terms = [
    Observation(JointPositionsObservation()), Observation(encoded), Observation(JointVelocitiesObservation()),
    Observation(JointVelocitiesObservation(), shaping: noisy), Observation(PreviousActionObservation()),
    Observation(CommandObservation()), Observation(PhaseObservation()), Observation(ProjectedGravityObservation()),
    Observation(RollPitchObservation()), Observation(AngularVelocityObservation()),
  ]
  if isHumanoid {
    var contacts = FootContactsObservation()
    contacts.bodies = ["left_foot", "right_foot"]
    var forces = ContactForcesObservation()
    forces.bodies = ["left_foot", "right_foot"]
    terms += [
      Observation(BodyHeightObservation()), Observation(LinearVelocityObservation()), Observation(contacts),
      Observation(forces),
    ]
  }
  task.observations = TermList(terms)
  var rewards = [
    Reward(TiltReward()), Reward(AliveReward()), Reward(UprightReward()), Reward(TorqueCost()),
    Reward(ActionChangeCost(), weight: 0.5), Reward(JointVelocityCost(), weight: 0.01),
  ]
  if isHumanoid {
    rewards += [
      Reward(HeightReward()), Reward(ForwardVelocityReward()), Reward(SidewaysVelocityCost()), Reward(JointLimitCost()),
    ]
  } else {
    var target = TargetAngleCost()
    target.joint = "hinge"
    rewards.append(Reward(target))
  }
  task.rewards = TermList(rewards)
  return task
}

@Suite("Over 100,000 random control steps")
struct BoundsTests {
  @Test(
    "every number stays within the declared bounds and none is constant",
    arguments: ["humanoid", "cartpole", "pendulum"])
  func bounds(_ model: String) throws {
    var task = everythingTask(model)
    // Motors stronger than their limits are meant to pass the torque's bound.
    task.randomisation.motorStrength = 0.5...1
    let bound = try bind(task, to: model)
    let player = try Player(bound, seed: 31)
    let (size, actions) = (bound.observationSpace.count, bound.actionSpace.count)
    var low = [Float](repeating: .infinity, count: size)
    var high = [Float](repeating: -.infinity, count: size)
    let ranges = zip(bound.rewards, task.rewards).map { term, reward in
      let ends = [reward.weight * term.bounds.lowerBound, reward.weight * term.bounds.upperBound]
      return (ends.min() ?? 0) - 1e-9...(ends.max() ?? 0) + 1e-9
    }
    var nonZero = [Bool](repeating: false, count: ranges.count)
    var random = RandomStream(seed: 32, purpose: .testing)
    var violations: [String] = []
    for _ in 0..<100_000 {
      if player.outcome.ending.isOver { player.reset() } else { player.step(random.action(actions)) }
      if let violation = bound.observationSpace.violation(by: player.observation.span) { violations.append(violation) }
      for i in 0..<size {
        low[i] = min(low[i], player.observation[i])
        high[i] = max(high[i], player.observation[i])
      }
      for (i, value) in player.snapshot.rewardTerms.enumerated() {
        if !ranges[i].contains(value) { violations.append("\(bound.rewardNames[i]) is \(value), outside \(ranges[i])") }
        if value != 0 { nonZero[i] = true }
      }
      if violations.count > 3 { break }
    }
    #expect(violations.isEmpty, "\(violations)")
    // What moves in a plane turns about one axis only.
    let planar = ["pole_roll", "pole_gravity_y", "pole_angular_velocity_x", "pole_angular_velocity_z"]
    for (i, name) in bound.observationSpace.names.enumerated() where !planar.contains(name) {
      #expect(high[i] > low[i], "'\(name)' is always \(low[i])")
    }
    for i in nonZero.indices { #expect(nonZero[i], "'\(bound.rewardNames[i])' is always 0") }
    #expect(player.environment.fault == nil)
  }
}
