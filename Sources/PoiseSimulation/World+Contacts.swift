import COde
public import PoiseCore

extension World {
  /// Identifies a shape of this world.
  public struct GeometryIndex: Hashable, Sendable {
    /// Position in the order in which the shapes were added, from 0.
    public let value: Int
  }

  /// A point where two shapes touched in the last step.
  public struct Contact: Hashable, Sendable {
    /// The shape that moves; the force acts on it.
    public var first: GeometryIndex
    /// The other shape.
    public var second: GeometryIndex
    /// Where the shapes touched, m, world frame.
    public var position: Vector3
    /// Unit vector, world frame, from the second shape into the first.
    public var normal: Vector3
    /// Overlap of the shapes at the beginning of the step, m.
    public var depth: Double
    /// Force of the second shape on the first in the step, friction included, N, world frame.
    public var force: Vector3
  }

  /// Fixes a shape to a body, or to the world.
  ///
  /// - Parameters:
  ///   - shape: the shape; all lengths must be positive.
  ///   - body: the body; `nil` for the world. A plane can only belong to the world.
  ///   - pose: in the body's frame, from its centre of mass; a plane's normal is its z axis.
  ///   - friction: Coulomb's coefficient, not negative.
  public mutating func addGeometry(
    _ shape: Shape, to body: BodyIndex?, at pose: Pose = .identity, friction: Double = 1
  ) -> GeometryIndex {
    precondition(body == nil || shape != .plane, "a plane belongs to the world, not to a body")
    precondition(friction >= 0 && friction.isFinite, "friction must not be negative, got \(friction)")
    precondition(shape.isProper, "a shape needs positive lengths, got \(shape)")
    let geom = shape.makeGeom(in: pose)
    let q = pose.orientation
    if let body {
      dGeomSetBody(geom, bodies[body.value].frame.handle)
      dGeomSetOffsetPosition(geom, pose.position.x, pose.position.y, pose.position.z)
      dGeomSetOffsetQuaternion(geom, [q.w, q.x, q.y, q.z])
    } else if shape != .plane {
      dGeomSetPosition(geom, pose.position.x, pose.position.y, pose.position.z)
      dGeomSetQuaternion(geom, [q.w, q.x, q.y, q.z])
    }
    let enclosing = shape.enclosingCapsule
    let axis = q.rotate(enclosing.halfAxis)
    let index = collisions.add(
      CollisionSet.Geometry(
        handle: geom, frame: body.map { bodies[$0.value].frame } ?? worldFrame, body: body?.value ?? -1, shape: shape,
        pose: pose, friction: friction, halfAxis: axis, boundingRadius: enclosing.radius,
        reach: enclosing.halfAxis.length + enclosing.radius))
    collisions.place(index, center: pose.position, axis: axis)
    return GeometryIndex(value: index)
  }

  /// Lets two shapes collide, with the larger of their friction coefficients. Pairs are tested in the order in which
  /// they are added.
  public mutating func addCollision(between a: GeometryIndex, and b: GeometryIndex) {
    let geometries = collisions.geometries
    // The first shape of a pair is the one that moves, so that ODE need not swap them; a plane is always second.
    let isSwapped = geometries[a.value].body < 0
    let (first, second) = isSwapped ? (b.value, a.value) : (a.value, b.value)
    precondition(geometries[first].body >= 0, "two shapes of the world cannot collide")
    precondition(geometries[first].body != geometries[second].body, "two shapes of one body cannot collide")
    let boxes = [first, second].count { if case .box = geometries[$0].shape { true } else { false } }
    collisions.add(
      CollisionSet.Pair(
        first: first, second: second, friction: max(geometries[first].friction, geometries[second].friction),
        maximumContacts: boxes == 2 ? 8 : 4))
  }

  /// Number of shapes.
  public var geometryCount: Int { collisions.geometries.count }
  /// Number of pairs of shapes that may collide.
  public var collisionPairCount: Int { collisions.pairs.count }
  /// The body that a shape is fixed to; `nil` for the world.
  public func body(of geometry: GeometryIndex) -> BodyIndex? {
    let body = collisions.geometries[geometry.value].body
    return body < 0 ? nil : BodyIndex(value: body)
  }

  /// Contacts of the last step; none right after a restore.
  public var contactCount: Int { collisions.count }
  /// Contact `index` of the last step, 0 ..< `contactCount`.
  public func contact(_ index: Int) -> Contact { collisions.contact(index) }
  /// All contacts of the last step.
  public var contacts: [Contact] { (0..<collisions.count).map(collisions.contact) }
}

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

extension Shape {
  var isProper: Bool {
    switch self {
    case .plane: true
    case .sphere(let radius): radius > 0 && radius.isFinite
    case .capsule(let radius, let halfLength), .cylinder(let radius, let halfLength):
      radius > 0 && halfLength > 0 && radius.isFinite && halfLength.isFinite
    case .box(let half): half.min() > 0 && half.isFinite
    }
  }

  /// A capsule about the shape's centre that encloses it. For a plane: its normal, and radius 0.
  package var enclosingCapsule: (halfAxis: Vector3, radius: Double) {
    switch self {
    case .plane: return ([0, 0, 1], 0)
    case .sphere(let radius): return (.zero, radius)
    case .capsule(let radius, let halfLength): return ([0, 0, halfLength], radius)
    case .cylinder(let radius, let halfLength): return ([0, 0, halfLength], radius)
    case .box(let half):
      // Along the longest edge; the corners are as far from the axis as the other two edges put them.
      let longest = half.x >= half.y && half.x >= half.z ? 0 : (half.y >= half.z ? 1 : 2)
      var axis = Vector3.zero
      axis[longest] = half[longest]
      var across = half
      across[longest] = 0
      return (axis, across.length)
    }
  }

  fileprivate func makeGeom(in pose: Pose) -> dGeomID {
    switch self {
    case .plane:
      let normal = pose.orientation.rotate([0, 0, 1])
      return dCreatePlane(nil, normal.x, normal.y, normal.z, normal.dot(pose.position))
    case .sphere(let radius): return dCreateSphere(nil, radius)
    case .capsule(let radius, let halfLength): return dCreateCapsule(nil, radius, 2 * halfLength)
    case .cylinder(let radius, let halfLength): return dCreateCylinder(nil, radius, 2 * halfLength)
    case .box(let half): return dCreateBox(nil, 2 * half.x, 2 * half.y, 2 * half.z)
    }
  }
}
