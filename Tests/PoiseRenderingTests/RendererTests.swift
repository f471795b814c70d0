import Foundation
import PoiseCore
import PoiseRendering
import Testing

@Suite("Pictures")
struct RendererTests {
  private static let solids: [Solid] = [
    .sphere(radius: 0.3), .capsule(radius: 0.15, halfLength: 0.4), .cylinder(radius: 0.25, halfLength: 0.3),
    .cylinder(radius: 0.4, halfLength: 0.02), .box(halfExtents: [0.4, 0.25, 0.1]),
    .capsule(radius: 0.02, halfLength: 1),
  ]
  private static let floor = Scene.Part(.plane, color: [1, 1, 1, 1])

  /// Every kind of shape above a floor, one of them translucent, a carried frame among them.
  private static let everything: Scene = {
    var random = RandomStream(seed: 7, purpose: .testing, index: 0)
    var parts = [floor]
    for (i, solid) in solids.enumerated() {
      let pose = Pose(position: [Double(i % 3) - 1, Double(i / 3) - 0.5, 0.7], orientation: random.rotation())
      let color: SIMD4<Double> = [0.2 + 0.1 * Double(i), 0.7 - 0.1 * Double(i), 0.5, i == 1 ? 0.4 : 1]
      parts.append(Scene.Part(solid, at: pose, frame: i % 2 == 0 ? 0 : nil, color: color))
    }
    return Scene(parts, frames: [Pose(position: [0.1, 0.2, 0.1])])
  }()
  private static let camera = Camera(from: [2.5, -2, 1.6], lookingAt: [0, 0, 0.5], fieldOfView: 50)

  /// A pixel whose neighbourhood of half a pixel lies on one side of the cone of tangents has to be on that side.
  @Test("a sphere's silhouette is its projected circle to half a pixel, also far from the middle")
  func silhouette() {
    let camera = Camera(from: [3, 0.4, 1], lookingAt: [0, 0, 1], fieldOfView: 70)
    for center in [Vector3(0, 0, 1), [0.5, 1.2, 1.9], [1, -1.4, 0.2], [-6, 2, 3]] {
      let radius = 0.5
      let scene = Scene([Scene.Part(.sphere(radius: radius), at: Pose(position: center), color: [1, 0, 0, 1])])
      let shot = Shot(scene, camera, width: 80, height: 60)
      let c = center - camera.pose.position
      func isInside(_ column: Double, _ row: Double) -> Bool {
        let d = camera.ray(column, row, width: 80, height: 60)
        let along = d.dot(c)
        return along > 0 && along * along > (c.lengthSquared - radius * radius) * d.lengthSquared
      }
      var (inside, undecided) = (0, 0)
      for row in 0..<60 {
        for column in 0..<80 {
          let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
          let around = [(0.0, 0.0), (0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5)].map { isInside(x + $0.0, y + $0.1) }
          guard Set(around).count == 1 else {
            undecided += 1
            continue
          }
          if around[0] { inside += 1 }
          #expect((shot.parts[row * 80 + column] == 0) == around[0], "\(center), row \(row), column \(column)")
        }
      }
      #expect(inside > 8 && undecided < 200, "\(center): \(inside) pixels inside, \(undecided) at the rim")
    }
  }

  @Test("the depth of a floor is that of the closed form, and the horizon lies where it has to")
  func floorDepth() {
    let camera = Camera(from: [1, 2, 1.5], lookingAt: [3, -1, 0.9], fieldOfView: 60)
    let floor = Pose(position: [0, 0, -0.25], orientation: Quaternion(angle: 0.1, axis: [0.6, 0.8, 0]))
    let normal = floor.orientation.rotate([0, 0, 1])
    let shot = Shot(Scene([Scene.Part(.plane, at: floor, color: [1, 1, 1, 1])]), camera)
    var seen = 0
    for row in 0..<48 {
      for column in 0..<64 {
        let d = camera.ray(Double(column) + 0.5, Double(row) + 0.5, width: 64, height: 48)
        let depth = (floor.position - camera.pose.position).dot(normal) / d.dot(normal)
        let found = Double(shot.depths[row * 64 + column])
        if depth > 0 {
          seen += 1
          // The angle to the floor has float32's error, which the depth magnifies near the horizon.
          #expect(abs(found - depth) < 1e-6 * depth * (1 + depth), "row \(row), column \(column)")
        } else {
          #expect(found == .infinity)
        }
      }
    }
    #expect(seen > 800 && seen < 64 * 48 - 200, "\(seen)")
  }

