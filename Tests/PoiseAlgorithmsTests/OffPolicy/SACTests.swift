import Foundation
@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

@Suite("SAC")
struct SACTests {
  static func settings() -> SACParameters {
    var settings = SACParameters()
    settings.batchSize = 24
    settings.hiddenSizes = [6, 5]
    settings.criticHiddenSizes = [7, 6]
    settings.activation = .tanh
    settings.memoryCapacity = 500
    settings.actorLearningRate = 1e-3
    settings.criticLearningRate = 1e-3
    settings.initialTemperature = 0.3
    return settings
  }

  static func make(_ settings: SACParameters, seed: UInt64 = 1) -> SAC {
    SAC(
      settings,
      for: LearnerContext(
        observationSpace: box(3), actionSpace: box(2),
        symmetry: settings.mirrorSymmetry == nil ? nil : DDPGTests.symmetry, seed: seed, instructionSet: .baseline))
  }

  /// Settings under which every part of the losses is at work.
  enum Case: CaseIterable { case plain, single, all }

  static func settings(_ which: Case) -> SACParameters {
    var settings = settings()
    settings.usesTwinCritics = which != .single
    guard which == .all else { return settings }
    settings.activation = .silu
    settings.returnSteps = 3
    settings.rewardScale = 0.5
    settings.normalizesObservations = true
    settings.normalizesActorLayers = true
    settings.normalizesCriticLayers = true
    settings.shards = 3
    settings.prioritization = PrioritySettings()
    return settings
  }

  /// μ and log σ, in double and as plainly as can be.
  static func heads(_ model: SoftActorCritic, _ p: [Double], _ observation: [Double]) -> (μ: [Double], logσ: [Double]) {
    let z = plainForward(model.actor, p, observation)
    let (low, high) = (Double(model.logDeviationBounds.lowerBound), Double(model.logDeviationBounds.upperBound))
    return (Array(z[..<2]), z[2...].map { low + (high - low) / 2 * (1 + tanh($0)) })
  }

  /// A sample of the policy and its log-probability.
  static func sample(
    _ model: SoftActorCritic, _ p: [Double], _ observation: [Double], _ ε: [Double]
  ) -> (a: [Double], logπ: Double) {
    let (μ, logσ) = heads(model, p, observation)
    var (a, logπ) = ([0.0, 0], 0.0)
    for j in 0..<2 {
      let u = μ[j] + exp(logσ[j]) * ε[j]
      a[j] = tanh(u)
      logπ += -ε[j] * ε[j] / 2 - logσ[j] - log(2 * Double.pi) / 2 - log(1 - a[j] * a[j])
    }
    return (a, logπ)
  }

  private struct Row {
    var observation, action, noise: [Double]
    var target, weight: Double
  }

