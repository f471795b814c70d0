import COde
import Foundation
import PoiseCore

/// Free bodies that spin.
///
/// ODE has two modes for the torque −ω × Iω of a spinning body: none, with which nothing precesses, and an implicit one
/// (Lacoursière 2006), which damps: a box at 10 rad/s about each axis loses 11 % of its energy in 2 s of 5 ms steps.
/// Bodies with joints use the implicit one, as their rows keep them from spinning for long. For a body without joints
/// the torque is computed here such that the magnitude of the angular momentum is conserved to rounding, and the energy
/// to (hω)²: that of the same box to 1e-4.
extension World {
  /// Adds the gyroscopic torque of each free body for this step.
  ///
  /// ODE rotates the body in the step by the new angular velocity, so it belongs to the middle of the step, and the
  /// angular momentum there is conserved from step to step. With the body's axes where the step begins, J the inertia
  /// and Exp the rotation by a vector,
  ///
  ///     J ω′ = Exp(−h ω′/2) Exp(−h ω/2) J ω,
  ///
  /// solved for ω′ by Newton's method. Source: Krysl and Endres 2005, "Explicit Newmark/Verlet algorithm for time integration
  /// of the rotational dynamics of rigid bodies"; with velocities in the middle of steps it needs no second half step.
  func turnFreeBodies() {
    let h = parameters.timeStep
    for index in spinningBodies {
      let body = bodies[index]
      let ω = body.frame.unrotate(body.frame.angularVelocity)
      guard ω != .zero else { continue }
      let inertia = body.nominalInertia
      let next = Self.nextSpin(ω, inertia: inertia, timeStep: h)
      // A rotation by radians in each step has no solution nearby; ODE's own torque at least does not grow.
      dBodySetGyroscopicMode(body.frame.handle, next == nil ? 1 : 0)
      guard let next else { continue }
      body.frame.addTorque(body.massScale / h * body.frame.rotate(inertia * (next - ω)))
    }
  }

  /// The angular velocity of the next step, rad/s, all in the body's axes where that step begins; `nil` where Newton's method
  /// finds none.
  static func nextSpin(_ ω: Vector3, inertia: Matrix3, timeStep h: Double) -> Vector3? {
    let kept = turned(inertia * ω, by: -h / 2 * ω)
    var x = ω
    for _ in 0..<20 {
      let momentum = turned(kept, by: -h / 2 * x)
      // d/dx of Exp(−h x/2) L is (h/2) [Exp(−h x/2) L]× to first order in h x.
      let m = h / 2 * momentum
      let slope = inertia - Matrix3(columns: [0, m.z, -m.y], [-m.z, 0, m.x], [m.y, -m.x, 0])
      let change = slope.inverse * (momentum - inertia * x)
      guard change.isFinite else { return nil }
      x += change
      if change.lengthSquared <= 1e-26 * x.lengthSquared { return x }
    }
    return nil
  }

  /// `v` turned by the angle |`r`| about `r`.
  private static func turned(_ v: Vector3, by r: Vector3) -> Vector3 {
    let angle = r.length
    guard angle > 0 else { return v }
    return Quaternion(angle: angle, axis: r / angle).rotate(v)
  }
}
