public import PoiseCore
public import PoiseModels

/// Controllers that know nothing: what a trained one must beat.
public enum BaselineController: String, Sendable, CaseIterable {
  /// No torque.
  case zero
  /// Uniform over each actuator's control range, drawn anew in every control step.
  case random
  /// Proportional–derivative control of the reference pose at the physics rate, within the torque limits.
  case hold
}

/// How `hold` holds, for a joint whose actuator can exert at most L (N·m or N).
public struct HoldGains: Sendable, Hashable {
  /// What an episode of a task holds: where its joints happened to start, or the model's reference pose.
  public enum Target: String, CaseIterable, Sendable { case start, reference }

  public var target = Target.start
  /// Stiffness ÷ L, 1/rad or 1/m: at 1/`stiffness` from the pose the actuator gives all it has.
  public var stiffness = 4.0
  /// Damping ÷ L, s/rad or s/m.
  public var damping = 0.05

  public init() {}
}

extension Robot {
  /// Gives all actuators to a baseline for the next control step; call it at the start of each.
  ///
  /// - Returns: the actions in [−1, 1], [actuators]; empty for `hold`, whose efforts vary within the step.
  @discardableResult
  public func drive(
    by controller: BaselineController, gains: HoldGains = HoldGains(), using random: inout RandomStream
  ) -> [Double] {
    switch controller {
    case .zero, .random:
      return model.actuators.indices.map { index in
        let range = model.actuators[index].controlRange ?? -1...1
        let (middle, half) = ((range.lowerBound + range.upperBound) / 2, (range.upperBound - range.lowerBound) / 2)
        // No torque means control 0, which need not be the middle of the range.
        let action =
          controller == .zero ? (half > 0 ? min(1, max(-1, (0 - middle) / half)) : 0) : random.uniform(in: -1...1)
        setControl(middle + half * action, of: index)
        return action
      }
    case .hold:
      for (index, actuator) in model.actuators.enumerated() {
        let limit = actuator.effortLimit ?? 1
        setServo(
          Servo(
            target: model.joints[actuator.joint].reference, stiffness: gains.stiffness * limit,
            damping: gains.damping * limit), of: index)
      }
      return []
    }
  }
}
