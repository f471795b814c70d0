/// Some rows of a picture, which one thread draws: depths and colours of its samples, then bytes.
struct Band: Sendable {
  /// Rows of samples.
  let rows: Range<Int>
  /// Groups of lanes in a row.
  private let groups: Int
  private let columns: Int
  private let channels: Int
  private let samples: Int
  private let keepsParts: Bool

  /// x of each sample at the distance 1, [groups].
  private var x: [Lanes]
  /// y of each row of samples at the distance 1, [rows].
  private var y: [Float]
  /// [rows][groups]; infinite where nothing is seen.
  private(set) var depth: [Lanes]
  /// [channels][rows][groups], in [0, 1] and somewhat above.
  private var values: [Lanes]
  /// Index of the part that is seen, −1 for none, [rows][groups]; empty where it is not asked for.
  private(set) var parts: [Lanes]
  /// 1 in the sun and 0 in shadow, of the floor, [rows][groups].
  private var sunlight: [Lanes]
  /// [rows ÷ samples][columns ÷ samples][channels]
  private(set) var bytes: [UInt8]

  init(rows: Range<Int>, columns: Int, channels: Int, samples: Int, keepsParts: Bool) {
    self.rows = rows
    self.columns = columns
    self.channels = channels
    self.samples = samples
    self.keepsParts = keepsParts
    groups = (columns + Lanes.scalarCount - 1) / Lanes.scalarCount
    let count = rows.count * groups
    let zero = Lanes(repeating: 0)
    x = Array(repeating: zero, count: groups)
    y = Array(repeating: 0, count: rows.count)
    depth = Array(repeating: zero, count: count)
    values = Array(repeating: zero, count: channels * count)
    parts = keepsParts ? Array(repeating: zero, count: count) : []
    sunlight = Array(repeating: zero, count: count)
    bytes = Array(repeating: 0, count: rows.count / samples * (columns / samples) * channels)
  }

  /// Draws the scene, and rounds it to bytes.
  mutating func draw(_ scene: PreparedScene, _ projection: Projection) {
    setRays(projection)
    clear(scene.light)
    let near = Float(projection.near)
    for item in scene.items where item.opacity >= 1 { draw(item, scene.light, near) }
    for floor in scene.floors { draw(floor, scene, near) }
    for item in scene.items where item.opacity < 1 { draw(item, scene.light, near) }
    round()
  }

  private mutating func setRays(_ projection: Projection) {
    let inverse = 1 / projection.focal
    for group in 0..<groups {
      for lane in 0..<Lanes.scalarCount {
        let column = Double(group * Lanes.scalarCount + lane) + 0.5
        x[group][lane] = Float((column - Double(projection.width) / 2) * inverse)
      }
    }
    for row in rows {
      y[row - rows.lowerBound] = Float((Double(projection.height) / 2 - (Double(row) + 0.5)) * inverse)
    }
  }

  private mutating func clear(_ light: Light) {
    let count = depth.count
    for i in 0..<count { depth[i] = Lanes(repeating: .infinity) }
    for channel in 0..<channels {
      let value = Lanes(repeating: Self.value(light.sky, channel, of: channels))
      for i in channel * count..<(channel + 1) * count { values[i] = value }
    }
    for i in parts.indices { parts[i] = Lanes(repeating: -1) }
  }

  /// Red, green or blue, or grey where there is one channel.
  @inline(__always) private static func value(_ color: SIMD3<Float>, _ channel: Int, of channels: Int) -> Float {
    guard channels == 1 else { return color[channel] }
    let weights = SIMD3<Float>(Look.greyWeights)
    return color.x * weights.x + color.y * weights.y + color.z * weights.z
  }

  /// The rows and groups of a box that are in this band.
  private func part(_ box: PixelBox) -> (rows: Range<Int>, groups: Range<Int>) {
    let part = box.rows.clamped(to: rows)
    guard !part.isEmpty, !box.columns.isEmpty else { return (0..<0, 0..<0) }
    let first = part.lowerBound - rows.lowerBound
    return (
      first..<first + part.count,
      box.columns.lowerBound / Lanes.scalarCount..<(box.columns.upperBound - 1) / Lanes.scalarCount + 1
    )
  }

  // MARK: Shapes

  private mutating func draw(_ item: PreparedScene.Item, _ light: Light, _ near: Float) {
    switch item.form {
    case .sphere(let rays): draw(rays, item, light, near)
    case .capsule(let rays): draw(rays, item, light, near)
    case .cylinder(let rays): draw(rays, item, light, near)
    case .box(let rays): draw(rays, item, light, near)
    }
  }

