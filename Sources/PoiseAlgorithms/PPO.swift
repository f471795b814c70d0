public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Proximal policy optimisation. Source: Schulman, Wolski, Dhariwal, Radford and Klimov 2017, "Proximal Policy Optimization
// Algorithms" (arXiv:1707.06347): "the paper" below.
//
// Departures from the paper, each an option unless noted:
//  1. Observations are normalised by running statistics, which move between rollouts only. The first rollout serves them
//     alone: nothing is learned from it. (`normalizesObservations`)
//  2. Rewards may be divided by the running standard deviation of discounted returns. (`scalesRewards`)
//  3. Advantages are normalised over the rollout, not over each minibatch. (`normalizesAdvantages`)
//  4. The value loss may be clipped around the old values, and gradients are clipped to a largest norm.
//  5. An update stops where a minibatch's KL divergence exceeds 1.5 × `targetDivergence`.
//  6. The learning rate may follow the KL divergence of each update (rsl_rl), or fall.
//  7. Policy and value function share no layer (as in the paper's MuJoCo runs); orthogonal initial weights, the policy's last
//     layer × 0.01; log σ is a parameter for each action, kept between floor and ceiling. (always)
//  8. Episodes cut by a time limit bootstrap from V of their final observation; faulted steps are left out. (always)
//  9. The KL penalty uses the exact divergence between the two Gaussians. (always)
// 10. The deterministic policy that is judged and kept may be a moving average of the one that learns. (`policyAveraging`)
// 11. Policy and value function may be their own mirror images, by tied weights; then a minibatch teaches what it and its
//     mirror image would; first weights are tied after they were drawn, and orthogonal no more. (`mirrorSymmetry`)
// 12. Means of the policy that change from one step to the next may cost. (`smoothnessCoefficient`)

// MARK: - Parameters

/// Hyperparameters of PPO; defaults are those of the paper's table 3 where it has them.
public struct PPOParameters: Configurable, Hashable {
  public enum Objective: String, CaseIterable, Sendable { case clipped, penalized }

