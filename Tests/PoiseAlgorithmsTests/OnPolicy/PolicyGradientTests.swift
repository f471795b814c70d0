import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

/// Settings that a small task is learned with, of each algorithm; nothing is normalised but where a test says so.
enum Small {
  static func reinforce(_ weight: REINFORCEParameters.Weight = .learnedValue) -> REINFORCEParameters {
    var settings = REINFORCEParameters()
    settings.common.becomeSmall(worlds: 16, rolloutLength: 12, learningRate: 2e-2)
    settings.value.hiddenSizes = [8]
    settings.common.discountFactor = 0.5
    settings.weight = weight
    return settings
  }

  static func a2c(_ optimizer: OptimizerSettings.Kind = .rmsProp) -> A2CParameters {
    var settings = A2CParameters()
    settings.common.becomeSmall(worlds: 16, rolloutLength: 8, learningRate: 1e-2)
    settings.value.hiddenSizes = [8]
    settings.common.discountFactor = 0.5
    settings.optimizer.kind = optimizer
    return settings
  }

  static func a3c(learners: Int = 8) -> A3CParameters {
    var settings = A3CParameters()
    settings.common.becomeSmall(worlds: learners, rolloutLength: 8, learningRate: 5e-3)
    (settings.common.blockSize, settings.common.shards) = (1, 1)
    settings.value.hiddenSizes = [8]
    settings.common.discountFactor = 0.5
    return settings
  }

  static func grpo() -> GRPOParameters {
    var settings = GRPOParameters()
    settings.common.becomeSmall(worlds: 16, rolloutLength: 12, learningRate: 1e-2)
    settings.common.discountFactor = 0.5
    (settings.groupSize, settings.minibatchSize, settings.epochs) = (4, 48, 3)
    return settings
  }

  static func ppo(_ objective: PPOParameters.Objective) -> PPOParameters {
    var settings = PPOParameters()
    settings.common.becomeSmall(worlds: 16, rolloutLength: 12, learningRate: 5e-3)
    settings.value.hiddenSizes = [8]
    settings.common.discountFactor = 0.5
    (settings.objective, settings.epochs) = (objective, 4)
    return settings
  }

  /// The spaces' image: the target and its sign change theirs, and so does the action.
  static let symmetry = MirrorSymmetry(
    observations: Reflection(partners: [0, 1], signs: [-1, -1]), actions: Reflection(partners: [0], signs: [-1]))
}

@Suite("Gradients of whole losses")
struct PolicyGradientLossTests {
  /// L = −scale/N Σ log π Ψ …, with N = 1 for sums and n rows for means.
  private static func actorCriticLoss(
    _ model: ActorCritic, _ batch: RolloutBatch, _ p: [Double], divisor: Double, entropy c2: Double, value c1: Double
  ) -> Double {
    (0..<batch.count).reduce(0.0) { loss, k in
      let row = PlainRow(model, p, batch, k)
      let error = model.critic == nil ? 0 : row.value - Double(batch.returns[k])
      return loss - (row.logProbability * Double(batch.advantages[k]) + c2 * row.entropy) / divisor
        + c1 * error * error / Double(batch.count)
    }
  }

  @Test(
    "REINFORCE's agree with finite differences, whatever the weights",
    arguments: REINFORCEParameters.Weight.allCases, [false, true])
  func reinforce(weight: REINFORCEParameters.Weight, isDiscrete: Bool) throws {
    var settings = Small.reinforce(weight)
    settings.common.entropyCoefficient = 0.3
    settings.discountsFromStart = true
    var rollouts = try Rollouts(settings, isDiscrete: isDiscrete) { REINFORCE($0, for: $1) }
    rollouts.learner.model.shake(0.3)
    let segments = rollouts.collect()
    rollouts.learner.model.shake(0.1, seed: 5)
    var learner = rollouts.learner
    learner.updater.batch.gather(segments, learner.model)
    let loss = learner.loss(learner.computeGradients(pool: rollouts.pool))
    func plain(_ p: [Double]) -> Double {
      Self.actorCriticLoss(learner.model, learner.batch, p, divisor: 16, entropy: 0.3, value: 0.5)
    }
    #expect(abs(loss - plain(Array(learner.model.parameters).map(Double.init))) < 1e-4 * (1 + abs(loss)))
    #expect(worstSlopeError(learner.model, learner.gradients, loss: plain) < 5e-5)
    #expect(learner.gradients.euclideanNorm(instructionSet: .baseline) > 0.1 && learner.batch.count > 100)
  }

