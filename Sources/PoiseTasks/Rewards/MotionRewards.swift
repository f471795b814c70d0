public import PoiseCore

/// Rewards the velocity along the world's x axis.
public struct ForwardVelocityReward: RewardTerm {
  /// The body whose velocity counts; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "forwardVelocity"
  public static let documentation = "ΔX/Δt: speed of a body along the world's x axis over the control step."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slot = binder.body(body)
    return BoundReward(reads: .between, unit: "m/s", bounds: -.infinity ... .infinity) {
      ($0.after.bodies[slot].pose.position.x - $0.before.bodies[slot].pose.position.x) / $0.controlTimeStep
    }
  }
}

/// Penalises the velocity along the world's y axis.
public struct SidewaysVelocityCost: RewardTerm {
  /// The body whose velocity counts; `nil` for the task's `uprightBody`.
  public var body: String?
  public init() {}

  public static let termName = "sidewaysCost"
  public static let documentation =
    "−|ΔY|/Δt: minus the speed of a body along the world's y axis over the control step."
  public static let keys: [ConfigurationKey<Self>] = [.body(\.body)]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slot = binder.body(body)
    return BoundReward(reads: .between, unit: "m/s", bounds: -.infinity...0) {
      -abs($0.after.bodies[slot].pose.position.y - $0.before.bodies[slot].pose.position.y) / $0.controlTimeStep
    }
  }
}

/// Penalises the horizontal speed of bodies.
///
/// Meant for feet that should not move: a robot that sways above them is not penalised, one that shuffles is. Source:
/// `feet_slide` of Isaac Lab; here it applies without contact, too. The cost is linear in the speed, so that slow drift
/// is penalised as well.
public struct DriftCost: RewardTerm {
  /// Names of the bodies whose speeds are added up; empty for the task's `uprightBody`.
  public var bodies: [String] = []
  public init() {}

  public static let termName = "driftCost"
  public static let documentation =
    "−Σ √(ΔX² + ΔY²)/Δt: minus the horizontal speeds of bodies over the control step, in any direction."
  public static let keys: [ConfigurationKey<Self>] = [
    .bodies(\.bodies, "Which ones; [] for the task's uprightBody.")
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let slots = bodies.isEmpty ? [binder.body(nil)] : bodies.map { binder.body($0, key: "bodies") }
    return BoundReward(reads: .between, unit: "m/s", bounds: -.infinity...0) { transition in
      var sum = 0.0
      for slot in slots {
        let moved = transition.after.bodies[slot].pose.position - transition.before.bodies[slot].pose.position
        sum -= (moved.x * moved.x + moved.y * moved.y).squareRoot()
      }
      return sum / transition.controlTimeStep
    }
  }
}

/// Penalises the velocities of joints.
public struct JointVelocityCost: RewardTerm {
  /// Names of the hinges and slides; empty for all.
  public var joints: [String] = []
  public init() {}

  public static let termName = "jointVelocityCost"
  public static let documentation = "−Σ q̇² of the joints."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints)
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let joints = binder.joints(joints)
    let worst = joints.reduce(0) { $0 + $1.velocityBounds.upperBound * $1.velocityBounds.upperBound }
    let indices = joints.map(\.index)
    return BoundReward(reads: .after, unit: "(rad/s)²", bounds: -worst...0) { transition in
      var sum = 0.0
      for index in indices { sum -= transition.after.jointVelocities[index] * transition.after.jointVelocities[index] }
      return sum
    }
  }
}

/// Penalises joints near or beyond their limits.
public struct JointLimitCost: RewardTerm {
  /// Names of the hinges and slides; empty for all with limits.
  public var joints: [String] = []
  /// Distance from the limit at which the cost begins, rad or m.
  public var margin = 0.1
  public init() {}

  public static let termName = "jointLimitCost"
  public static let documentation =
    "−Σ d², d how far a joint is inside the margin before its limit, or past it, in margins; 1 at the limit."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints, "Which ones; [] for all with limits."),
    .key("margin", \.margin, .number(.positive, unit: "rad or m"), "Where it begins, before the limit."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let limited = binder.joints(joints).compactMap { joint in joint.limits.map { (index: joint.index, limits: $0) } }
    binder.require(
      !limited.isEmpty, key: "joints", found: "no joint with limits", allowed: "a joint with limits",
      remedy: "Remove this term.")
    return BoundReward(reads: .after, bounds: -.infinity...0) { [margin] transition in
      var sum = 0.0
      for (index, limits) in limited {
        let q = transition.after.jointPositions[index]
        let depth = max(0, margin - (q - limits.lowerBound), margin - (limits.upperBound - q)) / margin
        sum -= depth * depth
      }
      return sum
    }
  }
}

/// Penalises the deviation of joints from the reference pose.
///
/// Source: `joint_deviation_l1` of Isaac Lab's humanoids, there for hips and arms. The cost is linear in the deviation, so
/// that its gradient is the same for small and large deviations.
public struct JointDeviationCost: RewardTerm {
  /// Names of the hinges and slides; empty for all.
  public var joints: [String] = []
  public init() {}

  public static let termName = "jointDeviationCost"
  public static let documentation = "−Σ |q − q₀|, q₀ the joint's position in the model's reference pose."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints)
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let joints = binder.joints(joints)
    let references = joints.map { (index: $0.index, position: $0.reference) }
    let worst = joints.reduce(0) {
      $0 + max($1.reference - $1.positionBounds.lowerBound, $1.positionBounds.upperBound - $1.reference)
    }
    return BoundReward(reads: .after, unit: "rad or m", bounds: -worst...0) { transition in
      var sum = 0.0
      for joint in references { sum -= abs(transition.after.jointPositions[joint.index] - joint.position) }
      return sum
    }
  }
}
