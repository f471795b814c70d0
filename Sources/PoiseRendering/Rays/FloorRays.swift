import PoiseCore

/// A floor with tiles and lines, averaged over what each pixel sees of it, so that they do not flicker in the distance.
struct FloorRays: Sendable {
  /// Upwards.
  private let normal: SIMD3<Float>
  /// Height of the floor above the camera, along the normal, m; negative.
  private let offset: Float
  private let axisU: SIMD3<Float>
  private let axisV: SIMD3<Float>
  private let alongU: Float
  private let alongV: Float
  /// Width of a pixel at the distance 1.
  private let pixel: Float
  private let lit: Float
  private let shaded: Float
  let part: Int
  /// Indices of the shadows on it.
  var shadows: Range<Int> = 0..<0
  let colors: (tileA: SIMD3<Float>, tileB: SIMD3<Float>, fineLine: SIMD3<Float>, line: SIMD3<Float>)

  /// `nil` where the camera is below the floor.
  init?(_ frame: Frame, part: Int, _ look: Look, _ projection: Projection, _ light: Light) {
    let height = frame.center.dot(frame.axes.2)
    guard height < 0, height.isFinite else { return nil }
    normal = SIMD3<Float>(frame.axes.2)
    offset = Float(height)
    axisU = SIMD3<Float>(frame.axes.0)
    axisV = SIMD3<Float>(frame.axes.1)
    alongU = Float(frame.center.dot(frame.axes.0))
    alongV = Float(frame.center.dot(frame.axes.1))
    pixel = Float(1 / projection.focal)
    (lit, shaded) = light.brightness(normal)
    self.part = part
    colors = (
      SIMD3<Float>(look.tiles[0]), SIMD3<Float>(look.tiles[1]), SIMD3<Float>(look.fineLine), SIMD3<Float>(look.line)
    )
  }

  /// The depth at which rays meet the floor; NaN or negative above the horizon.
  @inline(__always) func depth(_ rays: Rays) -> Lanes { offset / rays.dot(normal) }

  /// What the pixels see of the floor: the shares of its four colours, and the light on it.
  struct Pattern {
    var tileA: Lanes
    var tileB: Lanes
    var fineLine: Lanes
    var line: Lanes
  }

  /// - Parameter light: 1 in the sun, 0 in shadow.
  @inline(__always) func pattern(_ rays: Rays, _ depth: Lanes, light: Lanes) -> Pattern {
    let (du, dv) = (rays.dot(axisU), rays.dot(axisV))
    let slope = 1 / rays.dot(normal)
    // How far a pixel's width and height reach on the floor: ∂(t d·e)/∂x = t (eₓ − d·e nₓ / d·n).
    let (nx, ny) = (slope * normal.x, slope * normal.y)
    let step = depth * pixel
    let wideU = step * (absolute(axisU.x - du * nx) + absolute(axisU.y - du * ny)) + 1e-4
    let wideV = step * (absolute(axisV.x - dv * nx) + absolute(axisV.y - dv * ny)) + 1e-4
    let u = Strip(at: depth * du - alongU, wide: wideU)
    let v = Strip(at: depth * dv - alongV, wide: wideV)
    let even = 0.5 + 0.5 * u.tiles * v.tiles
    let line = u.line + v.line - u.line * v.line
    let fine = (u.fineLine + v.fineLine - u.fineLine * v.fineLine) * (1 - line)
    let brightness = light * (lit - shaded) + shaded
    let tiles = (1 - line - fine) * brightness
    let tileA = tiles * even
    return Pattern(tileA: tileA, tileB: tiles - tileA, fineLine: fine * brightness, line: line * brightness)
  }

  /// Averages of the pattern along one axis over an interval of the given width about a point.
  private struct Strip {
    var tiles: Lanes
    var line: Lanes
    var fineLine: Lanes

    @inline(__always) init(at x: Lanes, wide: Lanes) {
      let (low, high) = (x - 0.5 * wide, x + 0.5 * wide)
      let inverse = 1 / wide
      tiles = (Self.triangle(high) - Self.triangle(low)) * inverse
      line = (Self.stairs(high, every: 1, width: 0.008) - Self.stairs(low, every: 1, width: 0.008)) * inverse
      fineLine = (Self.stairs(high, every: 0.2, width: 0.003) - Self.stairs(low, every: 0.2, width: 0.003)) * inverse
    }

    /// Integral of the wave that is 1 from 0 to 1, −1 from 1 to 2, and so on.
    @inline(__always) private static func triangle(_ x: Lanes) -> Lanes { absolute(x - 2 * rounded(0.5 * x)) }

    /// Integral of the wave that is 1 within half a width of the multiples of a period.
    @inline(__always) private static func stairs(_ x: Lanes, every period: Float, width: Float) -> Lanes {
      let number = rounded(x * (1 / period))
      return number * width + clamped(x - number * period, width / 2)
    }
  }
}
