import PoiseCore
import PoiseSimulation

extension World {
  /// Joins a link to its parent; both are in the reference pose. Returns `nil` for a free link.
  mutating func connect(
    _ link: Linkage.Link, child: BodyIndex, parent: BodyIndex?, model: RobotModel
  ) -> JointIndex? {
    func anchor(_ joint: Int) -> Vector3 { link.referencePose.apply(to: model.joints[joint].anchor) }
    func axis(_ joint: Int) -> Vector3 { link.referencePose.orientation.rotate(model.joints[joint].axis).normalized }
    func degree(_ joint: Int) -> DegreeOfFreedom {
      let record = model.joints[joint]
      return DegreeOfFreedom(
        reference: record.reference, limits: record.range, damping: record.damping, stiffness: record.stiffness,
        springReference: record.springReference, armature: record.armature, frictionLoss: record.frictionLoss,
        servoCount: model.actuators.count { $0.joint == joint && $0.law != .motor })
    }
    switch link.connection {
    case .free(let j):
      let record = model.joints[j]
      addFree(
        child: child, point: -link.origin, damping: record.damping, armature: record.armature,
        frictionLoss: record.frictionLoss)
      return nil
    case .hinge(let j):
      return addHinge(child: child, parent: parent, anchor: anchor(j), axis: axis(j), degree: degree(j))
    case .slide(let j): return addSlide(child: child, parent: parent, axis: axis(j), degree: degree(j))
    case .universal(let a, let b):
      return addUniversal(
        child: child, parent: parent, anchor: anchor(a), axes: (axis(a), axis(b)), degrees: (degree(a), degree(b)))
    case .threeHinge(let a, let b, let c):
      return addThreeHinge(
        child: child, parent: parent, anchor: anchor(a), axes: (axis(a), axis(b), axis(c)),
        degrees: (degree(a), degree(b), degree(c)))
    case .planar(let a, let b, let c):
      return addPlanar(
        child: child, anchor: anchor(c), axes: (axis(a), axis(b), axis(c)), degrees: (degree(a), degree(b), degree(c)))
    case .ball(let j):
      let record = model.joints[j]
      return addBall(
        child: child, parent: parent, anchor: anchor(j), damping: record.damping, armature: record.armature,
        frictionLoss: record.frictionLoss)
    }
  }

  /// Adds an intermediate link of a chain.
  mutating func addIntermediateBody(of link: Linkage.Link, in linkage: Linkage, at pose: Pose) -> BodyIndex {
    guard let carried = linkage.links.first(where: { $0.body == link.body && !$0.isIntermediate }) else {
      preconditionFailure("link '\(link.name)' carries nothing")
    }
    let arm = carried.inertia.centerOfMass - link.origin
    return addIntermediateBody(
      name: link.name, carryingMass: carried.inertia.mass,
      inertia: carried.inertia.tensor.eigenSystem().values.max() + carried.inertia.mass * arm.lengthSquared, at: pose)
  }

  mutating func addGeometries(of model: RobotModel, linkage: Linkage, bodies: [BodyIndex]) -> [GeometryIndex] {
    model.geometries.map { geometry in
      let placement = geometry.body.map { linkage.placements[$0] }
      let frame = (placement?.pose ?? .identity) * geometry.pose
      guard let link = placement?.link else {
        return addGeometry(geometry.shape, to: nil, at: frame, friction: geometry.friction)
      }
      let fromOrigin = Pose(position: frame.position - linkage.links[link].origin, orientation: frame.orientation)
      return addGeometry(geometry.shape, to: bodies[link], at: fromOrigin, friction: geometry.friction)
    }
  }
}

extension RobotModel {
  /// Pairs of geometries that may collide, in the order of the file.
  ///
  /// As in MuJoCo: contact type and affinity share a bit, the links differ, they are not parent and child unless the
  /// parent is the world, and the pair is not excluded by name.
  package func collidingPairs(_ linkage: Linkage) -> [(Int, Int)] {
    func link(_ geometry: Int) -> Int? { geometries[geometry].body.flatMap { linkage.placements[$0].link } }
    /// The parent among the links of the file, past the intermediate ones.
    func parent(_ link: Int) -> Int? {
      var parent = linkage.links[link].parent
      while let p = parent, linkage.links[p].isIntermediate { parent = linkage.links[p].parent }
      return parent
    }
    var pairs: [(Int, Int)] = []
    for i in geometries.indices {
      for j in geometries.indices where j > i {
        let (a, b) = (geometries[i], geometries[j])
        guard a.contactType & b.contactAffinity != 0 || b.contactType & a.contactAffinity != 0 else { continue }
        let (linkA, linkB) = (link(i), link(j))
        guard linkA != linkB else { continue }
        if let linkA, let linkB, parent(linkA) == linkB || parent(linkB) == linkA { continue }
        let isExcluded = excludedPairs.contains {
          ($0.first, $0.second) == (a.body, b.body) || ($0.first, $0.second) == (b.body, a.body)
        }
        if !isExcluded { pairs.append((i, j)) }
      }
    }
    return pairs
  }
}
