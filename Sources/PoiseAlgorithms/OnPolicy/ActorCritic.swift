public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// A stochastic policy, a value function and their observation normaliser, in one parameter vector: what on-policy algorithms train.
public struct ActorCritic: Sendable {
  /// The network from an observation to the distribution of the action.
  public let actor: StochasticPolicy
  /// Observations to one value; `nil` for an algorithm without a value function.
  public let critic: MLP?
  /// Whether the critic is a head on the actor's hidden layers.
  public let sharesTrunk: Bool
  /// Those of both networks, and log σ where it is a parameter.
  public var parameters: AlignedVector<Float>
  /// Part of the policy; `nil` if the networks take raw observations.
  public var normalizer: RunningNormalizer?
  /// The mirror symmetry that policy and value function obey by tied weights; `nil` for networks without ties.
  public let symmetry: MirrorSymmetry?
  /// The parameters that the symmetry ties.
  let ties: TiedParameters?

  /// Floats of an observation.
  public var observationCount: Int { actor.network.inputCount }
  /// Floats of an action.
  public var actionCount: Int { actor.actionCount }

  /// Makes both networks with drawn initial weights.
  ///
  /// - Parameters:
  ///   - observations: floats of one.
  ///   - actions: a box, for a Gaussian whose σ does not depend on the state; or discrete, for a categorical distribution.
  ///   - hidden: widths of the policy's hidden layers.
  ///   - valueHidden: widths of the value function's hidden layers; `nil` for no value function.
  ///   - sharesTrunk: the value function is a head on the policy's hidden layers; `valueHidden` says only that there is one.
  ///   - activation: the function after each hidden layer.
  ///   - deviationBounds: floor and ceiling of log σ.
  ///   - initialLogDeviation: log σ of every action at the start, within the bounds.
  ///   - normalizerLimit: normalised observations are clipped to ± this; `nil` for no normaliser.
  ///   - symmetry: makes π(M o) = M′ π(o) and V(M o) = V(o) hold by tied weights; `nil` for networks without ties.
  ///   - random: a stream of purpose `.weights`.
  public init(
    observations: Int, actions: Space, hidden: [Int], valueHidden: [Int]?, sharesTrunk: Bool = false,
    activation: Activation, deviationBounds: ClosedRange<Double>, initialLogDeviation: Double, normalizerLimit: Double?,
    symmetry: MirrorSymmetry? = nil, using random: inout RandomStream
  ) {
    let distribution: ActionDistribution = actions.choices == nil ? .gaussian : .categorical
    let outputs = distribution.outputCount(for: actions.choices?.count ?? actions.count)
    let network = MLP(inputs: observations, hidden: hidden, outputs: outputs, activation: activation)
    actor = StochasticPolicy(network: network, distribution: distribution, bounds: deviationBounds)
    self.sharesTrunk = sharesTrunk
    let end = actor.parameters.upperBound
    critic = valueHidden.map {
      sharesTrunk
        ? MLP(sharingHiddenLayersOf: network, outputs: 1, firstParameter: end)
        : MLP(inputs: observations, hidden: $0, outputs: 1, activation: activation, firstParameter: end)
    }
    parameters = AlignedVector(zeros: critic?.parameters.upperBound ?? end)
    normalizer = normalizerLimit.map { RunningNormalizer(elementCount: observations, limit: $0) }
    // Orthogonal with gain √2, the policy's last layer near zero: Huang et al. 2022, "The 37 Implementation Details", 2 of core.
    actor.initialize(
      &parameters, hidden: .orthogonal(gain: 2.0.squareRoot()), output: .orthogonal(gain: 0.01),
      logDeviation: initialLogDeviation, using: &random)
    let firstOwnLayer = sharesTrunk ? network.layers.count - 1 : 0
    critic?.initialize(
      &parameters, hidden: .orthogonal(gain: 2.0.squareRoot()), output: .orthogonal(gain: 1), from: firstOwnLayer,
      using: &random)
    self.symmetry = symmetry
    if let symmetry {
      var ties = TiedParameters()
      ties.tie(actor.network, inputs: symmetry.observations, outputs: symmetry.actions)
      if !actor.logDeviations.isEmpty { ties.tie(actor.logDeviations, symmetry.actions) }
      ties.tieDrawn(&parameters, of: actor.network)
      if let critic {
        ties.tie(critic, inputs: symmetry.observations, outputs: .identity(count: 1), from: firstOwnLayer)
        ties.tieDrawn(&parameters, of: critic, from: firstOwnLayer)
      }
      self.ties = ties
    } else {
      ties = nil
    }
  }

  /// The deterministic policy with other values of the parameters, such as their average, and a frozen normaliser.
  ///
  /// - Parameter parameters: as many as this value's own, in the same order.
  public func policy(_ parameters: AlignedVector<Float>) -> Policy {
    var frozen = normalizer
    frozen?.isFrozen = true
    return Policy(
      network: actor.network, parameters: parameters, normalizer: frozen, distribution: actor.distribution)
  }

  /// Puts every log σ back between floor and ceiling.
  mutating func clampDeviations() { actor.clampDeviations(&parameters) }

  /// Takes the statistics of a block's observations into the normaliser's account.
  public mutating func observe(_ statistics: [RunningNormalizer]) {
    for block in statistics { normalizer?.merge(block) }
    if let symmetry { normalizer?.symmetrize(symmetry.observations) }
  }

  // MARK: Checkpointing

  /// `actor.*`, `critic.*` and `normalizer.*` if there are such; a shared trunk is saved in both networks.
  public func tensors() -> [String: Tensor] {
    var tensors = actor.tensors(parameters, prefix: "actor")
    if let critic { tensors.merge(critic.tensors(parameters, prefix: "critic")) { first, _ in first } }
    if let normalizer { tensors.merge(normalizer.tensors(prefix: "normalizer")) { first, _ in first } }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try actor.read(tensors, prefix: "actor", file: file, into: &parameters)
    try critic?.read(tensors, prefix: "critic", file: file, into: &parameters)
    try normalizer?.read(tensors, prefix: "normalizer", file: file)
  }
}
