import PoiseCore

/// The default classes of a model: values of attributes that an element omits.
///
/// As in MuJoCo a class starts as a copy of the class that encloses it, taken after that class's own elements are read; and
/// all actuators share one set of defaults, so that `<motor ctrlrange=…>` also serves a `position`. Only the gains are
/// each kind's own.
struct DefaultClasses {
  static let countLimit = 1000

  struct Class {
    /// By `joint`, `geom`, `tendon`, `material`, `actuator`.
    var attributes: [String: [String: Attribute]] = [:]
    /// The gains of the last actuator among this class's own elements.
    var servo: Servo?
    /// The enclosing class.
    var parent: String?
  }

  /// Gains of an actuator's law.
  struct Servo {
    /// `motor`, `position`, `velocity`, or one that Poise does not read.
    var kind: String
    /// kp of a position actuator, kv of a velocity actuator.
    var gain = 1.0
    /// kv of a position actuator.
    var damping = 0.0
  }

  private(set) var classes: [String: Class] = ["main": Class()]
  let findings: Findings

  init(root: MJCFElement, findings: Findings) {
    self.findings = findings
    for section in root.children(named: "default") {
      if let name = section.attributes["class"], name != "main" {
        findings.problem(
          section.source, "default", found: "class \(quoted(name))", allowed: "'main', the name of the outermost class",
          remedy: "Remove the name, or put this class into another <default>.")
      }
      read(section, into: "main")
    }
  }

  private mutating func read(_ section: MJCFElement, into name: String) {
    guard var own = classes[name] else { return }
    for element in section.children where element.name != "default" { apply(element, to: &own, name: name) }
    classes[name] = own

    for nested in section.children(named: "default") {
      let place = "default '\(name)', default"
      guard let nestedName = nested.attributes["class"], !nestedName.isEmpty else {
        findings.problem(
          nested.source, place, found: "no class", allowed: "class=\"…\"", remedy: "Name the nested class.")
        continue
      }
      guard classes[nestedName] == nil else {
        findings.problem(
          nested.source, place, found: "class \(quoted(nestedName)) for the second time", allowed: "each name once",
          remedy: "Rename or join the classes.")
        continue
      }
      guard classes.count < Self.countLimit else {
        findings.problem(
          nested.source, place, found: "more than \(Self.countLimit) classes", allowed: "at most \(Self.countLimit)")
        continue
      }
      classes[nestedName] = Class(attributes: own.attributes, parent: name)
      read(nested, into: nestedName)
    }
  }

  private func apply(_ element: MJCFElement, to own: inout Class, name: String) {
    switch element.name {
    case "joint", "geom", "tendon", "material":
      own.attributes[element.name, default: [:]].overlay(element, defaultClass: name)
    case "motor", "position", "velocity":
      own.attributes["actuator", default: [:]].overlay(element.without(["kp", "kv"]), defaultClass: name)
      let reader = ElementReader(element, place: "default '\(name)', \(element.name)", findings: findings)
      var servo =
        own.servo.flatMap { $0.kind == element.name ? $0 : nil } ?? inheritedServo(element.name, of: own.parent)
      servo.kind = element.name
      servo.gain = reader.number(element.name == "position" ? "kp" : "kv", in: .gain) ?? servo.gain
      if element.name == "position" { servo.damping = reader.number("kv", in: .gain) ?? servo.damping }
      own.servo = servo
    case _ where MJCFSchema.foreignActuators.contains(element.name):
      let shared: Set = ["ctrlrange", "ctrllimited", "forcerange", "forcelimited", "gear"]
      own.attributes["actuator", default: [:]]
        .overlay(element.without(Set(element.attributes.keys).subtracting(shared)), defaultClass: name)
      own.servo = Servo(kind: element.name)
    default: break
    }
  }

  /// The class that applies to `element`: its own `class`, else the one inherited from its body.
  ///
  /// - Parameter attribute: `class`, or `childclass` for a body.
  func name(for element: MJCFElement, attribute: String = "class", inherited: String, place: String) -> String {
    guard let name = element.attributes[attribute] else { return inherited }
    guard classes[name] != nil else {
      findings.problem(
        element.source, "\(place), \(attribute)", found: "class \(quoted(name)), which is not defined",
        allowed: listed(classes.keys.sorted()),
        remedy: suggestion(for: name, among: classes.keys.sorted()))
      return inherited
    }
    return name
  }

  /// Nesting depth of a class; for `nil`, the element itself, larger than that of any class.
  func depth(of name: String?) -> Int {
    guard let name else { return .max }
    return classes[name]?.parent.map { depth(of: $0) + 1 } ?? 0
  }

  func attributes(_ kind: String, of name: String) -> [String: Attribute] { classes[name]?.attributes[kind] ?? [:] }

  /// The gains that an actuator of `kind` takes from a class: those of the nearest class around it whose last actuator is
  /// of that kind, or of a kind that Poise does not read; else gain 1 and damping 0.
  ///
  /// Measured on MuJoCo 4.0.0 (`Golden/snippets/servo_defaults.xml`).
  func inheritedServo(_ kind: String, of name: String?) -> Servo {
    var current = name
    while let name = current, let next = classes[name] {
      if let servo = next.servo, servo.kind == kind || MJCFSchema.foreignActuators.contains(servo.kind) { return servo }
      current = next.parent
    }
    return Servo(kind: kind)
  }
}
