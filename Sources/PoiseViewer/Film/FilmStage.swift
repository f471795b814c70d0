import PoiseCore
import PoiseRendering

/// An episode's scene and camera, framed as the page frames them (`stage.js`, `camera.js`).
struct FilmStage {
  private(set) var scene: Scene
  private let mount: CameraMount
  private let episode: EpisodeTable
  /// Index of the first part of the push's arrow; the others follow.
  private let arrow: Int
  private let radius: Double

  /// The camera's angle between upper and lower edge, degrees, as the page has it.
  private static let fieldOfView = 38.0
  /// Discs that make the point of an arrow.
  private static let discs = 12

  /// - Parameter aspect: width ÷ height of the picture.
  init(_ episode: EpisodeTable, view: FilmView, aspect: Double) {
    self.episode = episode
    let description = episode.layout.scene
    var parts: [Scene.Part] = []
    for shape in description.scenery { parts += Self.part(shape, frame: nil) }
    let hasFloor = parts.contains { $0.solid == .plane }
    for (body, content) in description.bodies.enumerated() {
      for shape in content.shapes { parts += Self.part(shape, frame: body) }
    }

    // Where the robot is in the course of the episode; what the camera follows counts as standing still.
    let isFollowing = description.travel > 0 && !description.bodies.isEmpty
    let isFree = description.bodies.first?.joints.isEmpty ?? true
    let start = description.bodies.isEmpty ? Vector3.zero : episode.pose(ofBody: description.followed, 0).position
    var box = Extent()
    for tenth in 0..<(isFree ? 1 : 10) {
      let row = episode.rowCount * tenth / 10
      var shift = Vector3.zero
      if isFollowing {
        let way = start - episode.pose(ofBody: description.followed, row).position
        shift = [way.x, way.y, 0]
      }
      for part in parts {
        guard let frame = part.frame else { continue }
        let pose = episode.pose(ofBody: frame, row) * part.pose
        box.add(part.solid, Pose(position: pose.position + shift, orientation: pose.orientation))
      }
    }
    if !(box.low.x <= box.high.x) || !box.low.isFinite || !box.high.isFinite {
      box = Extent(low: [-1, -1, -1], high: [1, 1, 1])
    }
    if !hasFloor {
      // A floor under a robot that hangs in the air.
      let below = box.low.z - 0.25 * max(0.2, box.high.z - box.low.z)
      parts.append(Scene.Part(.plane, at: Pose(position: [0, 0, below]), color: [1, 1, 1, 1]))
    }
    let center = 0.5 * (box.low + box.high)
    radius = max(1e-3, 0.5 * (box.high - box.low).length * (isFollowing ? 1.08 : 1.02))
    var look = Look()
    let reach = max(8, 5 * radius)
    look.fog = 1.2 * reach...3.2 * reach

    arrow = parts.count
    let hidden = Scene.Part(.sphere(radius: 0), color: .zero)
    parts += Array(repeating: hidden, count: 1 + Self.discs)
    scene = Scene(parts, frames: Array(repeating: .identity, count: description.bodies.count), look: look)

    let half = Trigonometry.tangent(Self.fieldOfView / 360 * .pi) * min(1, aspect)
    // radius = distance × sin(atan(half)), and a little more.
    let distance = 1.12 * radius / (half / (1 + half * half).squareRoot())
    let (azimuth, elevation) = view.angles(looksAlongY: description.looksAlongY)
    let level = Trigonometry.cosine(elevation)
    let direction = Vector3(
      level * Trigonometry.cosine(azimuth), level * Trigonometry.sine(azimuth), Trigonometry.sine(elevation))
    var camera = Camera(from: center + distance * direction, lookingAt: center, fieldOfView: Self.fieldOfView)
    camera.near = min(0.02, 0.1 * radius)
    mount = isFollowing ? .following(camera, frame: description.followed, start: start) : .fixed(camera)
  }

  /// The camera at the moment that `show` was given.
  var camera: Camera { mount.camera(in: scene) }

  /// Puts everything where it is between two rows.
  mutating func show(_ row: Int, _ next: Int, share: Double) {
    for body in scene.frames.indices {
      let (a, b) = (episode.pose(ofBody: body, row), episode.pose(ofBody: body, next))
      scene.frames[body] = share > 0 ? Self.between(a, b, share) : a
    }
    // A force belongs to the step that ends with its row.
    showPush(share > 0 ? next : row)
  }

  /// The shorter way around, with a length of 1 at each moment.
  private static func between(_ a: Pose, _ b: Pose, _ share: Double) -> Pose {
    let (p, q) = (a.orientation, b.orientation)
    let sign: Double = p.w * q.w + p.vector.dot(q.vector) < 0 ? -1 : 1
    func mix(_ x: Double, _ y: Double) -> Double { x + share * (sign * y - x) }
    return Pose(
      position: a.position + share * (b.position - a.position),
      orientation: Quaternion(w: mix(p.w, q.w), x: mix(p.x, q.x), y: mix(p.y, q.y), z: mix(p.z, q.z)).normalized)
  }

