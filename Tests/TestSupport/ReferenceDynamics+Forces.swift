import PoiseCore
import PoiseModels

extension ReferenceDynamics {
  /// What springs and dampers do, shape [velocityCount]: spring − damping · v.
  public func passiveForces(_ state: GeneralizedState) -> [Double] {
    let springs = springForces(at: state.positions)
    return zip(springs, zip(dampings, state.velocities)).map { $0 - $1.0 * $1.1 }
  }

  /// N·m·s/rad or N·s/m for each degree of freedom; a ball's or free joint's damping holds for each of its velocities.
  public var dampings: [Double] {
    zip(model.joints, velocityRanges).flatMap { joint, range in range.map { _ in joint.damping } }
  }

  /// −k (q − springReference); for a ball −k times its rotation vector, for a free joint both towards the reference pose.
  public func springForces(at positions: [Double]) -> [Double] {
    model.joints.indices.flatMap { index in
      springDeflection(ofJoint: index, positions).map { -model.joints[index].stiffness * $0 }
    }
  }

  /// How far a joint's spring is stretched, one number for each degree of freedom, in rad and m.
  func springDeflection(ofJoint index: Int, _ positions: [Double]) -> [Double] {
    let joint = model.joints[index]
    let q = Array(positions[positionRanges[index]])
    switch joint.kind {
    case .hinge, .slide: return [q[0] - joint.springReference]
    case .ball:
      let v = quaternion(q).rotationVector
      return [v.x, v.y, v.z]
    case .free:
      let rest = model.bodies[joint.body].pose
      let v = (rest.orientation.normalized.conjugate * quaternion(q[3...])).rotationVector
      return [q[0] - rest.position.x, q[1] - rest.position.y, q[2] - rest.position.z, v.x, v.y, v.z]
    }
  }

  /// The generalised forces of the model's actuators, shape [velocityCount].
  ///
  ///     τ = gear · clamp(law(clamp(control, controlRange)), forceRange)
  ///
  /// with q and q̇ of the laws times the gear, as MuJoCo has it.
  /// - Parameter controls: MJCF `ctrl`, shape [actuators].
  public func actuatorForces(_ state: GeneralizedState, controls: [Double]) -> [Double] {
    precondition(
      controls.count == model.actuators.count, "\(controls.count) controls for \(model.actuators.count) actuators")
    var result = zeroVelocities
    for (actuator, raw) in zip(model.actuators, controls) {
      let length = actuator.gear * state.positions[positionRanges[actuator.joint].lowerBound]
      let rate = actuator.gear * state.velocities[velocityRanges[actuator.joint].lowerBound]
      let control = clamp(raw, to: actuator.controlRange)
      let force: Double
      switch actuator.law {
      case .motor: force = control
      case .position(let gain, let damping): force = gain * (control - length) - damping * rate
      case .velocity(let gain): force = gain * (control - rate)
      }
      result[velocityRanges[actuator.joint].lowerBound] += actuator.gear * clamp(force, to: actuator.forceRange)
    }
    return result
  }
}

private func clamp(_ value: Double, to range: ClosedRange<Double>?) -> Double {
  guard let range else { return value }
  return min(max(value, range.lowerBound), range.upperBound)
}
