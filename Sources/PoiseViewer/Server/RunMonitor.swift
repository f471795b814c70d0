import Foundation
import PoiseCore

/// Watches the folder of a run that may still be training: newer checkpoints, longer tables.
///
/// Used by one thread.
struct RunMonitor {
  private let path: String
  private var evaluations: GrowingTable
  private var progress: GrowingTable
  private var seen: [String: Stamp] = [:]

  private struct Stamp: Equatable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int
    var inode: UInt64
  }

  init(_ path: String) {
    self.path = path
    evaluations = GrowingTable(
      "\(path)/evaluations.csv",
      [
        ("return_mean", "Return"), ("survival_rate", "Survival rate"),
        ("tilt_reward_per_step", "Tilt reward per step"),
      ])
    progress = GrowingTable("\(path)/progress.csv", [("return", "Return in training")])
  }

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

  /// Reads on in the run's tables, by a bounded amount.
  ///
  /// - Returns: whether there is anything new.
  mutating func readOn() -> Bool {
    // Both in any case.
    let isNew = [evaluations.readOn(), progress.readOn()]
    return isNew.contains(true)
  }

  /// Whether the tables have more than was read so far.
  var isBehind: Bool { evaluations.isBehind || progress.isBehind }

  /// The learning curves of the run so far.
  var curves: [LearningCurve] { evaluations.learningCurves + progress.learningCurves }

  /// Environment steps of the last iteration; `nil` before the first.
  var environmentSteps: Int? { progress.environmentSteps }
}
