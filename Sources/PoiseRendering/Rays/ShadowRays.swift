import PoiseCore

/// The shadow that a shape throws on a floor in parallel light.
///
/// A point P of the floor is in it if the line through P towards the sun meets the shape. Along that line everything is seen as in a parallel
/// projection, in which a sphere is a disc, a capsule and (after one stretch) a cylinder a disc that is moved along a segment, and a box the
/// sum of three segments. So no root is needed.
struct ShadowRays: Sendable {
  enum Outline: Sendable {
    /// Points with (α − clamp(α, ±half))² + β² ≤ radius², where α = P·a − alongA and β = P·b − alongB.
    case stadium(a: SIMD3<Float>, alongA: Float, b: SIMD3<Float>, alongB: Float, half: Float, radius: Float)
    /// Points with |P·wᵢ − alongᵢ| ≤ boundᵢ for i = 0, 1, 2.
    case box(w: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>), along: SIMD3<Float>, bound: SIMD3<Float>)
  }

  var outline: Outline
  var box: PixelBox

  /// - Parameters:
  ///   - sun: unit vector towards the sun; all are in the camera's coordinates.
  init?(_ solid: Solid, _ frame: Frame, on floor: Frame, _ sun: Vector3, _ projection: Projection) {
    let (c, u) = (frame.center, frame.axes.2)
    let normal = floor.axes.2
    let steepness = sun.dot(normal)
    /// Where the light through a point meets the floor.
    func fallen(_ p: Vector3) -> Vector3 { p - ((p - floor.center).dot(normal) / steepness) * sun }
    let reach: Double
    switch solid {
    case .plane: return nil
    case .sphere(let radius), .capsule(let radius, _), .cylinder(let radius, _):
      let half =
        switch solid {
        case .capsule(_, let half), .cylinder(_, let half): half
        default: 0.0
        }
      reach = radius + half
      let slant = u - u.dot(sun) * sun
      let length = slant.length
      var (a, b): (Vector3, Vector3)
      a = length > 1e-9 ? slant / length : sun.anyPerpendicular
      b = sun.cross(a)
      var halfA = half * length
      var isRound = true
      if case .cylinder = solid {
        // Its ends are seen as ellipses: r wide, r |u·sun| along a.
        let stretch = 1 / max(1e-3, abs(u.dot(sun)))
        a *= stretch
        halfA *= stretch
        isRound = false
      }
      outline = .stadium(
        a: SIMD3<Float>(a), alongA: Float(c.dot(a)), b: SIMD3<Float>(b), alongB: Float(c.dot(b)), half: Float(halfA),
        radius: Float(radius))
      if isRound {
        // The ends' shadows are ellipses, 1/steepness longer along the light.
        let flat = sun - steepness * normal
        let e = flat.length > 1e-9 ? flat.normalized : normal.anyPerpendicular
        box = Self.around(
          fallen(c - half * u), fallen(c + half * u), radius / steepness * e, radius * normal.cross(e), projection)
      } else {
        box = Self.box(Points(c, radius * frame.axes.0, radius * frame.axes.1, half * u), fallen, projection)
      }
    case .box(let half):
      reach = half.length
      let (x, y, z) = frame.axes
      let w = (x.cross(sun), y.cross(sun), z.cross(sun))
      let (lx, ly, lz) = (abs(x.dot(sun)), abs(y.dot(sun)), abs(z.dot(sun)))
      outline = .box(
        w: (SIMD3<Float>(w.0), SIMD3<Float>(w.1), SIMD3<Float>(w.2)),
        along: SIMD3(Float(c.dot(w.0)), Float(c.dot(w.1)), Float(c.dot(w.2))),
        // The other two edges, seen across edge i: a_j × a_i = ± a_k.
        bound: [
          Float(half.y * lz + half.z * ly), Float(half.x * lz + half.z * lx), Float(half.x * ly + half.y * lx),
        ])
      box = Self.box(Points(c, half.x * x, half.y * y, half.z * z), fallen, projection)
    }
    // What lies below the floor throws no shadow on it.
    guard (c - floor.center).dot(normal) > -reach, !box.isEmpty else { return nil }
  }

  private static func box(_ points: Points, _ fallen: (Vector3) -> Vector3, _ projection: Projection) -> PixelBox {
    var points = points
    for i in 0..<8 { points[i] = fallen(points[i]) }
    return projection.box(points)
  }

  /// Two parallelograms about two points.
  private static func around(
    _ p: Vector3, _ q: Vector3, _ e: Vector3, _ f: Vector3, _ projection: Projection
  ) -> PixelBox {
    projection.box(Points((p + q) / 2, (p - q) / 2, e, f))
  }

  /// Whether points of the floor are in the shadow.
  @inline(__always) func covers(_ p: LaneVector) -> LaneMask {
    switch outline {
    case .stadium(let a, let alongA, let b, let alongB, let half, let radius):
      let α = p.dot(a) - alongA
      let β = p.dot(b) - alongB
      let over = α - clamped(α, half)
      return (over * over + β * β) .<= radius * radius
    case .box(let w, let along, let bound):
      return (absolute(p.dot(w.0) - along.x) .<= bound.x) .& (absolute(p.dot(w.1) - along.y) .<= bound.y)
        .& (absolute(p.dot(w.2) - along.z) .<= bound.z)
    }
  }
}
