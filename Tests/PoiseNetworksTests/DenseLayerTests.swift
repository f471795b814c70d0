import Foundation
import PoiseCore
import Testing

@testable import PoiseNetworks

@Suite("Dense layers")
struct DenseLayerTests {
  /// (rows, inputs, outputs): vector widths, one less and one more, single rows and columns, our real shapes.
  static let shapes: [(Int, Int, Int)] = [
    (1, 1, 1), (1, 60, 64), (2, 3, 5), (3, 16, 16), (5, 17, 33), (7, 31, 15), (8, 64, 1), (9, 1, 8), (13, 8, 1),
    (16, 20, 49), (21, 76, 64), (33, 5, 2), (64, 60, 64), (100, 64, 16), (6, 130, 257),
  ]

  /// One layer without an activation, against the sum written out.
  @Test(
    "give xW + b, xᵀdz, Σdz and dzWᵀ as written out, for every instruction set and shape",
    arguments: InstructionSet.supported)
  func agreesWithNaiveLoops(set: InstructionSet) {
    var random = testStream(1)
    for (rows, inputs, outputs) in Self.shapes {
      check(Float.self, rows, inputs, outputs, set, tolerance: 2e-6, using: &random)
      check(Double.self, rows, inputs, outputs, set, tolerance: 2e-15, using: &random)
    }
  }

  func check<S: NetworkScalar>(
    _: S.Type, _ rows: Int, _ inputs: Int, _ outputs: Int, _ set: InstructionSet, tolerance: Double,
    using random: inout RandomStream
  ) {
    let network = MLP(inputs: inputs, hidden: [], outputs: outputs, activation: .tanh)
    let layer = network.layers[0]
    let parameters: AlignedVector<S> = normalVector(network.parameters.count, using: &random)
    var workspace = MLPWorkspace<S>(network, rowCapacity: rows, instructionSet: set)
    workspace.inputs = normalVector(rows * inputs, using: &random)
    workspace.outputGradients = normalVector(rows * outputs, using: &random)
    let x = workspace.inputs
    let dz = workspace.outputGradients
    var gradients = AlignedVector<S>(zeros: network.parameters.count)
    workspace.forward(rows: rows, parameters: parameters)
    workspace.backward(rows: rows, parameters: parameters, into: &gradients, inputColumns: 0..<inputs)

    func w(_ i: Int, _ o: Int) -> Double { Double(parameters[layer.weights.lowerBound + i * outputs + o]) }
    var worst = 0.0
    // Differences are measured against the sum of magnitudes, the scale of the rounding.
    func compare(_ value: S, _ terms: [Double]) {
      let scale = terms.reduce(0) { $0 + abs($1) }
      worst = max(worst, abs(Double(value) - terms.reduce(0, +)) / max(scale, 1e-30))
    }
    for r in 0..<rows {
      for o in 0..<outputs {
        let terms = (0..<inputs).map { Double(x[r * inputs + $0]) * w($0, o) }
        compare(workspace.outputs[r * outputs + o], terms + [Double(parameters[layer.biases.lowerBound + o])])
      }
      for i in 0..<inputs {
        compare(workspace.inputGradients[r * inputs + i], (0..<outputs).map { Double(dz[r * outputs + $0]) * w(i, $0) })
      }
    }
    for o in 0..<outputs {
      for i in 0..<inputs {
        compare(
          gradients[layer.weights.lowerBound + i * outputs + o],
          (0..<rows).map { Double(x[$0 * inputs + i]) * Double(dz[$0 * outputs + o]) })
      }
      compare(gradients[layer.biases.lowerBound + o], (0..<rows).map { Double(dz[$0 * outputs + o]) })
    }
    #expect(worst < tolerance, "\(S.self) \(rows) × \(inputs) → \(outputs) on \(set)")
  }