  @Test(
    "gradients of the whole loss of critics, actor and temperature agree with finite differences",
    arguments: Case.allCases)
  func gradients(which: Case) {
    let settings = Self.settings(which)
    let buffer = DDPGTests.buffer()
    var sac = Self.make(settings)
    var random = RandomStream(seed: 4, purpose: .testing)
    sac.observe((0..<60).map { _ in Float(1 + 2 * random.normal()) })
    for k in 0..<sac.model.critics.target.count { sac.model.critics.target[k] += Float(0.3 * random.normal()) }
    let pool = WorkerPool(threadCount: 1)
    var metrics = SACMetrics()
    for _ in 0..<2 {
      metrics = SACMetrics()
      sac.sampler.draw(from: buffer, update: 1)
      _ = sac.computeCriticGradients(buffer, &metrics, pool: pool)
    }
    let (model, α) = (sac.model, Double(sac.model.temperature))
    let (actor, critic) = (doubles(model.actorParameters), doubles(model.critics.parameters))
    let target = doubles(model.critics.target)
    // Targets with the noise that their sample was made of.
    var rows: [Row] = []
    for shard in sac.shards {
      let n = shard.rows.count
      let observations = doubleRows(shard.batch.observations, rows: n, columns: 3)
      let next = doubleRows(shard.batch.nextObservations, rows: n, columns: 3)
      let actions = doubleRows(shard.batch.actions, rows: n, columns: 2)
      let noise = doubleRows(shard.noise, rows: n, columns: 2)
      for i in 0..<n {
        let (a, logπ) = Self.sample(model, actor, next[i], noise[i])
        let value = model.critics.networks.map { plainForward($0, target, next[i] + a)[0] }.min() ?? 0
        let outcome = buffer.outcome(
          of: sac.sampler.indices[shard.rows.lowerBound + i], steps: settings.returnSteps,
          discountFactor: Float(settings.discountFactor))
        let y = settings.rewardScale * Double(outcome.rewards) + Double(outcome.discount) * (value - α * logπ)
        #expect(abs(y - Double(shard.batch.targets[i])) < 2e-5 * (1 + abs(y)))
        rows.append(
          Row(
            observation: observations[i], action: actions[i], noise: [], target: y,
            weight: Double(shard.batch.weight(i))))
      }
    }
    let n = Double(rows.count)
    func criticLoss(_ p: [Double]) -> Double {
      model.critics.networks.reduce(0) { sum, network in
        sum
          + rows.reduce(0) {
            let error = $1.target - plainForward(network, p, $1.observation + $1.action)[0]
            return $0 + $1.weight * error * error / n
          }
      }
    }
    #expect(abs(metrics.criticLoss - criticLoss(critic)) < 2e-5 * (1 + metrics.criticLoss))
    let criticError = worstDifference(critic, sac.criticGradients) { criticLoss($0) }
    #expect(criticError < 3e-5, "\(criticError)")

    let (loss, entropy) = sac.computeActorGradients(pool: pool)
    for shard in sac.shards {
      let noise = doubleRows(shard.noise, rows: shard.rows.count, columns: 2)
      for (i, row) in shard.rows.enumerated() { rows[row].noise = noise[i] }
    }
    func actorLoss(_ p: [Double]) -> Double {
      rows.reduce(0) { sum, row in
        let (a, logπ) = Self.sample(model, p, row.observation, row.noise)
        let value = model.critics.networks.map { plainForward($0, critic, row.observation + a)[0] }.min() ?? 0
        return sum + (α * logπ - value) / n
      }
    }
    #expect(abs(loss - actorLoss(actor)) < 2e-5 * (1 + abs(loss)))
    let actorError = worstDifference(actor, sac.actorGradients) { actorLoss($0) }
    #expect(actorError < 3e-5, "\(actorError)")
    #expect(sac.actorGradients.euclideanNorm(instructionSet: .baseline) > 1e-3)

    let plainEntropy = -rows.reduce(0) { $0 + Self.sample(model, actor, $1.observation, $1.noise).logπ } / n
    #expect(abs(entropy - plainEntropy) < 1e-4)
    sac.computeTemperatureGradient(entropy: entropy)
    // H̄ is −2, for two actions.
    let temperatureError = worstDifference([Double(model.logTemperature[0])], sac.temperatureGradients) {
      -exp($0[0]) * (-plainEntropy - 2)
    }
    #expect(temperatureError < 1e-4, "\(temperatureError)")
  }

  @Test(
    "the density of the policy's actions integrates to 1 in every state",
    arguments: [[Float(0), 0], [1.5, -2], [-1, 0.3]])
  func density(outputs: [Float]) {
    var settings = Self.settings()
    settings.hiddenSizes = []
    let model = SAC(
      settings,
      for: LearnerContext(observationSpace: box(1), actionSpace: box(1), seed: 1, instructionSet: .baseline)
    ).model
    var heads = AlignedVector<Float>(zeros: 2)
    model.boundDeviations(AlignedVector(outputs), rows: 1, into: &heads)
    // Over a = tanh u in equal steps, which the log-determinant has to make up for.
    let steps = 400_000
    var sum = 0.0
    var logs = AlignedVector<Float>(zeros: 1)
    for k in 0..<steps {
      let a = -1 + 2 * (Double(k) + 0.5) / Double(steps)
      model.distribution.writeLogProbabilities(
        rows: 1, of: AlignedVector([Float(atanh(a))]), outputs: heads, parameters: model.actorParameters, into: &logs)
      sum += exp(Double(logs[0])) * 2 / Double(steps)
    }
    #expect(abs(sum - 1) < 2e-3, "\(sum)")
  }

