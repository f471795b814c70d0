public import PoiseCore
import PoiseSimulation

/// A model as ODE can have it: rigid links, and one connection between each link and its parent.
///
/// Bodies without joints are welded into the body (or the world) that carries them. The joints of one body become one
/// connection where ODE and Poise have it, else a chain of single joints through small intermediate links.
public struct Linkage: Sendable {
  /// A rigid link: one body of the file with all that is welded to it, or an intermediate link of a chain.
  public struct Link: Sendable {
    public var name: String
    /// Index of the file's body whose frame this link has.
    public var body: Int
    /// True for the links inside a chain, which the file does not have.
    public var isIntermediate: Bool
    /// `nil` is the world.
    public var parent: Int?
    /// The body's frame in the world, in the reference pose.
    public var referencePose: Pose
    /// In the body's frame, with everything that is welded to it and the rotors' inertia.
    public var inertia: RobotModel.Inertia
    public var connection: Connection

    /// Where ODE's body has its origin, in the body's frame: the centre of mass, or for a link that turns about a point of
    /// the world, that point (see `World.addBody`).
    public var origin: Vector3
  }

  /// How a link hangs on its parent; the numbers are indices of the model's joints.
  public enum Connection: Sendable, Hashable {
    case free(Int)
    case hinge(Int)
    case slide(Int)
    case universal(Int, Int)
    case threeHinge(Int, Int, Int)
    case planar(Int, Int, Int)
    case ball(Int)

    public var joints: [Int] {
      switch self {
      case .free(let a), .hinge(let a), .slide(let a), .ball(let a): [a]
      case .universal(let a, let b): [a, b]
      case .threeHinge(let a, let b, let c), .planar(let a, let b, let c): [a, b, c]
      }
    }

    /// The field's word for it.
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
    public var link: Int?
    public var pose: Pose
  }

  /// Parents stand before their children.
  public private(set) var links: [Link] = []
  /// [bodies of the model]
  public private(set) var placements: [Placement] = []
  /// The model's approximations and those that the assembly adds.
  public private(set) var approximations: [RobotModel.Approximation]
  /// The limits that ODE is given, [joints of the model]; infinite on a side whose stop is left out.
  public private(set) var limits: [ClosedRange<Double>?]

  private let model: RobotModel
  private var problems: [Problem] = []

  /// Share of a link's mass and inertia that each intermediate link takes over.
  static let intermediateShare = 0.1
  /// rad: the middle of three hinges stays this far from the reference pose at most, or the joints become a chain.
  static let farthestMiddleAngle = 80 * Double.pi / 180

  /// - Throws: `InvalidInput` with everything in the model that cannot be assembled.
  public init(_ model: RobotModel) throws {
    self.model = model
    approximations = model.approximations
    limits = model.joints.map(\.range)
    for index in model.joints.indices { checkLimits(of: index) }
    for index in model.bodies.indices { place(index) }
    weldInertia()
    for index in links.indices { checkInertia(of: index) }
    if !problems.isEmpty { throw InvalidInput(problems) }
    insertIntermediateLinks()
    addRotors()
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

  /// Adds up masses, centres and tensors (parallel-axis theorem) of all bodies on one link.
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
    default:
      // The last joint of a chain; the others are inserted later.
      return model.joints[joints[joints.count - 1]].kind == .slide
        ? .slide(joints[joints.count - 1]) : .hinge(joints[joints.count - 1])
    }
  }

  private func keepsMiddleAngle(_ joint: Int) -> Bool {
    guard let limits = limits[joint] else { return false }
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
      return
    }
    guard joint.kind == .hinge else { return }
    let (lower, upper) = (range.lowerBound - joint.reference, range.upperBound - joint.reference)
    guard lower < .pi, upper > -.pi else {
      problems.append(problem("a range within half a turn of the reference pose"))
      return
    }
    // An angle jumps at ±π from the reference pose, so a stop there cannot be met; the reader has listed that.
    let reached = (lower > -.pi ? range.lowerBound : -.infinity)...(upper < .pi ? range.upperBound : .infinity)
    limits[index] = reached == -.infinity ... .infinity ? nil : reached
  }

  private func origin(of link: Link) -> Vector3 {
    let center = link.inertia.centerOfMass
    guard link.parent == nil else { return center }
    switch link.connection {
    case .hinge(let j):
      let (anchor, axis) = (model.joints[j].anchor, model.joints[j].axis)
      return anchor + (center - anchor).dot(axis) * axis
    case .universal(let j, _), .threeHinge(let j, _, _), .ball(let j): return model.joints[j].anchor
    case .free, .slide, .planar: return center
    }
  }

  // MARK: Chains

  /// Splits every set of joints that is no connection of its own: each joint but the last gets a link of its own, which
  /// takes over a share of mass and inertia, so that the whole keeps both while its joints stand in the reference pose.
  private mutating func insertIntermediateLinks() {
    var result: [Link] = []
    var newIndex: [Int] = []
    for link in links {
      var last = link
      last.parent = link.parent.map { newIndex[$0] }
      let joints = model.joints.indices.filter { model.joints[$0].body == link.body }
      let chained = joints.count > link.connection.joints.count ? joints.dropLast() : []
      for joint in chained {
        let share = Self.intermediateShare
        let tensor = share * link.inertia.tensor
        result.append(
          Link(
            name: "\(link.name)~\(model.joints[joint].name)", body: link.body, isIntermediate: true,
            parent: last.parent, referencePose: link.referencePose,
            inertia: RobotModel.Inertia(
              mass: share * link.inertia.mass, centerOfMass: link.inertia.centerOfMass, tensor: tensor),
            connection: model.joints[joint].kind == .slide ? .slide(joint) : .hinge(joint), origin: .zero))
        last.parent = result.count - 1
        last.inertia.mass -= share * link.inertia.mass
        last.inertia.tensor = last.inertia.tensor - tensor
      }
      if let first = chained.first {
        let body = model.bodies[link.body]
        approximations.append(
          RobotModel.Approximation(
            file: model.files[0], line: model.joints[first].line, place: "body '\(body.name)' joints",
            meaning: "These \(joints.count) joints become a chain through \(chained.count) intermediate "
              + "link\(chained.count == 1 ? "" : "s"), each with \(Self.intermediateShare) of the body's mass and inertia."
          ))
      }
      result.append(last)
      newIndex.append(result.count - 1)
    }
    links = result
    for index in placements.indices { placements[index].link = placements[index].link.map { newIndex[$0] } }
  }

  /// ODE has no rotor inertia; the nearest is to add it to the link's own about the joint's axis.
  private mutating func addRotors() {
    for index in links.indices {
      for joint in links[index].connection.joints.map({ model.joints[$0] }) where joint.armature > 0 {
        switch joint.kind {
        case .hinge:
          links[index].inertia.tensor =
            links[index].inertia.tensor + joint.armature * Matrix3(outer: joint.axis, joint.axis)
        case .ball:
          links[index].inertia.tensor =
            links[index].inertia.tensor + Matrix3(diagonal: Vector3(repeating: joint.armature))
        case .slide, .free: break
        }
      }
    }
  }
}

extension Linkage.Link {
  /// kg·m² about `origin`, by the parallel-axis theorem.
  package var inertiaAboutOrigin: Matrix3 {
    let d = inertia.centerOfMass - origin
    return inertia.tensor
      + inertia.mass * (Matrix3(diagonal: Vector3(repeating: d.lengthSquared)) - Matrix3(outer: d, d))
  }
}

extension RobotModel.Inertia {
  /// This and `part`, whose frame stands at `pose` in ours, as one rigid piece.
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
