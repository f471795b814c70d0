import Foundation
import PoiseAlgorithms
import PoiseCore
@testable import PoiseExperiments
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTasks
@testable import PoiseTraining
import Synchronization
import TestSupport
import Testing

/// Plans in a folder that vanishes, swept without a training: the goal is reached after steps that follow from the setting and seed.
private final class Bench: Sendable {
  let path = FileManager.default.temporaryDirectory.appending(path: "poise-sweep-\(UUID().uuidString)").path
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Clip ranges from 0.1 to 0.8 for the pendulum, whose scenario has 0.2: the shipped setting is one of them.
  static let plan = """
    scenario: pendulum-balance
    swept:
      - key: ppo.clipRange
        values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    seeds: [1, 2, 3]
    reportSeeds: [11, 12]
    rungs: [10000, 20000, 40000]
    """

  func file(_ text: String) throws -> String {
    let file = "\(path)/plan.yaml"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    return file
  }

  func sweep(_ runner: (any TrialRunner)?, plan: String = Bench.plan, into folder: String = "sweep") throws -> Sweep {
    try Sweep(plan: file(plan), folder: "\(path)/\(folder)", instructionSet: .baseline, runner: runner)
  }

  func resume(_ runner: (any TrialRunner)?, _ folder: String = "sweep") throws -> Sweep {
    try Sweep(resuming: "\(path)/\(folder)", runner: runner)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// Trains nothing: the goal comes after 100,000 × |clip range − 0.5| + 15,000 + 100 × seed steps, one second for a thousand.
private struct FakeRunner: TrialRunner {
  struct Call: Hashable { var clipRange: Double, seed: UInt64, steps: Int?, isFirst: Bool, wasKilled: Bool }
  let calls = Guarded<[Call]>([])
  /// Of this clip range every training fails.
  var failing: Double?
  /// After so many calls the disk is full, as sudden as a kill.
  var callLimit = Int.max

  func run(
    _ trial: SweepTrial, of scenario: LoadedScenario, to steps: Int?, after earlier: TrialOutcome?, wasKilled: Bool,
    stopSignal: @Sendable () -> Int32
  ) throws -> (outcome: TrialOutcome, isThere: Bool) {
    let clipRange = scenario.settings.algorithms[PPO.self].clipRange
    let count = calls.withLock {
      $0.append(
        Call(clipRange: clipRange, seed: trial.seed, steps: steps, isFirst: earlier == nil, wasKilled: wasKilled))
      return $0.count
    }
    if count > callLimit { throw InputOutputError(path: "x", operation: "write", reason: "no space left on device") }
    if clipRange == failing {
      let problem = Problem(file: "x", found: "\"nan\", twice", allowed: "numbers")
      throw InvalidInput([problem, problem])
    }
    let goal = Int((100_000 * abs(clipRange - 0.5)).rounded()) + 15_000 + 100 * Int(trial.seed)
    var outcome = TrialOutcome()
    outcome.goalReached = goal <= steps ?? .max
    outcome.environmentSteps = min(goal, steps ?? .max)
    outcome.isFinal = outcome.goalReached
    outcome.score = -Double(goal)
    outcome.wallSeconds = Double(outcome.environmentSteps) / 1000
    outcome.processorSeconds = outcome.wallSeconds
    return (outcome, true)
  }
}

@Suite("Sweeps")
struct SweepTests {
  @Test("each rung keeps the better half, nearest to what is best, and nothing is trained twice")
  func halving() throws {
    let bench = try Bench()
    let runner = FakeRunner()
    let sweep = try bench.sweep(runner)
    #expect(sweep.candidates.count == 8 && sweep.candidates[0].text == "as shipped")
    #expect(try sweep.run(parallel: 2) == .finished)
    let calls = runner.calls.withLock { $0 }
    func clipRanges(_ steps: Int?) -> [Double] { Set(calls.filter { $0.steps == steps }.map(\.clipRange)).sorted() }
    #expect(clipRanges(10_000) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    // None has reached the goal, so the scores decide.
    #expect(clipRanges(20_000) == [0.3, 0.4, 0.5, 0.6])
    // 0.4 and 0.6 are equally good, and the first of them goes on; 0.5 is at the goal already, and trains no further.
    #expect(clipRanges(40_000) == [0.4])
    #expect(Set(calls.map { "\($0.clipRange) \($0.seed) \($0.steps ?? 0)" }).count == calls.count)
    #expect(calls.filter { $0.steps == 20_000 }.allSatisfy { !$0.isFirst })

    let result = try sweep.result()
    #expect(result.winner.text == "ppo.clipRange=0.5")
    #expect(result.standings.map(\.rung) == [3, 3, 2, 2, 1, 1, 1, 1])
    // The report: the shipped setting and the winner alone, on seeds of their own, to the end.
    #expect(clipRanges(nil) == [0.2, 0.5])
    #expect(Set(calls.filter { $0.steps == nil }.map(\.seed)) == [11, 12])
    #expect(result.report.map { $0.toGoal(.environmentSteps)[0.5] } == [46_150, 16_150])
    #expect(result.text().contains("steps 2.86, processor time 2.86, wall time 2.86"), "\(result.text())")
  }

  @Test("what reaches the goal on more seeds comes first, then what is sooner there, then what scores better")
  func ranking() {
    func outcome(_ steps: Int, _ goal: Bool, _ score: Double?, failure: String? = nil) -> TrialOutcome {
      var outcome = TrialOutcome()
      (outcome.environmentSteps, outcome.goalReached, outcome.score) = (steps, goal, score)
      (outcome.failure, outcome.wallSeconds) = (failure, Double(100 - steps))
      return outcome
    }
    let outcomes = [
      0: [outcome(10, true, 5), outcome(20, true, 5)],
      1: [outcome(9, true, 5), outcome(50, false, 5)],
      2: [outcome(8, true, 5), outcome(12, true, 5)],
      3: [outcome(1, true, 9), outcome(1, true, 9, failure: "it broke")],
      4: [outcome(50, false, nil), outcome(50, false, .nan)],
      5: [outcome(50, false, -100), outcome(50, false, -200)],
    ]
    func ranked(_ measure: SweepMeasure) -> [Int] {
      SuccessiveHalving(measure: measure, keptShare: 0.5).ranked(outcomes)
    }
    #expect(ranked(.environmentSteps) == [2, 0, 1, 5, 4, 3])
    #expect(ranked(.wallSeconds) == [0, 2, 1, 5, 4, 3])
    #expect(ranked(.score) == [0, 1, 2, 5, 4, 3])
    let rule = SuccessiveHalving(measure: .score, keptShare: 0.3)
    #expect([1, 2, 3, 10, 11].map(rule.keptCount) == [1, 1, 1, 3, 4])
  }

  @Test("ended at any moment and gone on with, a sweep makes the same choices and repeats no finished trial")
  func resuming() throws {
    let bench = try Bench()
    let whole = FakeRunner()
    _ = try bench.sweep(whole, into: "whole").run(parallel: 1)
    let count = whole.calls.withLock { $0.count }
    for limit in [0, 1, 7, 24, 30, count - 1] {
      let folder = "after-\(limit)"
      var runner = FakeRunner()
      runner.callLimit = limit
      #expect(throws: InputOutputError.self) { try bench.sweep(runner, into: folder).run(parallel: 1) }
      let rest = FakeRunner()
      #expect(try bench.resume(rest, folder).run(parallel: 2) == .finished)
      for name in ["trials.csv", "candidates.csv"] {
        #expect(try bench.text("\(folder)/\(name)") == bench.text("whole/\(name)"), "after \(limit) calls")
      }
      let calls = rest.calls.withLock { $0 }
      #expect(calls.count == count - limit)
      // The one that was being worked on is told so.
      #expect(calls.count(where: \.wasKilled) == 1)
    }
    // A finished sweep is shown again without any work.
    let again = FakeRunner()
    #expect(try bench.resume(again, "whole").run(parallel: 2) == .finished)
    #expect(again.calls.withLock { $0.isEmpty })
  }

  @Test("what a killed process left half-written goes at the next start, and nothing else")
  func leftovers() throws {
    let bench = try Bench()
    var killed = FakeRunner()
    killed.callLimit = 7
    #expect(throws: InputOutputError.self) { try bench.sweep(killed).run(parallel: 1) }
    let halfWritten = ["trials.csv.partial-12", "candidates.csv.partial-4711", "outcomes/one.json.partial-3"]
    let own = ["notes.txt", "trials.csv.partial-mine", "outcomes/partial-1"]
    for name in halfWritten + own {
      try "half".write(toFile: "\(bench.path)/sweep/\(name)", atomically: true, encoding: .utf8)
    }
    _ = try bench.resume(FakeRunner()).run(parallel: 1)
    func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(bench.path)/sweep/\(name)") }
    #expect(!halfWritten.contains(where: isThere) && own.allSatisfy(isThere))
  }

  @Test("a signal stops it between trials; the tables of the sweep that went on are those of one at one go")
  func signal() throws {
    let bench = try Bench()
    _ = try bench.sweep(FakeRunner(), into: "whole").run(parallel: 1)
    let runner = FakeRunner()
    let ending = try bench.sweep(runner).run(
      parallel: 2, stopSignal: { runner.calls.withLock { $0.count } >= 10 ? SIGTERM : 0 })
    #expect(ending == .interrupted(signal: SIGTERM))
    #expect(try bench.resume(FakeRunner()).run(parallel: 1) == .finished)
    #expect(try bench.text("sweep/trials.csv") == bench.text("whole/trials.csv"))
  }

  @Test("a training that fails only loses: the others go on, and the table says why")
  func failure() throws {
    let bench = try Bench()
    var runner = FakeRunner()
    runner.failing = 0.5
    let sweep = try bench.sweep(runner)
    #expect(try sweep.run(parallel: 2) == .finished)
    let result = try sweep.result()
    #expect(result.winner.text == "ppo.clipRange=0.4")
    #expect(result.standings.last?.failureCount == 3)
    let sentence = #"x: found ""nan"", twice; allowed numbers."#
    #expect(result.trialsCSV.contains("\"\(sentence)\n\(sentence)\",0.5"), "\(result.trialsCSV)")
  }

  @Test("what is wrong with the files of a training stops the sweep; it says nothing against the candidate")
  func damage() throws {
    let bench = try Bench()
    let stopped = try bench.sweep(nil, plan: Self.small).run(parallel: 1, stopSignal: Self.stop(after: 40))
    #expect(stopped == .interrupted(signal: SIGINT))
    let runs = try FileManager.default.contentsOfDirectory(atPath: "\(bench.path)/sweep/runs")
    for run in runs {
      try Data("rubbish".utf8).write(
        to: URL(filePath: "\(bench.path)/sweep/runs/\(run)/checkpoints/latest.safetensors"))
    }
    let error = #expect(throws: InputOutputError.self) { try bench.resume(nil).run(parallel: 1) }
    #expect(
      error?.description.contains("latest.safetensors: cannot resume: found") == true, "\(error?.description ?? "")")
    for run in runs { try FileManager.default.removeItem(atPath: "\(bench.path)/sweep/runs/\(run)") }
    #expect(try bench.resume(nil).run(parallel: 1) == .finished)
    _ = try bench.sweep(nil, plan: Self.small, into: "whole").run(parallel: 1)
    let (whole, parts) = (try bench.text("whole/trials.csv"), try bench.text("sweep/trials.csv"))
    #expect(Self.timeless(whole) == Self.timeless(parts))
  }

  @Test("one that was killed before it had begun is begun again in its folder, but not over anything else")
  func beginning() throws {
    let bench = try Bench()
    let folder = "\(bench.path)/sweep"
    for name in ["outcomes", "runs"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    let error = #expect(throws: InputOutputError.self) { try bench.resume(FakeRunner()) }
    #expect(error?.remedy.contains("start it again with --out") == true, "\(error?.description ?? "")")
    try Data().write(to: URL(filePath: "\(folder)/runs/mine.txt"))
    #expect(throws: InvalidInput.self) { try bench.sweep(FakeRunner()) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["outcomes", "runs"])
    try FileManager.default.removeItem(atPath: "\(folder)/runs/mine.txt")
    #expect(try bench.sweep(FakeRunner()).run(parallel: 1) == .finished)
  }

  @Test("two processes do not work on one sweep")
  func twice() throws {
    let bench = try Bench()
    let sweep = try bench.sweep(FakeRunner())
    let error = #expect(throws: InvalidInput.self) { try bench.resume(FakeRunner()) }
    #expect(error?.description.contains("sweeps") == true, "\(error?.description ?? "")")
    #expect(try sweep.run(parallel: 1) == .finished)
  }

  @Test("a plan or scenario that has changed meanwhile is not gone on with")
  func changed() throws {
    let bench = try Bench()
    _ = try bench.sweep(FakeRunner()).run(parallel: 1, stopSignal: { SIGINT })
    _ = try bench.file(Bench.plan.replacing("0.8", with: "0.75"))
    let error = #expect(throws: InvalidInput.self) { try bench.resume(FakeRunner()) }
    #expect(error?.description.contains("has changed since the sweep began") == true)
    #expect(throws: InvalidInput.self) { try bench.sweep(FakeRunner()) }
  }

  // MARK: Real trainings

  private static let small = """
    scenario: pendulum-balance
    conditions:
      - 'ppo={worlds: 8, blockSize: 2, rolloutLength: 32, minibatchSize: 64, epochs: 4}'
      - training.evaluationInterval=1024
      - training.stepLimit=4096
      - evaluation.tuningEpisodes=4
    swept:
      - key: ppo.clipRange
        values: [0.1, 0.2, 0.4]
    measure: score
    seeds: [1, 2]
    reportSeeds: [3]
    rungs: [1024, 2048, 4096]
    """

  /// A signal that comes after it was asked for so many times.
  private static func stop(after limit: Int) -> @Sendable () -> Int32 {
    let count = Counter()
    return { count.next() > limit ? SIGINT : 0 }
  }

  /// Without the columns of seconds.
  private static func timeless(_ csv: String) -> [[Substring]] {
    csv.split(separator: "\n").map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      return Array(cells[..<9] + cells[11...])
    }
  }

  @Test(
    "trainings go on from rung to rung by their checkpoints; interrupted or in parallel, all but the seconds is the same"
  )
  func real() throws {
    let bench = try Bench()
    _ = try bench.sweep(nil, plan: Self.small, into: "whole").run(parallel: 1)
    // Later each time, so that it comes to an end: what is stopped in the midst of an evaluation evaluates anew.
    var limit = 13
    var ending = try bench.sweep(nil, plan: Self.small).run(parallel: 2, stopSignal: Self.stop(after: limit))
    var stops = 0
    while ending == .interrupted(signal: SIGINT) {
      stops += 1
      limit = 3 * limit / 2
      ending = try bench.resume(nil).run(parallel: 2, stopSignal: Self.stop(after: limit))
    }
    #expect(stops > 1)
    let (whole, parts) = (try bench.text("whole/trials.csv"), try bench.text("sweep/trials.csv"))
    #expect(Self.timeless(whole) == Self.timeless(parts))
    // The training that went to the end in three steps is the one that `poise train` does at one go.
    let winner = try bench.resume(nil).result().winner
    let once = try TrainingRun(
      winner.scenario, seed: 1, folder: "\(bench.path)/once", threads: 1, instructionSet: .baseline, beginning: 0)
    _ = try once.run()
    #expect(
      try bench.text("once/progress.csv") == bench.text("sweep/runs/candidate\(winner.number)-seed1/progress.csv"))
    #expect(try bench.text("once/evaluations.csv").split(separator: "\n").count == 5)
  }

