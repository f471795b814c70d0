import Foundation
import PoiseAlgorithms
public import PoiseControl
import PoiseCore
import PoiseExperiments
import PoiseNetworks
public import PoiseTraining
import SwiftProtobuf
import PoiseTasks
public import PoiseScenarios

/// The deterministic policy as an ONNX model: raw observations in, actuator controls out. Without a robot, controls are the actions.
///
///     observation [batch, observations] → (x − mean) · scale, clipped → dense layers → tanh, or clipped to −1 … 1
///       → center + halfWidth · action = action [batch, actions], in the units of MJCF's `ctrl`
///
/// A categorical policy has two outputs: the layers' `logits` [batch, choices], unnormalised log-probabilities (of a learner of action values,
/// its Q), and `action` [batch], int64: the index of the largest of them, of equal ones the first.
///
/// All else is float32, and operators are those of set 17, which every ONNX runtime since 2022 has. Metadata says what the
/// numbers mean.
public struct PolicyGraph {
  private var model = ONNXModelProto()
  private var graph = ONNXGraphProto()
  /// Name of the tensor that the next node reads.
  private var current = "observation"

  /// IR version 8 and operator set 17 of July 2022.
  private static let intermediateVersion: Int64 = 8
  private static let operatorSet: Int64 = 17

  /// Builds the graph of a run's policy.
  ///
  /// - Parameter run: the trained run, with or without a robot.
  /// - Throws: `InvalidInput` for a policy whose actions are none of `gaussian`, `deterministic`, `squashedGaussian` and `categorical`.
  public init(_ run: TrainedRun) throws {
    try self.init(
      run.policy, PolicyDescription(run), run.scenario, place: run.folder.path,
      document: "trained by \(run.folder.description.algorithm) with seed \(run.folder.description.seed)")
  }

  /// Builds the graph of a designed law, `lqr` or `pd`: one dense layer.
  ///
  /// - Parameters:
  ///   - scenario: the scenario, which must have a robot.
  ///   - baseline: the law.
  /// - Throws: `InvalidInput` as `LoadedScenario.affinePolicy`.
  public init(_ scenario: LoadedScenario, _ baseline: BaselineController) throws {
    let policy = try scenario.affinePolicy(of: baseline)
    let description = PolicyDescription(
      scenario, algorithm: baseline.rawValue, instructionSet: .baseline)
    try self.init(
      policy, description, scenario, place: scenario.path,
      document: "the law of \(baseline.rawValue), designed and not trained")
  }

  private init(
    _ policy: Policy, _ description: PolicyDescription, _ scenario: LoadedScenario, place: String, document: String
  ) throws {
    guard [.gaussian, .deterministic, .squashedGaussian, .categorical].contains(policy.distribution) else {
      throw InvalidInput(
        Problem(
          file: place, found: "a policy whose actions are of the kind \(policy.distribution.rawValue)",
          allowed: "gaussian, deterministic, squashedGaussian or categorical, which the graph can represent"))
    }
    graph.name = "\(description.scenario)-\(description.algorithm)"
    graph.input = [Self.tensor("observation", policy.observationCount, "raw observations")]
    if let normalizer = policy.normalizer { add(normalizer) }
    for (index, layer) in policy.network.layers.enumerated() {
      let isLast = index == policy.network.layers.count - 1
      let outputs = isLast && policy.distribution == .squashedGaussian ? policy.actionCount : layer.outputs
      add(layer, index, policy.parameters, outputs: outputs)
    }
    if policy.distribution == .categorical {
      addChoice(
        among: policy.network.outputCount,
        meaning: description.algorithm == DQN.name ? "action values Q" : "unnormalised log-probabilities of the actions"
      )
    } else {
      if policy.distribution.isSquashed {
        add("Tanh")
      } else {
        add("Clip", [constant("least", [-1], shape: []), constant("most", [1], shape: [])])
      }
      add("Mul", [constant("half_width", description.actions.map { Float($0.halfWidth) })])
      add("Add", [constant("center", description.actions.map { Float($0.center) })], output: "action")
      let meaning = scenario.robot == nil ? "actions, -1 to 1" : "controls of the actuators, MJCF ctrl"
      graph.output = [Self.tensor("action", policy.actionCount, meaning)]
    }

    model.irVersion = Self.intermediateVersion
    model.opsetImport = [.with { $0.version = Self.operatorSet }]
    model.producerName = "poise"
    model.producerVersion = PoiseVersion.current
    model.docString = "Policy for \(description.scenario), \(document)."
    model.graph = graph
    model.metadataProps = try Self.properties(description)
  }

  /// Writes the model's file, completely or not at all; throws `InputOutputError`.
  public func write(to path: String) throws {
    let file = try WholeFile(path)
    try file.write([UInt8](try model.serializedData()))
    try file.commit()
  }

  // MARK: Parts

  /// The logits as they are, and the index of the largest.
  private mutating func addChoice(among count: Int, meaning: String) {
    add("Identity", output: "logits")
    add(
      "ArgMax",
      attributes: [
        .with { ($0.name, $0.type, $0.i) = ("axis", .int, 1) },
        .with { ($0.name, $0.type, $0.i) = ("keepdims", .int, 0) },
      ], output: "action")
    var action = Self.tensor("action", 1, "index of the chosen action, in the order of action_choices")
    action.type.tensorType.elemType = Int32(ONNXTensorProto.DataType.int64.rawValue)
    action.type.tensorType.shape.dim.removeLast()
    graph.output = [action, Self.tensor("logits", count, meaning)]
  }

