/// Maps an action in −1 … 1 to an actuator's control, in MJCF `ctrl` units: control = center + halfWidth · action.
public struct ActionScaling: Hashable, Sendable, Codable {
  /// The control of action 0: the middle of the actuator's control range.
  public var center: Double
  /// Negative where an action of 1 is the least control.
  public var halfWidth: Double

  /// The control that an action in −1 … 1 stands for.
  @inlinable public func control(_ action: Double) -> Double { center + halfWidth * action }
  /// The action in −1 … 1 whose control is 0, or nearest to it: no torque.
  public var restingAction: Float { halfWidth != 0 ? Float(min(1, max(-1, action(0)))) : 0 }
  /// The action that gives a control; not finite for a range of width 0.
  @inlinable public func action(_ control: Double) -> Double { (control - center) / halfWidth }
}

extension ActionScaling {
  /// From −1 … 1 to a range of controls.
  ///
  /// - Parameter isReversed: whether −1 is its upper end.
  init(range: ClosedRange<Double>, isReversed: Bool = false) {
    self.init(
      center: (range.lowerBound + range.upperBound) / 2,
      halfWidth: (isReversed ? -1 : 1) * (range.upperBound - range.lowerBound) / 2)
  }
}
