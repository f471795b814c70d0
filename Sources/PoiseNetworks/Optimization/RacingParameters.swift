internal import Synchronization

/// Parameters and RMSProp's second moments that several threads read and write at once, without locks: Hogwild.
///
/// Every number is read and written as a whole by relaxed atomics, so no read sees half of one. Nothing orders the numbers among each
/// other: a copy may hold some of before and some of after another thread's step, and of two steps at the same moment one may be lost
/// for some numbers. Asynchronous learning tolerates this, but its results do not repeat to the bit. Sources: Recht, Ré, Wright and Niu
/// 2011, "Hogwild!"; Mnih et al. 2016, "Asynchronous Methods for Deep Reinforcement Learning", section 4.
///
/// Unchecked Sendable: the memory is allocated in `init`, freed in `deinit`, and touched through `Atomic` alone in between.
public final class RacingParameters: @unchecked Sendable {
  /// Parameters, then moments; each [count], the bits of floats.
  private let numbers: UnsafeMutablePointer<Atomic<UInt32>>
  private let count: Int

  /// Starts from the parameters and moments of an optimiser for one thread.
  ///
  /// - Parameters:
  ///   - parameters: [count].
  ///   - moments: RMSProp's v, [count].
  public init(_ parameters: borrowing AlignedVector<Float>, moments: borrowing AlignedVector<Float>) {
    precondition(parameters.count == moments.count, "\(moments.count) moments of \(parameters.count) parameters")
    count = parameters.count
    numbers = .allocate(capacity: 2 * count)
    for i in 0..<count {
      (numbers + i).initialize(to: Atomic(parameters[i].bitPattern))
      (numbers + count + i).initialize(to: Atomic(moments[i].bitPattern))
    }
  }

  deinit {
    numbers.deinitialize(count: 2 * count)
    numbers.deallocate()
  }

  /// Copies the present parameters, [count]; other threads may change some during the copy.
  public func copyParameters(into target: inout AlignedVector<Float>) { copy(from: 0, into: &target) }

  /// Copies the present moments, [count]; other threads may change some during the copy.
  public func copyMoments(into target: inout AlignedVector<Float>) { copy(from: count, into: &target) }

  private func copy(from start: Int, into target: inout AlignedVector<Float>) {
    precondition(target.count == count, "\(target.count) elements for \(count)")
    var target = target.mutableSpan
    for i in 0..<count { target[i] = load(start + i) }
  }

  /// One step of RMSProp, as `Adam.Settings.rmsProp` says, on any thread; none at all if the loss or a gradient is not finite.
  ///
  ///     v ← α v + (1 − α) g²        θ ← θ − η g / (√v + ε)
  ///
  /// - Parameters:
  ///   - gradients: [count].
  ///   - learningRate: η.
  ///   - settings: α is `secondDecay`, ε is `epsilon`; `firstDecay` must be 0 and `correctsBias` false.
  ///   - loss: the loss whose gradients these are.
  ///   - maximumNorm: gradients are scaled down to this Euclidean norm if theirs is larger; `nil` for no clipping.
  ///   - instructionSet: the kernels that compute the norm.
  public func update(
    gradients: borrowing AlignedVector<Float>, learningRate: Double, settings: Adam<Float>.Settings, loss: Double,
    maximumNorm: Double?, instructionSet: InstructionSet
  ) -> UpdateOutcome {
    precondition(gradients.count == count, "\(gradients.count) gradients of \(count) parameters")
    precondition(settings.firstDecay == 0 && !settings.correctsBias, "racing parameters know RMSProp alone")
    let norm = gradients.euclideanNorm(instructionSet: instructionSet)
    guard loss.isFinite, norm <= Adam<Float>.largestNorm else {
      return .skipped(SkippedUpdate(loss: loss, norm: norm, gradients: gradients))
    }
    let scale = Float(maximumNorm.map { norm > $0 ? $0 / norm : 1 } ?? 1)
    let (α, η, ε) = (Float(settings.secondDecay), Float(learningRate), Float(settings.epsilon))
    for i in 0..<count {
      let g = gradients[i] * scale
      let v = α * load(count + i) + (1 - α) * g * g
      store(v, at: count + i)
      store(load(i) - η * g / (v.squareRoot() + ε), at: i)
    }
    return .applied(gradientNorm: norm)
  }

  private func load(_ i: Int) -> Float { Float(bitPattern: numbers[i].load(ordering: .relaxed)) }
  private func store(_ value: Float, at i: Int) { numbers[i].store(value.bitPattern, ordering: .relaxed) }
}
