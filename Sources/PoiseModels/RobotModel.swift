public import PoiseCore
public import PoiseSimulation

/// A robot and its scene, read from MJCF and checked, independent of MJCF's notation.
///
/// Defaults are applied, angles are radians, axes have length 1, masses are positive where they must be. Everything is
/// constant: one model serves any number of worlds. Indices point into the arrays below.
public struct RobotModel: Sendable {
  /// The `model` attribute, or the file's base name.
  public var name: String
  /// Every file that was read, the main one first, then its includes, each with its path as the user named it.
  public var files: [String]
  /// Parameters of the world, from the file's `option` and `custom` elements.
  public var physics: PhysicsParameters
  /// The bodies; parents come before their children. The world itself is not a body.
  public var bodies: [Body]
  /// The shapes: the world's first, then each body's, in the order of the bodies.
  public var geometries: [Geometry]
  /// The joints, in the order of the bodies; those of one body are consecutive, outermost first.
  public var joints: [Joint]
  /// The actuators, in the order of the file.
  public var actuators: [Actuator]
  /// Pairs of bodies that never collide (`contact/exclude`); `nil` is the world.
  public var excludedPairs: [ExcludedPair]
  /// Features of the file that ODE only approximates.
  public var approximations: [Approximation]
  /// Shapes of the file that are only for display and that Poise does not support, such as meshes: they are not drawn.
  public var skippedShapes: [SkippedShape] = []

  /// A model from its parts, which are not checked; `init(contentsOf:)` reads and checks a file.
  public init(
    name: String, files: [String], physics: PhysicsParameters, bodies: [Body], geometries: [Geometry],
    joints: [Joint], actuators: [Actuator], excludedPairs: [ExcludedPair], approximations: [Approximation]
  ) {
    self.name = name
    self.files = files
    self.physics = physics
    self.bodies = bodies
    self.geometries = geometries
    self.joints = joints
    self.actuators = actuators
    self.excludedPairs = excludedPairs
    self.approximations = approximations
  }
}

extension RobotModel {
  /// A rigid body of the kinematic tree, in the pose of the file (the reference pose).
  public struct Body: Sendable {
    /// Name of the body, different from all others.
    public var name: String
    /// Index of the parent body; `nil` is the world.
    public var parent: Int?
    /// Pose of this body's frame in its parent's frame, in the reference pose.
    public var pose: Pose
    /// Mass and inertia; `nil` for a body without mass of its own, which must then be welded to one with mass.
    public var inertia: Inertia?
    /// Line of the element, for messages.
    public var line: Int

    /// A body; see the properties.
    public init(name: String, parent: Int?, pose: Pose, inertia: Inertia?, line: Int) {
      self.name = name
      self.parent = parent
      self.pose = pose
      self.inertia = inertia
      self.line = line
    }
  }

  /// Mass, centre of mass and inertia of a body, in the body's frame.
  public struct Inertia: Sendable, Hashable {
    /// Mass, kg, positive.
    public var mass: Double
    /// Centre of mass, m, in the body's frame.
    public var centerOfMass: Vector3
    /// Inertia tensor about the centre of mass, kg·m², axes parallel to the body's frame: symmetric, no principal
    /// moment negative or above the sum of the other two. Zero moments are possible for a part; a body with joints,
    /// together with everything welded to it, has none.
    public var tensor: Matrix3

    /// An inertia about the centre of mass; see the properties.
    public init(mass: Double, centerOfMass: Vector3, tensor: Matrix3) {
      self.mass = mass
      self.centerOfMass = centerOfMass
      self.tensor = tensor
    }
  }

  /// A shape fixed to a body or to the world.
  public struct Geometry: Sendable {
    /// Name of the geometry, different from all others.
    public var name: String
    /// Index of the body that carries it; `nil` is the world.
    public var body: Int?
    /// The shape, with its lengths in m.
    public var shape: Shape
    /// Pose in the body's frame; a capsule or cylinder lies along its z axis, a plane's normal is its z axis.
    public var pose: Pose
    /// Coulomb's coefficient of sliding friction.
    public var friction: Double
    /// Two geometries collide if one's type shares a bit with the other's affinity.
    public var contactType: UInt32
    /// See `contactType`.
    public var contactAffinity: UInt32
    /// Red, green, blue, opacity in [0, 1], for display.
    public var color: SIMD4<Double>
    /// Line of the element, for messages.
    public var line: Int

    /// A geometry; see the properties.
    public init(
      name: String, body: Int?, shape: Shape, pose: Pose, friction: Double, contactType: UInt32,
      contactAffinity: UInt32, color: SIMD4<Double>, line: Int
    ) {
      self.name = name
      self.body = body
      self.shape = shape
      self.pose = pose
      self.friction = friction
      self.contactType = contactType
      self.contactAffinity = contactAffinity
      self.color = color
      self.line = line
    }
  }

