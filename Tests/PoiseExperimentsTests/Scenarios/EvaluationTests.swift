import Foundation
import PoiseAlgorithms
@testable import PoiseControl
import PoiseCore
@testable import PoiseEnvironments
import PoiseNetworks
@testable import PoiseScenarios
@testable import PoiseTasks
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("Evaluation")
struct EvaluationTests {
  static func scenario(_ name: String) throws -> LoadedScenario {
    try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml")
  }

  static func goal(_ bounds: [(String, Double)]) -> BoundGoal {
    BoundGoal(Goal(bounds.map { Goal.Bound($0.0, $0.1) }), metrics: EpisodeQuality.metrics)
  }

  @Test("a table shows a small negative number as 0, not as −0")
  func negativeZero() {
    #expect(EvaluationTable.number("%.4f", -0.00001) == "0.0000")
    #expect(EvaluationTable.number("%.0f", -0.0) == "0")
    #expect(EvaluationTable.number("%.1f", -10) == "-10.0" && EvaluationTable.number("%.1f", -.infinity) == "-inf")
  }

  @Test("a goal may ask for any metric of the task, and where less is better for no more of it")
  func anyMetric() throws {
    let overrides = ["goal.worstPenetrationM=0.01", "goal.uprightShare=0.9"]
    let loaded = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/humanoid-stand.yaml", overrides: overrides)
    #expect(loaded.settings.goal["worstPenetrationM"] == 0.01)
    var result = try Evaluation(try Self.scenario("pendulum-balance"), episodes: 2, seed: 4, instructionSet: .baseline)
      .run(.baseline(.zero), pool: WorkerPool(threadCount: 1))
    result.metrics["worst_penetration_m"] = 0.02
    let goal = Self.goal([("worstPenetrationM", 0.01)])
    #expect(!goal.isReached(by: result))
    result.metrics["worst_penetration_m"] = 0.005
    #expect(goal.isReached(by: result))
    #expect(goal.ranking(of: result) == [1, -0.005, result.return.mean])
  }

