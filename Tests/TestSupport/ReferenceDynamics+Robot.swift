import PoiseCore
public import PoiseModels
import PoiseSimulation

extension ReferenceDynamics {
  /// The same state in the coordinates of a `Robot`; without ball joints.
  public func configuration(_ state: GeneralizedState) -> JointConfiguration {
    var result = JointConfiguration(reference: model)
    var (scalar, free) = (0, 0)
    for (index, joint) in model.joints.enumerated() {
      let (p, v) = (positionRanges[index].lowerBound, velocityRanges[index].lowerBound)
      let (q, u) = (state.positions, state.velocities)
      switch joint.kind {
      case .hinge, .slide:
        (result.positions[scalar], result.velocities[scalar]) = (q[p], u[v])
        scalar += 1
      case .free:
        let orientation = Quaternion(w: q[p + 3], x: q[p + 4], y: q[p + 5], z: q[p + 6]).normalized
        result.freePoses[free] = Pose(position: [q[p], q[p + 1], q[p + 2]], orientation: orientation)
        result.freeVelocities[free] = (
          [u[v], u[v + 1], u[v + 2]], orientation.rotate([u[v + 3], u[v + 4], u[v + 5]])
        )
        free += 1
      case .ball: preconditionFailure("balls are not converted")
      }
    }
    return result
  }

  /// The robot's present state in generalised coordinates, fitted to where its bodies really are.
  public func state(of robot: Robot, near positions: [Double]) -> GeneralizedState {
    let bodies = model.bodies.indices
    let q = self.positions(fitting: bodies.map { robot.pose(ofBody: $0) }, near: positions)
    let velocities = bodies.map { body -> BodyVelocity in
      let velocity = robot.velocity(ofBody: body)
      let center = robot.pose(ofBody: body).orientation.rotate(model.bodies[body].inertia?.centerOfMass ?? .zero)
      return BodyVelocity(
        angular: velocity.angular, ofOrigin: velocity.linear,
        ofCenterOfMass: velocity.linear + velocity.angular.cross(center))
    }
    return GeneralizedState(positions: q, velocities: self.velocities(fitting: velocities, at: q))
  }
}
