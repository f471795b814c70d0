import PoiseCore
import PoiseEnvironments
public import PoiseNetworks

/// One or two action-value functions Q(o, a) with their target networks: the critics of DDPG, TD3 and SAC.
public struct Critics: Sendable {
  /// The networks from [observation | action] to Q. All of them share one parameter vector.
  public let networks: [MLP]
  /// θ^Q: the parameters of all networks.
  public var parameters: AlignedVector<Float>
  /// θ^Q′: the parameters of their target networks.
  public var target: AlignedVector<Float>
  /// The parameters that a mirror symmetry ties.
  let ties: TiedParameters?

  /// The columns of a network's inputs that are the observation.
  let observationColumns: Range<Int>
  /// The columns of a network's inputs that are the action.
  let actionColumns: Range<Int>

  /// Makes the networks with drawn initial weights; the target networks start as copies.
  ///
  /// - Parameters:
  ///   - count: 1, or 2 for twins.
  ///   - observations: floats of an observation.
  ///   - actions: floats of an action.
  ///   - hidden: widths of the hidden layers.
  ///   - activation: after each hidden layer.
  ///   - layerNormalization: whether hidden layers are normalised before their activation.
  ///   - output: how the last layer is drawn.
  ///   - symmetry: makes Q(M o, M′ a) = Q(o, a) hold by tied weights; `nil` for networks without ties.
  ///   - random: a stream of purpose `.weights`.
  init(
    count: Int, observations: Int, actions: Int, hidden: [Int], activation: Activation, layerNormalization: Bool,
    output: Initializer, symmetry: MirrorSymmetry?, using random: inout RandomStream
  ) {
    var networks: [MLP] = []
    for _ in 0..<count {
      networks.append(
        MLP(
          inputs: observations + actions, hidden: hidden, outputs: 1, activation: activation,
          layerNormalization: layerNormalization, firstParameter: networks.last?.parameters.upperBound ?? 0))
    }
    self.networks = networks
    parameters = AlignedVector(zeros: networks.last?.parameters.upperBound ?? 0)
    for network in networks {
      network.initialize(&parameters, hidden: .inverseRootFanIn, output: output, using: &random)
    }
    if let symmetry {
      var ties = TiedParameters()
      for network in networks {
        ties.tie(network, inputs: symmetry.observations + symmetry.actions, outputs: .identity(count: 1))
        ties.tieDrawn(&parameters, of: network)
      }
      self.ties = ties
    } else {
      ties = nil
    }
    target = parameters
    observationColumns = 0..<observations
    actionColumns = observations..<observations + actions
  }

  // MARK: Checkpointing

  /// The tensors `critic1.*`, `critic1_target.*`, and those of `critic2`.
  func tensors() -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (i, network) in networks.enumerated() {
      tensors.merge(network.tensors(parameters, prefix: "critic\(i + 1)")) { first, _ in first }
      tensors.merge(network.tensors(target, prefix: "critic\(i + 1)_target")) { first, _ in first }
    }
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit; throws `InvalidInput` with what does not fit.
  mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    for (i, network) in networks.enumerated() {
      try network.read(tensors, prefix: "critic\(i + 1)", file: file, into: &parameters)
      try network.read(tensors, prefix: "critic\(i + 1)_target", file: file, into: &target)
    }
  }
}
