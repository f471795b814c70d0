public import PoiseCore
public import PoiseSimulation

/// A robot in a world of its own, assembled from a model: it takes controls, is stepped, and reports its coordinates.
///
/// Scalar joints (hinges and slides) are numbered as in `model.scalarJoints`; actuators as in `model.actuators`.
public final class Robot {
  /// The robot's description.
  public let model: RobotModel
  /// The links of the robot, and the joints between them.
  public let linkage: Linkage
  /// The robot's world; its efforts are overwritten by the actuators in every step.
  public var world: World
  private var drives: ActuatorDrives
  private let maximumJointSpeed: Double?

  /// The world's body of each link, [links].
  public let bodies: [World.BodyIndex]
  /// The world's joint of each link, `nil` for free links, [links].
  public let joints: [World.JointIndex?]
  /// The world's shape of each geometry, [geometries of the model].
  public let geometries: [World.GeometryIndex]

  /// The world's coordinate of each scalar joint, [scalar joints].
  let degreeOfScalar: [Int]
  /// Position of each joint of the model among the scalar, free or ball joints, [joints].
  let ordinal: [Int]

  /// A rule that an actuator may follow at the physics rate, within its own limits.
  public typealias Servo = ActuatorServo

  /// Assembles a model in a new world, in its reference pose.
  ///
  /// - Parameters:
  ///   - model: the robot's description.
  ///   - physics: parameters of the world; the model's own where `nil`.
  ///   - solverSeed: first state of the iterative solver's random numbers.
  ///   - maximumJointSpeed: largest speed of hinges to the world, rad/s, enforced after every physics step; `nil` is
  ///     unlimited.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(
    _ model: RobotModel, physics: PhysicsParameters? = nil, solverSeed: UInt64 = 0, maximumJointSpeed: Double? = nil
  ) throws {
    let linkage = try Linkage(model)
    var world = World(physics ?? model.physics, solverSeed: solverSeed)
    var bodies: [World.BodyIndex] = []
    var joints: [World.JointIndex?] = []
    var degreeOfJoint = [Int?](repeating: nil, count: model.joints.count)
    for link in linkage.links {
      let origin = Pose(
        position: link.referencePose.apply(to: link.origin), orientation: link.referencePose.orientation)
      bodies.append(
        link.isIntermediate
          ? world.addIntermediateBody(of: link, in: linkage, at: origin)
          : world.addBody(
            name: link.name, mass: link.inertia.mass, inertia: link.inertiaAboutOrigin, at: origin,
            centerOfMass: link.inertia.centerOfMass - link.origin,
            maximumAngularSpeed: link.parent == nil ? maximumJointSpeed : nil))
      let joint = world.connect(
        link, child: bodies[bodies.count - 1], parent: link.parent.map { bodies[$0] }, model: model)
      joints.append(joint)
      guard let joint else { continue }
      for (degree, index) in zip(world.degrees(of: joint), link.connection.joints) { degreeOfJoint[index] = degree }
    }
    geometries = world.addGeometries(of: model, linkage: linkage, bodies: bodies)
    if world.parameters.isContactEnabled {
      for (first, second) in model.collidingPairs(linkage) {
        world.addCollision(between: geometries[first], and: geometries[second])
      }
    }
    degreeOfScalar = model.scalarJoints.compactMap { degreeOfJoint[$0] }
    ordinal = model.joints.indices.map { joint in
      let kind = model.joints[joint].kind
      return model.joints[..<joint].count { other in
        kind == .hinge || kind == .slide ? other.kind == .hinge || other.kind == .slide : other.kind == kind
      }
    }
    var servosGiven = [Int](repeating: 0, count: world.degreeCount)
    let drives = model.actuators.map { actuator in
      guard let degree = degreeOfJoint[actuator.joint] else {
        preconditionFailure("actuator '\(actuator.name)' drives a joint without a coordinate")
      }
      // The nth servo of a joint is the nth of its coordinate.
      var servo: Int?
      if actuator.law != .motor {
        servo = world.servos(of: degree).lowerBound + servosGiven[degree]
        servosGiven[degree] += 1
      }
      return ActuatorDrives.Drive(
        law: actuator.law, degree: degree, worldServo: servo, gear: actuator.gear,
        controlRange: actuator.controlRange, forceRange: actuator.forceRange)
    }
    self.drives = ActuatorDrives(drives, degreeCount: world.degreeCount)
    self.model = model
    self.linkage = linkage
    self.maximumJointSpeed = maximumJointSpeed
    self.bodies = bodies
    self.joints = joints
    self.world = world
  }

  /// The same robot in a new world, for use after ODE has failed in the old one. It can be restored to any state of the
  /// old world and then behaves identically to the bit.
  public func remade() -> Robot {
    do {
      return try Robot(model, physics: world.parameters, maximumJointSpeed: maximumJointSpeed)
    } catch {
      preconditionFailure("'\(model.name)' was assembled once, and now it is not: \(error)")
    }
  }

  // MARK: Driving

  /// Number of actuators.
  public var actuatorCount: Int { model.actuators.count }
  /// Number of hinges and slides.
  public var scalarJointCount: Int { degreeOfScalar.count }

  /// Sets an actuator's control, in MJCF `ctrl` units, until it is set again; clamped to its range.
  ///
  /// - Parameters:
  ///   - value: the control; traps if it is not finite, so check the actions of a policy before.
  ///   - actuator: index of the actuator in the model.
  public func setControl(_ value: Double, of actuator: Int) {
    precondition(value.isFinite, "control \(value) of actuator \(actuator) is not finite")
    drives.setControl(value, of: actuator)
  }

  /// Sets the control of every actuator as `setControl` does, with one access to the robot.
  public func setControls(_ control: (_ actuator: Int) -> Double) {
    drives.setControls { actuator in
      let value = control(actuator)
      precondition(value.isFinite, "control \(value) of actuator \(actuator) is not finite")
      return value
    }
  }

  /// Multiplies an actuator's torque or force, its limits included, by `strength`, until it is set again.
  public func setStrength(_ strength: Double, of actuator: Int) {
    precondition(strength.isFinite && strength >= 0, "strength \(strength) of actuator \(actuator)")
    drives.setStrength(strength, of: actuator)
  }

  /// Lets an actuator follow a servo, in every physics step, instead of its control; `nil` ends that.
  public func setServo(_ servo: Servo?, of actuator: Int) { drives.setServo(servo, of: actuator) }

  /// Advances by one physics step under the present controls.
  public func step() { drives.step(&world, 1) }

  /// Advances by `count` physics steps under the present controls.
  public func step(_ count: Int) { drives.step(&world, count) }

  /// Sum of each actuator's torque (N·m) or force (N) over the physics steps since `clearEffortSums`, [actuators].
  public var effortSums: [Double] { drives.effortSums }
  /// Physics steps since `clearEffortSums`.
  public var effortSteps: Int { drives.effortSteps }
  /// Sets `effortSums` and `effortSteps` to 0.
  public func clearEffortSums() { drives.clearEffortSums() }

  // MARK: Reading

  /// Writes positions (rad, m) and velocities (rad/s, m/s) of the scalar joints, [scalar joints], computed from the
  /// bodies' present states.
  public func readScalarJoints(positions q: inout [Double], velocities v: inout [Double]) {
    drives.readJoints(world)
    for i in degreeOfScalar.indices {
      q[i] = drives.positions[degreeOfScalar[i]]
      v[i] = drives.velocities[degreeOfScalar[i]]
    }
  }

  /// Pose in the world of a body's frame, with origin and axes as the file gives them.
  public func pose(ofBody body: Int) -> Pose {
    let placement = linkage.placements[body]
    guard let link = placement.link else { return placement.pose }
    return linkPose(link) * placement.pose
  }

  /// The link's own frame (not that of ODE's body).
  func linkPose(_ link: Int) -> Pose {
    let body = world.pose(of: bodies[link])
    return Pose(
      position: body.position - body.orientation.rotate(linkage.links[link].origin), orientation: body.orientation)
  }

  /// Velocity of the body frame's origin, m/s, and angular velocity, rad/s, world frame; zero for bodies that are part
  /// of the world.
  public func velocity(ofBody body: Int) -> (linear: Vector3, angular: Vector3) {
    guard let link = linkage.placements[body].link else { return (.zero, .zero) }
    return (
      world.velocity(of: bodies[link], at: pose(ofBody: body).position), world.angularVelocity(of: bodies[link])
    )
  }
}
