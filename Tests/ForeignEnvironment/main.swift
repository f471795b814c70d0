// A program of somebody else: two environments without a robot, of about ten lines each, and the whole machinery on them. It prints a line
// for each thing that it finds, and ends with status 1 if one of them is wrong; `ForeignEnvironmentTests` starts it.
//
// It is a program because environments are registered first thing, before anything has asked what there is.

import Dispatch
import Foundation
import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseNetworks
import PoiseONNX
import PoiseScenarios
import PoiseTraining

/// A walk along some places, with a reward at the right end.
struct Corridor: DecisionProcess, EnvironmentTerm, Hashable {
  var length = 10
  static let termName = "corridor"
  static let documentation = "A walk along some places, with a reward at the right end."
  static let keys: [ConfigurationKey<Self>] = [
    .key("length", \.length, .integer(.from(2, through: 1000)), "How many places there are.")
  ]
  var observationSpace: Space { Space([.init(name: "place", bounds: 0...Double(length - 1))]) }
  var actionSpace: Space { .discrete(["left", "right"]) }
  func start(using random: inout RandomStream) -> Int { random.index(below: length - 1) }
  func observe(_ place: Int, into observation: inout MutableSpan<Float>) { observation[0] = Float(place) }
  func step(_ place: inout Int, _ action: Span<Float>, using random: inout RandomStream) -> DecisionTransition {
    place = min(length - 1, max(0, place + (action[0] == 1 ? 1 : -1)))
    let isThere = place == length - 1
    return DecisionTransition(reward: isThere ? 1 : -0.1, isTerminated: isThere, isSuccess: isThere)
  }
}

/// A ball on a line, in a gusty wind, that a push is to bring to 0 and keep there.
struct Ball: DecisionProcess, EnvironmentTerm, Hashable {
  static let termName = "ball"
  static let documentation = "A ball on a line that a push is to bring to 0."
  static let keys: [ConfigurationKey<Self>] = []
  var observationSpace: Space { Space([.init(name: "place"), .init(name: "speed")]) }
  var actionSpace: Space { Space([.init(name: "push", bounds: -1...1)]) }
  func start(using random: inout RandomStream) -> [Float] { [Float(random.uniform(in: -1...1)), 0] }
  func observe(_ ball: [Float], into observation: inout MutableSpan<Float>) {
    for i in 0..<2 { observation[i] = ball[i] }
  }
  func step(_ ball: inout [Float], _ action: Span<Float>, using random: inout RandomStream) -> DecisionTransition {
    ball[1] = 0.9 * ball[1] + 0.1 * action[0] + 0.02 * Float(random.normal())
    ball[0] += ball[1]
    return DecisionTransition(reward: -Double(ball[0] * ball[0]), isTerminated: abs(ball[0]) > 5)
  }
}

Environments.register(Corridor.self)
Environments.register(Ball.self)

let folder = CommandLine.arguments[1]
nonisolated(unsafe) var failures = 0

func check(_ condition: Bool, _ what: String) {
  print(condition ? "right: \(what)" : "WRONG: \(what)")
  if !condition { failures += 1 }
}

/// What a person is told of bad input; empty where there is nothing to tell.
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch let error as InvalidInput {
    return error.description
  } catch { return "another kind of error: \(error)" }
}

/// A signal that comes after it was asked for so many times.
func stop(after count: Int) -> @Sendable () -> Int32 {
  let calls = Guarded(0)
  return {
    calls.withLock {
      $0 += 1
      return $0 > count ? SIGINT : 0
    }
  }
}

func results(_ run: String) throws -> [Data] {
  try ["progress.csv", "evaluations.csv", "scenario.yaml", "checkpoints/best.safetensors"].map {
    try Data(contentsOf: URL(filePath: "\(run)/\($0)"))
  }
}

let now = { DispatchTime.now().uptimeNanoseconds }
let pool = WorkerPool(threadCount: 2)

