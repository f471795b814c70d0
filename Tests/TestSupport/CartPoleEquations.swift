import Foundation

/// A cart on a rail along x and a pole on it, by Lagrange's equations; shares no line with `ReferenceDynamics`.
///
/// θ is measured from upright and grows as the pole leans towards +x: a hinge about +y. The pole's centre of mass is at
/// (x + l sin θ, l cos θ); the Lagrangian ½ M ẋ² + ½ m v² + ½ I θ̇² − m g l cos θ gives
///
///     (M + m) ẍ + m l cos θ θ̈ − m l sin θ θ̇² = F − b ẋ
///     m l cos θ ẍ + (I + m l²) θ̈ − m g l sin θ = T − c θ̇
public struct CartPoleEquations: Hashable, Sendable {
  /// M, kg.
  public var cartMass: Double
  /// m, kg.
  public var poleMass: Double
  /// l, m from the hinge to the pole's centre of mass.
  public var distance: Double
  /// I, kg·m² about the centre of mass, about y.
  public var poleInertia: Double
  /// g, m/s².
  public var gravity: Double
  /// b, N·s/m.
  public var cartDamping = 0.0
  /// c, N·m·s/rad.
  public var poleDamping = 0.0

  public init(cartMass: Double, poleMass: Double, distance: Double, poleInertia: Double, gravity: Double) {
    self.cartMass = cartMass
    self.poleMass = poleMass
    self.distance = distance
    self.poleInertia = poleInertia
    self.gravity = gravity
  }

  /// A uniform thin pole of full length 2 l: I = m l²/3.
  public init(cartMass: Double, poleMass: Double, poleLength: Double, gravity: Double) {
    self.init(
      cartMass: cartMass, poleMass: poleMass, distance: poleLength / 2,
      poleInertia: poleMass * poleLength * poleLength / 12, gravity: gravity)
  }

  public struct State: Hashable, Sendable {
    /// m.
    public var x: Double
    /// rad from upright.
    public var θ: Double
    /// m/s.
    public var ẋ: Double
    /// rad/s.
    public var θ̇: Double

    public init(x: Double, θ: Double, ẋ: Double = 0, θ̇: Double = 0) {
      (self.x, self.θ, self.ẋ, self.θ̇) = (x, θ, ẋ, θ̇)
    }
  }

  /// ẍ in m/s² and θ̈ in rad/s² under force F on the cart in N and torque T on the pole in N·m; Cramer's rule.
  public func accelerations(_ s: State, force: Double, torque: Double = 0) -> (ẍ: Double, θ̈: Double) {
    let (m, l) = (poleMass, distance)
    let (a, b, d) = (cartMass + m, m * l * cos(s.θ), poleInertia + m * l * l)
    let p = force - cartDamping * s.ẋ + m * l * sin(s.θ) * s.θ̇ * s.θ̇
    let q = torque - poleDamping * s.θ̇ + m * gravity * l * sin(s.θ)
    let determinant = a * d - b * b
    return ((p * d - b * q) / determinant, (a * q - b * p) / determinant)
  }

  /// Kinetic and potential energy, J; potential zero with the pole level.
  public func energy(_ s: State) -> Double {
    let (vx, vz) = (s.ẋ + distance * cos(s.θ) * s.θ̇, -distance * sin(s.θ) * s.θ̇)
    return 0.5 * cartMass * s.ẋ * s.ẋ + 0.5 * poleMass * (vx * vx + vz * vz) + 0.5 * poleInertia * s.θ̇ * s.θ̇
      + poleMass * gravity * distance * cos(s.θ)
  }

  /// One step of the classical Runge–Kutta method of order 4, force and torque constant over the step.
  public func rungeKuttaStep(_ s: State, by h: Double, force: Double, torque: Double = 0) -> State {
    func moved(_ k: State, _ h: Double) -> State {
      State(x: s.x + h * k.x, θ: s.θ + h * k.θ, ẋ: s.ẋ + h * k.ẋ, θ̇: s.θ̇ + h * k.θ̇)
    }
    func rate(_ s: State) -> State {
      let a = accelerations(s, force: force, torque: torque)
      return State(x: s.ẋ, θ: s.θ̇, ẋ: a.ẍ, θ̇: a.θ̈)
    }
    let k1 = rate(s)
    let k2 = rate(moved(k1, h / 2))
    let k3 = rate(moved(k2, h / 2))
    let k4 = rate(moved(k3, h))
    return moved(
      State(
        x: (k1.x + 2 * k2.x + 2 * k3.x + k4.x) / 6, θ: (k1.θ + 2 * k2.θ + 2 * k3.θ + k4.θ) / 6,
        ẋ: (k1.ẋ + 2 * k2.ẋ + 2 * k3.ẋ + k4.ẋ) / 6, θ̇: (k1.θ̇ + 2 * k2.θ̇ + 2 * k3.θ̇ + k4.θ̇) / 6), h)
  }

  /// States at 0, Δt, 2Δt, … under forces held for Δt each, shape [forces + 1], each interval in `substeps` Runge–Kutta steps.
  public func trajectory(from start: State, forces: [Double], interval: Double, substeps: Int = 10) -> [State] {
    var states = [start]
    for force in forces {
      var s = states[states.count - 1]
      for _ in 0..<substeps { s = rungeKuttaStep(s, by: interval / Double(substeps), force: force) }
      states.append(s)
    }
    return states
  }

  /// λ in 1/s: how a small tilt from upright grows, θ ∝ exp(λ t).
  ///
  /// The positive root of ((M+m) λ + b)(J λ² + c λ − m g l) − m² l² λ³ = 0 with J = I + m l²; without damping
  /// λ² = m g l (M + m) / ((M + m) J − m² l²).
  public var uprightGrowthRate: Double {
    let (total, j, ml) = (cartMass + poleMass, poleInertia + poleMass * distance * distance, poleMass * distance)
    let weight = ml * gravity
    // Newton's method from above; the cubic is convex there.
    var λ = (weight * total / (total * j - ml * ml)).squareRoot()
    for _ in 0..<100 {
      let (left, right) = (total * λ + cartDamping, j * λ * λ + poleDamping * λ - weight)
      let slope = total * right + left * (2 * j * λ + poleDamping) - 3 * ml * ml * λ * λ
      λ -= (left * right - ml * ml * λ * λ * λ) / slope
    }
    return λ
  }

  /// ω in rad/s of small swings about hanging, without damping.
  public var hangingFrequency: Double {
    var undamped = self
    (undamped.cartDamping, undamped.poleDamping) = (0, 0)
    return undamped.uprightGrowthRate
  }
}