  @Test(
    "A2C's agree with finite differences; on a shared trunk the gradients of both heads add up",
    arguments: [false, true], [false, true])
  func a2c(isDiscrete: Bool, sharesTrunk: Bool) throws {
    var settings = Small.a2c()
    settings.common.entropyCoefficient = 0.3
    settings.value.sharesTrunk = sharesTrunk
    settings.value.coefficient = 0.7
    settings.gaeLambda = 0.9
    var rollouts = try Rollouts(settings, isDiscrete: isDiscrete) { A2C($0, for: $1) }
    rollouts.learner.model.shake(0.3)
    let segments = rollouts.collect()
    rollouts.learner.model.shake(0.1, seed: 5)
    var learner = rollouts.learner
    learner.updater.batch.gather(segments, learner.model)
    let loss = learner.loss(learner.computeGradients(pool: rollouts.pool))
    func plain(_ p: [Double]) -> Double {
      Self.actorCriticLoss(
        learner.model, learner.batch, p, divisor: Double(learner.batch.count), entropy: 0.3, value: 0.7)
    }
    #expect(abs(loss - plain(Array(learner.model.parameters).map(Double.init))) < 1e-4 * (1 + abs(loss)))
    #expect(worstSlopeError(learner.model, learner.gradients, loss: plain) < 2e-5)
    guard sharesTrunk, let critic = learner.model.critic else { return }
    #expect(critic.layers[0].weights == learner.model.actor.network.layers[0].weights)
    // Each head alone: what is left is the other's.
    func trunk(value: Double, policy: Bool) -> [Double] {
      var settings = settings
      settings.value.coefficient = value
      settings.common.entropyCoefficient = policy ? 0.3 : 0
      var alone = A2C(
        settings,
        for: LearnerContext(
          observationSpace: box(2), actionSpace: Following(isDiscrete: isDiscrete).actionSpace, seed: 1,
          instructionSet: .baseline))
      alone.model = learner.model
      alone.updater.batch.gather(policy ? segments : segments.map(Self.withoutAdvantages), alone.model)
      _ = alone.computeGradients(pool: rollouts.pool)
      return critic.layers[0].weights.map { Double(alone.gradients[$0]) }
    }
    let (policy, value) = (trunk(value: 0, policy: true), trunk(value: 0.7, policy: false))
    for (i, index) in critic.layers[0].weights.enumerated() {
      #expect(abs(policy[i] + value[i] - Double(learner.gradients[index])) < 1e-5)
    }
    #expect(policy.contains { abs($0) > 1e-3 } && value.contains { abs($0) > 1e-3 })
  }

  private static func withoutAdvantages(_ segment: RolloutSegment) -> RolloutSegment {
    var segment = segment
    for k in segment.advantages.indices { segment.advantages[k] = 0 }
    return segment
  }

  @Test(
    "GRPO's agree with finite differences: clipped ratios, the reference policy, entropy", arguments: [false, true])
  func grpo(isDiscrete: Bool) throws {
    var settings = Small.grpo()
    settings.common.entropyCoefficient = 0.2
    settings.referenceCoefficient = 0.4
    settings.clipRange = 0.1
    settings.minibatchSize = settings.rolloutSize
    var rollouts = try Rollouts(settings, isDiscrete: isDiscrete) { GRPO($0, for: $1) }
    let reference = Array(rollouts.learner.model.parameters).map(Double.init)
    rollouts.learner.model.shake(0.3)
    let segments = rollouts.collect()
    rollouts.learner.model.shake(0.2, seed: 5)
    var learner = rollouts.learner
    learner.gather(segments)
    let n = learner.batch.count
    let loss = learner.loss(learner.computeGradients(rows: 0..<n, pool: rollouts.pool), rows: n)
    var clipped = 0
    func plain(_ p: [Double]) -> Double {
      (0..<n).reduce(0.0) { sum, k in
        let (row, other) = (
          PlainRow(learner.model, p, learner.batch, k), PlainRow(learner.model, reference, learner.batch, k)
        )
        let (ratio, advantage) = (
          exp(row.logProbability - Double(learner.batch.logProbabilities[k])), Double(learner.batch.advantages[k])
        )
        let bound = min(max(ratio, 0.9), 1.1) * advantage
        if bound < ratio * advantage { clipped += 1 }
        return sum
          + (-min(ratio * advantage, bound) + 0.4 * row.divergence(from: other, learner.model, p, reference)
            - 0.2 * row.entropy) / Double(n)
      }
    }
    #expect(abs(loss - plain(Array(learner.model.parameters).map(Double.init))) < 1e-4 * (1 + abs(loss)))
    #expect(clipped > 5, "\(clipped) of \(n) rows")
    #expect(worstSlopeError(learner.model, learner.gradients, loss: plain) < 2e-5)
    #expect(learner.model.critic == nil)
  }

