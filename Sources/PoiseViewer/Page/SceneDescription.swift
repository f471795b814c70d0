import PoiseCore
import PoiseModels
import PoiseSimulation

/// The robot and its surroundings, for the page.
///
/// Each link, that is a body with everything welded to it, is one body of the page; shapes fixed to the world are scenery.
struct SceneDescription: Sendable {
  /// A shape in its body's frame: lengths in m as in `Shape`, colours in 0 … 1.
  struct ShapeDescription: Encodable, Sendable {
    var kind: String
    var size: [Double]
    /// m, [x, y, z]
    var at: [Double]
    /// [w, x, y, z]
    var turn: [Double]
    /// Red, green, blue, opacity.
    var color: [Double]
  }

  /// A joint between a body and its parent, in the body's frame in the reference pose.
  struct JointDescription: Encodable, Sendable {
    var name: String
    /// `hinge`, `slide` or `ball`.
    var kind: String
    /// m, [x, y, z]
    var anchor: [Double]
    /// Unit vector, [x, y, z]
    var axis: [Double]
    /// Index among the scalar joints; −1 for a ball.
    var scalar: Int
    /// rad or m: the joint's coordinate in the reference pose.
    var reference: Double
  }

  /// A link with its shapes and joints.
  struct Body: Encodable, Sendable {
    var name: String
    var shapes: [ShapeDescription]
    /// kg
    var mass: Double
    /// m, [x, y, z], in the body's frame.
    var centerOfMass: [Double]
    /// Outermost first, that is, in the order in which they move the body.
    var joints: [JointDescription]
  }

  let bodies: [Body]
  let scenery: [ShapeDescription]
  /// The model's body of each body of the page.
  let modelBodies: [Int]
  /// The link of each.
  let links: [Int]
  /// The body of the page that the camera follows and pushes are drawn at.
  let followed: Int
  /// Where pushes are drawn, m in the frame of `followed`: the centre of mass.
  let pushPoint: Vector3
  /// The robot's weight at the world's gravity, N; 1 where there is no gravity or mass.
  let weight: Double
  /// How far free joints and slides can move the followed body, m; infinite where nothing limits them.
  let travel: Double
  /// Whether more hinges are along the world's y axis than along its x axis, in the reference pose.
  let looksAlongY: Bool
  /// What is not drawn, as text: "12 meshes"; empty where everything is drawn.
  let undrawn: String

  /// - Parameter watched: the body of the model that the camera follows; the first that moves where `nil`.
  init(_ model: RobotModel, _ linkage: Linkage, watched: Int?) {
    var shapes = [[ShapeDescription]](repeating: [], count: linkage.links.count)
    var scenery: [ShapeDescription] = []
    for geometry in model.geometries {
      let placement = geometry.body.map { linkage.placements[$0] }
      let shape = ShapeDescription(geometry, at: (placement?.pose ?? .identity) * geometry.pose)
      if let link = placement?.link { shapes[link].append(shape) } else { scenery.append(shape) }
    }
    let watchedLink = watched.flatMap { linkage.placements[$0].link } ?? 0
    // An intermediate link has the frame of the link that ends its chain.
    let links = linkage.links.indices.filter { !linkage.links[$0].isIntermediate || $0 == watchedLink }
    let scalarJoints = model.scalarJoints
    bodies = links.map { index in
      let link = linkage.links[index]
      let joints = model.joints.indices.filter { model.joints[$0].body == link.body && model.joints[$0].kind != .free }
      return Body(
        name: link.name, shapes: shapes[index],
        // Includes the mass share of intermediate links.
        mass: linkage.links.reduce(0) { $0 + ($1.body == link.body ? $1.inertia.mass : 0) },
        centerOfMass: link.inertia.centerOfMass.components,
        joints: joints.map {
          JointDescription(model.joints[$0], scalar: scalarJoints.firstIndex(of: $0) ?? -1)
        })
    }
    self.links = links
    self.scenery = scenery
    modelBodies = links.map { linkage.links[$0].body }
    followed = links.firstIndex(of: watchedLink) ?? 0
    pushPoint = linkage.links.isEmpty ? .zero : linkage.links[watchedLink].inertia.centerOfMass
    let weight = linkage.links.reduce(0) { $0 + $1.inertia.mass } * model.physics.gravity.length
    self.weight = weight > 0 ? weight : 1
    travel = Self.travel(of: watchedLink, model, linkage)
    let axes = model.joints.filter { $0.kind == .hinge }
      .map { model.referencePose(of: $0.body).orientation.rotate($0.axis) }
    looksAlongY = axes.reduce(0) { $0 + abs($1.y) } >= axes.reduce(0) { $0 + abs($1.x) }
    undrawn = Self.list(model.skippedShapes)
  }

  private static func travel(of link: Int, _ model: RobotModel, _ linkage: Linkage) -> Double {
    var travel = 0.0
    var next: Int? = linkage.links.isEmpty ? nil : link
    while let link = next {
      for joint in linkage.links[link].connection.joints {
        switch model.joints[joint].kind {
        case .free: return .infinity
        case .slide: travel += linkage.limits[joint].map { $0.upperBound - $0.lowerBound } ?? .infinity
        case .hinge, .ball: break
        }
      }
      next = linkage.links[link].parent
    }
    return travel
  }

  /// "12 meshes and 1 ellipsoid".
  private static func list(_ skipped: [RobotModel.SkippedShape]) -> String {
    let plurals = ["mesh": "meshes", "hfield": "height fields", "sdf": "signed distance fields"]
    let singulars = ["hfield": "height field", "sdf": "signed distance field"]
    return Set(skipped.map(\.type)).sorted().map { type in
      let count = skipped.count { $0.type == type }
      return "\(count) \(count == 1 ? singulars[type] ?? type : plurals[type] ?? "\(type)s")"
    }.joined(separator: " and ")
  }
}

extension SceneDescription.ShapeDescription {
  fileprivate init(_ geometry: RobotModel.Geometry, at pose: Pose) {
    (kind, size) =
      switch geometry.shape {
      case .plane: ("plane", [])
      case .sphere(let radius): ("sphere", [radius])
      case .capsule(let radius, let halfLength): ("capsule", [radius, halfLength])
      case .cylinder(let radius, let halfLength): ("cylinder", [radius, halfLength])
      case .box(let half): ("box", [half.x, half.y, half.z])
      }
    at = pose.position.components
    let q = pose.orientation
    turn = [q.w, q.x, q.y, q.z]
    color = (0..<4).map { geometry.color[$0] }
  }
}

extension SceneDescription.JointDescription {
  fileprivate init(_ joint: RobotModel.Joint, scalar: Int) {
    self.init(
      name: joint.name, kind: joint.kind.rawValue, anchor: joint.anchor.components, axis: joint.axis.components,
      scalar: scalar, reference: joint.reference)
  }
}

extension Vector3 {
  /// [x, y, z]
  var components: [Double] { [x, y, z] }
}
