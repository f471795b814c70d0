public import PoiseCore

/// Parameters that are tied in pairs, equal up to a sign, so that networks commute with a reflection: f(M x) = M′ f(x).
///
/// Hidden units come in pairs, unit k with k + n/2, each the mirror image of the other: h(M x) is h(x) with its halves
/// exchanged. So a layer's weights consist of two repeated blocks, (A B / B A), and the network is an ordinary one of
/// the same shape, which its users need not treat differently. The last unit of an odd number is its own image and
/// cannot contribute to outputs that change their sign.
///
/// Weights stay tied if gradients are averaged with their images: that is the gradient over a minibatch and its mirror
/// image together, at the cost of one. Sources: Ravanbakhsh, Schneider and Póczos 2017, "Equivariance Through
/// Parameter-Sharing", for permutations; Abdolhosseini et al. 2019, "On Learning Symmetric Locomotion", for mirrored
/// policies. Signs follow from the reflections.
public struct TiedParameters: Hashable, Sendable {
  /// Elements first + k and second + k, k < count, are equal up to `sign`; first < second.
  struct Run: Hashable, Sendable {
    var first: Int
    var second: Int
    var count: Int
    var sign: Float
  }

  private(set) var runs: [Run] = []
  /// Elements that are tied to their own negatives: always 0.
  private(set) var zeros: [Int] = []

  /// No ties.
  public init() {}

  /// Ties a network whose inputs and outputs are reflected so.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - inputs: the reflection M of its inputs.
  ///   - outputs: the reflection M′ of its outputs.
  ///   - firstLayer: the index of the first layer that is tied; earlier layers are shared with a network that is tied already.
  public mutating func tie(_ network: MLP, inputs: Reflection, outputs: Reflection, from firstLayer: Int = 0) {
    precondition(
      inputs.count == network.inputCount && outputs.count == network.outputCount,
      "reflections of \(inputs.count) inputs and \(outputs.count) outputs for a network of \(network.inputCount) and \(network.outputCount)"
    )
    var rows = inputs
    for (i, layer) in network.layers.enumerated() {
      let columns = i == network.layers.count - 1 ? outputs : .halves(of: layer.outputs)
      defer { rows = columns }
      if i < firstLayer { continue }
      for row in 0..<layer.inputs {
        let image = layer.weights.lowerBound + rows.partners[row] * layer.outputs
        tie(layer.weights.lowerBound + row * layer.outputs, image, columns, rows.signs[row])
      }
      tie(layer.biases.lowerBound, layer.biases.lowerBound, columns, 1)
      if let norm = layer.normalization {
        tie(norm.gains.lowerBound, norm.gains.lowerBound, columns, 1)
        tie(norm.offsets.lowerBound, norm.offsets.lowerBound, columns, 1)
      }
    }
  }

  /// Ties the elements of a vector that the reflection permutes; signs are ignored.
  public mutating func tie(_ elements: Range<Int>, _ reflection: Reflection) {
    let swap = Reflection(partners: reflection.partners, signs: reflection.partners.map { _ in 1 })
    tie(elements.lowerBound, elements.lowerBound, swap, 1)
  }

  /// Ties element j from `start` on to element `columns.partners[j]` from `image` on.
  private mutating func tie(_ start: Int, _ image: Int, _ columns: Reflection, _ sign: Int) {
    for j in 0..<columns.count {
      let (first, second) = (start + j, image + columns.partners[j])
      let sign = Float(sign * columns.signs[j])
      if first == second, sign < 0 { zeros.append(first) }
      guard first < second else { continue }
      if let last = runs.last, last.first + last.count == first, last.second + last.count == second, last.sign == sign {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(first: first, second: second, count: 1, sign: sign))
      }
    }
  }

  /// Averages gradients with their images.
  public func average(_ gradients: inout AlignedVector<Float>) {
    combine(&gradients, in: 0..<gradients.count, scale: 0.5)
  }

  /// Ties weights and biases of a network that were drawn independently, without a change of their variance; orthogonal matrices are
  /// orthogonal no more. Gains and offsets start tied.
  ///
  /// - Parameters:
  ///   - parameters: the vector that holds the network's parameters.
  ///   - network: a network that `tie` was called with.
  ///   - firstLayer: as for `tie`.
  public func tieDrawn(_ parameters: inout AlignedVector<Float>, of network: MLP, from firstLayer: Int = 0) {
    for layer in network.layers.dropFirst(firstLayer) {
      combine(&parameters, in: layer.weights, scale: Float(0.5).squareRoot())
      combine(&parameters, in: layer.biases, scale: Float(0.5).squareRoot())
    }
  }

  /// Replaces both elements of each pair by `scale` times their sum, with their signs.
  private func combine(_ vector: inout AlignedVector<Float>, in range: Range<Int>, scale: Float) {
    for run in runs where range.contains(run.first) {
      vector.combine(run.first..<run.first + run.count, with: run.second, sign: run.sign, scale: scale)
    }
    var values = vector.mutableSpan
    for i in zeros where range.contains(i) { values[i] = 0 }
  }
}

extension Reflection {
  /// The reflection that exchanges element k with k + n/2; the last of an odd number stays.
  static func halves(of count: Int) -> Self {
    let half = count / 2
    return Self(
      partners: (0..<count).map { $0 < half ? $0 + half : ($0 < 2 * half ? $0 - half : $0) },
      signs: Array(repeating: 1, count: count))
  }
}
