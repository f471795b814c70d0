import PoiseCore
import PoiseSimulation

/// Geometries: shapes, poses, masses, contact properties.
extension MJCFReader {
  private static let ownTypes = ["plane", "sphere", "capsule", "cylinder", "box"]
  private static let types = ownTypes + ["hfield", "ellipsoid", "mesh", "sdf"]

  mutating func readGeometry(_ element: MJCFElement, body: Int?, frame: Pose, inherited: String, place: String) {
    guard geometries.count < Self.geometryLimit else {
      findings.problem(
        element.source, "", found: "more than \(Self.geometryLimit) geoms", allowed: "at most \(Self.geometryLimit)")
      return
    }
    let defaultClass = defaults.name(for: element, inherited: inherited, place: place)
    let reader = ElementReader(
      element, inheriting: defaults.attributes("geom", of: defaultClass), place: place, findings: findings)
    let type = reader.keyword("type", of: Self.types) ?? "sphere"
    let bits = 0...Int(Int32.max)
    let contactType = reader.integer("contype", in: bits) ?? 1
    let contactAffinity = reader.integer("conaffinity", in: bits) ?? 1
    let collides = contactType != 0 || contactAffinity != 0
    refuseForeignPhysics(reader, collides: collides)

    if !Self.ownTypes.contains(type), isOnlyForPictures(reader, body: body, collides: collides) {
      skippedShapes.append(.init(type: type, line: element.source.line))
      return
    }
    guard let (shape, local) = shapeAndPose(type, reader) else {
      if let body { faultyBodies.insert(body) }
      return
    }
    let pose = frame * local
    let friction = reader.numbers("friction", count: 1...3, in: .notNegative)?.first ?? 1
    if collides, physics.isContactEnabled { noteContactApproximations(reader) }

    if let body { weigh(shape, pose: pose, body: body, reader) }
    geometries.append(
      RobotModel.Geometry(
        name: "", body: body, shape: shape, pose: pose, friction: friction, contactType: UInt32(contactType),
        contactAffinity: UInt32(contactAffinity), color: color(reader), line: element.source.line))
    geometryNames.add(reader)
    if type == "plane", let body { planes.append((body, reader)) }
  }

  // MARK: Shape and pose

  /// Source: MuJoCo's `mjCGeom::Compile` in `user_objects.cc`.
  ///
  /// - Returns: `nil` after noting a problem.
  private func shapeAndPose(_ type: String, _ reader: ElementReader) -> (Shape, Pose)? {
    guard Self.ownTypes.contains(type) else {
      reader.problem(
        "type", found: "'\(type)'", allowed: listed(Self.ownTypes),
        remedy: "Use simple shapes; if it is only for pictures, write contype=\"0\" conaffinity=\"0\" mass=\"0\".")
      return nil
    }
    if reader.has("mesh") || reader.has("hfield") {
      reader.problem(
        reader.has("mesh") ? "mesh" : "hfield", found: "a \(type) fitted to a mesh or height field",
        allowed: "shapes with their own size", remedy: "Give the size instead.")
      return nil
    }
    var pose = reader.pose(settings)
    var size = reader.numbers("size", count: 1...3, in: .physical) ?? []
    if size.isEmpty, reader.has("size") { return nil }
    size += Array(repeating: 0, count: 3 - size.count)

    if let ends = reader.numbers("fromto", count: 6...6) {
      guard ["capsule", "cylinder", "box"].contains(type) else {
        reader.problem(
          "fromto", found: "'fromto' for a \(type)", allowed: "'fromto' for a capsule, cylinder or box",
          remedy: "Use pos and size.")
        return nil
      }
      let (from, to): (Vector3, Vector3) = ([ends[0], ends[1], ends[2]], [ends[3], ends[4], ends[5]])
      let axis = from - to
      guard axis.length >= 1e-9 else {
        reader.problem("fromto", found: quoted(reader.text("fromto") ?? ""), allowed: "two different points")
        return nil
      }
      guard pose.position == .zero else {
        reader.problem("pos", found: "'pos' and 'fromto' together", allowed: "one of them", remedy: "Remove one.")
        return nil
      }
      pose = Pose(position: (from + to) / 2, orientation: Quaternion(turningZTo: axis.normalized))
      size = type == "box" ? [size[0], size[0], axis.length / 2] : [size[0], axis.length / 2, 0]
    } else if reader.has("fromto") {
      return nil
    }

    let needed = ["plane": 0, "sphere": 1, "capsule": 2, "cylinder": 2, "box": 3][type] ?? 0
    guard size.prefix(needed).allSatisfy({ $0 >= 1e-6 }) else {
      let text = reader.text("size").map { quoted($0) } ?? "no size"
      let meaning = [
        1: "a radius", 2: "a radius and half a length (or a radius and fromto)", 3: "three half lengths",
      ]
      reader.problem(
        "size", found: text, allowed: "\(meaning[needed] ?? "") of at least 1e-6 m for a \(type)")
      return nil
    }
    if type == "plane", size[2] <= 0 {
      reader.problem(
        "size", found: reader.text("size").map { quoted($0) } ?? "no size",
        allowed: "three numbers, the third above 0 (both half lengths, 0 for endless, and a grid spacing)",
        remedy: "Write size=\"0 0 1\".")
      return nil
    }
    let shape: Shape =
      switch type {
      case "plane": .plane
      case "sphere": .sphere(radius: size[0])
      case "capsule": .capsule(radius: size[0], halfLength: size[1])
      case "cylinder": .cylinder(radius: size[0], halfLength: size[1])
      default: .box(halfExtents: [size[0], size[1], size[2]])
      }
    return (shape, pose)
  }