  @Test(
    "give a row the same bits whatever its neighbours, its place and the number of rows",
    arguments: InstructionSet.supported)
  func rowsAreIndependent(set: InstructionSet) {
    var random = testStream(2)
    for (hidden, outputs, activation, norm) in [
      ([64, 64], 16, Activation.tanh, false), ([64, 64], 1, .tanh, false), ([37, 22], 5, .elu, false),
      ([256, 256], 16, .relu, false), ([48], 3, .silu, true), ([], 1, .tanh, false),
    ] {
      let network = MLP(
        inputs: 60, hidden: hidden, outputs: outputs, activation: activation, outputActivation: .tanh,
        layerNormalization: norm)
      var parameters = AlignedVector<Float>(zeros: network.parameters.count)
      network.initialize(&parameters, hidden: .fanIn(gain: 1), output: .fanIn(gain: 1), using: &random)
      let row: AlignedVector<Float> = normalVector(60, using: &random)
      var single = MLPWorkspace<Float>(network, rowCapacity: 1, instructionSet: set, isForTraining: false)
      single.inputs = row
      single.forward(rows: 1, parameters: parameters)
      let expected = Array(single.outputs).map(\.bitPattern)
      for rows in [2, 3, 5, 8, 13, 21, 64, 67] {
        var block = MLPWorkspace<Float>(network, rowCapacity: rows, instructionSet: set, isForTraining: false)
        for place in Set([0, 1, rows / 2, rows - 1]).sorted() {
          block.inputs = normalVector(rows * 60, using: &random)
          for i in 0..<60 { block.inputs[place * 60 + i] = row[i] }
          block.forward(rows: rows, parameters: parameters)
          let found = (0..<outputs).map { block.outputs[place * outputs + $0].bitPattern }
          #expect(found == expected, "row \(place) of \(rows), \(hidden) → \(outputs), \(activation), \(set)")
          // A neighbour that is not finite must not matter either.
          let neighbour = (place + 1) % rows
          block.inputs[neighbour * 60 + 7] = .nan
          block.forward(rows: rows, parameters: parameters)
          let beside = (0..<outputs).map { block.outputs[place * outputs + $0].bitPattern }
          #expect(beside == expected, "row \(place) of \(rows) beside NaN, \(hidden) → \(outputs), \(set)")
        }
      }
    }
  }

  @Test("agree between instruction sets within float rounding")
  func instructionSetsAgree() {
    for activation in Activation.allCases {
      for norm in [false, true] {
        let network = MLP(
          inputs: 60, hidden: [64, 64], outputs: 16, activation: activation, layerNormalization: norm)
        var outcomes: [([Float], [Float])] = []
        for set in InstructionSet.supported {
          var random = testStream(3)
          var parameters = AlignedVector<Float>(zeros: network.parameters.count)
          network.initialize(&parameters, hidden: .orthogonal(gain: 1), output: .orthogonal(gain: 1), using: &random)
          var workspace = MLPWorkspace<Float>(network, rowCapacity: 50, instructionSet: set)
          workspace.inputs = normalVector(50 * 60, using: &random)
          workspace.outputGradients = normalVector(50 * 16, using: &random)
          var gradients = AlignedVector<Float>(zeros: network.parameters.count)
          workspace.forward(rows: 50, parameters: parameters)
          workspace.backward(rows: 50, parameters: parameters, into: &gradients)
          outcomes.append((Array(workspace.outputs), Array(gradients)))
        }
        for other in outcomes.dropFirst() {
          #expect(worstRelativeDifference(outcomes[0].0, other.0, floor: 1) < 5e-6, "outputs, \(activation), \(norm)")
          #expect(
            worstRelativeDifference(outcomes[0].1, other.1, floor: 10) < 5e-6, "gradients, \(activation), \(norm)")
        }
      }
    }
  }
}

@Suite("Activations")
struct ActivationTests {
  /// Error in units in the last place of the correct result.
  static func worstError(
    _ activation: Activation, over inputs: [Float], _ set: InstructionSet, _ exact: (Double) -> Double
  ) -> Double {
    var result = AlignedVector<Float>(zeros: inputs.count)
    activation.apply(to: AlignedVector(inputs), into: &result, instructionSet: set)
    var worst = 0.0
    for (i, x) in inputs.enumerated() {
      let wanted = exact(Double(x))
      worst = max(worst, abs(Double(result[i]) - wanted) / Double(max(Float(abs(wanted)), .leastNormalMagnitude).ulp))
    }
    return worst
  }

