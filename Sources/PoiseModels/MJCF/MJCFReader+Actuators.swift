import PoiseCore

/// Actuators: torques and forces on hinges and slides.
extension MJCFReader {
  mutating func readActuators() {
    let jointIndices = Dictionary(
      joints.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    for section in root.children(named: "actuator") {
      for element in section.children where MJCFSchema.readActuators[element.name] != nil {
        guard actuators.count < Self.actuatorLimit else {
          findings.problem(
            element.source, "actuator", found: "more than \(Self.actuatorLimit) actuators",
            allowed: "at most \(Self.actuatorLimit)")
          return
        }
        readActuator(element, jointIndices: jointIndices)
      }
    }
    for (i, name) in actuatorNames.resolved().enumerated() { actuators[i].name = name }
    limitJointForces()
  }

  private mutating func readActuator(_ element: MJCFElement, jointIndices: [String: Int]) {
    let place = "actuator, \(element.label)"
    let defaultClass = defaults.name(for: element, inherited: "main", place: place)
    let reader = ElementReader(
      element, inheriting: defaults.attributes("actuator", of: defaultClass), place: place, findings: findings)
    refuseForeignPhysics(reader)
    guard let joint = target(reader, jointIndices: jointIndices) else { return }
    let law = law(reader, defaults.inheritedServo(element.name, of: defaultClass))
    let gear = reader.numbers("gear", count: 1...6)?.first ?? 1
    // A rotor turns gear times as fast as its joint, and its torque at the joint is gear times as large.
    joints[joint].armature += gear * gear * (reader.number("armature", in: .notNegative) ?? 0)
    joints[joint].damping += gear * gear * damping(reader)
    actuators.append(
      RobotModel.Actuator(
        name: "", joint: joint, law: law, gear: gear,
        controlRange: controlRange(reader, joint: joint),
        forceRange: range("forcerange", limited: "forcelimited", reader), line: element.source.line))
    actuatorReaders.append(reader)
    actuatorNames.add(reader)
  }

  private func target(_ reader: ElementReader, jointIndices: [String: Int]) -> Int? {
    for name in ["tendon", "site", "body", "cranksite", "slidersite", "refsite"] where reader.has(name) {
      reader.problem(
        name, found: "an actuator on a \(name)", allowed: "actuators on joints", remedy: "Give it a joint.")
      return nil
    }
    let attribute = reader.has("joint") ? "joint" : "jointinparent"
    guard let name = reader.text(attribute), !name.isEmpty else {
      reader.problem(found: "no joint", allowed: "joint=\"…\"", remedy: "Name the joint that it moves.")
      return nil
    }
    guard let joint = jointIndices[name] else {
      reader.problem(
        attribute, found: "joint \(quoted(name)), which does not exist", allowed: "the name of a hinge or slide",
        remedy: suggestion(for: name, among: joints.map(\.name)))
      return nil
    }
    guard joints[joint].kind == .hinge || joints[joint].kind == .slide else {
      reader.problem(
        attribute, found: "the \(joints[joint].kind.rawValue) joint \(quoted(name))", allowed: "a hinge or a slide",
        remedy: "Put actuators on hinges and slides only.")
      return nil
    }
    return joint
  }

  private func damping(_ reader: ElementReader) -> Double {
    guard let values = reader.numbers("damping", count: 1...3, in: .notNegative) else { return 0 }
    if values.dropFirst().contains(where: { $0 != 0 }) {
      reader.problem(
        "damping", found: quoted(reader.text("damping") ?? ""), allowed: "one number, because Poise's are linear",
        remedy: "Keep only the first number.")
    }
    return values[0]
  }

  /// Source: MuJoCo's `mjs_setToMotor`, `mjs_setToPosition` and `mjs_setToVelocity` in `user_api.cc`.
  private func law(_ reader: ElementReader, _ inherited: DefaultClasses.Servo) -> RobotModel.Actuator.Law {
    let kind = reader.element.name
    guard kind != "motor" else { return .motor }
    if inherited.kind != kind {
      reader.problem(
        found: "a \(kind) actuator with defaults of <\(inherited.kind)>", allowed: "defaults of its own kind",
        remedy: "Put the defaults of <\(inherited.kind)> into another class.")
    }
    if kind == "velocity" { return .velocity(gain: reader.number("kv", in: .gain) ?? inherited.gain) }
    return .position(
      gain: reader.number("kp", in: .gain) ?? inherited.gain,
      damping: reader.number("kv", in: .gain) ?? inherited.damping)
  }

  private func controlRange(_ reader: ElementReader, joint: Int) -> ClosedRange<Double>? {
    let given = range("ctrlrange", limited: "ctrllimited", reader)
    guard reader.element.name == "position", let share = reader.number("inheritrange", in: .notNegative), share > 0
    else { return given }
    // As in MuJoCo the innermost one counts: that of the element, else that of the innermost class.
    if let inherit = reader.attributes["inheritrange"], let own = reader.attributes["ctrlrange"] {
      let (near, far) = (defaults.depth(of: inherit.defaultClass), defaults.depth(of: own.defaultClass))
      guard near != far else {
        reader.problem(
          "inheritrange", found: "'inheritrange' and 'ctrlrange' together", allowed: "one of them",
          remedy: "Remove one.")
        return given
      }
      if near < far { return given }
    }
    if reader.text("ctrllimited") == "false" { return nil }
    guard let range = joints[joint].range else {
      reader.problem(
        "inheritrange", found: "'inheritrange' on a joint without limits", allowed: "a joint with a range",
        remedy: "Use ctrlrange.")
      return given
    }
    // The joint's range, made wider or narrower about its middle.
    let middle = (range.upperBound + range.lowerBound) / 2
    let radius = (range.upperBound - range.lowerBound) / 2 * share
    let (lower, upper) = (middle - radius, middle + radius)
    guard lower < upper else {
      reader.problem(
        "inheritrange", found: "a share that leaves the range \(lower) to \(upper)", allowed: "one that leaves a range",
        remedy: "Use 1 for the joint's own range.")
      return given
    }
    return lower...upper
  }

  private func refuseForeignPhysics(_ reader: ElementReader) {
    let refused = [
      ("delay", "actuators without delay"), ("nsample", "actuators without delay"),
      ("timeconst", "actuators without filters"), ("dampratio", "damping by kv"),
    ]
    for (name, allowed) in refused {
      guard let values = reader.numbers(name, count: 1...3, in: .any), values.contains(where: { $0 != 0 }) else {
        continue
      }
      reader.problem(name, found: quoted(reader.text(name) ?? ""), allowed: allowed, remedy: "Remove it.")
    }
  }

  // MARK: Limits of a joint's force

  /// Applies a joint's `actuatorfrcrange` to its actuator's force range: force = gear · clamp(law).
  private mutating func limitJointForces() {
    for (joint, range) in jointForceRanges.sorted(by: { $0.key < $1.key }) {
      let own = actuators.indices.filter { actuators[$0].joint == joint }
      guard let first = own.first, actuators[first].gear != 0 else { continue }
      let gear = actuators[first].gear
      let ends = [range.lowerBound / gear, range.upperBound / gear].sorted()
      let force = actuators[first].forceRange ?? ends[0]...ends[1]
      guard own.count == 1, force.overlaps(ends[0]...ends[1]) else {
        jointReaders[joint].problem(
          "actuatorfrcrange",
          found: own.count > 1 ? "a joint with \(own.count) actuators" : "a range apart from the actuator's forcerange",
          allowed: "one actuator whose forcerange overlaps it", remedy: "Use forcerange at the actuators instead.")
        continue
      }
      actuators[first].forceRange = force.clamped(to: ends[0]...ends[1])
    }
  }
}
