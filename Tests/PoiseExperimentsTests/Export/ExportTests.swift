import Foundation
import PoiseAlgorithms
import PoiseCore
@testable import PoiseExperiments
import PoiseNetworks
import PoiseONNX
@testable import PoiseScenarios
import PoiseTasks
@testable import PoiseTraining
import TestSupport
import Testing
import PoiseEnvironments

@Suite("Exports")
struct ExportTests {
  typealias Scratch = TrainingRunTests.Scratch

  /// A short training, and its folder.
  static func trained(in scratch: Scratch, _ algorithm: String = "ppo") throws -> TrainedRun {
    _ = try TrainingRunTests.begin("\(scratch.path)/run", ["training.algorithm=\(algorithm)"]).run()
    return try TrainedRun("\(scratch.path)/run")
  }

  // MARK: ZIP

  @Test("the checksum of ZIP is CRC-32")
  func checksum() {
    // Check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
    #expect(CRC32.ethernet.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
  }

  @Test("an archive is what Python's zipfile reads, also beyond 65,535 entries", .enabled(if: Python.has("zipfile")))
  func zip() throws {
    let scratch = Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    for count in [0, 3, 70_000] {
      let path = "\(scratch.path)/\(count).zip"
      var zip = try ZipWriter(path)
      for i in 0..<count { try zip.add("entry é \(i)", Array("content \(i)".utf8)) }
      try zip.commit()
      let told = try Python.run(
        """
        import sys, zipfile
        archive = zipfile.ZipFile(sys.argv[1])
        assert archive.testzip() is None
        names = archive.namelist()
        assert all(archive.read(n).decode() == n.replace('entry é', 'content') for n in names[::997])
        print(len(names))
        """, [path])
      #expect(told == "\(count)\n")
    }
  }

