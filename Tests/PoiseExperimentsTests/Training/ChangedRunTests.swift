import Foundation
import PoiseCore
import PoiseScenarios
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("Runs that go on past their end, with other settings")
struct ChangedRunTests {
  private typealias Scratch = TrainingRunTests.Scratch

  private static func resume(
    _ path: String, _ changes: [String], from checkpoint: RunFolder.Checkpoint = .latest, threads: Int = 1
  ) throws -> TrainingRun {
    try TrainingRun(resuming: path, from: checkpoint, changing: changes, threads: threads, beginning: 0)
  }

  private static let further = ["training.stepLimit=7680", "ppo.learningRate.initial=2e-4", "ppo.clipRange=0.1"]

  @Test(
    "the same run, changed at the same step in the same way, gives the same bits, on any threads and through an interruption"
  )
  func bits() throws {
    let scratch = Scratch()
    for (name, threads) in [("a", 1), ("b", 2)] {
      _ = try TrainingRunTests.begin("\(scratch.path)/\(name)").run()
      #expect(try Self.resume("\(scratch.path)/\(name)", Self.further, threads: threads).run() == .stepLimitReached)
    }
    _ = try TrainingRunTests.begin("\(scratch.path)/c").run()
    // Its lock is free again once it is gone.
    func pause() throws {
      let stopped = try Self.resume("\(scratch.path)/c", Self.further)
      stopped.pauseSteps = 6000
      #expect(try stopped.run() == .paused)
    }
    try pause()
    // Without naming the changes again.
    _ = try TrainingRunTests.resume("\(scratch.path)/c").run()
    let first = try TrainingRunTests.results("\(scratch.path)/a")
    TrainingRunTests.expectEqual(first, try TrainingRunTests.results("\(scratch.path)/b"), "threads")
    TrainingRunTests.expectEqual(first, try TrainingRunTests.results("\(scratch.path)/c"), "interrupted")
    #expect(try RunFolder(contentsOf: "\(scratch.path)/c").changes().map(\.environmentSteps) == [5120])
  }

  @Test(
    "a change that makes no difference but the limit goes on to the bits of a run that had that limit, where no schedule looks at it"
  )
  func limitAlone() throws {
    let scratch = Scratch()
    _ = try TrainingRunTests.begin("\(scratch.path)/short").run()
    _ = try Self.resume("\(scratch.path)/short", ["training.stepLimit=7680"]).run()
    _ = try TrainingRunTests.begin("\(scratch.path)/long", ["training.stepLimit=7680"]).run()
    func progress(_ run: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(scratch.path)/\(run)/progress.csv"))
    }
    #expect(try progress("short") == progress("long"))
  }

  @Test(
    "the checkpoints of before stay whole; going back to previous forgets the change; a change that no checkpoint knows is none"
  )
  func forgets() throws {
    let scratch = Scratch()
    let path = "\(scratch.path)/run"
    _ = try TrainingRunTests.begin(path).run()
    // The process is killed right after it has saved.
    _ = try Self.resume(path, Self.further)
    let folder = try RunFolder(contentsOf: path)
    #expect(try folder.changes().count == 1 && folder.loadScenario().settings.stepLimit == 7680)
    _ = try TrainedRun(path)
    _ = try TrainedRun(path, checkpoint: .previous)
    _ = try Self.resume(path, [], from: .previous)
    #expect(try folder.changes().isEmpty && folder.loadScenario().settings.stepLimit == 5120)

    let line = try RunChange(environmentSteps: 5120, set: ["training.stepLimit=9000"]).line()
    try line.write(toFile: "\(path)/\(RunChange.fileName)", atomically: true, encoding: .utf8)
    #expect(try TrainingRunTests.resume(path).stepLimit == 5120)
    try "rubbish\n".write(toFile: "\(path)/\(RunChange.fileName)", atomically: true, encoding: .utf8)
    #expect(throws: InvalidInput.self) { try folder.changes() }
  }

  @Test("what a run is made of cannot be changed, and every such key is told")
  func refused() throws {
    let scratch = Scratch()
    let path = "\(scratch.path)/run"
    _ = try TrainingRunTests.begin(path).run()
    let before = try TrainingRunTests.results(path)
    let error = #expect(throws: InvalidInput.self) {
      try Self.resume(
        path,
        [
          "training.stepLimit=9000", "ppo.hiddenSizes=[8]", "ppo.worlds=2", "episodeSeconds=3",
          "training.algorithm=ddpg",
          "evaluation.tuningSeed=4", "ddpg.actorLearningRate=1",
        ])
    }
    #expect(error?.problems.count == 6, "\(error?.description ?? "")")
    let unknown = #expect(throws: InvalidInput.self) {
      try Self.resume(path, ["training.stepLimit=9000", "ppo.clipRange=7"])
    }
    #expect(unknown?.description.contains("--set ppo.clipRange=7") ?? false)
    TrainingRunTests.expectEqual(before, try TrainingRunTests.results(path), "untouched")
  }
}
