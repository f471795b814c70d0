import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseNetworks
import TestSupport
import Testing

@testable import PoiseExperiments

@Suite("A checkpoint whose tensors are rubbish")
struct CheckpointFuzzTests {
  private static let vocabulary = Mutator.Vocabulary(
    pieces: ["{", "}", "[", "]", "\"", ":", ",", "null", "[]", "{}", "-", "e", "1e308", "[[[[", "0,", ",0"],
    values: Mutator.Vocabulary.edges + ["[]", "{}", "[0]", "1e308", "-1e300"],
    plausibleValues: ["0", "1", "2", "3", "0.5", "-1", "1e3", "true", "false", "null"], valueStarts: ":,[",
    valueEnds: ",]}", valueShare: 14)

  private static func trainer(_ scenario: LoadedScenario) throws -> any Trainer {
    let pool = WorkerPool(threadCount: 1)
    return switch scenario.scenario.training.algorithm {
    case .ppo: try PPOTrainer(scenario, seed: 1, instructionSet: .baseline, pool: pool)
    case .ddpg, .td3: try OffPolicyTrainer(scenario, seed: 1, instructionSet: .baseline, pool: pool)
    }
  }

  /// JSON and numbers alike; what is taken is trained on.
  @Test("is refused with a message, or trained on without a trap", arguments: ["ppo", "ddpg"])
  func rubbish(algorithm: String) throws {
    let scenario =
      algorithm == "ppo"
      ? try TrainingRunTests.scenario(["ppo.worlds=2", "ppo.rolloutLength=8", "ppo.minibatchSize=16"])
      : try OffPolicyRunTests.scenario("ddpg", memoryCapacity: 100)
    let trained = try Self.trainer(scenario)
    for _ in 0..<3 { _ = trained.iterate(stepLimit: 1_000) }
    let whole = try trained.tensors()
    let names = whole.keys.sorted().filter { whole[$0]?.elementType == .uint8 }
    #expect(names.count >= 2)
    var mutator = Mutator(
      Self.vocabulary, corpus: names.map { [UInt8](whole[$0]?.bytes ?? Data()) }, random: Torture.random(30))
    var taken = 0
    let trial = try Torture.trial(
      "checkpoint-\(algorithm)", count: 150,
      inputs: { mutator.mutated([UInt8](whole[names[$0 % names.count]]?.bytes ?? Data())) }
    ) { index, bytes in
      var tensors = whole
      tensors[names[index % names.count]] = Tensor(elementType: .uint8, shape: [bytes.count], bytes: Data(bytes))
      // And now and then a weight.
      if index.isMultiple(of: 5), let weights = tensors.keys.sorted().first(where: { tensors[$0]?.floats != nil }),
        var values = tensors[weights]?.floats, let shape = tensors[weights]?.shape
      {
        values[mutator.random.index(below: values.count)] = Float(mutator.random.normal() * 1e30)
        tensors[weights] = Tensor(values, shape: shape)
      }
      let trainer = try Self.trainer(scenario)
      do {
        try trainer.read(tensors, file: "rubbish")
        taken += 1
        _ = trainer.iterate(stepLimit: 1_000_000)
      } catch let error as InvalidInput {
        #expect(error.problems.allSatisfy { !$0.found.isEmpty && !$0.allowed.isEmpty }, "mutation \(index)")
      }
    }
    #expect(taken > trial.count / 50 && taken < trial.count, "\(taken) of \(trial.count) were taken")
    #expect(trial.slowest < .seconds(60))
  }
}
