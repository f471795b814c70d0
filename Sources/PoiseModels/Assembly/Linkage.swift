public import PoiseCore
import PoiseSimulation

/// A model in the form that ODE can simulate: rigid links, and one connection between each link and its parent.
///
/// Bodies without joints are welded into the body (or the world) that carries them. The joints of one body become one
/// connection where Poise has a matching joint, else a chain of single joints through intermediate links without weight.
public struct Linkage: Sendable {
  /// A rigid link: one body of the file with all that is welded to it, or an intermediate link of a chain.
  public struct Link: Sendable {
    /// The body's name; that of an intermediate link is made of the names of body and joint.
    public var name: String
    /// Index of the file's body whose frame this link has.
    public var body: Int
    /// True for the links inside a chain, which the file does not have.
    public var isIntermediate: Bool
    /// Index of the link that carries it; `nil` is the world.
    public var parent: Int?
    /// The body's frame in the world, in the reference pose.
    public var referencePose: Pose
    /// Mass and inertia with everything that is welded to the body, in the body's frame; zero for an intermediate link.
    public var inertia: RobotModel.Inertia
    /// The joints between the link and its parent.
    public var connection: Connection

    /// Origin of ODE's body, in the body's frame: the centre of mass, or for a link that turns about a point of
    /// the world, that point (see `World.addBody`).
    public var origin: Vector3
  }

  /// The joints between a link and its parent; the numbers are indices of the model's joints.
  public enum Connection: Sendable, Hashable {
    /// All six degrees of freedom, relative to the world.
    case free(Int)
    /// One rotation about an axis.
    case hinge(Int)
    /// One translation along an axis.
    case slide(Int)
    /// Two perpendicular rotations in series about one point.
    case universal(Int, Int)
    /// Three rotations in series about one point, each axis perpendicular to the next.
    case threeHinge(Int, Int, Int)
    /// Two perpendicular translations and the rotation about their normal, relative to the world.
    case planar(Int, Int, Int)
    /// All rotations about one point.
    case ball(Int)

    /// The joints, outermost first.
    public var joints: [Int] {
      switch self {
      case .free(let a), .hinge(let a), .slide(let a), .ball(let a): [a]
      case .universal(let a, let b): [a, b]
      case .threeHinge(let a, let b, let c), .planar(let a, let b, let c): [a, b, c]
      }
    }

    /// The name of the connection, such as `universal`.
    public var name: String {
      switch self {
      case .free: "free"
      case .hinge: "hinge"
      case .slide: "slide"
      case .universal: "universal"
      case .threeHinge: "three-hinge"
      case .planar: "planar"
      case .ball: "ball"
      }
    }
  }

  /// Where a body of the file is: on which link (`nil`: part of the world), and its frame in that link's frame.
  public struct Placement: Sendable {
    /// Index of the link; `nil` for a body that is part of the world.
    public var link: Int?
    /// The body's frame in the link's frame, or in the world's.
    public var pose: Pose
  }

  /// All links; parents come before their children.
  public private(set) var links: [Link] = []
  /// Where each body of the file is, [bodies of the model].
  public private(set) var placements: [Placement] = []
  /// The model's approximations and those that the assembly adds.
  public private(set) var approximations: [RobotModel.Approximation]
  /// The limits of the joints, [joints of the model].
  public var limits: [ClosedRange<Double>?] { model.joints.map(\.range) }

  private let model: RobotModel
  private var problems: [Problem] = []

  /// Largest angle of the middle one of three hinges from the reference pose, rad; with wider limits the joints become
  /// a chain.
  static let farthestMiddleAngle = 80 * Double.pi / 180

  /// Finds the links and connections of a model.
  ///
  /// - Throws: `InvalidInput` with everything in the model that cannot be assembled.
  public init(_ model: RobotModel) throws {
    self.model = model
    approximations = model.approximations
    for index in model.joints.indices { checkLimits(of: index) }
    for index in model.bodies.indices { place(index) }
    weldInertia()
    for index in links.indices { checkInertia(of: index) }
    if !problems.isEmpty { throw InvalidInput(problems) }
    insertIntermediateLinks()
    listWhatTheIterativeSolverSlurs()
    for index in links.indices { links[index].origin = origin(of: links[index]) }
    approximations += model.massRatioNotes(self)
  }

  // MARK: Links and welds

  private mutating func place(_ index: Int) {
    let body = model.bodies[index]
    let parent = body.parent.map { placements[$0] } ?? Placement(link: nil, pose: .identity)
    let joints = model.joints.indices.filter { model.joints[$0].body == index }
    guard !joints.isEmpty else {
      placements.append(Placement(link: parent.link, pose: parent.pose * body.pose))
      return
    }
    let parentPose = parent.link.map { links[$0].referencePose } ?? .identity
    links.append(
      Link(
        name: body.name, body: index, isIntermediate: false, parent: parent.link,
        referencePose: parentPose * parent.pose * body.pose,
        inertia: RobotModel.Inertia(mass: 0, centerOfMass: .zero, tensor: .zero),
        connection: connection(of: joints, isAtRoot: parent.link == nil), origin: .zero))
    placements.append(Placement(link: links.count - 1, pose: .identity))
  }

