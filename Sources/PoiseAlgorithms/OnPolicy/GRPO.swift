public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Group relative policy optimisation, for control. Source: Shao, Wang, Zhu, Xu, Song, Bi, Zhang, Zhang, Li, Wu and Guo 2024,
// "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models" (arXiv:2402.03300), section 4.1: "the paper".
//
// The paper compares a group of answers to one question. Here a group is G worlds that start from one state of the simulator, restored
// from a snapshot, with the same pushes and sensor noise, and explore differently. The group's mean takes the place of the critic.
//
//     Âᵢₜ = (Rᵢ − mean R) / std R                               standardized, the paper's eq. 3 and section 4.1.2
//     Âᵢₜ = Rᵢ − mean R                                         centered (Liu et al. 2025, "Understanding R1-Zero-Like Training")
//     Âᵢₜ = Rᵢ − 1/(G − 1) Σ_{j ≠ i} Rⱼ                         leaveOneOut (Kool et al. 2019; Ahmadian et al. 2024, RLOO)
//     L = −E[ min(rₜ Âₜ, clip(rₜ, 1 − ε, 1 + ε) Âₜ) ] + β E[ KL(π_ref ‖ π_θ) ]
//
// Departures from the paper, each an option unless noted:
//  1. R is the return of the whole episode as in the paper, Rᵢ = Σₖ γᵏ rᵢₖ, or the reward-to-go Rᵢₜ against the group's mean of Rⱼₜ at the same
//     time, to which episodes that are over contribute 0. (`weight`)
//  2. The loss is a mean over all steps, not a mean over episodes of the means over their steps. (always)
//  3. The KL divergence is computed exactly, as KL(π_ref ‖ π_θ); the reference may be replaced during training. (`referenceCoefficient`)
//  4. Groups may start from states that the policy visited. (`visitedStarts`)
//  5. A group whose returns are equal has advantages of 0. The standard deviation is that of a sample, over G − 1. (always)
//  6. A world whose episode ends as a fault is left out of its group. (always)
//  7. Observations are normalised by running statistics; the first rollout only initialises them. (`normalizesObservations`)

/// Hyperparameters of GRPO.
public struct GRPOParameters: OnPolicyParameters {
  /// The ways in which the returns of a group become advantages.
  public enum Advantage: String, CaseIterable, Sendable { case standardized, centered, leaveOneOut }
  /// The returns that are compared.
  public enum Weight: String, CaseIterable, Sendable { case episode, rewardToGo }

  /// The settings that all on-policy algorithms have.
  public var common = OnPolicySettings()
  /// G: worlds of a group, at least 2; `worlds` and `blockSize` are multiples of it.
  public var groupSize = 8
  /// How the returns of a group become advantages.
  public var advantage = Advantage.standardized
  /// Which returns are compared: those of whole episodes, or the rewards-to-go at the same time step.
  public var weight = Weight.rewardToGo
  /// Whether the worlds of a group start from one state of the environment; otherwise each starts from its own.
  public var sharesStart = true
  /// Whether all worlds of a group get the same disturbances and the same sensor noise.
  public var sharesDisturbances = true
  /// Share of the groups that start from a state which their last rollout visited, in [0, 1]; 0 without `sharesStart`.
  public var visitedStarts = 0.0
  /// Passes over a rollout, at least 1.
  public var epochs = 4
  /// Transitions of one gradient; the last minibatch of an epoch may be smaller.
  public var minibatchSize = 256
  /// ε of the clipped probability ratio, in (0, 1).
  public var clipRange = 0.2
  /// β, weight of the KL divergence from the reference policy, at least 0; 0 for no reference policy.
  public var referenceCoefficient = 0.0
  /// Rollouts after which the present policy becomes the reference policy; `nil`: the reference stays the initial policy.
  public var referenceInterval: Int?

  public init() {
    common.rolloutLength = 1000
  }