  @Test("one actor-learner is A2C with one world, to the bit", arguments: [false, true])
  func oneActorLearner(isDiscrete: Bool) throws {
    var (a3c, a2c) = (Small.a3c(learners: 1), Small.a2c())
    a2c.common = a3c.common
    (a3c.common.normalizesObservations, a2c.common.normalizesObservations) = (true, true)
    (a3c.common.entropyCoefficient, a2c.common.entropyCoefficient) = (0.01, 0.01)
    var one = try Rollouts(a3c, isDiscrete: isDiscrete) { A3C($0, for: $1) }
    var other = try Rollouts(a2c, isDiscrete: isDiscrete) { A2C($0, for: $1) }
    let start = one.learner.model.parameters
    one.learn(20)
    other.learn(20)
    #expect(one.learner.model.parameters.hasSameBits(as: other.learner.model.parameters))
    #expect(!one.learner.model.parameters.hasSameBits(as: start))
  }
}

@Suite("Every algorithm by policy gradients")
struct PolicyGradientLearningTests {
  static let seeds: [UInt64] = [1, 2, 3, 4, 5]

  /// Learns with five seeds, and expects each to beat chance by far.
  private static func beatsChance<L: OnPolicyLearner>(
    _ settings: L.Parameters, isDiscrete: Bool, iterations: Int, least: Double,
    make: @escaping (L.Parameters, LearnerContext) -> L
  ) throws {
    let random = try Following.randomScore(isDiscrete: isDiscrete)
    for seed in seeds {
      var rollouts = try Rollouts(settings, isDiscrete: isDiscrete, seed: seed, make: make)
      rollouts.learn(iterations)
      let score = try Following.score(isDiscrete: isDiscrete, rollouts.learner.policy)
      #expect(score > random + least, "seed \(seed): \(score) against \(random) at random")
    }
  }

  // At random a step pays about 0.35, at best 0.98 with numbers, 0.75 with three choices.
  @Test("beats chance on five seeds of five: REINFORCE", arguments: REINFORCEParameters.Weight.allCases, [false, true])
  func reinforce(weight: REINFORCEParameters.Weight, isDiscrete: Bool) throws {
    let least = weight == .totalReturn ? 0.1 : 0.2
    try Self.beatsChance(Small.reinforce(weight), isDiscrete: isDiscrete, iterations: 60, least: least) {
      REINFORCE($0, for: $1)
    }
  }

  @Test("beats chance on five seeds of five: A2C", arguments: [OptimizerSettings.Kind.rmsProp, .adam], [false, true])
  func a2c(optimizer: OptimizerSettings.Kind, isDiscrete: Bool) throws {
    try Self.beatsChance(Small.a2c(optimizer), isDiscrete: isDiscrete, iterations: 80, least: 0.2) { A2C($0, for: $1) }
  }

  @Test("beats chance on five seeds of five: A3C", arguments: [false, true])
  func a3c(isDiscrete: Bool) throws {
    try Self.beatsChance(Small.a3c(), isDiscrete: isDiscrete, iterations: 80, least: 0.2) { A3C($0, for: $1) }
  }

  @Test("beats chance on five seeds of five: GRPO", arguments: GRPOParameters.Advantage.allCases, [false, true])
  func grpo(advantage: GRPOParameters.Advantage, isDiscrete: Bool) throws {
    var settings = Small.grpo()
    settings.advantage = advantage
    settings.visitedStarts = advantage == .leaveOneOut ? 0.5 : 0
    settings.referenceCoefficient = advantage == .centered ? 0.01 : 0
    settings.referenceInterval = 5
    try Self.beatsChance(settings, isDiscrete: isDiscrete, iterations: 30, least: 0.2) { GRPO($0, for: $1) }
  }