  /// Sums masses, centres of mass and inertia tensors (parallel-axis theorem) of all bodies on one link.
  private mutating func weldInertia() {
    for (body, placement) in zip(model.bodies, placements) {
      guard let link = placement.link, let part = body.inertia else { continue }
      links[link].inertia = links[link].inertia.adding(part, at: placement.pose)
    }
  }

  private mutating func checkInertia(of link: Int) {
    let inertia = links[link].inertia
    let body = model.bodies[links[link].body]
    if inertia.mass <= 0 || inertia.tensor.eigenSystem().values.min() <= 0 {
      problems.append(
        Problem(
          file: model.files[0], line: body.line, place: "body '\(body.name)'",
          found: "mass \(inertia.mass) kg, inertia \(inertia.tensor.eigenSystem().values)",
          allowed: "a positive mass and positive principal inertias for every body that moves",
          remedy: "Give it a geom with mass, or an inertial element."))
    }
  }

  // MARK: Connections

  private func connection(of joints: [Int], isAtRoot: Bool) -> Connection {
    let kinds = joints.map { model.joints[$0].kind }
    let axes = joints.map { model.joints[$0].axis }
    func isPerpendicular(_ i: Int, _ j: Int) -> Bool { abs(axes[i].dot(axes[j])) < 1e-6 }
    func sharesAnchor(_ i: Int, _ j: Int) -> Bool {
      (model.joints[joints[i]].anchor - model.joints[joints[j]].anchor).length < 1e-9
    }
    switch kinds {
    case [.free]: return .free(joints[0])
    case [.ball]: return .ball(joints[0])
    case [.slide]: return .slide(joints[0])
    case [.hinge, .hinge] where isPerpendicular(0, 1) && sharesAnchor(0, 1): return .universal(joints[0], joints[1])
    case [.hinge, .hinge, .hinge]
    where isPerpendicular(0, 1) && isPerpendicular(1, 2) && isPerpendicular(0, 2) && sharesAnchor(0, 1)
      && sharesAnchor(1, 2) && keepsMiddleAngle(joints[1]):
      return .threeHinge(joints[0], joints[1], joints[2])
    case [.slide, .slide, .hinge]
    where isAtRoot && isPerpendicular(0, 1) && isPerpendicular(1, 2) && isPerpendicular(0, 2):
      return .planar(joints[0], joints[1], joints[2])
    default: return single(joints[joints.count - 1])  // The last joint of a chain; the others are inserted later.
    }
  }

  private func single(_ joint: Int) -> Connection {
    switch model.joints[joint].kind {
    case .hinge: .hinge(joint)
    case .slide: .slide(joint)
    case .ball: .ball(joint)
    case .free: .free(joint)
    }
  }

  private func keepsMiddleAngle(_ joint: Int) -> Bool {
    guard let limits = model.joints[joint].range else { return false }
    let reference = model.joints[joint].reference
    return max(abs(limits.lowerBound - reference), abs(limits.upperBound - reference)) <= Self.farthestMiddleAngle
  }

  private mutating func checkLimits(of index: Int) {
    let joint = model.joints[index]
    guard let range = joint.range else { return }
    func problem(_ allowed: String) -> Problem {
      Problem(
        file: model.files[0], line: joint.line, place: "joint '\(joint.name)' range",
        found: "\(range.lowerBound) to \(range.upperBound)", allowed: allowed, remedy: "Widen the range.")
    }
    if range.upperBound - range.lowerBound < DegreeOfFreedom.narrowestLimits {
      problems.append(problem("a range at least \(DegreeOfFreedom.narrowestLimits) rad or m wide"))
    }
  }

  private func origin(of link: Link) -> Vector3 {
    let center = link.inertia.centerOfMass
    if let anchor = anchorInWorld(of: link) { return anchor }
    guard link.parent == nil, !link.isIntermediate else { return center }
    switch link.connection {
    case .hinge(let j):
      let (anchor, axis) = (model.joints[j].anchor, model.joints[j].axis)
      return anchor + (center - anchor).dot(axis) * axis
    case .universal(let j, _), .threeHinge(let j, _, _), .ball(let j): return model.joints[j].anchor
    case .free, .slide, .planar: return center
    }
  }

  /// The point of the world about which all joints of a root body rotate it; `nil` where there is none.
  private func anchorInWorld(of link: Link) -> Vector3? {
    guard !link.isIntermediate, var parent = link.parent, links[parent].isIntermediate else { return nil }
    while let next = links[parent].parent {
      guard links[next].isIntermediate, links[next].body == link.body else { return nil }
      parent = next
    }
    let joints = model.joints.filter { $0.body == link.body }
    guard joints.allSatisfy({ $0.kind != .slide && ($0.anchor - joints[0].anchor).length < 1e-9 }) else { return nil }
    return joints[0].anchor
  }

