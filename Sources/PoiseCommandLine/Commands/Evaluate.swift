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
    abstract: "Scores a trained policy, or the baselines, over episodes on fixed seeds.",
    usage: "\(program) evaluate <subject> [options]",
    discussion: """
      For a run, its trained policy is scored, and beside it the baselines on the same seeds. For a scenario, only the \
      baselines are. With --json, one controller is scored: the policy of a run, or hold.

      Examples:
        \(program) evaluate runs/first
        \(program) evaluate runs/first --episodes 100 --json
        \(program) evaluate humanoid-balance --controller hold
      """)

  @Argument(help: "A run's folder, a scenario file, or a name that `\(program) list` shows.", completion: .subjects)
  var subject: String

  @Option(help: "Number of episodes. Default: the scenario's evaluation.episodes.")
  var episodes: Int?

  @Option(help: .episodeSeed)
  var seed: UInt64?

  @Option(
    help:
      "The controllers, with commas between: policy, \(BaselineController.names). Default: all that fit but plan, which takes long; with --json, policy for a run, hold for a scenario."
  )
  var controller: String?

  @Option(help: .checkpoint)
  var checkpoint = RunFolder.Checkpoint.best

  @Option(help: .threads)
  var threads: Int?

  @Option(help: .scenarioOverrides)
  var set: [String] = []

  @Flag(help: .json)
  var json = false

  func validate() throws {
    try validateThreads(threads)
    if let episodes, !(1...1_000_000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 1 to 1000000.")
    }
    let known = ["policy"] + BaselineController.allCases.map(\.rawValue)
    for name in names where !known.contains(name) {
      let advice = suggestion(for: name, among: known)
      throw ValidationError(
        "--controller: found '\(name)'; allowed \(known.joined(separator: ", ")).\(advice.isEmpty ? "" : " \(advice)")")
    }
    if json, names.count > 1 {
      throw ValidationError("--json prints one object: found \(names.count) controllers; allowed one.")
    }
  }

  /// The controllers that were asked for; none for the default.
  private var names: [String] {
    controller?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
  }

  func run() throws {
    let run: TrainedRun?
    let loaded: LoadedScenario
    switch try RunOrScenario(subject) {
    case .run(let folder):
      let trained = try TrainedRun(folder, checkpoint: checkpoint, overrides: set)
      run = trained
      loaded = trained.scenario
    case .scenario(let path):
      run = nil
      loaded = try LoadedScenario(contentsOf: path, overrides: set)
    }
    let controllers = try chosen(run?.controller, loaded)
    let evaluation = try Evaluation(
      loaded, episodes: episodes ?? loaded.settings.evaluation.episodes,
      seed: seed ?? loaded.settings.evaluation.publishedSeed,
      instructionSet: run?.instructionSet ?? InstructionSet.chosen())
    let pool = WorkerPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    if let note = pool.note { printError(note) }
    var results: [EvaluationResult] = []
    for choice in controllers {
      do {
        results.append(try evaluation.run(choice, pool: pool))
      } catch let error as InvalidInput where names.isEmpty && choice.isDesigned {
        printError("left out \(choice.name): \(error)")
      }
    }
    for note in results.compactMap(\.note) { printError(note) }
    if json {
      print(try results[0].json())
    } else {
      print("\(loaded.name), \(evaluation.episodes) episodes, seed \(evaluation.seed)")
      print(EvaluationTable(results, metrics: loaded.specification.metrics).text)
    }
  }

  private func chosen(_ trained: ControllerChoice?, _ loaded: LoadedScenario) throws -> [ControllerChoice] {
    let baselines = loaded.baselines
    if !names.isEmpty {
      return try names.map { name in
        if let baseline = BaselineController(rawValue: name) {
          try loaded.check(baseline)
          return .baseline(baseline)
        }
        guard let trained else {
          throw InvalidInput(
            Problem(
              file: subject, found: "a scenario, which has no policy", allowed: "a run for --controller policy",
              remedy: "Train one: \(ProgramCommand.line("train", subject))"))
        }
        return trained
      }
    }
    if json, let trained { return [trained] }
    if json { return [.baseline(baselines.contains(.hold) ? .hold : .random)] }
    return (trained.map { [$0] } ?? []) + baselines.map { .baseline($0) }
  }
}

extension RunFolder.Checkpoint: ExpressibleByArgument {}
