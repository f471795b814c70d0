import COde
import COdeSupport
public import PoiseCore

extension World {
  /// Adds a body that rests in `pose`.
  ///
  /// A body's origin is its centre of mass, with one exception: a body that can only turn about a point fixed in the
  /// world may have its origin there. ODE moves bodies along straight lines for one step and then projects their velocity
  /// back onto the circle, which costs energy, h ω²/2 of it each second; a body whose origin does not move loses none,
  /// and its hinge is semi-implicit Euler, exactly.
  ///
  /// - Parameters:
  ///   - mass: kg, positive.
  ///   - inertia: kg·m² about the origin, along the body's axes; symmetric and positive definite.
  ///   - pose: the origin and the body's axes in the world.
  ///   - centerOfMass: m from the origin, body's axes; not zero only for a body whose origin is held by the world.
  ///   - maximumAngularSpeed: rad/s; faster turning is cut to it after every physics step.
  public mutating func addBody(
    name: String, mass: Double, inertia: Matrix3, at pose: Pose, centerOfMass: Vector3 = .zero,
    maximumAngularSpeed: Double? = nil
  ) -> BodyIndex {
    precondition(mass.isFinite && mass > 0, "body '\(name)' needs a positive mass, got \(mass) kg")
    precondition(
      inertia.isFinite && inertia.eigenSystem().values.min() > 0,
      "body '\(name)' needs a positive definite inertia, got \(inertia)")
    let body: dBodyID = dBodyCreate(handle)
    if let maximumAngularSpeed { dBodySetMaxAngularSpeed(body, maximumAngularSpeed) }
    let frame = BodyFrame(body, mass: mass, inertia: inertia)
    bodies.append(
      BodyRecord(frame: frame, centerOfMass: centerOfMass, nominalMass: mass, nominalInertia: inertia))
    bodyNames.append(name)
    external.append(ExternalForce())
    let index = BodyIndex(value: bodies.count - 1)
    if centerOfMass != .zero {
      // Its weight does not act at the origin, so ODE's own gravity is switched off and ours applied.
      dBodySetGravityMode(body, 0)
      pinnedBodies.append(index.value)
    }
    setMassScale(of: index, to: 1)
    setState(of: index, pose: pose, linearVelocity: .zero, angularVelocity: .zero)
    return index
  }

  /// Share of what it carries that an intermediate body has of mass and inertia: enough for the solver, which divides by both, and too
  /// little to be seen in any motion.
  private static let intermediateShare = 1e-6

  /// Adds a body that only joins others, between two joints of a chain. It has no weight, counts in no sum of masses, momenta or energies,
  /// and has a millionth of the inertia of what it carries.
  ///
  /// - Parameters:
  ///   - mass: kg, of what it carries; - inertia: kg·m² about `pose`, the largest principal one of what it carries.
  public mutating func addIntermediateBody(
    name: String, carryingMass mass: Double, inertia: Double, at pose: Pose
  ) -> BodyIndex {
    let share = Self.intermediateShare
    let index = addBody(
      name: name, mass: share * mass, inertia: share * inertia * Matrix3.identity, at: pose)
    let body = bodies[index.value]
    guard let handle = body.frame.handle else { preconditionFailure("a body without ODE's body") }
    dBodySetGravityMode(handle, 0)
    // What a push does to it is what it does to its load.
    bodies[index.value] = BodyRecord(
      frame: BodyFrame(handle, mass: mass, inertia: inertia * Matrix3.identity), centerOfMass: .zero,
      nominalMass: body.nominalMass, nominalInertia: body.nominalInertia, isIntermediate: true)
    return index
  }

  public var bodyCount: Int { bodies.count }
  public var bodyIndices: [BodyIndex] { bodies.indices.map(BodyIndex.init) }
  public func name(of body: BodyIndex) -> String { bodyNames[body.value] }
  /// kg
  public func mass(of body: BodyIndex) -> Double { bodies[body.value].mass }

  // MARK: Reading

  /// The body's origin (its centre of mass, but for bodies held by the world) and its axes.
  public func pose(of body: BodyIndex) -> Pose {
    Pose(position: bodies[body.value].frame.position, orientation: bodies[body.value].frame.quaternion)
  }
  public func position(of body: BodyIndex) -> Vector3 { bodies[body.value].frame.position }
  public func orientation(of body: BodyIndex) -> Quaternion { bodies[body.value].frame.quaternion }
  /// m/s of the origin.
  public func linearVelocity(of body: BodyIndex) -> Vector3 { bodies[body.value].frame.linearVelocity }
  /// rad/s
  public func angularVelocity(of body: BodyIndex) -> Vector3 { bodies[body.value].frame.angularVelocity }
  /// m/s of the point of the body that is at `point` now.
  public func velocity(of body: BodyIndex, at point: Vector3) -> Vector3 {
    bodies[body.value].frame.velocity(at: point)
  }
  /// A vector of the body's axes in the world's.
  public func rotate(_ vector: Vector3, from body: BodyIndex) -> Vector3 { bodies[body.value].frame.rotate(vector) }
  /// A vector of the world's axes in the body's.
  public func unrotate(_ vector: Vector3, to body: BodyIndex) -> Vector3 { bodies[body.value].frame.unrotate(vector) }

  // MARK: Setting