  // MARK: Chains

  /// Splits every set of joints that is not one connection into a chain: each joint but the last gets an intermediate
  /// link at its anchor, without weight (`World.addIntermediateBody`); the last one carries the body.
  private mutating func insertIntermediateLinks() {
    var result: [Link] = []
    var newIndex: [Int] = []
    for link in links {
      var last = link
      last.parent = link.parent.map { newIndex[$0] }
      let joints = model.joints.indices.filter { model.joints[$0].body == link.body }
      let chained = joints.count > link.connection.joints.count ? joints.dropLast() : []
      for joint in chained {
        let center = model.joints[joint].kind == .slide ? link.inertia.centerOfMass : model.joints[joint].anchor
        result.append(
          Link(
            name: "\(link.name)~\(model.joints[joint].name)", body: link.body, isIntermediate: true,
            parent: last.parent, referencePose: link.referencePose,
            inertia: RobotModel.Inertia(mass: 0, centerOfMass: center, tensor: .zero), connection: single(joint),
            origin: .zero))
        last.parent = result.count - 1
      }
      result.append(last)
      newIndex.append(result.count - 1)
    }
    links = result
    for index in placements.indices { placements[index].link = placements[index].link.map { newIndex[$0] } }
  }

  // MARK: The iterative solver

  /// Largest ratio of a rotor's inertia to its link's for which a few iterations of the iterative solver are accurate.
  static let heaviestRotorShare = 3.0

  /// Notes chains and heavy rotors, which are exact with the direct solver but inaccurate with few iterations of the
  /// iterative one.
  private mutating func listWhatTheIterativeSolverSlurs() {
    guard case .iterative(let iterations) = model.physics.solver else { return }
    let remedy = "use poise_solver direct, or many more than \(iterations) poise_iterations."
    for link in links where !link.isIntermediate {
      let joints = model.joints.indices.filter { model.joints[$0].body == link.body }
      func note(_ joint: Int, _ place: String, _ meaning: String) {
        approximations.append(
          RobotModel.Approximation(
            file: model.files[0], line: model.joints[joint].line, place: place, meaning: "\(meaning): \(remedy)"))
      }
      if joints.count > link.connection.joints.count, let first = joints.first {
        note(
          first, "body '\(link.name)' joints",
          "These \(joints.count) joints become a chain, which the iterative solver approximates badly")
      }
      for joint in joints where model.joints[joint].kind != .free {
        let record = model.joints[joint]
        let inertia = link.inertia.seen(by: record)
        guard record.armature > Self.heaviestRotorShare * inertia else { continue }
        note(
          joint, "joint '\(record.name)' armature",
          "A rotor of \((record.armature / inertia).rounded(significant: 2)) times its link's inertia, which the iterative solver approximates badly"
        )
      }
    }
  }
}

extension RobotModel.Inertia {
  /// The inertia that a joint moves: kg·m² about a hinge's axis, the smallest about any axis through a ball; kg along a
  /// slide.
  fileprivate func seen(by joint: RobotModel.Joint) -> Double {
    let arm = centerOfMass - joint.anchor
    switch joint.kind {
    case .slide: return mass
    case .hinge: return joint.axis.dot(tensor * joint.axis) + mass * joint.axis.cross(arm).lengthSquared
    case .ball, .free: return tensor.eigenSystem().values.min()
    }
  }
}

extension Linkage.Link {
  /// The inertia tensor about `origin`, kg·m², by the parallel-axis theorem.
  package var inertiaAboutOrigin: Matrix3 {
    let d = inertia.centerOfMass - origin
    return inertia.tensor
      + inertia.mass * (Matrix3(diagonal: Vector3(repeating: d.lengthSquared)) - Matrix3(outer: d, d))
  }
}

extension RobotModel.Inertia {
  /// This and `part`, whose frame is at `pose` in this frame, as one rigid body.
  func adding(_ part: RobotModel.Inertia, at pose: Pose) -> RobotModel.Inertia {
    let partCenter = pose.apply(to: part.centerOfMass)
    let mass = self.mass + part.mass
    guard mass > 0 else { return RobotModel.Inertia(mass: 0, centerOfMass: partCenter, tensor: .zero) }
    let center = (self.mass * centerOfMass + part.mass * partCenter) / mass
    func moved(_ tensor: Matrix3, _ mass: Double, _ from: Vector3) -> Matrix3 {
      let d = from - center
      return tensor + mass * (Matrix3(diagonal: Vector3(repeating: d.lengthSquared)) - Matrix3(outer: d, d))
    }
    return RobotModel.Inertia(
      mass: mass, centerOfMass: center,
      tensor: moved(tensor, self.mass, centerOfMass)
        + moved(part.tensor.rotated(by: pose.orientation), part.mass, partCenter))
  }
}