  @Test(
    "beats chance on five seeds of five: PPO, with both objectives, on a shared trunk, too",
    arguments: PPOParameters.Objective.allCases, [false, true])
  func ppo(objective: PPOParameters.Objective, isDiscrete: Bool) throws {
    var settings = Small.ppo(objective)
    settings.value.sharesTrunk = objective == .penalized
    try Self.beatsChance(settings, isDiscrete: isDiscrete, iterations: 20, least: 0.2) { PPO($0, for: $1) }
  }

  /// Learns, keeps, reads into a learner of another seed, and goes on with both on the same worlds.
  private static func keeps<L: PolicyLearner>(
    _ settings: L.Parameters, isDiscrete: Bool, symmetry: MirrorSymmetry? = nil,
    make: @escaping (L.Parameters, LearnerContext) -> L
  ) throws {
    var rollouts = try Rollouts(settings, isDiscrete: isDiscrete, symmetry: symmetry, make: make)
    rollouts.learn(3)
    let other = try Rollouts(settings, isDiscrete: isDiscrete, seed: 9, symmetry: symmetry, make: make)
    var copy = rollouts
    copy.learner = other.learner
    try copy.learner.read(rollouts.learner.tensors(), file: "test")
    // Worlds are shared by reference: what the first one did to them is undone for the second.
    let states = rollouts.collectors.map { $0.block.saved() }
    let a = rollouts.learn(3)
    for (collector, state) in zip(copy.collectors, states) { collector.block.restore(state) }
    let b = copy.learn(3)
    #expect(a == b && !a.isEmpty)
    #expect(copy.learner.model.parameters.hasSameBits(as: rollouts.learner.model.parameters))
    #expect(copy.learner.policy.parameters.hasSameBits(as: rollouts.learner.policy.parameters))
  }

  @Test("what is kept and read back learns on to the same bits", arguments: [false, true])
  func keeping(isDiscrete: Bool) throws {
    var reinforce = Small.reinforce(.runningMean)
    var a2c = Small.a2c()
    var a3c = Small.a3c()
    var grpo = Small.grpo()
    a2c.value.sharesTrunk = true
    (grpo.referenceCoefficient, grpo.referenceInterval, grpo.visitedStarts) = (0.1, 2, 0.5)
    for normalizes in [false, true] {
      reinforce.common.normalizesObservations = normalizes
      (a2c.common.normalizesObservations, a3c.common.normalizesObservations) = (normalizes, normalizes)
      grpo.common.normalizesObservations = normalizes
      a2c.common.policyAveraging = normalizes ? 0.5 : 0
      try Self.keeps(reinforce, isDiscrete: isDiscrete) { REINFORCE($0, for: $1) }
      try Self.keeps(a2c, isDiscrete: isDiscrete) { A2C($0, for: $1) }
      try Self.keeps(a3c, isDiscrete: isDiscrete) { A3C($0, for: $1) }
      try Self.keeps(grpo, isDiscrete: isDiscrete) { GRPO($0, for: $1) }
    }
    // What another algorithm kept is refused.
    let other = try Rollouts(a3c, isDiscrete: isDiscrete) { A3C($0, for: $1) }.learner.tensors()
    #expect(throws: InvalidInput.self) {
      var learner = try Rollouts(a2c, isDiscrete: isDiscrete) { A2C($0, for: $1) }.learner
      try learner.read(other, file: "test")
    }
  }

  /// The policy's parameters after learning with 1, 2 and 4 threads.
  private static func threads<L: PolicyLearner>(
    _ settings: L.Parameters, symmetry: MirrorSymmetry? = nil, make: (L.Parameters, LearnerContext) -> L
  ) throws {
    func learned(_ threads: Int) throws -> ([L.Metrics], AlignedVector<Float>) {
      var rollouts = try Rollouts(settings, isDiscrete: false, threads: threads, symmetry: symmetry, make: make)
      return (rollouts.learn(4), rollouts.learner.model.parameters)
    }
    let one = try learned(1)
    for count in [2, 4] {
      let other = try learned(count)
      #expect(other.0 == one.0 && other.1.hasSameBits(as: one.1), "\(count) threads")
    }
  }

  @Test("the same bits for 1, 2 and 4 threads, with mirror symmetry, too", arguments: [false, true])
  func threads(isMirrored: Bool) throws {
    let symmetry = isMirrored ? Small.symmetry : nil
    var (reinforce, a2c, a3c, grpo) = (Small.reinforce(), Small.a2c(), Small.a3c(), Small.grpo())
    grpo.visitedStarts = 0.5
    if isMirrored {
      (reinforce.mirrorSymmetry, a2c.mirrorSymmetry) = (.leftRight, .leftRight)
      (a3c.mirrorSymmetry, grpo.mirrorSymmetry) = (.leftRight, .leftRight)
    }
    a2c.value.sharesTrunk = isMirrored
    try Self.threads(reinforce, symmetry: symmetry) { REINFORCE($0, for: $1) }
    try Self.threads(a2c, symmetry: symmetry) { A2C($0, for: $1) }
    try Self.threads(a3c, symmetry: symmetry) { A3C($0, for: $1) }
    try Self.threads(grpo, symmetry: symmetry) { GRPO($0, for: $1) }
  }

  @Test("with mirror symmetry, policies stay their own mirror images while they learn")
  func mirrorSymmetry() throws {
    var settings = Small.a2c()
    settings.mirrorSymmetry = .leftRight
    settings.value.sharesTrunk = true
    var rollouts = try Rollouts(settings, isDiscrete: false, symmetry: Small.symmetry) { A2C($0, for: $1) }
    rollouts.learn(10)
    var workspace = PolicyWorkspace(rollouts.learner.policy, rowCapacity: 2, instructionSet: .baseline)
    var actions: [Float] = [0, 0]
    var span = actions.mutableSpan
    let rows: [Float] = [0.4, 1, -0.4, -1]
    workspace.act(rows.span, into: &span)
    #expect(abs(actions[0] + actions[1]) < 1e-6 && abs(actions[0]) > 1e-3)
  }
}

