import ArgumentParser
import Dispatch
import Foundation
import PoiseCore
import PoiseExperiments
import PoiseNetworks
import PoiseScenarios
import PoiseTraining

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Compares settings of a scenario with each other, and the best of them with the shipped ones.",
    usage: """
      \(program) sweep <plan> [options]
      \(program) sweep --resume <sweep> [--parallel <parallel>]
      """,
    discussion: """
      PLAN is a YAML file that names the scenario, the keys and values to try, the seeds, the rungs and the measure. \
      Benchmarks/sweeps of a clone of Poise has examples, and `\(program) sweep --schema` lists every key. Trainings run in parallel, each on one thread. \
      At each rung the worst candidates are dropped (successive halving). If a sweep is stopped or killed, no finished trial \
      is lost: continue it with --resume.

      Examples:
        \(program) sweep plan.yaml --parallel 2
        \(program) sweep --resume runs/sweep-plan
      """)

  @Argument(help: "The file with the plan.")
  var plan: String?

  @Option(help: "Continue the sweep in this folder; if it is finished, show its tables again.")
  var resume: String?

  @Option(help: "The folder of the sweep. Default: runs/sweep-<plan>.")
  var out: String?

  @Option(help: "Number of trainings at the same time. Default: one for each processor.")
  var parallel: Int?

  @Option(help: ArgumentHelp("Change a key of the plan; may be repeated.", valueName: "key=value"))
  var set: [String] = []

  @Flag(help: "Show every key of a plan with its type, default, range and meaning.")
  var schema = false

  func validate() throws {
    guard [plan != nil, resume != nil, schema].count(where: { $0 }) == 1 else {
      throw ValidationError("Name a plan or, with --resume, a sweep, or ask for --schema.")
    }
    if resume != nil, out != nil || !set.isEmpty {
      throw ValidationError(
        "--resume continues a sweep with its own settings; only --parallel can be combined with it.")
    }
    if let parallel, !(1...1024).contains(parallel) {
      throw ValidationError("--parallel: found \(parallel); allowed 1 to 1024.")
    }
    try validateFolder(out, option: "--out")
    try validateFolder(resume, option: "--resume")
  }

  func run() throws {
    if schema { return print(ConfigurationSchema(of: SweepPlan.self).table, terminator: "") }
    StandardStreams.outliveListeners()
    let sweep: Sweep
    if let resume {
      sweep = try Sweep(resuming: resume)
    } else {
      let plan = plan ?? ""
      let folder = try out ?? Self.freshPath(plan)
      do {
        sweep = try Sweep(plan: plan, overrides: set, folder: folder, instructionSet: InstructionSet.chosen())
      } catch {
        if out == nil { RunFolder.release(folder) }
        throw error
      }
    }
    let parallel = parallel ?? ProcessInfo.processInfo.activeProcessorCount
    // Nothing before this point has to be saved.
    Interruption.watch()
    let display = SweepDisplay(sweep)
    display.begin(parallel: parallel)
    let ending = try sweep.run(parallel: parallel, stopSignal: { Interruption.signal }, tell: { display.show($0) })
    if case .interrupted(let signal) = ending {
      printError("stopped; resume with: \(ProgramCommand.line("sweep", "--resume", sweep.path))")
      throw ExitCode(128 + signal)
    }
    print(try sweep.result().text())
    print("tables: \(sweep.path)/trials.csv, candidates.csv")
  }

  private static func freshPath(_ plan: String) throws -> String {
    let name = (plan.fileName as NSString).deletingPathExtension
    let base = "runs/sweep-\(name)"
    return try RunFolder.claimFreshPath(base)
  }
}

/// What a person sees of a sweep.
private final class SweepDisplay: Sendable {
  private let line = Guarded(ProgressLine())
  private let texts: [String]
  private let header: String
  private let start = DispatchTime.now().uptimeNanoseconds

  init(_ sweep: Sweep) {
    texts = sweep.candidates.map(\.text)
    header =
      "\(sweep.candidates[0].scenario.name), \(sweep.candidates.count) candidates, \(sweep.plan.seeds.count) seed\(sweep.plan.seeds.count == 1 ? "" : "s"): \(sweep.path)"
  }

  func begin(parallel: Int) { printError("\(header), \(parallel) at once") }

  func show(_ event: Sweep.Event) {
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    line.withLock { line in
      switch event {
      case .rung(let number, let count, let steps, let candidates, let trials):
        line.print(
          "rung \(number) of \(count), \(steps) steps: \(candidates) candidates, \(trials) trials, \(shortDuration(elapsed))"
        )
      case .report(let trials): line.print("report: \(trials) trials, \(shortDuration(elapsed))")
      case .trial(let trial, let outcome, let done, let count):
        if let failure = outcome.failure {
          line.print("candidate \(trial.candidate), seed \(trial.seed) failed: \(failure)")
        }
        line.show(
          "\(done) of \(count), \(shortDuration(elapsed)); candidate \(trial.candidate), seed \(trial.seed): "
            + "\(outcome.environmentSteps) steps\(outcome.goalReached ? ", goal" : ""), \(texts[trial.candidate])",
          at: elapsed)
      }
    }
  }
}
