public import PoiseCore

/// How a world is integrated: gravity, step, solver, softness of its constraints.
public struct PhysicsParameters: Hashable, Sendable, Codable {
  /// How the constraint forces of a step are found.
  public enum Solver: Hashable, Sendable, Codable {
    /// `dWorldStep`: Dantzig's algorithm, exact, cubic in the number of constraint rows.
    case direct
    /// `dWorldQuickStep`: projected successive over-relaxation, linear in rows × iterations.
    case iterative(iterations: Int)
  }

  /// m/s², world frame, z up.
  public var gravity: Vector3 = [0, 0, -9.81]
  /// h: seconds for each physics step.
  public var timeStep = 0.002
  public var solver = Solver.direct
  /// Share of a joint's position error that one step corrects, in (0, 1].
  public var errorReduction = 0.2
  /// Softness of the joints' own rows: CFM, (m/s)/N or (rad/s)/(N·m), not negative.
  public var constraintForceMixing = 1e-8
  /// N/m for each contact point; with `contactDamping` it gives the contacts' ERP and CFM. Heavy bodies and robots have stiffer
  /// ones, see `ContactSurface`.
  public var contactStiffness = 1e5
  /// N·s/m for each contact point.
  public var contactDamping = 1e3
  /// m: penetration that is left uncorrected, so that resting contacts do not flicker; less for small shapes, and a tenth where
  /// bodies without joints lie about (`CollisionSet.arrange`).
  public var contactSurfaceLayer = 1e-3
  /// m/s: the fastest speed at which penetration is corrected. It bounds no force: far below the surface contacts get stiffer.
  public var contactCorrectingVelocity = 1.0
  /// Share of a violated joint limit that one step corrects, in (0, 1].
  public var limitErrorReduction = 0.2
  /// Whether bodies collide at all (MJCF `option/flag contact`).
  public var isContactEnabled = true

  public init() {}
}