  /// The push as an arrow that ends at the robot; longer for stronger ones, up to the robot's weight.
  private mutating func showPush(_ row: Int) {
    let layout = episode.layout
    let description = layout.scene
    let force = Vector3(
      episode[row, layout.push], episode[row, layout.push + 1], episode[row, layout.push + 2])
    let strength = force.length
    guard strength > 1e-9, strength.isFinite, !description.bodies.isEmpty else {
      for i in arrow...arrow + Self.discs { scene.parts[i].color.w = 0 }
      return
    }
    let direction = (1 / strength) * force
    let length = radius * (0.35 + 0.75 * min(1, strength / description.weight))
    let thickness = 0.022 * radius
    let point = scene.frames[description.followed].apply(to: description.pushPoint)
    let tip = point - skin(description, point, direction) * direction
    let turn = Quaternion(from: [0, 0, 1], to: direction)
    let color: SIMD4<Double> = [1, 0.48, 0.1, 1]
    // The point of the arrow is a fifth of it: a cone of discs.
    let head = min(0.3 * length, 7 * thickness)
    let shaft = length - head
    scene.parts[arrow] = Scene.Part(
      .cylinder(radius: thickness, halfLength: 0.5 * shaft),
      at: Pose(position: tip - (head + 0.5 * shaft) * direction, orientation: turn), color: color)
    for disc in 0..<Self.discs {
      let thin = 0.5 * head / Double(Self.discs)
      let place = tip - (Double(2 * disc + 1) * thin) * direction
      scene.parts[arrow + 1 + disc] = Scene.Part(
        .cylinder(radius: 2.6 * thickness * (Double(disc) + 0.5) / Double(Self.discs), halfLength: thin),
        at: Pose(position: place, orientation: turn), color: color)
    }
  }

  /// How far the followed body reaches from a point against a direction, m: arrows end at its surface.
  private func skin(_ description: SceneDescription, _ point: Vector3, _ direction: Vector3) -> Double {
    var reach = 0.0
    for part in scene.parts where part.frame == description.followed {
      var extent = Extent()
      extent.add(part.solid, scene.frames[description.followed] * part.pose)
      // Where the line enters the box around the shape.
      let to = 0.5 * (extent.low + extent.high) - point
      let half = 0.5 * (extent.high - extent.low)
      let along = -to.dot(direction)
      let aside = (to + along * direction)
      guard abs(aside.x) <= half.x, abs(aside.y) <= half.y, abs(aside.z) <= half.z else { continue }
      reach = max(reach, along + abs(half.x * direction.x) + abs(half.y * direction.y) + abs(half.z * direction.z))
    }
    return reach
  }

  private static func part(_ shape: SceneDescription.ShapeDescription, frame: Int?) -> [Scene.Part] {
    let size = shape.size
    let solid: Solid
    switch shape.kind {
    case "plane": solid = .plane
    case "sphere": solid = .sphere(radius: size[0])
    case "capsule": solid = .capsule(radius: size[0], halfLength: size[1])
    case "cylinder": solid = .cylinder(radius: size[0], halfLength: size[1])
    case "box": solid = .box(halfExtents: [size[0], size[1], size[2]])
    default: return []
    }
    let pose = Pose(
      position: [shape.at[0], shape.at[1], shape.at[2]],
      orientation: Quaternion(w: shape.turn[0], x: shape.turn[1], y: shape.turn[2], z: shape.turn[3]))
    let color = SIMD4(shape.color[0], shape.color[1], shape.color[2], shape.color[3])
    return [Scene.Part(solid, at: pose, frame: frame, color: color)]
  }
}

/// A box along the world's axes.
private struct Extent {
  var low = Vector3(repeating: .infinity)
  var high = Vector3(repeating: -.infinity)

  mutating func add(_ solid: Solid, _ pose: Pose) {
    let axes = [Vector3(1, 0, 0), [0, 1, 0], [0, 0, 1]].map { pose.orientation.rotate($0) }
    func magnitude(_ v: Vector3) -> Vector3 { [abs(v.x), abs(v.y), abs(v.z)] }
    let half: Vector3
    switch solid {
    case .plane: return
    case .sphere(let radius): half = Vector3(repeating: radius)
    case .capsule(let radius, let length): half = length * magnitude(axes[2]) + radius
    case .cylinder(let radius, let length):
      let u = axes[2]
      func round(_ x: Double) -> Double { radius * max(0, 1 - x * x).squareRoot() }
      half = length * magnitude(u) + Vector3(round(u.x), round(u.y), round(u.z))
    case .box(let extents):
      half = extents.x * magnitude(axes[0]) + extents.y * magnitude(axes[1]) + extents.z * magnitude(axes[2])
    }
    for i in 0..<3 {
      low[i] = min(low[i], pose.position[i] - half[i])
      high[i] = max(high[i], pose.position[i] + half[i])
    }
  }
}
