public import PoiseCore
import PoiseModels
import PoiseSimulation

extension ReferenceDynamics {
  /// Σ ½ vᵀ I v over the bodies, and ½ armature · q̇² over the joints: J. Equals ½ q̇ᵀ M q̇, found another way.
  public func kineticEnergy(_ state: GeneralizedState) -> Double {
    let kinematics = linkKinematics(state.positions, state.velocities)
    let ofBodies = zip(links, kinematics.velocities).reduce(0) { $0 + 0.5 * $1.1.dot($1.0.inertia * $1.1) }
    let ofRotors = zip(model.joints, velocityRanges).reduce(0) { sum, pair in
      pair.1.reduce(sum) { $0 + 0.5 * pair.0.armature * state.velocities[$1] * state.velocities[$1] }
    }
    return ofBodies + ofRotors
  }

  /// −Σ m g·x over the bodies, zero at the world's origin, and ½ k · deflection² over the springs: J.
  public func potentialEnergy(at positions: [Double]) -> Double {
    let gravity = zip(model.bodies, centersOfMass(at: positions)).reduce(0) {
      $0 - ($1.0.inertia?.mass ?? 0) * model.physics.gravity.dot($1.1)
    }
    return model.joints.indices.reduce(gravity) { sum, index in
      springDeflection(ofJoint: index, positions).reduce(sum) { $0 + 0.5 * model.joints[index].stiffness * $1 * $1 }
    }
  }

  /// Kinetic and potential: J.
  public func energy(_ state: GeneralizedState) -> Double {
    kineticEnergy(state) + potentialEnergy(at: state.positions)
  }

  /// kg, of all bodies.
  public var totalMass: Double { model.bodies.reduce(0) { $0 + ($1.inertia?.mass ?? 0) } }

  /// Centre of mass of all bodies, m in the world.
  public func centerOfMass(at positions: [Double]) -> Vector3 {
    let weighted = zip(model.bodies, centersOfMass(at: positions)).reduce(Vector3.zero) {
      $0 + ($1.0.inertia?.mass ?? 0) * $1.1
    }
    return weighted / totalMass
  }

  /// Linear momentum of all bodies in kg·m/s and angular momentum in kg·m²/s about `point`, in the world's axes.
  ///
  /// Rotors (armature) carry none, so with armature angular momentum is not conserved here, as in MuJoCo.
  /// - Parameter point: m, in the world; `nil` is the centre of mass of all bodies.
  public func momentum(_ state: GeneralizedState, about point: Vector3? = nil) -> (linear: Vector3, angular: Vector3) {
    let kinematics = linkKinematics(state.positions, state.velocities)
    var sum = SpatialVector.zero
    for (index, link) in links.enumerated() {
      sum += kinematics.inWorld[index].forceToParent(link.inertia * kinematics.velocities[index])
    }
    let point = point ?? centerOfMass(at: state.positions)
    return (sum.linear, sum.angular - point.cross(sum.linear))
  }
}
