import PoiseCore
import Testing

@testable import PoiseNetworks

@Suite("Gradients of networks")
struct MLPGradientTests {
  static let networks: [MLP] = Activation.allCases.flatMap { activation in
    [
      MLP(inputs: 5, hidden: [9, 7], outputs: 3, activation: activation, outputActivation: activation),
      MLP(inputs: 5, hidden: [9, 7], outputs: 2, activation: activation, layerNormalization: true),
      MLP(inputs: 4, hidden: [18], outputs: 1, activation: activation, outputActivation: .tanh, firstParameter: 5),
    ]
  }

  @Test(
    "agree with finite differences in double precision for every activation, with and without normalisation",
    arguments: InstructionSet.supported)
  func finiteDifferences(set: InstructionSet) {
    for network in Self.networks {
      var random = testStream(5)
      let rows = 6
      var parameters: AlignedVector<Double> = AlignedVector(zeros: network.parameters.upperBound)
      network.initialize(&parameters, hidden: .fanIn(gain: 1.2), output: .fanIn(gain: 1), using: &random)
      for layer in network.layers {
        for i in layer.biases { parameters[i] = 0.3 * random.normal() }
        for i in layer.normalization.map({ Array($0.gains) + Array($0.offsets) }) ?? [] {
          parameters[i] += 0.3 * random.normal()
        }
      }
      let inputs: AlignedVector<Double> = normalVector(rows * network.inputCount, using: &random)
      let weights: AlignedVector<Double> = normalVector(rows * network.outputCount, using: &random)
      var workspace = MLPWorkspace<Double>(network, rowCapacity: rows, instructionSet: set)
      // L = Σ weights ⊙ outputs
      func loss(_ parameters: AlignedVector<Double>, _ inputs: AlignedVector<Double>) -> Double {
        workspace.inputs = inputs
        workspace.forward(rows: rows, parameters: parameters)
        return zip(Array(workspace.outputs), Array(weights)).reduce(0) { $0 + $1.0 * $1.1 }
      }
      _ = loss(parameters, inputs)
      var gradients = AlignedVector<Double>(zeros: parameters.count)
      workspace.outputGradients = weights
      workspace.backward(rows: rows, parameters: parameters, into: &gradients, inputColumns: 1..<network.inputCount)
      let inputGradients = Array(workspace.inputGradients)

      var worst = 0.0
      for i in network.parameters {
        let numeric = centralDifference(i, of: parameters) { loss($0, inputs) }
        worst = max(worst, abs(numeric - gradients[i]) / max(abs(numeric), 1e-3))
      }
      #expect(worst < 1e-4, "parameters, \(network) on \(set)")
      worst = 0
      let columns = network.inputCount - 1
      for r in 0..<rows {
        for c in 0..<columns {
          let numeric = centralDifference(r * network.inputCount + 1 + c, of: inputs) { loss(parameters, $0) }
          worst = max(worst, abs(numeric - inputGradients[r * columns + c]) / max(abs(numeric), 1e-3))
        }
      }
      #expect(worst < 1e-4, "inputs, \(network) on \(set)")
    }
  }

  @Test("of inputs alone are those of the whole pass, and accumulation adds")
  func variantsOfBackward() {
    for norm in [false, true] {
      var random = testStream(6)
      let network = MLP(inputs: 20, hidden: [32, 16], outputs: 3, activation: .silu, layerNormalization: norm)
      var parameters = AlignedVector<Float>(zeros: network.parameters.count)
      network.initialize(&parameters, hidden: .orthogonal(gain: 1), output: .orthogonal(gain: 1), using: &random)
      var workspace = MLPWorkspace<Float>(network, rowCapacity: 10, instructionSet: .baseline)
      workspace.inputs = normalVector(200, using: &random)
      let outer: AlignedVector<Float> = normalVector(30, using: &random)
      workspace.forward(rows: 10, parameters: parameters)
      workspace.outputGradients = outer
      var once = AlignedVector<Float>(zeros: parameters.count)
      workspace.backward(rows: 10, parameters: parameters, into: &once, inputColumns: 4..<9)
      let inputGradients = workspace.inputGradients
      workspace.outputGradients = outer
      workspace.backwardToInputs(rows: 10, parameters: parameters, inputColumns: 4..<9)
      #expect(workspace.inputGradients.hasSameBits(as: inputGradients))
      var twice = once
      workspace.outputGradients = outer
      workspace.backward(rows: 10, parameters: parameters, into: &twice, accumulates: true)
      #expect(worstRelativeDifference(Array(once).map { 2 * $0 }, Array(twice), floor: 1) < 1e-6)
    }
  }

