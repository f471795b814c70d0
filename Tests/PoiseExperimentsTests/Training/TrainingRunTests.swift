import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTraining
import Synchronization
import TestSupport
import Testing
import PoiseControl

@Suite("Training runs")
struct TrainingRunTests {
  /// A folder of its own that vanishes with this value.
  final class Scratch {
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-runs-\(UUID().uuidString)").path
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Pendulum balance in small: 20 iterations of 256 steps, an evaluation every fourth.
  static func scenario(_ more: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml",
      overrides: [
        "ppo.worlds=8", "ppo.blockSize=2", "ppo.rolloutLength=32", "ppo.minibatchSize=64", "ppo.epochs=4",
        "ppo.learningRate.schedule=adaptive", "ppo.learningRate.initial=1e-3", "ppo.mirrorSymmetry=null",
        "ppo.scalesRewards=true", "training.stepLimit=5120",
        "training.evaluationInterval=1024", "training.stopsAtGoal=false", "evaluation.tuningEpisodes=6",
      ] + more)
  }

  /// Evaluations that end as soon as one of two episodes more has fallen.
  static let judgedInParts = ["training.stopsAtGoal=true", "goal.survivalRate=1", "evaluation.partEpisodes=2"]

  /// Rows of three rollouts, or up to an evaluation, so that most checkpoints stand in the middle of one.
  static let reportedRarely = ["ppo.reportInterval=700"]

