import Foundation
import PoiseCore
import PoiseSimulation

/// Converts the tree of a model's elements to the checked description, and collects every problem.
///
/// The parts are in extensions: bodies and frames, geometries, joints, inertias, actuators, pairs.
struct MJCFReader {
  static let bodyLimit = 1000
  static let geometryLimit = 5000
  static let actuatorLimit = 1000

  let root: MJCFElement
  let findings: Findings
  let settings: CompilerSettings
  let defaults: DefaultClasses
  let physics: PhysicsParameters
  /// The flags that are switched off, with where that is written.
  let disabledFlags: [String: ElementReader]
  /// Colours of the materials by name.
  let materials: [String: SIMD4<Double>]

  var bodies: [RobotModel.Body] = []
  var geometries: [RobotModel.Geometry] = []
  /// See `RobotModel.skippedShapes`.
  var skippedShapes: [RobotModel.SkippedShape] = []
  var joints: [RobotModel.Joint] = []
  var actuators: [RobotModel.Actuator] = []
  var excludedPairs: [RobotModel.ExcludedPair] = []

  /// For each body: the reader of its element, for messages.
  var bodyReaders: [ElementReader] = []
  /// For each body: the masses of its geometries that count, in the body's frame.
  var geometryInertias: [[RobotModel.Inertia]] = []
  /// For each body: whether it has joints of its own.
  var hasJoint: [Bool] = []
  /// Bodies whose masses are unknown because of other problems, which have been noted.
  var faultyBodies: Set<Int> = []
  /// Planes on bodies, which must not move.
  var planes: [(body: Int, reader: ElementReader)] = []
  /// For each joint: its element, for messages about it that come up later.
  var jointReaders: [ElementReader] = []
  /// Range of the sum of the efforts of all actuators of a joint (`actuatorfrcrange`), N·m or N, by joint.
  var jointForceRanges: [Int: ClosedRange<Double>] = [:]
  /// For each actuator.
  var actuatorReaders: [ElementReader] = []

  var bodyNames = NameTable(kind: "body", reserved: ["world"])
  var geometryNames = NameTable(kind: "geom")
  var jointNames = NameTable(kind: "joint")
  var actuatorNames = NameTable(kind: "actuator")

  init(root: MJCFElement, findings: Findings) {
    self.root = root
    self.findings = findings
    settings = CompilerSettings(root: root, findings: findings)
    defaults = DefaultClasses(root: root, findings: findings)
    physics = PhysicsSettings.parameters(root: root, findings: findings)
    disabledFlags = PhysicsSettings.disabledFlags(root: root, findings: findings)
    materials = Self.materials(root: root, defaults: defaults, findings: findings)
  }

  /// - Parameter path: path of the main file, whose base name is the name of a model without a name.
  /// - Throws: `InvalidInput` with every problem found.
  mutating func model(path: String) throws(InvalidInput) -> RobotModel {
    MJCFSchema.check(root, findings: findings)
    for world in root.children(named: "worldbody") {
      let reader = ElementReader(world, place: "worldbody", findings: findings)
      readContents(of: world, body: nil, frame: .identity, defaultClass: "main", place: reader.place)
    }
    if bodies.isEmpty, !findings.hasProblems {
      findings.problem(
        root.source, "", found: "a model without a body", allowed: "at least one body in <worldbody>",
        remedy: "Add a body with a joint and a geom.")
    }
    nameEverything()
    resolveInertias()
    readActuators()
    readExcludedPairs()
    checkTendons()
    followFlags()
    try findings.throwIfAny()

    let fileName = (path.fileName as NSString).deletingPathExtension
    var model = RobotModel(
      name: root.attributes["model"] ?? fileName, files: findings.files, physics: physics, bodies: bodies,
      geometries: geometries, joints: joints, actuators: actuators, excludedPairs: excludedPairs,
      approximations: findings.approximations)
    model.skippedShapes = skippedShapes
    return model
  }

  // MARK: Bodies and frames

  private enum Kinds { case own, childBodies }

