import COde
import PoiseCore

/// ODE's angular motor in user mode between a child and its parent: up to three rows along given axes.
struct AngularMotor {
  let handle: dJointID

  /// - Parameter parent: `nil`, or the world's frame, for a motor against the world.
  init(world: dWorldID, child: BodyFrame, parent: BodyFrame?, axisCount: Int) {
    handle = dJointCreateAMotor(world, nil)
    // (child, parent): a positive motor velocity turns the child positively against its parent.
    dJointAttach(handle, child.handle, parent?.handle)
    dJointSetAMotorMode(handle, Int32(dAMotorUser))
    dJointSetAMotorNumAxes(handle, Int32(axisCount))
  }

  /// - Parameter turn: of the row's angles.
  func row(axis: Int, degree: DegreeOfFreedom, physics: PhysicsParameters, turn: Double = 1) -> LimitRow {
    LimitRow(
      joint: handle, axis: axis, setParameter: dJointSetAMotorParam, degree: degree, physics: physics, stopShift: 0,
      turn: turn)
  }
}

extension LimitRow {
  /// As `prepare(angle:…)`, for a row of an angular motor, whose axis moves.
  ///
  /// - Parameters:
  ///   - direction: the row's axis, world frame; of any length, ODE normalises it.
  ///   - scale: the length of the dual axis: q̇ divided by the rate about the unit axis.
  @inline(__always) mutating func prepare(
    on motor: AngularMotor, axis: Int, direction: Vector3, angle: JointAngle, rate: Double, largestPush: Double,
    push: @autoclosure () -> Double, scale: Double, timeStep: Double
  ) {
    let q = prepare(
      angle: angle, rate: rate, largestPush: largestPush, push: push(), scale: scale, timeStep: timeStep)
    dJointSetAMotorAxis(motor.handle, Int32(axis), 0, direction.x, direction.y, direction.z)
    // ODE compares the angle with the row's stops; without one it does not matter.
    if let q { dJointSetAMotorAngle(motor.handle, Int32(axis), q) }
  }
}
