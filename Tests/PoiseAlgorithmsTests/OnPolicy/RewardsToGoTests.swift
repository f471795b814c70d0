@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

@Suite("Rewards-to-go")
struct RewardsToGoTests {
  private static func sums(_ rewards: [Float], _ endings: [EpisodeEnding]) -> [Float] {
    var sums = [Float](repeating: .nan, count: rewards.count)
    RewardsToGo.write(rewards: rewards, endings: endings, discountFactor: 0.5, into: &sums)
    return sums
  }

  @Test("by hand: they stop at a termination, at a truncation and at the cut, and nothing is bootstrapped")
  func byHand() {
    // R₅ = 6; R₄ = 5 + 3 = 8; R₃ = 4, truncated; R₂ = 3 + 2 = 5; R₁ = 2, terminated; R₀ = 1 + 1 = 2
    #expect(
      Self.sums([1, 2, 3, 4, 5, 6], [.running, .terminated, .running, .truncated, .running, .running])
        == [2, 2, 5, 4, 8, 6])
  }

  @Test("a faulted step counts nothing, and nothing after it counts for what came before")
  func faults() { #expect(Self.sums([1, 100, 3], [.running, .fault, .running]) == [1, 0, 3]) }
}

@Suite("Advantages of a group")
struct GroupAdvantageTests {
  private static func advantages(_ rule: GRPOParameters.Advantage, _ returns: [Float]) -> [Float] {
    var values = returns
    GroupAdvantage.write(rule, &values)
    return values
  }

  @Test("by hand: the mean of 1, 2, 6 is 3, their deviation √7; the others' means are 4, 3.5, 1.5")
  func byHand() {
    let root = Float(7).squareRoot()
    for (a, b) in zip(Self.advantages(.standardized, [1, 2, 6]), [-2 / root, -1 / root, 3 / root]) {
      #expect(abs(a - b) < 1e-6)
    }
    #expect(Self.advantages(.centered, [1, 2, 6]) == [-2, -1, 3])
    #expect(Self.advantages(.leaveOneOut, [1, 2, 6]) == [-3, -1.5, 4.5])
  }

  @Test("a group of equal returns teaches nothing, not even its rounding", arguments: GRPOParameters.Advantage.allCases)
  func equal(rule: GRPOParameters.Advantage) {
    #expect(Self.advantages(rule, [3, 3, 3, 3]) == [0, 0, 0, 0])
    #expect(Self.advantages(rule, [1000, Float(1000).nextUp, 1000]) == [0, 0, 0])
    #expect(Self.advantages(rule, [7]) == [0])
    #expect(Self.advantages(rule, [3, 3.01, 3]).contains { $0 > 0 })
  }

  @Test("a group of one is refused, and worlds that are no multiple of a group")
  func refused() {
    for (keys, word) in [
      ([("groupSize", "1")], "groupSize"), ([("groupSize", "3")], "multiple"),
      ([("groupSize", "16"), ("worlds", "32")], "blockSize"),
    ] {
      let tree = ConfigurationNode.mapping(keys.map { ($0.0, .plain($0.1)) })
      let error = #expect(throws: InvalidInput.self) { try Configured<GRPOParameters>(reading: tree) }
      #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }
  }

  /// Three worlds whose rewards and endings are given: [time][world].
  private static func segment(
    _ grpo: GRPO, _ rewards: [[Float]], _ endings: [[EpisodeEnding]]
  ) -> RolloutSegment {
    var segment = RolloutSegment(grpo.model, worlds: 3, steps: 4, isEpisodic: true, instructionSet: .baseline)
    var random = (0..<3).map { RandomStream(seed: 1, purpose: .testing, index: $0) }
    var actions: [Float] = [0, 0, 0]
    let zeros = [Float](repeating: 0, count: 6)
    segment.begin()
    for (rewards, endings) in zip(rewards, endings) {
      segment.act(zeros, grpo.model, random: &random, into: &actions)
      segment.record(rewards: rewards, endings: endings, finalObservations: zeros, grpo.model)
    }
    segment.finish(zeros, grpo.model)
    grpo.estimateAdvantages(of: &segment, rewardScale: 1)
    return segment
  }

  private static func grpo(_ weight: GRPOParameters.Weight) -> GRPO {
    var settings = GRPOParameters()
    settings.common.becomeSmall(worlds: 3, rolloutLength: 4, learningRate: 1e-3)
    (settings.groupSize, settings.common.blockSize) = (3, 3)
    settings.common.discountFactor = 0.5
    (settings.weight, settings.advantage) = (weight, .centered)
    return GRPO(
      settings,
      for: LearnerContext(observationSpace: box(2), actionSpace: box(1), seed: 1, instructionSet: .baseline))
  }

  @Test("rewards-to-go are compared at the same time, to which an episode that is over contributes 0")
  func sameTime() {
    // World 1 terminates with its second step; 100 would be a step of a world that stands still.
    let rewards: [[Float]] = [[4, 2, 0], [4, 2, 0], [4, 100, 1]]
    let endings: [[EpisodeEnding]] = [
      [.running, .running, .running], [.running, .terminated, .running], [.truncated, .running, .truncated],
    ]
    let segment = Self.segment(Self.grpo(.rewardToGo), rewards, endings)
    // R of world 0: 7, 6, 4; of world 1: 3, 2, over; of world 2: ¼, ½, 1. Means: 10.25 / 3, 8.5 / 3, 5 / 3.
    let expected: [Float] = [
      7 - 10.25 / 3, 3 - 10.25 / 3, 0.25 - 10.25 / 3, 6 - 8.5 / 3, 2 - 8.5 / 3, 0.5 - 8.5 / 3, 4 - 5 / 3, 0, 1 - 5 / 3,
    ]
    for (k, value) in expected.enumerated() where k != 7 { #expect(abs(segment.advantages[k] - value) < 1e-5, "\(k)") }
    #expect(segment.usedSteps == 8 && segment.livedSteps == 8 && !segment.isUsed[7])
    // The whole episode's weight stands at each of its steps.
    let whole = Self.segment(Self.grpo(.episode), rewards, endings)
    for k in [0, 3, 6] { #expect(abs(whole.advantages[k] - (7 - 10.25 / 3)) < 1e-5) }
  }

  @Test("a world whose episode ends as a fault is left out of its group, steps and return")
  func fault() {
    let segment = Self.segment(
      Self.grpo(.episode), [[4, 50, 0], [4, 50, 0]],
      [[.running, .fault, .running], [.truncated, .running, .truncated]])
    #expect(segment.usedSteps == 4 && segment.livedSteps == 5)
    #expect(segment.advantages[0] == 3 && segment.advantages[2] == -3)
    // A later fault takes the good steps before it along.
    let later = Self.segment(
      Self.grpo(.episode), [[4, 50, 0], [4, 50, 0]],
      [[.running, .running, .running], [.truncated, .fault, .truncated]])
    #expect(later.usedSteps == 4 && later.livedSteps == 6)
    #expect(later.advantages[0] == 3 && later.advantages[2] == -3)
  }
}