  /// (x − mean) · scale, clipped to ± limit.
  private mutating func add(_ normalizer: RunningNormalizer) {
    let elements = (0..<normalizer.elementCount).map(normalizer.normalization)
    add("Sub", [constant("observation_mean", elements.map(\.mean))])
    add("Mul", [constant("observation_scale", elements.map(\.scale))])
    let limit = Float(normalizer.limit)
    add("Clip", [constant("observation_least", [-limit], shape: []), constant("observation_most", [limit], shape: [])])
  }

  /// activation(x W + b), or activation(norm(x W + b)), of the first outputs.
  private mutating func add(_ layer: DenseLayer, _ index: Int, _ parameters: AlignedVector<Float>, outputs: Int) {
    func slice(_ range: Range<Int>) -> [Float] { range.map { parameters[$0] } }
    let weights = layer.weights.filter { ($0 - layer.weights.lowerBound) % layer.outputs < outputs }
    add(
      "Gemm",
      [
        constant("layer_\(index)_weights", weights.map { parameters[$0] }, shape: [layer.inputs, outputs]),
        constant("layer_\(index)_biases", slice(layer.biases.prefix(outputs))),
      ])
    if let normalization = layer.normalization {
      add(
        "LayerNormalization",
        [
          constant("layer_\(index)_gains", slice(normalization.gains)),
          constant("layer_\(index)_offsets", slice(normalization.offsets)),
        ],
        attributes: [
          .with { ($0.name, $0.type, $0.f) = ("epsilon", .float, Float(DenseLayer.Normalization.epsilon)) }
        ])
    }
    switch layer.activation {
    case .identity: break
    case .tanh: add("Tanh")
    case .relu: add("Relu")
    case .elu: add("Elu")
    case .silu:
      let input = current
      add("Sigmoid")
      add("Mul", [input])
    }
  }

  /// A node that reads `current` and the given tensors; its output is `current` afterwards.
  private mutating func add(
    _ kind: String, _ inputs: [String] = [], attributes: [ONNXAttributeProto] = [], output: String? = nil
  ) {
    var node = ONNXNodeProto()
    node.opType = kind
    node.name = "\(kind)_\(graph.node.count)"
    node.input = [current] + inputs
    node.attribute = attributes
    current = output ?? "x\(graph.node.count)"
    node.output = [current]
    graph.node.append(node)
  }

  /// A constant tensor, one-dimensional unless its shape is given.
  ///
  /// - Returns: its name.
  private mutating func constant(_ name: String, _ values: [Float], shape: [Int]? = nil) -> String {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = (shape ?? [values.count]).map { Int64($0) }
    tensor.dataType = Int32(ONNXTensorProto.DataType.float.rawValue)
    var bytes: [UInt8] = []
    for value in values { bytes.append(littleEndian: value.bitPattern) }
    tensor.rawData = Data(bytes)
    graph.initializer.append(tensor)
    return name
  }

  /// float32 [batch, count].
  private static func tensor(_ name: String, _ count: Int, _ text: String) -> ONNXValueInfoProto {
    var info = ONNXValueInfoProto()
    info.name = name
    info.docString = text
    info.type.tensorType.elemType = Int32(ONNXTensorProto.DataType.float.rawValue)
    info.type.tensorType.shape.dim = [.with { $0.dimParam = "batch" }, .with { $0.dimValue = Int64(count) }]
    return info
  }

  /// The metadata as texts; lists are JSON arrays in the order of the tensors' elements.
  private static func properties(_ description: PolicyDescription) throws -> [ONNXStringStringEntryProto] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    func list(_ values: some Encodable) throws -> String { String(decoding: try encoder.encode(values), as: UTF8.self) }
    var pairs: [(String, String)] = []
    if let choices = description.choices {
      pairs = [("action_choices", try list(choices.map(\.name)))]
      let controls = choices.compactMap(\.controls)
      if !controls.isEmpty { pairs.append(("action_controls", try list(controls))) }
    }
    let joints = description.actions.compactMap(\.joint)
    if description.model != nil { pairs.append(("action_joints", try list(joints))) }
    if let model = description.model { pairs.append(("model", model)) }
    if let seconds = description.controlTimeStepSeconds { pairs.append(("control_time_step_seconds", "\(seconds)")) }
    pairs += [
      ("action_names", try list(description.actions.map(\.name))),
      ("action_units", try list(description.actions.map(\.unit))),
      ("algorithm", description.algorithm), ("checkpoint", description.checkpoint),
      ("checkpoint_sha256", description.checkpointSha256),
      ("instruction_set", description.instructionSet),
      ("observation_names", try list(description.observations.map(\.name))),
      ("observation_units", try list(description.observations.map(\.unit))),
      ("poise_version", description.poiseVersion), ("scenario", description.scenario),
      ("scenario_sha256", description.scenarioSha256), ("training_seed", "\(description.trainingSeed)"),
    ]
    return pairs.map { key, value in .with { ($0.key, $0.value) = (key, value) } }
  }
}
