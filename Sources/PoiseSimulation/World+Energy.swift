public import PoiseCore

extension World {
  private var weighingBodies: [BodyRecord] { bodies.filter { !$0.isIntermediate } }

  /// Kinetic energy ½ Σ (m v² + ωᵀ I ω), J.
  public var kineticEnergy: Double {
    weighingBodies.reduce(0) { sum, body in
      let ω = body.frame.unrotate(body.frame.angularVelocity)
      return sum + 0.5 * (body.mass * body.frame.linearVelocity.lengthSquared + ω.dot(body.inertia * ω))
    }
  }

  /// Potential energy of gravity −Σ m g·x, J; zero with every centre of mass at the world's origin. Springs are not included.
  public var potentialEnergy: Double {
    weighingBodies.reduce(0) { $0 - $1.mass * gravity.dot($1.center) }
  }

  /// Linear momentum Σ m v, kg·m/s, world frame.
  public var linearMomentum: Vector3 {
    weighingBodies.reduce(.zero) { $0 + $1.mass * $1.frame.velocity(at: $1.center) }
  }

  /// Angular momentum about a point Σ (R I Rᵀ ω + (x − point) × m v), kg·m²/s, world frame.
  public func angularMomentum(about point: Vector3 = .zero) -> Vector3 {
    weighingBodies.reduce(.zero) { sum, body in
      let frame = body.frame
      let spin = frame.rotate(body.inertia * frame.unrotate(frame.angularVelocity))
      return sum + spin + (frame.position - point).cross(body.mass * frame.velocity(at: body.center))
    }
  }

  /// Sum of the bodies' masses, kg.
  public var totalMass: Double { weighingBodies.reduce(0) { $0 + $1.mass } }

  /// Centre of mass of all bodies, m, world frame.
  public var centerOfMass: Vector3 {
    weighingBodies.reduce(.zero) { $0 + $1.mass * $1.center } / totalMass
  }
}

extension BodyRecord {
  /// The centre of mass, m, world frame.
  var center: Vector3 { centerOfMass == .zero ? frame.position : frame.position + frame.rotate(centerOfMass) }
}
