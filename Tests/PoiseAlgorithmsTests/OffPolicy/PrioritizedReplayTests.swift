import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

@Suite("Prioritised replay")
struct PrioritizedReplayTests {
  @Test(
    "a tree finds the element in whose part of the sum a mark lies, and never one of number 0",
    arguments: [1, 5, 8, 13])
  func tree(count: Int) {
    var random = RandomStream(seed: 5, purpose: .testing)
    var tree = PriorityTree(count: count)
    var numbers = [Double](repeating: 0, count: count)
    for round in 0..<200 {
      let index = random.index(below: count)
      numbers[index] = round % 3 == 0 && count > 1 ? 0 : random.uniform()
      tree[index] = numbers[index]
      guard numbers.contains(where: { $0 > 0 }) else { continue }
      #expect(abs(tree.total - numbers.reduce(0, +)) < 1e-12 && tree.values == numbers)
      let mark = random.uniform() * tree.total
      var (sum, wanted) = (0.0, 0)
      for (i, number) in numbers.enumerated() where number > 0 {
        wanted = i
        sum += number
        if mark < sum { break }
      }
      #expect(tree.element(at: mark) == wanted)
      // Rounding may bring a mark to the sum or beyond.
      #expect(numbers[tree.element(at: tree.total * 1.0000001)] > 0 && numbers[tree.element(at: 0)] > 0)
    }
    // The bits depend on the numbers alone, not on the order in which they came.
    #expect(PriorityTree(numbers).total == tree.total)
  }

  /// A shard of all rows with the errors that a test wants.
  private struct Rows: TransitionShard {
    var rows: Range<Int>
    var batch: TransitionRows
  }

  private static func buffer(transitions: Int, capacity: Int = 100) -> ReplayBuffer {
    var buffer = ReplayBuffer(capacity: capacity, observations: 1, actions: 1, worlds: 1)
    buffer.begin(worlds: 0..<1, observations: [0])
    for i in 0..<transitions { record(i, in: &buffer) }
    return buffer
  }

  private static func record(_ i: Int, in buffer: inout ReplayBuffer, ending: EpisodeEnding = .running) {
    buffer.record(
      worlds: 0..<1, actions: [0], rewards: [Float(i)], endings: [ending], finalObservations: [0],
      observations: [Float(i + 1)])
  }

  private static func sampler(_ settings: PrioritySettings, batch: Int) -> BatchSampler {
    var common = OffPolicySettings()
    (common.batchSize, common.prioritization) = (batch, settings)
    return BatchSampler(common, random: RandomStream(seed: 3, purpose: .replaySampling))
  }

  /// Gives each transition of the last batch the error that `error` says.
  private static func learn(_ sampler: inout BatchSampler, _ buffer: ReplayBuffer, error: (Int) -> Float) {
    let n = sampler.indices.count
    var batch = TransitionRows(rows: n, observations: 1, actions: 1, isWeighted: true)
    batch.load(
      buffer, rows: 0..<n, of: sampler.indices, weights: sampler.weights, nil, OffPolicySettings())
    for (row, index) in sampler.indices.enumerated() { batch.note(error: -error(index), row: row) }
    sampler.learn(from: [Rows(rows: 0..<n, batch: batch)])
  }

