import COde
import COdeSupport
public import PoiseCore

extension World {
  /// Adds a body at rest in `pose`.
  ///
  /// A body's origin is its centre of mass, with one exception: a body that can only turn about a point fixed in the
  /// world may have its origin there. ODE moves bodies along straight lines for one step and then projects their
  /// velocity back onto the circle. That dissipates the share h ω²/2 of the energy each second. A body whose origin
  /// does not move loses none, and its hinge is exactly semi-implicit Euler.
  ///
  /// - Parameters:
  ///   - name: name of the body, for messages.
  ///   - mass: kg, positive.
  ///   - inertia: kg·m² about the origin, along the body's axes; symmetric and positive definite.
  ///   - pose: the origin and the body's axes in the world.
  ///   - centerOfMass: m from the origin, body's axes; not zero only for a body whose origin is held by the world.
  ///   - maximumAngularSpeed: rad/s; a larger angular speed is reduced to it after every physics step. `nil` is unlimited.
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

  /// Mass and inertia of an intermediate body as a share of those that it carries: large enough for the solver, which
  /// divides by both, and too small to affect any motion.
  private static let intermediateShare = 1e-6

  /// Adds a body that only connects two joints of a chain. It has no weight, is left out of all sums of masses, momenta
  /// and energies, and has a millionth of the inertia that it carries.
  ///
  /// - Parameters:
  ///   - name: name of the body, for messages.
  ///   - mass: mass that it carries, kg.
  ///   - inertia: largest principal moment of inertia that it carries, about `pose`, kg·m².
  ///   - pose: the origin and the body's axes in the world.
  public mutating func addIntermediateBody(
    name: String, carryingMass mass: Double, inertia: Double, at pose: Pose
  ) -> BodyIndex {
    let share = Self.intermediateShare
    let index = addBody(
      name: name, mass: share * mass, inertia: share * inertia * Matrix3.identity, at: pose)
    let body = bodies[index.value]
    guard let handle = body.frame.handle else { preconditionFailure("a body without ODE's body") }
    dBodySetGravityMode(handle, 0)
    // A force accelerates it as it would accelerate its load.
    bodies[index.value] = BodyRecord(
      frame: BodyFrame(handle, mass: mass, inertia: inertia * Matrix3.identity), centerOfMass: .zero,
      nominalMass: body.nominalMass, nominalInertia: body.nominalInertia, isIntermediate: true)
    return index
  }

  /// Number of bodies, intermediate ones included.
  public var bodyCount: Int { bodies.count }
  /// All bodies, in the order in which they were added.
  public var bodyIndices: [BodyIndex] { bodies.indices.map(BodyIndex.init) }
  /// The name that the body was added with.
  public func name(of body: BodyIndex) -> String { bodyNames[body.value] }
  /// Mass of the body with its present scale, kg.
  public func mass(of body: BodyIndex) -> Double { bodies[body.value].mass }

  // MARK: Reading

  /// The body's origin (its centre of mass, except for bodies held by the world) and axes, world frame.
  public func pose(of body: BodyIndex) -> Pose {
    Pose(position: bodies[body.value].frame.position, orientation: bodies[body.value].frame.quaternion)
  }
  /// Position of the body's origin, m, world frame.
  public func position(of body: BodyIndex) -> Vector3 { bodies[body.value].frame.position }
  /// Rotation from the body's axes to the world's.
  public func orientation(of body: BodyIndex) -> Quaternion { bodies[body.value].frame.quaternion }
  /// Velocity of the origin, m/s, world frame.
  public func linearVelocity(of body: BodyIndex) -> Vector3 { bodies[body.value].frame.linearVelocity }
  /// Angular velocity, rad/s, world frame.
  public func angularVelocity(of body: BodyIndex) -> Vector3 { bodies[body.value].frame.angularVelocity }
  /// Velocity of the body's point that is at `point` (m, world frame) now, m/s, world frame.
  public func velocity(of body: BodyIndex, at point: Vector3) -> Vector3 {
    bodies[body.value].frame.velocity(at: point)
  }
  /// Transforms a vector from the body's axes to the world's.
  public func rotate(_ vector: Vector3, from body: BodyIndex) -> Vector3 { bodies[body.value].frame.rotate(vector) }
  /// Transforms a vector from the world's axes to the body's.
  public func unrotate(_ vector: Vector3, to body: BodyIndex) -> Vector3 { bodies[body.value].frame.unrotate(vector) }

