import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

/// DDPG's arithmetic once more, in double and as plainly as can be: what the gradients are held against.
private struct PlainDDPG {
  let settings: DDPGParameters
  let model: DeterministicActorCritic
  let observations, next: [[Double]]
  let actions: [[Double]]
  let rewards, discounts: [Double]

  static func action(_ model: DeterministicActorCritic, _ p: [Double], _ observation: [Double]) -> [Double] {
    plainForward(model.actor, p, observation).map { tanh($0) }
  }

  func targets() -> [Double] {
    let (actor, critic) = (Array(model.actorTarget).map(Double.init), Array(model.critics.target).map(Double.init))
    return next.indices.map { i in
      let input = next[i] + Self.action(model, actor, next[i])
      let values = model.critics.networks.map { plainForward($0, critic, input)[0] }
      return settings.rewardScale * rewards[i] + discounts[i] * (values.min() ?? 0)
    }
  }

  /// 1/N Σ (y − Q)² of all critics, and the decay.
  func criticLoss(_ p: [Double]) -> Double {
    let y = targets()
    let errors = model.critics.networks.map { critic in
      y.indices.reduce(0.0) { sum, i in
        let error = y[i] - plainForward(critic, p, observations[i] + actions[i])[0]
        return sum + error * error / Double(y.count)
      }
    }
    return errors.reduce(0, +) + settings.criticWeightDecay / 2 * p.reduce(0) { $0 + $1 * $1 }
  }

  /// −1/N Σ Q₁(o, μ(o)), and the penalty.
  func actorLoss(_ p: [Double], critic: [Double]) -> Double {
    observations.reduce(0.0) { sum, o in
      let z = plainForward(model.actor, p, o)
      let value = plainForward(model.critics.networks[0], critic, o + z.map { tanh($0) })[0]
      let penalty = settings.preSquashPenalty * z.reduce(0) { $0 + $1 * $1 } / Double(z.count)
      return sum + (penalty - value) / Double(observations.count)
    }
  }
}

extension DDPG {
  /// Gradients of both losses at the parameters as they stand, for one batch.
  ///
  /// - Returns: the losses.
  fileprivate mutating func computeGradients(_ buffer: ReplayBuffer, pool: WorkerPool) -> (
    critic: Double, actor: Double
  ) {
    sample(buffer)
    var metrics = DDPGMetrics()
    return (computeCriticGradients(buffer, &metrics, pool: pool), computeActorGradients(pool: pool))
  }
}

@Suite("DDPG")
struct DDPGTests {
  static func settings() -> DDPGParameters {
    var settings = DDPGParameters()
    settings.batchSize = 24
    settings.hiddenSizes = [6, 5]
    settings.criticHiddenSizes = [7, 6]
    settings.activation = .tanh
    settings.finalLayerBound = nil
    settings.criticWeightDecay = 0
    settings.memoryCapacity = 500
    return settings
  }

  /// Two observations change places, the third its sign; the actions change places and signs.
  static let symmetry = MirrorSymmetry(
    observations: Reflection(partners: [1, 0, 2], signs: [1, 1, -1]),
    actions: Reflection(partners: [1, 0], signs: [-1, -1]))

  static func make(_ settings: DDPGParameters, seed: UInt64 = 1) -> DDPG {
    DDPG(
      settings, observations: 3, actions: 2, symmetry: settings.mirrorSymmetry == nil ? nil : symmetry, seed: seed,
      instructionSet: .baseline)
  }

  /// Two worlds of random numbers, 200 steps, with ends and time limits.
  static func buffer() -> ReplayBuffer {
    var buffer = ReplayBuffer(capacity: 300, observations: 3, actions: 2, worlds: 2)
    var random = RandomStream(seed: 21, purpose: .testing)
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    buffer.begin(worlds: 0..<2, observations: numbers(6))
    for _ in 0..<200 {
      buffer.record(
        worlds: 0..<2, actions: numbers(4).map { max(-1, min(1, $0)) }, rewards: numbers(2),
        endings: (0..<2).map { _ in [.running, .running, .running, .terminated, .truncated][random.index(below: 5)] },
        finalObservations: numbers(6), observations: numbers(6))
    }
    return buffer
  }

