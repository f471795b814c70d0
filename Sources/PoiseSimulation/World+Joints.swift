import COde
public import PoiseCore

/// Joints are made between bodies in their present poses, with anchors (m) and axes (unit vectors) in the world's
/// frame. `parent` nil is the world. The coordinate grows when the child turns or moves positively along the axis
/// against its parent, and a positive effort drives it that way.
extension World {
  /// Identifies a joint of this world.
  public struct JointIndex: Hashable, Sendable {
    /// Position in the order in which the joints were added, from 0.
    public let value: Int
  }

  /// Adds a hinge: one rotation about `axis` through `anchor`.
  public mutating func addHinge(
    child: BodyIndex, parent: BodyIndex?, anchor: Vector3, axis: Vector3, degree: DegreeOfFreedom = .init()
  ) -> JointIndex {
    checkAxes([axis], perpendicular: [])
    check([degree])
    let joint = HingeJoint(
      world: handle, child: frame(child), parent: frame(parent), anchor: anchor, axis: axis, degree: degree,
      index: addDegrees(1), physics: parameters)
    joints.hinges.append(joint)
    return register(
      .hinge(joints.hinges.count - 1), handle: joint.handle, child: child, parent: parent, degrees: [degree],
      areAngles: [true])
  }

  /// Adds a slide: one translation along `axis`. Its force acts along the axis; the joint carries the moment.
  public mutating func addSlide(
    child: BodyIndex, parent: BodyIndex?, axis: Vector3, degree: DegreeOfFreedom = .init()
  ) -> JointIndex {
    checkAxes([axis], perpendicular: [])
    check([degree])
    let joint = SlideJoint(
      world: handle, child: frame(child), parent: frame(parent), axis: axis, degree: degree, index: addDegrees(1),
      physics: parameters)
    joints.slides.append(joint)
    return register(
      .slide(joints.slides.count - 1), handle: joint.handle, child: child, parent: parent, degrees: [degree],
      areAngles: [false])
  }

  /// Adds a universal joint: two perpendicular hinges in series at one anchor; `axes.0` is fixed in the parent,
  /// `axes.1` in the child.
  public mutating func addUniversal(
    child: BodyIndex, parent: BodyIndex?, anchor: Vector3, axes: (Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom) = (.init(), .init())
  ) -> JointIndex {
    checkAxes([axes.0, axes.1], perpendicular: [(0, 1)])
    check([degrees.0, degrees.1])
    let joint = UniversalJoint(
      world: handle, child: frame(child), parent: frame(parent), anchor: anchor, axes: axes, degrees: degrees,
      index: addDegrees(2), physics: parameters)
    joints.universals.append(joint)
    return register(
      .universal(joints.universals.count - 1), handle: joint.handle, child: child, parent: parent,
      degrees: [degrees.0, degrees.1], areAngles: [true, true])
  }

  /// Adds three hinges in series at one anchor, each perpendicular to the others in this pose.
  public mutating func addThreeHinge(
    child: BodyIndex, parent: BodyIndex?, anchor: Vector3, axes: (Vector3, Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom, DegreeOfFreedom) = (.init(), .init(), .init())
  ) -> JointIndex {
    checkAxes([axes.0, axes.1, axes.2], perpendicular: [(0, 1), (1, 2), (0, 2)])
    check([degrees.0, degrees.1, degrees.2])
    let joint = ThreeHingeJoint(
      world: handle, child: frame(child), parent: frame(parent), anchor: anchor, axes: axes, degrees: degrees,
      index: addDegrees(3), physics: parameters)
    joints.threeHinges.append(joint)
    return register(
      .threeHinge(joints.threeHinges.count - 1), handle: joint.handle, child: child, parent: parent,
      degrees: [degrees.0, degrees.1, degrees.2], areAngles: [true, true, true])
  }

  /// Adds a planar joint to the world: two slides along `axes.0` and `axes.1`, and a hinge about their normal `axes.2`
  /// through `anchor`.
  public mutating func addPlanar(
    child: BodyIndex, anchor: Vector3, axes: (Vector3, Vector3, Vector3),
    degrees: (DegreeOfFreedom, DegreeOfFreedom, DegreeOfFreedom) = (.init(), .init(), .init())
  ) -> JointIndex {
    checkAxes([axes.0, axes.1, axes.2], perpendicular: [(0, 1), (1, 2), (0, 2)])
    check([degrees.0, degrees.1, degrees.2])
    let joint = PlanarJoint(
      world: handle, child: frame(child), anchor: anchor, axes: axes, degrees: degrees, index: addDegrees(3),
      physics: parameters)
    joints.planars.append(joint)
    return register(
      .planar(joints.planars.count - 1), handle: joint.handle, child: child, parent: nil,
      degrees: [degrees.0, degrees.1, degrees.2], areAngles: [false, false, true])
  }

