import Foundation
import PoiseCore

/// Answers that a formula knows, for the physics to be held against. SI units and radians.
public enum ClosedForms {
  // MARK: Pendulum

  /// The arithmetic–geometric mean of two positive numbers.
  /// Source: Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 17.6.1.
  public static func arithmeticGeometricMean(_ a: Double, _ b: Double) -> Double {
    var (a, b) = (a, b)
    for _ in 0..<64 where abs(a - b) > 1e-16 * a { (a, b) = ((a + b) / 2, (a * b).squareRoot()) }
    return a
  }

  /// ω₀ = √(m g d / I) in rad/s, of small swings of a rigid pendulum.
  /// - Parameters:
  ///   - distance: d, m from the hinge to the centre of mass.
  ///   - inertia: I, kg·m² about the hinge's axis.
  public static func pendulumFrequency(mass: Double, distance: Double, inertia: Double, gravity: Double) -> Double {
    (mass * gravity * distance / inertia).squareRoot()
  }

  /// The exact period in s of a pendulum without damping, released at rest `amplitude` rad (below π) from hanging.
  ///
  ///     T = 4 K(k) / ω₀ = 2π / (ω₀ · agm(1, cos(A/2))),   k = sin(A/2)
  ///
  /// Source: Abramowitz and Stegun 1964, 17.6.3 (K by the arithmetic–geometric mean).
  public static func pendulumPeriod(amplitude: Double, frequency ω0: Double) -> Double {
    2 * .pi / (ω0 * arithmeticGeometricMean(1, cos(amplitude / 2)))
  }

  /// The exact angle from hanging, in rad, `time` s after the release at rest at `amplitude`.
  ///
  ///     sin(θ/2) = k · cn(ω₀ t) / dn(ω₀ t),   k = sin(A/2)
  ///
  /// Source: cd(u) = sn(K − u), Abramowitz and Stegun 1964, 16.8.2; sn by descending Landen steps, 16.4.
  public static func pendulumAngle(amplitude: Double, frequency ω0: Double, time: Double) -> Double {
    let k = sin(amplitude / 2)
    // 16.4.1–16.4.3: the scale a, b, c of the arithmetic–geometric mean, then the amplitude φ backwards.
    var a = [1.0]
    var c = [k]
    var b = cos(amplitude / 2)
    while abs(c[c.count - 1]) > 1e-16, a.count < 40 {
      let last = a[a.count - 1]
      a.append((last + b) / 2)
      c.append((last - b) / 2)
      b = (last * b).squareRoot()
    }
    let n = a.count - 1
    // K − u, so that the swing starts at its amplitude.
    let u = .pi / (2 * a[n]) - ω0 * time
    var φ = exp2(Double(n)) * a[n] * u
    for i in stride(from: n, to: 0, by: -1) { φ = (φ + asin(c[i] / a[i] * sin(φ))) / 2 }
    return 2 * asin(k * sin(φ))
  }

  /// θ̇ in rad/s at angle θ from the conservation of energy, without its sign: √(2 ω₀² (cos θ − cos A)).
  public static func pendulumSpeed(angle: Double, amplitude: Double, frequency ω0: Double) -> Double {
    max(0, 2 * ω0 * ω0 * (cos(angle) - cos(amplitude))).squareRoot()
  }

  // MARK: Dampers

  /// ω after n steps of implicit damping, with a constant torque: the exact answer of the discrete rule.
  ///
  ///     ω' = (ω + h τ/I) / (1 + h d/I)   ⇒   ωₙ = τ/d + (ω₀ − τ/d) rⁿ,   r = 1 / (1 + h d/I)
  ///
  /// - Parameters:
  ///   - inertia: I, kg·m², about the axis; or a mass in kg, with `damping` in N·s/m and `torque` in N.
  ///   - damping: d, N·m·s/rad, positive.
  public static func implicitlyDampedRate(
    initial: Double, inertia: Double, damping: Double, torque: Double = 0, timeStep: Double, steps: Int
  ) -> Double {
    let final = torque / damping
    return final + (initial - final) * pow(1 + timeStep * damping / inertia, -Double(steps))
  }

  /// ω(t) of the same damper in continuous time: τ/d + (ω₀ − τ/d) exp(−d t/I).
  public static func dampedRate(
    initial: Double, inertia: Double, damping: Double, torque: Double = 0, time: Double
  ) -> Double {
    torque / damping + (initial - torque / damping) * exp(-damping * time / inertia)
  }

  // MARK: Box on a slope

  /// The steepest slope in rad on which a box with Coulomb friction μ rests: atan μ.
  public static func frictionAngle(coefficient μ: Double) -> Double { atan(μ) }

  /// Downhill acceleration in m/s² of a box that slides, or 0 if it rests: g (sin α − μ cos α).
  public static func slopeAcceleration(angle α: Double, coefficient μ: Double, gravity: Double) -> Double {
    max(0, gravity * (sin(α) - μ * cos(α)))
  }

  /// Whether a box of this height above and length along the slope tips over its lower edge before it slides: tan α > length/height.
  public static func tips(angle α: Double, length: Double, height: Double) -> Bool { tan(α) > length / height }

  // MARK: Rigid bodies

  /// Angular velocity in the body's axes at `time` of a free symmetric top (I₁ = I₂ = `transverse`, I₃ = `axial`):
  /// ω₃ stays, (ω₁, ω₂) turns about the third axis at Ω = (axial − transverse)/transverse · ω₃.
  /// Source: Goldstein 1980, "Classical Mechanics", section 5-6.
  public static func symmetricTop(
    initial ω: SIMD3<Double>, transverse: Double, axial: Double, time: Double
  ) -> SIMD3<Double> {
    let turn = (axial - transverse) / transverse * ω.z * time
    return [ω.x * cos(turn) - ω.y * sin(turn), ω.x * sin(turn) + ω.y * cos(turn), ω.z]
  }
}