  @inline(__always) private mutating func draw(
    _ solid: some RaySolid, _ item: PreparedScene.Item, _ light: Light, _ near: Float
  ) {
    let box = part(item.box)
    let count = depth.count
    for row in box.rows {
      for group in box.groups {
        let rays = Rays(x: x[group], y: y[row])
        let t = solid.depth(rays)
        let i = row * groups + group
        let isNearer = (t .< depth[i]) .& (t .> near)
        guard any(isNearer) else { continue }
        let brightness = light.brightness(solid.normal(rays, t))
        let fog = item.isFoggy ? light.fog(t) : Lanes(repeating: 0)
        for channel in 0..<channels {
          var value = Self.value(item.color, channel, of: channels) * brightness
          if item.isFoggy { value += fog * (Self.value(light.sky, channel, of: channels) - value) }
          let old = values[channel * count + i]
          if item.opacity < 1 { value = old + item.opacity * (value - old) }
          values[channel * count + i] = select(isNearer, value, old)
        }
        // What is behind something translucent is still seen.
        guard item.opacity >= 1 else { continue }
        depth[i] = select(isNearer, t, depth[i])
        if keepsParts { parts[i] = select(isNearer, Lanes(repeating: Float(item.part)), parts[i]) }
      }
    }
  }

  // MARK: Floors

  private mutating func draw(_ floor: FloorRays, _ scene: PreparedScene, _ near: Float) {
    for i in sunlight.indices { sunlight[i] = Lanes(repeating: 1) }
    for index in floor.shadows { draw(scene.shadows[index], floor) }
    let count = depth.count
    let light = scene.light
    for row in 0..<rows.count {
      for group in 0..<groups {
        let rays = Rays(x: x[group], y: y[row])
        let t = floor.depth(rays)
        let i = row * groups + group
        let isNearer = (t .< depth[i]) .& (t .> near)
        guard any(isNearer) else { continue }
        let pattern = floor.pattern(rays, t, light: sunlight[i])
        let fog = light.fog(t)
        for channel in 0..<channels {
          func value(_ color: SIMD3<Float>) -> Float { Self.value(color, channel, of: channels) }
          var mixed = pattern.tileA * value(floor.colors.tileA) + pattern.tileB * value(floor.colors.tileB)
          mixed += pattern.fineLine * value(floor.colors.fineLine) + pattern.line * value(floor.colors.line)
          mixed += fog * (value(light.sky) - mixed)
          values[channel * count + i] = select(isNearer, mixed, values[channel * count + i])
        }
        depth[i] = select(isNearer, t, depth[i])
        if keepsParts { parts[i] = select(isNearer, Lanes(repeating: Float(floor.part)), parts[i]) }
      }
    }
  }

  private mutating func draw(_ shadow: ShadowRays, _ floor: FloorRays) {
    let box = part(shadow.box)
    for row in box.rows {
      for group in box.groups {
        let rays = Rays(x: x[group], y: y[row])
        let isDark = shadow.covers(rays.point(floor.depth(rays)))
        let i = row * groups + group
        sunlight[i] = select(isDark, Lanes(repeating: 0), sunlight[i])
      }
    }
  }

  // MARK: Bytes

  /// The nearest of 256 steps. 2²³ leaves no room for a fraction: the last bits of the sum are the rounded number.
  @inline(__always) private static func byte(_ value: Float) -> UInt8 {
    UInt8(truncatingIfNeeded: (min(255, max(0, value)) + 8_388_608).bitPattern)
  }

  /// Averages the samples of each pixel, and rounds to bytes.
  private mutating func round() {
    if samples == 1 { return roundSamples() }
    let count = depth.count
    let scale = 255 / Float(samples * samples)
    let width = columns / samples
    var place = 0
    for row in 0..<rows.count / samples {
      for column in 0..<width {
        for channel in 0..<channels {
          var sum: Float = 0
          for j in 0..<samples {
            let start = channel * count + (row * samples + j) * groups
            for k in 0..<samples {
              let sample = column * samples + k
              sum += values[start + sample / Lanes.scalarCount][sample % Lanes.scalarCount]
            }
          }
          bytes[place] = Self.byte(sum * scale)
          place += 1
        }
      }
    }
  }

  /// The same for one sample a pixel.
  private mutating func roundSamples() {
    let count = depth.count
    for channel in 0..<channels {
      for row in 0..<rows.count {
        var place = row * columns * channels + channel
        for group in 0..<groups {
          let scaled = values[channel * count + row * groups + group] * 255
          for lane in 0..<min(Lanes.scalarCount, columns - group * Lanes.scalarCount) {
            bytes[place] = Self.byte(scaled[lane])
            place += channels
          }
        }
      }
    }
  }
}
