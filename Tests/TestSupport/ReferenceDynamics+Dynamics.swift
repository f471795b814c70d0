public import PoiseCore
import PoiseModels
import PoiseSimulation

/// A force on a body from outside: a push.
public struct BodyForce: Hashable, Sendable {
  /// Index of the body.
  public var body: Int
  /// N, in the world's axes.
  public var force: Vector3
  /// N·m, in the world's axes.
  public var torque: Vector3
  /// Where the force acts, m, in the world; `nil` is the body's centre of mass.
  public var point: Vector3?

  public init(body: Int, force: Vector3 = .zero, torque: Vector3 = .zero, point: Vector3? = nil) {
    self.body = body
    self.force = force
    self.torque = torque
    self.point = point
  }
}

extension ReferenceDynamics {
  /// M(q), kg·m² and kg, armature on its diagonal: the composite-rigid-body algorithm, RBDA section 6.2, table 6.2.
  public func massMatrix(at positions: [Double]) -> SquareMatrix {
    let kinematics = linkKinematics(positions)
    // Composite inertia: each subtree as one rigid body.
    var composite = links.map(\.inertia)
    for index in links.indices.reversed() {
      if let parent = links[index].parent {
        composite[parent] = composite[parent] + composite[index].toParent(of: kinematics.inParent[index])
      }
    }
    var matrix = SquareMatrix(count: velocityCount)
    for index in links.indices {
      let motion = kinematics.motions[index]
      for (column, axis) in zip(motion.velocityRange, motion.subspace) {
        // The force that accelerates the subtree along one axis, seen by every joint on the way to the root.
        var force = composite[index] * axis
        var current = index
        while true {
          let ancestor = kinematics.motions[current]
          for (row, other) in zip(ancestor.velocityRange, ancestor.subspace) {
            matrix[row, column] = other.dot(force)
            matrix[column, row] = matrix[row, column]
          }
          guard let parent = links[current].parent else { break }
          force = kinematics.inParent[current].forceToParent(force)
          current = parent
        }
      }
    }
    for (joint, range) in zip(model.joints, velocityRanges) {
      for column in range { matrix[column, column] += joint.armature }
    }
    return matrix
  }

  /// The generalised forces that give these accelerations against gravity and inertia; armature, springs and dampers left out.
  /// The recursive Newton–Euler algorithm, RBDA section 5.3, table 5.1.
  public func inverseDynamics(_ state: GeneralizedState, accelerations: [Double]) -> [Double] {
    let kinematics = linkKinematics(state.positions, state.velocities)
    // The base accelerates upwards in place of gravity.
    let base = SpatialVector(linear: -model.physics.gravity)
    let a = linkAccelerations(kinematics, accelerations: accelerations, base: base)
    var forces = links.indices.map { index -> SpatialVector in
      let (inertia, v) = (links[index].inertia, kinematics.velocities[index])
      return inertia * a[index] + v.crossForce(inertia * v)
    }
    return projectToJoints(&forces, kinematics)
  }

  /// C(q, v): what gravity, Coriolis and centrifugal forces ask of the joints at q̈ = 0, with MuJoCo's sign (`qfrc_bias`).
  public func biasForces(_ state: GeneralizedState) -> [Double] {
    inverseDynamics(state, accelerations: zeroVelocities)
  }

  /// Jᵀ f: the generalised forces of forces on bodies.
  public func generalizedForces(of bodyForces: [BodyForce], at positions: [Double]) -> [Double] {
    let kinematics = linkKinematics(positions)
    var forces = [SpatialVector](repeating: .zero, count: links.count)
    for push in bodyForces {
      let pose = kinematics.inWorld[linkOfBody[push.body]]
      let point = push.point ?? pose.apply(to: model.bodies[push.body].inertia?.centerOfMass ?? .zero)
      let aboutWorldOrigin = SpatialVector(angular: push.torque + point.cross(push.force), linear: push.force)
      forces[linkOfBody[push.body]] += pose.forceFromParent(aboutWorldOrigin)
    }
    return projectToJoints(&forces, kinematics)
  }

  /// From the tips to the root: τᵢ = Sᵀ fᵢ, f_λ += X* fᵢ, RBDA table 5.1, second loop.
  private func projectToJoints(_ forces: inout [SpatialVector], _ kinematics: LinkKinematics) -> [Double] {
    var result = zeroVelocities
    for index in links.indices.reversed() {
      let motion = kinematics.motions[index]
      for (column, axis) in zip(motion.velocityRange, motion.subspace) { result[column] = axis.dot(forces[index]) }
      if let parent = links[index].parent {
        forces[parent] += kinematics.inParent[index].forceToParent(forces[index])
      }
    }
    return result
  }

  /// q̈ = M⁻¹ (τ + Jᵀ f + springs and dampers − C): RBDA section 6.1, solved by Cholesky's factors.
  /// - Parameters:
  ///   - forces: τ, shape [velocityCount], in N·m and N, for example from `actuatorForces`.
  ///   - bodyForces: pushes from outside.
  public func accelerations(
    _ state: GeneralizedState, forces: [Double]? = nil, bodyForces: [BodyForce] = []
  ) -> [Double] {
    let passive = passiveForces(state)
    let total = appliedForces(state, forces, bodyForces)
    return massMatrix(at: state.positions).solve(zip(total, passive).map { $0 + $1 })
  }

  /// τ + Jᵀ f − C.
  func appliedForces(_ state: GeneralizedState, _ forces: [Double]?, _ bodyForces: [BodyForce]) -> [Double] {
    let bias = biasForces(state)
    let pushes = generalizedForces(of: bodyForces, at: state.positions)
    let forces = forces ?? zeroVelocities
    precondition(forces.count == velocityCount, "\(forces.count) forces for \(velocityCount) degrees of freedom")
    return forces.indices.map { forces[$0] + pushes[$0] - bias[$0] }
  }
}
