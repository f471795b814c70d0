internal import CAllocationCounter
internal import Dispatch
import PoiseAlgorithms
import PoiseCore
public import PoiseNetworks
public import PoiseScenarios
import PoiseTraining

/// Control steps per second of learners: acting, recording and learning, on a scenario's worlds.
///
/// First, on the pendulum, processor time of one thread, medians over the rounds: DDPG and TD3 at the setting of
/// RLtools' TD3 (64–64, batches of 100, one update for each control step of one world) and PPO at the setting of `make
/// bench-peers` (64–64, 8 worlds, 2048 steps a rollout, ten epochs of minibatches of 64). Then DDPG and TD3 as
/// `humanoid-stand` ships them, and on the wall clock the gain of a second thread, which needs an idle machine.
///
/// - Parameters:
///   - instructionSet: the instruction set of the networks.
///   - rounds: number of rounds of each measurement; medians are reported.
///   - roundSeconds: shortest length of a round, s.
///   - load: loads a shipped scenario by name, with overrides `key.path=value`.
public func learnerBenchmark(
  instructionSet: InstructionSet, rounds: Int = 9, roundSeconds: Double = 0.05,
  load: (_ name: String, _ overrides: [String]) throws -> LoadedScenario
) throws -> BenchmarkReport {
  var report = BenchmarkReport(
    title: "learners",
    conditions: [
      "instruction set": instructionSet.rawValue, "processor": processorName(), "threads": "1, but where it says two",
    ])
  let benchmark = LearnerBenchmark(
    instructionSet: instructionSet, stopwatch: Stopwatch(rounds: rounds, roundSeconds: roundSeconds))
  for algorithm in ["ddpg", "td3"] {
    let settings = [
      "worlds=1", "batchSize=100", "hiddenSizes=[64, 64]", "criticHiddenSizes=[64, 64]", "updatesPerStep=1",
      "warmupSteps=1000", "reportInterval=200", "memoryCapacity=20000", "returnSteps=1", "normalizesObservations=false",
      "normalizesActorLayers=false", "normalizesCriticLayers=false", "shards=1",
    ]
    let scenario = try load(
      "pendulum-swingup", ["training.algorithm=\(algorithm)"] + settings.map { "\(algorithm).\($0)" })
    report.rows += try benchmark.atPeersSetting(scenario, algorithm.uppercased())
  }
  let settings = [
    "training.algorithm=ppo", "ppo.worlds=8", "ppo.blockSize=8", "ppo.rolloutLength=256", "ppo.epochs=10",
    "ppo.minibatchSize=64", "ppo.hiddenSizes=[64, 64]", "ppo.valueHiddenSizes=[64, 64]", "ppo.shards=1",
  ]
  report.rows.append(try benchmark.ppoAtPeersSetting(load("pendulum-swingup", settings)))
  for algorithm in ["ddpg", "td3"] {
    let scenario = try load(
      "humanoid-stand",
      ["training.algorithm=\(algorithm)", "\(algorithm).reportInterval=400", "\(algorithm).memoryCapacity=50000"])
    report.rows += try benchmark.asShipped(scenario, algorithm.uppercased())
  }
  return report
}

private struct LearnerBenchmark {
  let instructionSet: InstructionSet
  let stopwatch: Stopwatch

  /// A trainer that is past its warm-up and has learned a little.
  private func trainer(_ scenario: LoadedScenario, threads: Int = 1) throws -> any Trainer {
    let trainer = try scenario.makeTrainer(
      seed: 1, instructionSet: instructionSet, pool: WorkerPool(threadCount: threads))
    let warmup = settings(scenario).warmupSteps
    while trainer.environmentSteps < warmup { _ = trainer.iterate(stepLimit: .max) }
    for _ in 0..<3 { _ = trainer.iterate(stepLimit: .max) }
    return trainer
  }

  /// Those of DDPG or TD3.
  private func settings(_ scenario: LoadedScenario) -> DDPGParameters {
    let sections = scenario.settings.algorithms
    return scenario.settings.training.algorithm == TD3.name ? sections[TD3.self].ddpg : sections[DDPG.self]
  }

  func atPeersSetting(_ scenario: LoadedScenario, _ name: String) throws -> [BenchmarkReport.Row] {
    let trainer = try trainer(scenario)
    let stepsPerCall = Double(settings(scenario).reportInterval)
    let time = stopwatch.measure([{ _ = trainer.iterate(stepLimit: .max) }])[0].median / stepsPerCall
    var rows = [
      BenchmarkReport.Row(
        "\(name), 64–64, batch 100: control steps with an update each", 1 / time, "per s", floor: ("bar", 8000))
    ]
    if ac_is_counting() {
      // Updates allocate nothing (`poise bench networks`), nor do control steps: this is the report itself.
      let before = ac_allocations()
      _ = trainer.iterate(stepLimit: .max)
      let count = Double(ac_allocations() - before)
      rows.append(.init("  allocations in a report of \(Int(stepsPerCall)) of them", count, ""))
    }
    return rows
  }

  func ppoAtPeersSetting(_ scenario: LoadedScenario) throws -> BenchmarkReport.Row {
    let trainer = try scenario.makeTrainer(
      seed: 1, instructionSet: instructionSet, pool: WorkerPool(threadCount: 1))
    // The first rollout serves the observations' statistics alone.
    _ = trainer.iterate(stepLimit: .max)
    let time = stopwatch.measure([{ _ = trainer.iterate(stepLimit: .max) }])[0].median
    return .init(
      "PPO, 64–64, 8 worlds, 10 epochs of minibatches of 64: control steps",
      Double(scenario.settings.algorithms[PPO.self].rolloutSize) / time, "per s", floor: ("8 × PufferLib's", 8 * 8_940))
  }

  func asShipped(_ scenario: LoadedScenario, _ name: String) throws -> [BenchmarkReport.Row] {
    let settings = settings(scenario)
    let label = "\(scenario.name), \(name)"
    let (one, two) = (try trainer(scenario), try trainer(scenario, threads: 2))
    var phases: [String: [Double]] = [:]
    let calls = 3
    var ratios: [Double] = []
    for _ in 0..<stopwatch.rounds {
      func run(_ trainer: any Trainer, _ threads: String) -> Double {
        var sums: [String: Double] = [:]
        let seconds = wallSeconds {
          for _ in 0..<calls {
            for phase in trainer.iterate(stepLimit: .max).phases { sums[phase.name, default: 0] += phase.seconds }
          }
        }
        for (phase, seconds) in sums { phases[phase + threads, default: []].append(seconds) }
        return seconds
      }
      ratios.append(run(one, " one") / run(two, " two"))
    }
    let steps = Double(calls * settings.reportInterval)
    func micro(_ phase: String) -> Double { median(phases[phase] ?? []) / steps * 1e6 }
    let (acting, learning) = (micro("acting one"), micro("learning one"))
    return [
      .init("\(label): acting, each control step", acting, "µs on the clock"),
      .init("\(label): learning, each control step", learning, "µs on the clock"),
      .init("\(label): update, batch \(settings.batchSize)", learning / settings.updatesPerStep, "µs on the clock"),
      .init("\(label): two threads ÷ one", median(ratios), "×"),
      .init("  acting alone", acting / micro("acting two"), "×"),
      .init("  learning alone", learning / micro("learning two"), "×"),
      .init(
        "  at best, if one thread acted while the other learned", (acting + learning) / max(acting, learning), "×"),
      .init(
        "\(label): replay buffer, each transition",
        Double((one as? OffPolicyTrainer<DDPG>)?.bytesPerTransition ?? 0), "bytes"),
    ]
  }
}
