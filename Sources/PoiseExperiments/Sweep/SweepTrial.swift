import Dispatch
import Foundation
import PoiseCore
import PoiseNetworks
public import PoiseScenarios
import PoiseTraining

/// One training of a sweep: a candidate with a seed.
public struct SweepTrial: Hashable, Sendable, Codable {
  /// Number of the candidate.
  public var candidate: Int
  /// Root seed of the training.
  public var seed: UInt64

  var name: String { "candidate\(candidate)-seed\(seed)" }
}

/// The outcome of a training, so far or at its end. Everything except the seconds repeats to the bit.
public struct TrialOutcome: Hashable, Sendable, Codable {
  /// Control steps of all worlds together.
  public var environmentSteps = 0
  /// Whether two evaluations in a row met the goal; training ends there, except for the measure `score`.
  public var goalReached = false
  /// Mean return of the latest evaluation; `nil` before the first.
  public var score: Double?
  /// Survival rate of the latest evaluation; `nil` before the first, or for tasks without one.
  public var survivalRate: Double?
  /// Episodes of training that ended as a fault.
  public var faults = 0
  /// Time on the wall clock, s, of all processes that worked on it, from the start of the training to its end or the
  /// rung, evaluations and checkpoints included.
  public var wallSeconds = 0.0
  /// Processor time of the thread that trained, s; `nil` where it was lost with a killed process.
  public var processorSeconds: Double?
  /// Whether the trial is over: at the goal, at the scenario's step limit, or failed.
  public var isFinal = false
  /// Why the training failed; `nil` if it did not.
  public var failure: String?

  /// The outcome of a trial that has not begun.
  public init() {}
}

/// Trains the trials of a sweep. Tests of the rules use one that does not train.
public protocol TrialRunner: Sendable {
  /// Starts or resumes a trial.
  ///
  /// - Parameters:
  ///   - trial: the candidate's number and the seed.
  ///   - scenario: the candidate's scenario.
  ///   - steps: control steps after which to stop; `nil` is the scenario's own limit.
  ///   - earlier: the outcome of the last rung, if there was one.
  ///   - wasKilled: whether an earlier process was killed while it trained.
  ///   - stopSignal: called repeatedly; a number other than 0 ends the work, and the trial can be resumed.
  /// - Returns: the outcome, and whether `steps` or the end were reached.
  /// - Throws: errors that concern all trials, such as a full disk.
  func run(
    _ trial: SweepTrial, of scenario: LoadedScenario, to steps: Int?, after earlier: TrialOutcome?, wasKilled: Bool,
    stopSignal: @Sendable () -> Int32
  ) throws -> (outcome: TrialOutcome, isThere: Bool)
}

/// Trains on the calling thread alone, as `poise train --threads 1` does, in a run folder for each trial.
struct TrainingTrials: TrialRunner {
  /// The folder for the run folders.
  let folder: String
  let instructionSet: InstructionSet
  let measure: SweepMeasure

  func path(_ trial: SweepTrial) -> String { "\(folder)/\(trial.name)" }

  func run(
    _ trial: SweepTrial, of scenario: LoadedScenario, to steps: Int?, after earlier: TrialOutcome?, wasKilled: Bool,
    stopSignal: @Sendable () -> Int32
  ) throws -> (outcome: TrialOutcome, isThere: Bool) {
    let path = path(trial)
    let beginning = DispatchTime.now().uptimeNanoseconds
    let processor = Self.processorSeconds
    // Where processor time is the measure, work whose time was lost is repeated.
    let begins = !Self.hasCheckpoint(path) || wasKilled && measure == .processorSeconds
    if begins, FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    let run =
      try begins
      ? TrainingRun(
        scenario, seed: trial.seed, folder: path, threads: 1, instructionSet: instructionSet, beginning: beginning)
      : goOn(path, beginning)

    run.pauseSteps = steps
    let ending = try run.run(stopSignal: stopSignal)

    var outcome = TrialOutcome()
    outcome.environmentSteps = run.environmentSteps
    outcome.isFinal = ending == .goalReached || ending == .stepLimitReached
    let evaluations = try NumberTable(contentsOf: run.folder.file("evaluations.csv"))
    let meetsGoal = evaluations["meets_goal"].map { $0 == 1 }
    outcome.goalReached = zip(meetsGoal, meetsGoal.dropFirst()).contains { $0 && $1 }
    outcome.score = evaluations["return_mean"].last ?? nil
    outcome.survivalRate = evaluations["survival_rate"].last ?? nil
    outcome.faults = run.faults
    outcome.wallSeconds = run.seconds
    let before = begins ? 0 : wasKilled ? nil : earlier?.processorSeconds
    outcome.processorSeconds = before.map { $0 + Self.processorSeconds - processor }
    // A replay buffer is large, and needed only for resuming.
    if outcome.isFinal { try? FileManager.default.removeItem(atPath: "\(path)/replay") }
    return (outcome, outcome.isFinal || ending == .paused)
  }

  /// - Throws: `InputOutputError` where the run cannot be resumed, since a damaged file is not the candidate's fault.
  private func goOn(_ path: String, _ beginning: UInt64) throws -> TrainingRun {
    do {
      return try TrainingRun(resuming: path, threads: 1, beginning: beginning)
    } catch let error as InvalidInput {
      let problem = error.problems[0]
      throw InputOutputError(
        path: problem.file, operation: "resume", reason: "found \(problem.found); allowed \(problem.allowed)",
        remedy: "\(problem.remedy) To run the trial again, remove \(path).")
    }
  }

  private static func hasCheckpoint(_ path: String) -> Bool {
    RunFolder.isRun(path) && FileManager.default.fileExists(atPath: "\(path)/checkpoints/latest.safetensors")
  }

  /// Processor time of the calling thread, s.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
