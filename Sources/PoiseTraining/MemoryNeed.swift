import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseScenarios
import PoiseEnvironments

/// What a training takes at the least, by the settings that it follows from. Asked before anything is made: the system kills a process
/// that takes more than there is, and others with it.
///
/// Only what grows with a setting and lasts is counted, so a training that fits may need somewhat more than this.
struct MemoryNeed {
  /// A key of the scenario, and the bytes that follow from it. As floating-point numbers, which do not overflow.
  private(set) var parts: [(key: String, bytes: Double)] = []

  var bytes: Double { parts.reduce(0) { $0 + $1.bytes } }

  private static let bytesPerNumber = 4.0
  /// A pendulum's takes 80 kB, most of it in ODE.
  private static let bytesPerWorld = 64e3

  init(_ scenario: LoadedScenario) {
    let observations = scenario.specification.observationSpace.count
    let actions = scenario.specification.actionSpace.count
    switch scenario.settings.training.algorithm {
    case .ppo:
      let ppo = scenario.settings.ppo
      add("ppo.worlds", Double(ppo.worlds) * Self.bytesPerWorld)
      // Observations are in the segments, for cut episodes beside them, and in the batch, with smoothness twice; samples and means
      // in segments and batch.
      let numbers = (ppo.isSmoothed ? 4 : 3) * observations + 4 * actions + 10
      add("ppo.rolloutLength", Double(ppo.rolloutSize) * Double(numbers) * Self.bytesPerNumber)
      addNetwork(
        "ppo.hiddenSizes", from: observations, through: ppo.hiddenSizes, to: actions, shards: ppo.shards,
        rows: min(ppo.minibatchSize, ppo.rolloutSize) * (ppo.isSmoothed ? 2 : 1))
      addNetwork(
        "ppo.valueHiddenSizes", from: observations, through: ppo.valueHiddenSizes, to: 1, shards: ppo.shards,
        rows: min(ppo.minibatchSize, ppo.rolloutSize))
    case .ddpg, .td3:
      let name = scenario.settings.training.algorithm.rawValue
      let settings = scenario.settings.offPolicy ?? scenario.settings.ddpg
      add("\(name).worlds", Double(settings.worlds) * Self.bytesPerWorld)
      // Observation, action, reward, link.
      add(
        "\(name).memoryCapacity",
        Double(settings.memoryCapacity) * Double(observations + actions + 2) * Self.bytesPerNumber)
      addNetwork(
        "\(name).hiddenSizes", from: observations, through: settings.hiddenSizes, to: actions, shards: settings.shards,
        rows: settings.batchSize)
      addNetwork(
        "\(name).criticHiddenSizes", from: observations + actions, through: settings.criticHiddenSizes, to: 1,
        shards: settings.shards, rows: settings.batchSize, copies: settings.usesTwinCritics ? 2 : 1)
    }
  }

  private mutating func add(_ key: String, _ bytes: Double) { parts.append((key, bytes)) }

  /// Weights, Adam's two moments and the gradients, those of each shard too; for each row what the hidden layers gave.
  private mutating func addNetwork(
    _ key: String, from inputs: Int, through hidden: [Int], to outputs: Int, shards: Int, rows: Int, copies: Int = 1
  ) {
    let sizes = ([inputs] + hidden + [outputs]).map(Double.init)
    let weights = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    let activations = Double(rows) * hidden.reduce(0) { $0 + Double($1) }
    add(key, Double(copies) * (weights * Double(4 + shards) + activations) * Self.bytesPerNumber)
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
