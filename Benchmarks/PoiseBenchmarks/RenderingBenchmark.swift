import CAllocationCounter
import PoiseCore
public import PoiseModels
import PoiseRendering

/// Pictures per second and core: 64 × 64 pixels in grey, as a policy would see them, and 640 × 480 in colour with smooth edges, as films have them.
///
/// The robots stand in their reference poses above a floor with shadows, and fill the height of the picture. Processor time of one thread, medians over the rounds.
///
/// - Parameters:
///   - models: each with the bar for its pictures of 64 × 64 pixels, pictures/s; `nil` for none.
///   - rounds: how often each is measured.
///   - roundSeconds: shortest time of a round, s.
public func renderingBenchmark(
  _ models: [(model: RobotModel, bar: Double?)], rounds: Int = 15, roundSeconds: Double = 0.05
) -> BenchmarkReport {
  var report = BenchmarkReport(title: "rendering")
  for (model, bar) in models {
    var scene = Scene(model)
    // As high as it is drawn: from the floor, or from below a robot without one.
    let heights = scene.parts.filter { $0.solid != .plane }.map { part in
      (part.frame.map { scene.frames[$0] } ?? .identity).apply(to: part.pose.position).z
    }
    let (low, high) = (heights.min() ?? 0, heights.max() ?? 1)
    if !scene.parts.contains(where: { $0.solid == .plane }) {
      scene.parts.append(Scene.Part(.plane, at: Pose(position: [0, 0, low - 0.3]), color: [1, 1, 1, 1]))
    }
    let middle = Vector3(0, 0, (low + high) / 2)
    let camera = Camera(
      from: middle + 2.2 * max(0.8, high - low) * Vector3(0.6, -0.75, 0.2), lookingAt: middle, fieldOfView: 38)
    var small = Renderer(width: 64, height: 64, channels: .grey)
    var large = Renderer(width: 640, height: 480, channels: .color, samples: 3)
    var pixels = [UInt8](repeating: 0, count: small.byteCount)
    func shoot() {
      small.draw(scene, from: camera)
      var bytes = pixels.mutableSpan
      small.read(into: &bytes)
    }
    let times = Stopwatch(rounds: rounds, roundSeconds: roundSeconds)
      .measure([{ shoot() }, { large.draw(scene, from: camera) }])
    report.rows.append(
      .init(
        "\(model.name): 64 × 64 grey, one core", 1 / times[0].median, "pictures/s", floor: bar.map { ("bar", $0) }))
    if ac_is_counting() {
      let before = ac_allocations()
      for _ in 0..<10 { shoot() }
      let count = Double(ac_allocations() - before) / 10
      report.rows.append(
        .init("\(model.name): allocations in a picture", count, "", floor: ("bar", 0), isBetterBelow: true))
    }
    report.rows.append(
      .init("\(model.name): 640 × 480 colour, 9 samples, one core", 1 / times[1].median, "pictures/s"))
  }
  return report
}
