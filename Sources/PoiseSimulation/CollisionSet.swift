import COde
import COdeSupport
import PoiseCore

/// The shapes of a world and the pairs of them that may touch.
///
/// A fixed list of pairs, each with cheap tests before ODE's exact one: faster than a space, and its order, hence the
/// order of the solver's rows, does not depend on earlier motion.
///
/// Each pair stores the last direction that separated its shapes. It usually still does in the next step, and then no
/// search for the nearest points is needed. The contacts do not depend on it: no direction separates shapes that touch.
/// Source: Baraff 1990, "Curved Surfaces and Coherence for Non-Penetrating Rigid Body Simulation" (witnesses).
struct CollisionSet {
  struct Geometry {
    let handle: dGeomID
    let frame: BodyFrame
    /// Index of the body, or −1 for the world.
    let body: Int
    let shape: Shape
    /// In the body's frame, from its centre of mass.
    let pose: Pose
    let friction: Double
    /// Half of the axis of the capsule that encloses the shape, body's frame; its radius is `boundingRadius`.
    let halfAxis: Vector3
    let boundingRadius: Double
    /// Radius of the sphere that encloses the shape.
    let reach: Double
  }

  struct Pair {
    let first: Int
    let second: Int
    let friction: Double
    let maximumContacts: Int
  }

  /// The data of a pair that the cheap test reads, small and contiguous: most pairs of a step get no further.
  private struct Candidate {
    let first: Int
    let second: Int
    /// Sums for the two geometries; of the first alone where the second is a plane.
    let squaredReach: Double
    let boundingRadius: Double
    let isWithPlane: Bool
  }

  /// The masses that a pair's contacts may have to carry. They follow from the bodies and joints, so they are computed
  /// when all exist.
  struct Load {
    /// The trees of the two bodies, in the pair's order; the second is `nil` for the world.
    let firstTree: Int
    let secondTree: Int?
    /// Mass of the heavier of the two bodies, kg.
    let bodyMass: Double
    /// Penetration that is left uncorrected, m.
    let surfaceLayer: Double

    /// Whether the two bodies belong to different trees, rather than a robot touching the world or itself.
    var isBetweenTrees: Bool { secondTree.map { $0 != firstTree } ?? false }
  }

  private(set) var geometries: [Geometry] = []
  private(set) var pairs: [Pair] = []
  /// Of each pair, [pairs].
  private var candidates: [Candidate] = []
  /// Unit vectors, world frame, that last separated each pair; zero where none is known, [pairs].
  private var witnesses: [Vector3] = []
  /// World position of each geometry's centre and half axis in this step, [geometries].
  private var centers: [Vector3] = []
  private var halfAxes: [Vector3] = []
  /// Its first elements are the pairs that the cheap tests left in this step, in order, [pairs].
  private var near: [Int] = []
  /// Memory for the contacts of all pairs at once, so that none is ever dropped; allocated in the first step.
  private(set) var room: ContactRoom?
  private(set) var pairOfContact: [Int] = []
  /// Of each pair, [pairs]; set by `arrange`.
  private var loads: [Load] = []
  /// See `ContactSurface.tieBreaker`, m/s, for contacts between trees in every step; a test sets it to 0 to produce ties.
  var tieBreaker = ContactSurface.tieBreaker
  /// kg, [trees].
  private var treeMasses: [Double] = []
  /// Trees that touch in this step, directly or through others.
  private var islands = DisjointSets(count: 0)
  /// kg of the island of each root, [trees].
  private var islandMasses: [Double] = []
  /// Contacts of the last step.
  private(set) var count = 0

  mutating func add(_ geometry: Geometry) -> Int {
    geometries.append(geometry)
    centers.append(.zero)
    halfAxes.append(.zero)
    return geometries.count - 1
  }

  mutating func add(_ pair: Pair) {
    pairs.append(pair)
    let (a, b) = (geometries[pair.first], geometries[pair.second])
    let reach = a.reach + b.reach
    let isWithPlane = b.shape == .plane
    candidates.append(
      Candidate(
        first: pair.first, second: pair.second, squaredReach: reach * reach,
        boundingRadius: isWithPlane ? a.boundingRadius : a.boundingRadius + b.boundingRadius,
        isWithPlane: isWithPlane))
    witnesses.append(.zero)
    near.append(0)
    free()
    room = nil
    count = 0
  }