  public static let keys: [ConfigurationKey<Self>] =
    OnPolicySettings.keys.map { $0.lifted(through: \.common) } + [
      .key(
        "groupSize", \.groupSize, .integer(.from(2, through: 4096)),
        "G: worlds that start from the same state and are compared; worlds and blockSize are multiples of it."),
      .key(
        "advantage", \.advantage, .choice,
        "standardized: less the group's mean, divided by its standard deviation; centered: not divided; leaveOneOut: less the mean of the others."
      ),
      .key(
        "weight", \.weight, .choice,
        "episode: the return of the whole episode for each of its steps; rewardToGo: the rewards from each step on, compared at the same time."
      ),
      .key(
        "sharesStart", \.sharesStart, .boolean,
        "Start all worlds of a group from one state of the environment; otherwise each starts from its own."),
      .key(
        "sharesDisturbances", \.sharesDisturbances, .boolean,
        "Give all worlds of a group the same pushes and noise; otherwise they share only what their start state contains."
      ),
      .key(
        "visitedStarts", \.visitedStarts, .number(.from(0, through: 1)),
        "Share of the groups that start from a state of their last rollout, in the middle of an episode, instead of an episode's start."
      ),
      .key("epochs", \.epochs, .integer(.from(1, through: 1000)), "Passes over a rollout."),
      .key(
        "minibatchSize", \.minibatchSize, .integer(.from(1, through: 10_000_000)),
        "Transitions of one gradient; the last of an epoch may be smaller."),
      .key("clipRange", \.clipRange, .number(.above(0, below: 1)), "ε of the clipped ratio."),
      .key(
        "referenceCoefficient", \.referenceCoefficient, .number(.notNegative),
        "β, weight of the KL divergence from the reference policy; 0: no reference."),
      .key(
        "referenceInterval", \.referenceInterval, .optional(.integer(.from(1, through: 1_000_000_000))),
        "Rollouts after which the policy becomes the reference; null: it stays the first one."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    checks.require(
      common.worlds.isMultiple(of: groupSize), at: "worlds", found: "\(common.worlds)",
      allowed: "a multiple of groupSize, \(groupSize)", remedy: "Change worlds or groupSize.")
    checks.require(
      common.blockSize.isMultiple(of: groupSize), at: "blockSize", found: "\(common.blockSize)",
      allowed: "a multiple of groupSize, \(groupSize), since one thread restores a group",
      remedy: "Change blockSize or groupSize.")
    checks.require(
      sharesStart || visitedStarts == 0, at: "visitedStarts", found: "\(visitedStarts), without sharesStart",
      allowed: "0 without sharesStart")
  }

  public var plan: RolloutPlan {
    .groups(
      GroupStarts(
        size: groupSize, sharesStart: sharesStart, sharesDisturbances: sharesDisturbances, visitedShare: visitedStarts))
  }
}

/// The advantages of a group of returns; nothing is allocated.
enum GroupAdvantage {
  /// Returns closer together than this share of their size are equal: their difference is rounding.
  static let resolution: Float = 1e-5

  /// Replaces the returns of a group by its advantages, in place; all 0 where they are equal, or fewer than two.
  ///
  /// - Returns: whether the returns differ.
  @discardableResult
  static func write(_ rule: GRPOParameters.Advantage, _ returns: inout [Float]) -> Bool {
    let count = Double(returns.count)
    let (least, greatest) = (returns.min() ?? 0, returns.max() ?? 0)
    guard returns.count > 1, greatest - least > resolution * max(1, abs(greatest), abs(least)) else {
      for i in returns.indices { returns[i] = 0 }
      return false
    }
    let mean = returns.reduce(0.0) { $0 + Double($1) } / count
    let scale: Double =
      switch rule {
      case .standardized:
        1 / (returns.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / (count - 1)).squareRoot()
      case .centered: 1
      // Rᵢ − (G mean − Rᵢ) / (G − 1) = (Rᵢ − mean) G / (G − 1)
      case .leaveOneOut: count / (count - 1)
      }
    for i in returns.indices { returns[i] = Float((Double(returns[i]) - mean) * scale) }
    return true
  }
}

/// GRPO: learns from rollouts of groups of worlds.
public struct GRPO: PolicyLearner {
  public typealias Parameters = GRPOParameters
  public typealias Metrics = GRPOMetrics

  /// The hyperparameters.
  public let settings: GRPOParameters
  public var updater: PolicyUpdater
  /// The parameters of the reference policy; `nil` without one.
  private var reference: AlignedVector<Float>?
  /// The outputs of the reference policy's network, [rows, outputs].
  private var referenceOutputs: AlignedVector<Float>
  private var referenceWorkspace: MLPWorkspace<Float>
  private var memory = Memory()

  fileprivate struct Memory: Codable, Sendable {
    /// Rollouts since the policy became the reference.
    var referenceAge = 0
  }

  private static let referenceRows = 256

