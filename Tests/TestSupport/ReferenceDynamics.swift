import PoiseCore
public import PoiseModels
import PoiseSimulation

/// Where a robot is and how fast, in generalised coordinates.
public struct GeneralizedState: Hashable, Sendable {
  /// q, shape [positionCount]; see `ReferenceDynamics` for the order and the meaning.
  public var positions: [Double]
  /// v, shape [velocityCount].
  public var velocities: [Double]

  public init(positions: [Double], velocities: [Double]) {
    self.positions = positions
    self.velocities = velocities
  }
}

/// The dynamics of a `RobotModel` in generalised coordinates: a second computation that shares nothing with ODE.
///
/// Coordinates are MuJoCo's, joint after joint in the order of `model.joints`:
///
/// | joint | positions | velocities |
/// | --- | --- | --- |
/// | hinge | angle in rad | its rate in rad/s |
/// | slide | length in m | its rate in m/s |
/// | ball | quaternion w, x, y, z; (1, 0, 0, 0) in the reference pose | ω in rad/s, in the axes behind the joint |
/// | free | x, y, z of the body's origin in m, quaternion w, x, y, z, both in the world | velocity of the origin in m/s in the world's axes, then ω in rad/s in the body's axes |
///
/// The joints of one body act in their order: a body's frame starts where its parent carries its reference pose; each
/// joint then turns it by (q − reference) about its axis through its anchor, or moves it by (q − reference) along its axis,
/// where axis and anchor are given in the frame as the joints before have left it. The motion is the child's against its parent's.
/// A free joint replaces the reference pose. Generalised forces are dual to the velocities: N·m about, N along the joint's axis,
/// on the child in the positive direction. Quaternions need not have length 1; they are normalised before use.
///
/// Contacts, limits of joints and `excludedPairs` do not exist here. Armature adds to the diagonal of the mass matrix and nothing
/// else (as in MuJoCo); set it to zero in the model to be without it, likewise damping, stiffness and gravity.
///
/// Inside, each joint is a link of its own, the ones between two joints of one body without mass.
/// Source: Featherstone 2008, "Rigid Body Dynamics Algorithms", from here on RBDA. Speed is no aim.
public struct ReferenceDynamics: Sendable {
  public let model: RobotModel
  /// Numbers in `GeneralizedState.positions`.
  public let positionCount: Int
  /// Numbers in `GeneralizedState.velocities`.
  public let velocityCount: Int
  /// Where each joint's positions stand, by joint.
  public let positionRanges: [Range<Int>]
  /// Where each joint's velocities stand, by joint.
  public let velocityRanges: [Range<Int>]

  /// One node of the kinematic tree, with at most one joint towards its parent.
  struct Link {
    var parent: Int?
    /// The link's frame in its parent's, before the joint moves: X_T of RBDA section 4.1.
    var placement: Pose
    var joint: Int?
    var inertia = SpatialInertia.zero
  }
  /// Parents stand before their children.
  let links: [Link]
  /// The link that moves as each body does.
  let linkOfBody: [Int]

  public init(_ model: RobotModel) {
    self.model = model
    var links: [Link] = []
    var linkOfBody: [Int] = []
    for (index, body) in model.bodies.enumerated() {
      let joints = model.joints.indices.filter { model.joints[$0].body == index }
      let start = body.parent.map { linkOfBody[$0] }
      if joints.contains(where: { model.joints[$0].kind == .free }) {
        precondition(joints.count == 1 && body.parent == nil, "a free joint stands alone, on a body of the world")
        links.append(Link(parent: nil, placement: .identity, joint: joints[0]))
      } else {
        links.append(Link(parent: start, placement: body.pose, joint: joints.first))
        for joint in joints.dropFirst() {
          links.append(Link(parent: links.count - 1, placement: .identity, joint: joint))
        }
      }
      if let inertia = body.inertia {
        links[links.count - 1].inertia = SpatialInertia(
          mass: inertia.mass, centerOfMass: inertia.centerOfMass, aboutCenter: inertia.tensor)
      }
      linkOfBody.append(links.count - 1)
    }
    self.links = links
    self.linkOfBody = linkOfBody

    var positionRanges: [Range<Int>] = []
    var velocityRanges: [Range<Int>] = []
    var (positions, velocities) = (0, 0)
    for joint in model.joints {
      positionRanges.append(positions..<positions + joint.kind.positionCount)
      velocityRanges.append(velocities..<velocities + joint.kind.velocityCount)
      positions += joint.kind.positionCount
      velocities += joint.kind.velocityCount
    }
    self.positionRanges = positionRanges
    self.velocityRanges = velocityRanges
    (positionCount, velocityCount) = (positions, velocities)
  }

  /// The reference pose at rest: MuJoCo's `qpos0`, velocities zero.
  public var referenceState: GeneralizedState {
    let positions = model.joints.flatMap { joint -> [Double] in
      switch joint.kind {
      case .hinge, .slide: return [joint.reference]
      case .ball: return [1, 0, 0, 0]
      case .free:
        let (p, q) = (model.bodies[joint.body].pose.position, model.bodies[joint.body].pose.orientation)
        return [p.x, p.y, p.z, q.w, q.x, q.y, q.z]
      }
    }
    return GeneralizedState(positions: positions, velocities: zeroVelocities)
  }

  /// A vector of zeros of the length of velocities, forces and accelerations.
  public var zeroVelocities: [Double] { [Double](repeating: 0, count: velocityCount) }

  /// The index of the joint with this name.
  public func joint(named name: String) -> Int {
    guard let index = model.joints.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no joint '\(name)' among \(model.joints.map(\.name))")
    }
    return index
  }

  /// The index of the body with this name.
  public func body(named name: String) -> Int {
    guard let index = model.bodies.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no body '\(name)' among \(model.bodies.map(\.name))")
    }
    return index
  }
}

extension RobotModel.Joint.Kind {
  /// Numbers in the positions: a quaternion has four.
  public var positionCount: Int {
    switch self {
    case .hinge, .slide: 1
    case .ball: 4
    case .free: 7
    }
  }

  /// Degrees of freedom.
  public var velocityCount: Int {
    switch self {
    case .hinge, .slide: 1
    case .ball: 3
    case .free: 6
    }
  }
}
