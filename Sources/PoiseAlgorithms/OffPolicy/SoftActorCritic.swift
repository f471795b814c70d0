public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// A squashed Gaussian policy, its critics, the temperature and the observations' normaliser: what SAC trains.
public struct SoftActorCritic: Sendable {
  /// The network from an observation to [μ | x], [2 × actions]; log σ follows from x, see `boundDeviations`.
  public let actor: MLP
  /// Floats of an action.
  public let actionCount: Int
  /// Between which log σ lies.
  public let logDeviationBounds: ClosedRange<Float>
  /// The parameters of the actor.
  public var actorParameters: AlignedVector<Float>
  /// The action-value functions and their target networks.
  public var critics: Critics
  /// log α, [1].
  public var logTemperature: AlignedVector<Float>
  /// Part of the policy; `nil` if the networks take raw observations.
  public var normalizer: RunningNormalizer?
  /// The mirror symmetry that actor and critics obey by tied weights; `nil` for networks without ties.
  public let symmetry: MirrorSymmetry?
  /// The actor's parameters that the symmetry ties.
  let actorTies: TiedParameters?

  /// Floats of an observation.
  public var observationCount: Int { actor.inputCount }
  /// α: the weight of the entropy.
  public var temperature: Float { Float.exponential(logTemperature[0]) }

  /// Makes the networks with drawn initial weights; the target networks start as copies.
  ///
  /// - Parameters:
  ///   - settings: sizes, activation and bounds of the networks, the temperature, and the normaliser.
  ///   - observations: floats of an observation.
  ///   - actions: floats of an action.
  ///   - symmetry: makes π(M′ a | M o) = π(a | o) and Q(M o, M′ a) = Q(o, a) hold by tied weights; `nil` for networks
  ///     without ties.
  ///   - random: a stream of purpose `.weights`.
  public init(
    _ settings: SACParameters, observations: Int, actions: Int, symmetry: MirrorSymmetry? = nil,
    using random: inout RandomStream
  ) {
    actionCount = actions
    logDeviationBounds = Float(settings.logDeviationFloor)...Float(settings.logDeviationCeiling)
    actor = MLP(
      inputs: observations, hidden: settings.hiddenSizes,
      outputs: ActionDistribution.squashedGaussian.outputCount(for: actions), activation: settings.common.activation,
      layerNormalization: settings.normalizesActorLayers)
    actorParameters = AlignedVector(zeros: actor.parameters.upperBound)
    actor.initialize(&actorParameters, hidden: .inverseRootFanIn, output: .inverseRootFanIn, using: &random)
    critics = Critics(
      count: settings.usesTwinCritics ? 2 : 1, observations: observations, actions: actions,
      hidden: settings.criticHiddenSizes, activation: settings.common.activation,
      layerNormalization: settings.normalizesCriticLayers, output: .inverseRootFanIn, symmetry: symmetry,
      using: &random)
    self.symmetry = symmetry
    if let symmetry {
      // σ of mirrored actions change places, without a sign.
      let deviations = Reflection(
        partners: symmetry.actions.partners, signs: symmetry.actions.partners.map { _ in 1 })
      var ties = TiedParameters()
      ties.tie(actor, inputs: symmetry.observations, outputs: symmetry.actions + deviations)
      ties.tieDrawn(&actorParameters, of: actor)
      actorTies = ties
    } else {
      actorTies = nil
    }
    logTemperature = AlignedVector([Float.logarithm(Float(settings.initialTemperature))])
    normalizer = settings.common.normalizer(observations: observations)
  }

  /// The present policy without exploration, tanh μ, with a frozen normaliser.
  public var policy: Policy {
    var frozen = normalizer
    frozen?.isFrozen = true
    return Policy(network: actor, parameters: actorParameters, normalizer: frozen, distribution: .squashedGaussian)
  }

  /// Writes [μ | log σ] of each row from the actor's outputs [μ | x].
  ///
  ///     log σ = low + ½ (high − low) (1 + tanh x)
  ///
  /// A clip would leave actions beyond the bounds without a gradient. Source: the code of Spinning Up's and CleanRL's SAC.
  func boundDeviations(_ outputs: borrowing AlignedVector<Float>, rows: Int, into heads: inout AlignedVector<Float>) {
    let (n, low) = (actionCount, logDeviationBounds.lowerBound)
    let half = (logDeviationBounds.upperBound - low) / 2
    let from = outputs.span
    var to = heads.mutableSpan
    for r in 0..<rows {
      for j in 2 * r * n..<(2 * r + 1) * n {
        to[j] = from[j]
        to[j + n] = low + half * (1 + Float.hyperbolicTangent(from[j + n]))
      }
    }
  }

