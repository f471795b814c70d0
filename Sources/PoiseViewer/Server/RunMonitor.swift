import Foundation
import PoiseCore

/// Watches the folder of a run that may still be training: newer checkpoints, longer tables.
///
/// Used by one thread. Files of a run appear complete and tables grow line by line, so only the last line can be
/// incomplete; it is left out.
struct RunMonitor {
  private let path: String
  private var seen: [String: Stamp] = [:]

  private struct Stamp: Equatable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int
    var inode: UInt64
  }

  init(_ path: String) { self.path = path }

  /// Whether a file exists and has changed since the last call for it.
  mutating func hasChanged(_ name: String) -> Bool {
    var status = stat()
    guard stat("\(path)/\(name)", &status) == 0 else { return false }
    let stamp = Stamp(
      size: Int(status.st_size), seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec),
      inode: UInt64(status.st_ino))
    defer { seen[name] = stamp }
    return seen[name] != stamp
  }

  static let tables = ["evaluations.csv", "progress.csv"]

  /// The learning curves of the run so far.
  func curves() -> [LearningCurve] {
    let evaluations = table("evaluations.csv")
    let progress = table("progress.csv")
    let curves = [
      evaluations.curve("return_mean", "Return"), evaluations.curve("survival_rate", "Survival rate"),
      evaluations.curve("tilt_reward_per_step", "Tilt reward per step"),
      progress.curve("return", "Return in training"),
    ]
    return curves.compactMap { $0 }
  }

  /// Environment steps of the last iteration; `nil` before the first.
  var environmentSteps: Int? { table("progress.csv").column("environment_steps").last.map { Int($0) } }

  private static let sizeLimit = 16 << 20

  private func table(_ name: String) -> Table {
    guard let bytes = try? BoundedFile.read("\(path)/\(name)", limit: Self.sizeLimit) else { return Table() }
    return Table(String(decoding: bytes, as: UTF8.self))
  }

  /// A table of numbers that Poise wrote itself: no quotes; an empty cell is a missing number.
  struct Table {
    private var names: [Substring] = []
    private var rows: [[Substring]] = []
    /// Largest number of points of a curve, more than the width of a plot in pixels.
    private static let pointLimit = 1000

    init() {}

    init(_ text: String) {
      // A line without its end is still being written.
      guard let end = text.lastIndex(of: "\n") else { return }
      let lines = text[..<end].split(separator: "\n")
      names = lines.first?.split(separator: ",", omittingEmptySubsequences: false) ?? []
      rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    func column(_ name: String) -> [Double] {
      guard let index = names.firstIndex(of: name[...]) else { return [] }
      return rows.map { index < $0.count ? Double($0[index]) ?? .nan : .nan }
    }

    func curve(_ name: String, _ title: String) -> LearningCurve? {
      let steps = column("environment_steps")
      let values = column(name)
      guard !values.isEmpty, values.contains(where: \.isFinite) else { return nil }
      let stride = max(1, values.count / Self.pointLimit)
      let points = values.indices.filter { ($0 % stride == 0 || $0 == values.count - 1) && values[$0].isFinite }
        .map { [steps[$0], values[$0]] }
      return LearningCurve(title: title, points: points)
    }
  }
}
