import Foundation
public import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseSimulation

/// One episode of a task under a baseline controller: pushes, rewards and endings as in training.
public struct ScenarioSimulation: Sendable {
  /// The scenario's own time limit where `nil`.
  public var seconds: Double?
  public var controller = BaselineController.zero
  public var seed: UInt64 = 0

  public init() {}

  /// What there is to say afterwards; every number but none of the clock's.
  public struct Summary: Sendable {
    public var steps = 0
    public var controlTimeStep = 0.0
    public var ending = EpisodeEnding.running
    public var totalReward = 0.0
    /// Sum of each reward term over the episode, weights included.
    public var rewardTerms: [(name: String, sum: Double)] = []
    public var tiltRewardPerStep = 0.0
    public var worstLimitViolation = 0.0
    public var worstPenetration = 0.0
    public var fault: String?
    public var stateHash: UInt64 = 0
  }

  /// - Parameter record: called with each CSV row, the header first.
  public func run(_ loaded: LoadedScenario, record: ((String) throws -> Void)? = nil) throws -> Summary {
    let task = loaded.task
    let environment = try TaskEnvironment(task, seed: seed, purpose: .evaluation, detail: .full)
    var observation = [Float](repeating: 0, count: environment.observationSpace.count)
    let limit = seconds.map { max(1, Int(($0 / task.timing.controlTimeStep).rounded())) } ?? task.timing.stepLimit
    let start = EpisodeStart(random: environment.random, stepLimit: limit)
    var span = observation.mutableSpan
    environment.reset(from: start, into: &span)

    let names = task.rewardNames
    let table = record.map { _ in TrajectoryTable(environment.robot, rewardTerms: names, tiltBody: task.uprightBody) }
    var moment = TrajectoryMoment()
    if let table { try record?(table.header + table.row(environment.robot, moment)) }

    var random = RandomStream(seed: seed, purpose: .controller)
    let servos = loaded.holdServos(environment.snapshot.jointPositions)
    let zero = loaded.model.actuators.map(\.restingAction)
    while environment.ending == .running {
      switch controller {
      case .hold: _ = environment.step(servos: servos, into: &span)
      case .zero: _ = environment.step(zero.span, into: &span)
      case .random:
        let action = zero.map { _ in Float(random.uniform(in: -1...1)) }
        _ = environment.step(action.span, into: &span)
      }
      guard let table else { continue }
      moment.follow(
        environment, limits: loaded.model.actuators.map { $0.effortLimit ?? 1 }, isServo: controller == .hold)
      try record?(table.row(environment.robot, moment))
    }

    let episode = environment.summary
    var summary = Summary()
    summary.steps = episode.steps
    summary.controlTimeStep = task.timing.controlTimeStep
    summary.ending = episode.ending
    summary.totalReward = episode.totalReward
    summary.rewardTerms = zip(names, episode.rewardTerms).map { ($0, $1) }
    if let quality = episode.quality {
      summary.tiltRewardPerStep = quality.tiltReward / Double(max(1, episode.steps))
      summary.worstLimitViolation = quality.worstLimitViolation
      summary.worstPenetration = quality.worstPenetration
    }
    summary.fault = environment.fault?.description
    summary.stateHash = environment.robot.world.stateHash
    return summary
  }
}

extension TrajectoryMoment {
  /// What the environment's last control step was.
  mutating func follow(_ environment: TaskEnvironment, limits: [Double], isServo: Bool) {
    let snapshot = environment.snapshot
    step = snapshot.step
    time = snapshot.time
    reward = snapshot.reward
    rewardTerms = snapshot.rewardTerms
    isTerminated = environment.ending == .terminated || environment.ending == .fault
    isTruncated = environment.ending == .truncated
    efforts = snapshot.efforts
    actions =
      isServo ? zip(efforts, limits).map { min(1, max(-1, $0 / $1)) } : snapshot.action.map { Double($0) }
    push = snapshot.pushForce
  }
}

extension RobotModel.Actuator {
  /// The action in [−1, 1] whose control is 0, or nearest to it.
  var restingAction: Float {
    let range = controlRange ?? -1...1
    let half = (range.upperBound - range.lowerBound) / 2
    return half > 0 ? Float(min(1, max(-1, (0 - (range.lowerBound + half)) / half))) : 0
  }
}
