public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Asynchronous advantage actor-critic, A3C. Source: Mnih, Puigdomènech Badia, Mirza, Graves, Lillicrap, Harley, Silver and Kavukcuoglu
// 2016, "Asynchronous Methods for Deep Reinforcement Learning" (arXiv:1602.01783), algorithm S3: "the paper" below.
//
//     repeat, each actor-learner for itself:
//       θ′ ← θ                                              its copy of the shared parameters
//       act by π(a|o; θ′) for T steps
//       R = 0 where the task terminated, V(oₜ; θ′) at the end of the rollout;  R ← rᵢ + γ R
//       dθ = ∇ of the actor-critic loss at θ′
//       g ← α g + (1 − α) dθ²;  θ ← θ − η dθ / (√g + ε)      θ and g are shared, without waiting
//
// Asynchrony affects learning because other actor-learners change θ between an actor-learner's copy and its step. By default a
// schedule simulates this: the duration of each rollout is drawn from a random stream, and the actor-learner that is ready first steps
// first. The gradients do not depend on which thread computes them, or when, so any number of threads gives the same bits. With
// `asynchronous: true` threads update the shared parameters at the same time, by relaxed atomics; see `RacingParameters`.
//
// Departures from the paper, each an option unless noted:
//  1. The schedule. (`asynchronous`)
//  2. Advantages may be generalized ones. (`gaeLambda`)
//  3. Gradients are averaged over rows, not summed, and may be clipped to a largest norm; ε is added outside the root. (always)
//  4. When an episode ends, the rollout continues with the next one; in the paper it stops there. (always)
//  5. Separate networks, or one trunk with two heads as in the paper. (`sharesTrunk`)
//  6. Observations are normalised by running statistics that all share; the first rollouts only initialise them. (`normalizesObservations`)
//  7. Episodes cut by a time limit bootstrap from V of their final observation; faulted steps are left out. (always)

/// A3C: actor-learners that step the shared parameters when they are ready.
public struct A3C: PolicyLearner {
  public typealias Parameters = A3CParameters
  public typealias Metrics = A3CMetrics

  /// The hyperparameters.
  public let settings: A3CParameters
  public var updater: PolicyUpdater
  fileprivate var workers: [Worker]
  /// How long rollouts take.
  fileprivate var delays: RandomStream

  /// The state of an actor-learner, apart from its world.
  fileprivate struct Worker: Sendable {
    /// θ′, with the normaliser as it was then.
    var model: ActorCritic
    /// When its rollout is ready, in units of the mean.
    var ready: Double
    /// Steps of the shared parameters when they were copied.
    var copiedAt = 0
    var shard: PolicyShard
    var batch: RolloutBatch
  }

  /// An actor-learner with its world, during an iteration.
  fileprivate struct Job: Sendable {
    var collector: RolloutCollector
    var worker: Worker
    /// Whether its rollout has to be computed.
    var isDue = false
    /// Whether its rollout has been computed, and its step is still to come.
    var isComputed = false
  }

  /// Makes the learner with drawn initial weights.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: spaces, seed and kernels; its symmetry is the one that `settings.mirrorSymmetry` names.
  public init(_ settings: A3CParameters, for context: LearnerContext) {
    self.settings = settings
    let updater = PolicyUpdater(
      settings.common, value: settings.value,
      optimizer: .rmsProp(decay: settings.optimizer.rmsDecay, epsilon: settings.optimizer.rmsEpsilon),
      rolloutSize: settings.common.rolloutLength, minibatchSize: settings.common.rolloutLength, for: context)
    var delays = RandomStream(seed: context.seed, purpose: .learnerDelays)
    workers = (0..<settings.worlds).map { _ in
      Worker(
        // A random part of a rollout, so that the first rollouts are not all ready at once.
        model: updater.model, ready: delays.uniform(),
        shard: PolicyShard(
          updater.model, rows: settings.common.rolloutLength, instructionSet: context.instructionSet),
        batch: RolloutBatch(updater.model, capacity: settings.common.rolloutLength, keepsNextObservations: false))
    }
    self.updater = updater
    self.delays = delays
  }

