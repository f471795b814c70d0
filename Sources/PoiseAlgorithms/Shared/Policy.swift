public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// A trained policy, from observations to deterministic actions, with its frozen normaliser.
///
/// Evaluation, replay and export use this type, whichever algorithm trained the policy.
public struct Policy: Sendable {
  /// The network from an observation to the parameters of `distribution`.
  public let network: MLP
  /// The parameters of the network; they cover `network.parameters`.
  public let parameters: AlignedVector<Float>
  /// Normalises observations before the network; `nil` if the network takes raw observations.
  public let normalizer: RunningNormalizer?
  /// The distribution of actions that the network's outputs parametrise. The policy takes its mean, the tanh of the
  /// mean, or the most probable choice; the environment clamps what lies beyond −1 … 1.
  public let distribution: ActionDistribution

  /// Makes a policy of its parts; parameters are as the properties.
  ///
  /// - Precondition: the normaliser has as many elements as the network has inputs.
  public init(
    network: MLP, parameters: AlignedVector<Float>, normalizer: RunningNormalizer?, distribution: ActionDistribution
  ) {
    precondition(
      normalizer.map { $0.elementCount == network.inputCount } ?? true, "a normaliser of another size than the network")
    self.network = network
    self.parameters = parameters
    self.normalizer = normalizer
    self.distribution = distribution
  }

  /// Floats of an observation.
  public var observationCount: Int { network.inputCount }
  /// Floats of an action.
  public var actionCount: Int { distribution.actionCount(outputs: network.outputCount) }
}

/// The memory in which one thread evaluates a policy for a block of worlds. Allocates nothing after `init`.
public struct PolicyWorkspace: Sendable {
  /// The policy that is evaluated.
  public let policy: Policy
  private var workspace: MLPWorkspace<Float>
  /// Like the network's outputs, where actions are squashed.
  private var scratch: AlignedVector<Float>

  /// Allocates the memory.
  ///
  /// - Parameters:
  ///   - policy: the policy that is evaluated.
  ///   - rowCapacity: the largest number of worlds in a block.
  ///   - instructionSet: the kernels that the network runs on.
  public init(_ policy: Policy, rowCapacity: Int, instructionSet: InstructionSet) {
    self.policy = policy
    workspace = MLPWorkspace(
      policy.network, rowCapacity: rowCapacity, instructionSet: instructionSet, isForTraining: false)
    scratch = AlignedVector(zeros: policy.distribution.isSquashed ? workspace.outputs.count : 0)
  }

  /// Writes the action of each row.
  ///
  /// - Parameters:
  ///   - observations: raw, [rows, observations].
  ///   - actions: [rows, actions].
  public mutating func act(_ observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    let rows = observations.count / policy.observationCount
    precondition(
      actions.count == rows * policy.actionCount, "\(actions.count) numbers for the actions of \(rows) worlds")
    workspace.setInputs(observations, policy.normalizer)
    workspace.forward(rows: rows, parameters: policy.parameters)
    policy.distribution.writeDeterministicActions(
      outputs: workspace.outputs, width: policy.network.outputCount, scratch: &scratch,
      instructionSet: workspace.instructionSet, into: &actions)
  }
}

// MARK: - Saving and restoring

extension Policy {
  /// The tensors `policy.*` as `MLP.tensors` names them, `policy.normalizer.*` if there is one, and `policy.shape`,
  /// which is JSON as bytes.
  ///
  /// They suffice to rebuild the policy without the algorithm that trained it.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func tensors() throws -> [String: Tensor] {
    var tensors = network.tensors(parameters, prefix: "policy")
    if let normalizer { tensors.merge(normalizer.tensors(prefix: "policy.normalizer")) { first, _ in first } }
    tensors["policy.shape"] = try Tensor(
      encoding: Shape(
        layers: network.layers.map(\.outputs), inputs: observationCount, activation: network.layers[0].activation,
        normalizerLimit: normalizer?.limit, isSquashed: distribution.isSquashed,
        normalizesLayers: network.layers.contains { $0.normalization != nil },
        distribution: Shape.isToldBySquashing(distribution) ? nil : distribution))
    return tensors
  }

  private struct Shape: Codable {
    /// Outputs of each layer.
    var layers: [Int]
    var inputs: Int
    /// Of the hidden layers.
    var activation: Activation
    var normalizerLimit: Double?
    var isSquashed: Bool
    /// Layer normalisation in the hidden layers; older files omit this field.
    var normalizesLayers: Bool?
    /// Omitted if `isSquashed` implies it: `gaussian` for false, `deterministic` for true.
    var distribution: ActionDistribution?

    static func isToldBySquashing(_ distribution: ActionDistribution) -> Bool {
      distribution == .gaussian || distribution == .deterministic
    }
  }

  /// Rebuilds a policy, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  ///   - observations: the space of observations of the task that it is to act in.
  ///   - actions: the space of actions of that task.
  /// - Throws: `InvalidInput` with what does not fit.
  public init(
    _ tensors: [String: Tensor], file: String, observations: Space, actions: Space
  ) throws(InvalidInput) {
    let shape: Shape = try Tensor.decode("policy.shape", in: tensors, file: file)
    let limit = shape.normalizerLimit ?? 1
    let distribution = shape.distribution ?? (shape.isSquashed ? .deterministic : .gaussian)
    let outputs = distribution.outputCount(for: actions.choices?.count ?? actions.count)
    guard shape.inputs == observations.count, shape.layers.last == outputs, limit > 0, limit.isFinite,
      (distribution == .categorical) == (actions.choices != nil),
      shape.layers.allSatisfy({ $0 > 0 && $0 <= 1 << 20 })
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'policy.shape'",
          found: "\(shape.inputs) observations, layers \(shape.layers), actions of the kind \(distribution.rawValue)",
          allowed: "\(observations.count) observations and \(outputs) outputs for actions of \(actions.summary)",
          remedy: "The policy belongs to another robot or scenario."))
    }
    let network = MLP(
      inputs: shape.inputs, hidden: Array(shape.layers.dropLast()), outputs: outputs, activation: shape.activation,
      layerNormalization: shape.normalizesLayers ?? false)
    var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
    try network.read(tensors, prefix: "policy", file: file, into: &parameters)
    var normalizer: RunningNormalizer?
    if shape.normalizerLimit != nil {
      var read = RunningNormalizer(elementCount: observations.count, limit: limit)
      try read.read(tensors, prefix: "policy.normalizer", file: file)
      read.isFrozen = true
      normalizer = read
    }
    self.init(network: network, parameters: parameters, normalizer: normalizer, distribution: distribution)
  }
}