  /// Puts a body anywhere, exactly; joints are not consulted, so move all bodies of a robot together.
  public mutating func setState(
    of body: BodyIndex, pose: Pose, linearVelocity v: Vector3, angularVelocity ω: Vector3
  ) {
    precondition(
      pose.position.isFinite && pose.orientation.isFinite && v.isFinite && ω.isFinite,
      "body '\(bodyNames[body.value])' cannot be put into a state that is not finite")
    let q = pose.orientation.normalized
    if breakdown == nil { standstill = nil }
    poise_ode_body_set_state(
      bodies[body.value].frame.handle, [pose.position.x, pose.position.y, pose.position.z], [q.w, q.x, q.y, q.z],
      [v.x, v.y, v.z], [ω.x, ω.y, ω.z])
  }

  /// The factor that `setMassScale` set.
  public func massScale(of body: BodyIndex) -> Double { bodies[body.value].massScale }

  /// Multiplies a body's mass and inertia, as made, by `scale`.
  public mutating func setMassScale(of body: BodyIndex, to scale: Double) {
    precondition(scale > 0 && scale.isFinite, "a body's mass needs a positive scale, got \(scale)")
    bodies[body.value].massScale = scale
    let record = bodies[body.value]
    let i = record.inertia
    var mass = dMass()
    dMassSetParameters(&mass, record.mass, 0, 0, 0, i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2])
    dBodySetMass(record.frame.handle, &mass)
    arrangeBeforeNextStep()
  }

  /// Pushes a body with a force (N) at a point of the body (m, body's axes, from its origin) and a torque (N·m)
  /// in every step until it is changed or cleared. Where one of them is not finite, the world stands still instead, and
  /// `firstFault` tells of it.
  public mutating func setExternalForce(
    on body: BodyIndex, force: Vector3, at point: Vector3 = .zero, torque: Vector3 = .zero
  ) {
    guard force.isFinite && torque.isFinite && point.isFinite else {
      return refuse([("force", "N", force), ("point", "m", point), ("torque", "N·m", torque)], on: body)
    }
    external[body.value] = ExternalForce(force: force, point: point, torque: torque)
    hasExternalForces = external.contains { $0.force != .zero || $0.torque != .zero }
  }

  /// What `setExternalForce` set.
  public func externalForce(on body: BodyIndex) -> (force: Vector3, point: Vector3, torque: Vector3) {
    let push = external[body.value]
    return (push.force, push.point, push.torque)
  }

  public mutating func clearExternalForces() {
    guard hasExternalForces else { return }
    for index in external.indices { external[index] = ExternalForce() }
    hasExternalForces = false
  }

  /// Adds a force at the origin and a torque for the next step only; see `setExternalForce` for what is not finite.
  public mutating func addForce(_ force: Vector3, torque: Vector3 = .zero, to body: BodyIndex) {
    guard force.isFinite && torque.isFinite else {
      return refuse([("force", "N", force), ("torque", "N·m", torque)], on: body)
    }
    bodies[body.value].frame.addForce(force)
    bodies[body.value].frame.addTorque(torque)
  }

  /// ODE would spread what is no number over all that a body touches; the first one is the cause that is told.
  private mutating func refuse(_ push: [(name: String, unit: String, vector: Vector3)], on body: BodyIndex) {
    guard standstill == nil, let bad = push.first(where: { !$0.vector.isFinite }) else { return }
    let v = bad.vector
    standstill = Fault(
      place: "body '\(bodyNames[body.value])'",
      reason: "\(bad.name) [\(v.x), \(v.y), \(v.z)] \(bad.unit) of a push is not finite")
  }

  // MARK: Faults

  /// Why a state cannot be trusted any more.
  public struct Fault: Hashable, Sendable, CustomStringConvertible {
    /// What went wrong: "body 'torso'", or "physics engine".
    public var place: String
    /// How: "velocity 312 m/s is beyond 100.0", "its state is not finite".
    public var reason: String
    public var description: String { "\(place): \(reason)" }
  }

  /// The first body whose state is not finite, or faster or farther away than the bounds; `nil` if all is well.
  ///
  /// - Parameters:
  ///   - speed: m/s; - angularSpeed: rad/s; - distance: m from the origin, along any axis.
  public func firstFault(speed: Double = 100, angularSpeed: Double = 1000, distance: Double = 1e4) -> Fault? {
    if breakdown != nil { return standstill }
    for i in bodies.indices {
      let frame = bodies[i].frame
      let v = frame.linearVelocity.lengthSquared
      let ω = frame.angularVelocity.lengthSquared
      let p = frame.position.lengthSquared
      // A comparison with NaN is false, so each is asked whether it is good.
      if v <= speed * speed && ω <= angularSpeed * angularSpeed && p <= distance * distance { continue }
      let reason =
        !(v.isFinite && ω.isFinite && p.isFinite)
        ? "its state is not finite"
        : v > speed * speed
          ? "velocity \(v.squareRoot()) m/s is beyond \(speed)"
          : ω > angularSpeed * angularSpeed
            ? "angular velocity \(ω.squareRoot()) rad/s is beyond \(angularSpeed)"
            : "distance \(p.squareRoot()) m is beyond \(distance)"
      return Fault(place: "body '\(bodyNames[i])'", reason: reason)
    }
    // Bounds that are wider than ours.
    return standstill
  }
}
