import PoiseCore
public import PoiseEnvironments
import PoiseModels
import PoiseSimulation

/// The constants that `EpisodeQuality` needs, resolved once for each environment.
struct QualityPlan: Sendable {
  /// The upright body's place in the snapshot; `nil` where its tilt is not tracked.
  var uprightSlot: Int?
  /// rad²
  var uprightTiltSquared: Double
  /// Control steps at the end that a success asks for; `nil` for tasks without a condition.
  var successSteps: Int?
  var stepLimit: Int
  /// s
  var controlTimeStep: Double
  /// [actuators]
  var effortLimits: [Double]
  /// [scalar joints]
  var limits: [ClosedRange<Double>?]

  init(_ bound: BoundTask, plan: SnapshotPlan) {
    let slot = plan.slot(ofBody: bound.uprightBody)
    uprightSlot = slot.flatMap { plan.bodies[$0].needsTilt ? $0 : nil }
    let tilt = bound.settings.success?.tilt ?? SuccessCondition().tilt
    uprightTiltSquared = tilt * tilt
    stepLimit = bound.timing.stepLimit
    successSteps = bound.settings.success.map { Int(($0.share * Double(bound.timing.stepLimit)).rounded(.up)) }
    controlTimeStep = bound.timing.controlTimeStep
    effortLimits = bound.model.actuators.map { $0.effortLimit ?? 1 }
    limits = bound.model.scalarJoints.map { bound.linkage.limits[$0] }
  }
}

/// The worst moments of one control step, read in each of its physics steps: contacts and stops give way for less than a control step.
struct PhysicsExtremes {
  /// Largest distance of a joint beyond its limits, rad or m.
  private(set) var limitViolation = 0.0
  /// Deepest overlap of two shapes, m.
  private(set) var penetration = 0.0
  /// [scalar joints]
  private var positions, velocities: [Double]

  init(jointCount: Int) {
    positions = Array(repeating: 0, count: jointCount)
    velocities = positions
  }

  /// Starts a control step.
  mutating func begin() { (limitViolation, penetration) = (0, 0) }

  /// Reads the joints after a physics step, and the contacts that were found in it.
  mutating func note(_ robot: Robot, _ plan: QualityPlan) {
    robot.readScalarJoints(positions: &positions, velocities: &velocities)
    for i in plan.limits.indices {
      guard let limits = plan.limits[i] else { continue }
      limitViolation = max(limitViolation, limits.lowerBound - positions[i], positions[i] - limits.upperBound)
    }
    for i in 0..<robot.world.contactCount { penetration = max(penetration, robot.world.contact(i).depth) }
  }
}

extension EpisodeQuality {
  /// Adds one control step. Means are sums until `finished`.
  mutating func add(
    _ transition: borrowing Transition, _ extremes: PhysicsExtremes, _ robot: Robot, _ plan: QualityPlan
  ) {
    if let slot = plan.uprightSlot {
      let squared = transition.after.bodies[slot].tilt.squared
      tiltReward -= squared
      let isUpright = squared <= plan.uprightTiltSquared
      uprightSteps += isUpright ? 1 : 0
      lastUprightSteps = isUpright ? lastUprightSteps + 1 : 0
    }
    let share = 1 / Double(max(1, plan.effortLimits.count))
    for i in plan.effortLimits.indices {
      let action = transition.after.action[i]
      meanTorqueShare += share * abs(transition.after.efforts[i] / plan.effortLimits[i])
      saturation += abs(action) >= 0.99 ? share : 0
      actionChange += share * Double(abs(action - transition.before.action[i]))
    }
    worstLimitViolation = max(worstLimitViolation, extremes.limitViolation)
    worstPenetration = max(worstPenetration, extremes.penetration)
    if robot.world.repeatedSteps > 0 { repeatedSteps = robot.world.repeatedSteps }
  }

  /// The episode's quality after its last step.
  func finished(_ steps: Int, _ ending: EpisodeEnding, _ plan: QualityPlan) -> Self {
    var result = self
    let inverse = 1 / Double(max(1, steps))
    result.meanTorqueShare *= inverse
    result.saturation *= inverse
    result.actionChange *= inverse
    result.isSuccess = plan.successSteps.map { ending == .truncated && lastUprightSteps >= $0 }
    return result
  }

  /// A value of each of `metrics`, of a finished episode.
  func measurements(_ steps: Int, _ ending: EpisodeEnding, _ plan: QualityPlan) -> [Double?] {
    [
      tiltRewardPerStep(steps: steps, stepLimit: plan.stepLimit), tiltReward, ending == .truncated ? 1 : 0,
      plan.successSteps.map { _ in isSuccess == true ? 1 : 0 }, Double(steps) * plan.controlTimeStep,
      Double(uprightSteps) / Double(plan.stepLimit), meanTorqueShare, saturation, actionChange, worstLimitViolation,
      worstPenetration, worstPenetration, Double(repeatedSteps ?? 0),
    ]
  }

  /// The metrics of a robot's episodes; `measurements` are in the same order.
  static let metrics: [Metric] = [
    .tiltRewardPerStep,
    Metric("tilt_reward_per_lived_step", title: "  per step lived", digits: 4, combination: .sumPerStep),
    .survivalRate, .successRate, .episodeSeconds,
    Metric("upright_share", title: "upright, share of time", digits: 3, range: 0...1),
    Metric("torque_share_mean", title: "torque, share of largest", digits: 3, isHigherBetter: false, range: 0...1),
    Metric("action_saturation", title: "actions at ±1, share", digits: 3, isHigherBetter: false, range: 0...1),
    Metric("action_change_mean", title: "action change per step", digits: 3, isHigherBetter: false),
    Metric(
      "worst_joint_limit_violation_rad", title: "worst joint beyond limit, rad", digits: 4, combination: .maximum,
      isHigherBetter: false),
    Metric(
      "worst_penetration_m", title: "deepest penetration, m", digits: 4, combination: .maximum, isHigherBetter: false),
    Metric(
      "worst_penetration_survived_m", title: "  in episodes survived", digits: 4, combination: .maximumOfTruncated,
      isHigherBetter: false),
    Metric(
      "repeated_physics_steps", title: "physics steps done again", digits: 0, combination: .sum, isHigherBetter: false),
  ]

  /// Σ over the full time limit of −(roll² + pitch²) ÷ its steps; each step missing after a fall counts −(60°)².
  ///
  /// So a robot that lies at 90° in a task that does not end then scores less than one whose fall ended the episode: compare
  /// controllers by this number within a task, not across tasks with and without such an ending.
  public func tiltRewardPerStep(steps: Int, stepLimit: Int) -> Double {
    let missing = Double(max(0, stepLimit - steps))
    return (tiltReward + missing * Self.missingStepReward) / Double(stepLimit)
  }

  /// −(60°)² in rad².
  public static let missingStepReward = -(Double.pi / 3) * (Double.pi / 3)
}

extension Metric {
  /// Σ −(roll² + pitch²) of the upright body ÷ control steps of the full time limit, rad²; steps missing after a fall count −(60°)².
  public static let tiltRewardPerStep = Self(
    "tilt_reward_per_step", title: "tilt reward per step, rad²", digits: 4, range: -.infinity...0,
    headline: "tilt reward % rad² per step")
  /// Length of an episode, s.
  public static let episodeSeconds = Self("episode_seconds_mean", title: "episode, mean, s", digits: 2)
}
