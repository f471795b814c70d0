public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// The transitions of one block of worlds in one rollout, with their values and advantages.
///
/// Filled by one thread: `begin`, then for each control step `act` and `record`, then `finish`. Rows are time-major: row t W + w is
/// world w at step t. Nothing is allocated after `init`.
public struct RolloutSegment: Sendable {
  /// Worlds of the block.
  public let worlds: Int
  /// T: control steps of the rollout; an upper limit where each world plays a single episode.
  public let steps: Int
  /// Whether a world is not stepped further once its episode is over.
  public let isEpisodic: Bool
  /// Floats of an observation.
  public let observationCount: Int
  /// Floats of an action.
  public let actionCount: Int
  /// Outputs of the policy's network.
  public let outputCount: Int

  /// As the networks took them, [T + 1, worlds, observations]; the last step's are those after the cut.
  public internal(set) var observations: AlignedVector<Float>
  /// Samples, unclipped and before any squashing: what log-probabilities are computed on. [T, worlds, actions]
  public internal(set) var actions: AlignedVector<Float>
  /// Outputs of the policy's network that acted: the parameters of the distribution, [T, worlds, outputs].
  public internal(set) var outputs: AlignedVector<Float>
  /// log π(aₜ|oₜ) of the policy that acted, [T, worlds].
  public internal(set) var logProbabilities: AlignedVector<Float>
  /// As the environments gave them, [T, worlds].
  public private(set) var rewards: [Float]
  /// How each step ended, [T, worlds]; a learner leaves out the steps that ended in a fault.
  public private(set) var endings: [EpisodeEnding]
  /// Whether a learner uses a step: not a faulted one, and none after the end of a single episode. [T, worlds]
  public private(set) var isUsed: [Bool]
  /// V(oₜ), [T + 1, worlds]; 0 without a value function.
  public internal(set) var values: AlignedVector<Float>
  /// Âₜ, once `estimateAdvantages` has written them, and the regression targets of V(oₜ), [T, worlds].
  public internal(set) var advantages, targets: [Float]
  /// Statistics of the raw observations of this rollout alone.
  public private(set) var statistics: RunningNormalizer

  /// Where a time limit cut an episode: its row, and that episode's last observation, normalised.
  private var cutRows: [Int] = []
  private var cutObservations: AlignedVector<Float>
  private var cutValues: AlignedVector<Float>

  /// Control steps recorded so far.
  public private(set) var step = 0
  /// Worlds whose episode is over.
  private var isOver: [Bool]
  private var actorWorkspace: MLPWorkspace<Float>
  private var criticWorkspace: MLPWorkspace<Float>?
  /// Of one step: random numbers [worlds, noise], samples [worlds, actions].
  private var noise, samples: AlignedVector<Float>
  private var column: Column

  /// One world's numbers, contiguous in time for the computation of its advantages, [T].
  private struct Column: Sendable {
    var rewards, values, nextValues, advantages: [Float]
    var endings: [EpisodeEnding]
  }

  /// Rows of one batched inference of the critic.
  private static let valueRows = 256

  /// Allocates the memory of a rollout.
  ///
  /// - Parameters:
  ///   - model: the networks whose observations, actions and outputs are stored.
  ///   - worlds: environments of the block.
  ///   - steps: T.
  ///   - isEpisodic: as the property.
  ///   - instructionSet: the kernels that the networks run on.
  public init(
    _ model: ActorCritic, worlds: Int, steps: Int, isEpisodic: Bool = false, instructionSet: InstructionSet
  ) {
    self.worlds = worlds
    self.steps = steps
    self.isEpisodic = isEpisodic
    observationCount = model.observationCount
    actionCount = model.actionCount
    outputCount = model.actor.outputCount
    let rows = worlds * steps
    observations = AlignedVector(zeros: (rows + worlds) * observationCount)
    actions = AlignedVector(zeros: rows * actionCount)
    outputs = AlignedVector(zeros: rows * outputCount)
    logProbabilities = AlignedVector(zeros: rows)
    rewards = Array(repeating: 0, count: rows)
    endings = Array(repeating: .running, count: rows)
    values = AlignedVector(zeros: rows + worlds)
    isUsed = Array(repeating: true, count: rows)
    isOver = Array(repeating: false, count: worlds)
    advantages = Array(repeating: 0, count: rows)
    targets = advantages
    statistics = RunningNormalizer(elementCount: observationCount)
    cutRows.reserveCapacity(rows)
    cutObservations = AlignedVector(zeros: rows * observationCount)
    cutValues = AlignedVector(zeros: rows)
    actorWorkspace = MLPWorkspace(
      model.actor.network, rowCapacity: worlds, instructionSet: instructionSet, isForTraining: false)
    criticWorkspace = model.critic.map {
      MLPWorkspace($0, rowCapacity: Self.valueRows, instructionSet: instructionSet, isForTraining: false)
    }
    noise = AlignedVector(zeros: worlds * model.actor.distribution.noiseCount(outputs: outputCount))
    samples = AlignedVector(zeros: worlds * actionCount)
    let zeros = [Float](repeating: 0, count: steps)
    column = Column(
      rewards: zeros, values: zeros, nextValues: zeros, advantages: zeros,
      endings: Array(repeating: .running, count: steps))
  }

