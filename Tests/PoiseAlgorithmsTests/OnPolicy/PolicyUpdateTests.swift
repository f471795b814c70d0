@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

@Suite("What PPO's updates do beside following the gradient")
struct PPOUpdateTests {
  /// The first update of a policy that was just made.
  private static func updated(_ settings: PPOParameters, progress: Double = 0) -> (ppo: PPO, metrics: PPOMetrics) {
    var ppo = PPOTests.make(settings)
    let metrics = ppo.update([rollout(ppo)], progress: progress, pool: WorkerPool(threadCount: 1))
    return (ppo, metrics)
  }

  /// A rollout of the policy as it stands, from the same start every time.
  private static func rollout(_ ppo: PPO) -> RolloutSegment {
    var problem = TwoStates(worlds: ppo.settings.worlds)
    var random = (0..<ppo.settings.worlds).map { RandomStream(seed: 7, purpose: .testing, index: $0) }
    return PPOTests.rollOut(ppo, &problem, &random)
  }

  @Test("β is halved by an update below d_targ / 1.5, doubled by one beyond 1.5 d_targ, and left alone between")
  func penalty() {
    var settings = PPOTests.settings()
    settings.objective = .penalized
    // What the first update does is the same for every target.
    let moved = Self.updated(settings).metrics.divergence
    #expect(moved > 0)
    for (share, factor) in [(10, 0.5), (1.6, 0.5), (1.4, 1), (1, 1), (1 / 1.4, 1), (1 / 1.6, 2), (0.1, 2)] {
      settings.penaltyTarget = share * moved
      #expect(Self.updated(settings).ppo.penalty == factor, "d_targ is \(share) times the divergence")
    }
  }

  @Test("the adaptive rate grows by 1.5 after an update below half its target, and falls by 1.5 beyond twice that")
  func adaptiveRate() {
    var settings = PPOTests.settings()
    settings.learningRate.schedule = .adaptive
    let (_, metrics) = Self.updated(settings)
    #expect(metrics.learningRate == 3e-3 && metrics.divergence > 0)
    for (share, factor) in [(10, 1.5), (2.1, 1.5), (1.9, 1), (0.6, 1), (0.4, 1 / 1.5), (0.1, 1 / 1.5)] {
      settings.learningRate.targetDivergence = share * metrics.divergence
      var ppo = Self.updated(settings).ppo
      let next = ppo.update([Self.rollout(ppo)], progress: 0, pool: WorkerPool(threadCount: 1))
      #expect(abs(next.learningRate / 3e-3 - factor) < 1e-12, "the target is \(share) times the divergence")
    }
  }

  @Test("log σ stops at its ceiling and its floor, however long the entropy term pulls", arguments: [1.0, -1.0])
  func deviationBounds(entropyCoefficient: Double) {
    var settings = PPOTests.settings()
    settings.entropyCoefficient = entropyCoefficient
    settings.learningRate.initial = 1e-2
    let free = Self.updated(settings).ppo.model
    (settings.logDeviationFloor, settings.logDeviationCeiling) = (-1.05, -0.95)
    let bounded = Self.updated(settings).ppo.model
    let bound: Float = entropyCoefficient > 0 ? -0.95 : -1.05
    for i in bounded.actor.logDeviations {
      #expect(bounded.parameters[i] == bound)
      #expect(abs(free.parameters[i] + 1) > 0.1)
    }
  }

  @Test(
    "a gradient beyond the largest norm is scaled down to it before the optimiser sees it", arguments: [0.01, 1e6, nil])
  func gradientNorm(limit: Double?) {
    var settings = PPOTests.settings()
    (settings.epochs, settings.minibatchSize) = (1, settings.rolloutSize)
    settings.maximumGradientNorm = limit
    let (ppo, metrics) = Self.updated(settings)
    #expect(metrics.gradientNorm > 0.05)
    // Adam's first moment after one step is a tenth of the gradient.
    let seen = 10 * ppo.updater.optimizer.firstMoments.euclideanNorm(instructionSet: .baseline)
    #expect(abs(seen / min(metrics.gradientNorm, limit ?? .infinity) - 1) < 1e-4)
  }

  @Test("an epoch meets every row once, each epoch in an order of its own")
  func order() {
    var settings = PPOTests.settings()
    let orders = [1, 2].map { epochs in
      settings.epochs = epochs
      return Self.updated(settings).ppo.batch.order
    }
    #expect(orders.allSatisfy { $0.sorted() == Array(0..<256) })
    #expect(orders[0] != Array(0..<256) && orders[1] != orders[0])
  }

