public import PoiseCore

extension World {
  private var weighingBodies: [BodyRecord] { bodies.filter { !$0.isIntermediate } }

  /// ½ Σ (m v² + ωᵀ I ω), J.
  public var kineticEnergy: Double {
    weighingBodies.reduce(0) { sum, body in
      let ω = body.frame.unrotate(body.frame.angularVelocity)
      return sum + 0.5 * (body.mass * body.frame.linearVelocity.lengthSquared + ω.dot(body.inertia * ω))
    }
  }

  /// −Σ m g·x, J; zero with every centre of mass at the world's origin. Springs are not in it.
  public var potentialEnergy: Double {
    weighingBodies.reduce(0) { $0 - $1.mass * gravity.dot($1.center) }
  }

  /// Σ m v, kg·m/s.
  public var linearMomentum: Vector3 {
    weighingBodies.reduce(.zero) { $0 + $1.mass * $1.frame.velocity(at: $1.center) }
  }

  /// Σ (R I Rᵀ ω + (x − point) × m v), kg·m²/s.
  public func angularMomentum(about point: Vector3 = .zero) -> Vector3 {
    weighingBodies.reduce(.zero) { sum, body in
      let frame = body.frame
      let spin = frame.rotate(body.inertia * frame.unrotate(frame.angularVelocity))
      return sum + spin + (frame.position - point).cross(body.mass * frame.velocity(at: body.center))
    }
  }

  /// kg
  public var totalMass: Double { weighingBodies.reduce(0) { $0 + $1.mass } }

  /// m, world frame.
  public var centerOfMass: Vector3 {
    weighingBodies.reduce(.zero) { $0 + $1.mass * $1.center } / totalMass
  }
}

extension BodyRecord {
  /// The centre of mass, m, world frame.
  var center: Vector3 { centerOfMass == .zero ? frame.position : frame.position + frame.rotate(centerOfMass) }
}
