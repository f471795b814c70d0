import Foundation
import PoiseCore

extension ElementReader {
  /// The rotation that one of `quat`, `axisangle`, `xyaxes`, `zaxis`, `euler` gives; `nil` if there is none.
  ///
  /// The element's own attribute takes precedence over one of its default class.
  /// Source: MuJoCo's `ResolveOrientation` in `user_objects.cc`.
  func orientation(_ settings: CompilerSettings) -> Quaternion? {
    let given = MJCFSchema.orientation.filter(has).sorted()
    let own = given.filter { attributes[$0]?.defaultClass == nil }
    if own.count > 1 {
      problem(
        own[1], found: "'\(own[0])' and '\(own[1])' together", allowed: "one of them", remedy: "Remove all but one.")
    }
    if own == ["quat"], given.count > 1 {
      problem(
        "quat", found: "'quat' over an inherited '\(given.first { $0 != "quat" } ?? "")', which MuJoCo lets win",
        allowed: "the same kind in both", remedy: "Write the rotation in one place.")
    }
    return (own.first ?? given.first).flatMap { rotation($0, settings) }
  }

  private func rotation(_ name: String, _ settings: CompilerSettings) -> Quaternion? {
    func normalized(_ v: Vector3, _ meaning: String) -> Vector3? {
      if v.length >= 1e-14 { return v.normalized }
      problem(name, found: quoted(text(name) ?? ""), allowed: "\(meaning) that is not zero")
      return nil
    }
    switch name {
    case "quat":
      guard let q = numbers("quat", count: 4...4) else { return nil }
      let quaternion = Quaternion(w: q[0], x: q[1], y: q[2], z: q[3])
      guard quaternion.lengthSquared >= 1e-28 else {
        problem(name, found: quoted(text(name) ?? ""), allowed: "a quaternion that is not zero")
        return nil
      }
      return quaternion.normalized
    case "axisangle":
      guard let n = numbers(name, count: 4...4), let axis = normalized([n[0], n[1], n[2]], "an axis") else {
        return nil
      }
      return Quaternion(angle: settings.radians(n[3]), axis: axis)
    case "xyaxes":
      guard let n = numbers(name, count: 6...6), let x = normalized([n[0], n[1], n[2]], "an x axis") else { return nil }
      let rest: Vector3 = [n[3], n[4], n[5]]
      guard let y = normalized(rest - x * x.dot(rest), "a y axis, not along x,") else { return nil }
      return Quaternion(Matrix3(columns: x, y, x.cross(y))).normalized
    case "zaxis":
      return vector(name).flatMap { normalized($0, "a z axis") }.map(Quaternion.init(turningZTo:))
    default:
      guard let angles = vector(name) else { return nil }
      var result = Quaternion.identity
      for (i, letter) in settings.eulerSequence.enumerated() {
        let axes: [Character: Vector3] = ["x": [1, 0, 0], "y": [0, 1, 0], "z": [0, 0, 1]]
        let turn = Quaternion(
          angle: settings.radians(angles[i]), axis: axes[Character(letter.lowercased())] ?? [1, 0, 0])
        // Lower case: about the rotated axes. Upper case: about the fixed ones.
        result = letter.isLowercase ? result * turn : turn * result
      }
      return result.normalized
    }
  }

  /// `pos` and one of the rotations.
  func pose(_ settings: CompilerSettings) -> Pose {
    Pose(position: vector("pos") ?? .zero, orientation: orientation(settings) ?? .identity)
  }
}

extension Quaternion {
  /// The shortest rotation from the z axis to a unit vector; about x if the vector points straight down.
  /// Source: MuJoCo's `mjuu_z2quat`.
  init(turningZTo axis: Vector3) {
    let normal: Vector3 = [-axis.y, axis.x, 0]
    let sine = normal.length
    self.init(angle: atan2(sine, axis.z), axis: sine < 1e-10 ? [1, 0, 0] : normal / sine)
  }
}
