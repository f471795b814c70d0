public import PoiseCore
public import PoiseNetworks

/// A Gaussian policy, a value function and their observation normaliser, in one parameter vector: what PPO trains.
public struct ActorCritic: Sendable {
  public let actor: GaussianPolicy
  /// Observations to one value.
  public let critic: MLP
  /// Both networks and log σ.
  public var parameters: AlignedVector<Float>
  /// Part of the policy; `nil` if the networks take raw observations.
  public var normalizer: RunningNormalizer?

  public var observationCount: Int { actor.network.inputCount }
  public var actionCount: Int { actor.actionCount }

  /// - Parameter random: purpose `.weights`.
  public init(
    observations: Int, actions: Int, hidden: [Int], valueHidden: [Int], activation: Activation,
    deviationBounds: ClosedRange<Double>, initialLogDeviation: Double, normalizerLimit: Double?,
    using random: inout RandomStream
  ) {
    let network = MLP(inputs: observations, hidden: hidden, outputs: actions, activation: activation)
    actor = GaussianPolicy(network: network, bounds: deviationBounds)
    critic = MLP(
      inputs: observations, hidden: valueHidden, outputs: 1, activation: activation,
      firstParameter: actor.parameters.upperBound)
    parameters = AlignedVector(zeros: critic.parameters.upperBound)
    normalizer = normalizerLimit.map { RunningNormalizer(elementCount: observations, limit: $0) }
    // Orthogonal with gain √2, the policy's last layer near zero: Huang et al. 2022, "The 37 Implementation Details", 2 of core.
    actor.initialize(
      &parameters, hidden: .orthogonal(gain: 2.0.squareRoot()), output: .orthogonal(gain: 0.01),
      logDeviation: initialLogDeviation, using: &random)
    critic.initialize(
      &parameters, hidden: .orthogonal(gain: 2.0.squareRoot()), output: .orthogonal(gain: 1), using: &random)
  }

  /// The deterministic policy with parameters like this value's own, its normaliser frozen.
  public func policy(_ parameters: AlignedVector<Float>) -> Policy {
    var frozen = normalizer
    frozen?.isFrozen = true
    return Policy(network: actor.network, parameters: parameters, normalizer: frozen, isSquashed: false)
  }

  // MARK: Keeping

  /// `actor.*`, `critic.*`, and `normalizer.*` if there is one.
  public func tensors() -> [String: Tensor] {
    var tensors = actor.tensors(parameters, prefix: "actor")
    tensors.merge(critic.tensors(parameters, prefix: "critic")) { first, _ in first }
    if let normalizer { tensors.merge(normalizer.tensors(prefix: "normalizer")) { first, _ in first } }
    return tensors
  }

  /// Takes everything from tensors, to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit; then this value is not to be used.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try actor.read(tensors, prefix: "actor", file: file, into: &parameters)
    try critic.read(tensors, prefix: "critic", file: file, into: &parameters)
    try normalizer?.read(tensors, prefix: "normalizer", file: file)
  }
}