  @Test("touch only the elements of their own network")
  func neighboursInTheVectorAreLeftAlone() {
    var random = testStream(7)
    let actor = MLP(inputs: 3, hidden: [5], outputs: 2, activation: .tanh)
    let critic = MLP(inputs: 3, hidden: [7], outputs: 1, activation: .tanh, firstParameter: actor.parameters.upperBound)
    #expect(actor.parameters.upperBound <= critic.parameters.lowerBound)
    #expect(critic.layers.allSatisfy { $0.weights.lowerBound.isMultiple(of: 16) })
    let parameters: AlignedVector<Float> = normalVector(critic.parameters.upperBound, using: &random)
    var gradients = AlignedVector<Float>(Array(repeating: 9, count: critic.parameters.upperBound))
    var workspace = MLPWorkspace<Float>(critic, rowCapacity: 4, instructionSet: .baseline)
    workspace.inputs = normalVector(12, using: &random)
    workspace.outputGradients = normalVector(4, using: &random)
    workspace.forward(rows: 4, parameters: parameters)
    workspace.backward(rows: 4, parameters: parameters, into: &gradients)
    #expect(actor.parameters.allSatisfy { gradients[$0] == 9 })
    #expect(critic.layers[0].weights.contains { gradients[$0] != 9 })
  }
}

@Suite("Networks against PyTorch")
struct GoldenNetworkTests {
  static let cases: [(name: String, network: MLP)] = [
    ("tanh", MLP(inputs: 7, hidden: [64, 64], outputs: 3, activation: .tanh)),
    ("relu", MLP(inputs: 60, hidden: [64, 64], outputs: 16, activation: .relu, outputActivation: .tanh)),
    ("elu", MLP(inputs: 5, hidden: [24, 17], outputs: 1, activation: .elu)),
    ("silu", MLP(inputs: 12, hidden: [40, 32], outputs: 6, activation: .silu, outputActivation: .tanh)),
    ("norm_tanh", MLP(inputs: 9, hidden: [48, 33], outputs: 4, activation: .tanh, layerNormalization: true)),
    (
      "norm_silu",
      MLP(
        inputs: 9, hidden: [32, 32], outputs: 1, activation: .silu, outputActivation: .tanh, layerNormalization: true)
    ),
    ("linear", MLP(inputs: 10, hidden: [], outputs: 4, activation: .tanh)),
  ]

  @Test("give the same outputs and gradients", arguments: InstructionSet.supported)
  func outputsAndGradients(set: InstructionSet) throws {
    let golden = try goldenFile()
    func doubles(_ name: String) throws -> [Double] { try #require(golden.tensors[name]?.doubles) }
    for (name, network) in Self.cases {
      var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
      try network.read(golden.tensors, prefix: "\(name).net", file: "golden", into: &parameters)
      let inputs = try #require(golden.tensors["\(name).inputs"]?.floats)
      let rows = inputs.count / network.inputCount
      var workspace = MLPWorkspace<Float>(network, rowCapacity: rows, instructionSet: set)
      workspace.inputs = AlignedVector(inputs)
      workspace.outputGradients = AlignedVector(try #require(golden.tensors["\(name).output_gradients"]?.floats))
      workspace.forward(rows: rows, parameters: parameters)
      var gradients = AlignedVector<Float>(zeros: parameters.count)
      workspace.backward(
        rows: rows, parameters: parameters, into: &gradients, inputColumns: 0..<network.inputCount)
      #expect(
        worstRelativeDifference(Array(workspace.outputs), try doubles("\(name).outputs"), floor: 0.1) < 2e-5, "\(name)")
      #expect(
        worstRelativeDifference(Array(workspace.inputGradients), try doubles("\(name).input_gradients"), floor: 0.1)
          < 5e-5,
        "\(name)")
      for (key, tensor) in network.tensors(gradients, prefix: "\(name).grad") {
        let wanted = try #require(golden.tensors[key], "\(key)")
        #expect(wanted.shape == tensor.shape, "\(key)")
        let found = try #require(tensor.floats)
        #expect(worstRelativeDifference(found, try doubles(key), floor: 0.1) < 5e-5, "\(key) on \(set)")
      }
    }
  }
}

