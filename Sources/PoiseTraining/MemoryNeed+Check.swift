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

  /// What training takes with worlds as large as those of the scenario's task, of which some are made and stepped for it.
  ///
  /// - Throws: `InvalidInput` for a task whose world cannot be made.
  init(measuring scenario: LoadedScenario) throws {
    let need = Self(scenario)
    // Fewer worlds than these cannot need too much memory; without measuring them the training begins sooner.
    guard need.worlds >= Self.worthMeasuring else {
      self = need
      return
    }
    self = need.measured(bytesPerWorld: try Self.bytesPerWorld(of: scenario.specification.forTraining))
  }

  private static let worthMeasuring = 16

  /// Resident bytes that a world adds, by the growth of the process over a few of them: their memory grows in steps of pages,
  /// and the first one includes what all share.
  static func bytesPerWorld(of task: any EnvironmentSpecification) throws -> Double {
    let count = 5
    var environments: [any Environment] = []
    var observation = [Float](repeating: 0, count: task.observationSpace.count)
    let action = task.restingAction ?? [Float](repeating: 0, count: task.actionSpace.count)
    var before = 0.0
    for index in 0..<count {
      if index == 1 { before = residentBytes }
      let environment = try task.makeEnvironment(seed: 0, purpose: .environment, index: index, detail: .lean)
      environments.append(environment)
      environment.prepareThread(for: "measuring a world of \(task.name)")
      var span = observation.mutableSpan
      environment.reset(into: &span)
      // ODE allocates memory for its steps during the first ones.
      for _ in 0..<4 where environment.ending == .running { _ = environment.step(action.span, into: &span) }
    }
    return withExtendedLifetime(environments) { max(0, residentBytes - before) / Double(count - 1) }
  }

  /// Bytes of this process that are in memory; 0 if the system does not report it.
  private static var residentBytes: Double {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
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