  /// Six gigabytes that take no room: a hole before the archive's own bytes.
  @Test("an archive beyond 4 GiB is read too", .enabled(if: Python.has("zipfile")))
  func largeZip() throws {
    let scratch = Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    let path = "\(scratch.path)/large.zip"
    var zip = try ZipWriter(path, prefix: 6 << 30)
    try zip.add("first", Array("content".utf8))
    try zip.add("second", [])
    try zip.commit()
    let bytes = try Data(contentsOf: URL(filePath: path))
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: 6 << 30)
    try file.seekToEnd()
    try file.write(contentsOf: bytes)
    try file.close()
    let told = try Python.run(
      """
      import sys, zipfile
      archive = zipfile.ZipFile(sys.argv[1])
      assert archive.testzip() is None
      print(archive.namelist(), archive.read('first'), archive.infolist()[1].header_offset >> 30)
      """, [path])
    #expect(told == "['first', 'second'] b'content' 6\n")
  }

  // MARK: NumPy

  @Test("numpy.load gives the episodes with the right types and numbers", .enabled(if: Python.has("numpy")))
  func episodes() throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch)
    let path = "\(scratch.path)/episodes.npz"
    let archive = try EpisodeArchive(path, run: run, seed: 8)
    let summaries = try (0..<3).map { try archive.record($0) }
    try archive.commit()
    let told = try Python.run(
      """
      import json, sys, numpy
      data = numpy.load(sys.argv[1])
      about = json.loads(data['metadata.json'])
      assert [e['name'] for e in about['observations']] == ['hinge_cosine', 'hinge_sine', 'hinge_velocity'], about
      assert about['seed'] == 8 and about['actions'][0]['half_width'] == 2 and about['actions'][0]['unit'] == 'N·m'
      for k in range(3):
          o, a, r, d, t = (data[f'episode_{k}/{name}'] for name in
              ('observations', 'actions', 'rewards', 'terminations', 'truncations'))
          n = len(r)
          assert o.shape == (n + 1, 3) and o.dtype == numpy.float32
          assert a.shape == (n, 1) and a.dtype == numpy.float32 and abs(a).max() <= 1
          assert r.dtype == numpy.float64 and d.dtype == t.dtype == bool and d.shape == t.shape == (n,)
          assert not d[:-1].any() and not t[:-1].any() and (d[-1] != t[-1])
          assert numpy.allclose(o[:, 0] ** 2 + o[:, 1] ** 2, 1, atol=1e-6)
          print(n, repr(float(sum(r.tolist()))))
      """, [path])
    #expect(told == summaries.map { "\($0.steps) \($0.totalReward)\n" }.joined())
  }

  // MARK: ONNX

  /// 1,000 observations of real episodes and far beyond them, and our own actions in the actuators' units.
  private func samples(_ run: TrainedRun, _ path: String) throws {
    let (inputs, outputs) = (run.policy.observationCount, run.policy.actionCount)
    let player = try EpisodePlayer(run.scenario, run.controller, seed: 2, instructionSet: run.instructionSet)
    var rows: [Float] = []
    var episode = 0
    while rows.count < 700 * inputs {
      player.play(episode) { _ in rows += player.observation }
      episode += 1
    }
    rows.removeSubrange((700 * inputs)...)
    var random = RandomStream(seed: 9, purpose: .testing)
    while rows.count < 1000 * inputs { rows.append(Float(30 * random.normal())) }
    var workspace = PolicyWorkspace(run.policy, rowCapacity: 1000, instructionSet: run.instructionSet)
    var actions = [Float](repeating: 0, count: 1000 * outputs)
    var span = actions.mutableSpan
    workspace.act(rows.span, into: &span)
    let scaling = try run.scenario.requireRobot(for: "this test").task.actionScaling
    let controls = actions.enumerated().map { index, action in
      scaling[index % outputs].control(Double(min(1, max(-1, action))))
    }
    var zip = try ZipWriter(path)
    try zip.add("observations.npy", NumPyArray(rows, shape: [1000, inputs]).bytes)
    try zip.add("controls.npy", NumPyArray(controls, shape: [1000, outputs]).bytes)
    try zip.commit()
  }

  private static let comparison = """
    import json, sys, numpy, onnx, onnxruntime
    model = onnx.load(sys.argv[1])
    onnx.checker.check_model(model, full_check=True)
    data = numpy.load(sys.argv[2])
    session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
    (i,), (o,) = session.get_inputs(), session.get_outputs()
    assert (i.name, i.type, o.name, o.type) == ('observation', 'tensor(float)', 'action', 'tensor(float)')
    controls = session.run(['action'], {'observation': data['observations']})[0]
    one = session.run(['action'], {'observation': data['observations'][:1]})[0]
    assert one.shape == (1, controls.shape[1])
    about = {p.key: p.value for p in model.metadata_props}
    assert len(json.loads(about['observation_names'])) == len(json.loads(about['observation_units'])) == i.shape[1]
    assert len(json.loads(about['action_names'])) == len(json.loads(about['action_units'])) == o.shape[1]
    for key in ('scenario', 'training_seed', 'poise_version', 'algorithm', 'control_time_step_seconds'): assert about[key]
    print(numpy.abs(controls - data['controls']).max())
    """

  @Test(
    "the ONNX model passes onnx's checker, and onnxruntime gives our actions within 1e-5 over 1,000 observations",
    .enabled(if: Python.has("numpy", "onnx", "onnxruntime")), arguments: ["ppo", "a2c", "grpo"])
  func onnx(_ algorithm: String) throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch, algorithm)
    let (model, data) = ("\(scratch.path)/policy.onnx", "\(scratch.path)/samples.npz")
    try PolicyGraph(run).write(to: model)
    try samples(run, data)
    let error = try #require(Double(try Python.run(Self.comparison, [model, data]).trimmingCharacters(in: .newlines)))
    print("onnx | \(algorithm), pendulum, 1,000 observations | largest difference \(error) N·m")
    #expect(error <= 1e-5)
  }

  /// What no algorithm of today trains, but a checkpoint may hold.
  @Test(
    "so do networks of every activation, squashed or cut, with a normaliser and without",
    .enabled(if: Python.has("numpy", "onnx", "onnxruntime")), arguments: Activation.allCases, [false, true])
  func everyNetwork(activation: Activation, isSquashed: Bool) throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch)
    let network = MLP(
      inputs: 3, hidden: [24, 16], outputs: 1, activation: activation, layerNormalization: isSquashed)
    var random = RandomStream(seed: 5, purpose: .testing)
    var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
    for layer in network.layers {
      for i in Array(layer.weights) + Array(layer.biases) { parameters[i] = Float(0.4 * random.normal()) }
      if let normalization = layer.normalization {
        for i in normalization.gains { parameters[i] = Float(1 + 0.2 * random.normal()) }
        for i in normalization.offsets { parameters[i] = Float(0.2 * random.normal()) }
      }
    }
    let policy = Policy(
      network: network, parameters: parameters, normalizer: isSquashed ? nil : run.policy.normalizer,
      distribution: isSquashed ? .deterministic : .gaussian)
    let other = TrainedRun(run, with: policy)
    let (model, data) = ("\(scratch.path)/policy.onnx", "\(scratch.path)/samples.npz")
    try PolicyGraph(other).write(to: model)
    try samples(other, data)
    let error = try #require(Double(try Python.run(Self.comparison, [model, data]).trimmingCharacters(in: .newlines)))
    // Elu grows without bound on rows far out, so its last float digits do too; all is cut to ±2 N·m in the end.
    #expect(error <= 1e-5, "\(activation), squashed \(isSquashed): \(error)")
  }
}