  /// Traps: every actor-learner steps by itself; see `learnAsynchronously`.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool
  ) -> A3CMetrics { preconditionFailure("actor-learners do not wait for each other") }

  /// Makes as many steps as there are actor-learners; some may make two of them, others none. With `asynchronous`, each makes as many
  /// as a row of the progress table needs.
  public mutating func learnAsynchronously(
    from collectors: inout [RolloutCollector], rewardScale: Float, progress: Double, pool: WorkerPool,
    isStopped: @Sendable () -> Bool
  ) -> [A3CMetrics]? {
    precondition(collectors.count == workers.count, "\(collectors.count) worlds for \(workers.count) actor-learners")
    if model.normalizer.map({ $0.count == 0 }) ?? false {
      serveStatistics(&collectors, pool, isStopped)
      return []
    }
    // Moved, not copied, so that each thread is the only owner of what it writes to.
    var jobs = zip(collectors, workers).map { Job(collector: $0, worker: $1) }
    (collectors, workers) = ([], [])
    let rate = updater.learningRate(at: progress)
    let metrics =
      settings.asynchronous
      ? race(&jobs, rewardScale, rate, pool, isStopped) : replay(&jobs, rewardScale, rate, pool, isStopped)
    (collectors, workers) = (jobs.map(\.collector), jobs.map(\.worker))
    return metrics
  }

  /// The first rollouts only initialise the normaliser: a policy trained on raw observations would not fit normalised ones.
  private mutating func serveStatistics(
    _ collectors: inout [RolloutCollector], _ pool: WorkerPool, _ isStopped: @Sendable () -> Bool
  ) {
    pool.forEach(&collectors) { [model, settings] _, collector in collector.collect(model, settings, isStopped) }
    observe(collectors.map(\.segment))
    for i in workers.indices { workers[i].model = model }
  }

  // MARK: The schedule

  private mutating func replay(
    _ jobs: inout [Job], _ rewardScale: Float, _ rate: Double, _ pool: WorkerPool, _ isStopped: @Sendable () -> Bool
  ) -> [A3CMetrics] {
    var metrics: [A3CMetrics] = []
    let order = schedule(&jobs)
    for (k, i) in order.enumerated() {
      if isStopped() || health.failure != nil { break }
      if !jobs[i].isComputed {
        // Together with all others that step in this iteration and do not copy the parameters before: threads share them.
        for j in order[k...] { jobs[j].isDue = !jobs[j].isComputed }
        pool.forEach(&jobs) { [settings] _, job in
          guard job.isDue else { return }
          (job.isDue, job.isComputed) = (false, true)
          job.compute(settings, rewardScale, isStopped)
        }
        if isStopped() { break }
      }
      if let step = apply(&jobs[i], rate) { metrics.append(step) }
    }
    return metrics
  }

  /// The order in which actor-learners step; advances the clock of each.
  private mutating func schedule(_ jobs: inout [Job]) -> [Int] {
    jobs.indices.map { _ in
      let next = jobs.indices.min { (jobs[$0].worker.ready, $0) < (jobs[$1].worker.ready, $1) } ?? 0
      jobs[next].worker.ready += 1 + settings.delaySpread * (2 * delays.uniform() - 1)
      return next
    }
  }

  /// One step of the shared parameters, after which the actor-learner copies them.
  private mutating func apply(_ job: inout Job, _ rate: Double) -> A3CMetrics? {
    job.isComputed = false
    defer {
      job.worker.model = model
      job.worker.copiedAt = updater.updates
    }
    updater.model.observe([job.collector.segment.statistics])
    guard job.worker.batch.count > 0 else { return nil }
    let staleness = Double(updater.updates - job.worker.copiedAt)
    let norm = updater.step(along: job.worker.shard.gradients, learningRate: rate, loss: job.loss(settings))
    updater.followAverage()
    return metrics(of: job, norm: norm ?? 0, staleness: staleness, rate)
  }

  private func metrics(of job: Job, norm: Double, staleness: Double?, _ rate: Double) -> A3CMetrics {
    var metrics = A3CMetrics()
    let (sums, n) = (job.worker.shard.sums, job.worker.batch.count)
    metrics.common.note(updater, sums, rows: n, learningRate: rate)
    metrics.common.actionSaturation =
      model.actor.distribution == .categorical ? 0 : job.worker.batch.saturation(actions: model.actionCount)
    metrics.common.policyLoss = -sums.objective / Double(n)
    metrics.common.gradientNorm = norm
    metrics.valueLoss = sums.valueError / Double(n)
    metrics.staleness = staleness
    return metrics
  }

  // MARK: The race

  private mutating func race(
    _ jobs: inout [Job], _ rewardScale: Float, _ rate: Double, _ pool: WorkerPool, _ isStopped: @Sendable () -> Bool
  ) -> [A3CMetrics] {
    /// The actor-learners of one thread, which takes turns between them.
    struct Runner: Sendable {
      var jobs: [Job]
      var outcomes: [(job: Int, outcome: UpdateOutcome)] = []
      var statistics: [RunningNormalizer] = []
    }
    let shared = RacingParameters(model.parameters, moments: updater.optimizer.secondMoments)
    var runners = (0..<min(pool.threadCount, jobs.count)).map { first in
      Runner(jobs: stride(from: first, to: jobs.count, by: pool.threadCount).map { jobs[$0] })
    }
    let threads = runners.count
    jobs = []
    let (common, optimizer, set) = (settings.common, updater.optimizer.settings, updater.instructionSet)
    let rounds = roundsOfRace
    pool.forEach(&runners) { [settings] _, runner in
      for _ in 0..<rounds {
        for i in runner.jobs.indices {
          if isStopped() { return }
          shared.copyParameters(into: &runner.jobs[i].worker.model.parameters)
          runner.jobs[i].worker.model.clampDeviations()
          runner.jobs[i].compute(settings, rewardScale, isStopped)
          runner.statistics.append(runner.jobs[i].collector.segment.statistics)
          guard runner.jobs[i].worker.batch.count > 0 else { continue }
          let outcome = shared.update(
            gradients: runner.jobs[i].worker.shard.gradients, learningRate: rate, settings: optimizer,
            loss: runner.jobs[i].loss(settings), maximumNorm: common.maximumGradientNorm, instructionSet: set)
          runner.outcomes.append((i, outcome))
        }
      }
    }
    shared.copyParameters(into: &updater.model.parameters)
    updater.model.clampDeviations()
    shared.copyMoments(into: &updater.optimizer.secondMoments)
    updater.followAverage()
    for runner in runners { updater.model.observe(runner.statistics) }
    var metrics: [A3CMetrics] = []
    for runner in runners {
      for (i, outcome) in runner.outcomes {
        updater.count(outcome)
        guard case .applied(let norm) = outcome else { continue }
        metrics.append(self.metrics(of: runner.jobs[i], norm: norm, staleness: nil, rate))
      }
    }
    let count = runners.reduce(0) { $0 + $1.jobs.count }
    jobs = (0..<count).map { runners[$0 % threads].jobs[$0 / threads] }
    for i in jobs.indices { jobs[i].worker.model = updater.model }
    return metrics
  }

  /// Rollouts of each actor-learner between two points at which all threads wait for each other.
  private var roundsOfRace: Int { max(1, settings.reportInterval / settings.rolloutSize) }

  /// Rollouts of all actor-learners in one call of `learnAsynchronously`.
  public var roundsOfIteration: Int {
    settings.asynchronous && !(model.normalizer.map { $0.count == 0 } ?? false) ? roundsOfRace : 1
  }
}