@Suite("Initialisation")
struct InitializationTests {
  @Test(
    "orthogonal: the shorter side is orthonormal times the gain, biases are zero",
    arguments: [(12, 30), (30, 12), (16, 16)])
  func orthogonal(inputs: Int, outputs: Int) {
    var random = testStream(8)
    let network = MLP(inputs: inputs, hidden: [], outputs: outputs, activation: .tanh)
    var p = AlignedVector<Double>(zeros: network.parameters.count)
    network.initialize(&p, hidden: .orthogonal(gain: 1), output: .orthogonal(gain: 0.5), using: &random)
    let count = min(inputs, outputs)
    for a in 0..<count {
      for b in 0..<count {
        let dot = (0..<max(inputs, outputs)).reduce(0.0) { sum, k in
          inputs < outputs
            ? sum + p[a * outputs + k] * p[b * outputs + k] : sum + p[k * outputs + a] * p[k * outputs + b]
        }
        #expect(abs(dot - (a == b ? 0.25 : 0)) < 1e-12)
      }
    }
    #expect(network.layers[0].biases.allSatisfy { p[$0] == 0 })
  }

  @Test("fan-in: uniform with variance gain² / inputs; the bounded ones stay in their bounds")
  func bounds() {
    var random = testStream(9)
    let network = MLP(inputs: 50, hidden: [80], outputs: 40, activation: .relu, layerNormalization: true)
    var p = AlignedVector<Float>(zeros: network.parameters.count)
    network.initialize(&p, hidden: .fanIn(gain: 2), output: .uniform(bound: 3e-3), using: &random)
    let hidden = network.layers[0]
    let variance = hidden.weights.reduce(0.0) { $0 + Double(p[$1]) * Double(p[$1]) } / Double(hidden.weights.count)
    #expect(abs(variance / (4.0 / 50) - 1) < 0.05)
    #expect(hidden.biases.allSatisfy { p[$0] == 0 })
    #expect(hidden.normalization?.gains.allSatisfy { p[$0] == 1 } == true)
    let last = network.layers[1]
    #expect((Array(last.weights) + Array(last.biases)).allSatisfy { abs(p[$0]) <= 3e-3 && p[$0] != 0 })
    network.initialize(&p, hidden: .inverseRootFanIn, output: .inverseRootFanIn, using: &random)
    #expect(hidden.weights.allSatisfy { abs(p[$0]) <= Float(1 / 50.0.squareRoot()) })
    #expect(hidden.biases.contains { p[$0] != 0 })
  }

  @Test("repeats to the bit with the same stream")
  func repeats() {
    let network = MLP(inputs: 10, hidden: [20], outputs: 5, activation: .tanh)
    func draw(_ index: Int) -> AlignedVector<Float> {
      var random = testStream(index)
      var p = AlignedVector<Float>(zeros: network.parameters.count)
      network.initialize(&p, hidden: .orthogonal(gain: 1), output: .fanIn(gain: 1), using: &random)
      return p
    }
    #expect(draw(1).hasSameBits(as: draw(1)))
    #expect(!draw(1).hasSameBits(as: draw(2)))
  }
}