  public var reportInterval = 1
  public var worlds = 16
  public var blockSize = 8
  public var rolloutLength = 128
  public var epochs = 10
  public var minibatchSize = 64
  public var shards = 4
  public var discountFactor = 0.99
  public var gaeLambda = 0.95
  public var normalizesAdvantages = true
  public var objective = Objective.clipped
  public var clipRange = 0.2
  public var valueClipRange: Double?
  public var valueCoefficient = 0.5
  public var entropyCoefficient = 0.0
  public var smoothnessCoefficient = 0.0
  public var penaltyCoefficient = 1.0
  public var penaltyTarget = 0.01
  public var targetDivergence: Double?
  public var maximumGradientNorm: Double? = 0.5
  public var learningRate = RateParameters()
  public var adamEpsilon = 1e-8
  public var hiddenSizes = [64, 64]
  public var valueHiddenSizes = [64, 64]
  public var activation = HiddenActivation.tanh
  public var initialLogDeviation = 0.0
  public var logDeviationFloor = -6.0
  public var logDeviationCeiling = 2.0
  public var normalizesObservations = true
  public var observationLimit = 10.0
  public var scalesRewards = false
  public var policyAveraging = 0.0
  public var mirrorSymmetry: MirrorPlane?
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "reportInterval", \.reportInterval, .integer(.from(1, through: 1_000_000_000)),
      "Control steps of all worlds for one row of the progress, rounded up to whole rollouts; an evaluation that is due ends a row, saves come between rows."
    ),
    .key("worlds", \.worlds, .integer(.from(1, through: 65_536)), "Worlds that are rolled out side by side."),
    .key(
      "blockSize", \.blockSize, .integer(.from(1, through: 4096)),
      "Worlds that one thread steps and one inference serves; for T threads, worlds / T or less."),
    .key(
      "rolloutLength", \.rolloutLength, .integer(.from(1, through: 1_000_000)),
      "Control steps of each world between two updates."),
    .key("epochs", \.epochs, .integer(.from(1, through: 1000)), "Passes over a rollout."),
    .key(
      "minibatchSize", \.minibatchSize, .integer(.from(1, through: 10_000_000)),
      "Transitions of one gradient; the last of an epoch may be smaller."),
    .key(
      "shards", \.shards, .integer(.from(1, through: 1024)),
      "Fixed parts of a minibatch that threads share; part of the result's bits."),
    .key("discountFactor", \.discountFactor, .number(.above(0, through: 1)), "γ per control step."),
    .key("gaeLambda", \.gaeLambda, .number(.from(0, through: 1)), "λ of the advantage estimates."),
    .key(
      "normalizesAdvantages", \.normalizesAdvantages, .boolean,
      "Bring each rollout's advantages to mean 0 and deviation 1."),
    .key(
      "objective", \.objective, .choice,
      "clipped: equation 7; penalized: equation 8, whose β follows the KL divergence."),
    .key("clipRange", \.clipRange, .number(.above(0, below: 1)), "ε of the clipped objective."),
    .key(
      "valueClipRange", \.valueClipRange, .optional(.number(.positive)),
      "How far a value may move in one update before its loss stops pulling; null: unbounded."),
    .key("valueCoefficient", \.valueCoefficient, .number(.notNegative), "c₁, weight of the value loss."),
    .key("entropyCoefficient", \.entropyCoefficient, .number(.notNegative), "c₂, weight of the entropy bonus."),
    .key(
      "smoothnessCoefficient", \.smoothnessCoefficient, .number(.notNegative),
      "Weight of the loss Σ (μ(oₜ) − μ(oₜ₊₁))² over the actions, μ the policy's mean: a policy that trembles less."),
    .key(
      "penaltyCoefficient", \.penaltyCoefficient, .number(.positive), "β at the start, for the penalized objective."),
    .key("penaltyTarget", \.penaltyTarget, .number(.positive, unit: "nat"), "KL divergence that β is adapted to."),
    .key(
      "targetDivergence", \.targetDivergence, .optional(.number(.positive, unit: "nat")),
      "An update stops where a minibatch exceeds 1.5 times this KL divergence; null: never."),
    .key(
      "maximumGradientNorm", \.maximumGradientNorm, .optional(.number(.positive)),
      "Gradients are scaled down to this norm; null: never."),
    .key("learningRate", \.learningRate, .section, "Adam's step size over the course of training."),
    .key("adamEpsilon", \.adamEpsilon, .number(.positive), "ε of Adam."),
    .key(
      "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the policy's hidden layers."),
    .key(
      "valueHiddenSizes", \.valueHiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
      "Widths of the value function's hidden layers."),
    .key("activation", \.activation, .choice, "After each hidden layer."),
    .key("initialLogDeviation", \.initialLogDeviation, .number(), "log σ of every action at the start."),
    .key("logDeviationFloor", \.logDeviationFloor, .number(), "Least log σ."),
    .key("logDeviationCeiling", \.logDeviationCeiling, .number(), "Greatest log σ."),
    .key(
      "normalizesObservations", \.normalizesObservations, .boolean,
      "Bring observations to mean 0 and deviation 1 inside the policy."),
    .key("observationLimit", \.observationLimit, .number(.positive), "Normalised observations are clipped to ± this."),
    .key("scalesRewards", \.scalesRewards, .boolean, "Divide rewards by the running deviation of discounted returns."),
    .key(
      "policyAveraging", \.policyAveraging, .number(.from(0, below: 1)),
      "The policy that is judged and kept is a moving average of the learner's weights, this share of which an update leaves standing; 0: the learner's own."
    ),
    .mirrorSymmetry(\.mirrorSymmetry),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      logDeviationFloor <= initialLogDeviation && initialLogDeviation <= logDeviationCeiling,
      at: "initialLogDeviation", found: "\(initialLogDeviation)",
      allowed: "from logDeviationFloor \(logDeviationFloor) to logDeviationCeiling \(logDeviationCeiling)")
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: mirrorSymmetry)
    checks.requirePairs(of: valueHiddenSizes, at: "valueHiddenSizes", for: mirrorSymmetry)
  }

  /// Transitions of a rollout.
  public var rolloutSize: Int { worlds * rolloutLength }

  /// Whether a mean action that changes costs, for which the policy also runs on what each observation led to.
  public var isSmoothed: Bool { smoothnessCoefficient > 0 }
}

/// The learning rate over the course of training.
public struct RateParameters: Configurable, Hashable {
  public enum Schedule: String, CaseIterable, Sendable { case constant, linear, cosine, adaptive }

