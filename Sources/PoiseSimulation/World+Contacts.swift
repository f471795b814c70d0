import COde
public import PoiseCore

extension World {
  /// Names a shape of this world.
  public struct GeometryIndex: Hashable, Sendable {
    public let value: Int
  }

  /// A point where two shapes touched in the last step.
  public struct Contact: Hashable, Sendable {
    public var first: GeometryIndex
    public var second: GeometryIndex
    /// m, world frame.
    public var position: Vector3
    /// Unit vector, world frame, from the second shape into the first.
    public var normal: Vector3
    /// m: how far the shapes overlapped when the step began.
    public var depth: Double
    /// N, world frame: what the second shape exerted on the first in the step, friction included.
    public var force: Vector3
  }

  /// Fixes a shape to a body, or to the world.
  ///
  /// - Parameters:
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

  /// Lets two shapes collide, with the larger of their frictions. Pairs are tested in the order in which they are added.
  public mutating func addCollision(between a: GeometryIndex, and b: GeometryIndex) {
    let geometries = collisions.geometries
    // The first of a pair is the one that moves, so that ODE need not swap; a plane is always second.
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

  public var geometryCount: Int { collisions.geometries.count }
  public var collisionPairCount: Int { collisions.pairs.count }
  public func body(of geometry: GeometryIndex) -> BodyIndex? {
    let body = collisions.geometries[geometry.value].body
    return body < 0 ? nil : BodyIndex(value: body)
  }

  /// Contacts of the last step; none right after a restore.
  public var contactCount: Int { collisions.count }
  public func contact(_ index: Int) -> Contact { collisions.contact(index) }
  public var contacts: [Contact] { (0..<collisions.count).map(collisions.contact) }
}

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

  /// A capsule about the shape's centre that holds all of it. For a plane: its normal, and no radius.
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
