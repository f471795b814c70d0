public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

// Deep Q-networks. Sources: Mnih, Kavukcuoglu, Silver, Graves, Antonoglou, Wierstra and Riedmiller 2013, "Playing Atari with Deep
// Reinforcement Learning" (arXiv:1312.5602); Mnih et al. 2015, "Human-Level Control through Deep Reinforcement Learning", Nature 518:
// "the paper" below.
//
// What came after it, each an option:
//  1. Double DQN: `usesDoubleTargets`. Source: van Hasselt, Guez and Silver 2016 (arXiv:1509.06461).
//  2. Dueling networks: `isDueling`. Source: Wang et al. 2016 (arXiv:1511.06581); in QNetwork.swift.
//  3. Prioritised replay: `prioritization`. Source: Schaul et al. 2016 (arXiv:1511.05952); in BatchSampler.swift.
//  4. Targets of n steps, without a correction for actions that the policy would not take: `returnSteps`. Sources: Sutton 1988; in DQN
//     Hessel et al. 2018, "Rainbow" (arXiv:1710.02298).
// Departures from the paper, each an option unless noted:
//  5. Observations are numbers, not images; the network has dense layers. Frames are neither stacked nor repeated. (always)
//  6. Adam in place of RMSProp. (always)
//  7. The target network may follow softly: `targetUpdateInterval` 1 and a small `targetUpdateRate`, as in Lillicrap et al. 2016.
//  8. Rewards are not clipped to ±1. They may be scaled. (`rewardScale`)
//  9. Gradients may be clipped to a largest norm. (`maximumGradientNorm`)
// 10. Observations may be normalised, hidden layers too. (`normalizesObservations`, `normalizesLayers`)
// 11. A time limit does not terminate the task: targets bootstrap past it from the episode's last observation. (always)
// 12. Several worlds may be stepped side by side, with `updatesPerStep` updates for each of their steps.
// 13. The values may be mirror-symmetric, by tied weights. (`mirrorSymmetry`)

/// DQN: learns the values of all choices from transitions of a replay buffer, and takes the best.
public struct DQN: OffPolicyLearner {
  public typealias Parameters = DQNParameters
  public typealias Metrics = DQNMetrics

  /// The hyperparameters.
  public let settings: DQNParameters
  /// The network and its target copy.
  public var model: QNetwork
  /// Updates so far.
  public private(set) var updates = 0
  /// Whether the numbers can still be trusted; if not, further updates are of no use.
  public private(set) var health = LearnerHealth()
  private var adam: Adam<Float>
  /// Those of the last batch.
  private(set) var gradients: AlignedVector<Float>
  /// Draws the batches.
  var sampler: BatchSampler
  var shards: [Shard]
  private let seed: UInt64
  private let instructionSet: InstructionSet

  /// Makes a learner with initial weights drawn from the seed.
  ///
  /// - Parameters:
  ///   - settings: the hyperparameters.
  ///   - context: the spaces of the task, a box of observations and discrete actions; the mirror symmetry that
  ///     `settings.mirrorSymmetry` asks for; seed and instruction set.
  public init(_ settings: DQNParameters, for context: LearnerContext) {
    var weights = RandomStream(seed: context.seed, purpose: .weights)
    let model = QNetwork(
      settings, observations: context.observationSpace.count, choices: context.actionSpace.choices?.count ?? 1,
      symmetry: context.symmetry, using: &weights)
    self.settings = settings
    self.model = model
    seed = context.seed
    instructionSet = context.instructionSet
    gradients = AlignedVector(zeros: model.parameters.count)
    adam = Adam(
      parameterCount: gradients.count, settings: .init(epsilon: settings.common.adamEpsilon),
      instructionSet: context.instructionSet)
    sampler = BatchSampler(settings.common, random: RandomStream(seed: context.seed, purpose: .replaySampling))
    let rows = shardCapacity(batch: settings.common.batchSize, shards: settings.common.shards)
    shards = (0..<settings.common.shards).map { _ in
      Shard(model, settings, rows: rows, instructionSet: context.instructionSet)
    }
  }

  /// The greedy policy as it stands.
  public var policy: Policy { model.policy }

  /// Updates the statistics of the normaliser with raw observations, [rows, observations]; does nothing without a
  /// normaliser.
  public mutating func observe(_ observations: [Float]) { model.observe(observations) }

  /// Optimiser steps that were refused so far, because the loss or a gradient was not finite or far too large.
  public var skippedUpdates: Int { adam.skippedUpdates }

