import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTasks
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("Training with spoiled numbers")
struct SpoiledTrainingTests {
  static func scenario(_ algorithm: String, _ more: [String] = []) throws -> LoadedScenario {
    try algorithm == "ppo"
      ? TrainingRunTests.scenario(more)
      : LoadedScenario(
        contentsOf: "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml",
        overrides: OffPolicyRunTests.scenario(algorithm, memoryCapacity: 3000).overrides + more)
  }

  /// The scenario's task with terms that no file can name.
  private static func spoiled(_ algorithm: String) throws -> LoadedScenario {
    let plain = try scenario(algorithm)
    let task = try plain.requireRobot(for: "this test").task
    // The spoiled terms are not the same in a mirror.
    var configured = try Configured<Scenario>(
      contentsOf: plain.path, overrides: plain.overrides + ["\(algorithm).mirrorSymmetry=null"])
    configured.value.task.observations = TermList(
      task.settings.observations.terms + [Observation(SpoiledObservation())])
    configured.value.task.rewards = TermList(task.settings.rewards.terms + [Reward(SpoiledReward())])
    return try LoadedScenario(configured, path: plain.path)
  }

  private static func trainer(_ scenario: LoadedScenario) throws -> any Trainer {
    let pool = WorkerPool(threadCount: 2)
    return try scenario.makeTrainer(seed: 3, instructionSet: .baseline, pool: pool)
  }

  private static func begin(_ scenario: LoadedScenario, _ path: String) throws -> TrainingRun {
    try TrainingRun(scenario, seed: 3, folder: path, threads: 1, instructionSet: .baseline, beginning: 0)
  }

  private static func isFinite(_ trainer: any Trainer) throws -> Bool {
    try trainer.tensors().values.allSatisfy {
      ($0.floats ?? []).allSatisfy { $0.isFinite } && ($0.doubles ?? []).allSatisfy { $0.isFinite }
    }
  }

  /// Trains for 2,500 steps, which must not fail, and returns the faults: many, and as many as were counted.
  private static func faults(
    of trainer: any Trainer, inspect: (TrainingReport) -> Void = { _ in }
  ) -> [EnvironmentFault] {
    var faults: [EnvironmentFault] = []
    var counted = 0.0
    while trainer.environmentSteps < 2500 {
      let report = trainer.iterate(stepLimit: 5000)
      faults += report.faults
      counted += report["faults"] ?? 0
      #expect(report.failure == nil, "\(report.failure as Any)")
      inspect(report)
    }
    #expect(Double(faults.count) == counted && faults.count > 100, "\(faults.count) faults")
    return faults
  }

  // MARK: What the environments give

  @Test(
    "observations and rewards: counted and named, and the learner never sees them", arguments: ["ppo", "ddpg", "td3"])
  func environments(algorithm: String) throws {
    let trainer = try Self.trainer(Self.spoiled(algorithm))
    let faults = Self.faults(of: trainer) { report in
      #expect(report.metrics.allSatisfy { $0.value?.isFinite ?? true }, "\(report.metrics)")
      #expect(report["skipped_updates"] == 0)
    }
    for place in ["observation 'spoiled'", "reward 'spoiledReward'"] { #expect(faults.contains { $0.place == place }) }
    #expect(faults.allSatisfy { $0.place.contains("spoiled") })
    #expect(try Self.isFinite(trainer))
  }

  @Test("faults stand in progress.csv, in the event file and in the run's own count")
  func reported() throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try Self.begin(Self.scenario("ppo", ["faults.angularSpeed=1.2"]), "\(scratch.path)/run")
    var told = 0
    #expect(try run.run(tell: { if case .fault = $0 { told += 1 } }) == .stepLimitReached)
    let table = try String(contentsOfFile: "\(scratch.path)/run/progress.csv", encoding: .utf8).split(separator: "\n")
    let column = try #require(table[0].split(separator: ",").firstIndex(of: "faults"))
    let counts = table.dropFirst().map {
      Int(Double($0.split(separator: ",", omittingEmptySubsequences: false)[column]) ?? -1)
    }
    #expect(run.faults > 0 && counts.reduce(0, +) == run.faults)
    #expect(told > 0 && told <= 6 * counts.count)
    let events = try Data(contentsOf: URL(filePath: "\(scratch.path)/run/events.out.tfevents.poise"))
    #expect(events.range(of: Data("training/faults".utf8)) != nil)
    #expect(events.range(of: Data("training/skipped_updates".utf8)) != nil)
  }