  @Test(
    "transitions are drawn as often as their priorities say, and their weights take that back",
    arguments: [(0.0, 1.0), (0.6, 0.4), (1.0, 1.0)])
  func frequencies(α: Double, β: Double) {
    let buffer = Self.buffer(transitions: 20)
    var settings = PrioritySettings()
    (settings.exponent, settings.initialCorrection, settings.finalCorrection) = (α, β, β)
    (settings.leastPriority, settings.correctionUpdates) = (0.5, 1)
    var sampler = Self.sampler(settings, batch: 2000)
    // At first all have the same priority, so that a large batch holds each of them.
    sampler.draw(from: buffer, update: 1)
    #expect(Set(sampler.indices) == Set(0..<20) && Array(sampler.weights).allSatisfy { $0 == 1 })
    func error(_ index: Int) -> Float { Float(index % 5) }
    Self.learn(&sampler, buffer, error: error)

    let priorities = (0..<20).map { pow(Double(error($0)) + 0.5, α) }
    let sum = priorities.reduce(0, +)
    let chances = priorities.map { $0 / sum }
    for i in 0..<20 { #expect(abs(sampler.probability(of: i) - chances[i]) < 1e-12) }
    var counts = [Double](repeating: 0, count: 20)
    let greatest = chances.map { pow(20 * $0, -β) }.max() ?? 1
    for _ in 0..<50 {
      sampler.draw(from: buffer, update: 2)
      for (row, index) in sampler.indices.enumerated() {
        counts[index] += 1
        let wanted = pow(20 * chances[index], -β) / greatest
        #expect(abs(Double(sampler.weights[row]) - wanted) < 1e-6)
      }
    }
    let draws = 100_000.0
    for i in 0..<20 {
      // Stratified draws vary less than independent ones.
      #expect(abs(counts[i] / draws - chances[i]) < 5 * (chances[i] * (1 - chances[i]) / draws).squareRoot())
    }
    // With β = 1 the weighted mean of anything is its mean over all transitions.
    guard β == 1 else { return }
    var (weighted, total) = (0.0, 0.0)
    for i in 0..<20 {
      let weight = 1 / (20 * chances[i])
      weighted += counts[i] * weight * Double(i * i)
      total += counts[i] * weight
    }
    #expect(abs(weighted / total - 123.5) < 2, "\(weighted / total)")
  }

  @Test("new transitions have the largest priority so far; overwritten ones and ends of episodes are never drawn")
  func turnover() {
    var buffer = Self.buffer(transitions: 50)
    var settings = PrioritySettings()
    settings.exponent = 1
    var sampler = Self.sampler(settings, batch: 64)
    for round in 0..<60 {
      sampler.draw(from: buffer, update: round + 1)
      for index in sampler.indices { #expect(buffer.hasTransition(at: index)) }
      Self.learn(&sampler, buffer) { _ in 7 }
      // The oldest are gone after some rounds: 4 transitions and an end for each round, 100 slots.
      for k in 0..<4 { Self.record(round, in: &buffer, ending: k == 3 ? .truncated : .running) }
    }
    sampler.draw(from: buffer, update: 61)
    let drawable = (0..<100).filter { sampler.probability(of: $0) > 0 }
    #expect(drawable == (0..<100).filter { buffer.hasTransition(at: $0) } && drawable.count == buffer.transitionCount)
    // The newest transition, never drawn, is as likely as those whose error was 7 (and ε).
    let newest = (buffer.written - 3) % 100
    let most = drawable.map { sampler.probability(of: $0) }.max() ?? 0
    #expect(buffer.hasTransition(at: newest) && abs(sampler.probability(of: newest) - most) < 1e-9)
  }

  @Test("β rises linearly and stays; a learner that begins with what another knows begins its priorities anew")
  func corrections() throws {
    var settings = PrioritySettings()
    settings.correctionUpdates = 10
    #expect(settings.correction(at: 1) == 0.4 && abs(settings.correction(at: 6) - 0.7) < 1e-12)
    #expect(settings.correction(at: 11) == 1 && settings.correction(at: 1000) == 1)

    let long = Self.buffer(transitions: 90)
    var sampler = Self.sampler(settings, batch: 32)
    sampler.draw(from: long, update: 1)
    Self.learn(&sampler, long) { Float($0) }
    let memory = OffPolicyMemory(updates: 1, sampler: sampler, streams: [], health: LearnerHealth())
    var other = Self.sampler(settings, batch: 32)
    other.restore(memory.sampling, memory.priorities, sampler.tensors())
    sampler.draw(from: long, update: 2)
    other.draw(from: long, update: 2)
    #expect(other.indices == sampler.indices && other.weights == sampler.weights)
    var fresh = Self.sampler(settings, batch: 32)
    fresh.restore(memory.sampling, memory.priorities, sampler.tensors())
    let short = Self.buffer(transitions: 10)
    fresh.draw(from: short, update: 2)
    #expect(
      fresh.indices.allSatisfy { $0 < 10 } && (0..<10).allSatisfy { abs(fresh.probability(of: $0) - 0.1) < 1e-12 })
  }
}
