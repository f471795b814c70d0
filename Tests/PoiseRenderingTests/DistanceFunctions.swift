import PoiseCore
import PoiseRendering

/// The shapes as signed distances, and rays that march through them: a second way to every pixel.
///
/// Source: Hart 1996, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces".
struct DistanceFunction {
  var solid: Solid
  var pose: Pose

  /// Distance of a point of the world from the surface, m; negative inside.
  func callAsFunction(_ point: Vector3) -> Double {
    let p = pose.applyInverse(to: point)
    switch solid {
    case .plane: return p.z
    case .sphere(let radius): return p.length - radius
    case .capsule(let radius, let half): return (p - Vector3(0, 0, min(half, max(-half, p.z)))).length - radius
    case .cylinder(let radius, let half):
      let (side, end) = ((p.x * p.x + p.y * p.y).squareRoot() - radius, abs(p.z) - half)
      let out = (max(side, 0) * max(side, 0) + max(end, 0) * max(end, 0)).squareRoot()
      return min(max(side, end), 0) + out
    case .box(let half):
      let q = Vector3(abs(p.x), abs(p.y), abs(p.z)) - half
      let out = Vector3(max(q.x, 0), max(q.y, 0), max(q.z, 0)).length
      return out + min(max(q.x, max(q.y, q.z)), 0)
    }
  }

  /// The way along a ray to the surface, in units of the direction; `nil` where it misses. `closest` is the least distance on the way.
  func march(from origin: Vector3, _ direction: Vector3, limit: Double = 30) -> (way: Double?, closest: Double) {
    let speed = direction.length
    var (way, closest) = (0.0, Double.infinity)
    for _ in 0..<4000 where way * speed < limit {
      let distance = self(origin + way * direction)
      if distance < 1e-7 { return (way, distance) }
      closest = min(closest, distance)
      way += distance / speed
    }
    return (nil, closest)
  }

  /// The gradient by central differences.
  func normal(at p: Vector3, step h: Double) -> Vector3 {
    let x = self(p + [h, 0, 0]) - self(p - [h, 0, 0])
    let y = self(p + [0, h, 0]) - self(p - [0, h, 0])
    let z = self(p + [0, 0, h]) - self(p - [0, 0, h])
    return Vector3(x, y, z).normalized
  }
}

extension Look {
  /// √L of the documentation.
  func brightness(_ n: Vector3, inSun: Bool = true) -> Double {
    let light =
      skyLight * (1 + n.z) / 2 + groundLight * (1 - n.z) / 2
      + (inSun ? sun * max(0, n.dot(sunDirection.normalized)) : 0) + fill * max(0, n.dot(fillDirection.normalized))
    return light.squareRoot()
  }
}

extension Camera {
  /// The ray of a pixel in the world; 1 along the camera's axis.
  func ray(_ column: Double, _ row: Double, width: Int, height: Int) -> Vector3 {
    let scale = 2 * Trigonometry.tangent(fieldOfView / 360 * .pi) / Double(height)
    let (x, y) = ((column - Double(width) / 2) * scale, (Double(height) / 2 - row) * scale)
    return pose.orientation.rotate([x, y, -1])
  }
}

/// What a renderer reads from a scene.
struct Shot {
  var bytes: [UInt8]
  var depths: [Float]
  var parts: [Int32]

  init(
    _ scene: Scene, _ camera: Camera, width: Int = 64, height: Int = 48, channels: Renderer.Channels = .grey,
    samples: Int = 1, bandCount: Int = 1, pool: WorkerPool? = nil
  ) {
    var renderer = Renderer(
      width: width, height: height, channels: channels, samples: samples, keepsParts: true, bandCount: bandCount)
    renderer.draw(scene, from: camera, pool: pool)
    bytes = Array(repeating: 0, count: renderer.byteCount)
    depths = Array(repeating: 0, count: width * height)
    parts = Array(repeating: 0, count: width * height)
    var pixels = bytes.mutableSpan
    renderer.read(into: &pixels)
    var numbers = depths.mutableSpan
    renderer.readDepths(into: &numbers)
    var indices = parts.mutableSpan
    renderer.readParts(into: &indices)
  }
}

extension RandomStream {
  /// A rotation; any.
  mutating func rotation() -> Quaternion {
    Quaternion(
      w: .random(in: -1...1, using: &self), x: .random(in: -1...1, using: &self), y: .random(in: -1...1, using: &self),
      z: .random(in: -1...1, using: &self)
    ).normalized
  }
}