  @Test(
    "the temperature falls while the policy is more random than its target, rises while it is less, and may be constant"
  )
  func temperature() {
    let (buffer, pool) = (DDPGTests.buffer(), WorkerPool(threadCount: 1))
    for (target, isFalling) in [(-20.0, true), (5, false)] {
      var settings = Self.settings()
      (settings.targetEntropy, settings.temperatureLearningRate) = (target, 1e-2)
      var sac = Self.make(settings)
      for _ in 0..<10 {
        let before = sac.model.temperature
        let metrics = sac.update(buffer, pool: pool)
        #expect(metrics.temperature == Double(before) && (sac.model.temperature < before) == isFalling)
      }
      settings.temperatureLearningRate = nil
      var constant = Self.make(settings)
      for _ in 0..<3 { _ = constant.update(buffer, pool: pool) }
      #expect(abs(constant.model.temperature - 0.3) < 1e-7)
    }
  }

  @Test(
    "the soft value of a state that pays 1 and leads to itself, with a constant temperature",
    arguments: [(EpisodeEnding.running, 0.05), (.running, 1), (.truncated, 0.05), (.terminated, 0.05)])
  func softValue(ending: EpisodeEnding, τ: Double) {
    var settings = Self.settings()
    (settings.discountFactor, settings.temperatureLearningRate, settings.targetUpdateRate) = (0.5, nil, τ)
    (settings.criticLearningRate, settings.actorLearningRate) = (3e-3, 1e-3)
    settings.usesTwinCritics = false
    settings.initialTemperature = 0.2
    settings.batchSize = 64
    var sac = Self.make(settings)
    var buffer = ReplayBuffer(capacity: 400, observations: 3, actions: 2, worlds: 1)
    let state: [Float] = [1, 0, -1]
    buffer.begin(worlds: 0..<1, observations: state)
    var random = RandomStream(seed: 5, purpose: .testing)
    for _ in 0..<100 {
      buffer.record(
        worlds: 0..<1, actions: (0..<2).map { _ in Float(random.uniform(in: -1...1)) }, rewards: [1],
        endings: [ending], finalObservations: state, observations: state)
    }
    let pool = WorkerPool(threadCount: 1)
    var (values, entropies): ([Double], [Double]) = ([], [])
    for update in 0..<4000 {
      let metrics = sac.update(buffer, pool: pool)
      if update >= 3500 {
        values.append(metrics.value)
        entropies.append(metrics.entropy ?? .nan)
      }
    }
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
    // Every action is as good as any other: Q = 1 + γ (Q + α H).
    let wanted = ending == .terminated ? 1 : (1 + 0.5 * 0.2 * mean(entropies)) / 0.5
    #expect(abs(mean(values) - wanted) < 0.05, "\(mean(values)) for \(wanted)")
    // A uniform policy has the most entropy there is, 2 ln 2.
    #expect((0.9...1.4).contains(mean(entropies)), "\(mean(entropies))")
  }

  @Test("a delayed actor moves with every d-th update only; with τ = 1 there is no target network")
  func delay() {
    var settings = Self.settings()
    (settings.actorDelay, settings.targetUpdateRate) = (3, 1)
    var sac = Self.make(settings)
    let (buffer, pool) = (DDPGTests.buffer(), WorkerPool(threadCount: 1))
    for update in 1...7 {
      let before = sac.model
      let metrics = sac.update(buffer, pool: pool)
      let moves = update.isMultiple(of: 3)
      #expect(sac.model.actorParameters.hasSameBits(as: before.actorParameters) == !moves)
      #expect((sac.model.temperature == before.temperature) == !moves && (metrics.actorLoss != nil) == moves)
      #expect(!sac.model.critics.parameters.hasSameBits(as: before.critics.parameters))
      #expect(sac.model.critics.target == sac.model.critics.parameters)
    }
  }