  /// Depth, and colour through the normal, each against marching through a distance function.
  @Test("every shape in any pose is where rays march to, and has the light of its normal", arguments: solids)
  func marching(_ solid: Solid) {
    var random = RandomStream(seed: 3, purpose: .testing, index: 0)
    let (width, height) = (40, 30)
    var (hits, compared) = (0, 0)
    for _ in 0..<12 {
      let place = Vector3(
        .random(in: -0.6...0.6, using: &random), .random(in: -0.6...0.6, using: &random),
        .random(in: -0.6...0.6, using: &random))
      let pose = Pose(position: place, orientation: random.rotation())
      let camera = Camera(
        from: Vector3(
          .random(in: 1.5...3, using: &random), .random(in: -2...2, using: &random), .random(in: -1...2, using: &random)
        ), lookingAt: .zero, fieldOfView: 55)
      let scene = Scene([Scene.Part(solid, at: pose, color: [0.6, 0.6, 0.6, 1])])
      let shot = Shot(scene, camera, width: width, height: height)
      let surface = DistanceFunction(solid: solid, pose: pose)
      for row in 0..<height {
        for column in 0..<width {
          let d = camera.ray(Double(column) + 0.5, Double(row) + 0.5, width: width, height: height)
          let (way, closest) = surface.march(from: camera.pose.position, d)
          let found = Double(shot.depths[row * width + column])
          guard let way else {
            if closest > 1e-4 { #expect(found == .infinity, "\(pose), row \(row), column \(column)") }
            continue
          }
          let point = camera.pose.position + way * d
          let normal = surface.normal(at: point, step: 1e-5)
          // At a grazing angle a small error of the distance is a large one of the depth.
          guard -normal.dot(d.normalized) > 0.05 else { continue }
          hits += 1
          #expect(abs(found - way) < 1e-4, "\(pose), row \(row), column \(column): \(found), \(way)")
          // Not where two faces meet.
          guard (normal - surface.normal(at: point, step: 1e-3)).length < 1e-3 else { continue }
          compared += 1
          let value = 255 * min(1, 0.6 * scene.look.brightness(normal))
          #expect(
            abs(Double(shot.bytes[row * width + column]) - value) < 1, "\(pose), row \(row), column \(column)")
        }
      }
    }
    #expect(hits > 60 && compared > hits / 3, "\(hits) hits, \(compared) colours")
  }

  @Test("the floor is dark exactly where rays to the sun march into a shape", arguments: solids)
  func shadows(_ solid: Solid) {
    var random = RandomStream(seed: 5, purpose: .testing, index: 0)
    let (width, height) = (60, 45)
    var dark = 0
    for _ in 0..<6 {
      let pose = Pose(
        position: [.random(in: -0.5...0.5, using: &random), .random(in: -0.5...0.5, using: &random), 1.2],
        orientation: random.rotation())
      var scene = Scene([Self.floor, Scene.Part(solid, at: pose, color: [0.6, 0.6, 0.6, 1])])
      let camera = Camera(from: [1.5, 1.8, 2.5], lookingAt: [-0.3, 0.3, 0.3], fieldOfView: 60)
      let shot = Shot(scene, camera, width: width, height: height)
      let sun = scene.look.sunDirection.normalized
      let ratio = scene.look.brightness([0, 0, 1], inSun: false) / scene.look.brightness([0, 0, 1])
      scene.look.hasShadows = false
      let bright = Shot(scene, camera, width: width, height: height)
      let surface = DistanceFunction(solid: solid, pose: pose)
      for i in shot.parts.indices where shot.parts[i] == 0 {
        let d = camera.ray(Double(i % width) + 0.5, Double(i / width) + 0.5, width: width, height: height)
        let point = camera.pose.position - camera.pose.position.z / d.z * d
        let (way, closest) = surface.march(from: point, sun, limit: 8)
        // A ray that nearly grazes, from either side.
        let deepest = stride(from: 0.0, to: 4, by: 0.01).map { surface(point + $0 * sun) }.min() ?? 0
        if way != nil, deepest > -1e-3 { continue }
        if way == nil, closest < 1e-3 { continue }
        let expected = way == nil ? Double(bright.bytes[i]) : ratio * Double(bright.bytes[i])
        if way != nil { dark += 1 }
        #expect(abs(Double(shot.bytes[i]) - expected) < 2, "\(pose), row \(i / width), column \(i % width)")
      }
    }
    #expect(dark > 30, "\(dark) dark pixels")
  }

