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
