import Foundation
import PoiseEnvironments
import PoiseNetworks

/// A box of so many numbers without bounds.
func box(_ count: Int) -> Space { Space((0..<count).map { .init(name: "x\($0)") }) }

/// A network's outputs for one input, in double and as plainly as can be: what gradients are held against.
func plainForward(_ network: MLP, _ p: [Double], _ input: [Double]) -> [Double] {
  var x = input
  for layer in network.layers {
    var z = (0..<layer.outputs).map { o in
      p[layer.biases.lowerBound + o]
        + (0..<layer.inputs).reduce(0.0) { $0 + x[$1] * p[layer.weights.lowerBound + $1 * layer.outputs + o] }
    }
    if let norm = layer.normalization {
      let mean = z.reduce(0, +) / Double(z.count)
      let variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(z.count)
      z = z.enumerated().map { i, value in
        p[norm.gains.lowerBound + i] * (value - mean) / (variance + 1e-5).squareRoot()
          + p[norm.offsets.lowerBound + i]
      }
    }
    switch layer.activation {
    case .tanh: x = z.map { tanh($0) }
    case .silu: x = z.map { $0 / (1 + exp(-$0)) }
    case .identity: x = z
    case .relu, .elu: preconditionFailure("not smooth enough for differences")
    }
  }
  return x
}

/// The largest difference between gradients and central differences of a loss, over all parameters.
func worstDifference(_ p: [Double], _ gradients: AlignedVector<Float>, _ loss: ([Double]) -> Double) -> Double {
  var worst = 0.0
  for k in p.indices {
    var moved = p
    moved[k] = p[k] + 1e-5
    let above = loss(moved)
    moved[k] = p[k] - 1e-5
    worst = max(worst, abs((above - loss(moved)) / 2e-5 - Double(gradients[k])))
  }
  return worst
}

/// A vector in double.
func doubles(_ vector: AlignedVector<Float>) -> [Double] { Array(vector).map(Double.init) }

/// The rows of a matrix in double, [rows, columns].
func doubleRows(_ matrix: AlignedVector<Float>, rows: Int, columns: Int) -> [[Double]] {
  (0..<rows).map { r in (0..<columns).map { Double(matrix[r * columns + $0]) } }
}
