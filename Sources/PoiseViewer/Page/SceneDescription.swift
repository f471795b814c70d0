import PoiseCore
import PoiseModels
import PoiseSimulation

/// The robot and its surroundings as the page draws them.
///
/// Everything that moves as one is one body of the page; what is fixed to the world is its scenery.
struct SceneDescription: Sendable {
  /// A shape in its body's frame: lengths in m as in `Shape`, colours in 0 … 1.
  struct ShapeDescription: Encodable, Sendable {
    var kind: String
    var size: [Double]
    var at: [Double]
    /// w, x, y, z
    var turn: [Double]
    var color: [Double]
  }

  struct Body: Encodable, Sendable {
    var name: String
    var shapes: [ShapeDescription]
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
  /// N, at the world's gravity; 1 where nothing weighs anything.
  let weight: Double
  /// Whether some body is free to go anywhere.
  let isFree: Bool
  /// Whether most hinges turn about the world's y axis rather than its x axis, in the reference pose.
  let looksAlongY: Bool

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
    let links = linkage.links.indices.filter { !shapes[$0].isEmpty || $0 == watchedLink }
    let named = links.map { Body(name: linkage.links[$0].name, shapes: shapes[$0]) }
    self.links = links
    bodies = named
    self.scenery = scenery
    modelBodies = links.map { linkage.links[$0].body }
    followed = links.firstIndex(of: watchedLink) ?? 0
    pushPoint = linkage.links.isEmpty ? .zero : linkage.links[watchedLink].inertia.centerOfMass
    let weight = linkage.links.reduce(0) { $0 + $1.inertia.mass } * model.physics.gravity.length
    self.weight = weight > 0 ? weight : 1
    isFree = model.joints.contains { $0.kind == .free }
    let axes = model.joints.filter { $0.kind == .hinge }
      .map { model.referencePose(of: $0.body).orientation.rotate($0.axis) }
    looksAlongY = axes.reduce(0) { $0 + abs($1.y) } >= axes.reduce(0) { $0 + abs($1.x) }
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
    at = [pose.position.x, pose.position.y, pose.position.z]
    let q = pose.orientation
    turn = [q.w, q.x, q.y, q.z]
    color = (0..<4).map { geometry.color[$0] }
  }
}