  public var schedule = Schedule.constant
  public var initial = 3e-4
  public var final = 0.0
  public var targetDivergence = 0.01
  public var lowest = 1e-5
  public var highest = 1e-2
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "schedule", \.schedule, .choice,
      "constant; linear or cosine from initial to final; adaptive to the KL divergence."),
    .key("initial", \.initial, .number(.positive), "Rate at the start."),
    .key("final", \.final, .number(.notNegative), "Rate at the step limit, for linear and cosine."),
    .key(
      "targetDivergence", \.targetDivergence, .number(.positive, unit: "nat"),
      "KL divergence of an update that adaptive aims at."),
    .key("lowest", \.lowest, .number(.positive), "Floor of adaptive."),
    .key("highest", \.highest, .number(.positive), "Ceiling of adaptive."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      lowest <= highest, at: "lowest", found: "\(lowest)", allowed: "at most highest, \(highest)", remedy: "Swap them.")
    // Else it would be cut to the range without a word.
    checks.require(
      schedule != .adaptive || (lowest...max(lowest, highest)).contains(initial), at: "initial", found: "\(initial)",
      allowed: "from lowest, \(lowest), to highest, \(highest), between which an adaptive rate moves")
  }

  var controller: AdaptiveLearningRate {
    AdaptiveLearningRate(
      settings: .init(
        initialRate: initial, targetDivergence: targetDivergence, lowestRate: lowest, highestRate: highest))
  }

  var law: LearningRateSchedule {
    switch schedule {
    case .constant: .constant(rate: initial)
    case .linear: .linear(from: initial, to: final)
    case .cosine: .cosine(from: initial, to: final)
    case .adaptive: .adaptive(settings: controller.settings)
    }
  }
}

// MARK: - The algorithm

/// What came of one update; means over its minibatches unless noted.
public struct PPOMetrics: Hashable, Sendable, Codable {
  /// −L^CLIP (or −L^KLPEN): around 0, falls within an update. Plus L^S, which is not negative.
  public var policyLoss = 0.0
  /// Mean squared error of the values, in units of scaled rewards.
  public var valueLoss = 0.0
  /// Nats, after the update.
  public var entropy = 0.0
  /// KL(old ‖ new) of the last epoch, nats. Healthy: 0.003 to 0.03.
  public var divergence = 0.0
  /// Share of samples whose ratio lies beyond 1 ± ε. Healthy: 0.05 to 0.3.
  public var clipFraction = 0.0
  /// 1 − Var(R − V) / Var(R) of the old values: 1 is perfect, 0 no better than a constant.
  public var explainedVariance = 0.0
  /// Before clipping.
  public var gradientNorm = 0.0
  public var learningRate = 0.0
  /// Mean σ over actions, after the update.
  public var deviation = 0.0
  /// Share of sampled action elements beyond ±1.
  public var actionSaturation = 0.0
  public var epochs = 0.0
  /// Refused since the start, because something was not finite.
  public var skippedUpdates = 0
  public init() {}
}

/// PPO with Gaussian actions: rollouts in, better parameters out.
public struct PPO: Sendable {
  public let settings: PPOParameters
  public var model: ActorCritic
  /// Polyak average of the parameters; `nil` without averaging.
  private var average: AlignedVector<Float>?
  private var adam: Adam<Float>
  private var adaptiveRate: AdaptiveLearningRate
  /// β of the penalized objective.
  private var penalty: Double
  private var random: RandomStream
  private var shards: [Shard]
  private var gradients: AlignedVector<Float>
  private var batch: Batch
  private let instructionSet: InstructionSet
  /// Whether the numbers can still be trusted; where not, `update` does nothing.
  public private(set) var health = LearnerHealth()
  /// Spoils the gradients of update n before they are looked at: for tests.
  var spoilGradients: (@Sendable (_ update: Int, _ gradients: inout AlignedVector<Float>) -> Void)?

  /// One part of a minibatch with all the memory it needs.
  fileprivate struct Shard: Sendable {
    var rows: Range<Int> = 0..<0
    var actor: MLPWorkspace<Float>
    var critic: MLPWorkspace<Float>
    /// The actor a step later; `nil` where smoothness costs nothing.
    var follower: MLPWorkspace<Float>?
    /// [rows, actions]
    var actions, oldMeans: AlignedVector<Float>
    /// [rows]
    var logDensities, divergences, densityGradients, penalties: AlignedVector<Float>
    /// Like the parameters.
    var gradients: AlignedVector<Float>
    var sums = Sums()
  }

  /// Sums over the rows of a minibatch.
  fileprivate struct Sums: Sendable {
    var objective = 0.0
    var valueError = 0.0
    var divergence = 0.0
    var clipped = 0.0
  }

