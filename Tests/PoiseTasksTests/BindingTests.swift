import PoiseCore
import PoiseModels
@testable import PoiseTasks
import Testing

@Suite("Binding a task to a robot")
struct BindingTests {
  private func problems(_ model: String = "humanoid", _ change: (inout RobotTask) -> Void) -> [String] {
    var task = RobotTask()
    if model == "pendulum" { task.controlTimeStep = 0.05 }
    change(&task)
    do {
      _ = try bind(task, to: model)
      return []
    } catch let error as InvalidInput {
      return error.problems.map(\.description)
    } catch { return ["\(error)"] }
  }

  @Test("shows every name that the model lacks, all at once, with the nearest that it has")
  func names() {
    let found = problems { task in
      task.uprightBody = "torzo"
      var knee = JointPositionsObservation()
      knee.joints = ["left_kneee", "left_hip_y"]
      var foot = TiltTermination()
      foot.body = "leftfoot"
      task.observations = [Observation(knee), Observation(CommandObservation())]
      task.terminations = [Termination(foot)]
    }
    #expect(found.count == 4)
    #expect(found[0].hasPrefix("test: uprightBody: found 'torzo'; allowed a body of the model: 'torso', 'pelvis'"))
    #expect(found[0].hasSuffix("Did you mean 'torso'?"))
    #expect(
      found[1].hasPrefix("test: observations.jointPositions.joints: found 'left_kneee'; allowed a hinge or slide"))
    #expect(found[1].hasSuffix("Did you mean 'left_knee'?"))
    #expect(found[2].contains("a task without commands"))
    #expect(found[3].hasPrefix("test: terminations.tilt.body: found 'leftfoot'"))
  }

  @Test("warns of a task whose shortest episode has the largest return, and of no other")
  func cautions() throws {
    var task = pendulumTask()
    #expect(try bind(task, to: "pendulum").cautions == [], "costs alone, but no early end")
    task.terminations = [Termination(TiltTermination())]
    let caution = try #require(try bind(task, to: "pendulum").cautions.first)
    #expect(caution.contains("no reward term is ever above 0") && caution.contains("(tilt)"), "\(caution)")
    task.rewards = TermList(task.rewards.terms + [Reward(AliveReward(), weight: 0)])
    #expect(try bind(task, to: "pendulum").cautions.count == 1, "a weight of 0 is no reward")
    task.rewards = TermList(task.rewards.terms + [Reward(AliveReward(), weight: -1)])
    #expect(try bind(task, to: "pendulum").cautions.count == 1, "nor is a cost")
    task.rewards = TermList(task.rewards.terms + [Reward(AliveReward(), weight: 0.1)])
    #expect(try bind(task, to: "pendulum").cautions == [])
  }

  @Test("wants whole numbers of steps")
  func wholeSteps() {
    #expect(
      problems { $0.controlTimeStep = 0.013 } == [
        "test: controlTimeStep: found 0.013 s; allowed a whole number of physics steps of 0.005 s. "
          + "Write 0.015, or give physics.timeStep a divisor of it."
      ])
    #expect(problems { $0.controlTimeStep = 0.001 }.first?.contains("Write 0.005") == true)
    #expect(problems { ($0.controlTimeStep, $0.physics.timeStep) = (0.012, 0.004) }.isEmpty)
    let push = problems { task in
      var push = PushDisturbance()
      push.duration = 0.05
      task.disturbances = [Disturbance(push)]
    }
    #expect(
      push.first?.contains("disturbances.pushes.duration: found 0.05 s; allowed a whole number of control steps")
        == true)
  }

  @Test("refuses what makes no sense for the robot")
  func nonsense() {
    #expect(problems("pendulum") { $0.reset = [Reset(OnGroundReset())] }.first?.contains("free joint") == true)
    #expect(
      problems("pendulum") { $0.terminations = [Termination(HeightTermination())] }.first?.contains("height of 0.0 m")
        == true)
    #expect(problems("cartpole") { $0.physics.iterations = 5 }.first?.contains("direct") == true)
    let slide = problems("cartpole") { task in
      var cost = TargetAngleCost()
      cost.joint = "slider"
      task.rewards = [Reward(cost)]
    }
    #expect(slide.first?.contains("found the slide 'slider'; allowed a hinge") == true)
  }

  @Test("numbers terms that stand in a list twice, in problems and in logs")
  func twice() throws {
    let found = problems { task in
      var bad = TiltReward()
      bad.body = "head"
      task.rewards = [Reward(TiltReward()), Reward(bad)]
    }
    #expect(found.first?.hasPrefix("test: rewards.1.tilt.body: found 'head'") == true)
    var task = RobotTask()
    var pelvis = TiltReward()
    pelvis.body = "pelvis"
    task.rewards = [Reward(TiltReward()), Reward(pelvis)]
    #expect(try bind(task, to: "humanoid").rewardNames == ["tilt", "tilt_2"])
  }

  @Test("scales actions to each actuator's own range")
  func actions() throws {
    #expect(try bind(RobotTask(), to: "cartpole").actionScaling == [ActionScaling(center: 0, halfWidth: 10)])
    let scaling = ActionScaling(center: 1, halfWidth: 3)
    #expect(scaling.control(-1) == -2 && scaling.control(1) == 4 && scaling.action(4) == 1)
  }

  @Test("declares each term's keys properly")
  func declarations() {
    #expect(ConfigurationSchema.faults(of: RobotTask.self).isEmpty, "\(ConfigurationSchema.faults(of: RobotTask.self))")
  }
}