  // MARK: The update

  /// One update of the network: algorithm 1 of the paper from "Sample random minibatch" on.
  ///
  /// - Parameters:
  ///   - buffer: with at least one transition.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  public mutating func update(_ buffer: ReplayBuffer, pool: WorkerPool) -> DQNMetrics {
    updates += 1
    var metrics = DQNMetrics()
    // Sample a random minibatch; set yⱼ; perform a gradient descent step on the loss.
    let loss = computeGradients(buffer, &metrics, pool: pool)
    // Every C steps reset the target network: θ′ ← θ, or θ′ ← τ θ + (1 − τ) θ′ in the optimiser's pass.
    let τ = updates.isMultiple(of: settings.targetUpdateInterval) ? settings.common.targetUpdateRate : 0
    let outcome: UpdateOutcome
    if τ > 0, τ < 1 {
      outcome = adam.update(
        &model.parameters, gradients: gradients, learningRate: settings.learningRate, loss: loss,
        maximumNorm: settings.common.maximumGradientNorm, target: &model.target, targetUpdateRate: τ)
    } else {
      outcome = adam.update(
        &model.parameters, gradients: gradients, learningRate: settings.learningRate, loss: loss,
        maximumNorm: settings.common.maximumGradientNorm)
      // A copy, exact to the bit, which θ′ + 1 (θ − θ′) would not be.
      if τ == 1, outcome.isApplied { model.target.copyElements(from: model.parameters) }
    }
    health.note(outcome, of: "the network's gradients", update: updates) { [model, shards] in
      shards.lazy.compactMap { $0.batch.diagnosis(observationCount: model.observationCount) }.first
    }
    if case .applied(let norm) = outcome {
      metrics.gradientNorm = norm
      health.noteLife(of: "the network", deadLayer: shards.deadLayer { $0.deadLayer }, update: updates)
    } else {
      metrics = DQNMetrics()
      metrics.isRefused = true
    }
    checkWeights()
    return metrics
  }

  /// Checks that all weights are finite and not too large, and notes a failure in `health`; `update` does so too.
  public mutating func checkWeights() {
    health.check(model.parameters, of: "the network's weights", update: updates, instructionSet: instructionSet)
    health.check(model.target, of: "the target network's weights", update: updates, instructionSet: instructionSet)
  }

  /// Draws a batch and writes the gradients of the whole loss to `gradients`: each shard on its own, then their sum in the shards' order.
  ///
  /// - Returns: the loss.
  mutating func computeGradients(_ buffer: ReplayBuffer, _ metrics: inout DQNMetrics, pool: WorkerPool) -> Double {
    sampler.draw(from: buffer, update: updates)
    let size = sampler.indices.count
    shards.divide(0..<size)
    pool.forEach(&shards) { [settings, model, indices = sampler.indices, weights = sampler.weights] _, shard in
      shard.batch.load(buffer, rows: shard.rows, of: indices, weights: weights, model.normalizer, settings.common)
      shard.writeTargets(model, settings)
      shard.writeGradients(model, settings, batchSize: size)
    }
    sampler.learn(from: shards)
    shards.sum(into: &gradients, ties: model.ties, instructionSet: instructionSet) { $0.gradients }
    model.closeStreams(&gradients)
    for shard in shards {
      metrics.loss += shard.loss
      metrics.value += shard.valueSum / Double(size)
      metrics.target += shard.targetSum / Double(size)
    }
    return metrics.loss
  }

  // MARK: Saving and restoring

  /// Everything that further training depends on except the replay buffer: `q.*`, `q_target.*`, `normalizer.*`, `adam.*`,
  /// `replay.priorities`, and `dqn.memory`, which is JSON as bytes.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    tensors.merge(adam.tensors(prefix: "adam")) { first, _ in first }
    let memory = OffPolicyMemory(updates: updates, sampler: sampler, streams: [], health: health)
    tensors.merge(try memory.tensors(of: Self.name, sampler: sampler)) { first, _ in first }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    try adam.read(tensors, prefix: "adam", file: file)
    let memory = try OffPolicyMemory(of: Self.name, shards: 0, in: tensors, file: file)
    updates = memory.updates
    sampler.restore(memory.sampling, memory.priorities, tensors)
    health = memory.health ?? LearnerHealth()
  }
}

// MARK: - Targets and loss

