import COde
import PoiseCore

/// The parameters of a contact point: stiffness and damping as ODE's ERP and CFM, and the directions of friction.
///
/// **Load.** A point under the force F is pressed in by F ÷ stiffness beyond the surface layer. The stiffness of the
/// parameters suits bodies up to 17 kg and robots up to 50 kg: such a body's weight on a single point presses it in by
/// less than 1.7 mm, such a robot's by less than 5 mm. Heavier ones have stiffer contacts: with m the mass of the
/// heavier body and M the mass of everything that joints and contacts connect with the two bodies in this step,
///
///     stiffness × (1 + (max(0, m − 17 kg) + max(0, M − 50 kg)) ÷ 5.1 kg),   5.1 kg × 9.81 m/s² ÷ 1e5 N/m = 0.5 mm,
///
/// so that the excess weight presses a point in by at most another 0.5 mm, from a gram to a thousand tonnes. The
/// damping grows by the same factor, so the speed at which an error is corrected stays the same. Between bodies of
/// different trees the stiffness is ten times that, since in a stack the errors add up.
///
/// **Depth.** ODE corrects penetration no faster than the correcting velocity, which limits the force to that velocity
/// ÷ CFM: a body under a larger force would sink for ever. From twice the depth at which the limit is reached, CFM
/// falls with the square of the depth, so that the force grows with it and soon exceeds the spring's.
struct ContactSurface {
  private let template: dSurfaceParameters
  private let timeStep: Double
  /// The world's surface layer, m, which ODE subtracts from each depth.
  private let worldLayer: Double
  /// 1/s: correcting velocity for each metre of depth.
  private let correctionRate: Double
  /// Depth beyond the layer, m, from which CFM falls with depth.
  private let farDepth: Double

  /// Masses that the stiffness of the parameters carries, of one body and of everything connected, kg.
  static let bodyMassCarried = 17.0
  static let restingMassCarried = 50.0
  /// Excess mass for which the parameters' stiffness is added once, kg.
  static let massForEachStiffness = 5.1
  /// How much stiffer the contact of two trees is.
  static let stackStiffness = 10.0
  /// Spread of the target velocities of contacts that avoids ties, m/s. Contacts in a stack are often exactly equal,
  /// and the direct solver fails at a tie.
  static let tieBreaker = 1e-9

  init(_ parameters: PhysicsParameters) {
    // ERP = h k/(h k + d), CFM = 1/(h k + d): an implicit spring and damper (ODE manual, "How to use ERP and CFM").
    let h = parameters.timeStep
    let resistance = h * parameters.contactStiffness + parameters.contactDamping
    var surface = dSurfaceParameters()
    surface.mode =
      Int32(dContactApprox1) | Int32(dContactSoftERP) | Int32(dContactSoftCFM) | Int32(dContactFDir1)
      | Int32(dContactMu2)
    surface.soft_erp = h * parameters.contactStiffness / resistance
    surface.soft_cfm = 1 / resistance
    template = surface
    timeStep = h
    worldLayer = parameters.contactSurfaceLayer
    correctionRate = surface.soft_erp / h
    farDepth = 2 * parameters.contactCorrectingVelocity / correctionRate
  }

  /// Adapts the stiffness of a contact to its load, see above.
  ///
  /// - Parameters:
  ///   - bodyMass: kg, the heavier body's.
  ///   - restingMass: kg, all that might rest on the contact.
  ///   - surfaceLayer: m, at most the world's.
  @inline(__always)
  func harden(
    _ contact: inout dContact, bodyMass: Double, restingMass: Double, surfaceLayer: Double, isBetweenTrees: Bool
  ) {
    let excess = max(0, bodyMass - Self.bodyMassCarried) + max(0, restingMass - Self.restingMassCarried)
    let stiffening = (1 + excess / Self.massForEachStiffness) * (isBetweenTrees ? Self.stackStiffness : 1)
    let depth = max(0, contact.geom.depth - surfaceLayer)
    let nearness = min(1, farDepth / depth)
    contact.surface.soft_cfm *= nearness * nearness / stiffening
    if surfaceLayer < worldLayer {
      contact.surface.mode |= Int32(dContactMotionN)
      contact.surface.motionN = correctionRate * (depth - max(0, contact.geom.depth - worldLayer))
    }
  }

  /// Adds a share of `spread` to the target velocity of a contact; the share differs from contact to contact.
  ///
  /// - Parameter index: of the contact in its step.
  @inline(__always)
  func setApart(_ contact: inout dContact, by spread: Double, index: Int) {
    // Multiples of the golden ratio modulo 1 are spread evenly, however many there are.
    let share = (0.618_033_988_749_894_9 * Double(index + 1)).truncatingRemainder(dividingBy: 1)
    contact.surface.mode |= Int32(dContactMotionN)
    contact.surface.motionN += spread * share
  }

  /// Fills in everything but the geometry.
  ///
  /// ODE's friction is a pyramid: up to μN along each of two directions, √2 μN between them. The first direction is
  /// that in which the point would slide without friction, where the pyramid is as wide as Coulomb's cone; so neither
  /// the world's axes nor the body's matter. Perpendicular to it, Coulomb's friction of a sliding point is small: μN
  /// times that component of the velocity ÷ the speed. A full μN there would keep the point on a straight line under
  /// any sideways force. So the second direction has full friction only for points that a step can stop or turn.
  @inline(__always)
  func describe(
    _ contact: inout dContact, friction: Double, gravity: Vector3, first: BodyFrame, second: BodyFrame
  ) {
    let h = timeStep
    contact.surface = template
    contact.surface.mu = friction
    let point = Vector3(contact.geom.pos.0, contact.geom.pos.1, contact.geom.pos.2)
    let normal = Vector3(contact.geom.normal.0, contact.geom.normal.1, contact.geom.normal.2)
    var sliding = first.velocity(at: point) - second.velocity(at: point)
    sliding += h * (first.freeAcceleration(gravity: gravity) - second.freeAcceleration(gravity: gravity))
    sliding -= normal.dot(sliding) * normal
    let speed = sliding.length
    contact.surface.mu2 = friction * min(1, h * Self.turningAcceleration / speed)
    if speed < Self.slidingSpeed {
      for axis: Vector3 in [[1, 0, 0], [0, 1, 0]] {
        sliding = first.rotate(axis)
        sliding -= normal.dot(sliding) * normal
        if sliding.lengthSquared > 0.1 { break }
      }
    }
    let direction = sliding.normalized
    contact.fdir1 = (direction.x, direction.y, direction.z, 0)
  }

  /// A speed below any creep of a loaded contact, m/s; the direction of a slower one has no meaning.
  private static let slidingSpeed = 1e-9
  /// Acceleration that can stop or turn a point within one step, m/s².
  private static let turningAcceleration = 10.0
}
