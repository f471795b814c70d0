import PoiseCore

/// MJCF's `compiler` element: how to read the rest of the file.
struct CompilerSettings {
  enum InertiaFromGeometry { case always, never, whereMissing }

  var usesDegrees = true
  var limitsFollowRanges = true
  var eulerSequence: [Character] = ["x", "y", "z"]
  var inertiaFromGeometry = InertiaFromGeometry.whereMissing
  var inertiaGroups = 0...5
  /// Lower bound of a body's mass, kg.
  var leastMass = 0.0
  /// Lower bound of a body's principal moments of inertia, kg·m².
  var leastInertia = 0.0
  /// Whether an impossible inertia is replaced by that of a ball.
  var balancesInertia = false
  /// Total mass to which all masses are scaled, kg; `nil` leaves them.
  var totalMass: Double?

  init(root: MJCFElement, findings: Findings) {
    for element in root.children(named: "compiler") {
      let reader = ElementReader(element, place: "compiler", findings: findings)
      if let angle = reader.keyword("angle", of: ["degree", "radian"]) { usesDegrees = angle == "degree" }
      if let value = reader.bool("autolimits") { limitsFollowRanges = value }
      if let value = reader.bool("balanceinertia") { balancesInertia = value }
      if let value = reader.number("boundmass", in: .notNegative) { leastMass = value }
      if let value = reader.number("boundinertia", in: .notNegative) { leastInertia = value }
      if let value = reader.number("settotalmass") { totalMass = value > 0 ? value : nil }
      if let sequence = reader.text("eulerseq") {
        if sequence.count == 3, sequence.allSatisfy({ "xyzXYZ".contains($0) }) {
          eulerSequence = Array(sequence)
        } else {
          reader.problem(
            "eulerseq", found: quoted(sequence),
            allowed: "three letters of x, y, z (turning axes) and X, Y, Z (fixed axes)")
        }
      }
      switch reader.keyword("inertiafromgeom", of: ["false", "true", "auto"]) {
      case "true": inertiaFromGeometry = .always
      case "false": inertiaFromGeometry = .never
      case "auto": inertiaFromGeometry = .whereMissing
      default: break
      }
      if let range = reader.numbers("inertiagrouprange", count: 2...2) {
        if range[0] <= range[1] {
          inertiaGroups = Int(range[0])...Int(range[1])
        } else {
          reader.problem(
            "inertiagrouprange", found: quoted(reader.text("inertiagrouprange") ?? ""),
            allowed: "the smaller group first")
        }
      }
      if reader.text("coordinate") == "global" {
        reader.problem(
          "coordinate", found: "'global'", allowed: "'local'",
          remedy: "Open and save the model in MuJoCo 2.3.3 or older, which converts it.")
      }
      if reader.bool("alignfree") == true {
        reader.approximation(
          "alignfree", "A free body's frame stays where the file puts it, instead of at its centre of mass.")
      }
    }
  }

  /// Converts an angle of the file to radians.
  func radians(_ angle: Double) -> Double { usesDegrees ? angle * (.pi / 180) : angle }
}
