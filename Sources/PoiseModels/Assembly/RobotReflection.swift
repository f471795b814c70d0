public import PoiseCore
import PoiseSimulation

/// Which parts of a robot are each other's mirror image, and with which signs.
public struct RobotReflection: Hashable, Sendable {
  /// The mirror plane.
  public let plane: MirrorPlane
  /// The body that each body changes places with, [bodies of the model].
  public let bodies: [Int]
  /// Permutation and signs of joint positions and velocities, [scalar joints].
  public let joints: Reflection
  /// Of controls, [actuators].
  public var controls: Reflection
  /// Permutation and signs of torques and forces at the joints, [actuators].
  public let efforts: Reflection
}

extension RobotModel {
  /// The robot's reflection. Parts are matched by position, then everything that affects the motion is compared:
  /// masses, inertias, joints, colliding shapes, actuators.
  ///
  /// Lengths may differ by 1 mm and other numbers by 1 %: real robots' descriptions are symmetric to within that.
  ///
  /// - Throws: `Asymmetry` with every difference between the robot in its reference pose and its mirror image.
  public func reflection(across plane: MirrorPlane) throws(Asymmetry) -> RobotReflection {
    var matching = MirrorMatching(self, plane)
    matching.matchScene()
    matching.matchActuators()
    guard matching.reasons.isEmpty else { throw Asymmetry(matching.reasons) }
    let scalar = scalarJoints
    var places = [Int](repeating: 0, count: joints.count)
    for (place, joint) in scalar.enumerated() { places[joint] = place }
    return RobotReflection(
      plane: plane, bodies: matching.bodies,
      joints: Reflection(
        partners: scalar.map { places[matching.joints[$0].partner] }, signs: scalar.map { matching.joints[$0].sign }),
      controls: Reflection(
        partners: matching.actuators.map(\.partner), signs: matching.actuators.map(\.controlSign)),
      efforts: Reflection(
        partners: matching.actuators.map(\.partner),
        signs: actuators.map { matching.joints[$0.joint].sign }))
  }
}

/// The search for mirror images, from the world outwards.
private struct MirrorMatching {
  let model: RobotModel
  let plane: MirrorPlane
  /// Frames in the world in the reference pose, [bodies].
  private let poses: [Pose]
  private(set) var bodies: [Int]
  private(set) var joints: [(partner: Int, sign: Int)]
  private(set) var actuators: [(partner: Int, controlSign: Int)]
  private(set) var reasons: [String] = []

  /// m
  private static let lengthTolerance = 1e-3
  /// Share of the larger number; rad for angles.
  private static let tolerance = 1e-2

  init(_ model: RobotModel, _ plane: MirrorPlane) {
    self.model = model
    self.plane = plane
    poses = model.bodies.indices.map { model.referencePose(of: $0) }
    bodies = Array(model.bodies.indices)
    joints = model.joints.indices.map { ($0, 1) }
    actuators = model.actuators.indices.map { ($0, 1) }
  }

  mutating func matchScene() {
    let gravity = model.physics.gravity
    require(
      (plane.image(of: gravity) - gravity).length <= Self.tolerance * gravity.length,
      "gravity, \(gravity), does not lie in the mirror plane")
    matchGeometries(of: nil, with: nil, "the world")
    matchChildren(of: nil, with: nil)
    for body in model.bodies.indices {
      require(bodies[bodies[body]] == body, "\(name(body)) has more than one mirror image")
    }
    let excluded = Set(model.excludedPairs.map { Set([$0.first, $0.second]) })
    let images = Set(
      model.excludedPairs.map { Set([$0.first.map { bodies[$0] }, $0.second.map { bodies[$0] }]) })
    require(excluded == images, "pairs of bodies that never collide are not mirrored")
  }

  // MARK: Bodies

  private mutating func matchChildren(of parent: Int?, with other: Int?) {
    var candidates = children(of: other)
    for body in children(of: parent) {
      let near = candidates.filter { distance(body, $0) <= 2 * Self.lengthTolerance }
      // Among bodies at one place, a body is its own image if it can be.
      guard let image = near.contains(body) ? body : near.min(by: { distance(body, $0) < distance(body, $1) }) else {
        let place = plane.image(of: poses[body].position)
        let coordinates = [place.x, place.y, place.z].map { "\($0.rounded(significant: 4))" }.joined(separator: ", ")
        reasons.append("\(name(body)) has no mirror image: no body like it stands at (\(coordinates)) m")
        continue
      }
      candidates.removeAll { $0 == image }
      bodies[body] = image
      // The parts of two bodies are compared once, from the first of them.
      if body <= image {
        compareInertia(body, image)
        matchJoints(of: body, with: image)
      }
      matchGeometries(of: body, with: image, name(body))
      matchChildren(of: body, with: image)
    }
  }