  // MARK: Plans

  @Test(
    "draws lie in their range, log-uniformly where asked, and a longer search begins with the draws of a shorter one")
  func draws() throws {
    var plan = SweepPlan()
    plan.search = .random
    plan.candidates = 2000
    var rate = SweptKey()
    (rate.key, rate.range, rate.scale) = ("ppo.learningRate.initial", 1e-5...1e-1, .logarithmic)
    var size = SweptKey()
    (size.key, size.range, size.isWhole) = ("ppo.minibatchSize", 32...64, true)
    plan.swept = [rate, size]
    let drawn = plan.drawn().map { $0.map { Double($0.flowText) ?? .nan } }
    #expect(drawn.allSatisfy { (1e-5...1e-1).contains($0[0]) && (32...64).contains($0[1]) })
    #expect(drawn.allSatisfy { $0[1] == $0[1].rounded() })
    // Each decade gets a quarter of 2,000: 500 ± 5 σ of 19.4.
    for decade in [1e-5, 1e-4, 1e-3, 1e-2] {
      let count = drawn.count { (decade..<10 * decade).contains($0[0]) }
      #expect(abs(count - 500) < 97, "\(count) above \(decade)")
    }
    plan.candidates = 10
    #expect(plan.drawn().map { $0.map { Double($0.flowText) ?? .nan } } == Array(drawn[..<10]))
    plan.seed = 2
    #expect(plan.drawn().map { $0.map { Double($0.flowText) ?? .nan } } != Array(drawn[..<10]))
  }

