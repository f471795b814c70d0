import COde
import PoiseCore

/// How a contact point answers: stiffness and damping as ODE's ERP and CFM, and the directions of friction.
///
/// **What it carries.** A point under the force F gives way by F ÷ stiffness beyond the surface layer. The stiffness of the
/// parameters suits bodies up to 17 kg and robots up to 50 kg: such a body's weight on a single point presses it in by less than
/// 1.7 mm, such a robot's by less than 5 mm. What is heavier makes its contacts stiffer: with m the heavier body of the two and M all that
/// might rest on the contact, which is everything that hangs or stands together with the two bodies in this step,
///
///     stiffness × (1 + (max(0, m − 17 kg) + max(0, M − 50 kg)) ÷ 5.1 kg),   5.1 kg × 9.81 m/s² ÷ 1e5 N/m = 0.5 mm,
///
/// so that the weight beyond these presses a point in by another 0.5 mm at most, from a gram to a thousand tonnes. The damping
/// goes along, hence how fast an error is corrected stays the same. Between bodies of different trees the stiffness is ten
/// times that, since in a stack the errors add up.
///
/// **How deep.** ODE corrects penetration no faster than the correcting velocity, and there the force would end, at that speed
/// ÷ CFM: whoever is pressed harder would sink for good. From twice the depth at which that sets in, CFM falls with
/// the square of the depth, so that the force grows with it and soon is the spring's again and more.
struct ContactSurface {
  private let template: dSurfaceParameters
  private let timeStep: Double
  /// Of the world, m: what ODE subtracts from each depth.
  private let worldLayer: Double
  /// 1/s: correcting velocity for each metre of depth.
  private let correctionRate: Double
  /// m beyond the layer: from here on force grows with depth though the correcting velocity does not.
  private let farDepth: Double

  /// kg: what the stiffness of the parameters carries, of one body and of all together.
  static let bodyMassCarried = 17.0
  static let restingMassCarried = 50.0
  /// kg: of whatever is heavier, as much mass more makes a contact stiffer by the parameters' stiffness.
  static let massForEachStiffness = 5.1
  /// How much stiffer the contact of two trees is.
  static let stackStiffness = 10.0
  /// m/s: how far the target velocities of contacts are apart where ties are to be avoided. Contacts of things that stand on one
  /// another are often exactly alike, and the direct solver gives up at a tie.
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

  /// Makes a described contact carry what rests on it, see above.
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

  /// Moves the target velocity of a contact apart from those of the others, by a share of `spread` that no two have in common.
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
  /// ODE's friction is a pyramid: up to μN along each of two directions, √2 μN between them. The first is laid along the
  /// way the point would slide without friction, where the pyramid is as wide as Coulomb's cone; so neither the world's
  /// axes nor the body's matter. Across that way Coulomb's friction of a sliding point is small, the share of the speed
  /// across in the whole; a full μN there would keep it on a straight line, whatever pulls it aside. So the second
  /// direction has full friction only for points that a step can stop or turn.
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

  /// m/s: slower than any creep of a loaded contact, so its direction means nothing.
  private static let slidingSpeed = 1e-9
  /// m/s²: what it takes to stop or turn a point within one step.
  private static let turningAcceleration = 10.0
}