  /// Makes the learner with drawn initial weights.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: spaces, seed and kernels; its symmetry is the one that `settings.mirrorSymmetry` names.
  public init(_ settings: GRPOParameters, for context: LearnerContext) {
    self.settings = settings
    updater = PolicyUpdater(
      settings.common, value: nil, optimizer: .init(epsilon: settings.common.adamEpsilon),
      rolloutSize: settings.rolloutSize, minibatchSize: settings.minibatchSize, for: context)
    let isReferred = settings.referenceCoefficient > 0
    reference = isReferred ? updater.model.parameters : nil
    referenceOutputs = AlignedVector(
      zeros: isReferred ? settings.rolloutSize * updater.model.actor.outputCount : 0)
    referenceWorkspace = MLPWorkspace(
      updater.model.actor.network, rowCapacity: Self.referenceRows, instructionSet: context.instructionSet,
      isForTraining: false)
  }

  // MARK: Advantages

  /// Compares the worlds of each group.
  public func estimateAdvantages(of segment: inout RolloutSegment, rewardScale: Float) {
    segment.sumRewards(discountFactor: settings.common.discountFactor, rewardScale: rewardScale)
    for first in stride(from: 0, to: segment.worlds, by: settings.groupSize) {
      compare(first..<first + settings.groupSize, in: &segment)
    }
  }

  private func compare(_ group: Range<Int>, in segment: inout RolloutSegment) {
    let worlds = segment.worlds
    var members: [(world: Int, length: Int)] = []
    for w in group {
      let length = segment.length(ofWorld: w)
      if length > 0, segment.endings[(length - 1) * worlds + w] == .fault {
        segment.leaveOut(world: w)
      } else {
        members.append((w, length))
      }
    }
    var returns = [Float](repeating: 0, count: members.count)
    for t in 0..<(members.map(\.length).max() ?? 0) {
      if settings.weight == .rewardToGo || t == 0 {
        for (i, member) in members.enumerated() {
          returns[i] = t < member.length ? segment.targets[t * worlds + member.world] : 0
        }
        GroupAdvantage.write(settings.advantage, &returns)
      }
      for (i, member) in members.enumerated() where t < member.length {
        segment.advantages[t * worlds + member.world] = returns[i]
      }
    }
  }

  // MARK: The update

  /// Several epochs of minibatch gradients over one rollout; algorithm 1 of the paper from its line 8 on.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, with their advantages.
  ///   - progress: the share of the training that is done, 0 to 1, for the learning rate.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  ///   - isStopped: asked before each minibatch. Once it is true, the update ends early; set `state` back to its value before.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: @Sendable () -> Bool = { false }
  ) -> GRPOMetrics {
    var metrics = GRPOMetrics()
    gather(rollout)
    metrics.idleShare = idleShare
    let rate = updater.learningRate(at: progress)
    var losses = LossSums()
    var (minibatches, rows) = (0.0, 0)
    epochs: for epoch in 0..<settings.epochs where updater.batch.count > 0 && health.failure == nil {
      updater.batch.shuffle(using: &updater.random)
      (losses, rows) = (LossSums(), 0)
      for first in stride(from: 0, to: updater.batch.count, by: settings.minibatchSize) {
        if isStopped() { break epochs }
        let size = min(settings.minibatchSize, updater.batch.count - first)
        let part = computeGradients(rows: first..<first + size, pool: pool)
        let norm = updater.step(learningRate: rate, loss: loss(part, rows: size))
        if health.failure != nil { break epochs }
        guard let norm else { continue }
        losses.add(part)
        rows += size
        metrics.common.gradientNorm += norm
        metrics.common.policyLoss -= part.objective / Double(size)
        metrics.clipFraction += part.clipped / Double(size)
        minibatches += 1
      }
      metrics.epochs = Double(epoch + 1)
    }
    for path in [\GRPOMetrics.common.gradientNorm, \.common.policyLoss, \.clipFraction] {
      metrics[keyPath: path] /= max(1, minibatches)
    }
    metrics.divergence = losses.divergence / Double(max(1, rows))
    metrics.common.note(updater, losses, rows: rows, learningRate: rate)
    guard minibatches > 0 else { return metrics }
    updater.followAverage()
    updater.adaptiveRate.observe(divergence: metrics.divergence)
    followReference()
    return metrics
  }

  /// Takes a rollout as the batch, and runs the reference policy on it.
  mutating func gather(_ rollout: [RolloutSegment]) {
    updater.batch.gather(rollout, model)
    guard let reference else { return }
    let (count, outputs) = (updater.batch.count, model.actor.outputCount)
    for first in stride(from: 0, to: count, by: Self.referenceRows) {
      let rows = min(Self.referenceRows, count - first)
      referenceWorkspace.setInputs(updater.batch.observations, firstRow: first, rows: rows)
      referenceWorkspace.forward(rows: rows, parameters: reference)
      referenceOutputs.copyElements(0..<rows * outputs, of: referenceWorkspace.outputs, to: first * outputs)
    }
  }