extension A3C.Job {
  /// A rollout by the copied parameters, and the gradients at them.
  fileprivate mutating func compute(
    _ settings: A3CParameters, _ rewardScale: Float, _ isStopped: @Sendable () -> Bool
  ) {
    collector.collect(worker.model, settings, isStopped)
    if isStopped() { return }
    collector.segment.estimateAdvantages(
      discountFactor: settings.common.discountFactor, lambda: settings.gaeLambda, rewardScale: rewardScale)
    worker.batch.gather([collector.segment], worker.model)
    worker.shard.rows = 0..<worker.batch.count
    worker.shard.load(worker.batch, worker.model)
    worker.shard.writeActorCriticGradients(
      worker.batch, worker.model, entropyCoefficient: settings.common.entropyCoefficient,
      valueCoefficient: settings.value.coefficient, isFirst: true)
    worker.model.ties?.average(&worker.shard.gradients)
  }

  /// The loss of its batch.
  fileprivate func loss(_ settings: A3CParameters) -> Double {
    let (n, sums) = (Double(max(1, worker.batch.count)), worker.shard.sums)
    let entropy = worker.model.actor.sharedEntropy(worker.model.parameters) ?? sums.entropy / n
    return (settings.value.coefficient * sums.valueError - sums.objective) / n
      - settings.common.entropyCoefficient * entropy
  }
}