  // MARK: Mass

  /// Adds the geometry's mass to its body, unless the body's own `inertial` counts.
  private mutating func weigh(_ shape: Shape, pose: Pose, body: Int, _ reader: ElementReader) {
    let density = reader.number("density", in: .notNegative) ?? 1000
    let givenMass = reader.number("mass", in: .notNegative)
    if reader.bool("shellinertia") == true {
      reader.problem(
        "shellinertia", found: "'true'", allowed: "'false', because Poise knows solid shapes only",
        remedy: "Give the body an <inertial>.")
    }
    guard countsForInertia(reader, body: body) else { return }
    let mass = shape.volume > 1e-14 ? givenMass ?? density * shape.volume : 0
    guard mass > 1e-14 else { return }
    let diagonal = Matrix3(diagonal: shape.principalInertia(mass: mass))
    geometryInertias[body].append(
      RobotModel.Inertia(
        mass: mass, centerOfMass: pose.position, tensor: diagonal.rotated(by: pose.orientation)))
  }

  private func countsForInertia(_ reader: ElementReader, body: Int) -> Bool {
    let group = reader.integer("group", in: -1000...1000) ?? 0
    let hasInertial = bodyReaders[body].element.children.contains { $0.name == "inertial" }
    let fromGeometry =
      switch settings.inertiaFromGeometry {
      case .always: true
      case .never: false
      case .whereMissing: !hasInertial
      }
    return fromGeometry && settings.inertiaGroups.contains(group)
  }

  // MARK: What ODE approximates or does not support

  private func noteContactApproximations(_ reader: ElementReader) {
    for name in ["solref", "solimp", "solmix"] where !isAsHardAsPoise(reader, softness: name) {
      reader.approximation(
        name, "Contacts have Poise's own stiffness and damping (poise_contact_stiffness, poise_contact_damping).")
    }
    for name in ["margin", "gap"] {
      if let value = reader.number(name), value != 0 {
        reader.approximation(name, "Contacts begin when shapes touch.")
      }
    }
    if let priority = reader.integer("priority", in: Int(Int32.min)...Int(Int32.max)), priority != 0 {
      reader.approximation("priority", "The friction of a pair is chosen as if all priorities were equal.")
    }
    guard let dimension = reader.keyword("condim", of: ["1", "3", "4", "6"]) else { return }
    if dimension == "1" {
      reader.approximation("condim", "Contacts resist sliding by the geoms' friction even where both have condim 1.")
    } else if dimension != "3" {
      reader.approximation("condim", "Contacts resist sliding, but neither twisting nor rolling.")
    }
  }

  private func refuseForeignPhysics(_ reader: ElementReader, collides: Bool) {
    for name in ["surfacevel", "adhesion"] where collides {
      guard let values = reader.numbers(name, count: 1...6, in: .any), values.contains(where: { $0 != 0 }) else {
        continue
      }
      reader.problem(
        name, found: quoted(reader.text(name) ?? ""), allowed: "0, because Poise has no moving or sticky surfaces",
        remedy: "Remove it.")
    }
  }

  /// Whether a geometry neither collides nor has mass: then a shape that Poise does not support is left out.
  private func isOnlyForPictures(_ reader: ElementReader, body: Int?, collides: Bool) -> Bool {
    guard !collides else { return false }
    if reader.number("mass", in: .notNegative) == 0 { return true }
    if !reader.has("mass"), reader.number("density", in: .notNegative) == 0 { return true }
    return body.map { !countsForInertia(reader, body: $0) } ?? true
  }

  // MARK: Colour

  private func color(_ reader: ElementReader) -> SIMD4<Double> {
    var materialColor: SIMD4<Double>?
    if let material = reader.text("material") {
      materialColor = materials[material]
      if materialColor == nil {
        reader.problem(
          "material", found: "material \(quoted(material)), which is not defined", allowed: "a material of <asset>",
          remedy: suggestion(for: material, among: materials.keys.sorted()))
      }
    }
    return Self.rgba(reader) ?? materialColor ?? [0.5, 0.5, 0.5, 1]
  }

  private static func rgba(_ reader: ElementReader) -> SIMD4<Double>? {
    reader.numbers("rgba", count: 4...4).map { c in
      SIMD4(c[0], c[1], c[2], c[3]).clamped(lowerBound: .zero, upperBound: .one)
    }
  }

  static func materials(
    root: MJCFElement, defaults: DefaultClasses, findings: Findings
  ) -> [String: SIMD4<Double>] {
    var colors: [String: SIMD4<Double>] = [:]
    for element in root.children(named: "asset").flatMap({ $0.children(named: "material") }) {
      guard let name = element.attributes["name"] else { continue }
      let place = "asset, \(element.label)"
      let defaultClass = defaults.name(for: element, inherited: "main", place: place)
      let reader = ElementReader(
        element, inheriting: defaults.attributes("material", of: defaultClass), place: place, findings: findings)
      colors[name] = rgba(reader) ?? [1, 1, 1, 1]
    }
    return colors
  }
}
