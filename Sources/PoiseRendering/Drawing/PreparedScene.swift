import PoiseCore

/// A scene at one moment in the coordinates of a camera: what the loops over pixels read. Its arrays are used again.
struct PreparedScene: Sendable {
  /// A shape that rays meet.
  enum Form: Sendable {
    case sphere(SphereRays)
    case capsule(CapsuleRays)
    case cylinder(CylinderRays)
    case box(BoxRays)
  }

  struct Item: Sendable {
    var form: Form
    /// Index of the scene's part.
    var part: Int
    var box: PixelBox
    var color: SIMD3<Float>
    var opacity: Float
    /// Whether the shape is so far away that it fades.
    var isFoggy: Bool
    /// Depth of the centre, m.
    var centerDepth: Double
  }

  private(set) var light = Light()
  /// Opaque shapes in the scene's order, then translucent ones from the back to the front.
  private(set) var items: [Item] = []
  private(set) var floors: [FloorRays] = []
  private(set) var shadows: [ShadowRays] = []

  mutating func prepare(_ scene: borrowing Scene, _ camera: Camera, _ projection: Projection) {
    let look = scene.look
    let view = View(camera)
    light = Light(look, view)
    items.removeAll(keepingCapacity: true)
    floors.removeAll(keepingCapacity: true)
    shadows.removeAll(keepingCapacity: true)
    for i in scene.parts.indices {
      let part = scene.parts[i]
      guard part.color.w > 0, part.solid != .plane else { continue }
      let frame = view.frame(scene.pose(of: part))
      if let item = item(i, part, frame, projection, look) { insert(item) }
    }
    for i in scene.parts.indices where scene.parts[i].solid == .plane {
      let frame = view.frame(scene.pose(of: scene.parts[i]))
      guard var floor = FloorRays(frame, part: i, look, projection, light) else { continue }
      let first = shadows.count
      let sun = view.turn(look.sunDirection.normalized)
      // A floor that the sun shines on from below has no shadows.
      if look.hasShadows, look.sun > 0, sun.dot(frame.axes.2) > 1e-3 {
        for part in scene.parts where part.solid != .plane && part.color.w > 0.5 {
          let caster = view.frame(scene.pose(of: part))
          if let shadow = ShadowRays(part.solid, caster, on: frame, sun, projection) { shadows.append(shadow) }
        }
      }
      floor.shadows = first..<shadows.count
      floors.append(floor)
    }
  }

  private func item(
    _ index: Int, _ part: Scene.Part, _ frame: Frame, _ projection: Projection, _ look: Look
  ) -> Item? {
    let c = frame.center
    let axis = frame.axes.2
    let form: Form
    let box: PixelBox
    let reach: Double
    func tube(_ radius: Double) -> TubeRays {
      TubeRays(
        center: SIMD3<Float>(c), axis: SIMD3<Float>(axis), moment: SIMD3<Float>(c.cross(axis)),
        along: Float(c.dot(axis)), radius: Float(radius))
    }
    switch part.solid {
    case .plane: return nil
    case .sphere(let radius):
      form = .sphere(SphereRays(center: SIMD3<Float>(c), radius: Float(radius)))
      box = projection.box(c, c, radius: radius)
      reach = radius
    case .capsule(let radius, let half):
      form = .capsule(CapsuleRays(tube: tube(radius), halfLength: Float(half)))
      box = projection.box(c - half * axis, c + half * axis, radius: radius)
      reach = radius + half
    case .cylinder(let radius, let half):
      form = .cylinder(CylinderRays(tube: tube(radius), halfLength: Float(half)))
      box = projection.box(Points(c, radius * frame.axes.0, radius * frame.axes.1, half * axis))
      reach = radius + half
    case .box(let half):
      form = .box(
        BoxRays(
          axes: (SIMD3<Float>(frame.axes.0), SIMD3<Float>(frame.axes.1), SIMD3<Float>(axis)),
          along: SIMD3(Float(c.dot(frame.axes.0)), Float(c.dot(frame.axes.1)), Float(c.dot(axis))),
          half: SIMD3<Float>(half)))
      box = projection.box(Points(c, half.x * frame.axes.0, half.y * frame.axes.1, half.z * axis))
      reach = half.length
    }
    guard !box.isEmpty else { return nil }
    return Item(
      form: form, part: index, box: box, color: SIMD3(Float(part.color.x), Float(part.color.y), Float(part.color.z)),
      opacity: Float(min(1, part.color.w)), isFoggy: c.z + reach > look.fog.lowerBound, centerDepth: c.z)
  }

  /// Keeps the order in which shapes are drawn.
  private mutating func insert(_ item: Item) {
    items.append(item)
    var place = items.count - 1
    func isBefore(_ a: Item, _ b: Item) -> Bool {
      if a.opacity >= 1 || b.opacity >= 1 { return a.opacity >= 1 && b.opacity < 1 }
      return a.centerDepth > b.centerDepth
    }
    while place > 0, isBefore(item, items[place - 1]) {
      items.swapAt(place, place - 1)
      place -= 1
    }
  }
}
