/// A shape that rays meet in closed form, in the camera's coordinates.
protocol RaySolid {
  /// The depth at which each ray enters the shape; NaN where it misses.
  func depth(_ rays: Rays) -> Lanes
  /// The outward unit normal where the rays enter.
  func normal(_ rays: Rays, _ depth: Lanes) -> LaneVector
}

/// A sphere. With the centre c and the radius r, a ray t d meets it where |t d − c|² = r²:
///
///     t = (d·c − √(r² |d|² − |d × c|²)) / |d|²
struct SphereRays: RaySolid {
  var center: SIMD3<Float>
  var radius: Float

  @inline(__always) func depth(_ rays: Rays) -> Lanes {
    let square = rays.lengthSquared
    let across = rays.cross(center)
    let gap = across.x * across.x + across.y * across.y + across.z * across.z
    return (rays.dot(center) - root(square * (radius * radius) - gap)) / square
  }

  @inline(__always) func normal(_ rays: Rays, _ depth: Lanes) -> LaneVector {
    let p = rays.point(depth)
    let inverse = 1 / radius
    return LaneVector(x: (p.x - center.x) * inverse, y: (p.y - center.y) * inverse, z: (p.z - center.z) * inverse)
  }
}

/// The infinite cylinder of radius r about the line through c along the unit vector u.
///
/// With m = d × u and g = c × u a ray is inside between t = (m·g ± √(r² |m|² − (d·g)²)) / |m|².
struct TubeRays {
  var center: SIMD3<Float>
  var axis: SIMD3<Float>
  /// c × u
  var moment: SIMD3<Float>
  /// c·u
  var along: Float
  var radius: Float

  /// Middle and half length of the part of each ray that lies inside; NaN where there is none.
  @inline(__always) func part(_ rays: Rays) -> (middle: Lanes, half: Lanes) {
    let m = rays.cross(axis)
    let square = larger(m.x * m.x + m.y * m.y + m.z * m.z, Lanes(repeating: 1e-12))
    let across = rays.dot(moment)
    let inverse = 1 / square
    return (m.dot(moment) * inverse, root(square * (radius * radius) - across * across) * inverse)
  }

  /// Position along the axis, from the centre.
  @inline(__always) func position(_ p: LaneVector) -> Lanes { p.dot(axis) - along }

  /// From the point of the axis at a position to `p`.
  @inline(__always) func outward(_ p: LaneVector, from position: Lanes) -> LaneVector {
    LaneVector(
      x: p.x - center.x - position * axis.x, y: p.y - center.y - position * axis.y,
      z: p.z - center.z - position * axis.z)
  }
}

/// A capsule: the side of its tube, or the sphere at the end beyond which a ray enters the tube.
struct CapsuleRays: RaySolid {
  var tube: TubeRays
  var halfLength: Float

  @inline(__always) func depth(_ rays: Rays) -> Lanes {
    let (middle, half) = tube.part(rays)
    let side = middle - half
    let position = side * rays.dot(tube.axis) - tube.along
    let end = clamped(position, halfLength)
    // The sphere about the end, as in `SphereRays`, with a centre for each ray.
    let c = LaneVector(
      x: tube.center.x + end * tube.axis.x, y: tube.center.y + end * tube.axis.y, z: tube.center.z + end * tube.axis.z)
    let across = (rays.y * c.z - c.y, c.x - rays.x * c.z, rays.x * c.y - rays.y * c.x)
    let square = rays.lengthSquared
    let gap = across.0 * across.0 + across.1 * across.1 + across.2 * across.2
    let along = rays.x * c.x + rays.y * c.y + c.z
    let cap = (along - root(square * (tube.radius * tube.radius) - gap)) / square
    return select(absolute(position) .<= halfLength, side, cap)
  }

  @inline(__always) func normal(_ rays: Rays, _ depth: Lanes) -> LaneVector {
    let p = rays.point(depth)
    let out = tube.outward(p, from: clamped(tube.position(p), halfLength))
    let inverse = 1 / tube.radius
    return LaneVector(x: out.x * inverse, y: out.y * inverse, z: out.z * inverse)
  }
}

/// A cylinder: what its tube and the slab between its ends have in common.
struct CylinderRays: RaySolid {
  var tube: TubeRays
  var halfLength: Float

  @inline(__always) func depth(_ rays: Rays) -> Lanes {
    let (middle, half) = tube.part(rays)
    let inverse = 1 / divisible(rays.dot(tube.axis))
    let (center, reach) = (tube.along * inverse, absolute(inverse) * halfLength)
    let start = larger(center - reach, middle - half)
    return select(start .<= smaller(center + reach, middle + half), start, .nan)
  }

  /// The normal of the surface, side or end, to which the point is nearer.
  @inline(__always) func normal(_ rays: Rays, _ depth: Lanes) -> LaneVector {
    let p = rays.point(depth)
    let position = tube.position(p)
    let out = tube.outward(p, from: position)
    let distance = (out.x * out.x + out.y * out.y + out.z * out.z).squareRoot()
    let isEnd = (halfLength - absolute(position)) .< (tube.radius - distance)
    let inverse = 1 / larger(distance, Lanes(repeating: 1e-12))
    let sign = select(position .> 0, Lanes(repeating: 1), -1)
    return LaneVector(
      x: select(isEnd, sign * tube.axis.x, out.x * inverse), y: select(isEnd, sign * tube.axis.y, out.y * inverse),
      z: select(isEnd, sign * tube.axis.z, out.z * inverse))
  }
}

/// A box: what three slabs have in common. Source: Kay and Kajiya 1986, "Ray Tracing Complex Scenes".
struct BoxRays: RaySolid {
  /// The box's axes.
  var axes: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)
  /// The centre along them.
  var along: SIMD3<Float>
  var half: SIMD3<Float>

  @inline(__always) private func slab(_ rays: Rays, _ axis: SIMD3<Float>, _ i: Int) -> (start: Lanes, end: Lanes) {
    let inverse = 1 / divisible(rays.dot(axis))
    let (center, reach) = (along[i] * inverse, absolute(inverse) * half[i])
    return (center - reach, center + reach)
  }

  @inline(__always) func depth(_ rays: Rays) -> Lanes {
    let (a, b, c) = (slab(rays, axes.0, 0), slab(rays, axes.1, 1), slab(rays, axes.2, 2))
    let start = larger(larger(a.start, b.start), c.start)
    return select(start .<= smaller(smaller(a.end, b.end), c.end), start, .nan)
  }

  /// That of the nearest face.
  @inline(__always) func normal(_ rays: Rays, _ depth: Lanes) -> LaneVector {
    let p = rays.point(depth)
    let (a, b, c) = (p.dot(axes.0) - along.x, p.dot(axes.1) - along.y, p.dot(axes.2) - along.z)
    let (da, db, dc) = (half.x - absolute(a), half.y - absolute(b), half.z - absolute(c))
    let isA = (da .<= db) .& (da .<= dc)
    let isB = db .<= dc
    let sign = select(select(isA, a, select(isB, b, c)) .> 0, Lanes(repeating: 1), -1)
    func part(_ a: Float, _ b: Float, _ c: Float) -> Lanes {
      sign * select(isA, Lanes(repeating: a), select(isB, Lanes(repeating: b), c))
    }
    return LaneVector(
      x: part(axes.0.x, axes.1.x, axes.2.x), y: part(axes.0.y, axes.1.y, axes.2.y),
      z: part(axes.0.z, axes.1.z, axes.2.z))
  }
}
