public import ArgumentParser
import Foundation
import PoiseAlgorithms
import PoiseControl
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
public import PoiseTraining
import PoiseEnvironments

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

  @Option(help: "Which checkpoint of a run: best, latest, previous.")
  var checkpoint = RunFolder.Checkpoint.best

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
    if let controller, controller != "policy", BaselineController(rawValue: controller) == nil {
      throw ValidationError("--controller: found '\(controller)'; allowed policy, zero, random, hold.")
    }
  }

  func run() throws {
    let run =
      try RunFolder.isRun(subject) ? TrainedRun(subject, checkpoint: checkpoint, overrides: set) : nil
    let loaded = try run?.scenario ?? LoadedScenario(contentsOf: ShippedFiles().resolve(subject), overrides: set)
    let controllers = try chosen(run?.controller, loaded)
    let evaluation = try Evaluation(
      loaded, episodes: episodes ?? loaded.settings.evaluation.episodes,
      seed: seed ?? loaded.settings.evaluation.publishedSeed,
      instructionSet: run?.instructionSet ?? InstructionSet.chosen())
    let pool = WorkerPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let results = try controllers.map { try evaluation.run($0, pool: pool) }
    if json {
      print(try results[0].json())
    } else {
      print("\(loaded.name), \(evaluation.episodes) episodes, seed \(evaluation.seed)")
      print(EvaluationTable(results, metrics: loaded.specification.metrics).text)
    }
  }

  private func chosen(_ trained: ControllerChoice?, _ loaded: LoadedScenario) throws -> [ControllerChoice] {
    if controller == "policy" || controller == nil && json, let trained { return [trained] }
    if controller == "policy" {
      throw InvalidInput(
        Problem(
          file: subject, found: "a scenario", allowed: "a run with its policy for --controller policy",
          remedy: "Train one: poise train \(subject)."))
    }
    let baselines = loaded.baselines
    if let controller, let baseline = BaselineController(rawValue: controller) {
      guard baselines.contains(baseline) else {
        throw InvalidInput(
          Problem(
            file: subject, found: "--controller \(controller)",
            allowed: "\(baselines.map(\.rawValue).joined(separator: ", ")), which can act here"))
      }
      return [.baseline(baseline)]
    }
    if json { return [.baseline(baselines.contains(.hold) ? .hold : .random)] }
    return (trained.map { [$0] } ?? []) + baselines.map { .baseline($0) }
  }
}

extension RunFolder.Checkpoint: ExpressibleByArgument {}