  @Test(
    "what is wrong with a plan is said with line and key",
    arguments: [
      ("swept: [{key: ppo.clipRange, values: [0.1]}]", "plan.yaml: scenario: found nothing"),
      ("scenario: pendulum-balance", "plan.yaml: swept: found nothing"),
      (
        "scenario: pendulum-balance\nswept:\n  - key: ppo.clipRange\n    values:\n      - 0.1\n      - 2",
        "plan.yaml:6: ppo.clipRange: found 2; allowed a number above 0 and below 1"
      ),
      (
        "scenario: pendulum-balance\nswept:\n  - {key: ppo.clipRnge, values: [0.1]}",
        "plan.yaml:3: ppo: found the unknown key 'clipRnge'"
      ),
      (
        "scenario: pendulum-balance\nconditions:\n  - ppo.epochs=0\nswept: [{key: ppo.clipRange, values: [0.1]}]",
        "plan.yaml:3: ppo.epochs: found 0"
      ),
      (
        "scenario: pendulum-balance\nconditions: [ppo.epochs]\nswept: [{key: ppo.clipRange, values: [0.1]}]",
        "plan.yaml:2: conditions.0: found no '='"
      ),
      (
        "scenario: pendulum-balance\nswept: [{key: ppo.clipRange, values: [0.1]}]\nseeds: [1, 2]\nreportSeeds: [2]",
        "plan.yaml:4: reportSeeds: found the seed 2 twice"
      ),
      (
        "scenario: pendulum-balance\nswept:\n  - {key: ppo.clipRange, range: [0.1, 0.3]}",
        "plan.yaml:3: swept.0: found a range; allowed values, in a grid"
      ),
      (
        "scenario: pendulum-balance\nsearch: random\nswept:\n  - {key: ppo.clipRange, range: [-1e308, 1e308]}",
        "plan.yaml:4: swept.0.range: found -1e+308 to 1e+308; allowed a range whose width is finite"
      ),
      (
        "scenario: pendulum-balance\nsearch: random\nswept:\n  - {key: ppo.epochs, range: [1, 1e300], isWhole: true}",
        "plan.yaml:4: swept.0.range: found 1.0 to 1e+300; allowed −2⁵³ to 2⁵³ for whole numbers"
      ),
      (
        "scenario: pendulum-balance\nswept:\n  - {key: ppo.clipRange, values: [0.1]}\nrungs: [20, 10]",
        "plan.yaml:4: rungs: found [20, 10]; allowed steps that ascend"
      ),
      (
        "scenario: pendulum-balance\nswept:\n  - {key: ppo.clipRange, values: [0.1]}\nrungs: [10]",
        "plan.yaml:4: rungs: found a first rung of 10 steps; allowed at least 2500"
      ),
      (
        "scenario: pendulum-balanc\nswept: [{key: ppo.clipRange, values: [0.1]}]", "Did you mean 'pendulum-balance'?"
      ),
    ])
  func problems(text: String, message: String) throws {
    let bench = try Bench()
    var description = "nothing"
    do { _ = try bench.sweep(FakeRunner(), plan: text) } catch { description = "\(error)" }
    #expect(description.contains(message), "\(description)")
    #expect(!FileManager.default.fileExists(atPath: "\(bench.path)/sweep"))
  }

