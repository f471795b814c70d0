public import PoiseCore
import PoiseModels

/// How a body moves, along the world's axes.
public struct BodyVelocity: Hashable, Sendable {
  /// ω in rad/s, in the world's axes.
  public var angular: Vector3
  /// m/s of the body's frame origin.
  public var ofOrigin: Vector3
  /// m/s of the body's centre of mass (of the origin for a body without mass).
  public var ofCenterOfMass: Vector3
}

/// How a body's motion changes, along the world's axes; gravity is not subtracted: a falling body has −g.
public struct BodyAcceleration: Hashable, Sendable {
  /// rad/s², in the world's axes.
  public var angular: Vector3
  /// m/s² of the body's frame origin.
  public var ofOrigin: Vector3
  /// m/s² of the body's centre of mass.
  public var ofCenterOfMass: Vector3
}

/// Everything that a walk from the root to the tips finds.
struct LinkKinematics {
  /// By link.
  var motions: [JointMotion] = []
  /// The link in its parent link, by link: X_J X_T as a pose.
  var inParent: [Pose] = []
  var inWorld: [Pose] = []
  /// In the link's own coordinates.
  var velocities: [SpatialVector] = []
}

extension ReferenceDynamics {
  /// vᵢ = X v_λ + S q̇ (RBDA table 5.1, first loop), from the root to the tips.
  func linkKinematics(_ positions: [Double], _ velocities: [Double]? = nil) -> LinkKinematics {
    precondition(
      positions.count == positionCount && (velocities?.count ?? velocityCount) == velocityCount,
      "\(positions.count) positions and \(velocities?.count ?? 0) velocities for \(positionCount) and \(velocityCount)")
    var result = LinkKinematics()
    for link in links {
      let motion = motion(of: link, positions: positions, velocities: velocities)
      let inParent = link.placement * motion.pose
      result.motions.append(motion)
      result.inParent.append(inParent)
      if let parent = link.parent {
        result.inWorld.append(result.inWorld[parent] * inParent)
        result.velocities.append(inParent.motionFromParent(result.velocities[parent]) + motion.velocity)
      } else {
        result.inWorld.append(inParent)
        result.velocities.append(motion.velocity)
      }
    }
    return result
  }

  /// Each body's frame in the world.
  public func bodyPoses(at positions: [Double]) -> [Pose] {
    let kinematics = linkKinematics(positions)
    return linkOfBody.map { kinematics.inWorld[$0] }
  }

  /// Each body's centre of mass in the world, m (the origin for a body without mass).
  public func centersOfMass(at positions: [Double]) -> [Vector3] {
    zip(bodyPoses(at: positions), model.bodies).map { $0.apply(to: $1.inertia?.centerOfMass ?? .zero) }
  }

  /// Each body's velocity.
  public func bodyVelocities(_ state: GeneralizedState) -> [BodyVelocity] {
    let kinematics = linkKinematics(state.positions, state.velocities)
    return model.bodies.indices.map { body in
      let (pose, v) = (kinematics.inWorld[linkOfBody[body]], kinematics.velocities[linkOfBody[body]])
      let center = model.bodies[body].inertia?.centerOfMass ?? .zero
      return BodyVelocity(
        angular: pose.orientation.rotate(v.angular), ofOrigin: pose.orientation.rotate(v.linear),
        ofCenterOfMass: pose.orientation.rotate(v.linear + v.angular.cross(center)))
    }
  }

  /// Each body's acceleration, for given generalised accelerations.
  public func bodyAccelerations(_ state: GeneralizedState, accelerations: [Double]) -> [BodyAcceleration] {
    let kinematics = linkKinematics(state.positions, state.velocities)
    let spatial = linkAccelerations(kinematics, accelerations: accelerations, base: .zero)
    return model.bodies.indices.map { body in
      let link = linkOfBody[body]
      let (pose, v, a) = (kinematics.inWorld[link], kinematics.velocities[link], spatial[link])
      // A spatial acceleration is that of the stream of points through the origin: RBDA section 2.11.
      let center = model.bodies[body].inertia?.centerOfMass ?? .zero
      let ofOrigin = a.linear + v.angular.cross(v.linear)
      let ofCenter = ofOrigin + a.angular.cross(center) + v.angular.cross(v.angular.cross(center))
      return BodyAcceleration(
        angular: pose.orientation.rotate(a.angular), ofOrigin: pose.orientation.rotate(ofOrigin),
        ofCenterOfMass: pose.orientation.rotate(ofCenter))
    }
  }

  /// RBDA table 5.1 with the `base` accelerated: aᵢ = a_λ + S q̈ + S° q̇ + vᵢ × S q̇.
  func linkAccelerations(
    _ kinematics: LinkKinematics, accelerations: [Double], base: SpatialVector
  ) -> [SpatialVector] {
    var result: [SpatialVector] = []
    for (index, link) in links.enumerated() {
      let motion = kinematics.motions[index]
      var a = kinematics.inParent[index].motionFromParent(link.parent.map { result[$0] } ?? base)
      for (column, axis) in zip(motion.velocityRange, motion.subspace) { a += accelerations[column] * axis }
      a += motion.bias + kinematics.velocities[index].crossMotion(motion.velocity)
      result.append(a)
    }
    return result
  }
}
