import PoiseCore
@testable import PoiseEnvironments
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks

/// A shipped robot.
func shippedModel(_ name: String) throws -> RobotModel {
  let files = ShippedFiles()
  guard let root = files.root else { throw InputOutputError(path: name, operation: "find", reason: "no models here") }
  return try RobotModel(contentsOf: "\(root)/models/\(name).xml")
}

/// The robot of an environment that has one.
func robot(of environment: any Environment) throws -> Robot {
  guard let environment = environment as? TaskEnvironment else {
    throw InputOutputError(path: "the environment", operation: "find", reason: "it has no robot")
  }
  return environment.robot
}

/// A task on a shipped robot, bound.
func bind(_ task: RobotTask, to model: String) throws -> BoundTask {
  try BoundTask(task, model: shippedModel(model), name: "test")
}

/// Gymnasium's Pendulum-v1, as scenarios/pendulum-swingup.yaml has it.
func pendulumTask() -> RobotTask {
  var task = RobotTask()
  task.controlTimeStep = 0.05
  task.episodeSeconds = 10
  task.maximumJointSpeed = 8
  var positions = JointPositionsObservation()
  positions.encoding = .sineCosine
  task.observations = [Observation(positions), Observation(JointVelocitiesObservation())]
  var cost = TargetAngleCost()
  cost.joint = "hinge"
  task.rewards = [Reward(cost)]
  var start = UniformReset()
  start.position = -Double.pi...Double.pi
  start.velocity = -1...1
  task.reset = [Reset(start)]
  return task
}

/// An environment and the buffers around it, for tests that step one world.
final class Player {
  let environment: TaskEnvironment
  var observation: [Float]
  var outcome = StepOutcome(reward: 0, ending: .terminated)

  init(_ task: BoundTask, seed: UInt64 = 1, index: Int = 0, detail: EnvironmentDetail = .full) throws {
    environment = try TaskEnvironment(task, seed: seed, index: index, detail: detail)
    observation = Array(repeating: 0, count: task.observationSpace.count)
  }

  func reset() {
    var span = observation.mutableSpan
    environment.reset(into: &span)
    outcome = StepOutcome(reward: 0, ending: .running)
  }

  func reset(from start: EpisodeStart) {
    var span = observation.mutableSpan
    environment.reset(from: start, into: &span)
    outcome = StepOutcome(reward: 0, ending: .running)
  }

  @discardableResult
  func step(_ action: [Float]) -> StepOutcome {
    var span = observation.mutableSpan
    outcome = environment.step(action.span, into: &span)
    return outcome
  }

  @discardableResult
  func step(servos: [Robot.Servo]) -> StepOutcome {
    var span = observation.mutableSpan
    outcome = environment.step(servos: servos, into: &span)
    return outcome
  }

  var world: UInt64 { environment.robot.world.stateHash }
  var snapshot: RobotSnapshot { environment.snapshot }
}

extension RandomStream {
  mutating func action(_ count: Int) -> [Float] { (0..<count).map { _ in Float(2 * uniform() - 1) } }
}