  @Test("a shuffled row is as likely to be anywhere")
  func shuffle() {
    var settings = PPOTests.settings()
    (settings.worlds, settings.rolloutLength) = (1, 5)
    let ppo = PPOTests.make(settings)
    var batch = ppo.batch
    batch.gather([Self.rollout(ppo)], ppo.model)
    var random = RandomStream(seed: 8, purpose: .testing)
    var counts = [Double](repeating: 0, count: 25)
    let shuffles = 5000.0
    for _ in 0..<Int(shuffles) {
      for row in 0..<5 { #expect(batch.order.contains(row)) }
      batch.shuffle(using: &random)
      for (place, row) in batch.order.enumerated() { counts[5 * place + row] += 1 }
    }
    // A share of 1/5 of 5,000 is known to 0.0057; 5 σ for 25 of them.
    for (k, count) in counts.enumerated() {
      #expect(abs(count / shuffles - 0.2) < 0.0283, "row \(k % 5) at place \(k / 5): \(count)")
    }
  }
}

@Suite("The settings of every learner by policy gradients")
struct PolicyUpdateTests {
  /// Whether one iteration changes a bit of the parameters.
  private static func moves<L: PolicyLearner>(
    _ settings: L.Parameters, progress: Double, make: (L.Parameters, LearnerContext) -> L
  ) throws -> Bool {
    var rollouts = try Rollouts(settings, isDiscrete: false, make: make)
    let before = rollouts.learner.model.parameters
    let metrics = rollouts.learner.learnAsynchronously(
      from: &rollouts.collectors, rewardScale: 1, progress: progress, pool: rollouts.pool, isStopped: { false })
    if metrics == nil {
      let segments = rollouts.collect()
      _ = rollouts.learner.update(segments, progress: progress, pool: rollouts.pool, isStopped: { false })
    }
    return !rollouts.learner.model.parameters.hasSameBits(as: before)
  }

  private static func expectSchedule<L: PolicyLearner>(
    _ settings: L.Parameters, make: (L.Parameters, LearnerContext) -> L
  ) throws {
    var settings = settings
    for schedule in [RateParameters.Schedule.linear, .cosine] {
      settings.common.learningRate.schedule = schedule
      // At the end of the training the rate is 0.
      #expect(try !moves(settings, progress: 1, make: make), "\(L.self), \(schedule)")
      #expect(try moves(settings, progress: 0, make: make), "\(L.self), \(schedule)")
    }
  }

  @Test("a learning rate that falls to 0 moves nothing at the end of the training: every algorithm")
  func schedule() throws {
    try Self.expectSchedule(Small.ppo(.clipped)) { PPO($0, for: $1) }
    try Self.expectSchedule(Small.a2c()) { A2C($0, for: $1) }
    try Self.expectSchedule(Small.a3c()) { A3C($0, for: $1) }
    try Self.expectSchedule(Small.reinforce()) { REINFORCE($0, for: $1) }
    try Self.expectSchedule(Small.grpo()) { GRPO($0, for: $1) }
  }

  @Test("an adaptive rate is refused where no divergence is measured that it could follow: A2C, A3C, REINFORCE")
  func adaptiveRateWithoutDivergence() {
    func refusal<Parameters: OnPolicyParameters>(_ type: Parameters.Type) -> String? {
      let tree = ConfigurationNode.mapping([
        ("learningRate", .mapping([("schedule", .plain("adaptive")), ("initial", .plain("1e-3"))]))
      ])
      do {
        _ = try Configured<Parameters>(reading: tree)
        return nil
      } catch { return error.description }
    }
    for message in [refusal(A2CParameters.self), refusal(A3CParameters.self), refusal(REINFORCEParameters.self)] {
      #expect(
        message?.contains("learningRate.schedule") == true && message?.contains("found adaptive") == true,
        "\(message ?? "accepted")")
    }
    #expect(refusal(PPOParameters.self) == nil && refusal(GRPOParameters.self) == nil)
  }

  @Test("GRPO's adaptive rate follows the divergence as PPO's does")
  func adaptiveRate() throws {
    var settings = Small.grpo()
    settings.common.learningRate.schedule = .adaptive
    settings.common.learningRate.initial = 1e-3
    func rate(afterTarget target: Double) throws -> (divergence: Double, rate: Double) {
      settings.common.learningRate.targetDivergence = target
      var rollouts = try Rollouts(settings, isDiscrete: false) { GRPO($0, for: $1) }
      let metrics = rollouts.learn(1)
      return (metrics[0].divergence, rollouts.learner.updater.learningRate(at: 0))
    }
    let moved = try rate(afterTarget: 0.01).divergence
    #expect(moved > 0)
    for (share, factor) in [(3, 1.5), (1, 1), (1 / 3.0, 1 / 1.5)] {
      #expect(abs(try rate(afterTarget: share * moved).rate / 1e-3 - factor) < 1e-12)
    }
  }