  /// A rollout of all blocks, faulted steps left out, in order of block, time and world.
  fileprivate struct Batch: Sendable {
    var count = 0
    var observations, actions, means: AlignedVector<Float>
    /// What each observation led to; itself where an episode ended. Empty where smoothness costs nothing.
    var followingObservations: AlignedVector<Float>
    var logDensities, values, advantages, returns: [Float]
    /// The old log σ, [actions].
    var logDeviations: AlignedVector<Float>
    var order: [Int]
  }

  /// - Parameter symmetry: that of the task, for `settings.mirrorSymmetry`.
  public init(
    _ settings: PPOParameters, observations: Int, actions: Int, symmetry: MirrorSymmetry? = nil, seed: UInt64,
    instructionSet: InstructionSet
  ) {
    var weights = RandomStream(seed: seed, purpose: .weights)
    let model = ActorCritic(
      observations: observations, actions: actions, hidden: settings.hiddenSizes,
      valueHidden: settings.valueHiddenSizes, activation: Activation(rawValue: settings.activation.rawValue) ?? .tanh,
      deviationBounds: settings.logDeviationFloor...settings.logDeviationCeiling,
      initialLogDeviation: settings.initialLogDeviation,
      normalizerLimit: settings.normalizesObservations ? settings.observationLimit : nil, symmetry: symmetry,
      using: &weights)
    self.settings = settings
    self.model = model
    average = settings.policyAveraging > 0 ? model.parameters : nil
    self.instructionSet = instructionSet
    let count = model.parameters.count
    adam = Adam(
      parameterCount: count, settings: .init(epsilon: settings.adamEpsilon), instructionSet: instructionSet)
    adaptiveRate = settings.learningRate.controller
    penalty = settings.penaltyCoefficient
    random = RandomStream(seed: seed, purpose: .minibatches)
    gradients = AlignedVector(zeros: count)
    let rows = (min(settings.minibatchSize, settings.rolloutSize) + settings.shards - 1) / settings.shards
    shards = (0..<settings.shards).map { _ in
      Shard(
        actor: MLPWorkspace(model.actor.network, rowCapacity: rows, instructionSet: instructionSet),
        critic: MLPWorkspace(model.critic, rowCapacity: rows, instructionSet: instructionSet),
        follower: settings.isSmoothed
          ? MLPWorkspace(model.actor.network, rowCapacity: rows, instructionSet: instructionSet) : nil,
        actions: AlignedVector(zeros: rows * actions), oldMeans: AlignedVector(zeros: rows * actions),
        logDensities: AlignedVector(zeros: rows), divergences: AlignedVector(zeros: rows),
        densityGradients: AlignedVector(zeros: rows), penalties: AlignedVector(zeros: rows),
        gradients: AlignedVector(zeros: count))
    }
    let size = settings.rolloutSize
    let zeros = [Float](repeating: 0, count: size)
    batch = Batch(
      observations: AlignedVector(zeros: size * observations), actions: AlignedVector(zeros: size * actions),
      means: AlignedVector(zeros: size * actions),
      followingObservations: AlignedVector(zeros: settings.isSmoothed ? size * observations : 0), logDensities: zeros,
      values: zeros, advantages: zeros,
      returns: zeros, logDeviations: AlignedVector(zeros: actions), order: Array(0..<size))
  }

  /// The deterministic policy, averaged if so set.
  public var policy: Policy { model.policy(average ?? model.parameters) }

  // MARK: The update