  // MARK: Setting

  /// Sets a body's pose and velocities exactly, m/s and rad/s, world frame; joints are ignored, so set all bodies of a
  /// robot together. Traps for a state that is not finite.
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

  /// The factor that `setMassScale` set; 1 at first.
  public func massScale(of body: BodyIndex) -> Double { bodies[body.value].massScale }

  /// Sets a body's mass and inertia to `scale` times their nominal values; traps unless `scale` is positive and finite.
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

  /// Applies a force (N, world frame) at a point of the body (m, body's axes, from its origin) and a torque (N·m, world
  /// frame) in every step until they are changed or cleared. Where one of them is not finite, the world stops instead,
  /// and `firstFault` reports it.
  public mutating func setExternalForce(
    on body: BodyIndex, force: Vector3, at point: Vector3 = .zero, torque: Vector3 = .zero
  ) {
    guard force.isFinite && torque.isFinite && point.isFinite else {
      return refuse([("force", "N", force), ("point", "m", point), ("torque", "N·m", torque)], on: body)
    }
    external[body.value] = ExternalForce(force: force, point: point, torque: torque)
    hasExternalForces = external.contains { $0.force != .zero || $0.torque != .zero }
  }

  /// The force, point and torque that `setExternalForce` set.
  public func externalForce(on body: BodyIndex) -> (force: Vector3, point: Vector3, torque: Vector3) {
    let push = external[body.value]
    return (push.force, push.point, push.torque)
  }

  /// Removes the external forces and torques of all bodies.
  public mutating func clearExternalForces() {
    guard hasExternalForces else { return }
    for index in external.indices { external[index] = ExternalForce() }
    hasExternalForces = false
  }

  /// Adds a force at the origin and a torque for the next step only; see `setExternalForce` for values that are not finite.
  public mutating func addForce(_ force: Vector3, torque: Vector3 = .zero, to body: BodyIndex) {
    guard force.isFinite && torque.isFinite else {
      return refuse([("force", "N", force), ("torque", "N·m", torque)], on: body)
    }
    bodies[body.value].frame.addForce(force)
    bodies[body.value].frame.addTorque(torque)
  }

  /// Stops the world: ODE would spread a value that is not finite to everything that a body touches. The first one is
  /// reported.
  private mutating func refuse(_ push: [(name: String, unit: String, vector: Vector3)], on body: BodyIndex) {
    guard standstill == nil, let bad = push.first(where: { !$0.vector.isFinite }) else { return }
    let v = bad.vector
    standstill = Fault(
      place: "body '\(bodyNames[body.value])'",
      reason: "\(bad.name) [\(v.x), \(v.y), \(v.z)] \(bad.unit) of a push is not finite")
  }

  // MARK: Faults

  /// The reason why a state cannot be trusted any more.
  public struct Fault: Hashable, Sendable, CustomStringConvertible {
    /// Where it was found: "body 'torso'", or "physics engine".
    public var place: String
    /// What was found: "velocity 312 m/s is beyond 100.0", "its state is not finite".
    public var reason: String
    /// Place and reason in one line.
    public var description: String { "\(place): \(reason)" }
  }

  /// The first body whose state is not finite, or beyond the bounds, or the reason why the world has stopped; `nil` for
  /// no fault.
  ///
  /// - Parameters:
  ///   - speed: largest speed, m/s.
  ///   - angularSpeed: largest angular speed, rad/s.
  ///   - distance: largest distance from the world's origin, m.
  public func firstFault(speed: Double = 100, angularSpeed: Double = 1000, distance: Double = 1e4) -> Fault? {
    if breakdown != nil { return standstill }
    for i in bodies.indices {
      let frame = bodies[i].frame
      let v = frame.linearVelocity.lengthSquared
      let ω = frame.angularVelocity.lengthSquared
      let p = frame.position.lengthSquared
      // A comparison with NaN is false, so the condition tests for good values.
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
    // The world has stopped at bounds of its own, or the given ones are wider.
    return standstill
  }
}