  static func begin(_ path: String, threads: Int = 1, seed: UInt64 = 5, _ more: [String] = []) throws -> TrainingRun {
    try TrainingRun(
      scenario(more), seed: seed, folder: path, threads: threads, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
  }

  static func resume(_ path: String, threads: Int = 1) throws -> TrainingRun {
    try TrainingRun(resuming: path, threads: threads, beginning: DispatchTime.now().uptimeNanoseconds)
  }

  /// Everything of a finished run that must not depend on threads, clocks or interruptions.
  static func results(_ path: String) throws -> [String: Data] {
    var results: [String: Data] = [:]
    for name in ["progress.csv", "evaluations.csv", "scenario.yaml", "checkpoints/best.safetensors"] {
      results[name] = try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
    }
    let latest = try SafetensorsFile(contentsOf: "\(path)/checkpoints/latest.safetensors")
    for (name, tensor) in latest.tensors where name != "run.state" { results["latest \(name)"] = tensor.bytes }
    return results
  }

  static func expectEqual(_ a: [String: Data], _ b: [String: Data], _ what: Comment) {
    #expect(a.keys.sorted() == b.keys.sorted(), what)
    for name in a.keys.sorted() { #expect(a[name] == b[name], "\(what): \(name)") }
  }

  @Test("a goal is confirmed on tuning episodes that no other evaluation has seen, the same ones after an interruption")
  func confirmation() throws {
    let scratch = Self.Scratch()
    /// The root seed of each evaluation, and whether it met the goal.
    func evaluations(_ run: TrainingRun) throws -> [(seed: UInt64, meetsGoal: Bool)] {
      var all: [(UInt64, Bool)] = []
      _ = try run.run(tell: {
        if case .evaluation(let result, _, _, let meetsGoal) = $0 { all.append((result.seed, meetsGoal)) }
      })
      return all
    }
    // Every policy meets this goal.
    let goal = ["training.stopsAtGoal=true", "goal={meanReturn: -1e9}"]
    let whole = try evaluations(Self.begin("\(scratch.path)/whole", goal))
    #expect(whole.map(\.meetsGoal) == [true, true])
    #expect(whole[0].seed == 2_000_000 && whole[1].seed != 2_000_000 && whole[1].seed != 1_000_000)
    let halted = try Self.begin("\(scratch.path)/halted", goal)
    halted.pauseSteps = 1024
    let first = try evaluations(halted)
    #expect(first.map(\.seed) == [2_000_000])
    // The lock goes with the run.
    let path = halted.folder.path
    _ = consume halted
    let rest = try evaluations(Self.resume(path))
    #expect(rest.map(\.seed) == [whole[1].seed])
    // Without an end at the goal there is nothing to confirm: evaluations stay comparable.
    let endless = try evaluations(Self.begin("\(scratch.path)/endless", ["goal={meanReturn: -1e9}"]))
    #expect(endless.count == 5 && endless.allSatisfy { $0.seed == 2_000_000 && $0.meetsGoal })
  }

  @Test(
    "the same bits for 1, 2 and 4 threads, and others for another seed", arguments: [[], judgedInParts, reportedRarely])
  func threads(_ more: [String]) throws {
    let scratch = Scratch()
    for threads in [1, 2, 4] { _ = try Self.begin("\(scratch.path)/\(threads)", threads: threads, more).run() }
    let one = try Self.results("\(scratch.path)/1")
    Self.expectEqual(one, try Self.results("\(scratch.path)/2"), "2 threads")
    Self.expectEqual(one, try Self.results("\(scratch.path)/4"), "4 threads")
    _ = try Self.begin("\(scratch.path)/other", seed: 6, more).run()
    #expect(try Self.results("\(scratch.path)/other")["progress.csv"] != one["progress.csv"])
  }

  /// A signal that comes after it was asked for so many times: about 150 of them are an iteration here, up to 1200 an evaluation.
  static func stop(after count: Int) -> @Sendable () -> Int32 {
    let calls = Counter()
    return { calls.next() > count ? SIGINT : 0 }
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
  }

  @Test("an iteration that was stopped, wherever that was, and begun again is the one that nobody stopped")
  func stoppedIterations() throws {
    let pool = WorkerPool(threadCount: 2)
    func trainer() throws -> any Trainer {
      try Self.scenario().makeTrainer(
        seed: 5, instructionSet: .baseline, pool: pool)
    }
    let (whole, stopped) = (try trainer(), try trainer())
    var random = RandomStream(seed: 3, purpose: .testing)
    var stops = 0
    for _ in 0..<6 {
      for _ in 0..<3 {
        let signal = Self.stop(after: random.index(below: 150))
        let before = try stopped.tensors()
        guard stopped.iterate(stepLimit: 5120, reportBy: 5120, isStopped: { signal() != 0 }) == nil else { continue }
        stops += 1
        #expect(try stopped.tensors() == before)
      }
      while whole.environmentSteps < stopped.environmentSteps { _ = whole.iterate(stepLimit: 5120) }
      let (a, b) = (whole.iterate(stepLimit: 5120), stopped.iterate(stepLimit: 5120))
      #expect(a.metrics.map(\.value) == b.metrics.map(\.value))
      #expect(try whole.tensors() == stopped.tensors())
    }
    #expect(stops > 6, "\(stops) stops")
  }

  @Test(
    "interrupted at random points and gone on with, a run gives the same bits as at one go",
    arguments: [[], judgedInParts, reportedRarely])
  func resuming(_ more: [String]) throws {
    let scratch = Scratch()
    let wholeEnding = try Self.begin("\(scratch.path)/whole", more).run()
    var random = RandomStream(seed: 11, purpose: .testing)
    let path = "\(scratch.path)/parts"
    var (stops, stopsWithinRows) = (0, 0)
    var ending = try Self.begin(path, more).run(stopSignal: Self.stop(after: 1 + random.index(below: 1500)))
    while ending == .interrupted(signal: SIGINT) {
      stops += 1
      let trainer = try Self.scenario(more).makeTrainer(
        seed: 5, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
      let latest = try SafetensorsFile(contentsOf: "\(path)/checkpoints/latest.safetensors")
      try trainer.read(latest.tensors, file: "latest")
      // Of 1024 steps up to an evaluation, rows end after 768 and 1024.
      if ![0, 768].contains(trainer.environmentSteps % 1024) { stopsWithinRows += 1 }
      // What a process that is killed leaves behind after its last checkpoint: rows that will be computed again.
      for name in ["progress.csv", "timing.csv", "evaluations.csv", "events.out.tfevents.poise"] {
        let file = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
        file.seekToEndOfFile()
        file.write(Data("1,2,3\n4,".utf8))
        try file.close()
      }
      ending = try Self.resume(path, threads: 1 + stops % 2).run(
        stopSignal: Self.stop(after: 1300 + random.index(below: 1500)))
    }
    #expect(stops >= 3 && ending == wholeEnding)
    #expect(
      more != Self.reportedRarely || stopsWithinRows > 0, "some are to fall between two rollouts of a row of three")
    Self.expectEqual(
      try Self.results("\(scratch.path)/whole"), try Self.results(path), "after \(stops) interruptions")
  }

  /// Pendulum balance in small by an algorithm that has a section of its own.
  static func settings(of algorithm: String) -> [String] {
    let own =
      switch algorithm {
      case "reinforce": ["worlds=8", "blockSize=2", "rolloutLength=40", "weight=runningMean"]
      case "a2c": ["worlds=8", "blockSize=2", "rolloutLength=16", "sharesTrunk=true"]
      case "a3c": ["actorLearners=6", "rolloutLength=16"]
      default:
        ["worlds=8", "blockSize=4", "groupSize=4", "rolloutLength=40", "minibatchSize=64", "visitedStarts=0.5"]
          + ["referenceCoefficient=0.1", "referenceInterval=3"]
      }
    return ["training.algorithm=\(algorithm)"] + (own + ["reportInterval=700"]).map { "\(algorithm).\($0)" }
  }

  @Test(
    "interrupted at random points and gone on with, every algorithm by policy gradients gives the same bits as at one go",
    arguments: ["reinforce", "a2c", "a3c", "grpo"])
  func resumingOthers(algorithm: String) throws {
    let scratch = Scratch()
    let more = Self.settings(of: algorithm)
    _ = try Self.begin("\(scratch.path)/whole", more).run()
    let path = "\(scratch.path)/parts"
    var random = RandomStream(seed: 11, purpose: .testing)
    var stops = 0
    var ending = try Self.begin(path, more).run(stopSignal: Self.stop(after: 1 + random.index(below: 700)))
    while ending == .interrupted(signal: SIGINT) {
      stops += 1
      ending = try Self.resume(path, threads: 1 + stops % 2).run(
        stopSignal: Self.stop(after: 900 + random.index(below: 700)))
    }
    #expect(stops >= 2)
    Self.expectEqual(
      try Self.results("\(scratch.path)/whole"), try Self.results(path), "after \(stops) interruptions")
  }

  @Test("the state of a version that told of every rollout goes on to the same bits; an impossible row is refused")
  func statesOfBefore() throws {
    let pool = WorkerPool(threadCount: 1)
    func trainer() throws -> any Trainer {
      try Self.scenario().makeTrainer(
        seed: 5, instructionSet: .baseline, pool: pool)
    }
    let whole = try trainer()
    for _ in 0..<3 { _ = whole.iterate(stepLimit: 5120) }
    func edited(_ change: (inout [String: Any]) -> Void) throws -> [String: Tensor] {
      var tensors = try whole.tensors()
      let memory = try #require(tensors["trainer.memory"])
      var object = try #require(try JSONSerialization.jsonObject(with: memory.bytes) as? [String: Any])
      change(&object)
      let bytes = try JSONSerialization.data(withJSONObject: object)
      tensors["trainer.memory"] = Tensor(elementType: .uint8, shape: [bytes.count], bytes: bytes)
      return tensors
    }
    for first in [-1, whole.environmentSteps + 1] {
      let damaged = try edited {
        var row = $0["underWay"] as? [String: Any] ?? [:]
        row["firstStep"] = first
        $0["underWay"] = row
      }
      #expect(throws: InvalidInput.self, "\(first)") { try trainer().read(damaged, file: "test") }
    }
    let again = try trainer()
    try again.read(edited { #expect($0.removeValue(forKey: "underWay") != nil) }, file: "test")
    _ = (whole.iterate(stepLimit: 5120), again.iterate(stepLimit: 5120))
    var (a, b) = (try whole.tensors(), try again.tensors())
    (a["trainer.memory"], b["trainer.memory"]) = (nil, nil)
    #expect(a == b)
  }

  @Test("a row for three rollouts tells the means of their three rows, and changes no bit of what is learned")
  func reportInterval() throws {
    let pool = WorkerPool(threadCount: 1)
    func trainer(_ more: [String]) throws -> any Trainer {
      try Self.scenario(more).makeTrainer(
        seed: 5, instructionSet: .baseline, pool: pool)
    }
    let (often, rarely) = (try trainer([]), try trainer(Self.reportedRarely))
    // The first rollout serves the statistics of observations alone: no update is in its row.
    for updates in [2.0, 3, 3] {
      let rows = (0..<3).map { _ in often.iterate(stepLimit: 5120) }
      let row = rarely.iterate(stepLimit: 5120)
      #expect(rarely.environmentSteps == often.environmentSteps)
      func values(_ name: String) -> [Double] { rows.compactMap { $0[name] } }
      for name in ["policy_loss", "value_loss", "kl", "clip_fraction", "gradient_norm", "epochs", "explained_variance"]
      {
        let mean = values(name).reduce(0, +) / updates
        #expect(abs(try #require(row[name]) - mean) < 1e-12 * max(1, abs(mean)), "\(name)")
      }
      for name in ["entropy", "sigma", "learning_rate", "reward_scale", "skipped_updates"] {
        #expect(row[name] == rows[2][name], "\(name)")
      }
      let episodes = values("episodes").reduce(0, +)
      let sum = rows.reduce(0) { $0 + ($1["return"] ?? 0) * ($1["episodes"] ?? 0) }
      let mean = try #require(row["return"])
      #expect(row["episodes"] == episodes && abs(mean - sum / episodes) < 1e-9)
    }
    #expect(try rarely.tensors() == often.tensors())
  }

  @Test("an evaluation that is due ends a row, however long its interval, for PPO and for DDPG")
  func evaluationsEndRows() throws {
    for algorithm in ["ppo", "ddpg"] {
      let scratch = Scratch()
      let path = "\(scratch.path)/run"
      let run = try Self.begin(
        path,
        [
          "training.algorithm=\(algorithm)", "\(algorithm).reportInterval=1000000000", "ddpg.evaluationInterval=1024",
          "ddpg.stepLimit=5120", "ddpg.worlds=8", "ddpg.warmupSteps=128", "ddpg.updatesPerStep=0.01",
        ])
      #expect(try run.run() == .stepLimitReached)
      for name in ["progress.csv", "evaluations.csv"] {
        let rows = try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8).split(separator: "\n")
        let column = try #require(rows[0].split(separator: ",").firstIndex(of: "environment_steps"))
        let steps = rows.dropFirst().map { String($0.split(separator: ",", omittingEmptySubsequences: false)[column]) }
        #expect(steps == ["1024", "2048", "3072", "4096", "5120"], "\(algorithm) \(name)")
      }
    }
  }

  @Test("what is evaluated after loading equals what was evaluated before saving")
  func evaluationAfterLoading() throws {
    let scratch = Scratch()
    let run = try Self.begin("\(scratch.path)/run")
    var last: EvaluationResult?
    _ = try run.run(tell: { if case .evaluation(let result, _, _, _) = $0 { last = result } })
    let folder = try RunFolder(contentsOf: "\(scratch.path)/run")
    let loaded = try folder.loadScenario()
    let evaluation = Evaluation(
      loaded, episodes: 6, seed: loaded.settings.evaluation.tuningSeed, instructionSet: .baseline)
    let policy = try folder.loadPolicy(.latest, for: loaded)
    let again = try evaluation.run(.policy(policy, name: "ppo"), pool: WorkerPool(threadCount: 2))
    #expect(again == last)
    let best = try evaluation.run(
      .policy(folder.loadPolicy(.best, for: loaded), name: "ppo"), pool: WorkerPool(threadCount: 1))
    #expect(best == run.best?.result)
  }

  @Test("a run that is there is not written over, and one whose log was cut is refused")
  func refusals() throws {
    let scratch = Scratch()
    let path = "\(scratch.path)/run"
    _ = try Self.begin(path).run(stopSignal: { SIGTERM })
    #expect(throws: InvalidInput.self) { try Self.begin(path) }
    _ = try Self.resume(path).run()
    try Data().write(to: URL(filePath: "\(path)/progress.csv"))
    let error = #expect(throws: InvalidInput.self) { try Self.resume(path) }
    #expect(error?.description.contains("progress.csv: found 0 bytes; allowed the ") == true)
    #expect(throws: InputOutputError.self) { try Self.resume("\(scratch.path)/none") }
  }

  @Test("a run begun with the best policy ends at its goal, after two evaluations in a row")
  func goal() throws {
    let scratch = Scratch()
    let scenario = try Self.scenario(["training.stopsAtGoal=true", "goal.survivalRate=0"])
    let run = try TrainingRun(
      scenario, seed: 1, folder: "\(scratch.path)/run", threads: 1, instructionSet: .baseline, beginning: 0)
    #expect(try run.run() == .goalReached)
    #expect(run.environmentSteps == 2048)
  }

  @Test("an evaluation leaves out what cannot bring the goal back, but only where training stops at it")
  func outOfReach() throws {
    let scratch = Scratch()
    for (index, (settings, episodes)) in [
      (["training.stopsAtGoal=true"], 2), (["training.stopsAtGoal=true", "evaluation.partEpisodes=null"], 6),
      (["training.stopsAtGoal=false"], 6),
    ].enumerated() {
      let scenario = try Self.scenario(
        ["goal.survivalRate=1", "evaluation.partEpisodes=2", "training.stepLimit=256"] + settings)
      let run = try TrainingRun(
        scenario, seed: 1, folder: "\(scratch.path)/\(index)", threads: 2, instructionSet: .baseline, beginning: 0)
      #expect(try run.run() == .stepLimitReached)
      #expect(run.best?.result.survivalRate == 0, "an untrained pendulum is to fall")
      #expect(run.best?.result.episodes == episodes, "\(settings)")
    }
  }
}

@Suite("Learning")
struct LearningTests {
  @Test("PPO balances the pendulum better than chance, on each of 3 seeds", arguments: [UInt64(1), 2, 3])
  func pendulumBalance(seed: UInt64) throws {
    let scenario = try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml")
    let pool = WorkerPool(threadCount: 2)
    let trainer = try scenario.makeTrainer(
      seed: seed, instructionSet: InstructionSet.supported.last ?? .baseline, pool: pool)
    while trainer.environmentSteps < 20_000 { _ = trainer.iterate(stepLimit: 20_000) }
    let evaluation = Evaluation(
      scenario, episodes: 20, seed: 3_000_000, instructionSet: InstructionSet.supported.last ?? .baseline)
    let trained = try evaluation.run(.policy(trainer.policy, name: "ppo"), pool: pool)
    let random = try evaluation.run(.baseline(.random), pool: pool)
    #expect(trained.survivalRate >= 0.95, "survival \(trained.survivalRate)")
    #expect(trained.return.mean > 2 * random.return.mean, "\(trained.return.mean) against \(random.return.mean)")
  }
}