  /// Several epochs of minibatch gradients over one rollout; algorithm 1 of the paper from its line 6 on.
  ///
  /// - Parameters:
  ///   - rollout: the segments of all blocks, advantages estimated.
  ///   - progress: how much of training is done, 0 to 1, for the learning rate.
  ///   - pool: touches no number.
  ///   - isStopped: asked before each minibatch; once true, the rest is left out, and only `state` as it was before is of use.
  public mutating func update(
    _ rollout: [RolloutSegment], progress: Double, pool: WorkerPool, isStopped: () -> Bool = { false }
  ) -> PPOMetrics {
    var metrics = PPOMetrics()
    metrics.actionSaturation = gather(rollout)
    metrics.explainedVariance = explainedVariance()
    normalizeAdvantages()
    metrics.learningRate = settings.learningRate.law.rate(progress: progress, adaptiveRate: adaptiveRate.rate)

    var minibatches = 0.0
    epochs: for epoch in 0..<settings.epochs where batch.count > 0 && health.failure == nil {
      shuffle()
      var divergence = 0.0
      var rows = 0
      for first in stride(from: 0, to: batch.count, by: settings.minibatchSize) {
        if isStopped() { break epochs }
        let size = min(settings.minibatchSize, batch.count - first)
        let sums = computeGradients(first: first, size: size, pool: pool)
        let mean = 1 / Double(size)
        if let target = settings.targetDivergence, sums.divergence * mean > 1.5 * target {
          metrics.divergence = sums.divergence * mean
          break epochs
        }
        spoilGradients?(updates + 1, &gradients)
        let outcome = adam.update(
          &model.parameters, gradients: gradients, learningRate: metrics.learningRate,
          loss: sums.objective + sums.valueError, maximumNorm: settings.maximumGradientNorm)
        health.note(outcome, of: "the gradients", update: updates) { [model, batch] in Self.diagnosis(model, batch) }
        checkWeights()
        if health.failure != nil { break epochs }
        guard case .applied(let norm) = outcome else { continue }
        metrics.gradientNorm += norm
        model.actor.clampDeviations(&model.parameters)
        divergence += sums.divergence
        rows += size
        metrics.policyLoss -= sums.objective * mean
        metrics.valueLoss += sums.valueError * mean
        metrics.clipFraction += sums.clipped * mean
        minibatches += 1
      }
      metrics.divergence = divergence / Double(max(1, rows))
      metrics.epochs = Double(epoch + 1)
    }
    guard minibatches > 0 else { return finished(metrics, minibatches) }
    // θ̄ ← β θ̄ + (1 − β) θ. Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging", here with
    // a horizon of 1 / (1 − β) updates: the iterates circle around what they learn, their mean does not.
    average?.follow(
      model.parameters, targetSmoothing: 1 - settings.policyAveraging, instructionSet: instructionSet)
    adaptiveRate.observe(divergence: metrics.divergence)
    // Section 4 of the paper: β is halved below d_targ / 1.5 and doubled above 1.5 d_targ.
    if metrics.divergence < settings.penaltyTarget / 1.5 { penalty /= 2 }
    if metrics.divergence > settings.penaltyTarget * 1.5 { penalty *= 2 }
    penalty = min(max(penalty, 1e-6), 1e6)
    return finished(metrics, minibatches)
  }

  /// Sums to means, and what there is to tell after an update.
  private func finished(_ sums: PPOMetrics, _ minibatches: Double) -> PPOMetrics {
    var metrics = sums
    for path in [\PPOMetrics.policyLoss, \.valueLoss, \.clipFraction, \.gradientNorm] {
      metrics[keyPath: path] /= max(1, minibatches)
    }
    metrics.entropy = model.actor.entropy(model.parameters)
    metrics.deviation =
      model.actor.logDeviations.reduce(0) { $0 + Double(Float.exponential(model.parameters[$1])) }
      / Double(model.actionCount)
    metrics.skippedUpdates = adam.skippedUpdates
    return metrics
  }

  /// Takes the observations of a rollout into the normaliser's account, after the update: the networks that acted saw none of it.
  public mutating func observe(_ rollout: [RolloutSegment]) {
    model.observe(rollout.map(\.statistics))
  }

  /// Gradients that were computed so far, refused ones included.
  private var updates: Int { adam.appliedUpdates + adam.skippedUpdates }

  /// Sees that the weights are still those of a policy; `update` does so too, after every minibatch.
  public mutating func checkWeights() {
    health.check(
      model.parameters, of: "the weights of policy and value function", update: updates, instructionSet: instructionSet)
  }

  /// What an update was refused for, nearest to its origin first.
  private static func diagnosis(_ model: ActorCritic, _ batch: Batch) -> (quantity: String, reason: String)? {
    if let i = LearnerHealth.firstNotFinite(model.parameters) {
      return ("the weights of policy and value function", "number \(i) is \(model.parameters[i])")
    }
    if let i = LearnerHealth.firstNotFinite(batch.observations, below: batch.count * model.observationCount) {
      return (
        "the observations of the rollout",
        "element \(i % model.observationCount) of row \(i / model.observationCount) is \(batch.observations[i])"
      )
    }
    for (quantity, values) in [
      ("the values of the rollout", batch.values), ("the advantages of the rollout", batch.advantages),
      ("the log-densities of the rollout", batch.logDensities),
    ] {
      if let i = values[..<batch.count].firstIndex(where: { !$0.isFinite }) {
        return (quantity, "row \(i) is \(values[i])")
      }
    }
    return nil
  }

