import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("Damaged runs")
struct CheckpointDamageTests {
  /// A small run that was stopped between two evaluations, with all kinds of checkpoints.
  private final class Example {
    let scratch = TrainingRunTests.Scratch()
    let path: String

    init(_ name: String = "run", seed: UInt64 = 5, algorithm: String = "ddpg") throws {
      path = "\(scratch.path)/\(name)"
      let scenario = try LoadedScenario(
        contentsOf: "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml",
        overrides: [
          "training.algorithm=\(algorithm)", "training.stopsAtGoal=false", "evaluation.tuningEpisodes=2",
          "episodeSeconds=2", "\(algorithm).worlds=2", "\(algorithm).blockSize=1", "\(algorithm).hiddenSizes=[2]",
        ]
          + (algorithm == "ppo"
            ? [
              "ppo.valueHiddenSizes=[2]", "ppo.rolloutLength=32", "training.stepLimit=640",
              "training.evaluationInterval=128",
            ]
            : [
              "ddpg.criticHiddenSizes=[2]", "ddpg.stepLimit=640", "ddpg.evaluationInterval=128",
              "ddpg.reportInterval=64", "ddpg.warmupSteps=64", "ddpg.batchSize=8", "ddpg.memoryCapacity=1000",
            ]))
      _ = try TrainingRun(scenario, seed: seed, folder: path, threads: 1, instructionSet: .baseline, beginning: 0).run()
    }