  static let grid: [Float] =
    stride(from: -30, through: 30, by: 0.000_37).map { Float($0) }
    + (0..<2_000).map { Float(pow(10, -30 + Double($0) * 0.0155)) }
    + (0..<2_000).map { -Float(pow(10, -30 + Double($0) * 0.0155)) }

  @Test("give tanh within 6 units in the last place, never beyond ±1", arguments: InstructionSet.supported)
  func tanhIsAccurate(set: InstructionSet) {
    #expect(Self.worstError(.tanh, over: Self.grid, set) { tanh($0) } <= 6)
    var result = AlignedVector<Float>(zeros: Self.grid.count)
    Activation.tanh.apply(to: AlignedVector(Self.grid), into: &result, instructionSet: set)
    #expect(Array(result).allSatisfy { abs($0) <= 1 })
  }

  @Test("give SiLU within 8 and ELU within 12 units in the last place", arguments: InstructionSet.supported)
  func siluAndELUAreAccurate(set: InstructionSet) {
    #expect(Self.worstError(.silu, over: Self.grid, set) { $0 / (1 + exp(-$0)) } <= 8)
    #expect(Self.worstError(.elu, over: Self.grid, set) { $0 < 0 ? expm1($0) : $0 } <= 12)
  }

  @Test("give the same bits for an element wherever it stands in a vector", arguments: InstructionSet.supported)
  func placeDoesNotMatter(set: InstructionSet) {
    for activation in Activation.allCases {
      for count in [1, 3, 15, 16, 17, 40] {
        let values = (0..<count).map { Float($0) * 0.3 - 4 }
        var all = AlignedVector<Float>(zeros: count)
        activation.apply(to: AlignedVector(values), into: &all, instructionSet: set)
        for (i, value) in values.enumerated() {
          var one = AlignedVector<Float>(zeros: 1)
          activation.apply(to: AlignedVector([value]), into: &one, instructionSet: set)
          #expect(one[0].bitPattern == all[i].bitPattern, "\(activation)(\(value)) at \(i) of \(count), \(set)")
        }
      }
    }
  }

  @Test("have slopes that agree with finite differences", arguments: InstructionSet.supported)
  func slopes(set: InstructionSet) {
    for activation in Activation.allCases where activation != .silu {
      let z = AlignedVector<Double>((0..<37).map { Double($0) * 0.21 - 4.05 })
      func apply(_ z: AlignedVector<Double>) -> AlignedVector<Double> {
        var y = AlignedVector<Double>(zeros: z.count)
        activation.apply(to: z, into: &y, instructionSet: set)
        return y
      }
      var gradients = AlignedVector<Double>(Array(repeating: 1, count: 37))
      activation.backpropagate(throughOutputs: apply(z), gradients: &gradients, instructionSet: set)
      for i in 0..<37 {
        let numeric = centralDifference(i, of: z) { apply($0)[i] }
        #expect(abs(numeric - gradients[i]) < 1e-8, "\(activation) at \(z[i]) on \(set)")
      }
    }
  }

  @Test("let NaN through and take infinities", arguments: InstructionSet.supported)
  func specialValues(set: InstructionSet) {
    for activation in Activation.allCases {
      var result = AlignedVector<Float>(zeros: 3)
      activation.apply(to: AlignedVector([.nan, .infinity, -.infinity]), into: &result, instructionSet: set)
      #expect(result[0].isNaN, "\(activation) on \(set)")
      #expect(result[1] == (activation == .tanh ? 1 : .infinity), "\(activation) on \(set)")
      let atMinusInfinity: Float =
        activation == .identity ? -.infinity : (activation == .tanh || activation == .elu ? -1 : 0)
      // SiLU(−∞) is −∞ · 0 by the formula: not a number, and no training survives that far.
      if activation != .silu { #expect(result[2] == atMinusInfinity, "\(activation) on \(set)") }
    }
  }
}