@Suite("A3C's actor-learners")
struct ActorLearnerTests {
  @Test("are about as stale as there are others, each steps in its turn, and the seed alone decides")
  func staleness() throws {
    func metrics(seed: UInt64) throws -> [A3CMetrics] {
      var rollouts = try Rollouts(Small.a3c(), isDiscrete: true, seed: seed) { A3C($0, for: $1) }
      return rollouts.learn(20)
    }
    let all = try metrics(seed: 1)
    #expect(all.count == 160)
    let staleness = all.dropFirst(16).compactMap(\.staleness)
    #expect(abs(staleness.reduce(0, +) / Double(staleness.count) - 7) < 0.5)
    #expect(Set(staleness).count > 3, "some are quicker than others")
    #expect(try metrics(seed: 1) == all && metrics(seed: 2) != all)
  }

  @Test("without a spread of delays, they step one after the other, each as stale as there are others")
  func evenly() throws {
    var settings = Small.a3c()
    settings.delaySpread = 0
    var rollouts = try Rollouts(settings, isDiscrete: true) { A3C($0, for: $1) }
    #expect(rollouts.learn(10).dropFirst(8).allSatisfy { $0.staleness == 7 })
  }

  // The thread sanitizer has to find nothing: Tests/Torture/threads.py --filter ActorLearnerTests
  @Test("race on the parameters without locks, and learn", arguments: [1, 2, 4])
  func race(threads: Int) throws {
    var settings = Small.a3c()
    settings.asynchronous = true
    settings.common.reportInterval = 512
    settings.common.normalizesObservations = true
    var rollouts = try Rollouts(settings, isDiscrete: true, threads: threads) { A3C($0, for: $1) }
    #expect(rollouts.learner.roundsOfIteration == 1 && rollouts.learn(1).isEmpty, "the first is for the statistics")
    #expect(rollouts.learner.roundsOfIteration == 8)
    let metrics = rollouts.learn(12)
    #expect(metrics.count == 12 * 8 * 8 && metrics.allSatisfy { $0.staleness == nil })
    #expect(rollouts.learner.updater.optimizer.appliedUpdates == metrics.count)
    let score = try Following.score(isDiscrete: true, rollouts.learner.policy)
    #expect(try score > Following.randomScore(isDiscrete: true) + 0.15)
  }

