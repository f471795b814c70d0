public import PoiseCore

/// A network and the distribution of actions that its outputs parametrise, with one parameter vector. It owns no
/// memory.
public struct StochasticPolicy: Hashable, Sendable {
  /// The network from an observation to the parameters of the distribution.
  public let network: MLP
  /// The family of distributions.
  public let distribution: ActionDistribution
  /// The elements of log σ in the parameter vector, [actions]; empty if the network gives σ, or if there is none.
  public let logDeviations: Range<Int>
  /// Floor and ceiling of log σ, which `clampDeviations` enforces after each update.
  public let bounds: ClosedRange<Double>

  /// Makes a policy; log σ, if it is a parameter, follows the network in the parameter vector.
  ///
  /// - Parameters:
  ///   - network: its outputs parametrise the distribution.
  ///   - distribution: the family of distributions.
  ///   - bounds: floor and ceiling of log σ. With the default, σ lies between 0.0025 and 7.4.
  public init(
    network: MLP, distribution: ActionDistribution = .gaussian, bounds: ClosedRange<Double> = -6...2
  ) {
    self.network = network
    self.distribution = distribution
    self.bounds = bounds
    let end = network.parameters.upperBound
    logDeviations = end..<end + (distribution == .gaussian ? network.outputCount : 0)
  }

  /// The number of floats of an action.
  public var actionCount: Int { distribution.actionCount(outputs: network.outputCount) }

  /// The number of outputs of the network for one observation.
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

  /// Clamps every log σ between floor and ceiling. Call it after each update.
  ///
  /// The parameter itself is clamped, so its gradient stays exact and the next update can move it back. A clamp inside
  /// the density would leave the parameter outside the bounds without a gradient.
  public func clampDeviations<Scalar>(_ parameters: inout AlignedVector<Scalar>) {
    for i in logDeviations {
      let value = parameters[i]
      let clamped = min(max(value, Scalar(bounds.lowerBound)), Scalar(bounds.upperBound))
      if clamped != value { parameters[i] = clamped }
    }
  }

  /// A copy of log σ, [actions] or empty: the part of the old policy that a rollout keeps beside its outputs.
  public func logDeviations<S>(in parameters: borrowing AlignedVector<S>) -> AlignedVector<S> {
    var copy = AlignedVector<S>(zeros: logDeviations.count)
    for (i, index) in logDeviations.enumerated() { copy[i] = parameters[index] }
    return copy
  }

  /// The mean σ over the actions; `nil` if σ is not a parameter.
  public func meanDeviation(_ parameters: borrowing AlignedVector<Float>) -> Double? {
    guard !logDeviations.isEmpty else { return nil }
    var sum = 0.0
    for i in logDeviations { sum += Double(Float.exponential(parameters[i])) }
    return sum / Double(logDeviations.count)
  }
}