// MARK: - Saving and restoring

extension A3C {
  /// Everything that an iteration changes and later ones depend on.
  public struct State: Sendable {
    fileprivate var updater: PolicyUpdater.State
    fileprivate var models: [ActorCritic]
    fileprivate var memory: Memory
  }

  fileprivate struct Memory: Codable, Sendable {
    var ready: [Double]
    var copiedAt: [Int]
    var delays: RandomStream
  }

  private var memory: Memory {
    get { Memory(ready: workers.map(\.ready), copiedAt: workers.map(\.copiedAt), delays: delays) }
    set {
      for i in workers.indices { (workers[i].ready, workers[i].copiedAt) = (newValue.ready[i], newValue.copiedAt[i]) }
      delays = newValue.delays
    }
  }

  /// What an iteration changes: save it before an iteration, and set it back if the iteration is interrupted.
  public var state: State {
    get { State(updater: updater.state, models: workers.map(\.model), memory: memory) }
    set {
      updater.state = newValue.updater
      for i in workers.indices { workers[i].model = newValue.models[i] }
      memory = newValue.memory
    }
  }

  /// Everything that further training depends on: that of `PolicyUpdater`, and the copies of actor-learner i under `learners.i.*`.
  public func tensors() throws -> [String: Tensor] {
    var tensors = try updater.tensors(of: Self.name, extra: memory)
    for (i, worker) in workers.enumerated() {
      for (name, tensor) in worker.model.tensors() { tensors["learners.\(i).\(name)"] = tensor }
    }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    let count = workers.count
    let read: Memory = try updater.read(tensors, of: Self.name, file: file) { memory in
      memory.ready.count == count && memory.copiedAt.count == count
        && memory.ready.allSatisfy { $0.isFinite && $0 >= 0 } && memory.copiedAt.allSatisfy(\.isPossibleCount)
    }
    memory = read
    for i in workers.indices {
      let prefix = "learners.\(i)."
      var own: [String: Tensor] = [:]
      for (name, tensor) in tensors where name.hasPrefix(prefix) { own[String(name.dropFirst(prefix.count))] = tensor }
      try workers[i].model.read(own, file: file)
    }
  }
}

/// The metrics of one step of an actor-learner.
public struct A3CMetrics: LearningMetrics {
  /// The metrics that all learners by policy gradients have.
  public var common = PolicyGradientMetrics()
  /// Mean squared error of the values, in units of scaled rewards.
  public var valueLoss = 0.0
  /// Steps of others between an actor-learner's copy of the parameters and its step; `nil` with `asynchronous`, where they are not counted.
  public var staleness: Double?
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    PolicyGradientMetrics.averaged(in: \Self.common) + [\Self.valueLoss]
  }
  public static var occasional: [WritableKeyPath<Self, Double?>] { [\.staleness] }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    let m = means ?? Self()
    return m.common.columns([("value_loss", m.valueLoss), ("staleness", m.staleness)])
  }
}

// MARK: - The algorithm

extension A3C: Algorithm {
  public static let name = "a3c"
  public static let title = "Asynchronous advantage actor-critic"
  public static let paper = "Mnih et al. 2016"
  public static let family = LearnerFamily<A3CParameters>.onPolicy { A3C($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]

  public static func memoryNeed(of parameters: A3CParameters, observations: Space, actions: Space) -> MemoryNeed {
    var common = parameters.common
    common.shards += parameters.worlds
    let need = common.memoryNeed(
      value: parameters.value, minibatchSize: common.rolloutLength, observations: observations, actions: actions)
    return need.renaming("worlds", to: "actorLearners")
  }

  public static func stepSizes(of parameters: A3CParameters) -> String { parameters.common.stepSizes }
}