  @Test("the same bits for 1, 2 and 4 threads, and others for another seed")
  func threads() {
    let buffer = DDPGTests.buffer()
    func train(_ threads: Int, seed: UInt64 = 1) -> (SAC, [SACMetrics]) {
      var settings = Self.settings(.all)
      settings.shards = 4
      var sac = Self.make(settings, seed: seed)
      let pool = WorkerPool(threadCount: threads)
      let metrics = (0..<30).map { _ in sac.update(buffer, pool: pool) }
      return (sac, metrics)
    }
    let (one, metrics) = train(1)
    for threads in [2, 4] {
      let (other, otherMetrics) = train(threads)
      #expect(other.model.actorParameters.hasSameBits(as: one.model.actorParameters))
      #expect(other.model.critics.target.hasSameBits(as: one.model.critics.target))
      #expect(other.model.temperature == one.model.temperature && otherMetrics == metrics)
    }
    #expect(!train(1, seed: 2).0.model.actorParameters.hasSameBits(as: one.model.actorParameters))
  }

  @Test("what is kept and read back learns on to the same bits", arguments: Case.allCases)
  func keeping(which: Case) throws {
    let buffer = DDPGTests.buffer()
    var settings = Self.settings(which)
    if which == .all { settings.mirrorSymmetry = .leftRight }
    var sac = Self.make(settings)
    let pool = WorkerPool(threadCount: 1)
    for _ in 0..<7 { _ = sac.update(buffer, pool: pool) }
    var copy = Self.make(settings, seed: 99)
    try copy.read(sac.tensors(), file: "test")
    for _ in 0..<7 { #expect(sac.update(buffer, pool: pool) == copy.update(buffer, pool: pool)) }
    #expect(copy.model.actorParameters.hasSameBits(as: sac.model.actorParameters))
    #expect(copy.model.critics.target.hasSameBits(as: sac.model.critics.target))
    #expect(copy.model.temperature == sac.model.temperature)
    var tensors = try sac.tensors()
    tensors["log_temperature"] = Tensor([Float.nan], shape: [1])
    #expect(throws: InvalidInput.self) { try copy.read(tensors, file: "test") }
    settings.hiddenSizes = [8]
    var other = Self.make(settings)
    #expect(throws: InvalidInput.self) { try other.read(sac.tensors(), file: "test") }
  }

  @Test(
    "with mirror symmetry, policy and critics stay their own mirror images while they learn", arguments: Case.allCases)
  func mirrorSymmetry(which: Case) {
    var settings = Self.settings(which)
    settings.mirrorSymmetry = .leftRight
    var sac = Self.make(settings)
    let (buffer, pool, symmetry) = (DDPGTests.buffer(), WorkerPool(threadCount: 1), DDPGTests.symmetry)
    var random = RandomStream(seed: 8, purpose: .testing)
    for _ in 0..<20 {
      sac.observe((0..<3).map { _ in Float(random.normal()) })
      _ = sac.update(buffer, pool: pool)
    }
    let (actor, critic) = (doubles(sac.model.actorParameters), doubles(sac.model.critics.parameters))
    for _ in 0..<20 {
      let (o, a) = ((0..<3).map { _ in random.normal() }, (0..<2).map { _ in random.uniform(in: -1...1) })
      let image = symmetry.observations.image(of: o)
      let (own, other) = (Self.heads(sac.model, actor, o), Self.heads(sac.model, actor, image))
      #expect(zip(symmetry.actions.image(of: own.μ), other.μ).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(zip([own.logσ[1], own.logσ[0]], other.logσ).allSatisfy { abs($0 - $1) < 1e-5 })
      for network in sac.model.critics.networks {
        let q = plainForward(network, critic, o + a)[0]
        #expect(abs(q - plainForward(network, critic, image + symmetry.actions.image(of: a))[0]) < 1e-6 * (1 + abs(q)))
      }
    }
  }

  @Test(
    "acts uniformly in the warm-up, then with the policy's mean and deviation; the policy that is kept takes tanh μ")
  func acting() throws {
    var settings = Self.settings(.all)
    settings.warmupSteps = 10
    // Wider ones draw actions that round to ±1.
    settings.logDeviationCeiling = 0
    var sac = Self.make(settings)
    sac.observe([1, 2, 3, 3, 1, 2, -4, 0, 1])
    for _ in 0..<5 { _ = sac.update(DDPGTests.buffer(), pool: WorkerPool(threadCount: 1)) }
    let raw: [Float] = [0.5, -1, 2]
    var normal = AlignedVector<Float>(raw)
    var normalSpan = normal.mutableSpan
    sac.model.normalizer.normalize(raw.span, into: &normalSpan)
    let (μ, logσ) = Self.heads(sac.model, doubles(sac.model.actorParameters), doubles(normal))
    var actor = sac.makeActor(worlds: 0..<1)
    var actions: [Float] = [0, 0]
    let n = 20_000
    for isWarm in [true, false] {
      var (sums, squares) = ([0.0, 0], [0.0, 0])
      for _ in 0..<n {
        _ = actor.act(raw, sac.model, environmentSteps: isWarm ? 9 : 10, into: &actions)
        for j in 0..<2 {
          let x = isWarm ? Double(actions[j]) : atanh(Double(actions[j]))
          sums[j] += x / Double(n)
          squares[j] += x * x / Double(n)
        }
      }
      for j in 0..<2 {
        let σ = isWarm ? (1.0 / 3).squareRoot() : exp(logσ[j])
        let mean = isWarm ? 0 : μ[j]
        #expect(abs(sums[j] - mean) < 5 * σ / Double(n).squareRoot())
        #expect(abs((squares[j] - sums[j] * sums[j]).squareRoot() - σ) < 0.03 * σ)
      }
    }
    let kept = try Policy(sac.policy.tensors(), file: "test", observations: box(3), actions: box(2))
    #expect(kept.distribution == .squashedGaussian && kept.actionCount == 2)
    var workspace = PolicyWorkspace(kept, rowCapacity: 1, instructionSet: .baseline)
    var span = actions.mutableSpan
    workspace.act(raw.span, into: &span)
    #expect(zip(actions, μ).allSatisfy { abs(Double($0) - tanh($1)) < 1e-6 })
  }

  @Test("a reward that is not finite changes no parameter, and is counted")
  func guards() {
    var buffer = ReplayBuffer(capacity: 100, observations: 3, actions: 2, worlds: 1)
    buffer.begin(worlds: 0..<1, observations: [0, 0, 0])
    buffer.record(
      worlds: 0..<1, actions: [0, 0], rewards: [.nan], endings: [.running], finalObservations: [0, 0, 0],
      observations: [1, 1, 1])
    var sac = Self.make(Self.settings())
    let before = sac.model
    let metrics = sac.update(buffer, pool: WorkerPool(threadCount: 1))
    #expect(sac.skippedUpdates == 1 && metrics.isRefused)
    #expect(sac.model.critics.parameters.hasSameBits(as: before.critics.parameters))
    #expect(sac.model.critics.target.hasSameBits(as: before.critics.target))
  }

  @Test("defaults are those of the paper")
  func defaults() {
    let sac = SACParameters()
    #expect(sac.hiddenSizes == [256, 256] && sac.criticHiddenSizes == [256, 256] && sac.activation == .relu)
    #expect(sac.batchSize == 256 && sac.targetUpdateRate == 0.005 && sac.memoryCapacity == 1_000_000)
    #expect(sac.actorLearningRate == 3e-4 && sac.criticLearningRate == 3e-4 && sac.temperatureLearningRate == 3e-4)
    #expect(sac.discountFactor == 0.99 && sac.usesTwinCritics && sac.targetEntropy == nil && sac.updatesPerStep == 1)
  }
}
