public import PoiseCore

/// How a world is integrated: gravity, step, solver, softness of its constraints.
public struct PhysicsParameters: Hashable, Sendable, Codable {
  /// A solver of the constraint forces of a step.
  public enum Solver: Hashable, Sendable, Codable {
    /// `dWorldStep`: Dantzig's algorithm, exact, cubic in the number of constraint rows.
    case direct
    /// `dWorldQuickStep`: projected successive over-relaxation, linear in rows × iterations.
    case iterative(iterations: Int)
  }

  /// Gravity, m/s², world frame, z up.
  public var gravity: Vector3 = [0, 0, -9.81]
  /// The physics step h, s, positive.
  public var timeStep = 0.002
  /// The solver of the constraint forces of a step.
  public var solver = Solver.direct
  /// Share of a joint's position error that one step corrects, in (0, 1].
  public var errorReduction = 0.2
  /// Softness of the joints' own rows: CFM, (m/s)/N or (rad/s)/(N·m), not negative.
  public var constraintForceMixing = 1e-8
  /// Stiffness of each contact point, N/m; with `contactDamping` it gives the contacts' ERP and CFM. Heavy bodies and
  /// robots have stiffer ones, see `ContactSurface`.
  public var contactStiffness = 1e5
  /// Damping of each contact point, N·s/m.
  public var contactDamping = 1e3
  /// Penetration that is left uncorrected, m, so that resting contacts persist; less for small shapes, and a tenth for
  /// all but a robot's contacts with the world and itself (`CollisionSet.arrange`).
  public var contactSurfaceLayer = 1e-3
  /// Largest speed at which penetration is corrected, m/s. It does not bound the force: deep contacts get stiffer.
  public var contactCorrectingVelocity = 1.0
  /// Share of a violated joint limit that one step corrects, in (0, 1].
  public var limitErrorReduction = 0.2
  /// Whether bodies collide at all (MJCF `option/flag contact`).
  public var isContactEnabled = true

  /// The default parameters: 2 ms steps with the direct solver.
  public init() {}
}
