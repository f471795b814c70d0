import PoiseCore

/// The light of a `Look` in the camera's coordinates.
struct Light: Sendable {
  private(set) var up = SIMD3<Float>(0, 1, 0)
  private(set) var sun = SIMD3<Float>()
  private(set) var fill = SIMD3<Float>()
  /// Light that does not depend on the direction.
  private(set) var even: Float = 1
  private(set) var sky = SIMD3<Float>()
  private(set) var fogStart: Float = 0
  /// One over the way through the fog, 1/m.
  private(set) var fogRate: Float = 0

  init() {}

  init(_ look: Look, _ view: View) {
    even = Float((look.skyLight + look.groundLight) / 2)
    up = SIMD3<Float>((look.skyLight - look.groundLight) / 2 * view.turn([0, 0, 1]))
    sun = SIMD3<Float>(look.sun * view.turn(look.sunDirection.normalized))
    fill = SIMD3<Float>(look.fill * view.turn(look.fillDirection.normalized))
    sky = SIMD3<Float>(look.sky)
    fogStart = Float(look.fog.lowerBound)
    fogRate = Float(1 / max(1e-6, look.fog.upperBound - look.fog.lowerBound))
  }

  /// √L of the surfaces with these normals.
  @inline(__always) func brightness(_ normal: LaneVector) -> Lanes {
    let zero = Lanes(repeating: 0)
    let light = even + normal.dot(up) + larger(normal.dot(sun), zero) + larger(normal.dot(fill), zero)
    return larger(light, zero).squareRoot()
  }

  /// √L of a surface with one normal, in the sun and in shadow.
  func brightness(_ normal: SIMD3<Float>) -> (lit: Float, shaded: Float) {
    func dot(_ v: SIMD3<Float>) -> Float { normal.x * v.x + normal.y * v.y + normal.z * v.z }
    let shaded = even + dot(up) + max(0, dot(fill))
    return ((shaded + max(0, dot(sun))).squareRoot(), shaded.squareRoot())
  }

  /// Share of the sky at a depth: 0 before the fog, 1 behind it; 3 s² − 2 s³ between.
  @inline(__always) func fog(_ depth: Lanes) -> Lanes {
    let share = smaller(larger((depth - fogStart) * fogRate, Lanes(repeating: 0)), Lanes(repeating: 1))
    return share * share * (3 - 2 * share)
  }
}