  /// Reads the contents of a body, a frame or the world: first the body's own elements, then its child bodies.
  ///
  /// - Parameters:
  ///   - body: index of the body that it belongs to, `nil` for the world.
  ///   - frame: pose of the enclosing frames in the body's frame.
  private mutating func readContents(
    of parent: MJCFElement, body: Int?, frame: Pose, defaultClass: String, place: String
  ) {
    for kinds in [Kinds.own, .childBodies] {
      read(kinds, in: parent, body: body, frame: frame, defaultClass: defaultClass, place: place)
    }
  }

  private mutating func read(
    _ kinds: Kinds, in parent: MJCFElement, body: Int?, frame: Pose, defaultClass: String, place: String
  ) {
    for element in parent.children {
      let place = MJCFSchema.place(of: element, inside: parent, at: place)
      switch (element.name, kinds) {
      case ("geom", .own): readGeometry(element, body: body, frame: frame, inherited: defaultClass, place: place)
      case ("joint", .own), ("freejoint", .own):
        guard let body else { break }
        readJoint(element, body: body, frame: frame, inherited: defaultClass, place: place)
      case ("body", .childBodies):
        readBody(element, parent: body, frame: frame, inherited: defaultClass, place: place)
      case ("frame", _):
        let inner = defaults.name(for: element, attribute: "childclass", inherited: defaultClass, place: place)
        let reader = ElementReader(element, place: place, findings: findings)
        read(
          kinds, in: element, body: body, frame: frame * reader.pose(settings), defaultClass: inner, place: place)
      default: break
      }
    }
  }

  private mutating func readBody(
    _ element: MJCFElement, parent: Int?, frame: Pose, inherited: String, place: String
  ) {
    guard bodies.count < Self.bodyLimit else {
      findings.problem(
        element.source, "", found: "more than \(Self.bodyLimit) bodies", allowed: "at most \(Self.bodyLimit)")
      return
    }
    let reader = ElementReader(element, place: place, findings: findings)
    let inner = defaults.name(for: element, attribute: "childclass", inherited: inherited, place: place)
    if reader.bool("mocap") == true {
      reader.problem(
        "mocap", found: "'true'", allowed: "'false', because Poise moves bodies by forces only", remedy: "Remove it.")
    }
    if let share = reader.number("gravcomp", in: .any), share != 0 {
      reader.problem(
        "gravcomp", found: quoted(reader.text("gravcomp") ?? ""),
        allowed: "0, because gravity acts on every body alike", remedy: "Remove it.")
    }

    let index = bodies.count
    bodies.append(
      RobotModel.Body(
        name: "", parent: parent, pose: frame * reader.pose(settings), inertia: nil, line: element.source.line))
    bodyReaders.append(reader)
    geometryInertias.append([])
    hasJoint.append(false)
    bodyNames.add(reader)
    readContents(of: element, body: index, frame: .identity, defaultClass: inner, place: place)
    checkJoints(of: index)
  }

  // MARK: Names

  private mutating func nameEverything() {
    for (i, name) in bodyNames.resolved().enumerated() { bodies[i].name = name }
    for (i, name) in geometryNames.resolved().enumerated() { geometries[i].name = name }
    for (i, name) in jointNames.resolved().enumerated() { joints[i].name = name }
  }
}

extension RobotModel {
  /// Reads a robot and its scene from an MJCF file and the files it includes.
  ///
  /// Features that Poise does not support are refused; features that ODE only approximates are listed in `approximations`.
  ///
  /// - Parameter path: the main file, as the user named it; messages quote it.
  /// - Throws: `InputOutputError` if the file cannot be read at all, else `InvalidInput` with every problem of the files.
  public init(contentsOf path: String) throws {
    let findings = Findings(mainFile: path)
    let tree = try IncludeExpander.tree(of: path, findings: findings)
    // After broken markup or includes, missing parts would cause misleading problems.
    try findings.throwIfAny()
    guard let tree else { preconditionFailure("\(path): neither a tree nor a problem") }
    var reader = MJCFReader(root: tree, findings: findings)
    self = try reader.model(path: path)
  }
}
