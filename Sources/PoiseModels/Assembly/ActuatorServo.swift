/// A proportional–derivative rule that an actuator may follow at the physics rate, within its own limits.
public struct ActuatorServo: Hashable, Sendable {
  /// rad or m.
  public var target: Double
  /// N·m/rad or N/m.
  public var stiffness: Double
  /// N·m·s/rad or N·s/m.
  public var damping: Double

  public init(target: Double, stiffness: Double, damping: Double) {
    self.target = target
    self.stiffness = stiffness
    self.damping = damping
  }
}
