/// Neighbouring pixels of a row that are computed together.
typealias Lanes = SIMD8<Float>
/// A claim about each of these pixels.
typealias LaneMask = SIMDMask<SIMD8<Int32>>

/// A vector for each of some pixels, in the camera's coordinates: x to the right, y up, z forward.
struct LaneVector {
  var x: Lanes
  var y: Lanes
  var z: Lanes

  @inline(__always) func dot(_ v: SIMD3<Float>) -> Lanes { x * v.x + y * v.y + z * v.z }
}

/// Rays (x, y, 1) of neighbouring pixels: a point t · (x, y, 1) has the depth t.
struct Rays {
  var x: Lanes
  /// That of the row.
  var y: Float

  @inline(__always) func dot(_ v: SIMD3<Float>) -> Lanes { x * v.x + (y * v.y + v.z) }
  /// Length squared.
  @inline(__always) var lengthSquared: Lanes { x * x + (y * y + 1) }
  @inline(__always) func cross(_ v: SIMD3<Float>) -> LaneVector {
    LaneVector(x: Lanes(repeating: y * v.z - v.y), y: v.x - x * v.z, z: x * v.y - y * v.x)
  }
  @inline(__always) func point(_ depth: Lanes) -> LaneVector { LaneVector(x: depth * x, y: depth * y, z: depth) }
}

/// `a` where the mask holds, else `b`.
@inline(__always) func select(_ mask: LaneMask, _ a: Lanes, _ b: Lanes) -> Lanes { b.replacing(with: a, where: mask) }
@inline(__always) func select(_ mask: LaneMask, _ a: Lanes, _ b: Float) -> Lanes {
  select(mask, a, Lanes(repeating: b))
}
/// The larger number; `b` where one is NaN.
@inline(__always) func larger(_ a: Lanes, _ b: Lanes) -> Lanes { select(a .> b, a, b) }
/// The smaller number; `b` where one is NaN.
@inline(__always) func smaller(_ a: Lanes, _ b: Lanes) -> Lanes { select(a .< b, a, b) }
@inline(__always) func clamped(_ a: Lanes, _ limit: Float) -> Lanes {
  smaller(larger(a, Lanes(repeating: -limit)), Lanes(repeating: limit))
}
@inline(__always) func absolute(_ a: Lanes) -> Lanes { larger(a, -a) }
/// The nearest whole number, for magnitudes below 2²²: adding 1.5 · 2²³ leaves no room for a fraction.
@inline(__always) func rounded(_ a: Lanes) -> Lanes { (a + 12_582_912) - 12_582_912 }
/// The number itself, or a tiny one where it is so small that its inverse would not be finite.
@inline(__always) func divisible(_ a: Lanes) -> Lanes {
  select(absolute(a) .> 1e-12, a, 1e-12)
}
/// The square root; NaN for negative numbers, which the system's library is not asked for.
@inline(__always) func root(_ a: Lanes) -> Lanes {
  select(a .>= 0, larger(a, Lanes(repeating: 0)).squareRoot(), .nan)
}
