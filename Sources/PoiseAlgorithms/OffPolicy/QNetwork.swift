public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// Action values Q(o, a) of all choices at once, with a target network: what DQN trains.
///
/// The network has an output for each choice. A dueling one has an output for V and one for each advantage:
///
///     Q(o, a) = V(o) + A(o, a) − 1/n Σ_{a′} A(o, a′)
///
/// Source: Wang et al. 2016, "Dueling Network Architectures for Deep Reinforcement Learning" (arXiv:1511.06581), eq. 9. The two streams
/// are halves of the last hidden layer, each in mirrored pairs; the weights from one stream to the other's output are always 0.
public struct QNetwork: Sendable {
  /// The network from an observation to Q, [choices], or to [V | A], [1 + choices].
  public let network: MLP
  /// The number of choices.
  public let choiceCount: Int
  /// Whether the outputs are [V | A].
  public let isDueling: Bool
  /// θ and θ′: the parameters of the network and of its target network.
  public var parameters, target: AlignedVector<Float>
  /// Part of the policy; `nil` if the network takes raw observations.
  public var normalizer: RunningNormalizer?
  /// The mirror symmetry that the values obey by tied weights; `nil` for a network without ties.
  public let symmetry: MirrorSymmetry?
  /// The parameters that the symmetry ties.
  let ties: TiedParameters?

  /// Floats of an observation.
  public var observationCount: Int { network.inputCount }

  /// Makes the network with drawn initial weights; the target network starts as its copy.
  ///
  /// - Parameters:
  ///   - settings: sizes, activation and kind of the network, and the normaliser.
  ///   - observations: floats of an observation.
  ///   - choices: the number of choices.
  ///   - symmetry: makes Q(M o, M′ a) = Q(o, a) hold by tied weights; `nil` for a network without ties.
  ///   - random: a stream of purpose `.weights`.
  public init(
    _ settings: DQNParameters, observations: Int, choices: Int, symmetry: MirrorSymmetry? = nil,
    using random: inout RandomStream
  ) {
    choiceCount = choices
    isDueling = settings.isDueling
    network = MLP(
      inputs: observations, hidden: settings.hiddenSizes, outputs: isDueling ? 1 + choices : choices,
      activation: settings.common.activation, layerNormalization: settings.normalizesLayers)
    parameters = AlignedVector(zeros: network.parameters.upperBound)
    network.initialize(&parameters, hidden: .inverseRootFanIn, output: .inverseRootFanIn, using: &random)
    self.symmetry = symmetry
    if let symmetry {
      var ties = TiedParameters()
      let outputs = isDueling ? Reflection.identity(count: 1) + symmetry.actions : symmetry.actions
      ties.tie(network, inputs: symmetry.observations, outputs: outputs)
      ties.tieDrawn(&parameters, of: network)
      self.ties = ties
    } else {
      ties = nil
    }
    target = AlignedVector(zeros: 0)
    normalizer = settings.common.normalizer(observations: observations)
    closeStreams(&parameters)
    target = parameters
  }

  /// The last layer, whose weights are [hidden units, outputs].
  private var head: DenseLayer { network.layers[network.layers.count - 1] }

  /// Whether a unit of the last hidden layer belongs to the stream of V. Units k and k + n/2 are a mirrored pair.
  private func isOfValueStream(_ unit: Int) -> Bool {
    let half = head.inputs / 2
    return unit < 2 * half && unit % half < half / 2
  }

  /// Sets the weights from one stream to the outputs of the other to 0: of parameters, or of gradients so that they stay 0.
  func closeStreams(_ vector: inout AlignedVector<Float>) {
    guard isDueling else { return }
    var values = vector.mutableSpan(of: head.weights)
    for unit in 0..<head.inputs {
      let row = unit * head.outputs
      if isOfValueStream(unit) {
        for a in 1...choiceCount { values[row + a] = 0 }
      } else {
        values[row] = 0
      }
    }
  }

