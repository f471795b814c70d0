import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseScenarios

// Asked before anything is made: the system kills a process that takes more memory than there is, and others with it.

extension MemoryNeed {
  /// What training a scenario takes at the least.
  init(_ scenario: LoadedScenario) {
    let task = scenario.specification
    self = scenario.settings.algorithm.memoryNeed(observations: task.observationSpace, actions: task.actionSpace)
  }

  /// - Parameter limit: bytes that there are.
  /// - Throws: `InvalidInput` that names the setting which takes the most.
  func check(of scenario: LoadedScenario, limit: Double = Self.limit) throws {
    guard bytes > limit, let largest = parts.max(by: { $0.bytes < $1.bytes }) else { return }
    func gigabytes(_ bytes: Double) -> String { "\((bytes * 1e-9).rounded(significant: 3)) GB" }
    throw InvalidInput(
      scenario.source.problem(
        at: largest.key,
        found:
          "settings that take \(gigabytes(bytes)) of memory at least, \(gigabytes(largest.bytes)) of it for this one",
        allowed: "what this process can have, \(gigabytes(limit))", remedy: "Lower it."))
  }

  /// Bytes that this process can have: the machine's, or less where the process or its container is limited.
  static var limit: Double {
    var limit = Double(ProcessInfo.processInfo.physicalMemory)
    var space = rlimit()
    if getrlimit(Int32(RLIMIT_AS.rawValue), &space) == 0 { limit = min(limit, Double(space.rlim_cur)) }
    for file in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      // "max" where there is none.
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      if let bytes = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) { limit = min(limit, bytes) }
    }
    return limit
  }
}
