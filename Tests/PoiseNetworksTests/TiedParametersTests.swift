import PoiseCore
import Testing

@testable import PoiseNetworks

/// A network whose parameters are tied, and the reflections of its inputs and outputs.
private struct TiedNetwork {
  // Two inputs change places, two change places and signs, one changes its sign, one stays.
  static let inputs = Reflection(partners: [1, 0, 3, 2, 4, 5], signs: [1, 1, -1, -1, -1, 1])
  static let outputs = Reflection(partners: [1, 0, 2, 3], signs: [-1, -1, 1, -1])

  let network: MLP
  var ties = TiedParameters()
  var parameters: AlignedVector<Float>

  init(hidden: [Int], layerNormalization: Bool) {
    network = MLP(
      inputs: 6, hidden: hidden, outputs: 4, activation: .tanh, layerNormalization: layerNormalization)
    ties.tie(network, inputs: Self.inputs, outputs: Self.outputs)
    parameters = AlignedVector(zeros: network.parameters.upperBound)
    var random = testStream()
    network.initialize(&parameters, hidden: .fanIn(gain: 1), output: .fanIn(gain: 1), using: &random)
    // Biases too, which start at 0.
    for layer in network.layers { for i in layer.biases { parameters[i] = Float(random.normal()) } }
    ties.tieDrawn(&parameters, of: network)
  }

  func outputs(_ rows: [[Float]]) -> [[Float]] {
    var workspace = MLPWorkspace<Float>(network, rowCapacity: rows.count, instructionSet: .baseline)
    for (i, value) in rows.flatMap(\.self).enumerated() { workspace.inputs[i] = value }
    workspace.forward(rows: rows.count, parameters: parameters)
    return rows.indices.map { row in (0..<4).map { workspace.outputs[row * 4 + $0] } }
  }

  /// Gradients of Σ (weights · outputs) over the rows.
  func gradients(_ rows: [[Float]], weights: [[Float]]) -> AlignedVector<Float> {
    var workspace = MLPWorkspace<Float>(network, rowCapacity: rows.count, instructionSet: .baseline)
    for (i, value) in rows.flatMap(\.self).enumerated() { workspace.inputs[i] = value }
    workspace.forward(rows: rows.count, parameters: parameters)
    for (i, value) in weights.flatMap(\.self).enumerated() { workspace.outputGradients[i] = value }
    var gradients = AlignedVector<Float>(zeros: parameters.count)
    workspace.backward(rows: rows.count, parameters: parameters, into: &gradients)
    return gradients
  }

  static func rows(_ count: Int, _ width: Int, _ index: Int) -> [[Float]] {
    var random = testStream(index)
    return (0..<count).map { _ in (0..<width).map { _ in Float(random.normal()) } }
  }
}

@Suite("Tied parameters")
struct TiedParametersTests {
  @Test(
    "make the network of the mirror image the mirror image of the network", arguments: [[8], [7, 5], [16, 3, 6]],
    [false, true])
  func commutes(hidden: [Int], layerNormalization: Bool) {
    let tied = TiedNetwork(hidden: hidden, layerNormalization: layerNormalization)
    let rows = TiedNetwork.rows(20, 6, 1)
    let images = tied.outputs(rows.map(TiedNetwork.inputs.image))
    for (output, image) in zip(tied.outputs(rows), images) {
      #expect(worstRelativeDifference(TiedNetwork.outputs.image(of: output), image, floor: 1) < 1e-5)
    }
    // And not because it is constant.
    let outputs = tied.outputs(rows)
    #expect((0..<4).allSatisfy { column in abs(outputs[0][column] - outputs[1][column]) > 1e-3 })
  }

  @Test("averaged gradients are half of those of the rows and their images together", arguments: [[8], [7, 5]])
  func gradients(hidden: [Int]) {
    let tied = TiedNetwork(hidden: hidden, layerNormalization: true)
    let (rows, weights) = (TiedNetwork.rows(12, 6, 2), TiedNetwork.rows(12, 4, 3))
    var averaged = tied.gradients(rows, weights: weights)
    tied.ties.average(&averaged)
    let both = tied.gradients(
      rows + rows.map(TiedNetwork.inputs.image), weights: weights + weights.map(TiedNetwork.outputs.image))
    #expect(worstRelativeDifference(Array(averaged), Array(both).map { $0 / 2 }, floor: 1) < 1e-5)
  }