  /// The tiles and lines of one sample a pixel are averages in closed form; 64 samples find them by counting.
  @Test("a floor of one sample a pixel looks like one of 64 samples, up to the horizon")
  func floorAverages() {
    let camera = Camera(from: [0.3, -0.8, 0.7], lookingAt: [2, 3, 0], fieldOfView: 55)
    let scene = Scene([Self.floor])
    let one = Shot(scene, camera, width: 96, height: 72, channels: .color)
    let many = Shot(scene, camera, width: 96, height: 72, channels: .color, samples: 8)
    let differences = zip(one.bytes, many.bytes).map { abs(Int($0) - Int($1)) }
    // A box along the floor's axes stands for a pixel's parallelogram, so single pixels differ by a little.
    #expect(Double(differences.reduce(0, +)) / Double(differences.count) < 0.7)
    #expect(differences.count { $0 > 12 } < differences.count / 200)
    #expect(Set(one.bytes).count > 15, "there is a pattern")
  }

  @Test("smooth edges are the mean of hard ones in a larger picture")
  func antialiasing() {
    let large = Shot(Self.everything, Self.camera, width: 96, height: 72, channels: .color)
    let smooth = Shot(Self.everything, Self.camera, width: 32, height: 24, channels: .color, samples: 3)
    for row in 0..<24 {
      for column in 0..<32 {
        for channel in 0..<3 {
          var sum = 0
          for j in 0..<3 {
            for k in 0..<3 {
              let place: Int = (3 * row + j) * 96 + 3 * column + k
              sum += Int(large.bytes[3 * place + channel])
            }
          }
          let found = Double(smooth.bytes[(row * 32 + column) * 3 + channel])
          // Nine numbers were rounded; a floor's average is over a larger pixel there.
          #expect(abs(Double(sum) / 9 - found) < 3, "row \(row), column \(column)")
        }
      }
    }
  }

  @Test("grey is the weighted mean of the colours")
  func grey() {
    let color = Shot(Self.everything, Self.camera, channels: .color).bytes
    let grey = Shot(Self.everything, Self.camera).bytes
    for i in grey.indices {
      let (red, green, blue) = (Double(color[3 * i]), Double(color[3 * i + 1]), Double(color[3 * i + 2]))
      let mean: Double = 0.299 * red + 0.587 * green + 0.114 * blue
      let isCut = max(red, green, blue) == 255
      // Colours that are brighter than white are cut off before the mean, and after it.
      #expect(abs(mean - Double(grey[i])) < 1.1 || isCut, "pixel \(i)")
    }
  }

  @Test("a picture has the same bits for any number of bands and threads")
  func threads() {
    let alone = Shot(Self.everything, Self.camera, width: 61, height: 47, channels: .color, samples: 2)
    for threads in [1, 2, 4] {
      let pool = WorkerPool(threadCount: threads)
      for bands in [1, 2, 5, 47, 100] {
        let shot = Shot(
          Self.everything, Self.camera, width: 61, height: 47, channels: .color, samples: 2, bandCount: bands,
          pool: pool)
        #expect(shot.bytes == alone.bytes && shot.depths == alone.depths && shot.parts == alone.parts)
      }
    }
  }

  /// The number was computed on x86-64 with AVX2. Another processor, compiler or instruction set has to give it too.
  @Test("a picture has the same bits on every machine")
  func pinned() {
    let shot = Shot(Self.everything, Self.camera, width: 160, height: 120, channels: .color)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in shot.bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    for depth in shot.depths { hash = (hash ^ UInt64(depth.bitPattern)) &* 0x0000_0100_0000_01B3 }
    #expect(hash == 13_474_202_340_096_198_878)
  }

