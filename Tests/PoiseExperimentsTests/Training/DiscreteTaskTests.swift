import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseControl
import PoiseCore
import PoiseEnvironments
@testable import PoiseExperiments
import PoiseNetworks
@testable import PoiseONNX
@testable import PoiseScenarios
@testable import PoiseTasks
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("A robot with discrete actions")
struct DiscreteTaskTests {
  typealias Scratch = TrainingRunTests.Scratch

  /// The cart-pole with two actions, in small: 12 iterations of 128 steps, two evaluations.
  private static func scenario(_ more: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/cartpole-left-right.yaml",
      overrides: [
        "ppo.worlds=4", "ppo.blockSize=2", "ppo.rolloutLength=32", "ppo.epochs=4", "ppo.minibatchSize=64",
        "training.stepLimit=1536", "training.evaluationInterval=768", "training.stopsAtGoal=false",
        "evaluation.tuningEpisodes=6",
      ] + more)
  }

  private static func begin(_ path: String, threads: Int = 1, _ more: [String] = []) throws -> TrainingRun {
    try TrainingRun(
      scenario(more), seed: 5, folder: path, threads: threads, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
  }

  private static func trained(in scratch: Scratch, _ algorithm: String = "ppo") throws -> TrainedRun {
    _ = try begin("\(scratch.path)/run", ["training.algorithm=\(algorithm)"]).run()
    return try TrainedRun("\(scratch.path)/run")
  }

  @Test(
    "trains to the same bits for any number of threads, and stopped and resumed, with a mirror and without",
    arguments: [[], ["ppo.mirrorSymmetry=null"], ["ppo.objective=penalized"]])
  func bits(_ more: [String]) throws {
    let scratch = Scratch()
    #expect(try Self.begin("\(scratch.path)/one", more).run() == .stepLimitReached)
    let one = try TrainingRunTests.results("\(scratch.path)/one")
    _ = try Self.begin("\(scratch.path)/two", threads: 2, more).run()
    TrainingRunTests.expectEqual(one, try TrainingRunTests.results("\(scratch.path)/two"), "2 threads")
    let path = "\(scratch.path)/parts"
    var ending = try Self.begin(path, more).run(stopSignal: TrainingRunTests.stop(after: 150))
    var stops = 0
    while ending == .interrupted(signal: SIGINT), stops < 50 {
      stops += 1
      ending = try TrainingRunTests.resume(path, threads: 1 + stops % 2).run(
        stopSignal: TrainingRunTests.stop(after: 200 + 400 * stops))
    }
    #expect(stops >= 2 && ending == .stepLimitReached)
    TrainingRunTests.expectEqual(one, try TrainingRunTests.results(path), "after \(stops) interruptions")
  }

  @Test("the policy's mean length is a metric, and a mirror makes the network's two choices each other's image")
  func evaluates() throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch)
    #expect(run.policy.distribution == .categorical && run.policy.actionCount == 1)
    let evaluation = Evaluation(run.scenario, episodes: 5, seed: 3, instructionSet: run.instructionSet)
    let pool = WorkerPool(threadCount: 1)
    let result = try evaluation.run(run.controller, pool: pool)
    // +1 a step: the return is the length.
    #expect(try #require(result[.episodeLength]) == result.return.mean && result.return.mean >= 5)
    #expect(run.scenario.baselines == [.random])
    let random = try evaluation.run(.baseline(.random), pool: pool)
    #expect(
      (10...40).contains(random.return.mean), "Gymnasium's random agent lives for 22 steps: \(random.return.mean)")
    for baseline in [BaselineController.zero, .hold] {
      let error = #expect(throws: InvalidInput.self) {
        try EpisodePlayer(run.scenario, .baseline(baseline), seed: 1, instructionSet: .baseline)
      }
      #expect(error?.description.contains("cannot act here: actions that are one of left, right; allowed") == true)
      #expect(error?.description.contains("here random, plan") == true)
    }
    var workspace = PolicyWorkspace(run.policy, rowCapacity: 1, instructionSet: .baseline)
    func act(_ observation: [Float]) -> Float {
      var action: [Float] = [-1]
      var span = action.mutableSpan
      workspace.act(observation.span, into: &span)
      return action[0]
    }
    var noise = RandomStream(seed: 3, purpose: .testing)
    for _ in 0..<200 {
      let observation = (0..<4).map { _ in Float(noise.normal()) }
      #expect(act(observation) + act(observation.map { -$0 }) == 1)
    }
  }

  @Test("an algorithm that cannot choose is refused before anything is made, and both sides are named")
  func refusal() throws {
    let scratch = Scratch()
    for algorithm in ["ddpg", "td3"] {
      let error = #expect(throws: InvalidInput.self) {
        try Self.begin("\(scratch.path)/run", ["training.algorithm=\(algorithm)"])
      }
      let text = error?.description ?? ""
      #expect(
        text.contains(
          "'\(algorithm)', which takes actions of the kind box, but 'cartpole-left-right' has discrete actions"),
        "\(text)")
      #expect(text.contains("allowed one that can: ") && text.contains("ppo"), "\(text)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/run"))
    let smooth = #expect(throws: InvalidInput.self) {
      try Self.scenario(["ppo.smoothnessCoefficient=0.1"]).checkAlgorithm()
    }
    #expect(smooth?.description.contains("smoothnessCoefficient, which choices cannot have") == true)
  }

  @Test("a trajectory tells the name of each action and repeats from it to the bit; another name is found")
  func trajectories() throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch)
    let path = "\(scratch.path)/t.csv"
    for controller in [run.controller, .baseline(.random)] {
      let player = try EpisodePlayer(run.scenario, controller, seed: 8, instructionSet: run.instructionSet)
      let recorder = try TrajectoryRecorder(path, player)
      for episode in 0..<3 { try recorder.record(episode) }
      try recorder.commit()
      let reader = try TrajectoryReader(path, model: player.task.model)
      #expect(reader.columns.contains("action") && reader.columns.contains("slider_action"))
      while let row = try reader.next() {
        #expect((row.moment.choice == nil) == (row.moment.step == 0))
        if let choice = row.moment.choice { #expect(row.moment.actions == [choice == "left" ? -1 : 1]) }
      }
      #expect(try Resimulation(path).difference == nil)
    }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var lines = text.components(separatedBy: "\n")
    lines[3] =
      lines[3].contains(",left,")
      ? lines[3].replacing(",left,", with: ",right,") : lines[3].replacing(",right,", with: ",left,")
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try Resimulation(path).difference?.line == 4)
    lines[3] = lines[3].replacing(",left,", with: ",up,").replacing(",right,", with: ",up,")
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let error = #expect(throws: InvalidInput.self) { try Resimulation(path) }
    #expect(error?.description.contains("the action 'up'; allowed one of left, right") == true)
  }

  @Test("numpy.load gives the indices of the actions as int64", .enabled(if: Python.has("numpy")))
  func arrays() throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch)
    let path = "\(scratch.path)/episodes.npz"
    let archive = try EpisodeArchive(path, run: run, seed: 8)
    let summary = try archive.record(0)
    try archive.commit()
    let told = try Python.run(
      """
      import json, sys, numpy
      data = numpy.load(sys.argv[1])
      about = json.loads(data['metadata.json'])
      assert [(c['name'], c['controls']) for c in about['choices']] == [('left', [-10]), ('right', [10])], about
      a, o, r = (data[f'episode_0/{name}'] for name in ('actions', 'observations', 'rewards'))
      assert a.dtype == numpy.int64 and a.shape == r.shape and set(a.tolist()) <= {0, 1}
      # The first push already tells on the cart: h F/(M + m) and more.
      assert ((numpy.diff(o[:, 2]) > 0) == (a == 1)).all()
      print(len(a))
      """, [path])
    #expect(told == "\(summary.steps)\n")
  }

  @Test(
    "the ONNX model gives our choices as int64, and logits whose largest they are, over 1,000 observations",
    .enabled(if: Python.has("numpy", "onnx", "onnxruntime")), arguments: ["ppo", "reinforce", "a2c", "a3c", "grpo"])
  func onnx(_ algorithm: String) throws {
    let scratch = Scratch()
    let run = try Self.trained(in: scratch, algorithm)
    let (model, data) = ("\(scratch.path)/policy.onnx", "\(scratch.path)/samples.npz")
    try PolicyGraph(run).write(to: model)
    var random = RandomStream(seed: 9, purpose: .testing)
    let rows = (0..<4000).map { _ in Float(random.normal()) }
    var workspace = PolicyWorkspace(run.policy, rowCapacity: 1000, instructionSet: run.instructionSet)
    var actions = [Float](repeating: 0, count: 1000)
    var span = actions.mutableSpan
    workspace.act(rows.span, into: &span)
    var zip = try ZipWriter(data)
    try zip.add("observations.npy", NumPyArray(rows, shape: [1000, 4]).bytes)
    try zip.add("actions.npy", NumPyArray(actions.map { Int64($0) }, shape: [1000]).bytes)
    try zip.commit()
    let told = try Python.run(
      """
      import json, sys, numpy, onnx, onnxruntime
      model = onnx.load(sys.argv[1])
      onnx.checker.check_model(model, full_check=True)
      data = numpy.load(sys.argv[2])
      session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
      assert [(o.name, o.type) for o in session.get_outputs()] == [('action', 'tensor(int64)'), ('logits', 'tensor(float)')]
      action, logits = session.run(['action', 'logits'], {'observation': data['observations']})
      assert action.dtype == numpy.int64 and action.shape == (1000,) and logits.shape == (1000, 2)
      assert (logits.argmax(1) == action).all()
      one, _ = session.run(['action', 'logits'], {'observation': data['observations'][:1]})
      assert one.shape == (1,)
      about = {p.key: p.value for p in model.metadata_props}
      assert json.loads(about['action_choices']) == ['left', 'right'] and json.loads(about['action_controls']) == [[-10], [10]]
      # Where the logits are as good as equal, the last bit decides.
      clear = abs(logits[:, 0] - logits[:, 1]) > 1e-6
      print((action != data['actions'])[clear].sum(), clear.sum() > 900, 0 < action.mean() < 1)
      """, [model, data])
    #expect(told == "0 True True\n")
  }
}