  // MARK: Recording

  /// Starts a rollout: discards the one before.
  public mutating func begin() {
    step = 0
    for w in isOver.indices { isOver[w] = false }
    statistics.reset()
    cutRows.removeAll(keepingCapacity: true)
  }

  /// Samples the actions of all worlds in one batched inference.
  ///
  /// - Parameters:
  ///   - raw: observations as the environments gave them, [worlds, observations].
  ///   - model: the policy that acts.
  ///   - random: one stream for each world.
  ///   - output: actions as they are to be applied, unclipped, [worlds, actions].
  public mutating func act(
    _ raw: [Float], _ model: borrowing ActorCritic, random: inout [RandomStream], into output: inout [Float]
  ) {
    precondition(step < steps, "a rollout of \(steps) steps is full")
    if model.normalizer != nil { takeStatistics(raw) }
    keepObservations(raw.span, model, step: step)
    actorWorkspace.setInputs(observations, firstRow: step * worlds, rows: worlds)
    actorWorkspace.forward(rows: worlds, parameters: model.parameters)
    let policy = model.actor
    policy.distribution.fillNoise(outputs: outputCount, using: &random, into: &noise)
    policy.writeSamples(
      rows: worlds, outputs: actorWorkspace.outputs, parameters: model.parameters, noise: noise, into: &samples)
    outputs.copyElements(
      0..<worlds * outputCount, of: actorWorkspace.outputs, to: step * worlds * outputCount)
    actions.copyElements(0..<worlds * actionCount, of: samples, to: step * worlds * actionCount)
    let isSquashed = policy.distribution == .squashedGaussian
    for k in 0..<worlds * actionCount {
      output[k] = isSquashed ? Float.hyperbolicTangent(samples[k]) : samples[k]
    }
  }

  private mutating func takeStatistics(_ raw: [Float]) {
    guard isEpisodic else { return statistics.observe(raw) }
    for w in 0..<worlds where !isOver[w] {
      statistics.observe(raw.span.extracting(w * observationCount..<(w + 1) * observationCount))
    }
  }

  /// Records the results of the actions.
  ///
  /// - Parameters:
  ///   - new: rewards, [worlds].
  ///   - newEndings: how the episodes stood after the step, [worlds].
  ///   - finals: last observations of the episodes that ended, in their rows, [worlds, observations].
  ///   - model: the policy that acted; its normaliser is used.
  public mutating func record(
    rewards new: [Float], endings newEndings: [EpisodeEnding], finalObservations finals: [Float],
    _ model: borrowing ActorCritic
  ) {
    for w in 0..<worlds {
      let row = step * worlds + w
      rewards[row] = new[w]
      endings[row] = newEndings[w]
      isUsed[row] = !isOver[w] && newEndings[w] != .fault
      if isEpisodic, newEndings[w].isOver { isOver[w] = true }
      guard newEndings[w] == .truncated, model.critic != nil else { continue }
      let n = observationCount
      var target = cutObservations.mutableSpan(of: cutRows.count * n..<(cutRows.count + 1) * n)
      model.normalizer.normalize(finals.span.extracting(w * n..<(w + 1) * n), into: &target)
      cutRows.append(row)
    }
    step += 1
  }

  private mutating func keepObservations(_ raw: Span<Float>, _ model: borrowing ActorCritic, step: Int) {
    let count = worlds * observationCount
    var target = observations.mutableSpan(of: step * count..<(step + 1) * count)
    model.normalizer.normalize(raw, into: &target)
  }

  // MARK: Finishing