extension DQN {
  /// One part of a batch with its own work memory.
  struct Shard: TransitionShard {
    var rows = 0..<0
    /// The transitions.
    var batch: TransitionRows
    private var network, targetNetwork: MLPWorkspace<Float>
    /// Q of the network, and Q′ of its target copy, for whichever observations were last asked for, [rows, choices].
    private var values, targetValues: AlignedVector<Float>
    /// What completes the returns, [rows].
    private var bootstraps: AlignedVector<Float>
    /// Like the parameters.
    private(set) var gradients: AlignedVector<Float>
    /// This part's share of the loss, and its sums of Q(oᵢ, aᵢ) and yᵢ.
    private(set) var (loss, valueSum, targetSum) = (0.0, 0.0, 0.0)

    /// - Parameter rows: the largest number of rows of this shard.
    init(_ model: QNetwork, _ settings: DQNParameters, rows: Int, instructionSet: InstructionSet) {
      batch = TransitionRows(
        rows: rows, observations: model.observationCount, actions: 1, isWeighted: settings.common.prioritization != nil)
      network = MLPWorkspace(model.network, rowCapacity: rows, instructionSet: instructionSet)
      targetNetwork = MLPWorkspace(
        model.network, rowCapacity: rows, instructionSet: instructionSet, isForTraining: false)
      values = AlignedVector(zeros: rows * model.choiceCount)
      targetValues = AlignedVector(zeros: rows * model.choiceCount)
      bootstraps = AlignedVector(zeros: rows)
      gradients = AlignedVector(zeros: model.parameters.count)
    }

    /// A hidden layer whose units were all off in the last pass, if there is one.
    var deadLayer: Int? { network.deadLayer(rows: rows.count) }

    /// Writes the targets; they depend on no gradient.
    ///
    ///     yᵢ = rᵢ + γ max_a Q(oᵢ₊₁, a; θ′),   γ = 0 where the task ended              eq. 2 of the paper
    ///     double: yᵢ = rᵢ + γ Q(oᵢ₊₁, argmax_a Q(oᵢ₊₁, a; θ); θ′)                      van Hasselt et al. 2016, eq. 4
    mutating func writeTargets(_ model: borrowing QNetwork, _ settings: DQNParameters) {
      let (count, n) = (rows.count, model.choiceCount)
      targetNetwork.setInputs(batch.nextObservations, rows: count)
      targetNetwork.forward(rows: count, parameters: model.target)
      model.writeValues(targetNetwork.outputs, rows: count, into: &targetValues)
      if settings.usesDoubleTargets {
        network.setInputs(batch.nextObservations, rows: count)
        network.forward(rows: count, parameters: model.parameters)
        model.writeValues(network.outputs, rows: count, into: &values)
      }
      for i in 0..<count {
        let best = settings.usesDoubleTargets ? values.best(of: n, row: i) : targetValues.best(of: n, row: i)
        bootstraps[i] = targetValues[i * n + best]
      }
      batch.complete(with: bootstraps)
    }

    /// The loss and its gradients.
    ///
    ///     L = 1/N Σᵢ wᵢ ℓ(yᵢ − Q(oᵢ, aᵢ; θ))
    ///     ℓ(δ) = ½ δ² for |δ| ≤ 1, |δ| − ½ beyond;   or δ², as in 2013
    mutating func writeGradients(_ model: borrowing QNetwork, _ settings: DQNParameters, batchSize: Int) {
      let (count, n) = (rows.count, model.choiceCount)
      network.setInputs(batch.observations, rows: count)
      network.forward(rows: count, parameters: model.parameters)
      model.writeValues(network.outputs, rows: count, into: &values)
      (loss, valueSum, targetSum) = (0, 0, 0)
      for i in 0..<count {
        let choice = Int(batch.actions[i])
        let (value, target, weight) = (values[i * n + choice], batch.targets[i], batch.weight(i))
        let error = value - target
        batch.note(error: error, row: i)
        let (part, slope): (Float, Float)
        switch settings.loss {
        case .squared: (part, slope) = (error * error, 2 * error)
        case .huber where abs(error) > 1: (part, slope) = (abs(error) - 0.5, error > 0 ? 1 : -1)
        case .huber: (part, slope) = (error * error / 2, error)
        }
        loss += Double(weight * part) / Double(batchSize)
        valueSum += Double(value)
        targetSum += Double(target)
        model.writeGradients(
          weight * slope / Float(batchSize), choice: choice, row: i, into: &network.outputGradients)
      }
      network.backward(rows: count, parameters: model.parameters, into: &gradients)
    }
  }
}

