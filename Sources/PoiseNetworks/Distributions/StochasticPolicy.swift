public import PoiseCore

/// A network and the distribution over actions that its outputs are the parameters of, in one parameter vector. It owns no memory.
public struct StochasticPolicy: Hashable, Sendable {
  /// Observations to the parameters of the distribution.
  public let network: MLP
  /// The family of distributions.
  public let distribution: ActionDistribution
  /// Where log σ stands in the parameter vector, [actions]; empty where the network gives σ, or where there is none.
  public let logDeviations: Range<Int>
  /// Floor and ceiling of log σ, kept by `clampDeviations` after each update.
  public let bounds: ClosedRange<Double>

  /// - Parameters:
  ///   - network: its outputs are what `distribution` says.
  ///   - bounds: floor and ceiling of log σ. The default lets σ lie between 0.0025 and 7.4.
  public init(
    network: MLP, distribution: ActionDistribution = .gaussian, bounds: ClosedRange<Double> = -6...2
  ) {
    self.network = network
    self.distribution = distribution
    self.bounds = bounds
    let end = network.parameters.upperBound
    logDeviations = end..<end + (distribution == .gaussian ? network.outputCount : 0)
  }

  /// Floats of an action.
  public var actionCount: Int { distribution.actionCount(outputs: network.outputCount) }

  /// Outputs of the network for one observation.
  public var outputCount: Int { network.outputCount }

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

  /// A copy of log σ, shape [actions] or empty: what a rollout keeps of the old policy beside its outputs.
  public func logDeviations<S>(in parameters: borrowing AlignedVector<S>) -> AlignedVector<S> {
    var copy = AlignedVector<S>(zeros: logDeviations.count)
    for (i, index) in logDeviations.enumerated() { copy[i] = parameters[index] }
    return copy
  }

  /// Mean σ over the actions; `nil` where σ is no parameter.
  public func meanDeviation(_ parameters: borrowing AlignedVector<Float>) -> Double? {
    guard !logDeviations.isEmpty else { return nil }
    var sum = 0.0
    for i in logDeviations { sum += Double(Float.exponential(parameters[i])) }
    return sum / Double(logDeviations.count)
  }
}