  /// Ends the rollout: computes log-probabilities of the actions and values of the observations.
  ///
  /// - Parameters:
  ///   - raw: the observations after the last step, [worlds, observations].
  ///   - model: the policy that acted and its value function.
  public mutating func finish(_ raw: [Float], _ model: borrowing ActorCritic) {
    precondition(step == steps || isEpisodic, "\(step) of \(steps) steps were recorded")
    keepObservations(raw.span, model, step: step)
    model.actor.writeLogProbabilities(
      rows: worlds * step, of: actions, outputs: outputs, parameters: model.parameters, into: &logProbabilities)
    // Taken out and put back, so that it and what it writes to are not parts of one value.
    guard var workspace = criticWorkspace.take() else { return }
    Self.evaluate(observations, rows: worlds * (step + 1), model, &workspace, into: &values)
    Self.evaluate(cutObservations, rows: cutRows.count, model, &workspace, into: &cutValues)
    criticWorkspace = workspace
  }

  private static func evaluate(
    _ observations: borrowing AlignedVector<Float>, rows: Int, _ model: borrowing ActorCritic,
    _ workspace: inout MLPWorkspace<Float>, into values: inout AlignedVector<Float>
  ) {
    for first in stride(from: 0, to: rows, by: valueRows) {
      let count = min(valueRows, rows - first)
      workspace.setInputs(observations, firstRow: first, rows: count)
      workspace.forward(rows: count, parameters: model.parameters)
      for i in 0..<count { values[first + i] = workspace.outputs[i] }
    }
  }

  /// Excludes every step of a world, because the return of its episode is not known.
  mutating func leaveOut(world w: Int) {
    for t in 0..<step { isUsed[t * worlds + w] = false }
  }

  /// The number of steps that a learner uses.
  public var usedSteps: Int { isUsed[..<(step * worlds)].count { $0 } }

  /// Control steps of a world in this rollout; its last one may be a fault.
  func length(ofWorld w: Int) -> Int {
    guard isEpisodic else { return step }
    for t in 0..<step where endings[t * worlds + w].isOver { return t + 1 }
    return step
  }

  /// Control steps of all worlds in this rollout.
  public var livedSteps: Int { (0..<worlds).reduce(0) { $0 + length(ofWorld: $1) } }

  /// Writes the advantages of all worlds; see `GeneralizedAdvantage`.
  ///
  /// - Parameters:
  ///   - discountFactor: γ per control step.
  ///   - lambda: λ.
  ///   - rewardScale: rewards are multiplied by this first.
  public mutating func estimateAdvantages(discountFactor: Double, lambda: Double, rewardScale: Float) {
    precondition(!isEpisodic, "rollouts of episodes, whose worlds stand still")
    for w in 0..<worlds {
      for t in 0..<steps {
        column.rewards[t] = rewards[t * worlds + w] * rewardScale
        column.values[t] = values[t * worlds + w]
        column.nextValues[t] = values[(t + 1) * worlds + w]
        column.endings[t] = endings[t * worlds + w]
      }
      for (k, row) in cutRows.enumerated() where row % worlds == w { column.nextValues[row / worlds] = cutValues[k] }
      GeneralizedAdvantage.write(
        rewards: column.rewards, values: column.values, nextValues: column.nextValues, endings: column.endings,
        discountFactor: discountFactor, lambda: lambda, into: &column.advantages)
      for t in 0..<steps {
        let row = t * worlds + w
        advantages[row] = column.advantages[t]
        targets[row] = advantages[row] + values[row]
      }
    }
  }

  /// Writes Rₜ of all worlds to `targets`; see `RewardsToGo`.
  ///
  /// - Parameters:
  ///   - discountFactor: γ, in (0, 1].
  ///   - rewardScale: rewards are multiplied by this first.
  public mutating func sumRewards(discountFactor: Double, rewardScale: Float) {
    for w in 0..<worlds {
      for t in 0..<steps {
        // Elements beyond the last step belong to older rollouts.
        column.rewards[t] = t < step ? rewards[t * worlds + w] * rewardScale : 0
        column.endings[t] = t < step ? endings[t * worlds + w] : .truncated
      }
      RewardsToGo.write(
        rewards: column.rewards, endings: column.endings, discountFactor: discountFactor, into: &column.advantages)
      for t in 0..<step { targets[t * worlds + w] = column.advantages[t] }
    }
  }
}
