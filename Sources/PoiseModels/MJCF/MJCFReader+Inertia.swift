import PoiseCore
import PoiseSimulation

/// Masses and inertias of the bodies, by MuJoCo's rules, with a check that every moving body has them.
extension MJCFReader {
  /// Lower bounds of a moving body's mass, kg, and of its smallest principal moment of inertia, kg·m².
  private struct LeastInertia {
    var mass: Double
    var moment: Double

    /// For a free body that collides or carries something: a lighter one would be accelerated beyond every bound.
    static let free = Self(mass: 1e-9, moment: 1e-12)
    /// For a body with other joints, or one that neither collides nor carries anything; the moment is MuJoCo's own bound.
    static let held = Self(mass: 1e-12, moment: 1e-15)
  }

  mutating func resolveInertias() {
    for body in bodies.indices { bodies[body].inertia = inertia(of: body) }
    if let total = settings.totalMass { scaleMasses(to: total) }
    checkMovingBodies()
    for (body, reader) in planes where weldRoot(of: body) != nil {
      reader.problem(
        found: "a plane on a body that moves", allowed: "planes in the world or on bodies fixed to it",
        remedy: "Use a box.")
    }
  }

  // MARK: One body

  private mutating func inertia(of body: Int) -> RobotModel.Inertia? {
    let reader = bodyReaders[body]
    let inertials = reader.element.children.filter { $0.name == "inertial" }
    var explicit: RobotModel.Inertia?
    if let element = inertials.first {
      switch readInertial(element, place: "\(reader.place), inertial") {
      case .massless: break
      case .wrong: faultyBodies.insert(body)
      case .inertia(let inertia): explicit = inertia
      }
    }
    let parts = geometryInertias[body]
    let fromGeometry = parts.isEmpty ? nil : RobotModel.Inertia(combining: parts)
    let chosen: RobotModel.Inertia? =
      switch settings.inertiaFromGeometry {
      case .always: fromGeometry ?? explicit
      case .never: explicit
      case .whereMissing: inertials.isEmpty ? fromGeometry : explicit
      }
    // A body whose mass comes only from `boundmass` has it where MuJoCo puts it: at the body's `pos`, read in its own frame.
    let bounded = RobotModel.Inertia(
      mass: 0, centerOfMass: reader.pose(settings).position, tensor: .zero)
    let place = inertials.first.map { SourcePlace($0.source, "\(reader.place), inertial") }
    return corrected(chosen ?? bounded, place ?? SourcePlace(reader.source, reader.place))
  }

  private struct SourcePlace {
    var source: SourceLine
    var place: String
    init(_ source: SourceLine, _ place: String) { (self.source, self.place) = (source, place) }
  }

  private enum Inertial {
    case inertia(RobotModel.Inertia)
    case massless
    /// A problem has been noted.
    case wrong
  }

  private func readInertial(_ element: MJCFElement, place: String) -> Inertial {
    let reader = ElementReader(element, place: place, findings: findings)
    let center = reader.vector("pos")
    let mass = reader.number("mass", in: .notNegative)
    for name in ["pos", "mass"] where !reader.has(name) {
      reader.problem(found: "no '\(name)'", allowed: "pos and mass", remedy: "Add \(name)=\"…\".")
    }
    let rotation = reader.orientation(settings)
    let diagonal = reader.vector("diaginertia", in: .notNegative)
    let full = reader.numbers("fullinertia", count: 6...6)
    guard let center, let mass else { return .wrong }

    if reader.has("fullinertia"),
      let other = (["diaginertia"] + MJCFSchema.orientation.sorted()).first(where: reader.has)
    {
      reader.problem(
        "fullinertia", found: "'fullinertia' and '\(other)' together", allowed: "one of them", remedy: "Remove one.")
      return .wrong
    }
    if mass == 0 { return .massless }
    if let i = full {
      // MJCF's order: xx, yy, zz, xy, xz, yz.
      let tensor = Matrix3(columns: [i[0], i[3], i[4]], [i[3], i[1], i[5]], [i[4], i[5], i[2]])
      guard tensor.eigenSystem().values.x >= 1e-14 else {
        reader.problem(
          "fullinertia", found: quoted(reader.text("fullinertia") ?? ""),
          allowed: "a tensor whose principal moments are all above 0")
        return .wrong
      }
      return .inertia(RobotModel.Inertia(mass: mass, centerOfMass: center, tensor: tensor))
    }
    if !reader.has("diaginertia"), !reader.has("fullinertia") {
      reader.problem(
        found: "neither 'diaginertia' nor 'fullinertia'", allowed: "one of them",
        remedy: "Add it, or remove <inertial> to use the geoms' masses.")
    }
    guard let diagonal else { return .wrong }
    let tensor = Matrix3(diagonal: diagonal).rotated(by: rotation ?? .identity)
    return .inertia(RobotModel.Inertia(mass: mass, centerOfMass: center, tensor: tensor))
  }

