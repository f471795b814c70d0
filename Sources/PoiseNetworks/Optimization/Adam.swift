/// The optimiser Adam for a flat parameter vector. It refuses losses and gradients that are not finite.
///
///     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
///     θ ← θ (1 − α λ) − α (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// Source: Kingma and Ba 2015, algorithm 1; decoupled weight decay λ: Loshchilov and Hutter 2019, algorithm 2.
/// Deviation: numbers below the smallest normal one count as zero (as in PyTorch, ε is added after the root is corrected).
///
/// RMSProp is the same without momentum and without the corrections: `Settings.rmsProp`.
public struct Adam<Scalar: NetworkScalar>: Sendable {
  /// The largest Euclidean norm of gradients; larger ones are refused, because their squares in v would nearly stop the
  /// parameters for tens of thousands of updates.
  public static var largestNorm: Double { 1e10 }

  /// The settings of Adam, without the learning rate.
  public struct Settings: Codable, Hashable, Sendable {
    /// β₁, in [0, 1).
    public var firstDecay = 0.9
    /// β₂, in [0, 1).
    public var secondDecay = 0.999
    /// ε, above 0.
    public var epsilon = 1e-8
    /// λ, 0 or above.
    public var weightDecay = 0.0
    /// Whether the moments are divided by 1 − βᵗ, as they start from 0.
    public var correctsBias = true

    /// RMSProp: v ← α v + (1 − α) g², θ ← θ − η g / (√v + ε), v from 0.
    ///
    /// Source: Tieleman and Hinton 2012, lecture 6.5; with shared v Mnih et al. 2016, section 4, who add ε inside of the root.
    public static func rmsProp(decay: Double = 0.99, epsilon: Double = 1e-5) -> Self {
      var settings = Self(firstDecay: 0, secondDecay: decay, epsilon: epsilon)
      settings.correctsBias = false
      return settings
    }

