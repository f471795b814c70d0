public import PoiseCore
public import PoiseNetworks

/// A trained policy as it is used: observations in, deterministic actions out, the normaliser included and frozen.
///
/// What evaluation, replay and export know of a controller, whichever algorithm made it.
public struct Policy: Sendable {
  /// Observations to actions (before `isSquashed`).
  public let network: MLP
  /// Covers `network.parameters`.
  public let parameters: AlignedVector<Float>
  /// `nil` if the network takes raw observations.
  public let normalizer: RunningNormalizer?
  /// Whether actions are tanh of the network's outputs. Otherwise the environment clamps them to −1 … 1.
  public let isSquashed: Bool

  public init(
    network: MLP, parameters: AlignedVector<Float>, normalizer: RunningNormalizer?, isSquashed: Bool
  ) {
    precondition(
      normalizer.map { $0.elementCount == network.inputCount } ?? true, "a normaliser of another size than the network")
    self.network = network
    self.parameters = parameters
    self.normalizer = normalizer
    self.isSquashed = isSquashed
  }

  public var observationCount: Int { network.inputCount }
  public var actionCount: Int { network.outputCount }
}

/// The memory in which one thread evaluates a policy for a block of worlds. Allocates nothing after `init`.
public struct PolicyWorkspace: Sendable {
  public let policy: Policy
  private var workspace: MLPWorkspace<Float>
  private var squashed: AlignedVector<Float>

  /// - Parameter rowCapacity: most worlds of a block.
  public init(_ policy: Policy, rowCapacity: Int, instructionSet: InstructionSet) {
    self.policy = policy
    workspace = MLPWorkspace(
      policy.network, rowCapacity: rowCapacity, instructionSet: instructionSet, isForTraining: false)
    squashed = AlignedVector(zeros: policy.isSquashed ? rowCapacity * policy.actionCount : 0)
  }

  /// Writes the action of each row: [rows, observations] to [rows, actions].
  public mutating func act(_ observations: Span<Float>, into actions: inout MutableSpan<Float>) {
    let rows = observations.count / policy.observationCount
    precondition(
      actions.count == rows * policy.actionCount, "\(actions.count) numbers for the actions of \(rows) worlds")
    Self.prepare(observations, policy.normalizer, into: &workspace.inputs)
    workspace.forward(rows: rows, parameters: policy.parameters)
    if policy.isSquashed {
      Activation.tanh.apply(to: workspace.outputs, into: &squashed, instructionSet: workspace.instructionSet)
      Self.copy(squashed.span, into: &actions)
    } else {
      Self.copy(workspace.outputs.span, into: &actions)
    }
  }

  private static func prepare(
    _ observations: Span<Float>, _ normalizer: RunningNormalizer?, into vector: inout AlignedVector<Float>
  ) {
    var inputs = vector.mutableSpan
    if let normalizer {
      normalizer.normalize(observations, into: &inputs)
    } else {
      for i in observations.indices { inputs[i] = observations[i] }
    }
  }

  private static func copy(_ source: Span<Float>, into target: inout MutableSpan<Float>) {
    for i in 0..<target.count { target[i] = source[i] }
  }
}

// MARK: - Keeping

extension Policy {
  /// `policy.*` as `MLP.tensors` names it, `policy.normalizer.*` if there is one, and `policy.shape`, JSON in bytes.
  ///
  /// These are enough to rebuild the policy without the algorithm that made it.
  public func tensors() throws -> [String: Tensor] {
    var tensors = network.tensors(parameters, prefix: "policy")
    if let normalizer { tensors.merge(normalizer.tensors(prefix: "policy.normalizer")) { first, _ in first } }
    tensors["policy.shape"] = try Tensor(
      encoding: Shape(
        layers: network.layers.map(\.outputs), inputs: observationCount, activation: network.layers[0].activation,
        normalizerLimit: normalizer?.limit, isSquashed: isSquashed,
        normalizesLayers: network.layers.contains { $0.normalization != nil }))
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
    /// Layer normalisation in the hidden layers; files of before it was possible have no word of it.
    var normalizesLayers: Bool?
  }

  /// Rebuilds a policy to the bit.
  ///
  /// - Parameters:
  ///   - file: what messages call the source.
  ///   - observations, actions: of the robot that it is to drive.
  public init(_ tensors: [String: Tensor], file: String, observations: Int, actions: Int) throws(InvalidInput) {
    let shape: Shape = try Tensor.decode("policy.shape", in: tensors, file: file)
    let limit = shape.normalizerLimit ?? 1
    guard shape.inputs == observations, shape.layers.last == actions, limit > 0, limit.isFinite,
      shape.layers.allSatisfy({ $0 > 0 && $0 <= 1 << 20 })
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'policy.shape'",
          found: "\(shape.inputs) observations, layers \(shape.layers)",
          allowed: "\(observations) observations and \(actions) actions",
          remedy: "The policy belongs to another robot or scenario."))
    }
    let network = MLP(
      inputs: shape.inputs, hidden: Array(shape.layers.dropLast()), outputs: actions, activation: shape.activation,
      layerNormalization: shape.normalizesLayers ?? false)
    var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
    try network.read(tensors, prefix: "policy", file: file, into: &parameters)
    var normalizer: RunningNormalizer?
    if shape.normalizerLimit != nil {
      var read = RunningNormalizer(elementCount: observations, limit: limit)
      try read.read(tensors, prefix: "policy.normalizer", file: file)
      read.isFrozen = true
      normalizer = read
    }
    self.init(network: network, parameters: parameters, normalizer: normalizer, isSquashed: shape.isSquashed)
  }
}
