import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseScenarios

// Checked before anything is allocated: the system kills a process that takes more memory than there is, and perhaps others.

extension MemoryNeed {
  /// The least memory that training on a scenario needs.
  init(_ scenario: LoadedScenario) {
    let task = scenario.specification
    self = scenario.settings.algorithm.memoryNeed(observations: task.observationSpace, actions: task.actionSpace)
  }

  /// Checks that the memory is available.
  ///
  /// - Parameter limit: available bytes.
  /// - Throws: `InvalidInput` that names the setting with the largest need.
  func check(of scenario: LoadedScenario, limit: Double = Self.limit) throws {
    guard bytes > limit, let largest = parts.max(by: { $0.bytes < $1.bytes }) else { return }
    func gigabytes(_ bytes: Double) -> String { "\((bytes * 1e-9).rounded(significant: 3)) GB" }
    throw InvalidInput(
      scenario.source.problem(
        at: largest.key,
        found:
          "settings that need at least \(gigabytes(bytes)) of memory, of which this one needs \(gigabytes(largest.bytes))",
        allowed: "the memory available to this process, \(gigabytes(limit))", remedy: "Lower it."))
  }

  /// The bytes available to this process: the machine's memory, or less if the process or its container has a limit.
  static var limit: Double {
    var limit = Double(ProcessInfo.processInfo.physicalMemory)
    var space = rlimit()
    if getrlimit(Int32(RLIMIT_AS.rawValue), &space) == 0 { limit = min(limit, Double(space.rlim_cur)) }
    for file in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      // The file says "max" if there is no limit.
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      if let bytes = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) { limit = min(limit, bytes) }
    }
    return limit
  }
}
