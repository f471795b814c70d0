import ArgumentParser
import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseTraining
import PoiseEnvironments

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a controller for a scenario, or resumes a run.",
    discussion: """
      The run is a folder below runs/, or the one that --out names. Ctrl-C saves a checkpoint and shows how to resume. A run \
      that was interrupted ends with the same bits as one that was not, on any number of threads.

      Examples:
        poise train humanoid-balance --seed 1
        poise train pendulum-swingup --algorithm ddpg --out runs/pendulum
        poise train --resume runs/pendulum
        poise train cartpole-balance --set ppo.clipRange=0.1
      """)

  @Argument(help: "A scenario file, or a name that `poise list` shows.")
  var scenario: String?

  @Option(help: "Resume this run from its last checkpoint.")
  var resume: String?

  @Option(
    help: "With --resume, the checkpoint to start from: latest, or previous, the one before it. Default: latest.")
  var checkpoint: RunFolder.Checkpoint?

  @Option(help: "The algorithm; `poise list --algorithms` names them. Default: the scenario's training.algorithm.")
  var algorithm: String?

  @Option(help: "The root seed of all random numbers; the same seed gives the same bits. Default: 1.")
  var seed: UInt64?

  @Option(help: .threads)
  var threads: Int?

  @Option(
    help: "Stop after this many control steps of all environments together. Default: the scenario's training.stepLimit."
  )
  var steps: Int?

  @Option(help: "The folder of the run. Default: a new one below runs/.")
  var out: String?

  @Option(help: .scenarioOverrides)
  var set: [String] = []

  func validate() throws {
    guard (scenario == nil) != (resume == nil) else {
      throw ValidationError("Name either a scenario or, with --resume, a run.")
    }
    if resume != nil, algorithm != nil || seed != nil || steps != nil || out != nil || !set.isEmpty {
      throw ValidationError(
        "--resume continues a run with its own settings; only --threads and --checkpoint can be combined with it.")
    }
    if resume == nil, checkpoint != nil { throw ValidationError("--checkpoint is used only together with --resume.") }
    if checkpoint == .best {
      throw ValidationError("--checkpoint: found best, which holds only a policy; allowed latest, previous.")
    }
    try validateThreads(threads)
    try validateFolder(out, option: "--out")
    try validateFolder(resume, option: "--resume")
  }

  func run() throws {
    let beginning = DispatchTime.now().uptimeNanoseconds
    StandardStreams.outliveListeners()
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let run: TrainingRun
    if let resume {
      run = try TrainingRun(
        resuming: resume, from: checkpoint ?? .latest, threads: threads, beginning: beginning, willSave: Interruption.watch)
    } else {
      var overrides = set
      if let algorithm { overrides.append("training.algorithm=\(algorithm)") }
      if let steps {
        overrides += ["training.stepLimit=\(steps)"] + AlgorithmSections.ownStepLimits.map { "\($0)=null" }
      }
      let loaded = try LoadedScenario(contentsOf: ShippedFiles().resolve(scenario ?? ""), overrides: overrides)
      let seed = seed ?? 1
      run = try TrainingRun(
        loaded, seed: seed, folder: out ?? RunFolder.freshPath(for: loaded, seed: seed), threads: threads,
        instructionSet: InstructionSet.chosen(), beginning: beginning, willSave: Interruption.watch)
    }
    printError(
      "\(run.scenario.name), \(run.folder.description.algorithm), seed \(run.folder.description.seed), "
        + "\(run.threadCount) thread\(run.threadCount == 1 ? "" : "s"): \(run.folder.path)")
    if !run.note.isEmpty { printError(run.note) }
    let display = TrainingDisplay(run)
    let resumption = "poise train --resume \(run.folder.path)"
    let ending: TrainingRun.Ending
    do {
      ending = try run.run(stopSignal: { Interruption.signal }, tell: { display.show($0) })
    } catch var error as InputOutputError {
      error.remedy +=
        (error.remedy.isEmpty ? "" : " ") + "The last checkpoint is intact. Then resume with: \(resumption)"
      throw error
    }
    if case .interrupted(let signal) = ending {
      display.line.print("saved at \(run.environmentSteps) steps; resume with: \(resumption)")
      throw ExitCode(128 + signal)
    }
    print(display.report(ending))
    if try run.appliedUpdates() == 0 {
      printError("No update was ever applied: the policy is the one that training began with. See skipped_updates in progress.csv.")
    }
  }
}