  @Test("GRPO's reference becomes the present policy after so many rollouts, and otherwise stays the first one")
  func reference() throws {
    var settings = Small.grpo()
    settings.referenceCoefficient = 0.5
    func references(interval: Int?) throws -> [(reference: [Float], present: [Float])] {
      settings.referenceInterval = interval
      var rollouts = try Rollouts(settings, isDiscrete: false) { GRPO($0, for: $1) }
      return try (0..<4).map { _ in
        rollouts.learn(1)
        let tensors = try rollouts.learner.tensors()
        func biases(_ prefix: String) throws -> [Float] {
          let name = try #require(
            tensors.keys.filter { $0.hasPrefix("\(prefix).") && $0.hasSuffix("bias") }.sorted().last)
          return try #require(tensors[name]?.floats)
        }
        return (try biases("reference"), try biases("actor"))
      }
    }
    let often = try references(interval: 2)
    #expect(often[0].reference != often[0].present && often[1].reference == often[1].present)
    #expect(often[2].reference == often[1].present && often[3].reference == often[3].present)
    let never = try references(interval: nil)
    #expect(never.allSatisfy { $0.reference == never[0].reference && $0.reference != $0.present })
  }

  /// The actor's parameters after one update with advantages as they are, and with 10 times these plus 3.
  private static func actors<L: PolicyLearner>(
    _ settings: L.Parameters, make: (L.Parameters, LearnerContext) -> L
  ) throws -> (plain: [Float], changed: [Float]) {
    func actor(_ change: (Float) -> Float) throws -> [Float] {
      var rollouts = try Rollouts(settings, isDiscrete: false, make: make)
      var segments = rollouts.collect()
      for s in segments.indices {
        for k in segments[s].advantages.indices { segments[s].advantages[k] = change(segments[s].advantages[k]) }
      }
      _ = rollouts.learner.update(segments, progress: 0, pool: rollouts.pool, isStopped: { false })
      let model = rollouts.learner.model
      return model.actor.network.parameters.map { model.parameters[$0] }
    }
    return (try actor { $0 }, try actor { 10 * $0 + 3 })
  }

  @Test("normalised, advantages have neither unit nor offset; otherwise both count: PPO and A2C")
  func normalizedAdvantages() throws {
    func distance(_ pair: (plain: [Float], changed: [Float])) -> Float {
      zip(pair.plain, pair.changed).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    for isNormalized in [true, false] {
      var ppo = Small.ppo(.clipped)
      ppo.normalizesAdvantages = isNormalized
      ppo.common.maximumGradientNorm = nil
      let ofPPO = distance(try Self.actors(ppo) { PPO($0, for: $1) })
      var a2c = Small.a2c()
      a2c.normalizesAdvantages = isNormalized
      a2c.common.maximumGradientNorm = nil
      let ofA2C = distance(try Self.actors(a2c) { A2C($0, for: $1) })
      if isNormalized {
        #expect(ofPPO < 1e-4 && ofA2C < 1e-4, "\(ofPPO), \(ofA2C)")
      } else {
        #expect(ofPPO > 1e-3 && ofA2C > 1e-3, "\(ofPPO), \(ofA2C)")
      }
    }
  }

  @Test("rewards times a scale give the advantages and sums of the rewards in that unit: every algorithm")
  func rewardScale() throws {
    func expectScaled<L: PolicyLearner>(
      _ settings: L.Parameters, make: (L.Parameters, LearnerContext) -> L
    ) throws {
      var rollouts = try Rollouts(settings, isDiscrete: false, make: make)
      // Values of 0 keep the advantages sums of rewards.
      if let critic = rollouts.learner.model.critic {
        for i in critic.layers[critic.layers.count - 1].weights { rollouts.learner.model.parameters[i] = 0 }
      }
      let plain = rollouts.collect()[0]
      var scaled = plain
      rollouts.learner.estimateAdvantages(of: &scaled, rewardScale: 4)
      #expect(plain.targets.contains { abs($0) > 0.1 })
      for k in plain.targets.indices where plain.isUsed[k] {
        #expect(abs(scaled.targets[k] - 4 * plain.targets[k]) < 1e-5, "\(L.self)")
      }
    }
    try expectScaled(Small.ppo(.clipped)) { PPO($0, for: $1) }
    try expectScaled(Small.a2c()) { A2C($0, for: $1) }
    try expectScaled(Small.reinforce()) { REINFORCE($0, for: $1) }
    try expectScaled(Small.grpo()) { GRPO($0, for: $1) }
  }

  @Test(
    "REINFORCE's weights by hand: total return, reward to go, less the running mean, less the value",
    arguments: [false, true])
  func weights(discountsFromStart: Bool) throws {
    for weight in REINFORCEParameters.Weight.allCases {
      var settings = Small.reinforce(weight)
      settings.common.worlds = 1
      settings.discountsFromStart = discountsFromStart
      settings.meanDecay = 0.75
      var learner = REINFORCE(
        settings,
        for: LearnerContext(observationSpace: box(2), actionSpace: box(1), seed: 1, instructionSet: .baseline))
      func segment(_ rewards: [Float]) -> RolloutSegment {
        var segment = RolloutSegment(learner.model, worlds: 1, steps: 12, isEpisodic: true, instructionSet: .baseline)
        var random = [RandomStream(seed: 1, purpose: .testing)]
        var actions: [Float] = [0]
        segment.begin()
        for (t, reward) in rewards.enumerated() {
          segment.act([Float(t), 1], learner.model, random: &random, into: &actions)
          segment.record(
            rewards: [reward], endings: [t == rewards.count - 1 ? .terminated : .running], finalObservations: [9, 1],
            learner.model)
        }
        segment.finish([9, 1], learner.model)
        learner.estimateAdvantages(of: &segment, rewardScale: 1)
        return segment
      }
      // γ = ½, so R is 4 + ½ 2 + ¼ 8 = 7, then 6, then 8; their mean is 7. Then 2, 2, 4 with the mean 8/3 for rewards 1, 0, 4.
      let first = segment([4, 2, 8])
      #expect(first.targets[0..<3] == [7, 6, 8])
      _ = learner.update([first], progress: 0, pool: WorkerPool(threadCount: 1), isStopped: { false })
      let second = segment([1, 0, 4])
      _ = learner.update([second], progress: 0, pool: WorkerPool(threadCount: 1), isStopped: { false })
      let third = segment([4, 2, 8])
      // b is 7 after the first batch, ¾ 7 + ¼ 8/3 after the second.
      let means: [Float] = [0, 7, 0.75 * 7 + 0.25 * 8 / 3]
      for (segment, mean) in zip([first, second, third], means) {
        for t in 0..<3 {
          let baseline: Float =
            switch weight {
            case .totalReturn, .rewardToGo: 0
            case .runningMean: mean
            case .learnedValue: segment.values[t]
            }
          let discount: Float = discountsFromStart ? [1, 0.5, 0.25][t] : 1
          let expected = weight == .totalReturn ? segment.targets[0] : discount * (segment.targets[t] - baseline)
          #expect(abs(segment.advantages[t] - expected) < 1e-5, "\(weight), step \(t)")
        }
      }
    }
  }
}