  /// The squashed Gaussian of [μ | log σ].
  var distribution: StochasticPolicy { StochasticPolicy(network: actor, distribution: .squashedGaussian) }

  /// Writes ∂loss/∂[μ | log σ] of samples a = tanh u, u = μ + σ ε, from what the loss is of a and of log π(a|o).
  ///
  ///     ∂loss/∂uⱼ = ∂loss/∂aⱼ (1 − aⱼ²),   ∂uⱼ/∂μⱼ = 1,   ∂uⱼ/∂ log σⱼ = σⱼ εⱼ;   for log π see `StateDependentGaussian`
  ///
  /// - Parameters:
  ///   - rows: the number of rows.
  ///   - actionGradients: ∂loss/∂a for a fixed log π, [rows, actions].
  ///   - heads: [μ | log σ], [rows, 2 × actions].
  ///   - noise: ε, [rows, actions].
  ///   - preActions: u, [rows, actions].
  ///   - actions: a, [rows, actions].
  ///   - logProbabilityGradients: ∂loss/∂ log π, [rows].
  ///   - headGradients: receives the gradients, [rows, 2 × actions].
  func writeHeadGradients(
    rows: Int, actionGradients: borrowing AlignedVector<Float>, heads: borrowing AlignedVector<Float>,
    noise: borrowing AlignedVector<Float>, preActions: borrowing AlignedVector<Float>,
    actions: borrowing AlignedVector<Float>, logProbabilityGradients: borrowing AlignedVector<Float>,
    into headGradients: inout AlignedVector<Float>
  ) {
    let n = actionCount
    let (slopes, logs, ε, a) = (actionGradients.span, heads.span, noise.span, actions.span)
    var g = headGradients.mutableSpan
    for i in 0..<rows {
      for j in 0..<n {
        let (k, mean) = (i * n + j, 2 * i * n + j)
        let slope = slopes[k] * (1 - a[k] * a[k])
        g[mean] = slope
        g[mean + n] = slope * Float.exponential(logs[mean + n]) * ε[k]
      }
    }
    StateDependentGaussian.addReparameterizedGradients(
      preActions: preActions.span, outputs: logs, actions: n, noise: ε,
      logProbabilityGradients: logProbabilityGradients.span.extracting(first: rows), outputGradients: &g)
  }

  /// Turns ∂loss/∂[μ | log σ] into ∂loss/∂[μ | x], in place.
  ///
  ///     ∂ log σ/∂x = ½ (high − low) (1 − tanh² x) = (log σ − low) (high − log σ) / (½ (high − low))
  func backpropagateBounds(
    _ heads: borrowing AlignedVector<Float>, rows: Int, gradients: inout AlignedVector<Float>
  ) {
    let (n, low, high) = (actionCount, logDeviationBounds.lowerBound, logDeviationBounds.upperBound)
    let half = (high - low) / 2
    let heads = heads.span
    var g = gradients.mutableSpan
    for r in 0..<rows {
      for j in (2 * r + 1) * n..<(2 * r + 2) * n { g[j] *= (heads[j] - low) * (high - heads[j]) / half }
    }
  }

  /// Updates the statistics of the normaliser with raw observations, [rows, observations]; does nothing without a
  /// normaliser.
  public mutating func observe(_ observations: [Float]) {
    normalizer?.observe(observations)
    if let symmetry { normalizer?.symmetrize(symmetry.observations) }
  }

  // MARK: Checkpointing

  /// The tensors `actor.*`, those of the critics, `log_temperature` [1], and `normalizer.*` if there is one.
  func tensors() -> [String: Tensor] {
    var tensors = actor.tensors(actorParameters, prefix: "actor")
    tensors.merge(critics.tensors()) { first, _ in first }
    tensors["log_temperature"] = Tensor(Array(logTemperature), shape: [1])
    if let normalizer { tensors.merge(normalizer.tensors(prefix: "normalizer")) { first, _ in first } }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit; throws `InvalidInput` with what does not fit.
  mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try actor.read(tensors, prefix: "actor", file: file, into: &actorParameters)
    try critics.read(tensors, file: file)
    let name = "log_temperature"
    guard let logarithm = tensors[name]?.floats, logarithm.count == 1, logarithm[0].isFinite else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor '\(name)'", found: tensors[name] == nil ? "none" : "no finite number",
          allowed: "one number, the logarithm of SAC's temperature",
          remedy: "The file is damaged, or belongs to another algorithm."))
    }
    logTemperature = AlignedVector(logarithm)
    try normalizer?.read(tensors, prefix: "normalizer", file: file)
  }
}