/// Trains, evaluates, interrupts and resumes, and asks everything that is made of runs.
func tour(_ environment: String, _ algorithm: String, _ text: String) throws {
  let name = "\(environment), \(algorithm)"
  let path = "\(folder)/\(environment)-\(algorithm)"
  let file = "\(folder)/\(environment).yaml"
  try text.write(toFile: file, atomically: true, encoding: .utf8)
  let scenario = try LoadedScenario(contentsOf: file, overrides: ["training.algorithm=\(algorithm)"])
  check(scenario.robot == nil, "\(name): no robot")
  check(isFine(file), "\(name): poise check finds nothing")

  func begin(_ part: String, threads: Int) throws -> TrainingRun {
    try TrainingRun(
      scenario, seed: 3, folder: "\(path)-\(part)", threads: threads, instructionSet: .baseline, beginning: now())
  }
  check(try begin("whole", threads: 2).run() == .stepLimitReached, "\(name): trains")
  var ending = try begin("parts", threads: 1).run(stopSignal: stop(after: 60))
  var stops = 0
  while ending == .interrupted(signal: SIGINT), stops < 100 {
    stops += 1
    ending = try TrainingRun(resuming: "\(path)-parts", threads: 1 + stops % 2, beginning: now())
      .run(stopSignal: stop(after: 60 + 20 * stops))
  }
  check(stops > 2, "\(name): interrupted \(stops) times")
  check(try results("\(path)-whole") == results("\(path)-parts"), "\(name): resumes to the same bits")

  let run = try TrainedRun("\(path)-whole")
  let evaluation = Evaluation(run.scenario, episodes: 40, seed: 9, instructionSet: run.instructionSet)
  let trained = try evaluation.run(run.controller, pool: pool).return.mean
  check(run.scenario.baselines == [.random], "\(name): the baseline is random")
  let random = try evaluation.run(.baseline(.random), pool: pool).return.mean
  check(trained > random, "\(name): return \(trained), of random actions \(random)")

  let report = ScenarioReport(run.scenario).text
  check(report.contains("action: \(run.scenario.specification.actionSpace.summary)"), "\(name): poise inspect")
  let page = try RunReport(["\(path)-whole"], episodes: 5, pool: pool).html
  check(page.contains("<td>random") || page.contains("random"), "\(name): poise report")
  try PolicyGraph(run).write(to: "\(path).onnx")
  let archive = try EpisodeArchive("\(path).npz", run: run, seed: 9)
  let table = try EpisodeRows("\(path).csv", run: run, seed: 9)
  let one = Evaluation(run.scenario, episodes: 1, seed: 9, instructionSet: run.instructionSet)
  let expected = try one.run(run.controller, pool: pool).return.mean
  check(try archive.record(0).totalReward == expected, "\(name): the archive's episode is the evaluation's")
  check(try table.record(0).totalReward == expected, "\(name): the table's episode is the evaluation's")
  try archive.commit()
  try table.commit()
  for (what, told) in [
    ("episodes", complaint { _ = try EpisodePlayer(run.scenario, run.controller, seed: 1, instructionSet: .baseline) }),
    ("a simulation", complaint { _ = try ScenarioSimulation().run(run.scenario) }),
  ] {
    check(
      told.contains("found an environment without a robot; allowed a scenario with a robot's model"),
      "\(name): \(what) refused: \(told)")
  }
}

/// Whether `poise check` finds nothing wrong with a file.
func isFine(_ path: String) -> Bool { (try? InputCheck(path).problems.isEmpty) ?? false }

let settings = """
  training: {stepLimit: 4096, evaluationInterval: 1024, stopsAtGoal: false}
  evaluation: {tuningEpisodes: 8}
  ppo: {worlds: 8, blockSize: 4, rolloutLength: 32, epochs: 6, minibatchSize: 64, learningRate: {initial: 5e-3}, hiddenSizes: [16], valueHiddenSizes: [16]}
  ddpg: {stepLimit: 4096, evaluationInterval: 1024, reportInterval: 512, worlds: 8, blockSize: 4, warmupSteps: 256, updatesPerStep: 0.25, memoryCapacity: 10000, batchSize: 32, hiddenSizes: [16], criticHiddenSizes: [16]}
  """
do {
  let corridor = "environment: {corridor: {length: 8}}\nepisodeSteps: 60\ngoal: {successRate: 0.95}\n\(settings)\n"
  let ball = "environment: ball\nepisodeSteps: 60\n\(settings)\n"
  try tour("corridor", "ppo", corridor)
  try tour("ball", "ppo", ball)
  try tour("ball", "ddpg", ball)
  let path = "\(folder)/corridor.yaml"
  let refused = complaint {
    _ = try TrainingRun(
      LoadedScenario(contentsOf: path, overrides: ["training.algorithm=ddpg"]), seed: 1, folder: "\(folder)/refused",
      threads: 1, instructionSet: .baseline, beginning: now())
  }
  check(
    refused.contains(
      "'ddpg', which takes actions of the kind box, but 'corridor' has discrete actions: one of left, right"),
    "DDPG cannot choose: \(refused)")
  let unknown = complaint { _ = try LoadedScenario(contentsOf: path, overrides: ["environment.corridor.length=1"]) }
  check(
    unknown.contains("environment.corridor.length: found 1; allowed a whole number from 2"), "a bad key: \(unknown)")
} catch {
  check(false, "no error, but \(error)")
}
exit(failures == 0 ? 0 : 1)