func validateThreads(_ threads: Int?) throws {
  if let threads, !(1...1024).contains(threads) {
    throw ValidationError("--threads: found \(threads); allowed 1 to 1024.")
  }
}

/// An empty name comes from a shell variable that is not set; it would mean the root of the file system.
func validateFolder(_ path: String?, option: String) throws {
  if path == "" { throw ValidationError("\(option): found nothing; allowed the path of a folder.") }
}

/// What a person sees of a run.
private final class TrainingDisplay {
  let line = ProgressLine()
  private let run: TrainingRun
  private let firstSteps: Int
  private let start = DispatchTime.now().uptimeNanoseconds
  /// The latest known values, from iterations in which episodes ended.
  private var meanReturn = "–"
  /// `nil` for tasks that are not judged by it.
  private var survival: String?

  init(_ run: TrainingRun) {
    self.run = run
    firstSteps = run.environmentSteps
    survival = run.scenario.specification.metrics.contains(.survivalRate) ? "–" : nil
  }

  private var elapsed: Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }

  func show(_ event: TrainingRun.Event) {
    switch event {
    case .iteration(let report, let steps):
      if let value = report["return"] { meanReturn = String(format: "%.1f", value) }
      if let value = report["survival"] { survival = String(format: "%.0f %%", 100 * value) }
      let rate = Double(steps - firstSteps) / max(elapsed, 1e-9)
      let left = Double(max(0, run.stepLimit - steps)) / rate
      line.show(
        "\(shortCount(Double(steps))) of \(shortCount(Double(run.stepLimit))) steps, \(shortCount(rate))/s, "
          + "return \(meanReturn)\(survival.map { ", survival \($0)" } ?? ""), at most \(rate > 0 ? shortDuration(left) : "–") left",
        at: elapsed)
    case .evaluation(let result, let steps, let isBest, let meetsGoal):
      line.print(
        "evaluation at \(shortCount(Double(steps))) steps, \(shortDuration(run.seconds)): \(scores(result))"
          + (meetsGoal ? ", reaches the goal" : "") + (isBest ? ", the best so far" : ""))
    case .fault(let text): line.print(text)
    }
  }

  private func scores(_ result: EvaluationResult) -> String {
    var parts = [String(format: "return %.1f", result.return.mean)]
    let metrics = run.scenario.specification.metrics
    parts += (metrics.filter(\.isRate) + metrics.filter { !$0.isRate }).compactMap { metric in
      guard let headline = metric.headline, let value = result[metric] else { return nil }
      return headline.replacing("%", with: String(format: "%.\(metric.digits)f", value))
    }
    let episodes = run.scenario.settings.evaluation.tuningEpisodes
    if result.episodes < episodes { parts.append("after \(result.episodes) of \(episodes) episodes") }
    return parts.joined(separator: ", ")
  }

  func report(_ ending: TrainingRun.Ending) -> String {
    let path = run.folder.path
    let scenario = run.scenario.settings
    var lines = [
      ending == .goalReached
        ? "The goal was reached in two evaluations in a row."
        : scenario.goal.isSet && scenario.training.stopsAtGoal
          ? "The step limit was reached; the goal was not." : "The step limit was reached.",
      "  \(run.environmentSteps) steps in \(shortDuration(run.seconds)), evaluations included",
    ]
    if let best = run.best { lines.append("  best, at \(best.environmentSteps) steps: \(scores(best.result))") }
    if run.faults > 0 { lines.append("  \(run.faults) episodes ended in a fault; no faulty step was learned from") }
    if run.skippedUpdates > 0 {
      lines.append("  \(run.skippedUpdates) updates were skipped, because a loss or a gradient was not finite")
    }
    lines += ["  run       \(path)", "  evaluate  poise evaluate \(path)"]
    return lines.joined(separator: "\n")
  }
}
