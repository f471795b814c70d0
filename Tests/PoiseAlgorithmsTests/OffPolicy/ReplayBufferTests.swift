@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import PoiseTasks
import Testing

/// Worlds whose every observation is a number of its own, and a diary of what happened, kept as plain lists.
private struct Diary {
  struct Transition: Hashable {
    var action, reward: Float
    var next: Float
    var isTerminated: Bool
  }

  let worlds: Int
  var random = RandomStream(seed: 3, purpose: .testing)
  /// Observations in the order in which the buffer gets them.
  var slots: [Float] = []
  /// What followed an observation.
  var transitions: [Float: Transition] = [:]
  private var current: [Float] = []

  init(worlds: Int) { self.worlds = worlds }

  private mutating func observation() -> Float {
    slots.append(Float(slots.count))
    return slots[slots.count - 1]
  }

  mutating func begin(_ buffer: inout ReplayBuffer) {
    current = (0..<worlds).map { _ in observation() }
    buffer.begin(worlds: 0..<worlds, observations: current)
  }

  /// One step of all worlds; each ends one episode in ten in each of the three ways.
  mutating func step(_ buffer: inout ReplayBuffer) {
    let actions = current.map { $0 + 0.25 }
    let rewards = current.map { -$0 }
    let endings = current.map { _ -> EpisodeEnding in
      EpisodeEnding(rawValue: UInt8([0, 0, 0, 0, 0, 0, 0, 1, 2, 3][random.index(below: 10)])) ?? .running
    }
    var finals = [Float](repeating: -1, count: worlds)
    var following: [Float] = []
    for w in 0..<worlds {
      let isFinal = endings[w] == .terminated || endings[w] == .truncated
      if isFinal { finals[w] = observation() }
      following.append(observation())
      if endings[w] != .fault {
        transitions[current[w]] = Transition(
          action: actions[w], reward: rewards[w], next: isFinal ? finals[w] : following[w],
          isTerminated: endings[w] == .terminated)
      }
    }
    buffer.record(
      worlds: 0..<worlds, actions: actions, rewards: rewards, endings: endings, finalObservations: finals,
      observations: following)
    current = following
  }
}