  /// The settings under which every part of the losses is at work.
  enum Case: CaseIterable { case plain, options, twins }

  static func settings(_ which: Case) -> DDPGParameters {
    var settings = settings()
    guard which != .plain else { return settings }
    settings.activation = .silu
    settings.returnSteps = 3
    settings.rewardScale = 0.5
    settings.normalizesObservations = true
    settings.normalizesActorLayers = true
    settings.normalizesCriticLayers = true
    settings.criticWeightDecay = 0.1
    settings.preSquashPenalty = 0.2
    settings.shards = 3
    settings.usesTwinCritics = which == .twins
    return settings
  }

  @Test("gradients of the critic's and the actor's whole loss agree with finite differences", arguments: Case.allCases)
  func gradients(which: Case) {
    let buffer = Self.buffer()
    var ddpg = Self.make(Self.settings(which))
    let settings = ddpg.settings
    var random = RandomStream(seed: 4, purpose: .testing)
    ddpg.model.observe((0..<60).map { _ in Float(1 + 2 * random.normal()) })
    // Target copies that differ from what they follow.
    for k in 0..<ddpg.model.actorTarget.count { ddpg.model.actorTarget[k] += Float(0.3 * random.normal()) }
    for k in 0..<ddpg.model.critics.target.count { ddpg.model.critics.target[k] += Float(0.3 * random.normal()) }

    let pool = WorkerPool(threadCount: 1)
    let (criticLoss, actorLoss) = ddpg.computeGradients(buffer, pool: pool)

    func rows(_ indices: [Int]) -> [[Double]] {
      var rows = AlignedVector<Float>(zeros: 3 * indices.count)
      buffer.gatherObservations(indices[...], ddpg.model.normalizer, into: &rows)
      return indices.indices.map { i in (0..<3).map { Double(rows[3 * i + $0]) } }
    }
    let outcomes = ddpg.sampler.indices.map { index in
      buffer.outcome(of: index, steps: settings.returnSteps, discountFactor: Float(settings.discountFactor))
    }
    var actions = AlignedVector<Float>(zeros: 2 * settings.batchSize)
    buffer.gatherActions(ddpg.sampler.indices[...], into: &actions)
    let plain = PlainDDPG(
      settings: settings, model: ddpg.model, observations: rows(ddpg.sampler.indices),
      next: rows(outcomes.map(\.index)),
      actions: ddpg.sampler.indices.indices.map { i in [Double(actions[2 * i]), Double(actions[2 * i + 1])] },
      rewards: outcomes.map { Double($0.rewards) }, discounts: outcomes.map { Double($0.discount) })

    let critic = Array(ddpg.model.critics.parameters).map(Double.init)
    let actor = Array(ddpg.model.actorParameters).map(Double.init)
    #expect(abs(criticLoss - plain.criticLoss(critic)) < 1e-5 * (1 + abs(criticLoss)))
    #expect(abs(actorLoss - plain.actorLoss(actor, critic: critic)) < 1e-5 * (1 + abs(actorLoss)))
    let criticError = worstDifference(critic, ddpg.criticGradients) { plain.criticLoss($0) }
    let actorError = worstDifference(actor, ddpg.actorGradients) { plain.actorLoss($0, critic: critic) }
    #expect(criticError < 2e-5, "\(criticError)")
    #expect(actorError < 2e-5, "\(actorError)")
    #expect(ddpg.actorGradients.euclideanNorm(instructionSet: .baseline) > 1e-3)
  }

