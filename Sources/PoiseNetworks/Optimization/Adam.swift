/// Adam over a flat parameter vector, with a guard: what is not finite is never applied.
///
///     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
///     θ ← θ (1 − α λ) − α (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// Source: Kingma and Ba 2015, algorithm 1; decoupled weight decay λ: Loshchilov and Hutter 2019, algorithm 2.
/// Deviation: numbers below the smallest normal one count as zero (as in PyTorch, ε is added after the root is corrected).
///
/// RMSProp is the same without momentum and without the corrections: `Settings.rmsProp`.
public struct Adam<Scalar: NetworkScalar>: Sendable {
  /// Gradients beyond this Euclidean norm are refused: their squares would keep the parameters from moving for tens of thousands of
  /// updates.
  public static var largestNorm: Double { 1e10 }

  /// The settings that a scenario may hold.
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

    public init(firstDecay: Double = 0.9, secondDecay: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0)
    {
      self.firstDecay = firstDecay
      self.secondDecay = secondDecay
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  public var settings: Settings
  /// m, shape of the parameters; part of a checkpoint.
  public var firstMoments: AlignedVector<Scalar>
  /// v, shape of the parameters; part of a checkpoint.
  public var secondMoments: AlignedVector<Scalar>
  /// t: updates that were applied; part of a checkpoint.
  public var appliedUpdates: Int
  /// Updates that were refused because something was not finite; part of a checkpoint.
  public var skippedUpdates: Int
  public let instructionSet: InstructionSet

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

  /// One step down the gradient, or none at all if the loss or a gradient is not finite, or their norm beyond `largestNorm`.
  ///
  /// - Parameters:
  ///   - parameters, gradients: of `parameterCount` elements.
  ///   - loss: checked only; leave it out where there is none.
  ///   - maximumNorm: gradients are scaled down to this Euclidean norm if theirs is larger; `nil` never.
  public mutating func update(
    _ parameters: inout AlignedVector<Scalar>, gradients: borrowing AlignedVector<Scalar>, learningRate: Double,
    loss: Double = 0, maximumNorm: Double? = nil
  ) -> UpdateOutcome {
    checkCount(parameters.count)
    return update(parameters.mutableStart(), gradients, learningRate, loss, maximumNorm, nil, 0)
  }

  /// As `update`, and in the same pass the target copy follows: target += τ (new parameters − target).
  ///
  /// - Parameter targetUpdateRate: τ in [0, 1]. A refused update leaves the target alone too.
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

/// What came of one update.
public enum UpdateOutcome: Hashable, Sendable {
  /// Applied; the gradients' Euclidean norm before clipping.
  case applied(gradientNorm: Double)
  /// Not applied: parameters and moments are as before.
  case skipped(SkippedUpdate)

  public var isApplied: Bool {
    if case .applied = self { true } else { false }
  }
}

/// Why an update was refused.
public struct SkippedUpdate: Hashable, Sendable, CustomStringConvertible {
  public let loss: Double
  /// Of the gradients, Euclidean.
  public let norm: Double
  /// Gradient elements that are NaN or infinite.
  public let nonFiniteGradients: Int
  /// The first of them.
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

  /// As a part of a sentence.
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