  private func children(of parent: Int?) -> [Int] {
    model.bodies.indices.filter { model.bodies[$0].parent == parent }
  }

  private func center(_ body: Int) -> Vector3 {
    poses[body].apply(to: model.bodies[body].inertia?.centerOfMass ?? .zero)
  }

  /// Distance of frame and centre of mass of `other` from the images of those of `body`, m.
  private func distance(_ body: Int, _ other: Int) -> Double {
    (plane.image(of: poses[body].position) - poses[other].position).length
      + (plane.image(of: center(body)) - center(other)).length
  }

  private mutating func compareInertia(_ body: Int, _ other: Int) {
    let subject = differing("body", model.bodies[body].name, model.bodies[other].name)
    let (own, image) = (model.bodies[body].inertia, model.bodies[other].inertia)
    guard let own, let image else {
      require(own == nil && image == nil, "\(subject) mass")
      return
    }
    require(isClose(own.mass, image.mass), "\(subject) mass")
    let tensor = plane.image(of: own.tensor.rotated(by: poses[body].orientation))
    let difference = tensor - image.tensor.rotated(by: poses[other].orientation)
    let isSame = (0..<9).allSatisfy { abs(difference[$0 / 3, $0 % 3]) <= Self.tolerance * tensor.trace }
    require(isSame, "\(subject) moments of inertia")
  }

  // MARK: Joints

  private mutating func matchJoints(of body: Int, with other: Int) {
    let own = model.joints.indices.filter { model.joints[$0].body == body }
    let images = model.joints.indices.filter { model.joints[$0].body == other }
    guard own.map({ model.joints[$0].kind }) == images.map({ model.joints[$0].kind }) else {
      reasons.append("\(differing("body", model.bodies[body].name, model.bodies[other].name)) joints")
      return
    }
    for (joint, image) in zip(own, images) { matchJoint(joint, image) }
  }

  private mutating func pairJoints(_ index: Int, _ otherIndex: Int, sign: Int) {
    (joints[index], joints[otherIndex]) = ((otherIndex, sign), (index, sign))
  }

  private mutating func matchJoint(_ index: Int, _ otherIndex: Int) {
    let (own, other) = (model.joints[index], model.joints[otherIndex])
    let subject = differing("joint", own.name, other.name)
    pairJoints(index, otherIndex, sign: 1)
    func anchor(_ joint: RobotModel.Joint) -> Vector3 { poses[joint.body].apply(to: joint.anchor) }
    if own.kind == .hinge || own.kind == .ball {
      require((plane.image(of: anchor(own)) - anchor(other)).length <= Self.lengthTolerance, "\(subject) anchor")
    }
    require(isClose(own.damping, other.damping), "\(subject) damping")
    require(isClose(own.stiffness, other.stiffness), "\(subject) stiffness")
    require(isClose(own.armature, other.armature), "\(subject) armature")
    require(isClose(own.frictionLoss, other.frictionLoss), "\(subject) friction loss")
    guard own.kind == .hinge || own.kind == .slide else { return }

    func axis(_ joint: RobotModel.Joint) -> Vector3 { poses[joint.body].orientation.rotate(joint.axis) }
    let image = own.kind == .hinge ? plane.image(ofAxial: axis(own)) : plane.image(of: axis(own))
    let sign = image.dot(axis(other)) < 0 ? -1 : 1
    pairJoints(index, otherIndex, sign: sign)
    require((Double(sign) * image - axis(other)).length <= Self.tolerance, "\(subject) axis")
    let factor = Double(sign)
    let length = own.kind == .slide ? Self.lengthTolerance : Self.tolerance
    require(
      abs(own.reference - factor * other.reference) <= length
        && abs(own.springReference - factor * other.springReference) <= length, "\(subject) reference")
    require(isImage(other.range, of: own.range, sign) { abs($0 - $1) <= length }, "\(subject) range")
  }

  // MARK: Shapes

  private mutating func matchGeometries(of body: Int?, with other: Int?, _ subject: String) {
    var candidates = colliding(other)
    let own = colliding(body)
    require(own.count == candidates.count, "\(subject) and its mirror image have unlike numbers of colliding shapes")
    guard own.count == candidates.count else { return }
    for geometry in own {
      let match = candidates.firstIndex { isImage($0, of: geometry) }
      if let match { candidates.remove(at: match) }
      require(
        match != nil,
        "\(subject): shape '\(geometry.name)' has no mirror image of its size, place, friction and contact bits")
    }
  }

  private func colliding(_ body: Int?) -> [RobotModel.Geometry] {
    model.geometries.filter { $0.body == body && ($0.contactType != 0 || $0.contactAffinity != 0) }
  }