  @Test("what is translucent shows a share of what is behind it, whichever comes first in the list")
  func translucency() {
    let back = Scene.Part(.box(halfExtents: [0.1, 2, 2]), at: Pose(position: [-1, 0, 0]), color: [0, 0, 1, 1])
    let middle = Scene.Part(.box(halfExtents: [0.1, 2, 2]), at: Pose(position: [0, 0, 0]), color: [1, 0, 0, 0.25])
    let front = Scene.Part(.box(halfExtents: [0.1, 2, 2]), at: Pose(position: [1, 0, 0]), color: [0, 1, 0, 0.5])
    var look = Look()
    (look.sun, look.fill, look.skyLight, look.groundLight) = (0, 0, 1, 1)
    let camera = Camera(from: [4, 0, 0], lookingAt: .zero)
    for parts in [[back, middle, front], [front, middle, back], [middle, front, back]] {
      let shot = Shot(Scene(parts, look: look), camera, width: 3, height: 3, channels: .color)
      // Blue, a quarter of red on it, half of green on that.
      #expect(Array(shot.bytes[12..<15]) == [32, 128, 96])
    }
  }

  @Test("a camera stands still, goes with a frame, or follows it along the ground")
  func mounts() {
    let camera = Camera(from: [2, 0, 1], lookingAt: [0, 0, 1])
    var scene = Scene([], frames: [Pose(position: [0, 0, 1])])
    let turn = Quaternion(angle: .pi / 2, axis: [0, 0, 1])
    scene.frames[0] = Pose(position: [5, 6, 3], orientation: turn)
    #expect(CameraMount.fixed(camera).camera(in: scene) == camera)
    let following = CameraMount.following(camera, frame: 0, start: [0, 0, 1]).camera(in: scene)
    #expect(following.pose.position == [7, 6, 1] && following.pose.orientation == camera.pose.orientation)
    let carried = CameraMount.carried(camera, frame: 0).camera(in: scene)
    #expect((carried.pose.position - Vector3(5, 8, 4)).length < 1e-12)
    #expect(
      (carried.pose.orientation.rotate([0, 0, -1]) - Vector3(0, -1, 0)).length < 1e-12, "it still looks at the frame")
  }

  @Test("shapes of any size, anywhere, and cameras inside them draw something and never trap")
  func extremes() {
    var random = RandomStream(seed: 11, purpose: .testing, index: 0)
    let sizes = [0, 1e-30, 1e-3, 1, 50, 1e12, 1e300, .infinity, .nan]
    let places = [0, -1e-9, 0.3, -7, 1e9, -1e200, .infinity, .nan]
    func size() -> Double { sizes.randomElement(using: &random) ?? 1 }
    func place() -> Vector3 {
      var result = Vector3.zero
      for i in 0..<3 { result[i] = places.randomElement(using: &random) ?? 0 }
      return result
    }
    for _ in 0..<400 {
      let parts = (0..<6).map { i in
        let solid: Solid =
          switch i {
          case 0: .plane
          case 1: .sphere(radius: size())
          case 2: .capsule(radius: size(), halfLength: size())
          case 3: .cylinder(radius: size(), halfLength: size())
          default: .box(halfExtents: [size(), size(), size()])
          }
        return Scene.Part(
          solid, at: Pose(position: place(), orientation: random.rotation()),
          color: [0.5, 0.5, 0.5, i == 5 ? 0.5 : 1])
      }
      let camera = Camera(
        pose: Pose(position: place(), orientation: random.rotation()),
        fieldOfView: [1e-3, 45, 179].randomElement(using: &random) ?? 45)
      let shot = Shot(Scene(parts), camera, width: 9, height: 7)
      #expect(shot.bytes.count == 63)
    }
  }

  @Test("sines, cosines and tangents agree with those of the system")
  func trigonometry() {
    for i in -100...100 {
      let angle = Double(i) * 0.061
      #expect(abs(Trigonometry.sine(angle) - sin(angle)) < 2e-15)
      #expect(abs(Trigonometry.cosine(angle) - cos(angle)) < 2e-15)
      if abs(cos(angle)) > 0.01 { #expect(abs(Trigonometry.tangent(angle) / tan(angle) - 1) < 1e-12 || i == 0) }
    }
  }
}
