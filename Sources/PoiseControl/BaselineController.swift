/// Baselines: controllers that do not learn, which a trained one must beat.
public enum BaselineController: String, Sendable, CaseIterable {
  /// The action that exerts no torque.
  case zero
  /// Actions that are drawn uniformly from the action space in every control step.
  case random
  /// Proportional–derivative control of a pose at the physics rate, within the torque limits.
  case hold
  /// Proportional–derivative control of a pose at rest by the task's own actions, with gains from the robot's inertia.
  case pd
  /// The linear-quadratic regulator of the linearised control step about a pose at rest.
  case lqr
  /// Swing-up by energy, then the regulator.
  case energy
  /// Planning by simulation in every control step.
  case plan

  /// Every name, for messages.
  public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Whether its evaluation costs little more than the simulation, so that tables show it unasked. `plan` simulates hundreds of steps for
  /// each one that it takes.
  public var isCheap: Bool { self != .plan }
}
