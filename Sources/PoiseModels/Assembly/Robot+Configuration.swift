import PoiseCore
import PoiseSimulation

extension Robot {
  /// Sets pose and velocity of every link from joint coordinates, exactly and without a physics step.
  ///
  /// Forward kinematics in MJCF's order: a body has its pose in its parent, then its joints move it, the first one
  /// outermost; a hinge rotates it about its anchor, a slide shifts it. Velocities follow as fields v(x) = v₀ + ω × x.
  public func place(_ configuration: JointConfiguration) {
    var poses: [Pose] = []
    /// ω and the velocity of the point of the link that is at the world's origin.
    var fields: [(angular: Vector3, atOrigin: Vector3)] = []
    for (index, link) in linkage.links.enumerated() {
      var pose: Pose
      var field: (angular: Vector3, atOrigin: Vector3) = (.zero, .zero)
      if let parent = link.parent {
        pose = poses[parent] * (linkage.links[parent].referencePose.inverse * link.referencePose)
        field = fields[parent]
      } else {
        pose = link.referencePose
      }
      for joint in link.connection.joints {
        apply(configuration, joint: joint, to: &pose, &field)
      }
      pose.orientation = pose.orientation.normalized
      poses.append(pose)
      fields.append(field)
      let origin = pose.apply(to: link.origin)
      world.setState(
        of: bodies[index], pose: Pose(position: origin, orientation: pose.orientation),
        linearVelocity: field.atOrigin + field.angular.cross(origin), angularVelocity: field.angular)
    }
    var positions = [Double](repeating: 0, count: world.degreeCount)
    for (scalar, degree) in degreeOfScalar.enumerated() { positions[degree] = configuration.positions[scalar] }
    world.countTurns(near: positions)
  }

  private func apply(
    _ configuration: JointConfiguration, joint index: Int, to pose: inout Pose,
    _ field: inout (angular: Vector3, atOrigin: Vector3)
  ) {
    let joint = model.joints[index]
    let ordinal = ordinal[index]
    switch joint.kind {
    case .free:
      pose = configuration.freePoses[ordinal]
      let velocity = configuration.freeVelocities[ordinal]
      field = (velocity.angular, velocity.linear - velocity.angular.cross(pose.position))
    case .slide:
      let axis = pose.orientation.rotate(joint.axis)
      pose.position += (configuration.positions[ordinal] - joint.reference) * axis
      field.atOrigin += configuration.velocities[ordinal] * axis
    case .hinge:
      let anchor = pose.apply(to: joint.anchor)
      let axis = pose.orientation.rotate(joint.axis)
      let turn = Quaternion(angle: configuration.positions[ordinal] - joint.reference, axis: joint.axis)
      turnPose(&pose, by: turn, about: joint.anchor)
      field.angular += configuration.velocities[ordinal] * axis
      field.atOrigin += anchor.cross(configuration.velocities[ordinal] * axis)
    case .ball:
      let anchor = pose.apply(to: joint.anchor)
      turnPose(&pose, by: configuration.ballOrientations[ordinal], about: joint.anchor)
      let ω = pose.orientation.rotate(configuration.ballVelocities[ordinal])
      field.angular += ω
      field.atOrigin += anchor.cross(ω)
    }
  }

  /// Rotates a pose about a point; point and rotation are given in its own frame.
  private func turnPose(_ pose: inout Pose, by turn: Quaternion, about anchor: Vector3) {
    let fixed = pose.apply(to: anchor)
    pose.orientation = pose.orientation * turn
    pose.position = fixed - pose.orientation.rotate(anchor)
  }

  /// The present state in joint coordinates.
  public func configuration() -> JointConfiguration {
    var result = JointConfiguration(reference: model)
    readScalarJoints(positions: &result.positions, velocities: &result.velocities)
    for (index, link) in linkage.links.enumerated() {
      switch link.connection {
      case .free(let joint):
        result.freePoses[ordinal[joint]] = linkPose(index)
        result.freeVelocities[ordinal[joint]] = velocity(ofBody: link.body)
      case .ball(let joint):
        guard let worldJoint = joints[index] else { continue }
        let (orientation, angularVelocity) = world.ballOrientation(of: worldJoint)
        // From the parent's axes to the body's own reference axes.
        let parent = link.parent.map { linkage.links[$0].referencePose.orientation } ?? .identity
        let frame = parent.conjugate * link.referencePose.orientation
        result.ballOrientations[ordinal[joint]] = frame.conjugate * orientation * frame
        result.ballVelocities[ordinal[joint]] = angularVelocity
      default: break
      }
    }
    return result
  }
}
