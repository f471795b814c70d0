public import PoiseCore

/// A network for the means and one trainable log σ per action, in one parameter vector. It owns no memory.
public struct GaussianPolicy: Hashable, Sendable {
  /// Observations to means.
  public let network: MLP
  /// Where log σ stands in the parameter vector; shape [actions].
  public let logDeviations: Range<Int>
  /// Floor and ceiling of log σ, kept by `clampDeviations` after each update.
  public let bounds: ClosedRange<Double>
  /// Whether actions are squashed by tanh; see `SquashedGaussian`.
  public let isSquashed: Bool

  /// - Parameters:
  ///   - network: its outputs are the means μ (before squashing).
  ///   - bounds: floor and ceiling of log σ. The default lets σ lie between 0.0025 and 7.4.
  ///   - isSquashed: whether actions are tanh of samples.
  public init(network: MLP, bounds: ClosedRange<Double> = -6...2, isSquashed: Bool = false) {
    self.network = network
    self.bounds = bounds
    self.isSquashed = isSquashed
    logDeviations = network.parameters.upperBound..<network.parameters.upperBound + network.outputCount
  }

  public var actionCount: Int { network.outputCount }

  /// The elements of the parameter vector that belong to this policy; the next network starts at the upper bound.
  public var parameters: Range<Int> {
    network.parameters.lowerBound..<roundedToCacheLine(logDeviations.upperBound)
  }

  /// Draws the network's parameters and sets every log σ.
  public func initialize<Scalar>(
    _ parameters: inout AlignedVector<Scalar>, hidden: Initializer, output: Initializer, logDeviation: Double,
    using random: inout RandomStream
  ) {
    network.initialize(&parameters, hidden: hidden, output: output, using: &random)
    for i in logDeviations { parameters[i] = Scalar(logDeviation) }
    clampDeviations(&parameters)
  }

  /// Puts every log σ back between floor and ceiling. Call after each update.
  ///
  /// The parameter itself is moved to the nearest bound, so its gradient stays exact and it can come back at once;
  /// a clamp inside the density would leave it stuck outside without a gradient.
  public func clampDeviations<Scalar>(_ parameters: inout AlignedVector<Scalar>) {
    for i in logDeviations {
      let value = parameters[i]
      let clamped = min(max(value, Scalar(bounds.lowerBound)), Scalar(bounds.upperBound))
      if clamped != value { parameters[i] = clamped }
    }
  }
}