  /// Applies the compiler's lower bounds and checks that the inertia is physically possible: A + B ≥ C.
  private func corrected(_ inertia: RobotModel.Inertia, _ place: SourcePlace) -> RobotModel.Inertia? {
    var result = inertia
    result.mass = max(result.mass, settings.leastMass)
    var (principal, axes) = result.tensor.eigenSystem()
    if principal.x < settings.leastInertia {
      principal = pointwiseMax(principal, Vector3(repeating: settings.leastInertia))
      result.tensor = axes * Matrix3(diagonal: principal) * axes.transposed
    }
    // MuJoCo allows no tolerance; rounded numbers need a little.
    if principal.x + principal.y < principal.z * (1 - 1e-6) {
      if settings.balancesInertia {
        result.tensor = Matrix3(diagonal: Vector3(repeating: principal.sum() / 3))
      } else {
        let moments = (0..<3).map { rounded(principal[$0]) }.joined(separator: ", ")
        findings.problem(
          place.source, place.place, found: "principal moments of inertia \(moments) kg·m²",
          allowed: "no moment above the sum of the other two, because no body has such an inertia",
          remedy: "Correct the inertia, or set balanceinertia=\"true\" in <compiler>.")
      }
    }
    return result.mass > 0 ? result : nil
  }

  private func rounded(_ number: Double) -> String { "\((number * 1e9).rounded() / 1e9)" }

  private mutating func scaleMasses(to total: Double) {
    let sum = bodies.reduce(0) { $0 + ($1.inertia?.mass ?? 0) }
    guard sum > 0 else { return }
    for body in bodies.indices {
      guard var inertia = bodies[body].inertia else { continue }
      inertia.mass *= total / sum
      inertia.tensor = total / sum * inertia.tensor
      bodies[body].inertia = inertia
    }
  }

  // MARK: Bodies that move as one

  /// The body with joints that `body` is welded to, possibly itself; `nil` for bodies fixed to the world.
  func weldRoot(of body: Int) -> Int? {
    var current = body
    while !hasJoint[current] {
      guard let parent = bodies[current].parent else { return nil }
      current = parent
    }
    return current
  }

  /// Each body with joints needs mass and inertia, its own or that of bodies welded to it.
  private func checkMovingBodies() {
    var parts: [Int: [RobotModel.Inertia]] = [:]
    // Pose of each body in the frame of the body it is welded to; parents come first.
    var offsets: [Pose] = []
    for body in bodies.indices {
      let isRoot = hasJoint[body]
      let offset = isRoot ? .identity : (bodies[body].parent.map { offsets[$0] } ?? .identity) * bodies[body].pose
      offsets.append(offset)
      if let root = weldRoot(of: body), let inertia = bodies[body].inertia {
        parts[root, default: []].append(inertia.seen(from: offset))
      }
    }
    let faultyRoots = Set(faultyBodies.compactMap(weldRoot))
    for body in bodies.indices where hasJoint[body] && !faultyRoots.contains(body) {
      let total = parts[body].map(RobotModel.Inertia.init(combining:))
      let leastMoment = total?.tensor.eigenSystem().values.x ?? 0
      let least = leastInertia(of: body)
      guard let total, total.mass >= least.mass, leastMoment >= least.moment else {
        let found = total.map { "mass \($0.mass) kg and least moment of inertia \(leastMoment) kg·m²" } ?? "no mass"
        bodyReaders[body].problem(
          found: "\(found) on a body that moves",
          allowed: "at least \(least.mass) kg and \(least.moment) kg·m²",
          remedy: "Add a geom with mass or an <inertial>.")
        continue
      }
    }
  }

  private func leastInertia(of body: Int) -> LeastInertia {
    guard joints.contains(where: { $0.body == body && $0.kind == .free }) else { return .held }
    let carries = bodies.indices.contains { child in
      hasJoint[child] && bodies[child].parent.flatMap(weldRoot) == body
    }
    let touches =
      physics.isContactEnabled
      && geometries.contains { geometry in
        (geometry.contactType != 0 || geometry.contactAffinity != 0) && geometry.body.flatMap(weldRoot) == body
      }
    return carries || touches ? .free : .held
  }
}
