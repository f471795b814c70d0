import ArgumentParser
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseExperiments
import PoiseModels
import PoiseNetworks

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judges a trained controller, or a baseline, over episodes on fixed seeds.",
    discussion: """
      A run is judged with its trained policy, and without --json the baselines beside it, on the same seeds; a scenario \
      with the baselines alone.
      """)

  @Argument(help: "A run's folder, a scenario file, or a name that `poise list` shows.")
  var subject: String

  @Option(help: "Episodes. Default: the scenario's evaluation.episodes.")
  var episodes: Int?

  @Option(help: "Root seed of the episodes. Default: the scenario's evaluation.publishedSeed.")
  var seed: UInt64?

  @Option(help: "Who drives: policy, zero, random, hold. Default: all that there are; with --json policy, or hold.")
  var controller: String?

  @Option(help: "Which checkpoint of a run: best, latest.")
  var checkpoint = "best"

  @Option(help: "Threads; the result is the same for any number. Default: all processors.")
  var threads: Int?

  @Option(help: "Change a key of the scenario, key.path=value; may be repeated.")
  var set: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    try validateThreads(threads)
    if let episodes, !(1...1_000_000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 1 to 1000000.")
    }
    guard RunFolder.Checkpoint(rawValue: checkpoint) != nil else {
      throw ValidationError("--checkpoint: found '\(checkpoint)'; allowed best, latest.")
    }
    if let controller, controller != "policy", BaselineController(rawValue: controller) == nil {
      throw ValidationError("--controller: found '\(controller)'; allowed policy, zero, random, hold.")
    }
  }

  func run() throws {
    let run = RunFolder.isRun(subject) ? try RunFolder(contentsOf: subject) : nil
    let loaded =
      try run.map { try $0.loadScenario(overrides: set) }
      ?? LoadedScenario(contentsOf: ShippedFiles().resolve(subject), overrides: set)
    let instructionSet =
      try run.map(\.description.instructionSet).flatMap { $0.isSupported ? $0 : nil }
      ?? InstructionSet.chosen()
    let policy = try run.map { try $0.loadPolicy(checkpoint, for: loaded) }
    let controllers = try chosen(policy, run)
    let evaluation = Evaluation(
      loaded, episodes: episodes ?? loaded.scenario.evaluation.episodes,
      seed: seed ?? loaded.scenario.evaluation.publishedSeed, instructionSet: instructionSet)
    let pool = WorkerPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let results = try controllers.map { try evaluation.run($0, pool: pool) }
    if json {
      print(try results[0].json())
    } else {
      print("\(loaded.name), \(evaluation.episodes) episodes, seed \(evaluation.seed)")
      print(EvaluationTable(results).text)
    }
  }

  private func chosen(_ policy: Policy?, _ run: RunFolder?) throws -> [Controller] {
    let trained = policy.map { Controller.policy($0, name: run?.description.algorithm ?? "policy") }
    if controller == "policy" || controller == nil && json, let trained { return [trained] }
    if controller == "policy" {
      throw InvalidInput(
        Problem(
          file: subject, found: "a scenario", allowed: "a run with its policy for --controller policy",
          remedy: "Train one: poise train \(subject)."))
    }
    if let controller, let baseline = BaselineController(rawValue: controller) { return [.baseline(baseline)] }
    if json { return [.baseline(.hold)] }
    return (trained.map { [$0] } ?? []) + BaselineController.allCases.map { .baseline($0) }
  }
}
