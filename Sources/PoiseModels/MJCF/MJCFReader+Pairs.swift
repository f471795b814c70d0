import PoiseCore

/// Pairs of bodies that never collide, and tendons, which must not exert forces.
extension MJCFReader {
  mutating func readExcludedPairs() {
    let indices = Dictionary(
      bodies.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    for element in root.children(named: "contact").flatMap({ $0.children(named: "exclude") }) {
      let reader = ElementReader(element, place: "contact, \(element.label)", findings: findings)
      /// Index of the named body, `.some(nil)` for the world, `nil` after noting a problem.
      func body(_ attribute: String) -> Int?? {
        guard let name = reader.text(attribute), !name.isEmpty else {
          reader.problem(found: "no '\(attribute)'", allowed: "body1 and body2", remedy: "Name two bodies.")
          return nil
        }
        if name == "world" { return .some(nil) }
        guard let index = indices[name] else {
          reader.problem(
            attribute, found: "body \(quoted(name)), which does not exist", allowed: "the name of a body, or 'world'",
            remedy: suggestion(for: name, among: bodies.map(\.name)))
          return nil
        }
        return index
      }
      guard let first = body("body1"), let second = body("body2") else { continue }
      excludedPairs.append(RobotModel.ExcludedPair(first: first, second: second))
    }
  }

  /// A tendon is skipped if it exerts nothing: no spring, damper, limit, friction or inertia.
  func checkTendons() {
    for element in root.children(named: "tendon").flatMap(\.children)
    where element.name == "fixed" || element.name == "spatial" {
      let place = "tendon, \(element.label)"
      let defaultClass = defaults.name(for: element, inherited: "main", place: place)
      let reader = ElementReader(
        element, inheriting: defaults.attributes("tendon", of: defaultClass), place: place, findings: findings)
      for name in ["stiffness", "damping", "frictionloss", "armature"] {
        guard let values = reader.numbers(name, count: 1...3, in: .any), values.contains(where: { $0 != 0 }) else {
          continue
        }
        reader.problem(
          name, found: quoted(reader.text(name) ?? ""), allowed: "0, because Poise's tendons exert nothing",
          remedy: "Remove the tendon, or act on the joints.")
      }
      if range("range", limited: "limited", reader) != nil {
        reader.problem(
          "range", found: quoted(reader.text("range") ?? ""),
          allowed: "tendons without limits, because Poise's tendons exert nothing",
          remedy: "Remove the tendon, or limit the joints.")
      }
    }
  }
}
