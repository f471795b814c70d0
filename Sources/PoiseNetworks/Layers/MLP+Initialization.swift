public import PoiseCore

/// How the initial weights and biases of a layer are drawn.
public enum Initializer: Hashable, Sendable {
  /// `gain` times a random matrix with orthonormal rows or columns, uniformly distributed; biases are 0.
  /// Source: Saxe, McClelland and Ganguli 2014, section 3.
  case orthogonal(gain: Double)
  /// Uniform in ± gain √(3 / inputs), variance gain² / inputs; biases are 0. Source: He et al. 2015, eq. 10, uniform.
  case fanIn(gain: Double)
  /// Uniform in ± 1 / √inputs, biases too. Source: Lillicrap et al. 2016, section 7 (and PyTorch's default).
  case inverseRootFanIn
  /// Uniform in ± `bound`, biases too: for final layers that start near zero. Source: Lillicrap et al. 2016, section 7.
  case uniform(bound: Double)
}

extension MLP {
  /// Draws all parameters of this network: hidden layers by `hidden`, the last by `output`; normalisation gains are 1.
  ///
  /// - Parameters:
  ///   - parameters: the vector that holds this network's parameters; other elements are not changed.
  ///   - hidden: the initializer of all layers but the last.
  ///   - output: the initializer of the last layer.
  ///   - firstLayer: the index of the first layer that is drawn; earlier layers, such as a shared trunk, are not changed.
  ///   - random: the stream to draw from.
  public func initialize<Scalar>(
    _ parameters: inout AlignedVector<Scalar>, hidden: Initializer, output: Initializer, from firstLayer: Int = 0,
    using random: inout RandomStream
  ) {
    precondition(
      parameters.count >= self.parameters.upperBound,
      "a vector of \(parameters.count) elements for a network that ends at \(self.parameters.upperBound)")
    var values = parameters.mutableSpan
    for (i, layer) in layers.enumerated().dropFirst(firstLayer) {
      let initializer = i == layers.count - 1 ? output : hidden
      var weightBound: Double?
      var biasBound = 0.0
      switch initializer {
      case .orthogonal(let gain):
        let matrix = orthogonalMatrix(rows: layer.inputs, columns: layer.outputs, using: &random)
        for k in layer.weights { values[k] = Scalar(gain * matrix[k - layer.weights.lowerBound]) }
      case .fanIn(let gain):
        weightBound = gain * (3 / Double(layer.inputs)).squareRoot()
      case .inverseRootFanIn:
        biasBound = 1 / Double(layer.inputs).squareRoot()
        weightBound = biasBound
      case .uniform(let bound):
        (weightBound, biasBound) = (bound, bound)
      }
      if let weightBound {
        for k in layer.weights { values[k] = Scalar(random.uniform(in: -weightBound...weightBound)) }
      }
      for k in layer.biases { values[k] = biasBound == 0 ? 0 : Scalar(random.uniform(in: -biasBound...biasBound)) }
      if let norm = layer.normalization {
        for k in norm.gains { values[k] = 1 }
        for k in norm.offsets { values[k] = 0 }
      }
    }
  }
}

/// A random matrix [rows, columns], row-major, with orthonormal rows or columns, whichever are fewer.
///
/// Gram–Schmidt on Gaussian vectors, with two orthogonalisations of each vector (Giraud, Langou and Rozložník 2005:
/// twice is enough). The diagonal of R is positive, which makes the result uniform (Mezzadri 2007, section 5).
private func orthogonalMatrix(rows: Int, columns: Int, using random: inout RandomStream) -> [Double] {
  let count = min(rows, columns)
  let length = max(rows, columns)
  var vectors = [Double](repeating: 0, count: count * length)
  for i in 0..<count {
    let start = i * length
    for k in 0..<length { vectors[start + k] = random.normal() }
    for _ in 0..<2 {
      for j in 0..<i {
        var dot = 0.0
        for k in 0..<length { dot += vectors[start + k] * vectors[j * length + k] }
        for k in 0..<length { vectors[start + k] -= dot * vectors[j * length + k] }
      }
    }
    var square = 0.0
    for k in 0..<length { square += vectors[start + k] * vectors[start + k] }
    let scale = 1 / square.squareRoot()
    for k in 0..<length { vectors[start + k] *= scale }
  }
  guard rows > columns else { return vectors }
  var transposed = [Double](repeating: 0, count: rows * columns)
  for i in 0..<count { for k in 0..<length { transposed[k * columns + i] = vectors[i * length + k] } }
  return transposed
}