  @Test("alone among racing parameters, a step is RMSProp's")
  func rmsProp() {
    var random = RandomStream(seed: 3, purpose: .testing)
    let start = AlignedVector<Float>((0..<40).map { _ in Float(random.normal()) })
    let settings = Adam<Float>.Settings.rmsProp(decay: 0.9, epsilon: 1e-4)
    var adam = Adam<Float>(parameterCount: 40, settings: settings, instructionSet: .baseline)
    let racing = RacingParameters(start, moments: adam.secondMoments)
    var (θ, plain, v) = (start, Array(start).map(Double.init), [Double](repeating: 0, count: 40))
    for _ in 0..<5 {
      let g = AlignedVector<Float>((0..<40).map { _ in Float(random.normal()) })
      let outcome = adam.update(&θ, gradients: g, learningRate: 0.01, maximumNorm: 3)
      let other = racing.update(
        gradients: g, learningRate: 0.01, settings: settings, loss: 0, maximumNorm: 3, instructionSet: .baseline)
      #expect(outcome == other && outcome.isApplied)
      let scale = min(1, 3 / g.euclideanNorm(instructionSet: .baseline))
      for i in 0..<40 {
        let g = Double(g[i]) * scale
        v[i] = 0.9 * v[i] + 0.1 * g * g
        plain[i] -= 0.01 * g / (v[i].squareRoot() + 1e-4)
      }
    }
    var copy = AlignedVector<Float>(zeros: 40)
    racing.copyParameters(into: &copy)
    for i in 0..<40 { #expect(abs(Double(θ[i]) - plain[i]) < 1e-5 && abs(Double(copy[i]) - plain[i]) < 1e-5) }
    let refused = racing.update(
      gradients: AlignedVector([Float](repeating: .nan, count: 40)), learningRate: 0.01, settings: settings, loss: 0,
      maximumNorm: nil, instructionSet: .baseline)
    #expect(!refused.isApplied)
  }
}

@Suite("Groups that start alike")
struct GroupStartTests {
  /// Observations of the first step and of a later one, world by world, after some rollouts.
  private static func observations(_ change: (inout GRPOParameters) -> Void, rollouts count: Int = 1) throws
    -> (first: [[Float]], later: [[Float]])
  {
    var settings = Small.grpo()
    change(&settings)
    var rollouts = try Rollouts(settings, isDiscrete: false) { GRPO($0, for: $1) }
    var segments: [RolloutSegment] = []
    for _ in 0..<count { segments = rollouts.collect() }
    func row(_ t: Int) -> [[Float]] {
      segments.flatMap { segment in
        (0..<segment.worlds).map { w in
          let k = (t * segment.worlds + w) * 2
          return [segment.observations[k], segment.observations[k + 1]]
        }
      }
    }
    return (row(0), row(5))
  }

  @Test("one state for all of a group, the same disturbances, and other groups elsewhere; with the same bits each time")
  func alike() throws {
    let seen = try Self.observations({ _ in }, rollouts: 3)
    for first in stride(from: 0, to: 16, by: 4) {
      #expect(Set(seen.first[first..<first + 4]).count == 1 && Set(seen.later[first..<first + 4]).count == 1)
    }
    #expect(Set(seen.first).count == 4 && Set(seen.later).count == 4)
    #expect(try Self.observations({ _ in }, rollouts: 3).later == seen.later)
    #expect(try Self.observations({ _ in }, rollouts: 2).first != seen.first)
  }

