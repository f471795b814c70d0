import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

/// Golden/make_golden.py wrote what MuJoCo 4.0.0 says; tolerances are relative to the largest number of each vector.
@Suite("Reference dynamics against MuJoCo")
struct MuJoCoTests {
  @Test("place bodies and centres of mass", arguments: GoldenFile.names)
  func poses(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for state in golden.states {
      let poses = dynamics.bodyPoses(at: state.positions)
      #expect(relativeDifference(numbers(poses.map(\.position)), state.bodyPositions) < 1e-13)
      for (body, pose) in poses.enumerated() {
        let other = rotation(Array(state.bodyOrientations[4 * body..<4 * body + 4]))
        let turn = pose.orientation.conjugate * other
        #expect(turn.vector.length < 1e-13, "body \(body): \(pose.orientation) against \(other)")
      }
      // MuJoCo gives a body without mass a centre that means nothing.
      for (body, center) in dynamics.centersOfMass(at: state.positions).enumerated()
      where golden.model.bodies[body].mass > 0 {
        #expect((center - vector(Array(state.centersOfMass[3 * body..<3 * body + 3]))).length < 1e-13)
      }
    }
  }

  @Test("give bodies the same velocities", arguments: GoldenFile.names)
  func velocities(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for state in golden.states {
      let velocities = dynamics.bodyVelocities(state.state)
      #expect(
        relativeDifference(velocities.flatMap { numbers([$0.angular, $0.ofOrigin]) }, state.bodyVelocities) < 1e-12)
    }
  }

  @Test("agree on mass matrix, bias, passive and actuator forces", arguments: GoldenFile.names)
  func forces(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for state in golden.states {
      #expect(relativeDifference(dynamics.massMatrix(at: state.positions).elements, state.massMatrix) < 1e-12)
      #expect(relativeDifference(dynamics.biasForces(state.state), state.bias) < 1e-12)
      #expect(relativeDifference(dynamics.passiveForces(state.state), state.passive, floor: 1e-9) < 1e-12)
      #expect(
        relativeDifference(
          dynamics.actuatorForces(state.state, controls: state.controls), state.actuation, floor: 1e-9) < 1e-12)
    }
  }

  @Test("accelerate alike under torques, servos, pushes, springs and dampers", arguments: GoldenFile.names)
  func accelerations(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for state in golden.states {
      let actuation = dynamics.actuatorForces(state.state, controls: state.controls)
      let forces = zip(state.applied, actuation).map { $0 + $1 }
      let accelerations = dynamics.accelerations(state.state, forces: forces, bodyForces: state.pushes)
      #expect(relativeDifference(accelerations, state.accelerations) < 1e-10)
    }
  }

  @Test("agree on energies and momenta", arguments: GoldenFile.names)
  func conserved(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for state in golden.states {
      #expect(relativeDifference([dynamics.kineticEnergy(state.state)], [state.kineticEnergy]) < 1e-12)
      #expect(relativeDifference([dynamics.potentialEnergy(at: state.positions)], [state.potentialEnergy]) < 1e-12)
      let momentum = dynamics.momentum(state.state)
      #expect(relativeDifference(numbers([momentum.linear]), state.linearMomentum) < 1e-12)
      #expect(relativeDifference(numbers([momentum.angular]), state.angularMomentum) < 1e-11)
      #expect(relativeDifference(numbers([dynamics.centerOfMass(at: state.positions)]), state.centerOfMass) < 1e-12)
    }
  }

  @Test("move alike over ten semi-implicit steps", arguments: GoldenFile.names)
  func semiImplicit(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    for sample in golden.states {
      var state = sample.state
      for _ in 0..<golden.steps {
        let actuation = dynamics.actuatorForces(state, controls: sample.controls)
        state = dynamics.semiImplicitStep(
          state, by: golden.timeStep, forces: zip(sample.applied, actuation).map { $0 + $1 }, bodyForces: sample.pushes)
      }
      #expect(relativeDifference(state.positions, sample.afterEuler.positions) < 1e-9)
      #expect(relativeDifference(state.velocities, sample.afterEuler.velocities) < 1e-9)
    }
  }

  @Test("move alike over ten Runge–Kutta steps", arguments: GoldenFile.names)
  func rungeKutta(name: String) throws {
    let golden = try GoldenFile.load(name)
    let dynamics = ReferenceDynamics(golden.robot)
    // MuJoCo turns quaternions by the exponential of mean velocities, which is not of order 4: then only near.
    let tolerance = golden.robot.joints.contains { $0.kind == .ball || $0.kind == .free } ? 1e-7 : 1e-9
    for sample in golden.states {
      var state = sample.state
      for _ in 0..<golden.steps {
        state = dynamics.rungeKuttaStep(
          state, by: golden.timeStep,
          forces: { _, s in
            zip(sample.applied, dynamics.actuatorForces(s, controls: sample.controls)).map { $0 + $1 }
          }, bodyForces: sample.pushes)
      }
      #expect(relativeDifference(state.positions, sample.afterRungeKutta.positions) < tolerance)
      #expect(relativeDifference(state.velocities, sample.afterRungeKutta.velocities) < tolerance)
    }
  }
}
