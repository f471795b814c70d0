internal import CDenseKernels

/// The nonlinearity after a dense layer, element by element.
public enum Activation: String, Sendable, Codable, CaseIterable {
  /// y = z
  case identity
  /// y = tanh z
  case tanh
  /// y = max(0, z)
  case relu
  /// y = z for z ≥ 0, eᶻ − 1 below. Source: Clevert, Unterthiner and Hochreiter 2016, eq. 15, α = 1.
  case elu
  /// y = z / (1 + e⁻ᶻ). Source: Elfwing, Uchibe and Doya 2018, eq. 3.
  case silu

  /// The activations for hidden layers, from which a scenario may choose.
  public static let hidden: [Activation] = [.tanh, .relu, .elu, .silu]

  /// The factor on weights that preserves the signal's variance through a layer. Source: He et al. 2015, eq. 10 for
  /// ReLU (used for ELU and SiLU too); PyTorch's `calculate_gain` for tanh.
  public var gain: Double {
    switch self {
    case .identity: 1
    case .tanh: 5.0 / 3.0
    case .relu, .elu, .silu: 2.0.squareRoot()
    }
  }

  var kernels: dk_activation {
    switch self {
    case .identity: dk_identity
    case .tanh: dk_tanh
    case .relu: dk_relu
    case .elu: dk_elu
    case .silu: dk_silu
    }
  }

  /// Writes y = activation(z) for every element, by the same kernels as in layers.
  public func apply<Scalar>(
    to vector: borrowing AlignedVector<Scalar>, into result: inout AlignedVector<Scalar>, instructionSet: InstructionSet
  ) {
    precondition(vector.count == result.count, "\(vector.count) elements into \(result.count)")
    Scalar.kernelTable.activate(instructionSet.kernels, vector.count, kernels, vector.start, result.mutableStart())
  }

  /// Multiplies gradients by the activation's derivative: ∂loss/∂y becomes ∂loss/∂z, for an activation outside a
  /// network.
  ///
  /// - Parameters:
  ///   - outputs: y = activation(z). SiLU's derivative is not a function of y, so SiLU is not allowed.
  ///   - gradients: ∂loss/∂y, replaced by ∂loss/∂z; of the size of `outputs`.
  ///   - instructionSet: the kernels.
  public func backpropagate<Scalar>(
    throughOutputs outputs: borrowing AlignedVector<Scalar>, gradients: inout AlignedVector<Scalar>,
    instructionSet: InstructionSet
  ) {
    precondition(self != .silu, "the derivative of SiLU is not a function of its output")
    precondition(outputs.count == gradients.count, "\(outputs.count) outputs, \(gradients.count) gradients")
    let start = gradients.mutableStart()
    Scalar.kernelTable.activationBackward(
      instructionSet.kernels, outputs.count, kernels, outputs.start, nil, start, start)
  }
}