@Suite("Collecting rollouts")
struct RolloutCollectorTests {
  /// Pays 1 in every step; an episode is three of them.
  private struct Paying: DecisionProcess {
    typealias State = Int
    let observationSpace = box(1)
    let actionSpace = box(1)
    func start(using random: inout RandomStream) -> Int { 0 }
    func observe(_ state: Int, into observation: inout MutableSpan<Float>) { observation[0] = Float(state) }
    func step(_ state: inout Int, _ action: Span<Float>, using random: inout RandomStream) -> Transition {
      state += 1
      return Transition(reward: 1, isTerminated: state == 3)
    }
  }

  @Test("the returns whose deviation scales rewards are discounted, and begin anew with each episode")
  func returns() throws {
    var settings = Small.ppo(.clipped)
    settings.common.scalesRewards = true
    (settings.common.worlds, settings.common.rolloutLength, settings.common.blockSize) = (2, 8, 2)
    let task = DecisionTask(Paying(), name: "paying", stepLimit: 10)
    let model = PPO(
      settings,
      for: LearnerContext(
        observationSpace: task.observationSpace, actionSpace: task.actionSpace, seed: 1, instructionSet: .baseline)
    ).model
    var collector = try RolloutCollector(
      task, worlds: 0..<2, for: model, settings: settings, seed: 1, instructionSet: .baseline)
    collector.begin()
    collector.collect(model, settings) { false }
    // γ = ½: 1, 1½, 1¾, then the next episode; the eight steps of each world hold these twice, and 1, 1½.
    let returns = [1, 1.5, 1.75, 1, 1.5, 1.75, 1, 1.5]
    let mean = returns.reduce(0, +) / 8
    let variance = returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8
    #expect(collector.returnStatistics.count == 16)
    #expect(abs(collector.returnStatistics.means[0] - mean) < 1e-12)
    #expect(abs(collector.returnStatistics.variance(of: 0) - variance) < 1e-12)
    // An episode goes on in the next rollout, and so does its return.
    collector.collect(model, settings) { false }
    #expect(abs(collector.returnStatistics.means[0] - [1.75, 1, 1.5, 1.75, 1, 1.5, 1.75, 1].reduce(0, +) / 8) < 1e-12)
  }
}