  /// One degree of freedom, or a ball or a free joint, between a body and its parent.
  public struct Joint: Sendable {
    /// Which motions a joint allows: one rotation, one translation, all rotations, or everything.
    public enum Kind: String, Sendable, Hashable { case hinge, slide, ball, free }

    /// Name of the joint, different from all others.
    public var name: String
    /// Which motions the joint allows.
    public var kind: Kind
    /// Index of the body that this joint moves.
    public var body: Int
    /// A point of the joint's axis, or the centre of a ball, m, in the body's frame.
    public var anchor: Vector3
    /// Axis of a hinge or slide, a unit vector in the body's frame, in the reference pose; unused for ball and free joints.
    public var axis: Vector3
    /// Limits of the joint's coordinate, rad or m; `nil` is unlimited.
    public var range: ClosedRange<Double>?
    /// Viscous damping, N·m·s/rad or N·s/m, not negative.
    public var damping: Double
    /// Stiffness of the spring, N·m/rad or N/m, not negative.
    public var stiffness: Double
    /// The coordinate at which the spring is relaxed, rad or m.
    public var springReference: Double
    /// Inertia of rotors seen at the joint, those of its actuators included, kg·m² or kg, not negative.
    public var armature: Double
    /// Dry friction, N·m or N, not negative; on a ball or free joint along each axis.
    public var frictionLoss: Double
    /// The joint's coordinate in the reference pose (MJCF `ref`), rad or m.
    public var reference: Double
    /// Line of the element, for messages.
    public var line: Int

    /// A joint; see the properties.
    public init(
      name: String, kind: Kind, body: Int, anchor: Vector3, axis: Vector3, range: ClosedRange<Double>?,
      damping: Double, stiffness: Double, springReference: Double, armature: Double, frictionLoss: Double = 0,
      reference: Double, line: Int
    ) {
      self.name = name
      self.kind = kind
      self.body = body
      self.anchor = anchor
      self.axis = axis
      self.range = range
      self.damping = damping
      self.stiffness = stiffness
      self.springReference = springReference
      self.armature = armature
      self.frictionLoss = frictionLoss
      self.reference = reference
      self.line = line
    }
  }

  /// A source of torque or force on one joint.
  ///
  ///     force = gear · clamp(law(control), forceRange),   law as in `Law`
  public struct Actuator: Sendable {
    /// How an actuator's force follows from its control u.
    public enum Law: Sendable, Hashable {
      /// law(u) = u (MJCF `motor`).
      case motor
      /// law(u) = kp (u − q) − kv q̇ (MJCF `position`); q and q̇ are the joint's, times the gear.
      case position(gain: Double, damping: Double)
      /// law(u) = kv (u − q̇) (MJCF `velocity`).
      case velocity(gain: Double)
    }

    /// Name of the actuator, different from all others.
    public var name: String
    /// Index of the joint, which is a hinge or a slide.
    public var joint: Int
    /// How the force follows from the control.
    public var law: Law
    /// Torque or force at the joint for each unit of the law's force.
    public var gear: Double
    /// The control's range in MJCF `ctrl` units; `nil` is unlimited.
    public var controlRange: ClosedRange<Double>?
    /// Range of the law's force, before the gear, N·m or N; `nil` is unlimited.
    public var forceRange: ClosedRange<Double>?
    /// Line of the element, for messages.
    public var line: Int

    /// An actuator; see the properties.
    public init(
      name: String, joint: Int, law: Law, gear: Double, controlRange: ClosedRange<Double>?,
      forceRange: ClosedRange<Double>?, line: Int
    ) {
      self.name = name
      self.joint = joint
      self.law = law
      self.gear = gear
      self.controlRange = controlRange
      self.forceRange = forceRange
      self.line = line
    }
  }

  /// Two bodies that never collide; `nil` is the world.
  public struct ExcludedPair: Sendable, Hashable {
    /// Index of the one body; `nil` is the world.
    public var first: Int?
    /// Index of the other body; `nil` is the world.
    public var second: Int?

    /// A pair of two bodies by their indices; `nil` is the world.
    public init(first: Int?, second: Int?) {
      self.first = first
      self.second = second
    }
  }

  /// A shape of the file that is only for display and is left out.
  public struct SkippedShape: Sendable, Hashable {
    /// MJCF's `type`, such as `mesh`.
    public var type: String
    /// Line of the element, for messages.
    public var line: Int
  }

  /// A feature of the file that ODE only approximates.
  public struct Approximation: Sendable, Hashable {
    /// The file that asks for it, as the user named it.
    public var file: String
    /// Line of the element, from 1.
    public var line: Int
    /// Element and attribute, such as `geom 'head' margin`.
    public var place: String
    /// What Poise does instead, as a sentence.
    public var meaning: String

    /// An approximation; see the properties.
    public init(file: String, line: Int, place: String, meaning: String) {
      self.file = file
      self.line = line
      self.place = place
      self.meaning = meaning
    }
  }
}
