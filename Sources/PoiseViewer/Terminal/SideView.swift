import Foundation
import PoiseCore

/// A side view of the robot: along the horizontal axis about which most of its joints turn.
struct SideView {
  private let episode: EpisodeTable
  private let scene: SceneDescription
  /// Whether the view is along y with x to the right, or along −x with y to the right.
  private let looksAlongY: Bool
  /// Lower edge of the picture, m: the ground, or below a robot in the air.
  private var bottom: Double
  private var top: Double
  private var left: Double
  private var right: Double
  private let ground: Double?

  /// A shape in the picture: all points nearer than `radius` to the convex hull of some corners, m.
  private struct Outline {
    var corners: [SIMD2<Double>]
    var radius: Double
    /// Position along the line of sight, m; nearer is larger.
    var nearness: Double
  }

  init(_ episode: EpisodeTable) {
    self.episode = episode
    scene = episode.layout.scene
    looksAlongY = scene.looksAlongY
    ground = scene.scenery.first { $0.kind == "plane" }.map { $0.at[2] }
    var (low, high) = (SIMD2(Double.infinity, .infinity), SIMD2(-Double.infinity, -.infinity))
    let stride = max(1, episode.rowCount / 60)
    func include(_ outlines: [Outline], from center: Double) {
      for outline in outlines {
        for corner in outline.corners {
          let p = SIMD2(corner.x - center, corner.y)
          low = pointwiseMin(low, p - outline.radius)
          high = pointwiseMax(high, p + outline.radius)
        }
      }
    }
    (bottom, top, left, right) = (0, 1, 0, 1)
    // Where the robot moves along the ground the picture follows it, so only its own size counts there.
    for row in Swift.stride(from: 0, to: episode.rowCount, by: stride) {
      include(bodies(row), from: center(row))
    }
    include(scenery, from: 0)
    if let ground { low.y = ground }
    if !(low.x < high.x) { (low, high) = (SIMD2(-1, -1), SIMD2(1, 1)) }
    let room = 0.06 * (high.y - low.y)
    bottom = low.y - room
    top = high.y + room
    left = low.x
    right = high.x
  }

  /// Whether the robot can leave the picture, which then follows it.
  private var travels: Bool { scene.travel == .infinity }

  // MARK: Projecting

  private func project(_ p: Vector3) -> SIMD2<Double> { SIMD2(looksAlongY ? p.x : p.y, p.z) }

  /// Centre of the picture: the robot where it can travel, else the world's origin.
  private func center(_ row: Int) -> Double {
    travels ? project(episode.pose(ofBody: scene.followed, row).position).x : 0
  }

  private func bodies(_ row: Int) -> [Outline] {
    scene.bodies.indices.flatMap { body in
      let pose = episode.pose(ofBody: body, row)
      return scene.bodies[body].shapes.compactMap { outline($0, in: pose) }
    }
  }

  private var scenery: [Outline] { scene.scenery.compactMap { outline($0, in: .identity) } }

  private func outline(_ shape: SceneDescription.ShapeDescription, in pose: Pose) -> Outline? {
    let own = Pose(
      position: Vector3(shape.at[0], shape.at[1], shape.at[2]),
      orientation: Quaternion(w: shape.turn[0], x: shape.turn[1], y: shape.turn[2], z: shape.turn[3]))
    let frame = pose * own
    let nearness = looksAlongY ? -frame.position.y : frame.position.x
    func outline(_ points: [Vector3], _ radius: Double) -> Outline {
      Outline(corners: Self.hull(points.map { project(frame.apply(to: $0)) }), radius: radius, nearness: nearness)
    }
    let size = shape.size
    switch shape.kind {
    case "sphere": return outline([.zero], size[0])
    case "capsule": return outline([[0, 0, -size[1]], [0, 0, size[1]]], size[0])
    case "box":
      let signs = [-1.0, 1.0]
      let corners = signs.flatMap { x in
        signs.flatMap { y in signs.map { z in Vector3(x * size[0], y * size[1], z * size[2]) } }
      }
      return outline(corners, 0)
    case "cylinder":
      let rim = (0..<24).flatMap { k in
        let angle = Double(k) * .pi / 12
        return [-1.0, 1.0].map { Vector3(size[0] * cos(angle), size[0] * sin(angle), $0 * size[1]) }
      }
      return outline(rim, 0)
    default: return nil
    }
  }

  /// The convex hull, counter-clockwise. Andrew 1979, "Another efficient algorithm for convex hulls in two dimensions".
  private static func hull(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    guard points.count > 2 else { return points }
    let sorted = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    func chain(_ points: some Sequence<SIMD2<Double>>) -> [SIMD2<Double>] {
      var chain: [SIMD2<Double>] = []
      for p in points {
        while chain.count > 1 {
          let (a, b) = (chain[chain.count - 2], chain[chain.count - 1])
          guard (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) <= 0 else { break }
          chain.removeLast()
        }
        chain.append(p)
      }
      return chain.dropLast()
    }
    return chain(sorted) + chain(sorted.reversed())
  }

