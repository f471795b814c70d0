import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseTraining

/// The logs of a run's training.
struct RunHistory {
  let folder: RunFolder
  /// The run's whole scenario, as its folder has it, followed by the changes that were made when it was resumed.
  let scenarioText: String
  /// One row for each iteration, and for each evaluation.
  let progress: NumberTable
  let evaluations: NumberTable
  /// Environment steps at the end of each iteration, and the seconds of training until then: rollouts and updates, not
  /// evaluations.
  let clock: Curve
  /// A sentence about a network that had died by the latest checkpoint; `nil` if none had.
  let death: String?

  init(_ path: String) throws {
    folder = try RunFolder(contentsOf: path)
    name = folder.path.fileName
    var text: String
    do throws(BoundedFile.Failure) {
      text = String(decoding: try BoundedFile.read(folder.scenarioPath, limit: 1 << 20), as: UTF8.self)
    } catch {
      throw InputOutputError(path: folder.scenarioPath, operation: "read", reason: error.reason)
    }
    // A run that was changed when it was resumed does not repeat one that was not.
    for change in try folder.changes() {
      text += "# after \(change.environmentSteps) steps: \(change.set.joined(separator: ", "))\n"
    }
    scenarioText = text
    progress = try NumberTable(contentsOf: folder.file("progress.csv"))
    evaluations = try NumberTable(contentsOf: folder.file("evaluations.csv"))
    // The curves of a run with a damaged checkpoint can be shown all the same.
    death = (try? TrainingRun.death(in: folder))?.description
    let timing = try NumberTable(contentsOf: folder.file("timing.csv"))
    _ = try [progress.steps(), evaluations.steps()]
    let phases = try timing.columns.filter { $0.hasSuffix("_seconds") }.map { try timing.seconds($0) }
    var seconds = 0.0
    clock = try Curve(
      [Curve.Point(x: 0, y: 0)]
        + timing.steps().enumerated().map { row, steps in
          seconds += phases.reduce(0) { $0 + $1[row] }
          return Curve.Point(x: steps, y: seconds)
        })
  }

  /// The last part of the folder's path; the whole path where another run of a report has the same last part.
  var name: String
  var seed: UInt64 { folder.description.seed }
  var environmentSteps: Double { clock.points.last?.x ?? 0 }
  var seconds: Double { clock.points.last?.y ?? 0 }

  /// The horizontal axis of a curve.
  enum Axis: CaseIterable { case environmentSteps, seconds }

  /// A column of the iterations' or the evaluations' log.
  func curve(_ column: String, of table: NumberTable, over axis: Axis) -> Curve {
    let points = zip(table["environment_steps"], table[column]).compactMap { steps, value -> Curve.Point? in
      guard let steps, let value, value.isFinite else { return nil }
      switch axis {
      case .environmentSteps: return Curve.Point(x: steps, y: value)
      case .seconds: return clock.value(at: steps).map { Curve.Point(x: $0, y: value) }
      }
    }
    return Curve(points)
  }
}

/// Numbers over steps or seconds, in rising order.
struct Curve: Hashable {
  struct Point: Hashable {
    var x: Double
    var y: Double
  }

  let points: [Point]

  /// - Parameter points: those that are not finite cannot be drawn, and are left out.
  init(_ points: [Point]) {
    let isDrawable = points.allSatisfy { $0.x.isFinite && $0.y.isFinite }
    self.points = isDrawable ? points : points.filter { $0.x.isFinite && $0.y.isFinite }
  }

  /// Linear between the points; before them the first, `nil` beyond them.
  func value(at x: Double) -> Double? {
    guard let first = points.first, let last = points.last, x <= last.x else { return nil }
    if x <= first.x { return first.y }
    var (low, high) = (0, points.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if points[middle].x <= x { low = middle } else { high = middle }
    }
    let (a, b) = (points[low], points[high])
    return b.x > a.x ? a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x) : a.y
  }

  /// At most `count` points, each the mean of its neighbours, for display.
  func thinned(to count: Int) -> Curve {
    guard points.count > count else { return self }
    return Curve(
      (0..<count).map { part in
        let group = points[part * points.count / count..<(part + 1) * points.count / count]
        let size = Double(group.count)
        return Point(x: group.reduce(0) { $0 + $1.x } / size, y: group.reduce(0) { $0 + $1.y } / size)
      })
  }
}

/// Curves of runs that differ in their seed alone: their mean, and the band from the lowest to the highest, from the
/// point where all have begun. A run that has ended keeps its last number, since otherwise the mean would jump.
struct CurveBand {
  let mean: Curve
  let low: Curve
  let high: Curve
  /// Runs with at least one point.
  let count: Int

  /// - Parameters:
  ///   - curves: one curve for each run.
  ///   - resolution: number of points of the result.
  init(_ curves: [Curve], resolution: Int = 160) {
    let curves = curves.filter { !$0.points.isEmpty }
    count = curves.count
    guard curves.count > 1 else {
      let curve = curves.first?.thinned(to: resolution) ?? Curve([])
      (mean, low, high) = (curve, curve, curve)
      return
    }
    let start = curves.compactMap { $0.points.first?.x }.max() ?? 0
    let end = curves.compactMap { $0.points.last?.x }.max() ?? 0
    // Curves with few points are sampled at these points.
    let isSparse = curves.allSatisfy { $0.points.count <= resolution }
    let places =
      isSparse
      ? Set(curves.flatMap { $0.points.map(\.x) }).filter { $0 >= start }.sorted()
      : (0...resolution).map { start + (end - start) * Double($0) / Double(resolution) }
    let thinned = curves.map { $0.thinned(to: resolution) }
    var (means, lows, highs): ([Curve.Point], [Curve.Point], [Curve.Point]) = ([], [], [])
    for x in places {
      let values = thinned.compactMap { $0.value(at: x) ?? $0.points.last?.y }
      guard let low = values.min(), let high = values.max() else { continue }
      means.append(Curve.Point(x: x, y: values.reduce(0, +) / Double(values.count)))
      lows.append(Curve.Point(x: x, y: low))
      highs.append(Curve.Point(x: x, y: high))
    }
    (mean, low, high) = (Curve(means), Curve(lows), Curve(highs))
  }
}
