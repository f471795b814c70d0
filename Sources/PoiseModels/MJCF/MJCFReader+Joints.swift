import PoiseCore

/// Joints: degrees of freedom, limits, springs and dampers.
extension MJCFReader {
  mutating func readJoint(_ element: MJCFElement, body: Int, frame: Pose, inherited: String, place: String) {
    let isFreeJoint = element.name == "freejoint"
    let defaultClass = isFreeJoint ? inherited : defaults.name(for: element, inherited: inherited, place: place)
    // A <freejoint> takes no defaults; that is its purpose.
    let reader = ElementReader(
      element, inheriting: isFreeJoint ? [:] : defaults.attributes("joint", of: defaultClass), place: place,
      findings: findings)
    let kinds = ["hinge", "slide", "ball", "free"]
    let kind =
      isFreeJoint ? .free : reader.keyword("type", of: kinds).flatMap(RobotModel.Joint.Kind.init(rawValue:)) ?? .hinge
    var joint = RobotModel.Joint(
      name: "", kind: kind, body: body, anchor: .zero, axis: [0, 0, 1], range: nil, damping: 0, stiffness: 0,
      springReference: 0, armature: 0, reference: 0, line: element.source.line)

    if kind != .free, let position = reader.vector("pos") { joint.anchor = position }
    if kind != .free { joint.anchor = frame.apply(to: joint.anchor) }
    if kind == .hinge || kind == .slide {
      readAxis(of: &joint, frame: frame, reader)
      readCoordinate(of: &joint, reader)
    } else if kind == .ball {
      refuseConeLimit(reader)
    }
    readSpringAndDamper(of: &joint, reader)
    readRotorAndFriction(of: &joint, reader)
    refuseForeignPhysics(of: kind, reader)
    if reader.text("align") == "true" {
      reader.approximation("align", "The body's frame stays where the file puts it, instead of at its centre of mass.")
    }

    if let range = jointForceRange(kind, reader) { jointForceRanges[joints.count] = range }
    joints.append(joint)
    hasJoint[body] = true
    jointReaders.append(reader)
    jointNames.add(reader)
  }

  private func readAxis(of joint: inout RobotModel.Joint, frame: Pose, _ reader: ElementReader) {
    guard let axis = reader.vector("axis") else {
      joint.axis = frame.orientation.rotate(joint.axis)
      return
    }
    guard axis.length >= 1e-9 else {
      reader.problem(
        "axis", found: quoted(reader.text("axis") ?? ""), allowed: "a direction that is not zero",
        remedy: "Write for example axis=\"0 1 0\".")
      return
    }
    joint.axis = frame.orientation.rotate(axis.normalized)
  }

  /// Limits, reference and the spring's rest position, in radians or metres.
  private func readCoordinate(of joint: inout RobotModel.Joint, _ reader: ElementReader) {
    let isHinge = joint.kind == .hinge
    func converted(_ value: Double) -> Double { isHinge ? settings.radians(value) : value }
    joint.range = range("range", limited: "limited", reader, convert: converted)
    joint.reference = converted(reader.number("ref") ?? 0)
    joint.springReference = converted(reader.number("springref") ?? 0)
    if joint.range != nil {
      for name in ["solreflimit", "solimplimit"] where !isAsHardAsPoise(reader, softness: name) {
        reader.approximation(name, "A stop is as hard as Poise's limits are (poise_limit_error_reduction).")
      }
      if let margin = reader.number("margin"), margin != 0 {
        reader.approximation("margin", "A stop acts at the limit, not before it.")
      }
    }
  }

  /// The numbers of a range attribute if the limit is on, by MuJoCo's rules of `limited` and `autolimits`.
  func range(
    _ name: String, limited: String, _ reader: ElementReader, in bounds: NumberRange = .physical,
    convert: (Double) -> Double = { $0 }
  ) -> ClosedRange<Double>? {
    let choice = reader.keyword(limited, of: ["true", "false", "auto"]) ?? "auto"
    let values = reader.numbers(name, count: 2...2, in: bounds)
    if reader.has(name), values == nil { return nil }
    let (lower, upper) = values.map { ($0[0], $0[1]) } ?? (0, 0)
    guard choice != "false" else { return nil }
    if choice == "auto" {
      guard lower != 0 || upper != 0 else { return nil }
      guard settings.limitsFollowRanges else {
        reader.problem(
          name, found: "'\(name)' without '\(limited)', and autolimits=\"false\"",
          allowed: "'\(limited)' beside it", remedy: "Write \(limited)=\"true\" or \"false\".")
        return nil
      }
    }
    guard lower < upper else {
      reader.problem(
        name, found: reader.text(name).map { quoted($0) } ?? "no '\(name)', and \(limited)=\"true\"",
        allowed: "two numbers, the smaller first")
      return nil
    }
    return convert(lower)...convert(upper)
  }

