import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseFinite
import PoiseNetworks
import PoiseScenarios
@testable import PoiseTraining
import TestSupport
import Testing

@Suite("Training runs of learners with tables")
struct TabularRunTests {
  static let names = Algorithms.all.filter { $0.familyName == "tabular" }.map { $0.name }

  static func scenario(_ name: String, _ algorithm: String, _ more: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml",
      overrides: ["training.algorithm=\(algorithm)", "training.stopsAtGoal=false"] + more)
  }

  private static func begin(_ path: String, _ scenario: LoadedScenario, threads: Int = 1, seed: UInt64 = 5) throws
    -> TrainingRun
  {
    try TrainingRun(
      scenario, seed: seed, folder: path, threads: threads, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
  }

  /// 6000 actions on the slippery lake, evaluated three times.
  private static func small(_ algorithm: String) throws -> LoadedScenario {
    try scenario(
      "frozen-lake", algorithm,
      ["training.stepLimit=6000", "training.evaluationInterval=2500", "evaluation.tuningEpisodes=3"])
  }

  @Test("the same bits for 1 and 2 threads, and others for another seed", arguments: names)
  func threads(_ algorithm: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.small(algorithm)
    for threads in [1, 2] { _ = try Self.begin("\(scratch.path)/\(threads)", scenario, threads: threads).run() }
    let one = try TrainingRunTests.results("\(scratch.path)/1")
    TrainingRunTests.expectEqual(one, try TrainingRunTests.results("\(scratch.path)/2"), "2 threads")
    _ = try Self.begin("\(scratch.path)/other", scenario, seed: 6).run()
    #expect(try TrainingRunTests.results("\(scratch.path)/other")["progress.csv"] != one["progress.csv"])
  }

  @Test("interrupted at random points and gone on with, a run gives the same bits as at one go", arguments: names)
  func resuming(_ algorithm: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.small(algorithm)
    _ = try Self.begin("\(scratch.path)/whole", scenario).run()
    var random = RandomStream(seed: 12, purpose: .testing)
    let path = "\(scratch.path)/parts"
    var stops = 0
    // A portion of actions asks once, an evaluation some hundred times.
    var ending = try Self.begin(path, scenario).run(
      stopSignal: TrainingRunTests.stop(after: 1 + random.index(below: 6)))
    while ending == .interrupted(signal: SIGINT) {
      stops += 1
      let run = try TrainingRun(resuming: path, threads: 1 + stops % 2, beginning: 0)
      ending = try run.run(stopSignal: TrainingRunTests.stop(after: 320 + random.index(below: 100)))
    }
    #expect(ending == .stepLimitReached && stops > 0)
    TrainingRunTests.expectEqual(
      try TrainingRunTests.results("\(scratch.path)/whole"), try TrainingRunTests.results(path), "\(stops) stops")
  }

  @Test("an iteration is what the learner does by itself from the run's seed, and its row tells the distance to Q*")
  func agent() throws {
    let scenario = try Self.scenario("maze", "q-learning")
    let problem = try #require(scenario.problem)
    let trainer = try scenario.makeTrainer(seed: 3, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    var agent = TabularAgent(
      QLearning(scenario.settings.algorithms[QLearning.self], problem: problem), in: problem, seed: 3)
    let optimum = problem.choiceValues(of: try problem.policyIteration().values)
    // Four cells of the maze's lowest row lie behind a hole and behind paradise; no episode comes there.
    let isReachable = problem.reachableStates()
    #expect(isReachable.count { !$0 } == 4)
    let reachable = (0..<problem.stateCount).filter { isReachable[$0] }.flatMap { Array(problem.choices(of: $0)) }
    var distances: [Double] = []
    for _ in 0..<20 {
      let report = trainer.iterate(stepLimit: 200_000)
      agent.learn(1000)
      let distance = try #require(report["q_distance"])
      distances.append(distance)
      let exact = reachable.map { abs(agent.learner.actionValues[$0] - optimum[$0]) }.max()
      #expect(distance == exact && report["exploration_rate"] == 0.5)
    }
    #expect(trainer.environmentSteps == 20_000 && distances[19] < distances[0], "\(distances)")
    #expect((trainer as? TabularTrainer<QLearning>)?.agent.learner.actionValues == agent.learner.actionValues)
  }

  @Test("every learner of action values finds the treasure, by the run's own evaluation", arguments: names)
  func treasure(_ algorithm: String) throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try Self.begin("\(scratch.path)/run", Self.scenario("treasure", algorithm, ["training.stepLimit=20000"]))
    _ = try run.run()
    let best = try #require(run.best).result
    // 0.9 for each of five moves but the last.
    let optimum = 0.9 * 0.9 * 0.9 * 0.9
    let value = try #require(best[.exactValue])
    #expect(abs(value - optimum) < 1e-12, "\(algorithm): \(value)")
    #expect(try #require(best[.exactShortfall]) < 1e-12)
    #expect(best.return.mean == 1 && best[.episodeLength] == 5)
  }

  @Test("a warm start has the table of the other run, and counts its own actions from 0", arguments: names)
  func warmStart(_ algorithm: String) throws {
    let scenario = try Self.scenario("treasure", algorithm)
    func trainer(_ seed: UInt64) throws -> any Trainer {
      try scenario.makeTrainer(seed: seed, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    }
    func learn(_ trainer: any Trainer, _ steps: Int) {
      while trainer.environmentSteps < steps { _ = trainer.iterate(stepLimit: steps) }
    }
    let (first, second) = (try trainer(1), try trainer(2))
    // Ends in the middle of an episode, mostly.
    learn(first, 1503)
    try second.beginWithLearner(first.tensors(), file: "first")
    func table(_ trainer: any Trainer) throws -> Tensor { try #require(try trainer.policyTensors()["table"]) }
    let begun = try table(second)
    #expect(try begun == table(first) && second.environmentSteps == 0)
    // So few that one that begins anew has not come to the same values.
    learn(second, 60)
    #expect(second.environmentSteps == 60)
    let third = try trainer(2)
    learn(third, 60)
    #expect(try table(second) != table(third), "it learned from where the first one was")
    let other = try Self.scenario("maze", algorithm).makeTrainer(
      seed: 1, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    #expect(throws: InvalidInput.self) { try other.beginWithLearner(first.tensors(), file: "first") }
  }

  @Test(
    "every learner that the README names for the maze reaches its goal with the shipped settings",
    arguments: ["q-learning", "sarsa", "expected-sarsa", "double-q-learning", "q-lambda", "dyna-q"],
    [UInt64(1), 2, 3, 4, 5])
  func maze(_ algorithm: String, _ seed: UInt64) throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.scenario("maze", algorithm, ["training.stopsAtGoal=true"])
    #expect(try Self.begin("\(scratch.path)/run", scenario, seed: seed).run() == .goalReached)
  }

  @Test("only an evaluation that is better than all before it is told as the best; of equal ones the last is kept")
  func ties() throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.scenario(
      "treasure", "q-learning", ["training.stepLimit=20000", "training.evaluationInterval=2000"])
    let run = try Self.begin("\(scratch.path)/run", scenario)
    var rankings: [[Double]] = []
    var told: [Bool] = []
    _ = try run.run(tell: {
      guard case .evaluation(let result, _, let isBest, _) = $0 else { return }
      rankings.append(scenario.goal.ranking(of: result))
      told.append(isBest)
    })
    #expect(zip(rankings, rankings.dropFirst()).contains { $0 == $1 }, "no two that are equal: \(rankings)")
    for (place, ranking) in rankings.enumerated() {
      #expect(told[place] == rankings[..<place].allSatisfy { $0.lexicographicallyPrecedes(ranking) }, "\(rankings)")
    }
    let kept = rankings.lastIndex { ranking in rankings.allSatisfy { !ranking.lexicographicallyPrecedes($0) } }
    #expect(run.best?.environmentSteps == 2000 * ((kept ?? 0) + 1))
  }

  @Test("training ends once the exact shortfall is within the goal twice in a row")
  func goal() throws {
    let scratch = TrainingRunTests.Scratch()
    let run = try Self.begin("\(scratch.path)/run", Self.scenario("maze", "q-learning", ["training.stopsAtGoal=true"]))
    #expect(try run.run() == .goalReached)
    #expect(run.environmentSteps < run.stepLimit)
    let table = try String(contentsOfFile: "\(scratch.path)/run/evaluations.csv", encoding: .utf8)
    #expect(table.contains("exact_value,exact_shortfall"))
  }

  @Test("a checkpoint holds the whole table as a matrix, and an opened run has it and the policy that is greedy in it")
  func table() throws {
    let scratch = TrainingRunTests.Scratch()
    let path = "\(scratch.path)/run"
    let scenario = try Self.scenario("two-choices", "q-learning", ["training.stepLimit=3000"])
    let run = try Self.begin(path, scenario)
    _ = try run.run()
    let problem = try #require(scenario.problem)
    let trained = try TrainedRun(path, checkpoint: .latest)
    let learner = try #require(run.trainer as? TabularTrainer<QLearning>).agent.learner
    #expect(trained.table == learner.actionValues && trained.environmentSteps == 3000)
    let tensor = try #require(
      try SafetensorsFile(contentsOf: "\(path)/checkpoints/latest.safetensors").tensors["table"])
    #expect(tensor.shape == [5, 2])
    let matrix = try #require(tensor.doubles)
    #expect(matrix[2 * 2 + 1] == learner.actionValues[try #require(problem.choice(of: 2, action: "2"))])
    #expect(matrix[3 * 2].isNaN, "terminal states offer nothing")
    // What the policy does in each state, by a network on one-hot rows.
    var workspace = PolicyWorkspace(trained.policy, rowCapacity: 1, instructionSet: .baseline)
    for state in 0..<3 {
      var observation = [Float](repeating: 0, count: 5)
      observation[state] = 1
      var action: [Float] = [-1]
      var span = action.mutableSpan
      workspace.act(observation.span, into: &span)
      let greedy = problem.greedyChoices(choiceValues: learner.actionValues)[state]
      #expect(Int(action[0]) == Int(problem.choiceActions[Int(greedy)]))
    }
  }

  @Test("a checkpoint with an impossible state is refused before anything of it is used")
  func damage() throws {
    let scenario = try Self.scenario("maze", "dyna-q")
    func trainer() throws -> any Trainer {
      try scenario.makeTrainer(seed: 1, instructionSet: .baseline, pool: WorkerPool(threadCount: 1))
    }
    let one = try trainer()
    _ = one.iterate(stepLimit: 100_000)
    let good = try one.tensors()
    let two = try trainer()
    try two.read(good, file: "good")
    #expect(try two.tensors() == good)
    let text = String(decoding: try #require(good["trainer.memory"]).bytes, as: UTF8.self)
    for (from, to) in [
      ("\"episodeCount\":", "\"episodeCount\":-1,\"x\":"), ("\"state\":", "\"state\":999,\"x\":"),
      ("\"nextState\":", "\"nextState\":-5,\"x\":"), ("\"environmentSteps\":", "\"environmentSteps\":-7,\"x\":"),
      ("\"values\":[", "\"values\":[0,"), ("\"values\":[", "\"values\":[\"nan\","),
    ] {
      let range = try #require(text.range(of: from))
      let bytes = Data(text.replacingCharacters(in: range, with: to).utf8)
      var bad = good
      bad["trainer.memory"] = Tensor(elementType: .uint8, shape: [bytes.count], bytes: bytes)
      #expect(throws: InvalidInput.self, "\(to)") { try trainer().read(bad, file: "bad") }
    }
  }

  @Test("algorithm and task that do not fit are refused with both named")
  func refusals() throws {
    func refusal(_ name: String, _ algorithm: String) throws -> String {
      let scenario = try LoadedScenario(
        contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: ["training.algorithm=\(algorithm)"])
      do {
        try scenario.checkAlgorithm()
        return ""
      } catch { return error.description }
    }
    for (name, algorithm) in [("humanoid-stand", "q-learning"), ("maze", "ddpg"), ("pendulum-balance", "td-lambda")] {
      let text = try refusal(name, algorithm)
      #expect(text.contains("'\(algorithm)'") && text.contains("'\(name)'"), "\(text)")
    }
    // A finite problem is an environment of discrete actions, so PPO learns it, too.
    #expect(try refusal("maze", "ppo") == "" && refusal("maze", "dyna-q") == "")
    #expect(try refusal("maze", "ddpg").contains("q-learning"), "the message names those that can")
  }

  @Test("a large problem is solved and not trained, and the refusal says so")
  func large() throws {
    let scratch = TrainingRunTests.Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    let states = FiniteProcess.stateLimit + 1
    let lines = (0..<states - 1).map { "\($0),0,\($0 + 1),1,-1\n" }
    try lines.joined().write(toFile: "\(scratch.path)/chain.csv", atomically: true, encoding: .utf8)
    try """
    mdp: {file: {path: chain.csv, states: \(states), actions: 1, terminal: [\(states - 1)], start: 0}}
    training: {algorithm: q-learning}
    """.write(toFile: "\(scratch.path)/chain.yaml", atomically: true, encoding: .utf8)
    let scenario = try LoadedScenario(contentsOf: "\(scratch.path)/chain.yaml")
    #expect(try #require(scenario.problem).stateCount == states)
    let error = #expect(throws: InvalidInput.self) { try scenario.checkAlgorithm() }
    #expect(error?.description.contains("65537; 'poise solve' takes any number") == true, "\(error?.description ?? "")")
  }

  @Test("a run keeps a copy of the transitions that a scenario names, and goes on without the original")
  func file() throws {
    let scratch = TrainingRunTests.Scratch()
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/here", withIntermediateDirectories: true)
    let rows = "0,0,1,1,-1\n0,1,0,1,-1\n1,0,2,1,5\n1,1,0,1,0\n"
    try rows.write(toFile: "\(scratch.path)/here/p.csv", atomically: true, encoding: .utf8)
    try """
    mdp: {file: {path: p.csv, states: 3, actions: 2, terminal: [2], start: 0, discount: 0.9}}
    training: {algorithm: sarsa, stepLimit: 2000, evaluationInterval: 1000}
    """.write(toFile: "\(scratch.path)/here/s.yaml", atomically: true, encoding: .utf8)
    let run = try Self.begin("\(scratch.path)/run", LoadedScenario(contentsOf: "\(scratch.path)/here/s.yaml"))
    run.pauseSteps = 1000
    #expect(try run.run() == .paused)
  }

  @Test("PPO learns the grid world from one-hot observations, to the exact optimum")
  func ppo() throws {
    let scratch = TrainingRunTests.Scratch()
    let scenario = try Self.scenario(
      "grid-world", "ppo",
      [
        "training.stopsAtGoal=true", "training.stepLimit=200000", "training.evaluationInterval=5000",
        "evaluation.tuningEpisodes=3", "episodeSteps=100", "ppo.worlds=16", "ppo.blockSize=16", "ppo.rolloutLength=64",
        "ppo.minibatchSize=256", "ppo.epochs=10", "ppo.hiddenSizes=[32]", "ppo.normalizesObservations=false",
        "ppo.learningRate.initial=3e-3", "ppo.entropyCoefficient=0.01",
      ])
    var reached = 0
    for seed in UInt64(1)...3 {
      let run = try Self.begin("\(scratch.path)/\(seed)", scenario, seed: seed)
      let ending = try run.run()
      if ending == .goalReached { reached += 1 }
      let best = try #require(run.best)
      #expect(try #require(best.result[.exactShortfall]) < 0.2, "seed \(seed)")
    }
    #expect(reached >= 2, "\(reached) of 3 seeds reached V* itself twice in a row")
  }
}