  @Test("stay tied to the bit through a hundred steps of Adam", arguments: InstructionSet.supported)
  func stayTied(instructionSet: InstructionSet) {
    var tied = TiedNetwork(hidden: [33, 18], layerNormalization: true)
    var adam = Adam<Float>(
      parameterCount: tied.parameters.count, settings: .init(), instructionSet: instructionSet)
    let drawn = tied.parameters
    for step in 0..<100 {
      var gradients = tied.gradients(
        TiedNetwork.rows(4, 6, 2 * step), weights: TiedNetwork.rows(4, 4, 2 * step + 1))
      tied.ties.average(&gradients)
      _ = adam.update(&tied.parameters, gradients: gradients, learningRate: 1e-2, loss: 0, maximumNorm: 1)
    }
    #expect(!tied.parameters.hasSameBits(as: drawn))
    for run in tied.ties.runs {
      for k in 0..<run.count {
        #expect(tied.parameters[run.first + k] == run.sign * tied.parameters[run.second + k])
      }
    }
    for i in tied.ties.zeros { #expect(tied.parameters[i] == 0) }
  }

  @Test("drawn weights keep their variance when they are tied")
  func variance() {
    var random = testStream()
    let network = MLP(inputs: 6, hidden: [256, 31], outputs: 4, activation: .tanh, layerNormalization: true)
    var ties = TiedParameters()
    ties.tie(network, inputs: TiedNetwork.inputs, outputs: TiedNetwork.outputs)
    var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
    network.initialize(&parameters, hidden: .fanIn(gain: 1), output: .fanIn(gain: 1), using: &random)
    func square(_ range: Range<Int>) -> Double {
      range.reduce(0) { $0 + Double(parameters[$1]) * Double(parameters[$1]) } / Double(range.count)
    }
    let before = network.layers.map { square($0.weights) }
    ties.tieDrawn(&parameters, of: network)
    for (layer, old) in zip(network.layers, before) { #expect(abs(square(layer.weights) / old - 1) < 0.1) }
    for norm in network.layers.compactMap(\.normalization) { #expect(norm.gains.allSatisfy { parameters[$0] == 1 }) }
  }

  private static func statistics(of rows: [[Float]]) -> RunningNormalizer {
    var normalizer = RunningNormalizer(elementCount: 6)
    let values = rows.flatMap(\.self)
    normalizer.observe(values.span)
    return normalizer
  }

  @Test("statistics that are symmetrised are those of the rows and their images")
  func statistics() {
    let rows = TiedNetwork.rows(50, 6, 4).map { row in row.enumerated().map { $1 * Float($0 + 1) + Float($0) } }
    var symmetric = RunningNormalizer(elementCount: 6)
    var both = RunningNormalizer(elementCount: 6)
    // In two parts, as rollouts come.
    for part in [rows[..<20], rows[20...]] {
      symmetric.merge(Self.statistics(of: Array(part)))
      symmetric.symmetrize(TiedNetwork.inputs)
      both.merge(Self.statistics(of: Array(part)))
      both.merge(Self.statistics(of: part.map(TiedNetwork.inputs.image)))
    }
    #expect(symmetric.count == 50 && both.count == 100)
    for i in 0..<6 {
      #expect(abs(symmetric.means[i] - both.means[i]) < 1e-10)
      #expect(abs(symmetric.variance(of: i) / both.variance(of: i) - 1) < 1e-10)
      // To the bit, so that the image of what is normalised is the normalised image.
      let (own, image) = (symmetric.normalization(of: i), symmetric.normalization(of: TiedNetwork.inputs.partners[i]))
      #expect(own.mean == Float(TiedNetwork.inputs.signs[i]) * image.mean && own.scale == image.scale)
    }
  }
}