  /// A ball's limit is a cone; a free joint has none, whatever its defaults say.
  private func refuseConeLimit(_ reader: ElementReader) {
    let values = reader.numbers("range", count: 2...2) ?? [0, 0]
    let choice = reader.keyword("limited", of: ["true", "false", "auto"]) ?? "auto"
    guard choice == "true" || (choice == "auto" && values != [0, 0]) else { return }
    reader.problem(
      reader.has("range") ? "range" : "limited", found: "a limit on a ball joint",
      allowed: "limits on hinges and slides, because Poise has no cone limits",
      remedy: "Remove it, or use three hinges with ranges.")
  }

  private func readSpringAndDamper(of joint: inout RobotModel.Joint, _ reader: ElementReader) {
    func constant(_ name: String) -> Double {
      guard let values = reader.numbers(name, count: 1...3, in: .any) else { return 0 }
      guard NumberRange.notNegative.contains(values[0]) else {
        reader.problem(name, found: quoted(reader.text(name) ?? ""), allowed: NumberRange.notNegative.description)
        return 0
      }
      if values.dropFirst().contains(where: { $0 != 0 }) {
        reader.problem(
          name, found: quoted(reader.text(name) ?? ""), allowed: "one number, because Poise's are linear",
          remedy: "Keep only the first number.")
      }
      return values[0]
    }
    joint.damping = constant("damping")
    joint.stiffness = constant("stiffness")
    if joint.stiffness != 0, joint.kind == .ball || joint.kind == .free {
      reader.problem(
        "stiffness", found: quoted(reader.text("stiffness") ?? ""), allowed: "0 on a \(joint.kind.rawValue) joint",
        remedy: joint.kind == .free ? "Use <freejoint/>, which takes no defaults." : "Remove it, or use three hinges.")
    }
    if joint.damping != 0, joint.kind == .free {
      reader.problem(
        "damping", found: quoted(reader.text("damping") ?? ""), allowed: "0 on a free joint",
        remedy: "Use <freejoint/>, which takes no defaults.")
    }
  }

  private func readRotorAndFriction(of joint: inout RobotModel.Joint, _ reader: ElementReader) {
    joint.armature = reader.number("armature", in: .notNegative) ?? 0
    let loss = reader.number("frictionloss", in: .notNegative) ?? 0
    joint.frictionLoss = loss
    guard loss != 0, !isFrictionLossOff else { return }
    for name in ["solreffriction", "solimpfriction"] {
      reader.approximation(name, "Dry friction is hard: a joint that it holds does not creep.")
    }
  }

  private func refuseForeignPhysics(of kind: RobotModel.Joint.Kind, _ reader: ElementReader) {
    if let values = reader.numbers("springdamper", count: 2...2, in: .any), values != [0, 0] {
      reader.problem(
        "springdamper", found: quoted(reader.text("springdamper") ?? ""),
        allowed: "springs and dampers by their constants", remedy: "Use stiffness and damping.")
    }
    if reader.bool("actuatorgravcomp") == true {
      reader.problem(
        "actuatorgravcomp", found: "'true'", allowed: "'false', because Poise does not compensate gravity",
        remedy: "Remove it.")
    }
  }

  private func jointForceRange(_ kind: RobotModel.Joint.Kind, _ reader: ElementReader) -> ClosedRange<Double>? {
    guard kind == .hinge || kind == .slide else { return nil }
    return range("actuatorfrcrange", limited: "actuatorfrclimited", reader)
  }

  // MARK: All joints of a body

  /// Notes invalid combinations of joints.
  func checkJoints(of body: Int) {
    let own = joints.indices.filter { joints[$0].body == body }
    guard !own.isEmpty else { return }
    let reader = bodyReaders[body]
    if let free = own.first(where: { joints[$0].kind == .free }) {
      if own.count > 1 {
        reader.problem(
          found: "a free joint together with \(own.count - 1) more", allowed: "a free joint alone",
          remedy: "Remove the others, or put them into a child body.")
      }
      if bodies[body].parent != nil {
        jointReaders[free].problem(
          found: "a free joint on a body inside another body", allowed: "free joints on bodies of the world",
          remedy: "Move the body out of its parent, directly into <worldbody>.")
      }
      return
    }
    let rotations = own.reduce(0) { $0 + (joints[$1].kind == .ball ? 3 : (joints[$1].kind == .hinge ? 1 : 0)) }
    let slides = own.count { joints[$0].kind == .slide }
    if rotations + slides > 6 {
      reader.problem(
        found: "\(rotations + slides) degrees of freedom", allowed: "at most 6 for each body",
        remedy: "Spread the joints over several bodies.")
    }
    if let ball = own.firstIndex(where: { joints[$0].kind == .ball }),
      let later = own[(ball + 1)...].first(where: { joints[$0].kind == .ball || joints[$0].kind == .hinge })
    {
      jointReaders[later].problem(
        found: "a \(joints[later].kind.rawValue) joint behind a ball joint of the same body",
        allowed: "no rotation behind a ball", remedy: "A ball turns about every axis: remove the other.")
    }
  }
}
