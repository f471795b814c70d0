import PoiseCore
import PoiseNetworks

/// The transitions of one part of a batch, as a critic learns from them: (oᵢ, aᵢ, rᵢ, oᵢ₊₁), their targets and their errors.
struct TransitionRows: Sendable {
  /// The number of rows in use.
  private(set) var count = 0
  /// oᵢ, and the observations whose target value completes the return, normalised, [rows, observations].
  private(set) var observations, nextObservations: AlignedVector<Float>
  /// aᵢ, [rows, actions].
  private(set) var actions: AlignedVector<Float>
  /// Indices of the next observations in the replay buffer, [rows].
  private var nextIndices: [Int]
  /// The (discounted) sum of rewards until then, and the factor on the value that completes it, [rows].
  private(set) var rewards, discounts: AlignedVector<Float>
  /// wᵢ: the importance weights of prioritised draws, [rows]; empty where all are drawn alike.
  private(set) var weights: AlignedVector<Float>
  /// yᵢ, [rows].
  var targets: AlignedVector<Float>
  /// |δᵢ|, the largest of the critics' errors, [rows]; empty where nobody asks.
  private(set) var errors: AlignedVector<Float>

  /// - Parameters:
  ///   - rows: the largest number of rows.
  ///   - observations: floats of an observation.
  ///   - actions: floats of an action.
  ///   - isWeighted: whether draws are prioritised.
  init(rows: Int, observations: Int, actions: Int, isWeighted: Bool) {
    self.observations = AlignedVector(zeros: rows * observations)
    nextObservations = AlignedVector(zeros: rows * observations)
    self.actions = AlignedVector(zeros: rows * actions)
    nextIndices = Array(repeating: 0, count: rows)
    (rewards, discounts, targets) = (
      AlignedVector(zeros: rows), AlignedVector(zeros: rows), AlignedVector(zeros: rows)
    )
    weights = AlignedVector(zeros: isWeighted ? rows : 0)
    errors = weights
  }

  /// Fetches transitions.
  ///
  /// - Parameters:
  ///   - buffer: the replay buffer.
  ///   - rows: those of the batch.
  ///   - indices: all transitions of the batch.
  ///   - importances: wᵢ of the batch; empty where all are drawn alike.
  ///   - normalizer: of the observations.
  ///   - settings: n, γ and the factor on rewards.
  mutating func load(
    _ buffer: borrowing ReplayBuffer, rows: Range<Int>, of indices: [Int], weights importances: AlignedVector<Float>,
    _ normalizer: RunningNormalizer?, _ settings: OffPolicySettings
  ) {
    count = rows.count
    let indices = indices[rows]
    buffer.gatherObservations(indices, normalizer, into: &observations)
    buffer.gatherActions(indices, into: &actions)
    let (scale, γ) = (Float(settings.rewardScale), Float(settings.discountFactor))
    for (i, index) in indices.enumerated() {
      let outcome = buffer.outcome(of: index, steps: settings.returnSteps, discountFactor: γ)
      rewards[i] = scale * outcome.rewards
      discounts[i] = outcome.discount
      nextIndices[i] = outcome.index
    }
    buffer.gatherObservations(nextIndices[..<rows.count], normalizer, into: &nextObservations)
    guard weights.count > 0 else { return }
    for (i, row) in rows.enumerated() { (weights[i], errors[i]) = (importances[row], 0) }
  }

  /// Writes yᵢ = rᵢ + γᵐ vᵢ from the values that complete the returns.
  mutating func complete(with values: borrowing AlignedVector<Float>) {
    for i in 0..<count { targets[i] = rewards[i] + discounts[i] * values[i] }
  }

  /// The weight of a row in the loss.
  func weight(_ row: Int) -> Float { weights.count > 0 ? weights[row] : 1 }

  /// Notes the error of one critic in a row.
  mutating func note(error: Float, row: Int) {
    if errors.count > 0 { errors[row] = max(errors[row], abs(error)) }
  }

  /// The first quantity that is not finite, in the order in which they are computed: why an update was refused.
  func diagnosis(observationCount: Int) -> (quantity: String, reason: String)? {
    if let i = LearnerHealth.firstNotFinite(rewards, below: count) {
      return ("the rewards in the replay buffer", "the sum from one transition on is \(rewards[i])")
    }
    if let i = LearnerHealth.firstNotFinite(observations, below: count * observationCount) {
      return (
        "the observations in the replay buffer", "element \(i % observationCount) of one is \(observations[i])"
      )
    }
    if let i = LearnerHealth.firstNotFinite(targets, below: count) {
      return ("the critic's targets", "one of the batch is \(targets[i])")
    }
    return nil
  }
}

extension MLPWorkspace<Float> {
  /// Writes the gradients of a critic's loss for the rows whose values are the outputs, and notes their errors.
  ///
  ///     L = 1/N Σᵢ wᵢ (yᵢ − Q(oᵢ, aᵢ))²
  ///
  /// - Returns: these rows' part of the loss.
  mutating func writeCriticGradients(_ rows: inout TransitionRows, batchSize: Int) -> Double {
    guard rows.weights.count > 0 else {
      return writeSquaredErrorGradients(targets: rows.targets, rows: rows.count, dividedBy: batchSize)
    }
    var sum = 0.0
    for i in 0..<rows.count {
      let (error, weight) = (outputs[i] - rows.targets[i], rows.weights[i])
      rows.note(error: error, row: i)
      sum += Double(weight) * Double(error) * Double(error)
      outputGradients[i] = 2 * weight * error / Float(batchSize)
    }
    return sum / Double(batchSize)
  }
}
