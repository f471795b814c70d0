/// One dense layer of a network: y = activation(x W + b), or activation(norm(x W + b)) with layer normalisation.
public struct DenseLayer: Hashable, Sendable {
  public let inputs: Int
  public let outputs: Int
  public let activation: Activation
  /// Where W stands in the parameter vector; shape [inputs, outputs], row-major (PyTorch's `Linear.weight` transposed).
  public let weights: Range<Int>
  /// Where b stands; shape [outputs].
  public let biases: Range<Int>
  /// Layer normalisation's gain and offset, each [outputs]; `nil` without. Source: Ba, Kiros and Hinton 2016, eq. 4.
  public let normalization: Normalization?

  public struct Normalization: Hashable, Sendable {
    public let gains: Range<Int>
    public let offsets: Range<Int>
    /// Added to the variance, as PyTorch does.
    public static let epsilon = 1e-5
  }
}

/// A multilayer perceptron: shapes, and where its parameters stand in a flat vector. It owns no memory.
///
/// Parameters, gradients and moments are `AlignedVector`s of `parameters.upperBound` elements or more. Several networks
/// (actor, critic) may share one vector, so that one optimizer step serves all: let the next start at
/// `parameters.upperBound` of the one before. Each matrix starts on a cache line; the gaps between hold zeros that no
/// kernel touches.
public struct MLP: Hashable, Sendable {
  public let layers: [DenseLayer]
  /// The elements of the parameter vector that belong to this network, gaps included.
  public let parameters: Range<Int>

  /// - Parameters:
  ///   - inputs: elements of one observation.
  ///   - hidden: widths of the hidden layers; may be empty.
  ///   - outputs: elements of one output.
  ///   - activation: after each hidden layer.
  ///   - outputActivation: after the last layer.
  ///   - layerNormalization: normalises each hidden layer before its activation.
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

  public var inputCount: Int { layers[0].inputs }
  public var outputCount: Int { layers[layers.count - 1].outputs }

  /// Multiply–adds of one row's forward pass, products only.
  public var multiplyAddCount: Int { layers.reduce(0) { $0 + $1.inputs * $1.outputs } }

  /// Numbers that can be trained, gaps not counted.
  public var trainableCount: Int {
    layers.reduce(0) { $0 + $1.weights.count + $1.biases.count + ($1.normalization == nil ? 0 : 2 * $1.outputs) }
  }
}

/// The next multiple of 16 elements: 64 bytes of floats.
func roundedToCacheLine(_ count: Int) -> Int { (count + 15) & ~15 }