  // MARK: Drawing

  /// The picture of a row.
  ///
  /// - Parameter columns, rows: characters.
  func draw(_ row: Int, columns: Int, rows: Int) -> DotCanvas {
    var canvas = DotCanvas(columns: columns, rows: rows)
    let scale = min(Double(canvas.height - 1) / (top - bottom), Double(canvas.width - 1) / (right - left))
    let middle = center(row) + (travels ? 0 : (left + right) / 2)
    // A copy of the sizes, since the canvas itself is changed while dots are computed.
    let (width, height) = (Double(canvas.width), Double(canvas.height))
    func dot(_ p: SIMD2<Double>) -> SIMD2<Double> {
      SIMD2(width / 2 + (p.x - middle) * scale, height - 1 - (p.y - bottom) * scale)
    }
    for outline in (scenery + bodies(row)).sorted(by: { $0.nearness < $1.nearness }) {
      fill(&canvas, outline.corners.map(dot), radius: max(0.5, outline.radius * scale))
    }
    if let ground {
      let y = Int(dot([0, ground]).y.rounded()) + 1
      for x in 0..<canvas.width { canvas[x, y] = true }
      // A mark every half metre, so that the robot's motion is visible.
      let half = 0.5
      // At least two dots apart: for a robot far away there would be millions.
      guard half * scale >= 2 else {
        drawPush(&canvas, row, scale: scale, dot)
        return canvas
      }
      var mark = ((middle - Double(canvas.width) / 2 / scale) / half).rounded(.up) * half
      while dot([mark, 0]).x < Double(canvas.width) {
        for k in 1...2 { canvas[Int(dot([mark, 0]).x), y + k] = true }
        mark += half
      }
    }
    drawPush(&canvas, row, scale: scale, dot)
    return canvas
  }

  /// Fills all dots nearer than `radius` to a convex shape, with a white rim that separates it from shapes behind it.
  private func fill(_ canvas: inout DotCanvas, _ corners: [SIMD2<Double>], radius: Double) {
    guard let first = corners.first, first.x.isFinite, first.y.isFinite else { return }
    var (low, high) = (first, first)
    for corner in corners {
      low = pointwiseMin(low, corner)
      high = pointwiseMax(high, corner)
    }
    let reach = radius + 1.5
    let (x0, x1) = (max(0, low.x - reach), min(Double(canvas.width), high.x + reach))
    let (y0, y1) = (max(0, low.y - reach), min(Double(canvas.height), high.y + reach))
    guard x0 < x1, y0 < y1 else { return }
    for y in Int(y0)...Int(y1) {
      for x in Int(x0)...Int(x1) {
        let distance = Self.distance(SIMD2(Double(x), Double(y)), corners) - radius
        if distance <= 0 { canvas[x, y] = true } else if distance <= 1 { canvas[x, y] = false }
      }
    }
  }

  /// Distance from a point to a convex shape, 0 inside.
  private static func distance(_ p: SIMD2<Double>, _ corners: [SIMD2<Double>]) -> Double {
    var nearest = Double.infinity
    var isInside = corners.count > 2
    for i in corners.indices {
      let (a, b) = (corners[i], corners[(i + 1) % corners.count])
      let (along, from) = (b - a, p - a)
      let square = (along * along).sum()
      let share = square > 0 ? min(1, max(0, (from * along).sum() / square)) : 0
      let gap = from - share * along
      nearest = min(nearest, (gap * gap).sum().squareRoot())
      // The picture's y points down, which reverses the hull's orientation.
      if along.x * from.y - along.y * from.x > 0 { isInside = false }
    }
    return isInside ? 0 : nearest
  }

  /// The push as an arrow that ends at the robot.
  private func drawPush(
    _ canvas: inout DotCanvas, _ row: Int, scale: Double, _ dot: (SIMD2<Double>) -> SIMD2<Double>
  ) {
    let layout = episode.layout
    let force = Vector3(episode[row, layout.push], episode[row, layout.push + 1], episode[row, layout.push + 2])
    let across = project(force)
    let strength = (across * across).sum().squareRoot()
    guard strength.isFinite, strength > 0.02 * scene.weight else { return }
    let length = (top - bottom) * (0.12 + 0.25 * min(1, strength / scene.weight))
    let direction = across / strength
    let tip =
      project(episode.pose(ofBody: scene.followed, row).apply(to: scene.pushPoint)) - 0.08 * (top - bottom) * direction
    let (end, start) = (dot(tip), dot(tip - length * direction))
    canvas.line(from: start, to: end)
    let back = (start - end) / max(1, ((start - end) * (start - end)).sum().squareRoot())
    for side in [-1.0, 1.0] {
      canvas.line(from: end, to: end + 4 * back + side * 3 * SIMD2(-back.y, back.x))
    }
  }
}

private func pointwiseMin(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
  SIMD2(min(a.x, b.x), min(a.y, b.y))
}
private func pointwiseMax(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
  SIMD2(max(a.x, b.x), max(a.y, b.y))
}
