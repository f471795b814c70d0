/// One dense layer of a network: y = activation(x W + b), or activation(norm(x W + b)) with layer normalisation.
public struct DenseLayer: Hashable, Sendable {
  /// The number of inputs.
  public let inputs: Int
  /// The number of outputs.
  public let outputs: Int
  /// The activation of the outputs.
  public let activation: Activation
  /// The elements of W in the parameter vector: shape [inputs, outputs], row-major (PyTorch's `Linear.weight`
  /// transposed).
  public let weights: Range<Int>
  /// The elements of b in the parameter vector: shape [outputs].
  public let biases: Range<Int>
  /// The parameters of layer normalisation; `nil` for a layer without it. Source: Ba, Kiros and Hinton 2016, eq. 4.
  public let normalization: Normalization?

  /// The parameters of layer normalisation.
  public struct Normalization: Hashable, Sendable {
    /// The elements of the gains in the parameter vector: shape [outputs].
    public let gains: Range<Int>
    /// The elements of the offsets in the parameter vector: shape [outputs].
    public let offsets: Range<Int>
    /// ε, added to the variance as in PyTorch.
    public static let epsilon = 1e-5
  }
}

/// A multilayer perceptron: the shapes of its layers, and the places of its parameters in a flat vector. It owns no
/// memory.
///
/// Parameters, gradients and moments are `AlignedVector`s of `parameters.upperBound` elements or more. Several networks
/// (actor, critic) may share one vector, so that one optimiser step updates all of them: the next network starts at
/// `parameters.upperBound` of the one before. Each matrix starts on a cache line; the gaps between them hold zeros that
/// no kernel changes.
public struct MLP: Hashable, Sendable {
  /// The layers, from the inputs to the outputs.
  public let layers: [DenseLayer]
  /// The elements of the parameter vector that belong to this network, gaps included.
  public let parameters: Range<Int>

  /// Makes a network of dense layers.
  ///
  /// - Parameters:
  ///   - inputs: the number of inputs.
  ///   - hidden: widths of the hidden layers; may be empty.
  ///   - outputs: the number of outputs.
  ///   - activation: the activation after each hidden layer.
  ///   - outputActivation: the activation after the last layer.
  ///   - layerNormalization: whether each hidden layer is normalised before its activation.
  ///   - firstParameter: where this network starts in the parameter vector; rounded up to a cache line.
  public init(
    inputs: Int, hidden: [Int], outputs: Int, activation: Activation, outputActivation: Activation = .identity,
    layerNormalization: Bool = false, firstParameter: Int = 0
  ) {
    precondition(
      inputs > 0 && outputs > 0 && hidden.allSatisfy { $0 > 0 },
      "layer widths must be positive, got \(inputs), \(hidden), \(outputs)")
    precondition(firstParameter >= 0, "first parameter \(firstParameter)")
    var next = roundedToCacheLine(firstParameter)
    let first = next
    func place(_ count: Int) -> Range<Int> {
      defer { next = roundedToCacheLine(next + count) }
      return next..<next + count
    }
    var layers: [DenseLayer] = []
    let widths = hidden + [outputs]
    for (i, width) in widths.enumerated() {
      let isLast = i == widths.count - 1
      let fanIn = i == 0 ? inputs : widths[i - 1]
      let weights = place(fanIn * width)
      let biases = place(width)
      let isNormalized = layerNormalization && !isLast
      let normalization =
        isNormalized ? DenseLayer.Normalization(gains: place(width), offsets: place(width)) : nil
      layers.append(
        DenseLayer(
          inputs: fanIn, outputs: width, activation: isLast ? outputActivation : activation, weights: weights,
          biases: biases, normalization: normalization))
    }
    self.layers = layers
    parameters = first..<next
  }

  /// A network that shares the hidden layers of another, its trunk, and has a last layer, a head, of its own.
  ///
  /// Where both run `backward`, the second one adds to what the first one wrote: the gradients of a trunk are the sum over its heads.
  ///
  /// - Parameters:
  ///   - trunk: has a hidden layer at least.
  ///   - outputs: of the head.
  ///   - firstParameter: where the head starts in the parameter vector; rounded up to a cache line. `parameters` are the head's alone.
  public init(sharingHiddenLayersOf trunk: MLP, outputs: Int, firstParameter: Int) {
    let width = trunk.layers[trunk.layers.count - 1].inputs
    let head = MLP(
      inputs: width, hidden: [], outputs: outputs, activation: .identity, firstParameter: firstParameter)
    layers = trunk.layers.dropLast() + head.layers
    parameters = head.parameters
  }

  /// The number of inputs.
  public var inputCount: Int { layers[0].inputs }
  /// The number of outputs.
  public var outputCount: Int { layers[layers.count - 1].outputs }

  /// The number of multiply–adds in the matrix products of one row's forward pass.
  public var multiplyAddCount: Int { layers.reduce(0) { $0 + $1.inputs * $1.outputs } }

  /// The number of trainable parameters, without gaps.
  public var trainableCount: Int {
    layers.reduce(0) { $0 + $1.weights.count + $1.biases.count + ($1.normalization == nil ? 0 : 2 * $1.outputs) }
  }
}

/// The next multiple of 16 elements: 64 bytes of floats.
func roundedToCacheLine(_ count: Int) -> Int { (count + 15) & ~15 }
