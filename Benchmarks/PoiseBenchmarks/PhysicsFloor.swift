import CPhysicsFloor
import PoiseCore
import PoiseModels
import PoiseSimulation

/// The plain C loop of `CPhysicsFloor` for the same robot: same bodies, joints, shapes, pairs and settings.
final class PhysicsFloor {
  private let world: OpaquePointer

  init(_ robot: Robot) {
    let model = robot.model
    let physics = robot.world.parameters
    let resistance = physics.timeStep * physics.contactStiffness + physics.contactDamping
    var settings = floor_settings()
    settings.gravity = (physics.gravity.x, physics.gravity.y, physics.gravity.z)
    settings.time_step = physics.timeStep
    settings.erp = physics.errorReduction
    settings.cfm = physics.constraintForceMixing
    settings.surface_layer = physics.contactSurfaceLayer
    settings.correcting_velocity = physics.contactCorrectingVelocity
    settings.soft_erp = physics.timeStep * physics.contactStiffness / resistance
    settings.soft_cfm = 1 / resistance
    if case .iterative(let iterations) = physics.solver { settings.iterations = Int32(iterations) }

    let links = robot.linkage.links
    let bodies = links.map { link in
      let origin = link.referencePose.apply(to: link.origin)
      let offset = link.inertia.centerOfMass - link.origin
      let inertia = link.inertiaAboutOrigin
      return floor_body(
        mass: link.inertia.mass,
        inertia: (inertia[0, 0], inertia[1, 1], inertia[2, 2], inertia[0, 1], inertia[0, 2], inertia[1, 2]),
        position: origin.tuple, quaternion: link.referencePose.orientation.tuple, center_of_mass: offset.tuple)
    }
    let joints = links.indices.compactMap { floor_joint(links[$0], child: $0, model: model, linkage: robot.linkage) }
    let geometries = model.geometries.map { floor_geometry($0, linkage: robot.linkage) }
    let pairs = robot.world.parameters.isContactEnabled ? model.collidingPairs(robot.linkage) : []
    let floorPairs = pairs.map { floor_pair($0, geometries: model.geometries, linkage: robot.linkage) }
    world = floor_create(
      &settings, bodies, Int32(bodies.count), joints, Int32(joints.count), geometries, Int32(geometries.count),
      floorPairs, Int32(floorPairs.count))
  }

  deinit { floor_destroy(world) }

  func reset() { floor_reset(world) }
  func run(_ steps: Int, efforts: [Double]) { floor_run(world, Int32(steps), efforts) }
  var contactTotal: Int { Int(floor_contacts(world)) }
}

extension Vector3 {
  fileprivate var tuple: (Double, Double, Double) { (x, y, z) }
}

extension Quaternion {
  fileprivate var tuple: (Double, Double, Double, Double) { (w, x, y, z) }
}

extension floor_joint {
  fileprivate init?(_ link: Linkage.Link, child: Int, model: RobotModel, linkage: Linkage) {
    let kind: floor_joint_kind
    switch link.connection {
    case .free: return nil
    case .hinge: kind = FLOOR_HINGE
    case .slide: kind = FLOOR_SLIDE
    case .universal: kind = FLOOR_UNIVERSAL
    case .threeHinge: kind = FLOOR_THREE_HINGE
    case .planar, .ball: preconditionFailure("the floor has no \(link.connection.name) joint")
    }
    self.init()
    self.kind = Int32(kind.rawValue)
    self.child = Int32(child)
    parent = Int32(link.parent ?? -1)
    let joints = link.connection.joints.map { model.joints[$0] }
    anchor = link.referencePose.apply(to: joints[0].anchor).tuple
    func padded<T>(_ values: [T], _ filler: T) -> (T, T, T) {
      (values[0], values.count > 1 ? values[1] : filler, values.count > 2 ? values[2] : filler)
    }
    axes = padded(joints.map { link.referencePose.orientation.rotate($0.axis).tuple }, (0, 0, 0))
    damping = padded(joints.map(\.damping), 0)
    let limits = link.connection.joints.map { linkage.limits[$0] }
    lower = padded(limits.map { $0?.lowerBound ?? -.infinity }, -.infinity)
    upper = padded(limits.map { $0?.upperBound ?? .infinity }, .infinity)
  }
}

extension floor_geometry {
  fileprivate init(_ geometry: RobotModel.Geometry, linkage: Linkage) {
    let placement = geometry.body.map { linkage.placements[$0] }
    let link = placement?.link
    let frame = (placement?.pose ?? .identity) * geometry.pose
    let enclosing = geometry.shape.enclosingCapsule
    self.init()
    body = Int32(link ?? -1)
    position = (frame.position - (link.map { linkage.links[$0].origin } ?? .zero)).tuple
    quaternion = frame.orientation.tuple
    half_axis = frame.orientation.rotate(enclosing.halfAxis).tuple
    radius = enclosing.radius
    reach = enclosing.halfAxis.length + enclosing.radius
    switch geometry.shape {
    case .plane: shape = Int32(FLOOR_PLANE.rawValue)
    case .sphere(let r): (shape, size) = (Int32(FLOOR_SPHERE.rawValue), (r, 0, 0))
    case .capsule(let r, let l): (shape, size) = (Int32(FLOOR_CAPSULE.rawValue), (r, l, 0))
    case .cylinder(let r, let l): (shape, size) = (Int32(FLOOR_CYLINDER.rawValue), (r, l, 0))
    case .box(let half): (shape, size) = (Int32(FLOOR_BOX.rawValue), half.tuple)
    }
  }
}

extension floor_pair {
  fileprivate init(_ pair: (Int, Int), geometries: [RobotModel.Geometry], linkage: Linkage) {
    func isFixed(_ i: Int) -> Bool { geometries[i].body.flatMap { linkage.placements[$0].link } == nil }
    let (first, second) = isFixed(pair.0) ? (pair.1, pair.0) : pair
    let boxes = [first, second].count { if case .box = geometries[$0].shape { true } else { false } }
    self.init(
      first: Int32(first), second: Int32(second), maximum_contacts: boxes == 2 ? 8 : 4,
      is_with_plane: geometries[second].shape == .plane ? 1 : 0,
      friction: max(geometries[first].friction, geometries[second].friction))
  }
}