  private mutating func makeRoom() -> ContactRoom {
    let capacity = pairs.reduce(0) { $0 + $1.maximumContacts }
    let room = ContactRoom(capacity: capacity)
    self.room = room
    pairOfContact = Array(repeating: 0, count: capacity)
    return room
  }

  mutating func clearContacts() { count = 0 }

  func free() { room?.free() }

  /// Computes the load of each pair; to be called before the first step, and after a mass has changed.
  ///
  /// - Parameter surfaceLayer: the surface layer of a robot's contacts with the world and itself, m; for small shapes it
  ///   is at most a twentieth of the smaller one's reach. For all other contacts it is a tenth of that: bodies without
  ///   joints are not driven, so they need less, and in a stack the layers add up.
  mutating func arrange(_ trees: BodyTrees, bodies: [BodyRecord], surfaceLayer: Double) {
    treeMasses = trees.masses
    islandMasses = trees.masses
    islands = DisjointSets(count: trees.masses.count)
    loads = pairs.map { pair in
      let (a, b) = (geometries[pair.first], geometries[pair.second])
      let firstTree = trees.tree[a.body]
      let secondTree = b.body < 0 ? nil : trees.tree[b.body]
      let reach = b.body < 0 ? a.reach : min(a.reach, b.reach)
      let isOfOneRobot = (secondTree ?? firstTree) == firstTree && !trees.isLoose(firstTree)
      return Load(
        firstTree: firstTree, secondTree: secondTree,
        bodyMass: max(bodies[a.body].mass, b.body < 0 ? 0 : bodies[b.body].mass),
        surfaceLayer: min(surfaceLayer, 0.05 * reach) * (isOfOneRobot ? 1 : 0.1))
    }
  }

  // MARK: Each step

  /// Finds all contacts and makes a contact joint of each, in the order of the pairs.
  ///
  /// - Parameter unevenness: m/s, see `ContactSurface.tieBreaker`.
  /// - Returns: false if an assertion of ODE failed.
  mutating func collide(
    world: dWorldID, group: dJointGroupID, surface: ContactSurface, frictionScale: Double, gravity: Vector3,
    unevenness: Double
  ) -> Bool {
    count = 0
    guard !pairs.isEmpty else { return true }
    let room = room ?? makeRoom()
    Self.follow(geometries, centers: &centers, halfAxes: &halfAxes)
    let nearCount = Self.findNear(
      candidates, centers: centers, halfAxes: halfAxes, witnesses: &witnesses, near: &near)
    var hasIslands = false
    for index in near[..<nearCount] {
      let pair = pairs[index]
      let found = Int(
        poise_ode_collide(
          geometries[pair.first].handle, geometries[pair.second].handle, Int32(pair.maximumContacts),
          &room.points[count].geom, Int32(MemoryLayout<dContact>.stride)))
      guard found > 0 else {
        if found < 0 { return false }
        continue
      }
      if loads[index].isBetweenTrees, let secondTree = loads[index].secondTree {
        if !hasIslands { islands.separate() }
        hasIslands = true
        islands.join(loads[index].firstTree, secondTree)
      }
      for i in count..<count + found { pairOfContact[i] = index }
      count += found
    }
    if hasIslands { weighIslands() }
    for i in 0..<count {
      let (pair, load) = (pairs[pairOfContact[i]], loads[pairOfContact[i]])
      let first = geometries[pair.first].frame
      let second = geometries[pair.second].frame
      surface.describe(
        &room.points[i], friction: frictionScale * pair.friction, gravity: gravity, first: first, second: second)
      surface.harden(
        &room.points[i], bodyMass: load.bodyMass,
        restingMass: hasIslands ? islandMasses[islands.root(of: load.firstTree)] : treeMasses[load.firstTree],
        surfaceLayer: load.surfaceLayer, isBetweenTrees: load.isBetweenTrees)
      let spread = load.isBetweenTrees ? max(unevenness, tieBreaker) : unevenness
      if spread > 0 { surface.setApart(&room.points[i], by: spread, index: i) }
      let joint = dJointCreateContact(world, group, &room.points[i])
      dJointAttach(joint, first.handle, second.handle)
      dJointSetFeedback(joint, &room.reactions[i])
    }
    return true
  }

  private mutating func weighIslands() {
    for tree in treeMasses.indices { islandMasses[tree] = 0 }
    for tree in treeMasses.indices { islandMasses[islands.root(of: tree)] += treeMasses[tree] }
  }

