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
  /// T: control steps of the rollout.
  public let steps: Int
  let observationCount: Int
  let actionCount: Int
  /// Outputs of the policy's network.
  let outputCount: Int

  /// As the networks took them, [T + 1, worlds, observations]; the last are those after the last step.
  var observations: AlignedVector<Float>
  /// Samples, unclipped and before any squashing: what log-probabilities are computed on. [T, worlds, actions]
  var actions: AlignedVector<Float>
  /// Outputs of the policy's network that acted: the parameters of the distribution, [T, worlds, outputs].
  var outputs: AlignedVector<Float>
  /// log π(aₜ|oₜ) of the policy that acted, [T, worlds].
  var logProbabilities: AlignedVector<Float>
  /// The rewards as the environments gave them, [T, worlds].
  public private(set) var rewards: [Float]
  /// How each episode stood after each step, [T, worlds].
  public private(set) var endings: [EpisodeEnding]
  /// V(oₜ), [T + 1, worlds].
  var values: AlignedVector<Float>
  /// [T, worlds]
  var advantages: [Float]
  /// Statistics of the raw observations of this rollout alone.
  public private(set) var statistics: RunningNormalizer

  /// Where a time limit cut an episode: its row, and that episode's last observation, normalised.
  private var cutRows: [Int] = []
  private var cutObservations: AlignedVector<Float>
  private var cutValues: AlignedVector<Float>

  private var step = 0
  private var actorWorkspace: MLPWorkspace<Float>
  private var criticWorkspace: MLPWorkspace<Float>
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
  ///   - model: gives the sizes of observations, actions and networks.
  ///   - worlds: worlds of the block.
  ///   - steps: T: control steps of the rollout.
  ///   - instructionSet: the kernels that the networks run on.
  public init(_ model: ActorCritic, worlds: Int, steps: Int, instructionSet: InstructionSet) {
    self.worlds = worlds
    self.steps = steps
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
    advantages = Array(repeating: 0, count: rows)
    statistics = RunningNormalizer(elementCount: observationCount)
    cutRows.reserveCapacity(rows)
    cutObservations = AlignedVector(zeros: rows * observationCount)
    cutValues = AlignedVector(zeros: rows)
    actorWorkspace = MLPWorkspace(
      model.actor.network, rowCapacity: worlds, instructionSet: instructionSet, isForTraining: false)
    criticWorkspace = MLPWorkspace(
      model.critic, rowCapacity: Self.valueRows, instructionSet: instructionSet, isForTraining: false)
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
    if model.normalizer != nil { statistics.observe(raw.span) }
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
      guard newEndings[w] == .truncated else { continue }
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
    precondition(step == steps, "\(step) of \(steps) steps were recorded")
    keepObservations(raw.span, model, step: steps)
    model.actor.writeLogProbabilities(
      rows: worlds * steps, of: actions, outputs: outputs, parameters: model.parameters, into: &logProbabilities)
    Self.evaluate(observations, rows: worlds * (steps + 1), model, &criticWorkspace, into: &values)
    Self.evaluate(cutObservations, rows: cutRows.count, model, &criticWorkspace, into: &cutValues)
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

  /// Computes the advantages of all worlds; see `GeneralizedAdvantage`.
  ///
  /// - Parameters:
  ///   - discountFactor: γ per control step.
  ///   - lambda: λ.
  ///   - rewardScale: rewards are multiplied by this first.
  public mutating func estimateAdvantages(discountFactor: Double, lambda: Double, rewardScale: Float) {
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
      for t in 0..<steps { advantages[t * worlds + w] = column.advantages[t] }
    }
  }
}