  /// Adds a ball joint: three rotations without coordinates; read `ballOrientation`.
  ///
  /// - Parameters:
  ///   - child: the body that is added to the chain.
  ///   - parent: the body that carries it; `nil` for the world.
  ///   - anchor: the centre of the ball, m, world frame.
  ///   - damping: viscous damping about every axis, N·m·s/rad, not negative.
  ///   - armature: inertia of a rotor about every axis, kg·m², not negative.
  ///   - frictionLoss: dry friction about each of the child's axes, N·m, not negative.
  public mutating func addBall(
    child: BodyIndex, parent: BodyIndex?, anchor: Vector3, damping: Double = 0, armature: Double = 0,
    frictionLoss: Double = 0
  ) -> JointIndex {
    let joint = BallJoint(
      world: handle, child: frame(child), parent: frame(parent), anchor: anchor,
      resistance: IsotropicResistance(damping: damping, armature: armature, frictionLoss: frictionLoss),
      physics: parameters)
    joints.balls.append(joint)
    return JointIndex(value: joints.add(.ball(joints.balls.count - 1), handle: joint.handle))
  }

  /// Resists the motion of a free body: the translation of `point` along the world's axes, and the rotation about the
  /// body's axes. There are no coordinates and no reaction, hence no index.
  ///
  /// - Parameters:
  ///   - child: the free body.
  ///   - point: the point whose translation is resisted, m from the body's origin, body's axes.
  ///   - damping: viscous damping, N·s/m and N·m·s/rad, not negative.
  ///   - armature: inertia of a rotor, kg and kg·m², not negative.
  ///   - frictionLoss: dry friction along and about each axis, N and N·m, not negative.
  public mutating func addFree(
    child: BodyIndex, point: Vector3 = .zero, damping: Double = 0, armature: Double = 0, frictionLoss: Double = 0
  ) {
    let resistance = IsotropicResistance(damping: damping, armature: armature, frictionLoss: frictionLoss)
    guard !resistance.isNothing else { return }
    joints.frees.append(
      FreeJoint(
        world: handle, child: frame(child), worldFrame: worldFrame, point: point, resistance: resistance,
        physics: parameters))
  }

  /// Adds a joint that holds two bodies in their present relative pose.
  public mutating func addFixed(child: BodyIndex, parent: BodyIndex?) -> JointIndex {
    let joint: dJointID = dJointCreateFixed(handle, nil)
    dJointAttach(joint, frame(child).handle, frame(parent).handle)
    dJointSetFixed(joint)
    return JointIndex(value: joints.add(.fixed, handle: joint))
  }

  // MARK: Reading

  /// Number of coordinates of all joints together.
  public var degreeCount: Int { efforts.count }

  /// Indices of this joint's coordinates among those of all joints.
  public func degrees(of joint: JointIndex) -> Range<Int> {
    switch joints.references[joint.value] {
    case .hinge(let i): joints.hinges[i].degree..<joints.hinges[i].degree + 1
    case .slide(let i): joints.slides[i].degree..<joints.slides[i].degree + 1
    case .universal(let i): joints.universals[i].firstDegree..<joints.universals[i].firstDegree + 2
    case .threeHinge(let i): joints.threeHinges[i].firstDegree..<joints.threeHinges[i].firstDegree + 3
    case .planar(let i): joints.planars[i].firstDegree..<joints.planars[i].firstDegree + 3
    case .ball, .fixed: 0..<0
    }
  }

  /// The servos of one coordinate, [indices into `servos`], `DegreeOfFreedom.servoCount` of them.
  public func servos(of degree: Int) -> Range<Int> { servosOfDegree[degree] }

  /// Sets the whole turns of each angle, so that it is nearest to `positions` (rad, [degrees of freedom]) without a
  /// change of the pose. To be called after `setState`, which does not change the counted turns.
  public mutating func countTurns(near positions: [Double]) {
    precondition(positions.count == degreeCount, "need \(degreeCount) coordinates, got \(positions.count)")
    joints.countTurns(near: positions)
  }

