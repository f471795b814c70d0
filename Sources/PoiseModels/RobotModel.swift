public import PoiseCore
public import PoiseSimulation

/// A robot and the scene it stands in, read from MJCF, checked, and free of everything that is only MJCF's spelling.
///
/// Defaults are applied, angles are radians, axes have length 1, masses are positive where they must be. Everything is
/// constant: one model serves any number of worlds. Indices point into the arrays below.
public struct RobotModel: Sendable {
  /// The `model` attribute, or the file's base name.
  public var name: String
  /// Every file that was read, the main one first, then its includes, each with its path as the person named it.
  public var files: [String]
  public var physics: PhysicsParameters
  /// Parents stand before their children. The world itself is not a body.
  public var bodies: [Body]
  /// The world's first, then each body's, in the order of the bodies.
  public var geometries: [Geometry]
  /// In the order of the bodies; the joints of one body stand together, outermost first.
  public var joints: [Joint]
  public var actuators: [Actuator]
  /// Pairs of bodies that never collide (`contact/exclude`); `nil` is the world.
  public var excludedPairs: [ExcludedPair]
  /// What ODE can only approximate, one for each thing that the file asks for.
  public var approximations: [Approximation]
  /// Shapes of the file that are only for pictures and that Poise has no shape for, such as meshes: they are not drawn.
  public var skippedShapes: [SkippedShape] = []

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
    public var name: String
    /// Index of the parent body; `nil` is the world.
    public var parent: Int?
    /// Where this body's frame stands in its parent's frame, in the reference pose.
    public var pose: Pose
    /// `nil` for a body that has no mass of its own; it must then be welded to one that has.
    public var inertia: Inertia?
    /// Line of the element, for messages.
    public var line: Int

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
    /// kg, positive.
    public var mass: Double
    /// m, in the body's frame.
    public var centerOfMass: Vector3
    /// kg·m² about the centre of mass, axes parallel to the body's frame: symmetric, no principal moment negative or above
    /// the sum of the other two. Zero moments are possible here; what moves as one, a body with joints and all that is
    /// welded to it, has none.
    public var tensor: Matrix3

    public init(mass: Double, centerOfMass: Vector3, tensor: Matrix3) {
      self.mass = mass
      self.centerOfMass = centerOfMass
      self.tensor = tensor
    }
  }

  /// A shape fixed to a body or to the world.
  public struct Geometry: Sendable {
    public var name: String
    /// Index of the body that carries it; `nil` is the world.
    public var body: Int?
    public var shape: Shape
    /// In the body's frame; a capsule or cylinder lies along its z axis, a plane's normal is its z axis.
    public var pose: Pose
    /// Coulomb's sliding coefficient, non-dimensional.
    public var friction: Double
    /// Two geometries collide if one's type shares a bit with the other's affinity.
    public var contactType: UInt32
    public var contactAffinity: UInt32
    /// Red, green, blue, opacity in [0, 1], for pictures.
    public var color: SIMD4<Double>
    public var line: Int

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
    public enum Kind: String, Sendable, Hashable { case hinge, slide, ball, free }

    public var name: String
    public var kind: Kind
    /// Index of the body that this joint moves.
    public var body: Int
    /// m, in the body's frame.
    public var anchor: Vector3
    /// Unit vector in the body's frame, in the reference pose; of no meaning for ball and free joints.
    public var axis: Vector3
    /// rad or m, about the zero of the joint's coordinate; `nil` is unlimited.
    public var range: ClosedRange<Double>?
    /// N·m·s/rad or N·s/m, not negative.
    public var damping: Double
    /// N·m/rad or N/m, not negative.
    public var stiffness: Double
    /// rad or m: the coordinate at which the spring is at rest.
    public var springReference: Double
    /// Inertia of the rotors seen at the joint, those of its actuators too: kg·m² or kg, not negative.
    public var armature: Double
    /// Dry friction: N·m or N, not negative; on a ball or free joint along each axis.
    public var frictionLoss: Double
    /// rad or m: the joint's coordinate in the reference pose (MJCF `ref`).
    public var reference: Double
    public var line: Int

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
    public enum Law: Sendable, Hashable {
      /// law(u) = u (MJCF `motor`).
      case motor
      /// law(u) = kp (u − q) − kv q̇ (MJCF `position`); q and q̇ are the joint's, times the gear.
      case position(gain: Double, damping: Double)
      /// law(u) = kv (u − q̇) (MJCF `velocity`).
      case velocity(gain: Double)
    }

    public var name: String
    /// Index of the joint, which is a hinge or a slide.
    public var joint: Int
    public var law: Law
    /// Torque or force at the joint for each unit of the law's.
    public var gear: Double
    /// The control's range in MJCF `ctrl` units; `nil` is unlimited.
    public var controlRange: ClosedRange<Double>?
    /// Before the gear; `nil` is unlimited.
    public var forceRange: ClosedRange<Double>?
    public var line: Int

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
    public var first: Int?
    public var second: Int?

    public init(first: Int?, second: Int?) {
      self.first = first
      self.second = second
    }
  }

  /// A shape of the file that is only for pictures and is left out.
  public struct SkippedShape: Sendable, Hashable {
    /// MJCF's `type`, such as `mesh`.
    public var type: String
    /// Line of the element, for messages.
    public var line: Int
  }

  /// Something the file asks for that ODE does in its own way.
  public struct Approximation: Sendable, Hashable {
    public var file: String
    public var line: Int
    /// Element and attribute: `geom 'head' margin`.
    public var place: String
    /// What Poise does instead, as a sentence.
    public var meaning: String

    public init(file: String, line: Int, place: String, meaning: String) {
      self.file = file
      self.line = line
      self.place = place
      self.meaning = meaning
    }
  }
}
