public import PoiseCore
import PoiseModels

/// Penalises the torque of the actuators.
public struct TorqueCost: RewardTerm {
  public init() {}

  public static let termName = "torqueCost"
  public static let documentation =
    "−Σ (τ/τ_max)² over the actuators, τ the mean over the control step, τ_max the actuator's limit."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let inverse = binder.effortLimits().map { 1 / $0 }
    let isBounded = binder.model.actuators.allSatisfy { $0.effortLimit != nil }
    return BoundReward(reads: .between, bounds: (isBounded ? -Double(inverse.count) : -.infinity)...0) { transition in
      var sum = 0.0
      for i in inverse.indices {
        let share = transition.after.efforts[i] * inverse[i]
        sum -= share * share
      }
      return sum
    }
  }
}

/// Penalises changes of the action from step to step.
public struct ActionChangeCost: RewardTerm {
  public init() {}

  public static let termName = "actionChangeCost"
  public static let documentation =
    "−Σ (aₜ − aₜ₋₁)² over the actuators, actions within −1 … 1; the action before the first is 0."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let count = binder.model.actuators.count
    return BoundReward(reads: .between, bounds: -4 * Double(count)...0) { transition in
      var sum = 0.0
      for i in 0..<count {
        let change = Double(transition.after.action[i] - transition.before.action[i])
        sum -= change * change
      }
      return sum
    }
  }
}

/// Penalises the distance from a target angle, the angular velocity and the torque: the reward of Gymnasium's Pendulum-v1.
public struct TargetAngleCost: RewardTerm {
  /// Name of the hinge.
  public var joint = ""
  /// The wanted angle, rad, where there is no `command`.
  public var target = 0.0
  /// Name of the command that is the target instead; `nil` for none.
  public var command: String?
  /// Weight of the squared angle error, 1/rad².
  public var angle = 1.0
  /// Weight of the squared angular velocity, s²/rad².
  public var velocity = 0.1
  /// Weight of the squared torque of the hinge's actuators, 1/(N·m)².
  public var torque = 0.001
  public init() {}

  public static let termName = "targetAngleCost"
  public static let documentation = """
    −(angle · (θ − target)² + velocity · θ̇² + torque · τ²) of a hinge; θ and θ̇ before the action, τ its torque. \
    The defaults are Gymnasium's Pendulum-v1.
    """
  public static let keys: [ConfigurationKey<Self>] = [
    .key("joint", \.joint, .text("the name of a hinge"), "Which hinge.", isRequired: true),
    .key("target", \.target, .number(unit: "rad"), "The wanted angle; differences are taken the short way round."),
    .key("command", \.command, .optional(.text("the name of a command")), "A command that is the target instead."),
    .key("angle", \.angle, .number(.notNegative, unit: "1/rad²"), "Weight of the squared angle."),
    .key("velocity", \.velocity, .number(.notNegative, unit: "s²/rad²"), "Weight of the squared rate."),
    .key(
      "torque", \.torque, .number(.notNegative, unit: "1/(N·m)²"),
      "Weight of the squared torque of the joint's actuators."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let joint = binder.joint(named: joint)
    binder.require(joint.isAngle, key: "joint", found: "the slide '\(joint.name)'", allowed: "a hinge")
    let actuators = binder.model.actuators.indices.filter {
      binder.model.joints[binder.model.actuators[$0].joint].name == joint.name
    }
    let limits = binder.effortLimits()
    let slot = command.map { binder.command($0) }
    let bounded = actuators.allSatisfy { binder.model.actuators[$0].effortLimit != nil }
    let largest = bounded ? actuators.reduce(0) { $0 + limits[$1] } : .infinity
    let fastest = joint.velocityBounds.upperBound
    func part(_ weight: Double, _ x: Double) -> Double { weight == 0 ? 0 : weight * x * x }
    let worst = part(angle, .pi) + part(velocity, fastest) + part(torque, largest)
    return BoundReward(reads: .before, bounds: -worst...0) { [self] transition in
      let wanted = slot.map { transition.before.commands[$0] } ?? target
      let θ = shortestTurn(transition.before.jointPositions[joint.index] - wanted)
      let rate = transition.before.jointVelocities[joint.index]
      var τ = 0.0
      for actuator in actuators { τ += transition.after.efforts[actuator] }
      return -(angle * θ * θ + velocity * rate * rate + torque * τ * τ)
    }
  }
}

/// The same angle wrapped into [−π, π].
func shortestTurn(_ angle: Double) -> Double {
  abs(angle) <= .pi ? angle : angle.remainder(dividingBy: 2 * .pi)
}