  /// Gradients of one minibatch into `gradients`: each shard on its own, then their sum in the order of the shards.
  private mutating func computeGradients(first: Int, size: Int, pool: WorkerPool) -> Sums {
    let count = shards.count
    for i in 0..<count { shards[i].rows = first + size * i / count..<first + size * (i + 1) / count }
    pool.forEach(&shards) { [settings, model, batch, penalty] index, shard in
      shard.load(batch, model)
      shard.writePolicyGradients(batch, model, settings, penalty: penalty, minibatch: size)
      shard.writeValueGradients(batch, model, settings, minibatch: size)
      // The entropy bonus depends on no row: ∂(−c₂ H)/∂log σ = −c₂, once.
      if index == 0 {
        model.actor.addEntropyGradients(scaledBy: -Float(settings.entropyCoefficient), to: &shard.gradients)
      }
    }
    gradients.setToSum(over: shards, instructionSet: instructionSet) { $0.gradients }
    model.ties?.average(&gradients)
    var sums = Sums()
    for shard in shards {
      sums.objective += shard.sums.objective
      sums.valueError += shard.sums.valueError
      sums.divergence += shard.sums.divergence
      sums.clipped += shard.sums.clipped
    }
    return sums
  }
}

// MARK: - Losses

extension PPO.Shard {
  /// Runs both networks on the rows of this shard.
  fileprivate mutating func load(_ batch: borrowing PPO.Batch, _ model: borrowing ActorCritic) {
    actions.gather(batch.order[rows], of: batch.actions, columns: model.actionCount)
    oldMeans.gather(batch.order[rows], of: batch.means, columns: model.actionCount)
    actor.setInputs(batch.observations, gathering: batch.order[rows])
    actor.forward(rows: rows.count, parameters: model.parameters)
    critic.setInputs(batch.observations, gathering: batch.order[rows])
    critic.forward(rows: rows.count, parameters: model.parameters)
    follower?.setInputs(batch.followingObservations, gathering: batch.order[rows])
    follower?.forward(rows: rows.count, parameters: model.parameters)
    for j in model.actor.logDeviations { gradients[j] = 0 }
    sums = PPO.Sums()
  }

  /// The policy's part of the loss and its gradients.
  ///
  ///     rₜ(θ) = π_θ(aₜ|oₜ) / π_old(aₜ|oₜ)
  ///     L^CLIP = E[ min(rₜ Âₜ, clip(rₜ, 1 − ε, 1 + ε) Âₜ) ]          eq. 7
  ///     L^KLPEN = E[ rₜ Âₜ − β KL(π_old ‖ π_θ) ]                      eq. 8
  ///     ∂(−rₜ Âₜ)/∂ log π = −rₜ Âₜ, and 0 where the clipped term is the smaller one
  fileprivate mutating func writePolicyGradients(
    _ batch: borrowing PPO.Batch, _ model: borrowing ActorCritic, _ settings: PPOParameters, penalty β: Double,
    minibatch: Int
  ) {
    let count = rows.count
    let ε = Float(settings.clipRange)
    let isClipped = settings.objective == .clipped
    model.actor.writeLogDensities(
      rows: count, of: actions, means: actor.outputs, parameters: model.parameters, into: &logDensities)
    model.actor.writeDivergences(
      rows: count, fromMeans: oldMeans, logDeviations: batch.logDeviations, toMeans: actor.outputs,
      parameters: model.parameters, into: &divergences)
    for (i, k) in batch.order[rows].enumerated() {
      let advantage = batch.advantages[k]
      let ratio = Float.exponential(logDensities[i] - batch.logDensities[k])
      let surrogate = ratio * advantage
      let bound = min(max(ratio, 1 - ε), 1 + ε) * advantage
      let isActive = !isClipped || surrogate <= bound
      densityGradients[i] = isActive ? -surrogate / Float(minibatch) : 0
      sums.objective += Double(isClipped ? min(surrogate, bound) : surrogate - Float(β) * divergences[i])
      sums.divergence += Double(divergences[i])
      sums.clipped += abs(ratio - 1) > ε ? 1 : 0
    }
    model.actor.writeLogDensityGradients(
      rows: count, of: actions, means: actor.outputs, parameters: model.parameters,
      densityGradients: densityGradients, meanGradients: &actor.outputGradients, gradients: &gradients)
    if !isClipped {
      for i in 0..<count { penalties[i] = Float(β) / Float(minibatch) }
      model.actor.addDivergenceGradients(
        rows: count, fromMeans: oldMeans, logDeviations: batch.logDeviations, toMeans: actor.outputs,
        parameters: model.parameters, divergenceGradients: penalties, meanGradients: &actor.outputGradients,
        gradients: &gradients)
    }
    addSmoothnessGradients(model, settings, minibatch: minibatch)
    actor.backward(rows: count, parameters: model.parameters, into: &gradients)
    follower?.backward(rows: count, parameters: model.parameters, into: &gradients, accumulates: true)
  }

