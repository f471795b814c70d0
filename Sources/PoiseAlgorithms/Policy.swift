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
    precondition(actions.count == rows * policy.actionCount, "\(actions.count) numbers for the actions of \(rows) worlds")
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