  /// Writes all coordinates (rad, m) and rates (rad/s, m/s), [degrees of freedom], computed from the bodies' present states.
  public func readJoints(positions: inout [Double], velocities: inout [Double]) {
    precondition(
      positions.count == degreeCount && velocities.count == degreeCount,
      "need \(degreeCount) coordinates, got room for \(positions.count) and \(velocities.count)")
    joints.read(positions: &positions, velocities: &velocities)
  }

  /// All coordinates and rates, [degrees of freedom], in new arrays.
  public func readJoints() -> (positions: [Double], velocities: [Double]) {
    var q = [Double](repeating: 0, count: degreeCount)
    var v = q
    joints.read(positions: &q, velocities: &v)
    return (q, v)
  }

  /// The rotation of a ball joint's child since the joint was made, in the parent's frame, and its angular velocity
  /// relative to the parent, rad/s, in the child's frame. Traps for any other joint.
  public func ballOrientation(of joint: JointIndex) -> (orientation: Quaternion, angularVelocity: Vector3) {
    guard case .ball(let i) = joints.references[joint.value] else {
      preconditionFailure("joint \(joint.value) is not a ball")
    }
    return (joints.balls[i].orientation, joints.balls[i].angularVelocity)
  }

  /// Lets ODE record this joint's reaction from the next step on.
  public mutating func recordReaction(of joint: JointIndex) {
    guard joints.feedbacks[joint.value] == nil else { return }
    let memory = UnsafeMutablePointer<dJointFeedback>.allocate(capacity: 1)
    memory.initialize(to: dJointFeedback())
    joints.feedbacks[joint.value] = memory
    dJointSetFeedback(joints.handles[joint.value], memory)
  }

  /// Force (N) and torque about the child's centre of mass (N·m), world frame, that the joint's own constraint rows
  /// exerted on the child in the last step. Efforts are not included, nor limits and dampers of joints with several
  /// angles. Traps without `recordReaction`.
  public func reaction(of joint: JointIndex) -> (force: Vector3, torque: Vector3) {
    guard let feedback = joints.feedbacks[joint.value]?.pointee else {
      preconditionFailure("call recordReaction(of:) before the step whose reaction is wanted")
    }
    return (Vector3(feedback.f1.0, feedback.f1.1, feedback.f1.2), Vector3(feedback.t1.0, feedback.t1.1, feedback.t1.2))
  }

  // MARK: Making

  private mutating func addDegrees(_ count: Int) -> Int {
    let first = efforts.count
    efforts.append(contentsOf: repeatElement(0, count: count))
    return first
  }

  /// Enters a joint whose coordinates are the last ones that were added.
  private mutating func register(
    _ joint: JointReference, handle odeJoint: dJointID, child: BodyIndex, parent: BodyIndex?,
    degrees: [DegreeOfFreedom], areAngles: [Bool]
  ) -> JointIndex {
    let first = efforts.count - degrees.count
    for (index, degree) in degrees.enumerated() {
      let own = servos.count..<servos.count + degree.servoCount
      servos.append(contentsOf: repeatElement(CoordinateServo(), count: degree.servoCount))
      servosOfDegree.append(own)
      if degree.hasDrive {
        joints.drives.append(
          CoordinateDrive(
            world: handle, child: frame(child), parent: frame(parent), kind: areAngles[index] ? .angle : .length,
            record: degree, degree: first + index, joint: joint, index: index, servos: own, physics: parameters))
      }
      if areAngles[index], degree.countsTurns { joints.countAngle(joint, index, degree: first + index) }
    }
    return JointIndex(value: joints.add(joint, handle: odeJoint))
  }

  private func frame(_ body: BodyIndex?) -> BodyFrame { body.map { bodies[$0.value].frame } ?? worldFrame }

  private func checkAxes(_ axes: [Vector3], perpendicular pairs: [(Int, Int)]) {
    for axis in axes { precondition(abs(axis.length - 1) < 1e-6, "a joint's axis needs length 1, got \(axis)") }
    for (i, j) in pairs {
      precondition(abs(axes[i].dot(axes[j])) < 1e-3, "axes \(axes[i]) and \(axes[j]) are not perpendicular")
    }
  }

  private func check(_ degrees: [DegreeOfFreedom]) {
    for case let limits? in degrees.map(\.limits) {
      precondition(
        limits.upperBound - limits.lowerBound >= DegreeOfFreedom.narrowestLimits,
        "limits \(limits) are narrower than \(DegreeOfFreedom.narrowestLimits)")
    }
  }
}
