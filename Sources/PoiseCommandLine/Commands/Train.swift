import ArgumentParser
import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseExperiments
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseTraining
import PoiseEnvironments

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a controller for a scenario, or resumes a run.",
    usage: """
      \(program) train <scenario> [options]
      \(program) train --resume <run> [options]
      """,
    discussion: """
      The run is a folder below runs/, or the one that --out names. Ctrl-C saves a checkpoint and shows how to resume. A run \
      that was interrupted ends with the same bits as one that was not, on any number of threads.

      A run that has ended continues with --resume and a larger --steps. Rates, limits and the goal may then be changed with --set; \
      the run records them in changes.jsonl. A run that has reached its goal stops there again, unless the goal is changed or \
      --set training.stopsAtGoal=false is given. The same run, changed at the same step in the same way, gives the same bits. With --from, \
      a new run begins with what another has learned: the same networks, but new worlds. Another seed gives another run.

      Examples:
        \(program) train humanoid-balance --seed 1
        \(program) train pendulum-swingup --algorithm ddpg --out runs/pendulum
        \(program) train pendulum-swingup --seeds 1-5
        \(program) train cartpole-balance --set ppo.clipRange=0.1
        \(program) train --resume runs/pendulum
        \(program) train --resume runs/pendulum --steps 50000 --set goal.meanReturn=-150
        \(program) train humanoid-balance --from runs/humanoid-stand-ppo-seed1
      """)

  @Argument(
    help: "A scenario file, or a name that `\(program) list` shows.", completion: .scenarios)
  var scenario: String?

  @Option(help: "Resume this run from its last checkpoint.", completion: .runs)
  var resume: String?

  @Option(
    help: "With --resume, the checkpoint to start from: latest, or previous, the one before it. Default: latest.")
  var checkpoint: ResumableCheckpoint?

  @Option(
    help: ArgumentHelp(
      "Begin a new run with what the learner of this run has learned: a warm start.", valueName: "run"),
    completion: .runs)
  var from: String?

  @Option(
    help: "The algorithm; `\(program) list --algorithms` names them. Default: the scenario's training.algorithm.",
    completion: .custom { _, _, _ in Algorithms.names })
  var algorithm: String?

  @Option(help: "The root seed of all random numbers; the same seed gives the same bits. Default: 1.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Train several seeds side by side, each on one thread, and compare them in a table.", valueName: "1-5"))
  var seeds: SeedList?

  @Option(help: .threads)
  var threads: Int?

  @Option(
    help: """
      Stop after this many control steps of all environments together, earlier ones included. Default: the scenario's \
      training.stepLimit.
      """
  )
  var steps: Int?

  @Option(
    help: "The folder of the run; with --seeds, of all of them. Default: a new one below runs/.", completion: .directory
  )
  var out: String?

  @Option(help: .scenarioOverrides)
  var set: [String] = []

  func validate() throws {
    if let scenario, let resume {
      throw ValidationError(
        """
        Found the scenario '\(scenario)' beside --resume; allowed one of the two, since a run has its scenario in its folder. \
        To go on: \(ProgramCommand.line("train", "--resume", resume)). \
        To begin a new run with what it has learned: \(ProgramCommand.line("train", scenario, "--from", resume)).
        """)
    }
    guard scenario != nil || resume != nil else {
      throw ValidationError("Name either a scenario or, with --resume, a run.")
    }
    if resume != nil {
      let refused = [
        ("--algorithm", algorithm != nil), ("--seed", seed != nil), ("--seeds", seeds != nil), ("--out", out != nil),
        ("--from", from != nil),
      ].filter(\.1).map(\.0)
      if !refused.isEmpty {
        throw ValidationError(
          """
          Found \(refused.joined(separator: " and ")) beside --resume; allowed --checkpoint, --threads, --steps and --set, since a run \
          keeps its algorithm, seed and folder.
          """)
      }
    }
    if seed != nil, seeds != nil { throw ValidationError("Found --seed beside --seeds; allowed one of the two.") }
    if resume == nil, checkpoint != nil { throw ValidationError("--checkpoint is used only together with --resume.") }
    if checkpoint?.value == .best {
      throw ValidationError(
        """
        --checkpoint: found best, which holds only a policy; allowed latest, previous. \
        `\(program) evaluate` and `\(program) replay` take best.
        """)
    }
    if let steps, steps < 1 { throw ValidationError("--steps: found \(steps); allowed 1 or more.") }
    try validateThreads(threads)
    try validateFolder(out, option: "--out")
    try validateFolder(resume, option: "--resume")
    try validateFolder(from, option: "--from")
  }

  /// What is changed of the scenario.
  private var overrides: [String] {
    var overrides = set
    if let algorithm { overrides.append("training.algorithm=\(algorithm)") }
    if let steps {
      overrides += ["training.stepLimit=\(steps)"] + AlgorithmSections.ownStepLimits.map { "\($0)=null" }
    }
    return overrides
  }

  func run() throws {
    let beginning = DispatchTime.now().uptimeNanoseconds
    StandardStreams.outliveListeners()
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    if let seeds { return try train(seeds.values, at: threads) }
    let run = try resume.map { try resumed($0, threads, beginning) } ?? begun(threads, beginning)
    printError(
      "\(run.scenario.name), \(run.folder.description.algorithm), seed \(run.folder.description.seed), "
        + "\(run.threadCount) thread\(run.threadCount == 1 ? "" : "s"): \(run.folder.path)")
    if !run.note.isEmpty { printError(run.note) }
    let display = TrainingDisplay(run)
    let resumption = ProgramCommand.line("train", "--resume", run.folder.path)
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
    if try run.appliedUpdates() == .some(0) {
      let reason = run.skippedUpdates > 0 ? "See skipped_updates in progress.csv." : Self.tooShort(run)
      printError("No update was ever applied: the policy is the one that training began with. \(reason)")
    }
  }

  /// Why a run without a refused update has had none at all.
  private static func tooShort(_ run: TrainingRun) -> String {
    let parameters = run.scenario.settings.algorithm.parameters
    let needed =
      if let settings = parameters as? any OnPolicyParameters {
        " One rollout is \(settings.rolloutSize) steps"
          + (settings.common.normalizesObservations ? ", and the first only initialises the normaliser." : ".")
      } else if let settings = parameters as? any OffPolicyParameters {
        " Updates begin after \(settings.common.warmupSteps) steps."
      } else { "" }
    return "Training ended after \(run.environmentSteps) steps, before the first update.\(needed)"
  }

  private func loaded() throws -> LoadedScenario {
    try LoadedScenario(contentsOf: ShippedFiles().resolve(scenario ?? "", as: .scenario), overrides: overrides)
  }

  private func begun(_ threads: Int, _ beginning: UInt64) throws -> TrainingRun {
    let loaded = try loaded()
    let seed = seed ?? 1
    let instructionSet = try InstructionSet.chosen()
    let folder = try out ?? RunFolder.claimFreshPath(for: loaded, seed: seed)
    do {
      return try TrainingRun(
        loaded, seed: seed, folder: folder, warmStart: from.map(ShippedFiles().resolveRun), threads: threads,
        instructionSet: instructionSet,
        beginning: beginning, willSave: Interruption.watch)
    } catch {
      if out == nil { RunFolder.release(folder) }
      throw error
    }
  }

  private func resumed(_ path: String, _ threads: Int, _ beginning: UInt64) throws -> TrainingRun {
    var changes = set
    if let steps {
      // The algorithm's own step limit takes precedence over the scenario's; those of other algorithms have no effect.
      let algorithm = try RunFolder(contentsOf: path).description.algorithm
      let section = Algorithms.named(algorithm)?.section ?? algorithm
      let own = AlgorithmSections.ownStepLimits.first { $0.hasPrefix("\(section).") }
      changes += ["training.stepLimit=\(steps)"] + (own.map { ["\($0)=null"] } ?? [])
    }
    return try TrainingRun(
      resuming: path, from: checkpoint?.value ?? .latest, changing: changes, threads: threads, beginning: beginning,
      willSave: Interruption.watch)
  }

  /// Several seeds side by side.
  private func train(_ seeds: [UInt64], at threads: Int) throws {
    guard from == nil else { throw ValidationError("Found --from beside --seeds; allowed one of the two.") }
    let loaded = try loaded()
    let instructionSet = try InstructionSet.chosen()
    var claimed: [String] = []
    defer { for folder in claimed { RunFolder.release(folder) } }
    let members = try seeds.map { seed in
      if let out { return SeedTrainings.Member(seed: seed, folder: "\(out)/seed\(seed)") }
      let folder = try RunFolder.claimFreshPath(for: loaded, seed: seed)
      claimed.append(folder)
      return SeedTrainings.Member(seed: seed, folder: folder)
    }
    let trainings = SeedTrainings(loaded, members: members, instructionSet: instructionSet)
    let display = SeedsDisplay(trainings)
    printError(
      "\(loaded.name), \(loaded.settings.training.algorithm), \(seeds.count) seeds, "
        + "\(min(threads, seeds.count)) at once: \(out ?? "runs")")
    Interruption.watch()
    let outcomes = try trainings.run(
      parallel: threads, stopSignal: { Interruption.signal }, tell: { display.show($0) })
    display.close()
    if Interruption.signal != 0 {
      for outcome in outcomes where outcome.ending == .interrupted(signal: Interruption.signal) {
        printError(
          "seed \(outcome.member.seed) is saved; resume with: "
            + ProgramCommand.line("train", "--resume", outcome.member.folder))
      }
      throw ExitCode(128 + Interruption.signal)
    }
    print(SeedsTable(outcomes, of: loaded).text)
    // The failure of one seed is shown in the table; the command has then failed.
    if outcomes.contains(where: { $0.failure != nil }) { throw ExitCode(ExitStatus.badInput.rawValue) }
  }
}

/// A checkpoint from which a run can be resumed. `best` is understood, so that its refusal can say why, but not offered.
struct ResumableCheckpoint: ExpressibleByArgument {
  let value: RunFolder.Checkpoint

  init?(argument: String) {
    guard let value = RunFolder.Checkpoint(rawValue: argument) else { return nil }
    self.value = value
  }

  static var allValueStrings: [String] { ["latest", "previous"] }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
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
