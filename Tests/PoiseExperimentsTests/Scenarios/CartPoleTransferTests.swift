import Dispatch
import Foundation
import PoiseCore
import PoiseEnvironments
@testable import PoiseExperiments
import PoiseNetworks
import PoiseONNX
import PoiseScenarios
import PoiseTasks
import PoiseTraining
import TestSupport
import Testing

@Suite("Policies go from our cart-pole to Gymnasium's and back")
struct CartPoleTransferTests {
  private static func scenario(_ overrides: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/cartpole-left-right.yaml", overrides: overrides)
  }

  /// What `Golden/gymnasium_policy.py` wrote.
  private struct Golden: Decodable {
    /// Right where Σ w · (x, ẋ, θ, θ̇) > 0.
    var weights: [Double]
    var meanLengthThere: Double
  }

  @Test("one that was trained there holds for 500 steps here, in each of 100 episodes")
  func fromThere() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/gymnasium-cartpole-policy.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    let task = try Self.scenario().requireRobot(for: "this test").task
    let environment = try TaskEnvironment(task, seed: 1, purpose: .evaluation, detail: .full)
    var observation = [Float](repeating: 0, count: 4)
    var lengths: [Int] = []
    for _ in 0..<100 {
      var span = observation.mutableSpan
      environment.reset(into: &span)
      while environment.ending == .running {
        // Ours: x, θ, ẋ, θ̇.
        let theirs = [span[0], span[2], span[1], span[3]].map { Double($0) }
        let isRight = zip(golden.weights, theirs).reduce(0) { $0 + $1.0 * $1.1 } > 0
        let outcome = environment.step([isRight ? 1 : 0].span, into: &span)
        #expect(outcome.reward == 1)
        // Gymnasium's own conditions.
        let state = environment.snapshot.jointPositions
        let isLost = abs(state[0]) > 2.4 || abs(state[1]) > 12 * 2 * .pi / 360
        #expect((outcome.ending == .terminated) == isLost)
      }
      lengths.append(environment.summary.steps)
    }
    print(
      "cart-pole | trained in Gymnasium (\(golden.meanLengthThere) steps there) | steps here \(lengths.min() ?? 0) to \(lengths.max() ?? 0)"
    )
    #expect(lengths.allSatisfy { $0 == 500 })
  }

  @Test(
    "one that was trained here until it reached its goal holds there: at least 475 steps in the mean of 100 episodes",
    .enabled(if: Python.has("numpy", "onnxruntime", "gymnasium")))
  func fromHere() throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try TrainingRun(
      Self.scenario(), seed: 1, folder: "\(scratch.path)/run", threads: 2, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
    #expect(try run.run() == .goalReached)
    let path = "\(scratch.path)/policy.onnx"
    try PolicyGraph(TrainedRun("\(scratch.path)/run")).write(to: path)
    let told = try Python.run(
      """
      import sys, numpy, gymnasium, onnxruntime
      session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
      environment = gymnasium.make('CartPole-v1')
      lengths = []
      for seed in range(100):
          o, _ = environment.reset(seed=seed)
          steps, over = 0, False
          while not over:
              action = session.run(['action'], {'observation': o[None, [0, 2, 1, 3]].astype(numpy.float32)})[0]
              o, _, terminated, truncated, _ = environment.step(int(action[0]))
              steps, over = steps + 1, terminated or truncated
          lengths.append(steps)
      print(numpy.mean(lengths), min(lengths))
      """, [path])
    print("cart-pole | trained here, seed 1 | steps in Gymnasium, mean and least of 100: \(told)", terminator: "")
    let mean = try #require(told.split(separator: " ").first.flatMap { Double($0) })
    #expect(mean >= 475)
  }
}
