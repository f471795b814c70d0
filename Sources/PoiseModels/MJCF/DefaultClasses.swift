import PoiseCore

/// The default classes of a model: what an element's attributes are where it does not say.
///
/// As in MuJoCo a class starts as a copy of the class it stands in, taken after that class's own elements are read; and
/// all actuators share one set of defaults, so that `<motor ctrlrange=…>` also serves a `position`.
struct DefaultClasses {
  static let countLimit = 1000

  struct Class {
    /// By `joint`, `geom`, `tendon`, `material`, `actuator`.
    var attributes: [String: [String: Attribute]] = [:]
    /// MuJoCo's `gainprm[0]`, left behind by the `kp` or `kv` of an actuator of this class: the next one's default.
    var gain = 1.0
    /// MuJoCo's −`biasprm[2]` likewise.
    var velocityGain = 0.0
    /// The kind of an actuator that Poise does not read and that left its settings in this class.
    var foreignActuator: String?
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
      classes[nestedName] = own
      read(nested, into: nestedName)
    }
  }

  private func apply(_ element: MJCFElement, to own: inout Class, name: String) {
    switch element.name {
    case "joint", "geom", "tendon", "material":
      own.attributes[element.name, default: [:]].overlay(element, defaultClass: name)
    case "motor":
      own.attributes["actuator", default: [:]].overlay(element, defaultClass: name)
      own.gain = 1
    case "position", "velocity":
      own.attributes["actuator", default: [:]].overlay(element, defaultClass: name)
      let reader = ElementReader(element, place: "default '\(name)', \(element.name)", findings: findings)
      if element.name == "position" {
        own.gain = reader.number("kp", in: .gain) ?? own.gain
        own.velocityGain = reader.number("kv", in: .gain) ?? own.velocityGain
      } else {
        own.gain = reader.number("kv", in: .gain) ?? own.gain
        own.velocityGain = own.gain
      }
    case _ where MJCFSchema.foreignActuators.contains(element.name):
      var shared = element
      shared.attributes = element.attributes.filter {
        ["ctrlrange", "ctrllimited", "forcerange", "forcelimited", "gear"].contains($0.key)
      }
      own.attributes["actuator", default: [:]].overlay(shared, defaultClass: name)
      own.foreignActuator = element.name
    default: break
    }
  }

  /// The class that applies to `element`: its own `class`, else the one that its body hands down.
  ///
  /// - Parameter attribute: `class`, or `childclass` for a body.
  func name(for element: MJCFElement, attribute: String = "class", inherited: String, place: String) -> String {
    guard let name = element.attributes[attribute] else { return inherited }
    guard classes[name] != nil else {
      findings.problem(
        element.source, "\(place), \(attribute)", found: "class \(quoted(name)), which is not defined",
        allowed: classes.keys.sorted().map { "'\($0)'" }.joined(separator: ", "),
        remedy: suggestion(for: name, among: classes.keys.sorted()))
      return inherited
    }
    return name
  }

  func attributes(_ kind: String, of name: String) -> [String: Attribute] { classes[name]?.attributes[kind] ?? [:] }

  subscript(name: String) -> Class { classes[name] ?? Class() }
}
