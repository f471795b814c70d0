public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// A deterministic policy, one or two action-value functions, the target copies of all, and the observations' normaliser:
/// what DDPG and TD3 train.
public struct DeterministicActorCritic: Sendable {
  /// Observation to z; the action is μ(o) = tanh z.
  public let actor: MLP
  /// [observation | action] to Q. All of them stand in one parameter vector.
  public let critics: [MLP]
  /// θ^μ and θ^μ′.
  public var actorParameters, actorTarget: AlignedVector<Float>
  /// θ^Q and θ^Q′, of all critics.
  public var criticParameters, criticTarget: AlignedVector<Float>
  /// Part of the policy; `nil` if the networks take raw observations.
  public var normalizer: RunningNormalizer?
  /// How observations and actions change in the mirror that actor and critics do not care about; `nil` if they may.
  public let symmetry: MirrorSymmetry?
  /// The parameters that this ties.
  let actorTies, criticTies: TiedParameters?

  /// Floats of an observation.
  public var observationCount: Int { actor.inputCount }
  /// Floats of an action.
  public var actionCount: Int { actor.outputCount }

  /// - Parameters:
  ///   - observations, actions: floats of each.
  ///   - symmetry: makes μ(M o) = M′ μ(o) and Q(M o, M′ a) = Q(o, a) hold by tied weights; `nil` for networks without ties.
  ///   - random: purpose `.weights`.
  public init(
    _ settings: DDPGParameters, observations: Int, actions: Int, symmetry: MirrorSymmetry? = nil,
    using random: inout RandomStream
  ) {
    actor = MLP(
      inputs: observations, hidden: settings.hiddenSizes, outputs: actions, activation: settings.activation,
      layerNormalization: settings.normalizesActorLayers)
    var critics: [MLP] = []
    for _ in 0..<(settings.usesTwinCritics ? 2 : 1) {
      critics.append(
        MLP(
          inputs: observations + actions, hidden: settings.criticHiddenSizes, outputs: 1,
          activation: settings.activation,
          layerNormalization: settings.normalizesCriticLayers, firstParameter: critics.last?.parameters.upperBound ?? 0)
      )
    }
    self.critics = critics
    actorParameters = AlignedVector(zeros: actor.parameters.upperBound)
    criticParameters = AlignedVector(zeros: critics.last?.parameters.upperBound ?? 0)
    // Section 7 of Lillicrap et al. 2016: so that first actions and values are near zero.
    let output = settings.finalLayerBound.map { Initializer.uniform(bound: $0) } ?? .inverseRootFanIn
    actor.initialize(&actorParameters, hidden: .inverseRootFanIn, output: output, using: &random)
    for critic in critics {
      critic.initialize(&criticParameters, hidden: .inverseRootFanIn, output: output, using: &random)
    }
    self.symmetry = symmetry
    if let symmetry {
      var ties = (actor: TiedParameters(), critics: TiedParameters())
      ties.actor.tie(actor, inputs: symmetry.observations, outputs: symmetry.actions)
      ties.actor.tieDrawn(&actorParameters, of: actor)
      for critic in critics {
        ties.critics.tie(critic, inputs: symmetry.observations + symmetry.actions, outputs: .identity(count: 1))
        ties.critics.tieDrawn(&criticParameters, of: critic)
      }
      (actorTies, criticTies) = ties
    } else {
      (actorTies, criticTies) = (nil, nil)
    }
    (actorTarget, criticTarget) = (actorParameters, criticParameters)
    normalizer =
      settings.normalizesObservations
      ? RunningNormalizer(elementCount: observations, limit: settings.observationLimit) : nil
  }

  /// The deterministic policy as it stands, its normaliser frozen.
  public var policy: Policy {
    var frozen = normalizer
    frozen?.isFrozen = true
    return Policy(network: actor, parameters: actorParameters, normalizer: frozen, distribution: .deterministic)
  }

  /// Writes μ(o) for each row: [rows, observations] to [rows, actions].
  ///
  /// - Parameters:
  ///   - workspace: of `actor`, for as many rows.
  ///   - squashed: like the workspace's outputs.
  public func act(
    _ observations: [Float], _ workspace: inout MLPWorkspace<Float>, _ squashed: inout AlignedVector<Float>,
    into actions: inout [Float]
  ) {
    workspace.setInputs(observations.span, normalizer)
    workspace.forward(rows: observations.count / observationCount, parameters: actorParameters)
    Activation.tanh.apply(to: workspace.outputs, into: &squashed, instructionSet: workspace.instructionSet)
    for k in actions.indices { actions[k] = squashed[k] }
  }

  /// Takes observations into the normaliser's account, if there is one.
  public mutating func observe(_ observations: [Float]) {
    normalizer?.observe(observations)
    if let symmetry { normalizer?.symmetrize(symmetry.observations) }
  }

  // MARK: Checkpointing

  /// `actor.*`, `actor_target.*`, `critic1.*`, `critic1_target.*` (and 2), and `normalizer.*` if there is one.
  public func tensors() -> [String: Tensor] {
    var tensors = actor.tensors(actorParameters, prefix: "actor")
    func add(_ more: [String: Tensor]) { tensors.merge(more) { first, _ in first } }
    add(actor.tensors(actorTarget, prefix: "actor_target"))
    for (i, critic) in critics.enumerated() {
      add(critic.tensors(criticParameters, prefix: "critic\(i + 1)"))
      add(critic.tensors(criticTarget, prefix: "critic\(i + 1)_target"))
    }
    if let normalizer { add(normalizer.tensors(prefix: "normalizer")) }
    return tensors
  }

  /// Takes everything from tensors, to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit; then this value is not to be used.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try actor.read(tensors, prefix: "actor", file: file, into: &actorParameters)
    try actor.read(tensors, prefix: "actor_target", file: file, into: &actorTarget)
    for (i, critic) in critics.enumerated() {
      try critic.read(tensors, prefix: "critic\(i + 1)", file: file, into: &criticParameters)
      try critic.read(tensors, prefix: "critic\(i + 1)_target", file: file, into: &criticTarget)
    }
    try normalizer?.read(tensors, prefix: "normalizer", file: file)
  }
}