  /// The cost of a mean action that changes: to the gradients of the means at oₜ, and those at oₜ₊₁ in place of what is there.
  ///
  ///     L^S = c E[ ‖μ(oₜ) − μ(oₜ₊₁)‖² ]
  ///
  /// Source: the temporal term of Mysore, Mabsout, Mancuso and Saenko 2021, "Regularizing Action Policies for Smooth Control with
  /// Reinforcement Learning" (arXiv:2012.06644), here squared. Unlike a reward for it, it says nothing of exploration's noise.
  private mutating func addSmoothnessGradients(
    _ model: borrowing ActorCritic, _ settings: PPOParameters, minibatch: Int
  ) {
    // Taken out and put back, so that the loop writes to memory that nobody else holds.
    guard var next = follower.take() else { return }
    let coefficient = Float(settings.smoothnessCoefficient)
    let scale = 2 * coefficient / Float(minibatch)
    var squares: Float = 0
    for i in 0..<rows.count * model.actionCount {
      let change = actor.outputs[i] - next.outputs[i]
      actor.outputGradients[i] += scale * change
      next.outputGradients[i] = -scale * change
      squares += change * change
    }
    sums.objective -= Double(coefficient * squares)
    follower = next
  }

  /// The value function's part: L^VF = E[(V(oₜ) − Rₜ)²], Rₜ = Âₜ + V_old(oₜ), eq. 9; if clipped, the larger of that and
  /// (V_old + clip(V − V_old, ± range) − Rₜ)², whose slope is 0 beyond the range.
  fileprivate mutating func writeValueGradients(
    _ batch: borrowing PPO.Batch, _ model: borrowing ActorCritic, _ settings: PPOParameters, minibatch: Int
  ) {
    let scale = 2 * Float(settings.valueCoefficient) / Float(minibatch)
    for (i, k) in batch.order[rows].enumerated() {
      let value = critic.outputs[i]
      var error = value - batch.returns[k]
      var slope = error
      if let range = settings.valueClipRange.map({ Float($0) }) {
        let step = value - batch.values[k]
        let clippedError = batch.values[k] + min(max(step, -range), range) - batch.returns[k]
        if clippedError * clippedError > error * error {
          error = clippedError
          slope = abs(step) <= range ? clippedError : 0
        }
      }
      sums.valueError += Double(error) * Double(error)
      critic.outputGradients[i] = scale * slope
    }
    critic.backward(rows: rows.count, parameters: model.parameters, into: &gradients)
  }
}

// MARK: - The batch

extension PPO {
  /// Copies the rollout, without its faulted steps, into one batch.
  ///
  /// - Returns: share of action elements beyond ±1.
  private mutating func gather(_ rollout: [RolloutSegment]) -> Double {
    let (o, a) = (model.observationCount, model.actionCount)
    var row = 0
    var saturated = 0
    for segment in rollout {
      for k in 0..<segment.worlds * segment.steps where segment.endings[k] != .fault {
        batch.observations.copyElements(k * o..<(k + 1) * o, of: segment.observations, to: row * o)
        batch.actions.copyElements(k * a..<(k + 1) * a, of: segment.actions, to: row * a)
        batch.means.copyElements(k * a..<(k + 1) * a, of: segment.means, to: row * a)
        if settings.isSmoothed {
          let following = segment.endings[k] == .running ? k + segment.worlds : k
          batch.followingObservations.copyElements(
            following * o..<(following + 1) * o, of: segment.observations, to: row * o)
        }
        for j in 0..<a where abs(segment.actions[k * a + j]) >= 1 { saturated += 1 }
        batch.logDensities[row] = segment.logDensities[k]
        batch.values[row] = segment.values[k]
        batch.advantages[row] = segment.advantages[k]
        batch.returns[row] = segment.advantages[k] + segment.values[k]
        row += 1
      }
    }
    batch.count = row
    if batch.order.count != row { batch.order = Array(repeating: 0, count: row) }
    for i in 0..<row { batch.order[i] = i }
    batch.logDeviations = model.actor.logDeviations(in: model.parameters)
    return Double(saturated) / Double(max(1, row * a))
  }