@Suite("Replay buffer")
struct ReplayBufferTests {
  /// Observations, and what one step from them brought, of many samples.
  static func sampled(_ buffer: ReplayBuffer, count: Int = 20_000, seed: UInt64 = 1) -> [Int: Int] {
    var random = RandomStream(seed: seed, purpose: .replaySampling)
    var indices = [Int](repeating: 0, count: count)
    buffer.sample(into: &indices, using: &random)
    return indices.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  static func observation(_ buffer: ReplayBuffer, at index: Int) -> Float {
    var row = AlignedVector<Float>(zeros: buffer.observationCount)
    buffer.gatherObservations([index], nil, into: &row)
    return row[0]
  }

  static func action(_ buffer: ReplayBuffer, at index: Int) -> Float {
    var row = AlignedVector<Float>(zeros: buffer.actionCount)
    buffer.gatherActions([index], into: &row)
    return row[0]
  }

  @Test(
    "holds the newest of what was lived, whole, before and after its wrap, with ended episodes in it",
    arguments: [(worlds: 1, steps: 40), (1, 97), (1, 400), (3, 20), (3, 250), (7, 333)])
  func diary(worlds: Int, steps: Int) {
    let capacity = 101
    var buffer = ReplayBuffer(capacity: capacity, observations: 1, actions: 1, worlds: worlds)
    var diary = Diary(worlds: worlds)
    diary.begin(&buffer)
    for _ in 0..<steps { diary.step(&buffer) }
    #expect(buffer.written == diary.slots.count && buffer.filled == min(capacity, diary.slots.count))

    let kept = Set(diary.slots.suffix(capacity))
    let expected = diary.transitions.filter { kept.contains($0.key) }
    #expect(buffer.transitionCount == expected.count)
    let indices = Self.sampled(buffer)
    #expect(Set(indices.keys.map { Self.observation(buffer, at: $0) }) == Set(expected.keys))
    for index in indices.keys {
      let wanted = expected[Self.observation(buffer, at: index)]
      let outcome = buffer.outcome(of: index, steps: 1, discountFactor: 0.5)
      #expect(Self.action(buffer, at: index) == wanted?.action)
      #expect(outcome.rewards == wanted?.reward)
      #expect(outcome.discount == (wanted?.isTerminated == true ? 0 : 0.5))
      #expect(Self.observation(buffer, at: outcome.index) == wanted?.next)
    }
    // Uniform: the chi-square statistic of k cells has mean k − 1 and variance 2 (k − 1).
    let mean = 20_000 / Double(expected.count)
    let statistic = indices.values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean }
    let freedom = Double(expected.count - 1)
    #expect(
      abs(statistic - freedom) < 4 * (2 * freedom).squareRoot(), "\(statistic) with \(freedom) degrees of freedom")
  }

  @Test("n steps are summed by hand across an end, a time limit, a fault and what has not happened yet")
  func outcomes() {
    // Rewards 1, 2, 3, … γ = 1/2. Episodes: 2 steps, terminated; 2 steps, truncated; 1 step, then a fault; 2 steps so far.
    var buffer = ReplayBuffer(capacity: 100, observations: 1, actions: 1, worlds: 1)
    buffer.begin(worlds: 0..<1, observations: [10])
    let story: [(EpisodeEnding, final: Float, next: Float)] = [
      (.running, -1, 11), (.terminated, 12, 20), (.running, -1, 21), (.truncated, 22, 30), (.running, -1, 31),
      (.fault, 31, 40), (.running, -1, 41), (.running, -1, 42),
    ]
    for (i, step) in story.enumerated() {
      buffer.record(
        worlds: 0..<1, actions: [0], rewards: [Float(i + 1)], endings: [step.0], finalObservations: [step.final],
        observations: [step.next])
    }
    let indices = Self.sampled(buffer, count: 500).keys
    let byObservation = Dictionary(uniqueKeysWithValues: indices.map { (Self.observation(buffer, at: $0), $0) })
    func outcome(_ start: Float, _ n: Int) -> [Float] {
      let outcome = buffer.outcome(of: byObservation[start] ?? -1, steps: n, discountFactor: 0.5)
      return [outcome.rewards, outcome.discount, Self.observation(buffer, at: outcome.index)]
    }
    #expect(byObservation.keys.sorted() == [10, 11, 20, 21, 30, 40, 41])
    #expect(outcome(10, 1) == [1, 0.5, 11])
    #expect(outcome(10, 2) == [1 + 0.5 * 2, 0, 12])  // terminated: nothing follows
    #expect(outcome(10, 5) == [2, 0, 12])
    #expect(outcome(11, 3) == [2, 0, 12])
    #expect(outcome(20, 2) == [3 + 0.5 * 4, 0.25, 22])  // truncated: γ² V of the last observation
    #expect(outcome(20, 9) == [5, 0.25, 22])
    #expect(outcome(21, 3) == [4, 0.5, 22])
    #expect(outcome(30, 1) == [5, 0.5, 31])
    #expect(outcome(30, 3) == [5, 0.5, 31])  // what came after 31 cannot be trusted
    #expect(outcome(40, 3) == [7 + 0.5 * 8, 0.25, 42])  // as far as it has come
    #expect(outcome(41, 3) == [8, 0.5, 42])
  }

  @Test("an observation costs its bytes once: 4 for each number, reward and link")
  func bytes() {
    var buffer = ReplayBuffer(capacity: 1000, observations: 60, actions: 16, worlds: 1)
    #expect(buffer.bytesPerTransition == 4 * (60 + 16 + 1 + 1))
    let row = [Float](repeating: 0, count: 60)
    buffer.begin(worlds: 0..<1, observations: row)
    for _ in 0..<100 {
      buffer.record(
        worlds: 0..<1, actions: [Float](repeating: 0, count: 16), rewards: [0], endings: [.running],
        finalObservations: row, observations: row)
    }
    #expect(buffer.written == 101 && buffer.transitionCount == 100)
    #expect(buffer.bytes(of: 0..<101).count == 101 * buffer.bytesPerTransition)
  }

  @Test("kept as bytes and read back, half full or wrapped, it goes on to the same bits", arguments: [20, 60, 500])
  func keeping(steps: Int) {
    let capacity = 101
    var buffer = ReplayBuffer(capacity: capacity, observations: 1, actions: 1, worlds: 2)
    var diary = Diary(worlds: 2)
    diary.begin(&buffer)
    for _ in 0..<steps { diary.step(&buffer) }
    var copy = ReplayBuffer(capacity: capacity, observations: 1, actions: 1, worlds: 2)
    let hasBegun = copy.begin(from: buffer.state)
    // Settled slots do not change: they could have been written at any time before.
    #expect(buffer.settled < buffer.written && buffer.settled >= buffer.written - 4)
    let hasOld = copy.restore(buffer.oldest, from: buffer.bytes(of: buffer.oldest..<buffer.settled))
    let hasNew = copy.restore(buffer.settled, from: buffer.bytes(of: buffer.settled..<buffer.written))
    #expect(hasBegun && hasOld && hasNew)
    var (diary1, diary2) = (diary, diary)
    for _ in 0..<150 {
      #expect(copy.transitionCount == buffer.transitionCount && copy.state == buffer.state)
      #expect(copy.bytes(of: copy.oldest..<copy.written) == buffer.bytes(of: buffer.oldest..<buffer.written))
      #expect(Self.sampled(copy, count: 50) == Self.sampled(buffer, count: 50))
      diary1.step(&buffer)
      diary2.step(&copy)
    }
    var other = ReplayBuffer(capacity: capacity + 1, observations: 1, actions: 1, worlds: 2)
    let fits = other.begin(from: buffer.state)
    #expect(!fits, "the state of a buffer of another size")
  }
}
