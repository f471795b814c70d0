/// A proportional–derivative controller that an actuator may follow at the physics rate, within its own limits.
public struct ActuatorServo: Hashable, Sendable {
  /// The wanted position, rad or m.
  public var target: Double
  /// Proportional gain, N·m/rad or N/m.
  public var stiffness: Double
  /// Derivative gain, N·m·s/rad or N·s/m.
  public var damping: Double

  /// A servo with these gains.
  public init(target: Double, stiffness: Double, damping: Double) {
    self.target = target
    self.stiffness = stiffness
    self.damping = damping
  }
}