  @Test(
    "gradients beyond the largest norm are scaled down to it before the optimisers see them",
    arguments: [1e-3, 1e6, nil])
  func gradientNorm(limit: Double?) {
    var settings = Self.settings()
    settings.maximumGradientNorm = limit
    var ddpg = Self.make(settings)
    let metrics = ddpg.update(Self.buffer(), pool: WorkerPool(threadCount: 1))
    // Adam's first moment after one step is a tenth of the gradient.
    for (adam, norm) in [
      (ddpg.actorAdam, metrics.actorGradientNorm ?? 0), (ddpg.criticAdam, metrics.criticGradientNorm),
    ] {
      #expect(norm > 2e-3)
      let seen = 10 * adam.firstMoments.euclideanNorm(instructionSet: .baseline)
      #expect(abs(seen / min(norm, limit ?? .infinity) - 1) < 1e-4, "\(seen) of \(norm)")
    }
  }

  @Test("target copies follow by the formula: θ′ ← τ θ + (1 − τ) θ′", arguments: [0.0, 0.01, 1.0])
  func softUpdate(τ: Double) {
    var settings = Self.settings()
    settings.targetUpdateRate = τ
    let buffer = Self.buffer()
    var ddpg = Self.make(settings)
    let pool = WorkerPool(threadCount: 1)
    for _ in 0..<5 {
      let before = ddpg.model
      _ = ddpg.update(buffer, pool: pool)
      func check(_ old: AlignedVector<Float>, _ new: AlignedVector<Float>, _ source: AlignedVector<Float>) {
        for k in 0..<old.count {
          let wanted = τ * Double(source[k]) + (1 - τ) * Double(old[k])
          #expect(abs(Double(new[k]) - wanted) <= 1e-7 * max(1, abs(wanted)))
        }
        if τ == 0 { #expect(new.hasSameBits(as: old)) }
        if τ == 1 { #expect(new == source) }
      }
      check(before.actorTarget, ddpg.model.actorTarget, ddpg.model.actorParameters)
      check(before.critics.target, ddpg.model.critics.target, ddpg.model.critics.parameters)
      #expect(!ddpg.model.actorParameters.hasSameBits(as: before.actorParameters))
      #expect(!ddpg.model.critics.parameters.hasSameBits(as: before.critics.parameters))
    }
  }

  @Test(
    "the value of a state that pays 1 and leads to itself: 1 / (1 − γ); with a frozen target 1 + γ of what that says",
    arguments: [
      (τ: 0.0, ending: EpisodeEnding.running), (0.05, .running), (1, .running), (0.05, .truncated), (0.05, .terminated),
    ])
  func targetsLag(τ: Double, ending: EpisodeEnding) {
    var settings = Self.settings()
    settings.targetUpdateRate = τ
    settings.discountFactor = 0.5
    settings.criticLearningRate = 3e-3
    var ddpg = Self.make(settings)
    var buffer = ReplayBuffer(capacity: 400, observations: 3, actions: 2, worlds: 1)
    let state: [Float] = [1, 0, -1]
    buffer.begin(worlds: 0..<1, observations: state)
    var random = RandomStream(seed: 5, purpose: .testing)
    for _ in 0..<100 {
      buffer.record(
        worlds: 0..<1, actions: (0..<2).map { _ in Float(random.uniform(in: -1...1)) }, rewards: [1],
        endings: [ending], finalObservations: state, observations: state)
    }
    let frozen = ddpg.update(buffer, pool: WorkerPool(threadCount: 1)).target
    let pool = WorkerPool(threadCount: 1)
    var last = DDPGMetrics()
    for _ in 0..<3000 { last = ddpg.update(buffer, pool: pool) }
    let wanted = ending == .terminated ? 1 : τ == 0 ? frozen : 2
    #expect(abs(last.value - wanted) < 0.03, "\(last.value) for \(wanted)")
  }

  @Test("a delayed actor and the target copies move with every d-th update only")
  func delay() {
    var settings = Self.settings()
    settings.actorDelay = 3
    let buffer = Self.buffer()
    var ddpg = Self.make(settings)
    let pool = WorkerPool(threadCount: 1)
    for update in 1...7 {
      let before = ddpg.model
      let metrics = ddpg.update(buffer, pool: pool)
      let moves = update.isMultiple(of: 3)
      #expect(ddpg.model.actorParameters.hasSameBits(as: before.actorParameters) == !moves)
      #expect(ddpg.model.actorTarget.hasSameBits(as: before.actorTarget) == !moves)
      #expect(ddpg.model.critics.target.hasSameBits(as: before.critics.target) == !moves)
      #expect(!ddpg.model.critics.parameters.hasSameBits(as: before.critics.parameters))
      #expect((metrics.actorLoss != nil) == moves)
    }
  }

  @Test("the same bits for 1, 2 and 4 threads, and others for another seed")
  func threads() {
    let buffer = Self.buffer()
    func train(_ threads: Int, seed: UInt64 = 1) -> (DDPG, [DDPGMetrics]) {
      var settings = Self.settings(.twins)
      (settings.shards, settings.targetNoise) = (4, 0.2)
      var ddpg = Self.make(settings, seed: seed)
      let pool = WorkerPool(threadCount: threads)
      let metrics = (0..<30).map { _ in ddpg.update(buffer, pool: pool) }
      return (ddpg, metrics)
    }
    let (one, metrics) = train(1)
    for threads in [2, 4] {
      let (other, otherMetrics) = train(threads)
      #expect(other.model.actorParameters.hasSameBits(as: one.model.actorParameters))
      #expect(other.model.critics.target.hasSameBits(as: one.model.critics.target))
      #expect(otherMetrics == metrics)
    }
    #expect(!train(1, seed: 2).0.model.actorParameters.hasSameBits(as: one.model.actorParameters))
  }

  @Test("what is kept and read back learns on to the same bits", arguments: Case.allCases)
  func keeping(which: Case) throws {
    let buffer = Self.buffer()
    var settings = Self.settings(which)
    if which == .twins { (settings.targetNoise, settings.actorDelay, settings.mirrorSymmetry) = (0.2, 2, .leftRight) }
    var ddpg = Self.make(settings)
    let pool = WorkerPool(threadCount: 1)
    for _ in 0..<7 { _ = ddpg.update(buffer, pool: pool) }
    var copy = Self.make(settings, seed: 99)
    try copy.read(ddpg.tensors(), file: "test")
    for _ in 0..<7 { #expect(ddpg.update(buffer, pool: pool) == copy.update(buffer, pool: pool)) }
    #expect(copy.model.actorTarget.hasSameBits(as: ddpg.model.actorTarget))
    #expect(copy.model.critics.parameters.hasSameBits(as: ddpg.model.critics.parameters))
    settings.hiddenSizes = [8]
    var other = Self.make(settings)
    #expect(throws: InvalidInput.self) { try other.read(ddpg.tensors(), file: "test") }
  }

  @Test(
    "with mirror symmetry, actor and critics stay their own mirror images while they learn", arguments: Case.allCases)
  func mirrorSymmetry(which: Case) {
    var settings = Self.settings(which)
    settings.mirrorSymmetry = .leftRight
    var ddpg = Self.make(settings)
    let (buffer, pool) = (Self.buffer(), WorkerPool(threadCount: 1))
    let first = ddpg.model.actorParameters
    var random = RandomStream(seed: 8, purpose: .testing)
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    for _ in 0..<20 {
      ddpg.model.observe(numbers(3))
      _ = ddpg.update(buffer, pool: pool)
    }
    #expect(!ddpg.model.actorParameters.hasSameBits(as: first))

    func double(_ parameters: AlignedVector<Float>) -> [Double] { Array(parameters).map(Double.init) }
    for _ in 0..<20 {
      let (observation, action) = (numbers(3).map(Double.init), numbers(2).map(Double.init))
      let image = Self.symmetry.observations.image(of: observation)
      for parameters in [ddpg.model.actorParameters, ddpg.model.actorTarget] {
        let (own, other) = (
          PlainDDPG.action(ddpg.model, double(parameters), observation),
          PlainDDPG.action(ddpg.model, double(parameters), image)
        )
        #expect(zip(Self.symmetry.actions.image(of: own), other).allSatisfy { abs($0 - $1) < 1e-6 })
      }
      for (critic, parameters) in ddpg.model.critics.networks.flatMap({ critic in
        [ddpg.model.critics.parameters, ddpg.model.critics.target].map { (critic, $0) }
      }) {
        let own = plainForward(critic, double(parameters), observation + action)[0]
        let other = plainForward(critic, double(parameters), image + Self.symmetry.actions.image(of: action))[0]
        #expect(abs(own - other) < 1e-6 * (1 + abs(own)))
      }
    }
  }

  @Test("a reward that is not finite changes no parameter, and is counted")
  func guards() {
    var buffer = ReplayBuffer(capacity: 100, observations: 3, actions: 2, worlds: 1)
    buffer.begin(worlds: 0..<1, observations: [0, 0, 0])
    buffer.record(
      worlds: 0..<1, actions: [0, 0], rewards: [.nan], endings: [.running], finalObservations: [0, 0, 0],
      observations: [1, 1, 1])
    var ddpg = Self.make(Self.settings())
    let before = ddpg.model
    _ = ddpg.update(buffer, pool: WorkerPool(threadCount: 1))
    #expect(ddpg.skippedUpdates == 1)
    #expect(ddpg.model.critics.parameters.hasSameBits(as: before.critics.parameters))
    #expect(ddpg.model.critics.target.hasSameBits(as: before.critics.target))
  }

  @Test("a policy that was kept acts to the same bits as the actor: layer normalisation, tanh and normaliser included")
  func policies() throws {
    var ddpg = Self.make(Self.settings(.options))
    ddpg.model.observe([1, 2, 3, 3, 1, 2, -4, 0, 1])
    _ = ddpg.update(Self.buffer(), pool: WorkerPool(threadCount: 1))
    let raw: [Float] = [0.5, -1, 2, 3, 0, -2]
    var wanted: [Float] = [0, 0, 0, 0]
    var workspace = MLPWorkspace<Float>(
      ddpg.model.actor, rowCapacity: 2, instructionSet: .baseline, isForTraining: false)
    var squashed = AlignedVector<Float>(zeros: 4)
    ddpg.model.act(raw, &workspace, &squashed, into: &wanted)
    let kept = try Policy(ddpg.model.policy.tensors(), file: "test", observations: box(3), actions: box(2))
    for policy in [ddpg.model.policy, kept] {
      var workspace = PolicyWorkspace(policy, rowCapacity: 2, instructionSet: .baseline)
      var actions: [Float] = [0, 0, 0, 0]
      var span = actions.mutableSpan
      workspace.act(raw.span, into: &span)
      #expect(actions == wanted)
    }
    #expect(wanted.allSatisfy { abs($0) < 1 } && Set(wanted).count == 4)
  }

  @Test("defaults are those of the papers")
  func defaults() {
    let ddpg = DDPGParameters()
    #expect(ddpg.hiddenSizes == [400, 300] && ddpg.batchSize == 64 && ddpg.targetUpdateRate == 0.001)
    #expect(ddpg.actorLearningRate == 1e-4 && ddpg.criticLearningRate == 1e-3 && ddpg.criticWeightDecay == 1e-2)
    #expect(ddpg.exploration.noise == .ornsteinUhlenbeck && ddpg.exploration.meanReversion == 0.15)
    let td3 = TD3Parameters().ddpg
    #expect(td3.usesTwinCritics && td3.actorDelay == 2 && td3.targetNoise == 0.2 && td3.targetNoiseLimit == 0.5)
    #expect(td3.exploration.noise == .gaussian && td3.exploration.deviation == 0.1 && td3.targetUpdateRate == 5e-3)
  }
}
