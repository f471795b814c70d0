import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTasks
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("A checkpoint whose tensors are rubbish")
struct CheckpointFuzzTests {
  private static let vocabulary = Mutator.Vocabulary(
    pieces: ["{", "}", "[", "]", "\"", ":", ",", "null", "[]", "{}", "-", "e", "1e308", "[[[[", "0,", ",0"],
    values: Mutator.Vocabulary.edges + ["[]", "{}", "[0]", "1e308", "-1e300"],
    plausibleValues: ["0", "1", "2", "3", "0.5", "-1", "1e3", "true", "false", "null"], valueStarts: ":,[",
    valueEnds: ",]}", valueShare: 14)

  private static func trainer(_ scenario: LoadedScenario) throws -> any Trainer {
    let pool = WorkerPool(threadCount: 1)
    return try scenario.makeTrainer(seed: 1, instructionSet: .baseline, pool: pool)
  }

  /// A scenario, and what a checkpoint of its training holds after a few iterations: the tensors, and the names of those that are JSON.
  private static func example(_ algorithm: String) throws -> (LoadedScenario, [String: Tensor], json: [String]) {
    let scenario =
      algorithm == "ppo"
      ? try TrainingRunTests.scenario(["ppo.worlds=2", "ppo.rolloutLength=8", "ppo.minibatchSize=16"])
      : try OffPolicyRunTests.scenario("ddpg", memoryCapacity: 100)
    let trained = try Self.trainer(scenario)
    for _ in 0..<3 { _ = trained.iterate(stepLimit: 1_000) }
    let tensors = try trained.tensors()
    return (scenario, tensors, tensors.keys.sorted().filter { tensors[$0]?.elementType == .uint8 })
  }

  /// Reads a checkpoint's tensors and trains on them.
  ///
  /// - Returns: whether they were taken.
  private static func isTaken(
    _ tensors: [String: Tensor], _ scenario: LoadedScenario, _ comment: @autoclosure () -> Comment
  ) throws -> Bool {
    let trainer = try Self.trainer(scenario)
    do {
      try trainer.read(tensors, file: "rubbish")
    } catch let error as InvalidInput {
      #expect(error.problems.allSatisfy { !$0.found.isEmpty && !$0.allowed.isEmpty }, comment())
      return false
    }
    _ = trainer.iterate(stepLimit: 1_000_000)
    return true
  }

  /// Where whole numbers stand in JSON: of each name the first three.
  private static func wholeNumbers(of json: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var counts: [ArraySlice<UInt8>: Int] = [:]
    var name: ArraySlice<UInt8> = []
    var position = 0
    while position < json.count {
      let start = position
      position += 1
      if json[start] == UInt8(ascii: "\"") {
        while json[position] != UInt8(ascii: "\"") { position += json[position] == UInt8(ascii: "\\") ? 2 : 1 }
        position += 1
        if position < json.count, json[position] == UInt8(ascii: ":") { name = json[start..<position] }
      } else if "-0123456789".utf8.contains(json[start]) {
        while position < json.count, "+-.eE0123456789".utf8.contains(json[position]) { position += 1 }
        let isWhole = !json[start..<position].contains { ".eE".utf8.contains($0) }
        guard isWhole, counts[name, default: 0] < 3 else { continue }
        counts[name, default: 0] += 1
        found.append(start..<position)
      }
    }
    return found
  }

  @Test(
    "that count to the edge of the integers are refused with a message, or trained on without a trap",
    arguments: ["ppo", "ddpg"])
  func edges(algorithm: String) throws {
    let (scenario, whole, names) = try Self.example(algorithm)
    var refused = 0
    for name in names where name != "replay.tail" {
      let json = [UInt8](whole[name]?.bytes ?? Data())
      for place in Self.wholeNumbers(of: json) {
        for edge in ["9223372036854775807", "-9223372036854775808"] {
          var bytes = json
          bytes.replaceSubrange(place, with: edge.utf8)
          var tensors = whole
          tensors[name] = Tensor(elementType: .uint8, shape: [bytes.count], bytes: Data(bytes))
          if try !Self.isTaken(tensors, scenario, "\(edge) at \(place) of \(name)") { refused += 1 }
        }
      }
    }
    #expect(refused > 20, "\(refused)")
  }

  /// JSON and numbers alike; what is taken is trained on.
  @Test("is refused with a message, or trained on without a trap", arguments: ["ppo", "ddpg"])
  func rubbish(algorithm: String) throws {
    let (scenario, whole, names) = try Self.example(algorithm)
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
      if try Self.isTaken(tensors, scenario, "mutation \(index)") { taken += 1 }
    }
    #expect(taken > trial.count / 50 && taken < trial.count, "\(taken) of \(trial.count) were taken")
    #expect(trial.slowest < .seconds(60))
  }
}
