import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

@Suite("TD3")
struct TD3Tests {
  @Test("the smaller of two values is learned, element by element")
  func clippedDouble() {
    var values = AlignedVector<Float>(zeros: 4)
    writeClippedDoubleValues(AlignedVector([1, -2, 3, 7]), AlignedVector([2, -5, 3, 0]), rows: 3, into: &values)
    #expect(Array(values) == [1, -5, 3, 0])
  }

  @Test("smoothed target actions stay within ±c of the policy's and within ±1, with the deviation asked for")
  func smoothing() throws {
    var settings = TD3Parameters().ddpg
    var smoothing = try #require(TargetPolicySmoothing(settings, count: 20_000))
    var random = RandomStream(seed: 2, purpose: .testing)
    func smoothed(_ action: Float) -> [Float] {
      var actions = AlignedVector<Float>([Float](repeating: action, count: 20_000))
      smoothing.apply(to: &actions, count: 20_000, using: &random)
      return Array(actions)
    }
    let middle = smoothed(0)
    #expect(middle.max() == 0.5 && middle.min() == -0.5)  // 2.5 σ: one in 80 meets the clip
    let inside = middle.filter { abs($0) < 0.5 }
    let deviation = (inside.reduce(0) { $0 + Double($1) * Double($1) } / Double(inside.count)).squareRoot()
    #expect(abs(deviation - 0.2 * 0.954) < 0.005, "\(deviation)")  // of a normal cut at 2.5 σ
    let edge = smoothed(0.9)
    #expect(edge.max() == 1 && (edge.min() ?? 0) >= Float(0.4) - 1e-6)
    settings.targetNoise = 0
    #expect(TargetPolicySmoothing(settings, count: 1) == nil)
  }

  @Test(
    "targets are those of the smoothed action: the target policy's, with the clipped noise of the shard's own stream")
  func smoothedTargets() {
    var settings = DDPGTests.settings()
    (settings.usesTwinCritics, settings.shards) = (true, 2)
    (settings.targetNoise, settings.targetNoiseLimit) = (0.4, 0.3)
    let buffer = DDPGTests.buffer()
    var ddpg = DDPGTests.make(settings)
    ddpg.sample(buffer)
    var metrics = DDPGMetrics()
    _ = ddpg.computeCriticGradients(buffer, &metrics, pool: WorkerPool(threadCount: 1))
    let (actor, critic) = (
      Array(ddpg.model.actorTarget).map(Double.init), Array(ddpg.model.critics.target).map(Double.init)
    )
    var smoothed = 0
    for (index, shard) in ddpg.shards.enumerated() {
      var noise = [Float](repeating: 0, count: 2 * shard.rows.count)
      var random = RandomStream(seed: 1, purpose: .targetPolicyNoise, index: index)
      var span = noise.mutableSpan
      random.fillNormal(&span)
      for i in 0..<shard.rows.count {
        let next = (0..<3).map { Double(shard.batch.nextObservations[3 * i + $0]) }
        let plain = plainForward(ddpg.model.actor, actor, next).map { tanh($0) }
        let action = plain.indices.map { j in
          min(1, max(-1, plain[j] + min(0.3, max(-0.3, 0.4 * Double(noise[2 * i + j])))))
        }
        func target(_ action: [Double]) -> Double {
          let values = ddpg.model.critics.networks.map { plainForward($0, critic, next + action)[0] }
          return Double(shard.batch.rewards[i]) + Double(shard.batch.discounts[i]) * (values.min() ?? .nan)
        }
        #expect(abs(Double(shard.batch.targets[i]) - target(action)) < 1e-5)
        if abs(target(plain) - target(action)) > 1e-3 { smoothed += 1 }
      }
    }
    #expect(smoothed > 10, "\(smoothed) targets of 24 show the noise")
  }

  @Test("twin critics keep the value of noisy rewards below what one critic makes of it")
  func overestimation() {
    // One state, rewards of pure noise: every action is worth 0, yet the largest of noisy estimates is not.
    func value(twins: Bool) -> Double {
      var settings = DDPGTests.settings()
      settings.usesTwinCritics = twins
      settings.discountFactor = 0.9
      settings.targetUpdateRate = 0.05
      settings.actorLearningRate = 3e-3
      settings.criticLearningRate = 3e-3
      var ddpg = DDPGTests.make(settings)
      var buffer = ReplayBuffer(capacity: 400, observations: 3, actions: 2, worlds: 1)
      var random = RandomStream(seed: 6, purpose: .testing)
      buffer.begin(worlds: 0..<1, observations: [1, 0, 0])
      for _ in 0..<150 {
        buffer.record(
          worlds: 0..<1, actions: (0..<2).map { _ in Float(random.uniform(in: -1...1)) },
          rewards: [Float(random.normal())],
          endings: [.running], finalObservations: [1, 0, 0], observations: [1, 0, 0])
      }
      let pool = WorkerPool(threadCount: 1)
      var metrics = DDPGMetrics()
      for _ in 0..<3000 { metrics = ddpg.update(buffer, pool: pool) }
      return metrics.target
    }
    let (one, two) = (value(twins: false), value(twins: true))
    #expect(two < one, "\(two) against \(one)")
  }
}