  @Test(
    "a goal that the task cannot tell is refused with the metrics that it has, and so is one beyond a metric's range")
  func badGoals() throws {
    let path = "\(ProjectFolders.root)/scenarios/humanoid-stand.yaml"
    let error = #expect(throws: InvalidInput.self) {
      try LoadedScenario(contentsOf: path, overrides: ["goal.survivalRat=1", "goal.tiltRewardPerStep=0.5"])
    }
    let text = error?.description ?? ""
    #expect(text.contains("Did you mean 'survivalRate'?") && text.contains("of at most 0"), "\(text)")
  }

  @Test("each baseline gives the same result for any number of threads", arguments: BaselineController.allCases)
  func threads(baseline: BaselineController) throws {
    // A planner takes long, so its episodes are short.
    let loaded = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/cartpole-balance.yaml",
      overrides: baseline == .plan ? ["episodeSeconds=0.4", "plan.samples=6", "plan.horizon=8", "plan.knots=4"] : [])
    let evaluation = Evaluation(loaded, episodes: 9, seed: 4, instructionSet: .baseline)
    let one = try evaluation.run(.baseline(baseline), pool: WorkerPool(threadCount: 1))
    let three = try evaluation.run(.baseline(baseline), pool: WorkerPool(threadCount: 3))
    #expect(one == three)
    #expect(one.algorithm == baseline.rawValue && one.episodes == 9 && one.faults == 0)
  }

  @Test("steps missing after a fall count −(60°)², and the mean over the steps lived stands beside it")
  func scores() throws {
    let task = try Self.scenario("pendulum-balance").requireRobot(for: "this test").task
    #expect(task.timing.stepLimit == 200)
    func summary(_ episode: Int, steps: Int, _ ending: EpisodeEnding, tilt: Double) -> EpisodeSummary {
      var quality = EpisodeQuality()
      quality.tiltReward = tilt
      quality.uprightSteps = steps / 2
      let plan = QualityPlan(task, plan: task.fullPlan)
      let measurements = quality.finished(steps, ending, plan).measurements(steps, ending, plan)
      return EpisodeSummary(
        environment: 0, episode: episode,
        start: EpisodeStart(random: RandomStream(seed: 1, purpose: .testing), stepLimit: 200),
        ending: ending, steps: steps, totalReward: Double(steps), rewardTerms: [Double(steps), 0],
        measurements: measurements)
    }
    let result = EvaluationResult(
      [summary(0, steps: 200, .truncated, tilt: -2), summary(1, steps: 100, .terminated, tilt: -4)], task: task,
      controller: "test", seed: 1)
    let missing = -(Double.pi / 3) * (Double.pi / 3)
    let second = (-4 + 100 * missing) / 200
    let expected = (-0.01 + second) / 2
    #expect(abs(result.tiltRewardPerStep - expected) < 1e-12)
    #expect(abs(result.tiltRewardPerLivedStep - -6 / 300.0) < 1e-12)
    #expect(result.survivalRate == 0.5 && result.successRate == nil)
    #expect(abs(result.episodeSecondsMean - 7.5) < 1e-12 && result.return.mean == 150)
    #expect(abs(result.uprightShare - 0.375) < 1e-12)
  }

  @Test(
    "in parts it is the same evaluation, and one that is decided is that of the first episodes", arguments: [2, 3, 8])
  func parts(partEpisodes: Int) throws {
    func evaluation(_ episodes: Int) throws -> Evaluation {
      Evaluation(try Self.scenario("cartpole-balance"), episodes: episodes, seed: 4, instructionSet: .baseline)
    }
    let pool = WorkerPool(threadCount: 2)
    var asked: [Int] = []
    let whole = try evaluation(9).run(
      .baseline(.random), pool: pool, partEpisodes: partEpisodes,
      isDecided: {
        asked.append($0.episodes)
        return false
      }, isStopped: { false })
    #expect(try whole == evaluation(9).run(.baseline(.random), pool: pool))
    #expect(asked == Array(stride(from: partEpisodes, to: 9, by: partEpisodes)))
    let first = try evaluation(9).run(
      .baseline(.random), pool: pool, partEpisodes: partEpisodes, isDecided: { _ in true }, isStopped: { false })
    #expect(try first == evaluation(partEpisodes).run(.baseline(.random), pool: pool))
  }

  @Test("more episodes than worlds come in parts, too")
  func partsOfManyEpisodes() throws {
    let evaluation = Evaluation(
      try Self.scenario("cartpole-balance"), episodes: 300, seed: 4, instructionSet: .baseline)
    let pool = WorkerPool(threadCount: 1)
    var asked: [Int] = []
    let parts = try evaluation.run(
      .baseline(.zero), pool: pool, partEpisodes: 100,
      isDecided: {
        asked.append($0.episodes)
        return false
      }, isStopped: { false })
    #expect(try parts == evaluation.run(.baseline(.zero), pool: pool))
    // Of 128 worlds those of the first part, 42, have three episodes each.
    #expect(asked.count == 3 && asked[0] == (0..<300).count { $0 % 128 < 42 }, "\(asked)")
  }

  @Test("a policy is judged alike in parts and whole, on any number of threads")
  func partsOfPolicies() throws {
    let scenario = try Self.scenario("cartpole-balance")
    let trainer = try scenario.makeTrainer(
      seed: 3, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    while trainer.environmentSteps < 8000 { _ = trainer.iterate(stepLimit: 8000) }
    let controller = ControllerChoice.policy(trainer.policy, name: "ppo")
    let evaluation = Evaluation(scenario, episodes: 10, seed: 4, instructionSet: .baseline)
    let whole = try evaluation.run(controller, pool: WorkerPool(threadCount: 1))
    for (parts, threads) in [(3, 1), (3, 2), (4, 4), (10, 2)] {
      let result = try evaluation.run(
        controller, pool: WorkerPool(threadCount: threads), partEpisodes: parts, isStopped: { false })
      #expect(result == whole, "parts of \(parts), \(threads) threads")
    }
  }

  @Test("of two checkpoints the one that reaches the goal is better, however few lucky episodes the other had")
  func ranking() throws {
    var result = try Evaluation(try Self.scenario("pendulum-balance"), episodes: 2, seed: 4, instructionSet: .baseline)
      .run(.baseline(.zero), pool: WorkerPool(threadCount: 1))
    let goal = Self.goal([("survivalRate", 0.97), ("tiltRewardPerStep", -0.02)])
    (result.survivalRate, result.tiltRewardPerStep) = (0.98, -0.01)
    let reached = goal.ranking(of: result)
    (result.survivalRate, result.tiltRewardPerStep) = (1, -0.12)
    #expect(goal.ranking(of: result).lexicographicallyPrecedes(reached))
    (result.survivalRate, result.tiltRewardPerStep) = (0.99, -0.01)
    #expect(reached.lexicographicallyPrecedes(goal.ranking(of: result)))
  }

  @Test("JSON has the keys that are promised, reads back as the same result")
  func json() throws {
    let evaluation = Evaluation(
      try Self.scenario("pendulum-swingup"), episodes: 3, seed: 4, instructionSet: .baseline)
    let result = try evaluation.run(.baseline(.zero), pool: WorkerPool(threadCount: 1))
    let text = try result.json()
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    for key in [
      "scenario", "algorithm", "seed", "episodes", "return", "tilt_reward_per_step", "survival_rate", "success_rate",
      "episode_seconds_mean", "worst_joint_limit_violation_rad", "worst_penetration_m", "faults",
    ] { #expect(object[key] != nil, "\(key)") }
    let statistics = try #require(object["return"] as? [String: Any])
    #expect(statistics.keys.sorted() == ["ci95", "iqm", "mean", "std"])
    #expect(try JSONDecoder().decode(EvaluationResult.self, from: Data(text.utf8)) == result)
  }

  @Test("a goal is out of reach exactly where it is missed though all further episodes were perfect", arguments: 0...10)
  func outOfReach(falls: Int) throws {
    let scenario = try Self.scenario("pendulum-balance")
    let goal = Self.goal([("survivalRate", 0.97), ("tiltRewardPerStep", -0.02)])
    var result = try Evaluation(scenario, episodes: 20, seed: 4, instructionSet: .baseline)
      .run(.baseline(.zero), pool: WorkerPool(threadCount: 1))
    for leans in 0...12 {
      // Of 100 episodes 20 are known: so many fell, and their lean counts a fifth.
      (result.survivalRate, result.tiltRewardPerStep) = (Double(20 - falls) / 20, -0.01 * Double(leans))
      #expect(goal.isOutOfReach(after: result, of: 100) == (falls > 3 || leans > 10), "\(falls) falls, \(leans) leans")
      var perfect = result
      perfect.survivalRate = Double(100 - falls) / 100
      perfect.tiltRewardPerStep = result.tiltRewardPerStep / 5
      #expect(goal.isReached(by: perfect) || goal.isOutOfReach(after: result, of: 100))
    }
    #expect(!Self.goal([("meanReturn", 1e9)]).isOutOfReach(after: result, of: 100))
  }

  @Test("a goal asks for all of its scores, and for nothing where there is none")
  func goals() throws {
    let evaluation = Evaluation(
      try Self.scenario("pendulum-balance"), episodes: 2, seed: 4, instructionSet: .baseline)
    var result = try evaluation.run(.baseline(.zero), pool: WorkerPool(threadCount: 1))
    (result.survivalRate, result.tiltRewardPerStep) = (0.95, -0.03)
    #expect(!Self.goal([]).isReached(by: result))
    #expect(Self.goal([("survivalRate", 0.95)]).isReached(by: result))
    let goal = Self.goal([("survivalRate", 0.95), ("tiltRewardPerStep", -0.02)])
    #expect(!goal.isReached(by: result))
    #expect(goal.ranking(of: result) == [0, 0.95, -0.03, result.return.mean])
  }
}

@Suite("Statistics of samples")
struct SampleStatisticsTests {
  @Test("mean, deviation, interquartile mean by hand; the interval holds the mean and repeats")
  func byHand() {
    let values = [1.0, 100, 2, 3, 4, 5, 6, -50]
    let stream = RandomStream(seed: 1, purpose: .statistics)
    let statistics = SampleStatistics(values, random: stream)
    #expect(statistics.mean == 8.875)  // 71 / 8
    #expect(statistics.iqm == 3.5)  // of 2, 3, 4, 5
    let squares = values.map { ($0 - 8.875) * ($0 - 8.875) }.reduce(0, +)
    let deviation = (squares / 7).squareRoot()
    #expect(abs(statistics.std - deviation) < 1e-12)
    #expect(statistics.ci95[0] < statistics.mean && statistics.mean < statistics.ci95[1])
    #expect(SampleStatistics(values, random: stream) == statistics)
    let one = SampleStatistics([3], random: stream)
    #expect(one.std == 0)
    #expect(one.ci95 == [3, 3])
    #expect(one.iqm == 3)
  }
}

extension SampleStatisticsTests {
  @Test(
    "the 95 % interval of the mean is ±1.96 standard errors where the sample is large and normal, and covers as often")
  func interval() {
    var random = RandomStream(seed: 3, purpose: .testing)
    let sample = (0..<400).map { _ in 7 + 2 * random.normal() }
    let statistics = SampleStatistics(sample, random: RandomStream(seed: 1, purpose: .statistics))
    let error = statistics.std / 20
    // 2,000 resamples know a quantile of 2.5 % to about 3 % of its distance.
    #expect(abs((statistics.mean - statistics.ci95[0]) / error - 1.96) < 0.2, "\(statistics)")
    #expect(abs((statistics.ci95[1] - statistics.mean) / error - 1.96) < 0.2, "\(statistics)")
    // Of 200 samples of 50, 95 % of the intervals should hold the true mean, the bootstrap's a little fewer; of 80 % ones 160.
    let covered = (0..<200).count { k in
      let values = (0..<50).map { _ in random.normal() }
      let interval = SampleStatistics(
        values, random: RandomStream(seed: 1, purpose: .statistics, index: k), resamples: 400
      ).ci95
      return interval[0] <= 0 && 0 <= interval[1]
    }
    #expect((176...199).contains(covered), "\(covered) of 200")
  }
}

@Suite("Event files")
struct EventRecordTests {
  @Test("the checksum is CRC-32C")
  func checksum() {
    // Check value of CRC-32/ISCSI in the catalogue of parametrised CRC algorithms.
    #expect(CRC32.castagnoli.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32.castagnoli.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)  // RFC 3720, B.4
  }

  @Test("a record is length, checksum, event, checksum")
  func layout() {
    let bytes = EventRecord.scalars([("a", 1.5)], step: 300, wallTime: 2)
    // 09 double 2.0; 10 varint 300; 2a summary { 0a value { 0a "a"; 15 float 1.5 } }
    let event: [UInt8] = [
      0x09, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x10, 0xAC, 0x02, 0x2A, 10, 0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0xC0, 0x3F,
    ]
    #expect(Array(bytes[..<8]) == [24, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(bytes[12..<36]) == event && bytes.count == 40)
  }

  @Test("rare numbers survive JSON in a tensor to the bit")
  func rareNumbers() throws {
    let values = [-0.0, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.0 / 3, -1e-7]
    let back: [Double] = try Tensor.decode("x", in: ["x": Tensor(encoding: values)], file: "test")
    #expect(back.map(\.bitPattern) == values.map(\.bitPattern))
    let floats: [Float] = [-0.0, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3]
    let floatsBack: [Float] = try Tensor.decode("x", in: ["x": Tensor(encoding: floats)], file: "test")
    #expect(floatsBack.map(\.bitPattern) == floats.map(\.bitPattern))
    let stream = RandomStream(seed: .max, purpose: .testing, index: 1 << 40)
    let streamBack: RandomStream = try Tensor.decode("x", in: ["x": Tensor(encoding: stream)], file: "test")
    #expect(streamBack == stream)
    let odd: [Double] = try Tensor.decode(
      "x", in: ["x": Tensor(encoding: [Double.nan, .infinity, -.infinity])], file: "test")
    #expect(odd.count == 3 && odd[0].isNaN && odd[1] == .infinity && odd[2] == -.infinity)
  }
}