  private func isImage(_ other: RobotModel.Geometry, of own: RobotModel.Geometry) -> Bool {
    guard
      own.contactType == other.contactType, own.contactAffinity == other.contactAffinity,
      isClose(own.friction, other.friction)
    else { return false }
    let (a, b) = (landmarks(own), landmarks(other))
    guard abs(a.radius - b.radius) <= Self.lengthTolerance, a.points.count == b.points.count else { return false }
    return a.points.allSatisfy { point in
      b.points.contains { (plane.image(of: point) - $0).length <= Self.lengthTolerance }
    }
  }

  /// Points in the world, in the reference pose, that determine a shape up to its radius and kind.
  private func landmarks(_ geometry: RobotModel.Geometry) -> (radius: Double, points: [Vector3]) {
    let pose = (geometry.body.map { poses[$0] } ?? .identity) * geometry.pose
    switch geometry.shape {
    case .plane:
      let normal = pose.orientation.rotate([0, 0, 1])
      let foot = normal.dot(pose.position) * normal
      // Three points, so that it differs from other shapes.
      return (0, [foot, foot + normal, foot + 2 * normal])
    case .sphere(let radius): return (radius, [pose.position])
    case .capsule(let radius, let h): return (radius, [-h, h].map { pose.apply(to: [0, 0, $0]) })
    // With its centre, so that it differs from a capsule.
    case .cylinder(let radius, let h): return (radius, [-h, 0, h].map { pose.apply(to: [0, 0, $0]) })
    case .box(let e):
      let corners = (0..<8).map { corner in
        Vector3(corner & 1 == 0 ? e.x : -e.x, corner & 2 == 0 ? e.y : -e.y, corner & 4 == 0 ? e.z : -e.z)
      }
      return (0, corners.map { pose.apply(to: $0) })
    }
  }

  // MARK: Actuators

  mutating func matchActuators() {
    for (index, actuator) in model.actuators.enumerated() {
      // The nth actuator of a joint belongs to the nth of the other.
      let place = model.actuators[..<index].count { $0.joint == actuator.joint }
      let images = model.actuators.indices.filter { model.actuators[$0].joint == joints[actuator.joint].partner }
      guard place < images.count else {
        let joint = model.joints[joints[actuator.joint].partner].name
        reasons.append("actuator '\(actuator.name)' has no mirror image on joint '\(joint)'")
        continue
      }
      if index <= images[place] { matchActuator(index, images[place]) }
    }
  }

  /// force = gear · clamp(law(u)), so u′ = ± u gives ± the force where the gears are equal up to the sign.
  private mutating func matchActuator(_ index: Int, _ otherIndex: Int) {
    let (own, other) = (model.actuators[index], model.actuators[otherIndex])
    let subject = differing("actuator", own.name, other.name)
    let sign = joints[own.joint].sign * (own.gear * other.gear < 0 ? -1 : 1)
    (actuators[index], actuators[otherIndex]) = ((otherIndex, sign), (index, sign))
    require(isClose(abs(own.gear), abs(other.gear)), "\(subject) gear")
    let isSameLaw =
      switch (own.law, other.law) {
      case (.motor, .motor): true
      case (.position(let k, let d), .position(let k2, let d2)): isClose(k, k2) && isClose(d, d2)
      case (.velocity(let k), .velocity(let k2)): isClose(k, k2)
      default: false
      }
    require(isSameLaw, "\(subject) kind or gain")
    require(isImage(other.controlRange, of: own.controlRange, sign, isClose), "\(subject) control range")
    require(isImage(other.forceRange, of: own.forceRange, sign, isClose), "\(subject) force range")
  }

  // MARK: Words and numbers

  private mutating func require(_ condition: Bool, _ reason: String) {
    if !condition { reasons.append(reason) }
  }

  private func name(_ body: Int) -> String { "body '\(model.bodies[body].name)'" }

  private func differing(_ kind: String, _ name: String, _ other: String) -> String {
    name == other
      ? "\(kind) '\(name)' differs from its own mirror image in its"
      : "\(kind) '\(name)' differs from its mirror image '\(other)' in its"
  }

  private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= Self.tolerance * max(abs(a), abs(b)) }

  /// Whether two ranges are equal up to the sign of their quantity.
  private func isImage(
    _ other: ClosedRange<Double>?, of own: ClosedRange<Double>?, _ sign: Int, _ isClose: (Double, Double) -> Bool
  ) -> Bool {
    guard let own, let other else { return own == nil && other == nil }
    let image = sign < 0 ? -other.upperBound ... -other.lowerBound : other
    return isClose(own.lowerBound, image.lowerBound) && isClose(own.upperBound, image.upperBound)
  }
}