  // The two loops over all pairs use spans, since access to an array's element checks the array each time. They are functions,
  // since spans of several arrays of one value are possible only for arguments.

  private static func follow(_ geometries: [Geometry], centers: inout [Vector3], halfAxes: inout [Vector3]) {
    let geometries = geometries.span
    var centers = centers.mutableSpan
    var halfAxes = halfAxes.mutableSpan
    for i in geometries.indices where geometries[i].body >= 0 {
      centers[i] = geometries[i].frame.position + geometries[i].frame.rotate(geometries[i].pose.position)
      halfAxes[i] = geometries[i].frame.rotate(geometries[i].halfAxis)
    }
  }

  /// Lists the pairs whose enclosing capsules touch.
  ///
  /// - Returns: how many there are.
  private static func findNear(
    _ candidates: [Candidate], centers: [Vector3], halfAxes: [Vector3], witnesses: inout [Vector3], near: inout [Int]
  ) -> Int {
    let candidates = candidates.span
    let centers = centers.span
    let halfAxes = halfAxes.span
    var witnesses = witnesses.mutableSpan
    var near = near.mutableSpan
    var count = 0
    for index in candidates.indices {
      let pair = candidates[index]
      let between = centers[pair.second] - centers[pair.first]
      if !pair.isWithPlane, between.lengthSquared > pair.squaredReach { continue }
      let (a, b) = (halfAxes[pair.first], halfAxes[pair.second])
      guard mayTouch(pair, between, a, b, &witnesses[index]) else { continue }
      near[count] = index
      count += 1
    }
    return count
  }

  /// Whether the capsules of half axes `a` and `b` touch, whose centres are `between` apart; the second may be a plane.
  @inline(__always)
  private static func mayTouch(
    _ pair: Candidate, _ between: Vector3, _ a: Vector3, _ b: Vector3, _ witness: inout Vector3
  ) -> Bool {
    if pair.isWithPlane { return -b.dot(between) - abs(b.dot(a)) <= pair.boundingRadius }
    let gap = abs(between.dot(witness)) - abs(a.dot(witness)) - abs(b.dot(witness))
    if gap > pair.boundingRadius + roundingMargin { return false }
    let nearest = shortestWayBetweenSegments(between, a, b)
    let squaredDistance = nearest.lengthSquared
    guard squaredDistance > pair.boundingRadius * pair.boundingRadius else { return true }
    witness = nearest / squaredDistance.squareRoot()
    return false
  }

  /// A gap larger than any rounding error, m; shapes nearer than that are left to ODE.
  private static let roundingMargin = 1e-9

  /// A world geometry does not move; its centre and axis (a plane's normal) are set once.
  mutating func place(_ index: Int, center: Vector3, axis: Vector3) {
    centers[index] = center
    halfAxes[index] = axis
  }
}

/// Memory that ODE writes contacts and their reactions to.
struct ContactRoom {
  let points: UnsafeMutablePointer<dContact>
  let reactions: UnsafeMutablePointer<dJointFeedback>

  init(capacity: Int) {
    points = .allocate(capacity: capacity)
    points.initialize(repeating: dContact(), count: capacity)
    reactions = .allocate(capacity: capacity)
    reactions.initialize(repeating: dJointFeedback(), count: capacity)
  }

  func free() {
    points.deallocate()
    reactions.deallocate()
  }
}

/// The shortest way from the segment ±`a` about the origin to the segment ±`b` about `d`; any of them where there are several.
/// Source: Ericson 2005, "Real-Time Collision Detection", section 5.1.9, for centred segments.
@inline(__always)
func shortestWayBetweenSegments(_ d: Vector3, _ a: Vector3, _ b: Vector3) -> Vector3 {
  // Points s a and d + t b with s, t in [−1, 1]; minimise |d + t b − s a|².
  let aa = a.lengthSquared
  let bb = b.lengthSquared
  let ab = a.dot(b)
  let ad = a.dot(d)
  let bd = b.dot(d)
  let denominator = aa * bb - ab * ab
  var s = denominator > 1e-12 * aa * bb ? clampToUnit((ad * bb - ab * bd) / denominator) : 0
  let free = bb > 0 ? (ab * s - bd) / bb : 0
  let t = clampToUnit(free)
  if t != free || bb == 0 { s = aa > 0 ? clampToUnit((ad + ab * t) / aa) : 0 }
  return d + t * b - s * a
}

@inline(__always) private func clampToUnit(_ x: Double) -> Double { min(1, max(-1, x)) }
