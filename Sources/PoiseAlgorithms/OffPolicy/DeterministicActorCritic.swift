public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// A deterministic policy, one or two action-value functions, the target networks of all of them, and the observations'
/// normaliser: what DDPG and TD3 train.
public struct DeterministicActorCritic: Sendable {
  /// The network from an observation to z; the action is μ(o) = tanh z.
  public let actor: MLP
  /// θ^μ and θ^μ′: the parameters of the actor and of its target network.
  public var actorParameters, actorTarget: AlignedVector<Float>
  /// The action-value functions and their target networks.
  public var critics: Critics
  /// Part of the policy; `nil` if the networks take raw observations.
  public var normalizer: RunningNormalizer?
  /// The mirror symmetry that actor and critics obey by tied weights; `nil` for networks without ties.
  public let symmetry: MirrorSymmetry?
  /// The actor's parameters that the symmetry ties.
  let actorTies: TiedParameters?

  /// Floats of an observation.
  public var observationCount: Int { actor.inputCount }
  /// Floats of an action.
  public var actionCount: Int { actor.outputCount }

  /// Makes the networks with drawn initial weights; the target networks start as copies.
  ///
  /// - Parameters:
  ///   - settings: sizes, activation and initial weights of the networks, and the normaliser.
  ///   - observations: floats of an observation.
  ///   - actions: floats of an action.
  ///   - symmetry: makes μ(M o) = M′ μ(o) and Q(M o, M′ a) = Q(o, a) hold by tied weights; `nil` for networks without
  ///     ties.
  ///   - random: a stream of purpose `.weights`.
  public init(
    _ settings: DDPGParameters, observations: Int, actions: Int, symmetry: MirrorSymmetry? = nil,
    using random: inout RandomStream
  ) {
    actor = MLP(
      inputs: observations, hidden: settings.hiddenSizes, outputs: actions, activation: settings.common.activation,
      layerNormalization: settings.normalizesActorLayers)
    actorParameters = AlignedVector(zeros: actor.parameters.upperBound)
    // Section 7 of Lillicrap et al. 2016: so that first actions and values are near zero.
    let output = settings.finalLayerBound.map { Initializer.uniform(bound: $0) } ?? .inverseRootFanIn
    actor.initialize(&actorParameters, hidden: .inverseRootFanIn, output: output, using: &random)
    critics = Critics(
      count: settings.usesTwinCritics ? 2 : 1, observations: observations, actions: actions,
      hidden: settings.criticHiddenSizes, activation: settings.common.activation,
      layerNormalization: settings.normalizesCriticLayers, output: output, symmetry: symmetry, using: &random)
    self.symmetry = symmetry
    if let symmetry {
      var ties = TiedParameters()
      ties.tie(actor, inputs: symmetry.observations, outputs: symmetry.actions)
      ties.tieDrawn(&actorParameters, of: actor)
      actorTies = ties
    } else {
      actorTies = nil
    }
    actorTarget = actorParameters
    normalizer = settings.common.normalizer(observations: observations)
  }

  /// The present deterministic policy, with a frozen normaliser.
  public var policy: Policy {
    var frozen = normalizer
    frozen?.isFrozen = true
    return Policy(network: actor, parameters: actorParameters, normalizer: frozen, distribution: .deterministic)
  }

  /// Writes μ(o) for each row: [rows, observations] to [rows, actions].
  ///
  /// - Parameters:
  ///   - observations: raw, [rows, observations].
  ///   - workspace: that of `actor`, for at least as many rows.
  ///   - squashed: work memory of the same size as the workspace's outputs.
  ///   - actions: in −1 … 1, [rows, actions].
  public func act(
    _ observations: [Float], _ workspace: inout MLPWorkspace<Float>, _ squashed: inout AlignedVector<Float>,
    into actions: inout [Float]
  ) {
    workspace.setInputs(observations.span, normalizer)
    workspace.forward(rows: observations.count / observationCount, parameters: actorParameters)
    Activation.tanh.apply(to: workspace.outputs, into: &squashed, instructionSet: workspace.instructionSet)
    for k in actions.indices { actions[k] = squashed[k] }
  }

  /// Updates the statistics of the normaliser with raw observations, [rows, observations]; does nothing without a
  /// normaliser.
  public mutating func observe(_ observations: [Float]) {
    normalizer?.observe(observations)
    if let symmetry { normalizer?.symmetrize(symmetry.observations) }
  }

  // MARK: Checkpointing

  /// The tensors `actor.*`, `actor_target.*`, `critic1.*`, `critic1_target.*` (and those of `critic2`), and
  /// `normalizer.*` if there is one.
  public func tensors() -> [String: Tensor] {
    var tensors = actor.tensors(actorParameters, prefix: "actor")
    func add(_ more: [String: Tensor]) { tensors.merge(more) { first, _ in first } }
    add(actor.tensors(actorTarget, prefix: "actor_target"))
    add(critics.tensors())
    if let normalizer { add(normalizer.tensors(prefix: "normalizer")) }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try actor.read(tensors, prefix: "actor", file: file, into: &actorParameters)
    try actor.read(tensors, prefix: "actor_target", file: file, into: &actorTarget)
    try critics.read(tensors, file: file)
    try normalizer?.read(tensors, prefix: "normalizer", file: file)
  }
}