    var folder: RunFolder { get throws { try RunFolder(contentsOf: path) } }
    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }
    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: URL(filePath: "\(path)/\(name)")) }
    func resume(from checkpoint: RunFolder.Checkpoint = .latest) throws -> TrainingRun {
      try TrainingRun(resuming: path, from: checkpoint, threads: 1, beginning: 0)
    }
    /// What is said where it is refused; `nil` where it is not.
    func refusal(_ which: RunFolder.Checkpoint = .latest, for use: SealedCheckpoint.Use = .training) throws -> String? {
      do {
        _ = try folder.open(which, for: use)
        return nil
      } catch let error as any PoiseError {
        return error.description
      }
    }
  }

  @Test("a flip of any byte of a checkpoint is found, and so is a cut at any length", arguments: ["ddpg", "ppo"])
  func everyByte(algorithm: String) throws {
    let run = try Example(algorithm: algorithm)
    for name in ["latest", "best"] {
      let good = try run.bytes("checkpoints/\(name).safetensors")
      var accepted: [Int] = []
      var random = RandomStream(seed: 8, purpose: .testing)
      let file = "\(run.scratch.path)/damaged"
      func isAccepted(_ bytes: [UInt8]) throws -> Bool {
        try Data(bytes).write(to: URL(filePath: file))
        return (try? SealedCheckpoint(contentsOf: file)) != nil
      }
      #expect(try isAccepted(good))
      for i in good.indices {
        var bytes = good
        bytes[i] ^= UInt8(1 + random.index(below: 255))
        if try isAccepted(bytes) { accepted.append(i) }
      }
      for length in good.indices where try isAccepted(Array(good[..<length])) { accepted.append(length) }
      #expect(try !isAccepted(good + [0]))
      #expect(accepted.isEmpty, "\(name), \(good.count) bytes: \(accepted)")
    }
  }

  /// Of each file that a checkpoint stands on, as many places as keep this short; `make torture` has them all.
  @Test("a flipped byte or a cut of any file that the checkpoint stands on is refused by the file's name")
  func everyFile() throws {
    let run = try Example()
    let files = [
      "run.json", "scenario.yaml", "model/pendulum.xml", "progress.csv", "timing.csv", "evaluations.csv",
      "events.out.tfevents.poise", "replay/0.slots",
    ]
    var random = RandomStream(seed: 9, purpose: .testing)
    #expect(try run.refusal() == nil)
    for name in files {
      let good = try run.bytes(name)
      for _ in 0..<20 {
        let place = random.index(below: good.count)
        var flipped = good
        flipped[place] ^= UInt8(1 + random.index(below: 255))
        for bytes in [flipped, Array(good[..<place])] {
          try run.write(bytes, name)
          // Of run.json a description that is none is refused before the checkpoint is looked at.
          let refusal: String?
          do { refusal = try run.refusal() } catch let error as any PoiseError { refusal = error.description }
          #expect(refusal?.contains("\(name): ") == true, "\(name) at \(place): \(refusal ?? "accepted")")
        }
      }
      try run.write(good, name)
    }
    #expect(try run.refusal() == nil)
  }

  @Test(
    "the checkpoint before a damaged one is offered by its command, and leads to the same bits",
    arguments: ["ddpg", "ppo"])
  func previous(algorithm: String) throws {
    let run = try Example(algorithm: algorithm)
    let wanted = try TrainingRunTests.results(run.path)
    var bytes = try run.bytes("checkpoints/latest.safetensors")
    bytes[bytes.count / 2] ^= 1
    try run.write(bytes, "checkpoints/latest.safetensors")
    let error = #expect(throws: InvalidInput.self) { try run.resume() }
    #expect(
      error?.description
        == "\(run.path)/checkpoints/latest.safetensors: found bytes that do not fit the SHA-256 in its own header; allowed the "
        + "file as it was saved. It is damaged. Another checkpoint is intact; resume from it with: poise train --resume \(run.path) "
        + "--checkpoint previous")
    #expect(
      try run.refusal(.latest, for: .policy)?.contains("Intact: --checkpoint best, --checkpoint previous.") == true)
    _ = try run.resume(from: .previous).run()
    TrainingRunTests.expectEqual(wanted, try TrainingRunTests.results(run.path), "from the checkpoint before")
    #expect(try run.refusal() == nil && run.refusal(.previous) == nil)
  }

  @Test("a run that went back and was killed at once goes on from there")
  func goingBack() throws {
    let run = try Example()
    let wanted = try TrainingRunTests.results(run.path)
    _ = try run.resume(from: .previous)
    _ = try run.resume().run()
    TrainingRunTests.expectEqual(wanted, try TrainingRunTests.results(run.path), "after going back twice")
  }

  @Test("where no checkpoint is whole, that is said")
  func noneWhole() throws {
    let run = try Example()
    for name in ["latest", "previous", "best"] { try run.write([1, 2, 3], "checkpoints/\(name).safetensors") }
    #expect(try run.refusal()?.hasSuffix("No other checkpoint of the run is intact.") == true)
  }

  @Test("checkpoints of another run are refused, also one of the same scenario and robot")
  func swapped() throws {
    let (one, other) = (try Example("one"), try Example("other", seed: 6))
    for name in ["latest", "best"] {
      try one.write(other.bytes("checkpoints/\(name).safetensors"), "checkpoints/\(name).safetensors")
      let refusal = try one.refusal(name == "best" ? .best : .latest, for: .policy)
      #expect(refusal?.contains("run.json: found other bytes") == true, "\(refusal ?? "accepted")")
      #expect(refusal?.contains("checkpoint is of another run") == true)
    }
    // A memory of another run does not go unnoticed either.
    let third = try Example("third")
    try third.write(other.bytes("replay/0.slots"), "replay/0.slots")
    #expect(try third.refusal()?.contains("replay/0.slots: found ") == true)
    #expect(try third.refusal(for: .policy) == nil)
  }

  @Test("a policy alone, put in the place of the last checkpoint, is refused, and the one before is offered")
  func policyAlone() throws {
    let run = try Example()
    try run.write(run.bytes("checkpoints/best.safetensors"), "checkpoints/latest.safetensors")
    let refusal = try run.refusal() ?? "accepted"
    #expect(refusal.contains("latest.safetensors: found a policy alone") && refusal.contains("--checkpoint previous"))
    #expect(try run.refusal(for: .policy) == nil)
  }

  @Test("a last checkpoint that is a symbolic link is gone on from, and the one before it is whole afterwards")
  func link() throws {
    let run = try Example()
    let latest = try run.folder.checkpointPath(.latest)
    try FileManager.default.removeItem(atPath: latest)
    try FileManager.default.createSymbolicLink(atPath: latest, withDestinationPath: "previous.safetensors")
    _ = try run.resume().run()
    for which in [RunFolder.Checkpoint.latest, .previous] { #expect(try run.refusal(which) == nil, "\(which)") }
  }

  @Test("a missing checkpoint is refused where there has been one, and a run that was killed before the first begins")
  func missing() throws {
    let run = try Example()
    let wanted = try TrainingRunTests.results(run.path)
    try FileManager.default.removeItem(atPath: "\(run.path)/checkpoints/latest.safetensors")
    #expect(try run.refusal()?.contains("--checkpoint previous") == true)
    for name in ["previous", "best"] {
      try FileManager.default.removeItem(atPath: "\(run.path)/checkpoints/\(name).safetensors")
    }
    let error = #expect(throws: InputOutputError.self) { try run.resume() }
    #expect(error?.description.contains("latest.safetensors: cannot read") == true)
    // As it is left by a process that had made the folder and no more.
    for name in ["progress.csv", "timing.csv", "evaluations.csv", "events.out.tfevents.poise"] {
      try FileManager.default.removeItem(atPath: "\(run.path)/\(name)")
    }
    try FileManager.default.removeItem(atPath: "\(run.path)/replay")
    _ = try run.resume().run()
    TrainingRunTests.expectEqual(wanted, try TrainingRunTests.results(run.path), "from the beginning")
  }

  @Test("checkpoints and runs of an older or a newer version are refused by the version's number")
  func versions() throws {
    let run = try Example()
    let name = "checkpoints/latest.safetensors"
    let good = try SafetensorsFile(contentsOf: "\(run.path)/\(name)")
    for format in ["poise-checkpoint-1", "poise-checkpoint-3"] {
      var other = good
      other.metadata["format"] = format
      try run.write(other.sealed(), name)
      #expect(
        try run.refusal()?.contains(
          "format: found \(format); allowed poise-checkpoint-2, which this Poise writes. Another version of Poise wrote it"
        )
          == true)
      // Version 1 had no digest.
      other.metadata["sha256"] = nil
      try run.write([UInt8](other.serialized()), name)
      #expect(try run.refusal()?.contains("format: found \(format)") == true)
    }
    var unsealed = good
    unsealed.metadata["sha256"] = nil
    try run.write([UInt8](unsealed.serialized()), name)
    #expect(try run.refusal()?.contains("sha256: found none") == true)

    let description = String(decoding: try run.bytes("run.json"), as: UTF8.self)
    for rubbish in ["", "{}", "[1]", description.replacing("\"seed\"", with: "\"sede\"")] {
      try run.write(Array(rubbish.utf8), "run.json")
      let error = #expect(throws: InvalidInput.self) { try run.folder }
      #expect(
        error?.description.hasSuffix(
          "run.json: found no description of a run; allowed what 'poise train' writes. It is damaged.") == true)
    }
    for version in [1, 3] {
      try run.write(
        Array(description.replacing("\"formatVersion\" : 2", with: "\"formatVersion\" : \(version)").utf8), "run.json")
      let error = #expect(throws: InvalidInput.self) { try run.folder }
      #expect(
        error?.description.contains(
          "run.json: formatVersion: found \(version), written by Poise \(PoiseVersion.current); allowed 2") == true)
    }
  }

  @Test("a sealed checkpoint with worlds of another shape is refused, not restored")
  func shapes() throws {
    let run = try Example()
    let name = "checkpoints/latest.safetensors"
    let good = try SafetensorsFile(contentsOf: "\(run.path)/\(name)")
    let memory = String(decoding: try #require(good.tensors["trainer.memory"]).bytes, as: UTF8.self)
    for (place, change) in [
      ("\"bodies\":[", "\"bodies\":[0,"), ("\"efforts\":[", "\"efforts\":[0,"), ("\"isIdle\":[", "\"isIdle\":[true,"),
      ("\"rewardSums\":[", "\"rewardSums\":[0,"), ("\"delaySteps\":0", "\"delaySteps\":99"),
      ("\"massScales\":[", "\"massScales\":[1,"), ("\"disturbanceMemory\":[", "\"disturbanceMemory\":[[],"),
      ("\"newest\":[", "\"newest\":[0,"), ("\"shape\":[", "\"shape\":[0,"),
    ] {
      #expect(memory.contains(place), "\(place)")
      var file = good
      let bytes = Data(memory.replacing(place, with: change).utf8)
      file.tensors["trainer.memory"] = Tensor(elementType: .uint8, shape: [bytes.count], bytes: bytes)
      try run.write(file.sealed(), name)
      let error = #expect(throws: InvalidInput.self, "\(change)") { try run.resume() }
      #expect(error?.description.contains("tensor 'trainer.memory'") == true, "\(change): \(error?.description ?? "")")
    }
  }

  @Test("a sealed checkpoint whose run counts to the edge of the integers, or below zero, is refused")
  func counts() throws {
    let run = try Example(algorithm: "ppo")
    let name = "checkpoints/latest.safetensors"
    let good = try SafetensorsFile(contentsOf: "\(run.path)/\(name)")
    let state = String(decoding: try #require(good.tensors["run.state"]).bytes, as: UTF8.self)
    for key in ["iteration", "nextEvaluation", "faults", "goalsInARow", "evaluatedSteps"] {
      for count in [Int.max, .min] {
        let changed = state.replacing(try Regex("\"\(key)\":-?[0-9]+"), with: "\"\(key)\":\(count)")
        #expect(changed != state, "\(key)")
        var file = good
        let bytes = Data(changed.utf8)
        file.tensors["run.state"] = Tensor(elementType: .uint8, shape: [bytes.count], bytes: bytes)
        try run.write(file.sealed(), name)
        let error = #expect(throws: InvalidInput.self, "\(key) \(count)") { try run.resume() }
        #expect(error?.description.contains("tensor 'run.state'") == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test("the policy of a run that trains can be read at any moment, whole")
  func reading() throws {
    let scratch = TrainingRunTests.Scratch()
    let path = "\(scratch.path)/run"
    let run = try TrainingRunTests.begin(path)
    var digests: Set<String> = []
    _ = try run.run(tell: { event in
      guard case .evaluation = event else { return }
      digests.insert(try TrainedRun(path).checkpointDigest)
      for checkpoint in RunFolder.Checkpoint.allCases {
        #expect(try TrainedRun(path, checkpoint: checkpoint).policy.actionCount == 1)
      }
    })
    #expect(digests.count > 1)
  }
}