  @Test("every key of a plan is declared without fault")
  func schema() { #expect(ConfigurationSchema.faults(of: SweepPlan.self) == []) }

  @Test(
    "the plans in Benchmarks/sweeps can be read, and report on seeds that choose nothing",
    arguments: try FileManager.default.contentsOfDirectory(atPath: "\(ProjectFolders.root)/Benchmarks/sweeps").filter {
      $0.hasSuffix(".yaml")
    }.sorted())
  func examples(name: String) throws {
    let bench = try Bench()
    let sweep = try Sweep(
      plan: "\(ProjectFolders.root)/Benchmarks/sweeps/\(name)", folder: "\(bench.path)/sweep",
      instructionSet: .baseline,
      runner: FakeRunner())
    #expect(sweep.candidates.count > 4 && !sweep.plan.reportSeeds.isEmpty)
  }
}

@Suite("Quantiles")
struct QuantilesTests {
  @Test("lie between neighbours linearly; infinities stay what they are")
  func quantiles() {
    let quantiles = Quantiles([4, 1, 3, 2])
    #expect([0, 0.25, 0.5, 0.75, 1].map { quantiles[$0] } == [1, 1.75, 2.5, 3.25, 4])
    #expect(Quantiles([7])[0.25] == 7)
    #expect(Quantiles([1, .infinity, .infinity])[0.5] == .infinity)
    #expect(Quantiles([1, 2, .infinity])[0.5] == 2)
    #expect(Quantiles([1, .infinity])[0.5] == .infinity)
    #expect(Quantiles([-.infinity, .infinity])[0.5] == -.infinity)
    #expect(Quantiles([-.infinity, 3])[0.5] == -.infinity)
    #expect(Quantiles([])[0.5].isNaN)
  }
}