  @Test("without common disturbances only the start is the same; without a common start not even that")
  func apart() throws {
    let own = try Self.observations { $0.sharesDisturbances = false }
    #expect(Set(own.first).count == 4)
    // Targets at the same bound are equal.
    for first in stride(from: 0, to: 16, by: 4) { #expect(Set(own.later[first..<first + 4]).count > 1) }
    let apart = try Self.observations { $0.sharesStart = false }
    #expect(Set(apart.first).count == 16)
  }

  @Test(
    "states that the policy visited are those of its last rollout, and lead on from there with disturbances of their own"
  )
  func visited() throws {
    var settings = Small.grpo()
    settings.visitedStarts = 1
    var rollouts = try Rollouts(settings, isDiscrete: false) { GRPO($0, for: $1) }
    let before = rollouts.collect()
    let starts = rollouts.collectors.flatMap { $0.groups.compactMap(\.visited) }
    #expect(starts.count == 4)
    let after = rollouts.collect()
    for (g, start) in starts.enumerated() {
      let seen = (0..<4).map { w in (0..<2).map { after[g].observations[w * 2 + $0] } }
      #expect(seen.allSatisfy { $0 == start.observation }, "group \(g)")
      // It is one of the states of the group's first world.
      let states = (0..<12).map { t in (0..<2).map { before[g].observations[t * 8 + $0] } }
      #expect(states.contains(start.observation))
      // Episodes go on to their own end, not to another twelve steps.
      let step = states.firstIndex(of: start.observation) ?? 0
      #expect(after[g].length(ofWorld: 0) == 12 - step)
    }
  }
}

@Suite("The variance of the policy gradient")
struct GradientVarianceTests {
  /// Gradients of −1/N ΣΣ log π Ψ for many batches of 16 episodes, with the policy as it is, [batches][parameters of the policy].
  private static func gradients(
    _ weight: REINFORCEParameters.Weight, isDiscrete: Bool, batches: Int = 150, ones: Bool = false,
    baseline: Float = 0
  ) throws -> [[Double]] {
    var settings = Small.reinforce(weight)
    settings.common.discountFactor = 1
    settings.common.shards = 1
    var rollouts = try Rollouts(settings, isDiscrete: isDiscrete) { REINFORCE($0, for: $1) }
    // The actor stands first in every model, so that all weights meet the same policy.
    var random = RandomStream(seed: 4, purpose: .testing)
    for i in rollouts.learner.model.actor.parameters {
      rollouts.learner.model.parameters[i] += Float(0.3 * random.normal())
    }
    return (0..<batches).map { _ in
      var segments = rollouts.collect()
      for s in segments.indices {
        for k in segments[s].advantages.indices {
          segments[s].advantages[k] = ones ? 1 : segments[s].advantages[k] - baseline
        }
      }
      let vector = rollouts.learner.likelihoodGradient(of: segments, pool: rollouts.pool)
      return usedParameters(of: rollouts.learner.model).filter { rollouts.learner.model.actor.parameters.contains($0) }
        .map { Double(vector[$0]) }
    }
  }

  private static func moments(_ samples: [[Double]]) -> (mean: [Double], error: [Double], variance: Double) {
    let n = Double(samples.count)
    let mean = samples[0].indices.map { i in samples.reduce(0) { $0 + $1[i] } / n }
    let variance = mean.indices.map { i in
      samples.reduce(0) { $0 + ($1[i] - mean[i]) * ($1[i] - mean[i]) } / (n - 1)
    }
    return (mean, variance.map { ($0 / n).squareRoot() }, variance.reduce(0, +))
  }

  @Test("the mean of ∇ log π is 0 within its standard error: the EGLP lemma", arguments: [false, true])
  func expectedGradientOfLogProbability(isDiscrete: Bool) throws {
    let (mean, error, variance) = Self.moments(try Self.gradients(.rewardToGo, isDiscrete: isDiscrete, ones: true))
    // Of some forty numbers one may be beyond three errors, none beyond five.
    for i in mean.indices { #expect(abs(mean[i]) <= 5 * error[i], "\(mean[i]) ± \(error[i])") }
    #expect(mean.indices.count { abs(mean[$0]) > 3 * error[$0] } <= 2)
    #expect(variance > 0.1)
  }

  @Test(
    "total return and rewards-to-go agree in the mean, and a baseline changes the variance, not the mean",
    arguments: [false, true])
  func baselines(isDiscrete: Bool) throws {
    let total = try Self.gradients(.totalReturn, isDiscrete: isDiscrete)
    let toGo = try Self.gradients(.rewardToGo, isDiscrete: isDiscrete)
    let less = try Self.gradients(.rewardToGo, isDiscrete: isDiscrete, baseline: 2)
    let far = try Self.gradients(.rewardToGo, isDiscrete: isDiscrete, baseline: -20)
    for (name, other) in [("total return", total), ("less 2", less), ("plus 20", far)] {
      // The same episodes, so the differences alone have an error.
      let differences = zip(other, toGo).map { zip($0, $1).map { $0 - $1 } }
      let (mean, error, _) = Self.moments(differences)
      for i in mean.indices { #expect(abs(mean[i]) <= 5 * error[i], "\(name): \(mean[i]) ± \(error[i])") }
    }
    let variances = [total, toGo, less, far].map { Self.moments($0).variance }
    print(
      "variance of the gradient, \(isDiscrete ? "categorical" : "Gaussian"): total return \(variances[0]), "
        + "rewards-to-go \(variances[1]), less a baseline of 2 \(variances[2]), of −20 \(variances[3])")
    #expect(variances[1] < variances[0], "rewards before an action are noise")
    #expect(variances[3] > 2 * variances[1], "a bad baseline is worse than none")
  }
}
