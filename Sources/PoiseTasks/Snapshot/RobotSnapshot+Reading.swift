import PoiseCore
import PoiseModels
import PoiseSimulation

extension RobotSnapshot {
  /// Reads the robot's present state.
  ///
  /// - Parameters:
  ///   - robot: the robot to read.
  ///   - plan: what to read.
  ///   - contacts: whether the contacts of the last physics step belong to this state; false right after a reset.
  mutating func read(_ robot: Robot, _ plan: SnapshotPlan, contacts: Bool) {
    if plan.needsJoints { robot.readScalarJoints(positions: &jointPositions, velocities: &jointVelocities) }
    if plan.needsBallJoints {
      let configuration = robot.configuration()
      ballJoints = zip(configuration.ballOrientations, configuration.ballVelocities).map {
        BallJointMotion(orientation: $0, angularVelocity: $1)
      }
    }
    for slot in plan.bodies.indices {
      let tracked = plan.bodies[slot]
      let pose = robot.pose(ofBody: tracked.body)
      let velocity = robot.velocity(ofBody: tracked.body)
      bodies[slot].pose = pose
      bodies[slot].turn = tracked.isTurned ? pose.orientation * tracked.unturn : pose.orientation
      bodies[slot].linearVelocity = velocity.linear
      bodies[slot].angularVelocity = velocity.angular
      if tracked.needsTilt { bodies[slot].tilt = Tilt(bodies[slot].turn) }
    }
    if plan.needsEfforts {
      let steps = Double(max(1, robot.effortSteps))
      let sums = robot.effortSums
      for i in efforts.indices { efforts[i] = sums[i] / steps }
    }
    if !contactForces.isEmpty { readContacts(robot, plan, contacts: contacts) }
  }

  private mutating func readContacts(_ robot: Robot, _ plan: SnapshotPlan, contacts: Bool) {
    for i in contactForces.indices { contactForces[i] = .zero }
    guard contacts else { return }
    for i in 0..<robot.world.contactCount {
      let contact = robot.world.contact(i)
      // The world numbers its shapes as the model does.
      let first = plan.contactSlots[contact.first.value]
      let second = plan.contactSlots[contact.second.value]
      if first >= 0 { contactForces[first] += contact.force }
      if second >= 0 { contactForces[second] -= contact.force }
    }
  }
}
