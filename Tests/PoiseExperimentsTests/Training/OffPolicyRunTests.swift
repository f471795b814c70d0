import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseFinite
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTraining
import TestSupport
import Testing
import PoiseEnvironments
import PoiseControl

@Suite("Training runs of learners with a replay buffer")
struct OffPolicyRunTests {
  /// Pendulum balance in small, for DQN the cart-pole of two actions; 40 control steps an episode, 12 rows of 300 steps, an evaluation every third.
  static func scenario(_ algorithm: String, memoryCapacity: Int, _ more: [String] = []) throws -> LoadedScenario {
    var settings = [
      "worlds=6", "blockSize=2", "shards=2", "stepLimit=3600", "evaluationInterval=900", "reportInterval=300",
      "warmupSteps=300", "updatesPerStep=0.25", "batchSize=32", "hiddenSizes=[16, 16]", "normalizesObservations=true",
      "returnSteps=3", "memoryCapacity=\(memoryCapacity)",
    ]
    if algorithm == "dqn" {
      settings += ["isDueling=true", "usesDoubleTargets=true", "learningRate=1e-3", "targetUpdateInterval=20"]
    } else {
      settings += ["criticHiddenSizes=[16, 16]", "normalizesCriticLayers=true", "actorLearningRate=1e-3"]
    }
    // Those that were there first have no priorities here, so that both kinds of draws are tried.
    settings +=
      ["ddpg", "td3"].contains(algorithm)
      ? ["exploration.noise=ornsteinUhlenbeck"] : ["prioritization={exponent: 0.6, correctionUpdates: 500}"]
    let name = algorithm == "dqn" ? "cartpole-left-right" : "pendulum-balance"
    return try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml",
      overrides: [
        "training.algorithm=\(algorithm)", "training.stopsAtGoal=false", "evaluation.tuningEpisodes=4",
        "randomFirstEpisodeLength=true",
      ] + (algorithm == "dqn" ? ["episodeSeconds=0.8", "goal.episodeLengthMean=39"] : ["episodeSeconds=2"])
        + settings.map { "\(algorithm).\($0)" } + more)
  }

  static func begin(_ path: String, _ scenario: LoadedScenario, threads: Int = 1, seed: UInt64 = 5) throws
    -> TrainingRun
  {
    try TrainingRun(
      scenario, seed: seed, folder: path, threads: threads, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
  }

  @Test("the same bits for 1, 2 and 4 threads, and others for another seed", arguments: ["ddpg", "td3", "dqn", "sac"])
  func threads(algorithm: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.scenario(algorithm, memoryCapacity: 5000)
    for threads in [1, 2, 4] { _ = try Self.begin("\(scratch.path)/\(threads)", scenario, threads: threads).run() }
    let one = try TrainingRunTests.results("\(scratch.path)/1")
    TrainingRunTests.expectEqual(one, try TrainingRunTests.results("\(scratch.path)/2"), "2 threads")
    TrainingRunTests.expectEqual(one, try TrainingRunTests.results("\(scratch.path)/4"), "4 threads")
    _ = try Self.begin("\(scratch.path)/other", scenario, seed: 6).run()
    #expect(try TrainingRunTests.results("\(scratch.path)/other")["progress.csv"] != one["progress.csv"])
  }

  @Test(
    "interrupted at random points and gone on with, a run gives the same bits as at one go, its memory half full or wrapped",
    arguments: [("ddpg", 8000), ("ddpg", 700), ("td3", 1500), ("dqn", 700), ("sac", 8000), ("sac", 900)])
  func resuming(algorithm: String, memoryCapacity: Int) throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.scenario(algorithm, memoryCapacity: memoryCapacity)
    _ = try Self.begin("\(scratch.path)/whole", scenario).run()
    var random = RandomStream(seed: 12, purpose: .testing)
    let path = "\(scratch.path)/parts"
    var stops = 0
    // A control step of all worlds asks once, an evaluation up to 160 times; it has to come to its end one day.
    var ending = try Self.begin(path, scenario).run(
      stopSignal: TrainingRunTests.stop(after: 1 + random.index(below: 300)))
    while ending == .interrupted(signal: SIGINT) {
      stops += 1
      // What a process that is killed leaves behind after its last checkpoint: more of the logs, of the memory's last segment, and a
      // segment after that.
      let segments = try FileManager.default.contentsOfDirectory(atPath: "\(path)/replay").compactMap {
        Int($0.dropLast(6))
      }
      let last = segments.max() ?? 0
      for name in ["progress.csv", "evaluations.csv"] + (segments.isEmpty ? [] : ["replay/\(last).slots"]) {
        let file = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
        file.seekToEndOfFile()
        file.write(Data("1,2,3\n4,".utf8))
        try file.close()
      }
      try Data("more".utf8).write(to: URL(filePath: "\(path)/replay/\(last + 1).slots"))
      let run = try TrainingRun(resuming: path, threads: 1 + stops % 2, beginning: 0)
      ending = try run.run(stopSignal: TrainingRunTests.stop(after: 170 + random.index(below: 150)))
    }
    #expect(stops >= 3 && ending == .stepLimitReached)
    TrainingRunTests.expectEqual(
      try TrainingRunTests.results("\(scratch.path)/whole"), try TrainingRunTests.results(path),
      "after \(stops) interruptions")
    // Segments of 1,024 slots: what the ring has overwritten is gone from the disk.
    let segments = try FileManager.default.contentsOfDirectory(atPath: "\(path)/replay")
    #expect(segments.count <= memoryCapacity / 1024 + 2, "\(segments)")
  }

  @Test("a run whose replay memory is missing or cut is refused, by the file's name")
  func refusals() throws {
    let scratch = TrainingRunTests.Scratch()
    let path = "\(scratch.path)/run"
    let scenario = try Self.scenario("ddpg", memoryCapacity: 5000)
    _ = try Self.begin(path, scenario).run(stopSignal: TrainingRunTests.stop(after: 120))
    let file = "\(path)/replay/0.slots"
    let bytes = try Data(contentsOf: URL(filePath: file))
    try bytes.prefix(1000).write(to: URL(filePath: file))
    let cut = #expect(throws: InvalidInput.self) { try TrainingRun(resuming: path, threads: 1, beginning: 0) }
    #expect(cut?.description.contains("0.slots: found 1000 bytes") == true, "\(cut?.description ?? "")")
    var damaged = bytes
    damaged.replaceSubrange(20..<24, with: [0, 0, 0, 0x7F])
    try damaged.write(to: URL(filePath: file))
    let links = #expect(throws: InvalidInput.self) { try TrainingRun(resuming: path, threads: 1, beginning: 0) }
    #expect(links?.description.contains("0.slots: found other bytes, SHA-256") == true, "\(links?.description ?? "")")
    try FileManager.default.removeItem(atPath: file)
    #expect(throws: InputOutputError.self) { try TrainingRun(resuming: path, threads: 1, beginning: 0) }
  }

  @Test(
    "saving what 20 s of the humanoid's training bring, 100,000 transitions, takes less than a second of processor time"
  )
  func savingIsQuick() throws {
    let scratch = TrainingRunTests.Scratch()
    let folder = try RunFolder(
      creating: scratch.path, for: Self.scenario("ddpg", memoryCapacity: 1000), seed: 1, instructionSet: .baseline)
    var memory = ReplayBuffer(capacity: 200_000, observations: 60, actions: 16, worlds: 1)
    let (observation, action) = ([Float](repeating: 1, count: 60), [Float](repeating: 1, count: 16))
    memory.begin(worlds: 0..<1, observations: observation)
    for _ in 0..<100_000 {
      memory.record(
        worlds: 0..<1, actions: action, rewards: [1], endings: [.running], finalObservations: observation,
        observations: observation)
    }
    var log = try ReplayLog(folder, for: memory)
    var seals: [FileSeal] = []
    let time = try processorTime {
      try log.append(memory)
      seals = try log.synchronize(memory)
    }
    #expect(time < .seconds(1), "\(time)")
    var copy = ReplayBuffer(capacity: 200_000, observations: 60, actions: 16, worlds: 1)
    let hasBegun = copy.begin(from: memory.state)
    var again = try ReplayLog(folder, for: copy)
    try again.read(into: &copy, settled: memory.settled, known: seals)
    #expect(hasBegun && copy.transitionCount == 100_000)
  }

  @Test("after n steps past the warm-up there have been ⌊n × updatesPerStep⌋ updates", arguments: [0.1, 0.25, 1, 2.5])
  func ratio(updatesPerStep: Double) throws {
    let scenario = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml",
      overrides: [
        "training.algorithm=ddpg", "ddpg.worlds=3", "ddpg.warmupSteps=100", "ddpg.reportInterval=70",
        "ddpg.batchSize=8", "ddpg.hiddenSizes=[8]", "ddpg.criticHiddenSizes=[8]",
        "ddpg.updatesPerStep=\(updatesPerStep)",
      ])
    let trainer = try scenario.makeTrainer(
      seed: 1, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    for _ in 0..<6 {
      let report = trainer.iterate(stepLimit: 1_000_000)
      let steps = max(0, trainer.environmentSteps - 100)
      #expect(report["updates"] == (Double(steps) * updatesPerStep).rounded(.down))
      #expect(report["memory_transitions"] == Double(trainer.environmentSteps))
    }
    // A trainer that begins with what this one's learner knows makes as many of its own, from its own warm-up on.
    let warm = try scenario.makeTrainer(seed: 2, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    try warm.beginWithLearner(trainer.tensors(), file: "test")
    let before = warm.iterate(stepLimit: 1_000_000)["updates"]
    let report = warm.iterate(stepLimit: 1_000_000)
    let due = (Double(warm.environmentSteps - 100) * updatesPerStep).rounded(.down)
    #expect(report["updates"] == (before ?? 0) + due && due > 0)
  }

  @Test(
    "balances the pendulum better than chance, on each of 3 seeds", arguments: ["ddpg", "td3", "sac"],
    [UInt64(1), 2, 3])
  func learning(algorithm: String, seed: UInt64) throws {
    let scenario = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml",
      overrides: ["training.algorithm=\(algorithm)"])
    let instructionSet = InstructionSet.supported.last ?? .baseline
    let pool = WorkerPool(threadCount: 2)
    let trainer = try scenario.makeTrainer(
      seed: seed, instructionSet: instructionSet, pool: pool)
    while trainer.environmentSteps < 6000 { _ = trainer.iterate(stepLimit: 6000) }
    let evaluation = Evaluation(scenario, episodes: 20, seed: 3_000_000, instructionSet: instructionSet)
    let trained = try evaluation.run(.policy(trainer.policy, name: algorithm), pool: pool)
    let random = try evaluation.run(.baseline(.random), pool: pool)
    #expect(trained.survivalRate >= 0.9, "survival \(trained.survivalRate)")
    #expect(trained.return.mean > 2 * random.return.mean, "\(trained.return.mean) against \(random.return.mean)")
  }

  @Test(
    "DQN balances the cart-pole of two actions better than chance, on each of 3 seeds", arguments: [UInt64(1), 2, 3])
  func learningChoices(seed: UInt64) throws {
    let scenario = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/cartpole-left-right.yaml", overrides: ["training.algorithm=dqn"])
    let instructionSet = InstructionSet.supported.last ?? .baseline
    let pool = WorkerPool(threadCount: 2)
    let trainer = try scenario.makeTrainer(seed: seed, instructionSet: instructionSet, pool: pool)
    while trainer.environmentSteps < 15_000 { _ = trainer.iterate(stepLimit: 15_000) }
    let evaluation = Evaluation(scenario, episodes: 20, seed: 3_000_000, instructionSet: instructionSet)
    let trained = try evaluation.run(.policy(trainer.policy, name: "dqn"), pool: pool)
    // A random agent lives for 22 steps.
    #expect(trained.return.mean > 150, "\(trained.return.mean)")
  }

  @Test(
    "DQN finds the optimal greedy policy of the maze and the grid world, exactly", arguments: ["maze", "grid-world"])
  func finite(name: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: ["training.algorithm=dqn"])
    let ending = try Self.begin("\(scratch.path)/run", scenario, seed: 7).run()
    #expect(ending == .goalReached)
    let run = try TrainedRun("\(scratch.path)/run")
    let problem = try scenario.requireProblem(for: "this test")
    let evaluation = Evaluation(run.scenario, episodes: 1, seed: 3, instructionSet: run.instructionSet)
    let result = try evaluation.run(run.controller, pool: WorkerPool(threadCount: 1))
    let optimum = problem.startValue(of: try problem.policyIteration().values)
    #expect(abs(try #require(result[.exactValue]) - optimum) < 1e-9)
  }
}