  private func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
    var (sum, squares) = (0.0, 0.0)
    for i in 0..<batch.count { sum += Double(values[i]) }
    let mean = sum / Double(max(1, batch.count))
    for i in 0..<batch.count { squares += (Double(values[i]) - mean) * (Double(values[i]) - mean) }
    return (mean, squares / Double(max(1, batch.count)))
  }

  /// R − V is the advantage, before it is normalised.
  private func explainedVariance() -> Double {
    let variance = moments(batch.returns).variance
    return variance > 0 ? 1 - moments(batch.advantages).variance / variance : 0
  }

  private mutating func normalizeAdvantages() {
    guard settings.normalizesAdvantages else { return }
    let (mean, variance) = moments(batch.advantages)
    let scale = 1 / (variance.squareRoot() + 1e-8)
    for i in 0..<batch.count { batch.advantages[i] = Float((Double(batch.advantages[i]) - mean) * scale) }
  }

  /// Fisher and Yates, from the order that stands.
  private mutating func shuffle() {
    for i in stride(from: batch.count - 1, to: 0, by: -1) { batch.order.swapAt(i, random.index(below: i + 1)) }
  }
}

// MARK: - Keeping

extension PPO {
  /// All that an update changes and later ones depend on; a copy shares its memory until one of the two is written to.
  public struct State: Sendable {
    fileprivate var model: ActorCritic
    fileprivate var average: AlignedVector<Float>?
    fileprivate var adam: Adam<Float>
    fileprivate var memory: Memory
  }

  public var state: State {
    get {
      State(
        model: model, average: average, adam: adam,
        memory: Memory(adaptiveRate: adaptiveRate, penalty: penalty, random: random, health: health))
    }
    set {
      (model, average, adam) = (newValue.model, newValue.average, newValue.adam)
      (adaptiveRate, penalty, random) = (newValue.memory.adaptiveRate, newValue.memory.penalty, newValue.memory.random)
      health = newValue.memory.health ?? LearnerHealth()
    }
  }

  /// What the next update depends on beside the networks' parameters and Adam's moments.
  fileprivate struct Memory: Codable {
    var adaptiveRate: AdaptiveLearningRate
    var penalty: Double
    var random: RandomStream
    /// Files of before it was kept have no word of it.
    var health: LearnerHealth?
  }

  /// Everything that further training depends on: `ActorCritic`'s tensors, the same under `average.*` with averaging, `adam.*`,
  /// and `ppo.memory`, JSON as bytes.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    if let average {
      tensors.merge(model.actor.tensors(average, prefix: "average.actor")) { first, _ in first }
      tensors.merge(model.critic.tensors(average, prefix: "average.critic")) { first, _ in first }
    }
    tensors.merge(adam.tensors(prefix: "adam")) { first, _ in first }
    tensors["ppo.memory"] = try Tensor(encoding: state.memory)
    return tensors
  }

  /// Takes everything from tensors, to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit; then this value is not to be used.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    if var average {
      try model.actor.read(tensors, prefix: "average.actor", file: file, into: &average)
      try model.critic.read(tensors, prefix: "average.critic", file: file, into: &average)
      self.average = average
    }
    try adam.read(tensors, prefix: "adam", file: file)
    let memory: Memory = try Tensor.decode("ppo.memory", in: tensors, file: file)
    guard adaptiveRate.accepts(memory.adaptiveRate), memory.penalty.isFinite, memory.health?.hasPossibleCounts ?? true
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'ppo.memory'",
          found:
            "a learning rate of \(memory.adaptiveRate.rate), a penalty of \(memory.penalty), or an impossible state",
          allowed: "those of this scenario's settings",
          remedy: "The checkpoint belongs to another scenario, or is damaged."))
    }
    (adaptiveRate, penalty, random) = (memory.adaptiveRate, memory.penalty, memory.random)
    health = memory.health ?? LearnerHealth()
  }
}
