import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

/// A problem with two states, seen as (1, 0) and (0, 1): from the first to the second, then the end.
///
/// The second step pays 1 − a², a the action, so the best policy does nothing, and V(first) = γ V(second).
struct TwoStates {
  var isSecond: [Bool]
  /// How the second step ends.
  var ending = EpisodeEnding.terminated

  init(worlds: Int) { isSecond = (0..<worlds).map { !$0.isMultiple(of: 2) } }

  var observations: [Float] { isSecond.flatMap { $0 ? [0, 1] : [1, 0] } as [Float] }

  mutating func step(_ actions: [Float]) -> (rewards: [Float], endings: [EpisodeEnding]) {
    let rewards = isSecond.indices.map { isSecond[$0] ? 1 - actions[$0] * actions[$0] : 0 }
    let endings = isSecond.map { $0 ? ending : .running }
    for i in isSecond.indices { isSecond[i].toggle() }
    return (rewards, endings)
  }
}

@Suite("PPO")
struct PPOTests {
  static func settings() -> PPOParameters {
    var settings = PPOParameters()
    settings.worlds = 8
    settings.rolloutLength = 32
    settings.minibatchSize = 64
    settings.discountFactor = 0.5
    settings.learningRate.initial = 3e-3
    settings.hiddenSizes = [16]
    settings.valueHiddenSizes = [16]
    settings.initialLogDeviation = -1
    settings.normalizesObservations = false
    return settings
  }

  /// The two observations change places, the action its sign.
  static let symmetry = MirrorSymmetry(
    observations: Reflection(partners: [1, 0], signs: [1, 1]), actions: Reflection(partners: [0], signs: [-1]))

  static func make(_ settings: PPOParameters, actions: Space = box(1), seed: UInt64 = 1) -> PPO {
    PPO(
      settings,
      for: LearnerContext(
        observationSpace: box(2), actionSpace: actions, symmetry: settings.mirrorSymmetry == nil ? nil : symmetry,
        seed: seed, instructionSet: .baseline))
  }

  /// One rollout of the two-state problem with the policy as it stands.
  static func rollOut(
    _ ppo: PPO, _ problem: inout TwoStates, _ random: inout [RandomStream], actions space: Space = box(1)
  ) -> RolloutSegment {
    let worlds = problem.isSecond.count
    var segment = RolloutSegment(
      ppo.model, worlds: worlds, steps: ppo.settings.rolloutLength, instructionSet: .baseline)
    var actions = [Float](repeating: 0, count: worlds * space.count)
    segment.begin()
    for _ in 0..<ppo.settings.rolloutLength {
      segment.act(problem.observations, ppo.model, random: &random, into: &actions)
      // The first number of each action counts.
      let (rewards, endings) = problem.step((0..<worlds).map { actions[$0 * space.count] })
      // The last observation of an episode is the second state's.
      segment.record(
        rewards: rewards, endings: endings, finalObservations: Array(repeating: [0, 1], count: worlds).flatMap { $0 },
        ppo.model)
    }
    segment.finish(problem.observations, ppo.model)
    segment.estimateAdvantages(
      discountFactor: ppo.settings.discountFactor, lambda: ppo.settings.gaeLambda, rewardScale: 1)
    return segment
  }

  static func train(
    _ settings: PPOParameters, actions: Space = box(1), updates: Int, threads: Int = 1,
    ending: EpisodeEnding = .terminated
  ) -> (ppo: PPO, metrics: [PPOMetrics], last: RolloutSegment) {
    var ppo = make(settings, actions: actions)
    var problem = TwoStates(worlds: settings.worlds)
    problem.ending = ending
    var random = (0..<settings.worlds).map { RandomStream(seed: 7, purpose: .testing, index: $0) }
    let pool = WorkerPool(threadCount: threads)
    var metrics: [PPOMetrics] = []
    for _ in 0..<updates {
      let segment = rollOut(ppo, &problem, &random)
      metrics.append(ppo.update([segment], progress: 0, pool: pool))
    }
    return (ppo, metrics, rollOut(ppo, &problem, &random))
  }

