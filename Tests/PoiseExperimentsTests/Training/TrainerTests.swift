import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTraining
import Testing

@Suite("The trainer of learners by policy gradients")
struct OnPolicyTrainerTests {
  /// Rollouts of 8 × 32 steps on the small pendulum.
  private static func trainer(_ more: [String]) throws -> OnPolicyTrainer<PPO> {
    let trainer = try TrainingRunTests.scenario(more).makeTrainer(
      seed: 5, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    return try #require(trainer as? OnPolicyTrainer<PPO>)
  }

  @Test("the learning rate falls with the share of the steps that were made before a rollout")
  func schedule() throws {
    let trainer = try Self.trainer([
      "ppo.learningRate.schedule=linear", "ppo.learningRate.initial=1e-3", "ppo.normalizesObservations=false",
    ])
    for k in 0..<4 {
      let rate = try #require(trainer.iterate(stepLimit: 1024)["learning_rate"])
      #expect(abs(rate - 1e-3 * (1 - Double(k) / 4)) < 1e-12, "rollout \(k)")
    }
  }

  @Test(
    "scaled rewards have no unit: what the value function learns is the same whatever the weights are multiplied by")
  func rewardScale() throws {
    func returns(_ weight: Int, isScaled: Bool) throws -> [Float] {
      let trainer = try Self.trainer([
        "rewards.alive.weight=\(weight)", "rewards.tilt.weight=\(weight)", "ppo.scalesRewards=\(isScaled)",
        "ppo.normalizesObservations=false",
      ])
      let report = trainer.iterate(stepLimit: 5120)
      #expect((report["reward_scale"] == 1) != isScaled)
      return Array(trainer.learner.batch.returns[..<trainer.learner.batch.count])
    }
    let (plain, heavy) = (try returns(1, isScaled: true), try returns(1024, isScaled: true))
    let size = plain.map(abs).max() ?? 0
    #expect(plain.count == 256 && size > 0.1)
    #expect(zip(plain, heavy).allSatisfy { abs($0 - $1) < 1e-4 * size })
    let (unscaled, unscaledHeavy) = (try returns(1, isScaled: false), try returns(1024, isScaled: false))
    #expect((unscaledHeavy.map(abs).max() ?? 0) > 100 * (unscaled.map(abs).max() ?? 0))
  }

  @Test("the first rollout serves the normaliser alone; from then on each adds its observations, and the policy learns")
  func normalizer() throws {
    let trainer = try Self.trainer(["ppo.normalizesObservations=true"])
    let start = trainer.learner.model.parameters
    for k in 1...4 {
      let before = trainer.learner.model.normalizer
      _ = trainer.iterate(stepLimit: 5120)
      let normalizer = try #require(trainer.learner.model.normalizer)
      #expect(normalizer.count == Double(256 * k) && normalizer.means != before?.means)
      #expect(trainer.learner.model.parameters.hasSameBits(as: start) == (k == 1))
    }
  }
}

@Suite("The trainer of off-policy learners")
struct OffPolicyTrainerTests {
  private static func trainer(_ more: [String]) throws -> any Trainer {
    let scenario = try OffPolicyRunTests.scenario("ddpg", memoryCapacity: 5000, more)
    return try scenario.makeTrainer(seed: 5, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
  }

  @Test("the normaliser sees every observation on which a world acted")
  func normalizer() throws {
    let made = try Self.trainer([])
    let trainer = try #require(made as? OffPolicyTrainer<DDPG>)
    for _ in 0..<3 {
      let before = trainer.learner.model.normalizer?.means
      _ = trainer.iterate(stepLimit: 3600)
      let normalizer = try #require(trainer.learner.model.normalizer)
      #expect(normalizer.count == Double(trainer.environmentSteps) && normalizer.means != before)
    }
  }

  /// The exploration noise of all worlds, as a checkpoint has it.
  private struct Memory: Decodable {
    struct Shard: Decodable { var noise: Noise }
    struct Noise: Decodable { var values: [Float] }
    var shards: [Shard]
  }

  @Test("correlated noise ends with the episode of its world, and with no other")
  func noise() throws {
    /// The noise after the first report past the warm-up.
    func noise(_ more: [String]) throws -> [Float] {
      let trainer = try Self.trainer(more)
      for _ in 0..<2 { _ = trainer.iterate(stepLimit: 3600) }
      let memory: Memory = try Tensor.decode("trainer.memory", in: trainer.tensors(), file: "test")
      return memory.shards.flatMap(\.noise.values)
    }
    // Every control step is an episode, so each step ends with a world that is about to begin.
    let short = try noise(["episodeSeconds=0.05", "randomFirstEpisodeLength=false"])
    #expect(short == [0, 0, 0, 0, 0, 0])
    let long = try noise([])
    #expect(long.count == 6 && long.filter { $0 != 0 }.count >= 4)
  }
}