    /// Makes settings; parameters are as the properties.
    public init(firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0)
    {
      self.firstDecay = firstDecay
      self.secondDecay = secondDecay
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  /// The settings.
  public var settings: Settings
  /// m, [parameters]; part of a checkpoint.
  public var firstMoments: AlignedVector<Scalar>
  /// v, [parameters]; part of a checkpoint.
  public var secondMoments: AlignedVector<Scalar>
  /// t: the number of applied updates; part of a checkpoint.
  public var appliedUpdates: Int
  /// The number of refused updates; part of a checkpoint.
  public var skippedUpdates: Int
  /// The kernels that compute updates.
  public let instructionSet: InstructionSet

  /// Makes an optimiser with zero moments.
  ///
  /// - Parameters:
  ///   - parameterCount: the number of parameters.
  ///   - settings: decays in [0, 1), ε above 0, weight decay not negative.
  ///   - instructionSet: the kernels that compute updates.
  public init(parameterCount: Int, settings: Settings = Settings(), instructionSet: InstructionSet) {
    precondition(
      (0..<1).contains(settings.firstDecay) && (0..<1).contains(settings.secondDecay) && settings.epsilon > 0
        && settings.weightDecay >= 0,
      "Adam's decays lie in [0, 1), epsilon above 0, weight decay not below 0: \(settings)")
    precondition(instructionSet.isSupported, "this processor cannot run \(instructionSet)")
    self.settings = settings
    self.instructionSet = instructionSet
    firstMoments = AlignedVector(zeros: parameterCount)
    secondMoments = AlignedVector(zeros: parameterCount)
    appliedUpdates = 0
    skippedUpdates = 0
  }

  /// Makes one step, unless the loss or a gradient is not finite, or the norm of the gradients is above `largestNorm`.
  ///
  /// - Parameters:
  ///   - parameters: θ, [parameters].
  ///   - gradients: g, [parameters].
  ///   - learningRate: α, finite and not negative.
  ///   - loss: only checked for being finite; 0 if there is none.
  ///   - maximumNorm: the Euclidean norm to which larger gradients are scaled down; `nil` for no clipping.
  /// - Returns: whether the update was applied.
  public mutating func update(
    _ parameters: inout AlignedVector<Scalar>, gradients: borrowing AlignedVector<Scalar>, learningRate: Double,
    loss: Double = 0, maximumNorm: Double? = nil
  ) -> UpdateOutcome {
    checkCount(parameters.count)
    return update(parameters.mutableStart(), gradients, learningRate, loss, maximumNorm, nil, 0)
  }

  /// Makes one step as `update`, and in the same pass updates a target network: target += τ (new parameters − target).
  ///
  /// - Parameters:
  ///   - parameters: θ, [parameters].
  ///   - gradients: g, [parameters].
  ///   - learningRate: α, finite and not negative.
  ///   - loss: only checked for being finite; 0 if there is none.
  ///   - maximumNorm: the Euclidean norm to which larger gradients are scaled down; `nil` for no clipping.
  ///   - target: the parameters of the target network, [parameters]; a refused update does not change them.
  ///   - targetUpdateRate: τ in [0, 1].
  /// - Returns: whether the update was applied.
  public mutating func update(
    _ parameters: inout AlignedVector<Scalar>, gradients: borrowing AlignedVector<Scalar>, learningRate: Double,
    loss: Double = 0, maximumNorm: Double? = nil, target: inout AlignedVector<Scalar>, targetUpdateRate: Double
  ) -> UpdateOutcome {
    checkCount(parameters.count)
    checkCount(target.count)
    precondition((0...1).contains(targetUpdateRate), "the target update rate lies in [0, 1], got \(targetUpdateRate)")
    return update(
      parameters.mutableStart(), gradients, learningRate, loss, maximumNorm, target.mutableStart(), targetUpdateRate)
  }

  @specialized(where Scalar == Float)
  private mutating func update(
    _ parameters: UnsafeMutablePointer<Scalar>, _ gradients: borrowing AlignedVector<Scalar>, _ learningRate: Double,
    _ loss: Double, _ maximumNorm: Double?, _ target: UnsafeMutablePointer<Scalar>?, _ targetUpdateRate: Double
  ) -> UpdateOutcome {
    checkCount(gradients.count)
    precondition(learningRate.isFinite && learningRate >= 0, "learning rate \(learningRate)")
    let norm = gradients.euclideanNorm(instructionSet: instructionSet)
    guard loss.isFinite, norm <= Self.largestNorm else {
      skippedUpdates += 1
      return .skipped(SkippedUpdate(loss: loss, norm: norm, gradients: gradients))
    }
    appliedUpdates += 1
    let scale = maximumNorm.map { norm > $0 ? $0 / norm : 1 } ?? 1
    let t = Double(appliedUpdates)
    Scalar.kernelTable.adam(
      instructionSet.kernels, firstMoments.count, parameters, gradients.start, firstMoments.mutableStart(),
      secondMoments.mutableStart(), Scalar(learningRate), Scalar(settings.firstDecay), Scalar(settings.secondDecay),
      Scalar(settings.epsilon), correction(settings.firstDecay, t), correction(settings.secondDecay, t),
      Scalar(settings.weightDecay), Scalar(scale), target, Scalar(targetUpdateRate))
    return .applied(gradientNorm: norm)
  }

  /// 1 − βᵗ, or 1 where nothing is corrected.
  private func correction(_ decay: Double, _ t: Double) -> Scalar {
    guard settings.correctsBias, decay > 0 else { return 1 }
    return Scalar(1 - Double.exponential(t * Double.logarithm(decay)))
  }

  private func checkCount(_ count: Int) {
    precondition(count == firstMoments.count, "a vector of \(count) elements for an optimizer of \(firstMoments.count)")
  }
}

/// The outcome of an update.
public enum UpdateOutcome: Hashable, Sendable {
  /// The update was applied; with the Euclidean norm of the gradients before clipping.
  case applied(gradientNorm: Double)
  /// The update was refused: parameters and moments are unchanged.
  case skipped(SkippedUpdate)

  /// Whether the update was applied.
  public var isApplied: Bool {
    if case .applied = self { true } else { false }
  }
}

/// Why an update was refused.
public struct SkippedUpdate: Hashable, Sendable, CustomStringConvertible {
  /// The loss.
  public let loss: Double
  /// The Euclidean norm of the gradients.
  public let norm: Double
  /// The number of gradients that are NaN or infinite.
  public let nonFiniteGradients: Int
  /// The index of the first of them; `nil` if there is none.
  public let firstNonFiniteGradient: Int?

  init<Scalar>(loss: Double, norm: Double, gradients: borrowing AlignedVector<Scalar>) {
    self.loss = loss
    self.norm = norm
    var count = 0
    var first: Int?
    let span = gradients.span
    for i in span.indices where !span[i].isFinite {
      count += 1
      if first == nil { first = i }
    }
    nonFiniteGradients = count
    firstNonFiniteGradient = first
  }

  public var description: String { "update skipped: \(reason)" }

  /// The reason as a clause: "the loss is nan".
  public var reason: String {
    var reasons: [String] = []
    if !loss.isFinite { reasons.append("the loss is \(loss)") }
    if let first = firstNonFiniteGradient {
      reasons.append("\(nonFiniteGradients) gradients are not finite, the first at parameter \(first)")
    }
    if reasons.isEmpty { reasons.append("the norm of the gradients is \(norm), beyond \(Adam<Float>.largestNorm)") }
    return reasons.joined(separator: " and ")
  }
}
