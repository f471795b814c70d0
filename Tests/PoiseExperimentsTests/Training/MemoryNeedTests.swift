import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("The memory that a training takes")
struct MemoryNeedTests {
  private static func scenario(_ name: String, _ overrides: [String]) throws -> LoadedScenario {
    try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: overrides)
  }

  @Test(
    "is refused before anything is made where it is more than there is, by the setting that takes the most",
    arguments: [
      ("ppo", "ppo.worlds=65536", "ppo.worlds"), ("ppo", "ppo.rolloutLength=1000000", "ppo.rolloutLength"),
      ("ppo", "ppo.hiddenSizes=[65536, 65536]", "ppo.hiddenSizes"),
      ("ppo", "ppo.valueHiddenSizes=[65536, 65536]", "ppo.valueHiddenSizes"),
      ("ddpg", "ddpg.memoryCapacity=1000000000", "ddpg.memoryCapacity"),
      ("ddpg", "ddpg.hiddenSizes=[65536, 65536]", "ddpg.hiddenSizes"),
      ("td3", "td3.criticHiddenSizes=[65536, 65536]", "td3.criticHiddenSizes"),
      ("td3", "td3.memoryCapacity=1000000000", "td3.memoryCapacity"),
      ("td3", "td3.worlds=65536", "td3.worlds"),
    ])
  func refused(algorithm: String, setting: String, key: String) throws {
    var overrides = ["training.algorithm=\(algorithm)", setting]
    // So that it is this setting which takes the most.
    if key == "td3.worlds" { overrides.append("td3.memoryCapacity=300000") }
    if key == "ppo.worlds" { overrides.append("ppo.rolloutLength=8") }
    let scenario = try Self.scenario("humanoid-stand", overrides)
    let error = #expect(throws: InvalidInput.self) { try MemoryNeed(scenario).check(of: scenario, limit: 2e9) }
    #expect(error?.problems.first?.place == key && error?.problems.first?.allowed.contains("2 GB") == true)
    #expect(error?.description.contains("--set \(setting)") == true, "\(error?.description ?? "")")
  }

  @Test(
    "of every scenario that ships fits into half a gigabyte",
    arguments: ShippedScenarioTests.robots,
    ["ppo", "ddpg", "td3"])
  func shipped(path: String, algorithm: String) throws {
    let scenario = try LoadedScenario(contentsOf: path, overrides: ["training.algorithm=\(algorithm)"])
    #expect(MemoryNeed(scenario).bytes < 512e6, "\(MemoryNeed(scenario).parts)")
  }

  @Test("is that of the arrays which it counts: a replay buffer's to the byte")
  func replay() throws {
    let scenario = try Self.scenario("pendulum-swingup", ["training.algorithm=ddpg", "ddpg.memoryCapacity=123456"])
    let trainer = try scenario.makeTrainer(
      seed: 1, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    let part = MemoryNeed(scenario).parts.first { $0.key == "ddpg.memoryCapacity" }
    let bytes = try #require(trainer as? OffPolicyTrainer<DDPG>).bytesPerTransition
    #expect(part?.bytes == Double(123_456 * bytes))
  }

  @Test("of a minibatch is that of a rollout at the most, and the bits are those of one minibatch of that size")
  func minibatch() throws {
    func trained(_ size: Int) throws -> any Trainer {
      let trainer = try TrainingRunTests.scenario(["ppo.minibatchSize=\(size)"]).makeTrainer(
        seed: 5, instructionSet: .baseline,
        pool: WorkerPool(threadCount: 1))
      for _ in 0..<3 { _ = trainer.iterate(stepLimit: 5120) }
      return trainer
    }
    #expect(try trained(10_000_000).policy.parameters.hasSameBits(as: trained(256).policy.parameters))
  }
}
