import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("From bodies back to generalised coordinates")
struct FittingTests {
  @Test("positions and velocities come back", arguments: GoldenFile.names)
  func roundTrip(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    var random = RandomStream(seed: 5, purpose: .testing)
    for sample in golden.states {
      let nudge = sample.velocities.map { _ in random.uniform(in: -0.1...0.1) }
      let guess = dynamics.positions(from: sample.positions, velocities: nudge, duration: 1)
      let positions = dynamics.positions(fitting: dynamics.bodyPoses(at: sample.positions), near: guess)
      let velocities = dynamics.velocities(fitting: dynamics.bodyVelocities(sample.state), at: positions)
      #expect(relativeDifference(positions, sample.positions) < 1e-10)
      #expect(relativeDifference(velocities, sample.velocities) < 1e-9)
    }
  }

  /// One step as a maximal-coordinate engine makes it: V' = J(q₀) v' with M (v' − v) = h Jᵀ F, where F are only the bodies'
  /// weights and gyroscopic torques; then bodies move with V'. The Coriolis terms appear when velocities are fitted at q₁, not at q₀.
  @Test("accelerations of an engine that moves bodies one by one are right to first order", arguments: GoldenFile.names)
  func maximalCoordinates(name: String) throws {
    let golden = try GoldenFile.load(name)
    var model = golden.robot.conservative
    for index in model.joints.indices { model.joints[index].stiffness = 0 }
    let dynamics = ReferenceDynamics(model)
    let state = golden.states[0].state
    let exact = dynamics.accelerations(state)
    var errors: [Double] = []
    var errorAtOldPositions = 0.0
    for h in [1e-4, 5e-5] {
      let velocities = maximalStep(dynamics, state, by: h)
      let bodies = dynamics.bodyVelocities(GeneralizedState(positions: state.positions, velocities: velocities))
      let poses = zip(dynamics.bodyPoses(at: state.positions), zip(bodies, model.bodies)).map { pose, pair in
        moved(pose, pair.0, center: pair.1.inertia?.centerOfMass ?? .zero, by: h)
      }
      let positions = dynamics.positions(fitting: poses, near: state.positions)
      let fitted = dynamics.velocities(fitting: bodies, at: positions)
      errors.append(relativeDifference(zip(fitted, state.velocities).map { ($0 - $1) / h }, exact))
      errorAtOldPositions = relativeDifference(zip(velocities, state.velocities).map { ($0 - $1) / h }, exact)
    }
    #expect(errors[1] < 0.01)
    #expect(convergenceOrder(errors) > 0.8, "errors \(errors)")
    #expect(errorAtOldPositions > 0.05, "the trap that this test is about")
  }

  private func maximalStep(_ dynamics: ReferenceDynamics, _ state: GeneralizedState, by h: Double) -> [Double] {
    let poses = dynamics.bodyPoses(at: state.positions)
    let loads = dynamics.bodyVelocities(state).enumerated().compactMap { body, velocity -> BodyForce? in
      guard let inertia = dynamics.model.bodies[body].inertia else { return nil }
      let tensor = inertia.tensor.rotated(by: poses[body].orientation)
      return BodyForce(
        body: body, force: inertia.mass * dynamics.model.physics.gravity,
        torque: -velocity.angular.cross(tensor * velocity.angular))
    }
    let forces = dynamics.generalizedForces(of: loads, at: state.positions)
    let rates = dynamics.massMatrix(at: state.positions).solve(forces)
    return zip(state.velocities, rates).map { $0 + h * $1 }
  }

  private func moved(_ pose: Pose, _ velocity: BodyVelocity, center: Vector3, by h: Double) -> Pose {
    let orientation = turn(h * velocity.angular) * pose.orientation
    let newCenter = pose.apply(to: center) + h * velocity.ofCenterOfMass
    return Pose(position: newCenter - orientation.rotate(center), orientation: orientation)
  }

  private func turn(_ v: Vector3) -> Quaternion {
    v.length > 0 ? Quaternion(angle: v.length, axis: v.normalized) : .identity
  }
}