  /// Gradients of the loss of one minibatch.
  mutating func computeGradients(rows: Range<Int>, pool: WorkerPool) -> LossSums {
    let (model, reference) = (updater.model, reference)
    let deviations = reference.map { model.actor.logDeviations(in: $0) }
    return updater.computeGradients(rows: rows, pool: pool) {
      [settings, referenceOutputs] shard, batch, model, isFirst in
      let (n, c2) = (rows.count, Float(settings.common.entropyCoefficient))
      shard.writeSurrogateGradients(
        batch, model, clipRange: Float(settings.clipRange), isClipped: true, minibatch: n)
      if let deviations {
        shard.addDivergenceGradients(
          from: referenceOutputs, logDeviations: deviations, batch, model,
          coefficient: Float(settings.referenceCoefficient), minibatch: n)
      }
      shard.addEntropyGradients(model, scale: c2 / Float(n), sharedScale: isFirst ? c2 : 0)
      shard.backward(model)
    }
  }

  /// The loss of a minibatch.
  func loss(_ sums: LossSums, rows: Int) -> Double {
    -sums.objective / Double(rows) - settings.common.entropyCoefficient * updater.entropy(sums, rows: rows)
  }

  private mutating func followReference() {
    memory.referenceAge += 1
    guard let interval = settings.referenceInterval, memory.referenceAge >= interval, reference != nil else { return }
    reference = updater.model.parameters
    memory.referenceAge = 0
  }

  /// Share of the steps with an advantage of 0, because the returns of their group are equal.
  private var idleShare: Double {
    let count = updater.batch.count
    return Double(updater.batch.advantages[..<count].count { $0 == 0 }) / Double(max(1, count))
  }

  // MARK: Saving and restoring

  /// Everything that an update changes and later updates depend on.
  public struct State: Sendable {
    fileprivate var updater: PolicyUpdater.State
    fileprivate var reference: AlignedVector<Float>?
    fileprivate var memory: Memory
  }

  /// What an update changes: save it before an update, and set it back if the update is interrupted.
  public var state: State {
    get { State(updater: updater.state, reference: reference, memory: memory) }
    set { (updater.state, reference, memory) = (newValue.updater, newValue.reference, newValue.memory) }
  }

  /// Everything that further training depends on: that of `PolicyUpdater`, and `reference.*` with a reference policy.
  public func tensors() throws -> [String: Tensor] {
    var tensors = try updater.tensors(of: Self.name, extra: memory)
    if let reference { tensors.merge(model.actor.tensors(reference, prefix: "reference")) { first, _ in first } }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    memory = try updater.read(tensors, of: Self.name, file: file) { $0.referenceAge.isPossibleCount }
    if var read = reference {
      try model.actor.read(tensors, prefix: "reference", file: file, into: &read)
      reference = read
    }
  }
}

/// The metrics of one update of GRPO; means over its minibatches unless noted.
public struct GRPOMetrics: LearningMetrics {
  /// The metrics that all learners by policy gradients have.
  public var common = PolicyGradientMetrics()
  /// KL(old ‖ new) of the last epoch, nats. Healthy: 0.003 to 0.03.
  public var divergence = 0.0
  /// Share of samples whose ratio lies beyond 1 ± ε.
  public var clipFraction = 0.0
  /// Share of the steps whose group has equal returns, so that they contribute no gradient.
  public var idleShare = 0.0
  /// Epochs that were begun.
  public var epochs = 0.0
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] {
    PolicyGradientMetrics.averaged(in: \Self.common)
      + [\Self.divergence, \Self.clipFraction, \Self.idleShare, \Self.epochs]
  }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    let m = means ?? Self()
    return m.common.columns([
      ("kl", m.divergence), ("clip_fraction", m.clipFraction), ("equal_share", m.idleShare), ("epochs", m.epochs),
    ])
  }
}

// MARK: - The algorithm

extension GRPO: Algorithm {
  public static let name = "grpo"
  public static let title = "Group relative policy optimisation"
  public static let paper = "Shao et al. 2024"
  public static let family = LearnerFamily<GRPOParameters>.onPolicy { GRPO($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]

  public static func memoryNeed(of parameters: GRPOParameters, observations: Space, actions: Space) -> MemoryNeed {
    parameters.common.memoryNeed(
      value: nil, minibatchSize: parameters.minibatchSize, observations: observations, actions: actions)
  }

  public static func stepSizes(of parameters: GRPOParameters) -> String {
    parameters.common.stepSizes
      + (parameters.referenceCoefficient > 0 ? ", referenceCoefficient \(parameters.referenceCoefficient)" : "")
  }
}