  /// Writes Q of each row, [rows, choices], from the network's outputs.
  func writeValues(_ outputs: borrowing AlignedVector<Float>, rows: Int, into values: inout AlignedVector<Float>) {
    let (from, n) = (outputs.span, choiceCount)
    var to = values.mutableSpan
    guard isDueling else {
      for k in 0..<rows * n { to[k] = from[k] }
      return
    }
    for r in 0..<rows {
      let first = r * (n + 1)
      var mean: Float = 0
      for a in 0..<n { mean += from[first + 1 + a] }
      mean /= Float(n)
      for a in 0..<n { to[r * n + a] = from[first] + (from[first + 1 + a] - mean) }
    }
  }

  /// Writes ∂loss/∂outputs of a row whose loss depends on the value of one choice.
  ///
  /// - Parameters:
  ///   - gradient: ∂loss/∂Q(o, a).
  ///   - choice: a.
  ///   - row: the row.
  ///   - outputGradients: of the network, [rows, outputs].
  func writeGradients(
    _ gradient: Float, choice: Int, row: Int, into outputGradients: inout AlignedVector<Float>
  ) {
    let (n, width) = (choiceCount, network.outputCount)
    var to = outputGradients.mutableSpan(of: row * width..<(row + 1) * width)
    let others = isDueling ? -gradient / Float(n) : 0
    for a in 0..<n { to[width - n + a] = others }
    to[width - n + choice] += gradient
    if isDueling { to[0] = gradient }
  }

  /// The greedy policy, with a frozen normaliser. Its outputs are Q: what is called logits elsewhere.
  ///
  /// The streams of a dueling network are joined into one last layer, whose outputs are Q within rounding.
  public var policy: Policy {
    var frozen = normalizer
    frozen?.isFrozen = true
    guard isDueling else {
      return Policy(network: network, parameters: parameters, normalizer: frozen, distribution: .categorical)
    }
    let joined = MLP(
      inputs: network.inputCount, hidden: network.layers.dropLast().map(\.outputs), outputs: choiceCount,
      activation: network.layers[0].activation, layerNormalization: network.layers[0].normalization != nil)
    var weights = AlignedVector<Float>(zeros: joined.parameters.upperBound)
    // The hidden layers have the same places in both.
    weights.copyElements(0..<head.weights.lowerBound, of: parameters, to: 0)
    let last = joined.layers[joined.layers.count - 1]
    // A bias is the weight of one more unit.
    for unit in 0...head.inputs {
      let from = unit < head.inputs ? head.weights.lowerBound + unit * head.outputs : head.biases.lowerBound
      let to = unit < head.inputs ? last.weights.lowerBound + unit * choiceCount : last.biases.lowerBound
      var mean: Float = 0
      for a in 0..<choiceCount { mean += parameters[from + 1 + a] }
      mean /= Float(choiceCount)
      for a in 0..<choiceCount { weights[to + a] = parameters[from] + (parameters[from + 1 + a] - mean) }
    }
    return Policy(network: joined, parameters: weights, normalizer: frozen, distribution: .categorical)
  }

  /// Updates the statistics of the normaliser with raw observations, [rows, observations]; does nothing without a
  /// normaliser.
  public mutating func observe(_ observations: [Float]) {
    normalizer?.observe(observations)
    if let symmetry { normalizer?.symmetrize(symmetry.observations) }
  }

  // MARK: Checkpointing

  /// The tensors `q.*`, `q_target.*`, and `normalizer.*` if there is one.
  func tensors() -> [String: Tensor] {
    var tensors = network.tensors(parameters, prefix: "q")
    tensors.merge(network.tensors(target, prefix: "q_target")) { first, _ in first }
    if let normalizer { tensors.merge(normalizer.tensors(prefix: "normalizer")) { first, _ in first } }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit; throws `InvalidInput` with what does not fit.
  mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try network.read(tensors, prefix: "q", file: file, into: &parameters)
    try network.read(tensors, prefix: "q_target", file: file, into: &target)
    try normalizer?.read(tensors, prefix: "normalizer", file: file)
  }
}
