public import PoiseCore
import PoiseModels

/// From bodies that were simulated one by one back to generalised coordinates.
///
/// A maximal-coordinate engine's joints open a little, and its new velocities obey the constraints at the old positions.
/// To measure accelerations that are right to first order in h, fit positions and velocities after the step to the
/// bodies after the step: (v₁ − v₀)/h then holds the Coriolis terms; the bodies' own Δv/h, or v₁ fitted at the old positions, does not.
extension ReferenceDynamics {
  /// The positions whose bodies stand closest to `poses`, by Gauss–Newton: least squares of centres of mass in m and of
  /// orientations in rad (as if radii of gyration were 1 m / `angularWeight`).
  ///
  /// - Parameters:
  ///   - poses: each body's frame in the world.
  ///   - guess: a start nearby; hinge angles stay on its turn, also beyond ±π.
  public func positions(
    fitting poses: [Pose], near guess: [Double], angularWeight: Double = 1, iterations: Int = 20
  ) -> [Double] {
    var positions = guess
    let targets = zip(poses, model.bodies).map { $0.apply(to: $1.inertia?.centerOfMass ?? .zero) }
    for _ in 0..<iterations {
      let (current, centers) = (bodyPoses(at: positions), centersOfMass(at: positions))
      let twists = model.bodies.indices.map { body -> SpatialVector in
        let turn = (poses[body].orientation * current[body].orientation.conjugate).rotationVector
        return SpatialVector(angular: angularWeight * turn, linear: targets[body] - centers[body])
      }
      let columns = jacobianColumns(at: positions).map { column in
        column.map { SpatialVector(angular: angularWeight * $0.angular, linear: $0.linear) }
      }
      let step = leastSquares(columns, twists) { _, v in v }
      positions = self.positions(from: positions, velocities: step, duration: 1)
      if step.allSatisfy({ abs($0) < 1e-14 }) { break }
    }
    return positions
  }

  /// The velocities v that share the bodies' momentum along every degree of freedom: M v = Jᵀ I V, armature left out.
  /// This is what ideal joints would leave of the bodies' velocities, and the closest in kinetic energy.
  public func velocities(fitting bodies: [BodyVelocity], at positions: [Double]) -> [Double] {
    let poses = bodyPoses(at: positions)
    return leastSquares(
      jacobianColumns(at: positions), bodies.map { SpatialVector(angular: $0.angular, linear: $0.ofCenterOfMass) }
    ) { body, v in
      guard let inertia = self.model.bodies[body].inertia else { return .zero }
      let tensor = inertia.tensor.rotated(by: poses[body].orientation)
      return SpatialVector(angular: tensor * v.angular, linear: inertia.mass * v.linear)
    }
  }

  /// For each degree of freedom, by body: angular velocity and velocity of the centre of mass in the world's axes, per unit of speed.
  public func jacobianColumns(at positions: [Double]) -> [[SpatialVector]] {
    (0..<velocityCount).map { column in
      var state = GeneralizedState(positions: positions, velocities: zeroVelocities)
      state.velocities[column] = 1
      return bodyVelocities(state).map { SpatialVector(angular: $0.angular, linear: $0.ofCenterOfMass) }
    }
  }

  /// x of (Jᵀ W J) x = Jᵀ W y.
  private func leastSquares(
    _ columns: [[SpatialVector]], _ y: [SpatialVector], weight: (_ body: Int, SpatialVector) -> SpatialVector
  ) -> [Double] {
    var matrix = SquareMatrix(count: velocityCount)
    var right = zeroVelocities
    for column in 0..<velocityCount {
      let weighted = columns[column].enumerated().map { weight($0.offset, $0.element) }
      for row in 0..<velocityCount {
        matrix[row, column] = zip(columns[row], weighted).reduce(0) { $0 + $1.0.dot($1.1) }
      }
      right[column] = zip(weighted, y).reduce(0) { $0 + $1.0.dot($1.1) }
    }
    return matrix.solve(right)
  }
}