  @Test("where most steps are faults, training stops and names the first", arguments: ["ppo", "ddpg"])
  func nothingButFaults(algorithm: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try Self.begin(Self.scenario(algorithm, ["faults.reward=1e-9"]), "\(scratch.path)/run")
    let error = #expect(throws: TrainingFailure.self) { try run.run() }
    #expect(error?.exitStatus == .badInput)
    #expect(
      error?.cause.contains("control steps ended as faults; the first: fault in pendulum-balance, seed 3") == true)
    #expect(error?.cause.contains("is beyond 1e-09") == true, "\(error?.description ?? "")")
  }

  // MARK: Actions

  @Test("actions beyond all numbers: their steps are faults, counted and named, and the learner never sees them")
  func actions() throws {
    // σ is 2e38 and the largest number 3.4e38: about every eleventh sample is infinite, the others are cut to ±1.
    let deviation = [
      "ppo.initialLogDeviation=88.2", "ppo.logDeviationCeiling=100", "ppo.learningRate.schedule=constant",
    ]
    let trainer = try Self.trainer(Self.scenario("ppo", deviation))
    let faults = Self.faults(of: trainer)
    #expect(faults.allSatisfy { $0.place == "action 0" && $0.reason.hasSuffix("inf is not finite") })
    #expect(try Self.isFinite(trainer))
  }

  @Test(
    "exploration beyond all numbers leaves actions in their range and the learner finite", arguments: ["ddpg", "td3"],
    ["gaussian", "ornsteinUhlenbeck"])
  func explorations(algorithm: String, noise: String) throws {
    let trainer = try Self.trainer(
      Self.scenario(
        algorithm, ["\(algorithm).exploration.noise=\(noise)", "\(algorithm).exploration.deviation=1e300"]))
    while trainer.environmentSteps < 2500 {
      let report = trainer.iterate(stepLimit: 5000)
      #expect(report.failure == nil && report.faults.isEmpty && report["skipped_updates"] == 0)
    }
    // The memory holds the actions, and what the noise remembers is in the trainer's own state.
    #expect(try Self.isFinite(trainer))
  }

  // MARK: Gradients

  @Test("gradients at random updates: refused, counted, and learning goes on", arguments: ["ppo", "ddpg", "td3"])
  func gradients(algorithm: String) throws {
    let trainer = try Self.trainer(Self.scenario(algorithm))
    let spoil: @Sendable (Int, inout AlignedVector<Float>) -> Void = { update, gradients in
      var random = RandomStream(seed: 5, purpose: .testing, index: update)
      guard random.index(below: 8) == 0 else { return }
      gradients[random.index(below: gradients.count)] = Float(spoiledNumbers[random.index(below: spoiledNumbers.count)])
    }
    (trainer as? OnPolicyTrainer<PPO>)?.learner.spoilGradients = spoil
    (trainer as? OffPolicyTrainer<DDPG>)?.learner.spoilGradients = spoil
    var last = TrainingReport()
    while trainer.environmentSteps < 2500 {
      last = trainer.iterate(stepLimit: 5000)
      #expect(last.failure == nil && last.metrics.allSatisfy { $0.value?.isFinite ?? true }, "\(last.metrics)")
    }
    let skipped = last["skipped_updates"] ?? 0
    #expect(skipped > 10, "\(skipped)")
    #expect(try Self.isFinite(trainer))
    // Some updates did get through.
    let fresh = try Self.trainer(Self.scenario(algorithm))
    #expect(!trainer.policy.parameters.hasSameBits(as: fresh.policy.parameters))
  }

  @Test("gradients that are never good again stop training after 100, naming the first", arguments: ["ppo", "ddpg"])
  func noGradients(algorithm: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try Self.begin(Self.scenario(algorithm), "\(scratch.path)/run")
    let spoil: @Sendable (Int, inout AlignedVector<Float>) -> Void = { update, gradients in
      if update >= 37 { gradients[3] = .infinity }
    }
    (run.trainer as? OnPolicyTrainer<PPO>)?.learner.spoilGradients = spoil
    (run.trainer as? OffPolicyTrainer<DDPG>)?.learner.spoilGradients = spoil
    let error = #expect(throws: TrainingFailure.self) { try run.run() }
    #expect(
      error?.cause.contains("1 gradients are not finite, the first at parameter 3") == true, "\(error?.cause ?? "")")
    #expect(error?.cause.contains("100 in a row, first found at update 37") == true, "\(error?.cause ?? "")")
  }

  // MARK: Weights

  @Test(
    "a weight at a random moment stops training before anyone acts on it; the checkpoint of before is whole",
    arguments: ["ppo", "ddpg", "td3"], [Float.nan, .infinity, 1e30])
  func weights(algorithm: String, value: Float) throws {
    let scratch = TrainingRunTests.Scratch()
    let path = "\(scratch.path)/run"
    var random = RandomStream(seed: UInt64(algorithm.utf8.count), purpose: .testing, index: value.isNaN ? 1 : 2)
    let moment = 5 + random.index(below: 6)
    var iteration = 0
    var faults = 0
    var error: TrainingFailure?
    do {
      // Gone, with its lock, before the run goes on below.
      let run = try Self.begin(Self.scenario(algorithm), path)
      error = #expect(throws: TrainingFailure.self) {
        try run.run(tell: { event in
          if case .fault = event { faults += 1 }
          guard case .iteration = event else { return }
          iteration += 1
          guard iteration == moment else { return }
          if let trainer = run.trainer as? OnPolicyTrainer<PPO> {
            trainer.learner.model.parameters[random.index(below: trainer.learner.model.parameters.count)] = value
          } else if let trainer = run.trainer as? OffPolicyTrainer<DDPG> {
            trainer.learner.model.actorTarget[random.index(below: trainer.learner.model.actorTarget.count)] = value
          }
        })
      }
    }
    #expect(faults == 0)
    #expect(error?.cause.contains("weights") == true, "\(error?.description ?? "")")
    #expect(error?.cause.contains(value == 1e30 ? "root mean square" : "is \(value)") == true, "\(error?.cause ?? "")")
    #expect(try Self.isFinite(TrainingRunTests.resume(path).trainer))
  }

  // MARK: Learning rates

  @Test(
    "a learning rate of 1000 ends in a message that names the weights, the update and the rate",
    arguments: [
      ("ppo", "ppo.learningRate.initial"), ("ddpg", "ddpg.criticLearningRate"), ("ddpg", "ddpg.actorLearningRate"),
      ("td3", "td3.criticLearningRate"), ("td3", "td3.actorLearningRate"),
    ])
  func learningRate(algorithm: String, key: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let more = algorithm == "ppo" ? ["ppo.learningRate.schedule=constant"] : []
    let run = try Self.begin(Self.scenario(algorithm, more + ["\(key)=1e3"]), "\(scratch.path)/run")
    let error = #expect(throws: TrainingFailure.self) { try run.run() }
    let text = error?.description ?? ""
    #expect(text.contains("training cannot go on after") && text.contains("first found at update"), "\(text)")
    #expect(text.contains("weights") && text.contains("1000.0"), "\(text)")
    #expect(error?.exitStatus == .badInput)
  }

  @Test("a smoothness coefficient of 1e30 ends in a message that names the gradients and the coefficient")
  func smoothness() throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try Self.begin(Self.scenario("ppo", ["ppo.smoothnessCoefficient=1e30"]), "\(scratch.path)/run")
    let failure = #expect(throws: TrainingFailure.self) { _ = try run.run() }
    #expect(failure?.description.contains("the gradients") == true, "\(failure?.description ?? "")")
    #expect(failure?.description.contains("smoothnessCoefficient 1e+30") == true, "\(failure?.description ?? "")")
  }

  @Test("an adaptive learning rate that begins beyond its own range is refused, not cut without a word")
  func adaptiveRange() throws {
    let error = #expect(throws: InvalidInput.self) { try Self.scenario("ppo", ["ppo.learningRate.initial=1e3"]) }
    #expect(
      error?.description.contains("learningRate.initial: found 1000.0; allowed from lowest") == true,
      "\(error?.description ?? "")")
  }
}
