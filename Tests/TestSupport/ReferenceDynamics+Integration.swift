import PoiseCore
import PoiseModels

/// Generalised forces as a function of time in s and state, shape [velocityCount].
public typealias ForceLaw = (_ time: Double, _ state: GeneralizedState) -> [Double]

extension ReferenceDynamics {
  /// dq/dt, shape [positionCount]; a quaternion's is ½ p ⊗ (0, ω), of the four numbers as they are.
  public func positionRates(_ state: GeneralizedState) -> [Double] {
    model.joints.indices.flatMap { index -> [Double] in
      let q = Array(state.positions[positionRanges[index]])
      let v = Array(state.velocities[velocityRanges[index]])
      switch model.joints[index].kind {
      case .hinge, .slide: return v
      case .ball: return quaternionRate(q, v)
      case .free: return Array(v[..<3]) + quaternionRate(Array(q[3...]), Array(v[3...]))
      }
    }
  }

  /// q ⊕ v · duration: positions after constant velocities; quaternions by the exponential map (MuJoCo's `mj_integratePos`).
  public func positions(from positions: [Double], velocities: [Double], duration: Double) -> [Double] {
    model.joints.indices.flatMap { index -> [Double] in
      let q = Array(positions[positionRanges[index]])
      let v = velocities[velocityRanges[index]].map { $0 * duration }
      switch model.joints[index].kind {
      case .hinge, .slide: return [q[0] + v[0]]
      case .ball: return turned(q, by: v)
      case .free: return [q[0] + v[0], q[1] + v[1], q[2] + v[2]] + turned(Array(q[3...]), by: Array(v[3...]))
      }
    }
  }

  /// One step of the semi-implicit Euler method: first the velocities, then the positions with the new velocities.
  ///
  ///     v' = v + h (M + h D)⁻¹ (τ + Jᵀ f + springs − C − D v),   q' = q ⊕ h v'
  ///
  /// With `isDampingImplicit` false, D stands on the right side only. The former is MuJoCo's `Euler`.
  public func semiImplicitStep(
    _ state: GeneralizedState, by h: Double, forces: [Double]? = nil, bodyForces: [BodyForce] = [],
    isDampingImplicit: Bool = true
  ) -> GeneralizedState {
    let applied = appliedForces(state, forces, bodyForces)
    let passive = passiveForces(state)
    var matrix = massMatrix(at: state.positions)
    if isDampingImplicit {
      for (index, damping) in dampings.enumerated() { matrix[index, index] += h * damping }
    }
    let rates = matrix.solve(zip(applied, passive).map { $0 + $1 })
    let velocities = zip(state.velocities, rates).map { $0 + h * $1 }
    return GeneralizedState(
      positions: positions(from: state.positions, velocities: velocities, duration: h), velocities: velocities)
  }

  /// (M + h D)⁻¹ M v: velocities after one step of implicit damping alone, no torque, no gravity, no products of velocities.
  ///
  /// What ω / (1 + h d/I) is for one axis, this is for joints that feel each other (a ball of three hinges, a chain).
  public func implicitlyDampedVelocities(_ state: GeneralizedState, by h: Double) -> [Double] {
    var matrix = massMatrix(at: state.positions)
    let momentum = matrix * state.velocities
    for (index, damping) in dampings.enumerated() { matrix[index, index] += h * damping }
    return matrix.solve(momentum)
  }

  /// One step of the classical Runge–Kutta method of order 4; quaternions as four numbers, normalised at the end.
  /// - Parameters:
  ///   - time: s at the start of the step, handed to `forces`.
  ///   - forces: τ; `nil` is none. `bodyForces` are constant over the step.
  public func rungeKuttaStep(
    _ state: GeneralizedState, by h: Double, at time: Double = 0, forces: ForceLaw? = nil, bodyForces: [BodyForce] = []
  ) -> GeneralizedState {
    func rates(_ t: Double, _ s: GeneralizedState) -> GeneralizedState {
      GeneralizedState(
        positions: positionRates(s), velocities: accelerations(s, forces: forces?(t, s), bodyForces: bodyForces))
    }
    func moved(_ s: GeneralizedState, along r: GeneralizedState, by h: Double) -> GeneralizedState {
      GeneralizedState(
        positions: zip(s.positions, r.positions).map { $0 + h * $1 },
        velocities: zip(s.velocities, r.velocities).map { $0 + h * $1 })
    }
    let k1 = rates(time, state)
    let k2 = rates(time + h / 2, moved(state, along: k1, by: h / 2))
    let k3 = rates(time + h / 2, moved(state, along: k2, by: h / 2))
    let k4 = rates(time + h, moved(state, along: k3, by: h))
    var next = moved(state, along: k1, by: h / 6)
    next = moved(next, along: k2, by: h / 3)
    next = moved(next, along: k3, by: h / 3)
    next = moved(next, along: k4, by: h / 6)
    next.positions = normalized(next.positions)
    return next
  }

  /// The same positions with quaternions of length 1.
  public func normalized(_ positions: [Double]) -> [Double] {
    self.positions(from: positions, velocities: zeroVelocities, duration: 0)
  }

  private func quaternionRate(_ q: [Double], _ v: [Double]) -> [Double] {
    let rate = Quaternion(w: q[0], x: q[1], y: q[2], z: q[3]) * Quaternion(w: 0, x: v[0], y: v[1], z: v[2])
    return [rate.w / 2, rate.x / 2, rate.y / 2, rate.z / 2]
  }

  private func turned(_ q: [Double], by v: [Double]) -> [Double] {
    let next = (quaternion(q) * Quaternion(rotationVector: [v[0], v[1], v[2]])).normalized
    return [next.w, next.x, next.y, next.z]
  }
}