  @Test(
    "learns a known value: γ of the second state's where it terminates, and past the cut where it is truncated",
    arguments: [EpisodeEnding.terminated, .truncated])
  func knownValue(ending: EpisodeEnding) {
    let (ppo, _, segment) = Self.train(Self.settings(), updates: 60, ending: ending)
    let (mean, σ) = (
      Double(segment.outputs[1]),
      Double(Float.exponential(ppo.model.parameters[ppo.model.actor.logDeviations.lowerBound]))
    )
    // World 1 starts in the second state, world 0 in the first (an even number of steps went by).
    let reward = 1 - mean * mean - σ * σ
    let second = ending == .terminated ? reward : reward / (1 - 0.5)  // V = r + γ V
    #expect(abs(mean) < 0.15, "the best action is 0, the policy's \(mean)")
    #expect(abs(Double(segment.values[1]) - second) < 0.1, "\(segment.values[1]) for \(second)")
    #expect(abs(Double(segment.values[0]) - 0.5 * second) < 0.1, "\(segment.values[0]) for \(0.5 * second)")
  }

  @Test("learns which of three choices is best, and what that is worth", arguments: PPOParameters.Objective.allCases)
  func choices(objective: PPOParameters.Objective) throws {
    var settings = Self.settings()
    settings.objective = objective
    // The second step pays 1 − a², so the choice 0 pays 1, 1 nothing and 2 costs 3.
    let actions = Space.discrete(["best", "middle", "worst"])
    let (ppo, metrics, segment) = Self.train(settings, actions: actions, updates: 60)
    #expect(abs(segment.values[1] - 1) < 0.1 && abs(segment.values[0] - 0.5) < 0.1)
    #expect(metrics[0].entropy > 1 && (metrics.last?.entropy ?? 2) < metrics[0].entropy && metrics[0].deviation == nil)
    let kept = try Policy(ppo.policy.tensors(), file: "test", observations: box(2), actions: actions)
    var workspace = PolicyWorkspace(kept, rowCapacity: 1, instructionSet: .baseline)
    var action: [Float] = [7]
    var span = action.mutableSpan
    let second: [Float] = [0, 1]
    workspace.act(second.span, into: &span)
    #expect(action == [0])
    var copy = Self.make(settings, actions: actions, seed: 99)
    try copy.read(ppo.tensors(), file: "test")
    #expect(copy.model.parameters.hasSameBits(as: ppo.model.parameters))
    #expect(throws: InvalidInput.self) {
      try Policy(ppo.policy.tensors(), file: "test", observations: box(2), actions: box(3))
    }
  }

  /// The loss of a whole rollout once more, in double and as plainly as can be.
  private static func plainLoss(
    _ ppo: PPO, _ p: [Double]
  ) -> (loss: Double, clipped: Int, valueClipped: Int, beyond: Int) {
    let (settings, batch, actor) = (ppo.settings, ppo.batch, ppo.model.actor)
    let n = actor.outputCount
    func row(_ values: AlignedVector<Float>, _ k: Int, _ width: Int) -> [Double] {
      (0..<width).map { Double(values[k * width + $0]) }
    }
    func logSoftmax(_ z: [Double]) -> [Double] {
      let sum = log(z.reduce(0) { $0 + exp($1) })
      return z.map { $0 - sum }
    }
    var (loss, clipped, valueClipped, beyond) = (0.0, 0, 0, 0)
    let ε = settings.clipRange
    for k in 0..<batch.count {
      let observation = row(batch.observations, k, 2)
      let outputs = plainForward(actor.network, p, observation)
      let old = row(batch.outputs, k, n)
      var (logProbability, divergence, entropy) = (0.0, 0.0, 0.0)
      if actor.distribution == .categorical {
        let (new, before) = (logSoftmax(outputs), logSoftmax(old))
        logProbability = new[Int(batch.actions[k])]
        divergence = zip(before, new).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        entropy = -new.reduce(0) { $0 + exp($1) * $1 }
      } else {
        for j in 0..<n {
          let (logσ, oldLogσ) = (p[actor.logDeviations.lowerBound + j], Double(batch.logDeviations[j]))
          let z = (Double(batch.actions[k * n + j]) - outputs[j]) / exp(logσ)
          logProbability -= z * z / 2 + logσ + log(2 * Double.pi) / 2
          let shift = old[j] - outputs[j]
          divergence += logσ - oldLogσ + (exp(2 * oldLogσ) + shift * shift) / (2 * exp(2 * logσ)) - 0.5
          entropy += logσ + 0.5 * log(2 * Double.pi * M_E)
        }
      }
      let ratio = exp(logProbability - Double(batch.logProbabilities[k]))
      let advantage = Double(batch.advantages[k])
      let bounded = min(max(ratio, 1 - ε), 1 + ε)
      if bounded != ratio { beyond += 1 }
      if settings.objective == .clipped {
        loss -= min(ratio * advantage, bounded * advantage)
        if bounded * advantage < ratio * advantage { clipped += 1 }
      } else {
        loss -= ratio * advantage - ppo.penalty * divergence
      }
      loss -= settings.entropyCoefficient * entropy
      let value = ppo.model.critic.map { plainForward($0, p, observation)[0] } ?? .nan
      let oldValue = Double(batch.values[k])
      let plain = value - Double(batch.returns[k])
      var error = plain * plain
      if let range = settings.valueClipRange {
        let bounded = oldValue + min(max(value - oldValue, -range), range) - Double(batch.returns[k])
        if bounded * bounded > error { (error, valueClipped) = (bounded * bounded, valueClipped + 1) }
      }
      loss += settings.valueCoefficient * error
      if settings.isSmoothed {
        let next = plainForward(actor.network, p, row(batch.nextObservations, k, 2))
        loss +=
          settings.smoothnessCoefficient
          * zip(outputs, next).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
    }
    return (loss / Double(batch.count), clipped, valueClipped, beyond)
  }

  @Test(
    "the gradients of the whole loss agree with finite differences: value clipping, entropy, smoothness, both objectives",
    arguments: PPOParameters.Objective.allCases, [box(2), Space.discrete(["a", "b", "c"])])
  func wholeLoss(objective: PPOParameters.Objective, actions: Space) {
    for sharesTrunk in [false, true] { expectWholeLoss(objective, actions, sharesTrunk: sharesTrunk) }
  }

  private func expectWholeLoss(_ objective: PPOParameters.Objective, _ actions: Space, sharesTrunk: Bool) {
    var settings = Self.settings()
    settings.objective = objective
    settings.value.sharesTrunk = sharesTrunk
    settings.penaltyCoefficient = 0.7
    settings.clipRange = 0.05
    settings.valueClipRange = 0.05
    settings.valueCoefficient = 0.4
    settings.entropyCoefficient = 0.3
    settings.smoothnessCoefficient = actions.choices == nil ? 0.6 : 0
    (settings.shards, settings.minibatchSize) = (3, settings.rolloutSize)
    (settings.hiddenSizes, settings.valueHiddenSizes) = ([5, 4], [6])
    var ppo = Self.make(settings, actions: actions)
    // Far enough from the policy that acted for ratios and values beyond the clips.
    var random = RandomStream(seed: 4, purpose: .testing)
    for i in ppo.model.actor.network.parameters { ppo.model.parameters[i] += Float(0.3 * random.normal()) }
    var problem = TwoStates(worlds: 8)
    var streams = (0..<8).map { RandomStream(seed: 7, purpose: .testing, index: $0) }
    let segment = Self.rollOut(ppo, &problem, &streams, actions: actions)
    for i in 0..<ppo.model.parameters.count { ppo.model.parameters[i] += Float(0.1 * random.normal()) }

    var metrics = PPOMetrics()
    ppo.gather([segment], &metrics)
    let rows = 0..<ppo.batch.count
    let sums = ppo.computeGradients(rows: rows, pool: WorkerPool(threadCount: 1))
    let loss = ppo.loss(sums, rows: rows.count)
    let parameters = Array(ppo.model.parameters).map(Double.init)
    let plain = Self.plainLoss(ppo, parameters)
    #expect(abs(loss - plain.loss) < 1e-5 * (1 + abs(loss)))
    #expect(sums.clipped == Double(plain.beyond) && plain.beyond > plain.clipped)
    #expect(plain.clipped > 5 || objective == .penalized, "\(plain.clipped) rows of \(rows.count) clipped")
    #expect(plain.valueClipped > 5, "\(plain.valueClipped) values of \(rows.count) clipped")
    for i in usedParameters(of: ppo.model) {
      var moved = parameters
      moved[i] = parameters[i] + 1e-6
      let above = Self.plainLoss(ppo, moved).loss
      moved[i] = parameters[i] - 1e-6
      let slope = (above - Self.plainLoss(ppo, moved).loss) / 2e-6
      #expect(abs(slope - Double(ppo.gradients[i])) < 2e-5 * (1 + abs(slope)), "parameter \(i)")
    }
    #expect(ppo.gradients.euclideanNorm(instructionSet: .baseline) > 0.1)
  }

  @Test("clipping keeps the policy near the old one where the bare objective runs away")
  func clipping() {
    var settings = Self.settings()
    settings.learningRate.initial = 1e-2
    settings.epochs = 30
    let clipped = Self.train(settings, updates: 1).metrics[0]
    settings.objective = .penalized
    settings.penaltyCoefficient = 1e-6
    let bare = Self.train(settings, updates: 1).metrics[0]
    settings.penaltyCoefficient = 10
    let penalized = Self.train(settings, updates: 1).metrics[0]
    #expect(clipped.divergence < bare.divergence / 2, "\(clipped.divergence) against \(bare.divergence)")
    #expect(penalized.divergence < bare.divergence / 2, "\(penalized.divergence) against \(bare.divergence)")
  }

  @Test("an update stops where the KL divergence passes 1.5 times its target, before that step is taken")
  func divergenceStop() {
    var settings = Self.settings()
    settings.learningRate.initial = 1e-2
    settings.epochs = 30
    let free = Self.train(settings, updates: 1)
    settings.targetDivergence = 0.005
    let stopped = Self.train(settings, updates: 1)
    #expect(free.metrics[0].epochs == 30)
    #expect(stopped.metrics[0].epochs < 30)
    #expect(stopped.metrics[0].divergence > 1.5 * 0.005)
    settings.targetDivergence = 1e-12
    let (ppo, metrics, _) = Self.train(settings, updates: 1)
    // The first step is taken from KL = 0, the second is refused.
    #expect(metrics[0].epochs == 0)
    #expect(!ppo.model.parameters.hasSameBits(as: Self.make(settings).model.parameters))
  }

  @Test("faulted steps never reach the learner: their rewards and actions change no bit")
  func faultsAreLeftOut() {
    func train(_ reward: Float) -> PPO {
      var settings = Self.settings()
      settings.epochs = 2
      var ppo = Self.make(settings)
      var random = (0..<8).map { RandomStream(seed: 7, purpose: .testing, index: $0) }
      var segment = RolloutSegment(ppo.model, worlds: 8, steps: 32, instructionSet: .baseline)
      var actions = [Float](repeating: 0, count: 8)
      segment.begin()
      for t in 0..<32 {
        segment.act(Array(repeating: [1, 0], count: 8).flatMap { $0 }, ppo.model, random: &random, into: &actions)
        var rewards = actions
        var endings = [EpisodeEnding](repeating: .running, count: 8)
        if t.isMultiple(of: 5) { (rewards[3], endings[3]) = (reward, .fault) }
        segment.record(
          rewards: rewards, endings: endings, finalObservations: Array(repeating: reward, count: 16), ppo.model)
      }
      segment.finish(Array(repeating: [1, 0], count: 8).flatMap { $0 }, ppo.model)
      segment.estimateAdvantages(discountFactor: 0.9, lambda: 0.9, rewardScale: 1)
      // Seven of the 256 steps are faults.
      #expect(segment.usedSteps == 249)
      _ = ppo.update([segment], progress: 0, pool: WorkerPool(threadCount: 1))
      #expect(ppo.batch.count == 249)
      return ppo
    }
    #expect(train(0).model.parameters.hasSameBits(as: train(1e6).model.parameters))
  }

  @Test(
    "smoothness: the gradients agree with finite differences of c E[(μ(oₜ) − μ(oₜ₊₁))²], steps within an episode alone",
    arguments: [EpisodeEnding.terminated, .truncated])
  func smoothness(ending: EpisodeEnding) {
    var settings = Self.settings()
    settings.epochs = 1
    settings.minibatchSize = 256
    settings.maximumGradientNorm = nil
    var problem = TwoStates(worlds: 8)
    problem.ending = ending
    var random = (0..<8).map { RandomStream(seed: 7, purpose: .testing, index: $0) }
    let segment = Self.rollOut(Self.make(settings), &problem, &random)
    func gradients(_ coefficient: Double) -> [Double] {
      settings.smoothnessCoefficient = coefficient
      var ppo = Self.make(settings)
      let seen = Guarded<[Double]>([])
      ppo.spoilGradients = { _, gradients in
        let values = Array(gradients).map(Double.init)
        seen.withLock { $0 = values }
      }
      _ = ppo.update([segment], progress: 0, pool: WorkerPool(threadCount: 1))
      return seen.withLock { $0 }
    }
    // So heavy that the rest of the loss, which is taken off, costs no digits.
    let added = zip(gradients(1000), gradients(0)).map { $0 - $1 }

    // Half of the rows are in the first state, each before one in the second; after that the episode is over.
    func loss(_ ppo: PPO) -> Double {
      var workspace = PolicyWorkspace(ppo.policy, rowCapacity: 2, instructionSet: .baseline)
      let (states, zeros): ([Float], [Float]) = ([1, 0, 0, 1], [0, 0])
      var means = zeros
      var span = means.mutableSpan
      workspace.act(states.span, into: &span)
      let change = Double(means[0]) - Double(means[1])
      return 1000 * 0.5 * change * change
    }
    var directions = RandomStream(seed: 5, purpose: .testing)
    for _ in 0..<5 {
      let direction = added.map { _ in Float(directions.normal()) }
      func shifted(_ step: Float) -> PPO {
        var ppo = Self.make(settings)
        for i in direction.indices { ppo.model.parameters[i] += step * direction[i] }
        return ppo
      }
      let slope = (loss(shifted(1e-4)) - loss(shifted(-1e-4))) / 2e-4
      let expected = zip(added, direction).reduce(0) { $0 + $1.0 * Double($1.1) }
      #expect(abs(slope - expected) < 1e-3 * max(abs(slope), 1e-3), "\(slope) for \(expected)")
      #expect(abs(slope) > 1e-3)
    }
  }

  @Test(
    "the same bits for 1, 2 and 4 threads", arguments: [nil, MirrorPlane.leftRight], [0, 0.5])
  func threads(mirrorSymmetry: MirrorPlane?, smoothness: Double) {
    var settings = Self.settings()
    settings.mirrorSymmetry = mirrorSymmetry
    settings.smoothnessCoefficient = smoothness
    let one = Self.train(settings, updates: 3)
    for threads in [2, 4] {
      let other = Self.train(settings, updates: 3, threads: threads)
      #expect(other.ppo.model.parameters.hasSameBits(as: one.ppo.model.parameters))
      #expect(other.metrics == one.metrics)
    }
  }

  @Test("with mirror symmetry, policy and value function stay their own mirror images while they learn")
  func mirrorSymmetry() {
    var settings = Self.settings()
    settings.mirrorSymmetry = .leftRight
    settings.normalizesObservations = true
    settings.policyAveraging = 0.5
    var (ppo, metrics, segment) = Self.train(settings, updates: 5)
    #expect(metrics.allSatisfy { $0.divergence > 0 })
    ppo.observe([segment])
    var random = RandomStream(seed: 3, purpose: .testing)
    let rows = (0..<20).map { _ in [Float(random.normal()), Float(random.normal())] }
    var workspace = PolicyWorkspace(ppo.policy, rowCapacity: 20, instructionSet: .baseline)
    func act(_ rows: [[Float]]) -> [Float] {
      var output = [Float](repeating: 0, count: rows.count)
      var span = output.mutableSpan
      let values = rows.flatMap(\.self)
      workspace.act(values.span, into: &span)
      return output
    }
    let (actions, images) = (act(rows), act(rows.map(Self.symmetry.observations.image)))
    #expect(zip(actions, images).allSatisfy { abs($0 + $1) < 1e-6 })
    #expect(actions.contains { abs($0) > 1e-3 })
    // The two states are each other's image, so they have one value; worlds alternate between them.
    #expect((1..<8).allSatisfy { abs(segment.values[$0] - segment.values[0]) < 1e-5 })
  }

  @Test(
    "what is kept and read back learns on to the same bits", arguments: PPOParameters.Objective.allCases,
    [nil, MirrorPlane.leftRight])
  func keeping(objective: PPOParameters.Objective, mirrorSymmetry: MirrorPlane?) throws {
    var settings = Self.settings()
    settings.objective = objective
    settings.mirrorSymmetry = mirrorSymmetry
    settings.learningRate.schedule = .adaptive
    settings.normalizesObservations = true
    settings.policyAveraging = 0.5
    var (ppo, _, segment) = Self.train(settings, updates: 2)
    var copy = Self.make(settings, seed: 99)
    try copy.read(ppo.tensors(), file: "test")
    let pool = WorkerPool(threadCount: 1)
    for _ in 0..<2 {
      #expect(ppo.update([segment], progress: 0, pool: pool) == copy.update([segment], progress: 0, pool: pool))
    }
    #expect(copy.model.parameters.hasSameBits(as: ppo.model.parameters))
    #expect(copy.policy.parameters.hasSameBits(as: ppo.policy.parameters))
  }

  @Test(
    "the averaged policy is the weighted mean of the learner's weights after each update, which averaging leaves alone")
  func averaging() {
    var settings = Self.settings()
    let plain = (0...3).map { Self.train(settings, updates: $0).ppo }
    settings.policyAveraging = 0.75
    let averaged = Self.train(settings, updates: 3).ppo
    #expect(averaged.model.parameters.hasSameBits(as: plain[3].model.parameters))
    let weights = [0.421875, 0.140625, 0.1875, 0.25]  // 0.75³, 0.25 · 0.75², 0.25 · 0.75, 0.25
    let kept = Array(averaged.policy.parameters)
    for i in plain[0].model.actor.network.parameters {
      let expected = zip(weights, plain).reduce(0.0) { $0 + $1.0 * Double($1.1.model.parameters[i]) }
      #expect(abs(Double(kept[i]) - expected) < 1e-6)
    }
    #expect(Array(plain[3].policy.parameters) == Array(plain[3].model.parameters))
  }

  @Test("a policy that was kept acts to the same bits, and acting moves no normaliser")
  func policies() throws {
    var settings = Self.settings()
    settings.normalizesObservations = true
    var ppo = Self.make(settings)
    let raw: [Float] = [3, -1, 5, 2, 4, 7]
    ppo.model.normalizer?.observe(raw.span)
    let policy = ppo.policy
    let again = try Policy(policy.tensors(), file: "test", observations: box(2), actions: box(1))
    var actions: [[Float]] = []
    for policy in [policy, again, policy] {
      var workspace = PolicyWorkspace(policy, rowCapacity: 3, instructionSet: .baseline)
      var output: [Float] = [0, 0, 0]
      var span = output.mutableSpan
      workspace.act(raw.span, into: &span)
      #expect(workspace.policy.normalizer == policy.normalizer)
      actions.append(output)
    }
    #expect(actions[0] == actions[1] && actions[0] == actions[2])
    #expect(policy.normalizer?.isFrozen == true)
    #expect(throws: InvalidInput.self) {
      try Policy(policy.tensors(), file: "test", observations: box(3), actions: box(1))
    }
  }

  @Test("the defaults are those of table 3 of the paper, and of its implementations where it has none")
  func defaults() {
    let defaults = PPOParameters()
    #expect(defaults.rolloutSize == 2048)
    #expect(defaults.clipRange == 0.2 && defaults.epochs == 10 && defaults.minibatchSize == 64)
    #expect(defaults.discountFactor == 0.99 && defaults.gaeLambda == 0.95 && defaults.learningRate.initial == 3e-4)
  }

  @Test(
    "a log σ beyond its bounds and a learning rate whose floor is above its ceiling are refused, by their keys",
    arguments: [
      ([("initialLogDeviation", "2.5")], "initialLogDeviation", "logDeviationCeiling 2.0"),
      ([("initialLogDeviation", "-7")], "initialLogDeviation", "logDeviationFloor -6.0"),
      ([("logDeviationFloor", "1"), ("logDeviationCeiling", "-1")], "initialLogDeviation", "logDeviationFloor 1.0"),
      ([("learningRate.lowest", "0.02")], "learningRate.lowest", "at most highest, 0.01"),
      (
        [("learningRate.schedule", "adaptive"), ("learningRate.initial", "0.5")], "learningRate.initial",
        "to highest, 0.01"
      ),
    ])
  func refusals(keys: [(String, String)], place: String, allowed: String) throws {
    let error = #expect(throws: InvalidInput.self) { try Self.read(keys) }
    let message = try #require(error?.description)
    #expect(message.contains(place) && message.contains(allowed), "\(message)")
    // Each bound itself is allowed.
    for bound in ["2", "-6"] { #expect(throws: Never.self) { try Self.read([("initialLogDeviation", bound)]) } }
    #expect(throws: Never.self) { try Self.read([("learningRate.lowest", "0.01")]) }
  }

  /// The hyperparameters that a file with these keys gives; a key of a section is `section.key`.
  private static func read(_ keys: [(String, String)]) throws -> PPOParameters {
    var own: [(String, ConfigurationNode)] = []
    var rate: [(String, ConfigurationNode)] = []
    for (key, value) in keys {
      if key.hasPrefix("learningRate.") {
        rate.append((String(key.dropFirst("learningRate.".count)), .plain(value)))
      } else {
        own.append((key, .plain(value)))
      }
    }
    if !rate.isEmpty { own.append(("learningRate", .mapping(rate))) }
    return try Configured<PPOParameters>(reading: .mapping(own)).value
  }
}