extension AlignedVector<Float> {
  /// The column of the largest number of a row, of equal ones the first.
  fileprivate func best(of columns: Int, row: Int) -> Int {
    let (numbers, first) = (span, row * columns)
    var best = 0
    for k in 1..<Swift.max(1, columns) where numbers[first + k] > numbers[first + best] { best = k }
    return best
  }
}

/// The metrics of one update of DQN.
public struct DQNMetrics: LearningMetrics {
  /// The loss of the batch.
  public var loss = 0.0
  /// Mean Q(o, a) of the batch. Healthy: near the discounted return that is reached; far above it, the values diverge.
  public var value = 0.0
  /// Mean target y of the batch.
  public var target = 0.0
  /// Euclidean norm of the gradients before clipping.
  public var gradientNorm = 0.0
  /// Whether the update was refused, because something was not finite; then its numbers are 0.
  public var isRefused = false
  /// Metrics that are all zero.
  public init() {}

  public static var averaged: [WritableKeyPath<Self, Double>] { [\.loss, \.value, \.target, \.gradientNorm] }

  public static func columns(of means: Self?) -> [(name: String, value: Double?)] {
    [
      ("loss", means?.loss), ("value", means?.value), ("target", means?.target),
      ("gradient_norm", means?.gradientNorm),
    ]
  }
}

// MARK: - Acting

/// Chooses the actions of one block of worlds: with probability ε any choice, otherwise the one of the largest value.
public struct EpsilonGreedyActor: BlockActor {
  private let settings: DQNParameters
  private var workspace: MLPWorkspace<Float>
  /// Q, [worlds, choices].
  private var values: AlignedVector<Float>
  /// The random streams of the block's worlds; part of a checkpoint.
  public var exploration: WorldStreams

  init(_ model: QNetwork, _ settings: DQNParameters, streams: WorldStreams, instructionSet: InstructionSet) {
    self.settings = settings
    workspace = MLPWorkspace(
      model.network, rowCapacity: streams.random.count, instructionSet: instructionSet, isForTraining: false)
    values = AlignedVector(zeros: streams.random.count * model.choiceCount)
    exploration = streams
  }

  public func accepts(_ exploration: WorldStreams) -> Bool { self.exploration.accepts(exploration) }

  public mutating func act(
    _ observations: [Float], _ model: QNetwork, environmentSteps: Int, into actions: inout [Float]
  ) -> Int {
    let ε = settings.explorationRate(after: environmentSteps)
    if ε < 1 {
      workspace.setInputs(observations.span, model.normalizer)
      workspace.forward(rows: actions.count, parameters: model.parameters)
      model.writeValues(workspace.outputs, rows: actions.count, into: &values)
    }
    for w in actions.indices {
      let isExploring = exploration.random[w].uniform() < ε
      let choice =
        isExploring
        ? exploration.random[w].index(below: model.choiceCount) : values.best(of: model.choiceCount, row: w)
      actions[w] = Float(choice)
    }
    return 0
  }

  public mutating func endEpisode(world: Int) {}
}

extension DQNParameters {
  /// ε after a number of control steps of all worlds: 1 in the warm-up.
  func explorationRate(after environmentSteps: Int) -> Double {
    environmentSteps < common.warmupSteps ? 1 : exploration.epsilon(at: environmentSteps)
  }
}

extension DQN {
  public func makeActor(worlds: Range<Int>) -> EpsilonGreedyActor {
    EpsilonGreedyActor(
      model, settings, streams: WorldStreams(worlds: worlds, seed: seed), instructionSet: instructionSet)
  }

  public func explorationColumns(after environmentSteps: Int) -> [(name: String, value: Double?)] {
    [("exploration_epsilon", settings.explorationRate(after: environmentSteps))]
  }
}

// MARK: - The algorithm

extension DQN: Algorithm {
  public static let name = "dqn"
  public static let title = "Deep Q-network"
  public static let paper = "Mnih et al. 2015"
  public static let family = LearnerFamily<DQNParameters>.offPolicy { DQN($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.discrete]

  public static func memoryNeed(of parameters: DQNParameters, observations: Space, actions: Space) -> MemoryNeed {
    var need = parameters.common.memoryNeed(observations: observations, actions: actions)
    need.addNetwork(
      "hiddenSizes", from: observations.count, through: parameters.hiddenSizes, to: actions.choices?.count ?? 1,
      shards: parameters.common.shards, rows: parameters.common.batchSize)
    return need
  }

  public static func stepSizes(of parameters: DQNParameters) -> String {
    "learningRate is \(parameters.learningRate)"
  }
}
