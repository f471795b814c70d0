import Dispatch
import Foundation
import PoiseCore
import PoiseNetworks
public import PoiseScenarios
import PoiseTraining

/// One training: a candidate with a seed.
public struct SweepTrial: Hashable, Sendable, Codable {
  public var candidate: Int
  public var seed: UInt64

  var name: String { "candidate\(candidate)-seed\(seed)" }
}

/// What a training came to, so far or in the end. All but the seconds repeats to the bit.
public struct TrialOutcome: Hashable, Sendable, Codable {
  public var environmentSteps = 0
  /// Whether two evaluations in a row met the goal; but for the measure `score` training ends there.
  public var goalReached = false
  /// Mean return of the latest evaluation; `nil` before the first.
  public var score: Double?
  public var survivalRate: Double?
  /// Episodes of training that ended as a fault.
  public var faults = 0
  /// Of all processes that worked on it, from the start of the training to its end or the rung, evaluations and checkpoints included.
  public var wallSeconds = 0.0
  /// Of the thread that trained; `nil` where a killed process took the count with it.
  public var processorSeconds: Double?
  /// Whether it is over: at the goal, at the scenario's step limit, or failed.
  public var isFinal = false
  /// Why it could not be trained.
  public var failure: String?

  public init() {}
}

/// Who trains. Another one serves for tests of the rules.
public protocol TrialRunner: Sendable {
  /// Begins or goes on with a trial.
  ///
  /// - Parameters:
  ///   - steps: where to stop; `nil` is the scenario's own limit.
  ///   - earlier: the outcome of the last rung, if there was one.
  ///   - wasKilled: whether the process before this one ended in the midst of it.
  ///   - stopSignal: asked now and then; a number other than 0 ends the work, and the trial can be gone on with.
  /// - Returns: the outcome, and whether `steps` or the end were reached.
  func run(
    _ trial: SweepTrial, of scenario: LoadedScenario, to steps: Int?, after earlier: TrialOutcome?, wasKilled: Bool,
    stopSignal: @Sendable () -> Int32
  ) throws -> (outcome: TrialOutcome, isThere: Bool)
}

/// Trains on the calling thread alone, as `poise train --threads 1` does, in a run folder for each trial.
struct TrainingTrials: TrialRunner {
  /// Where the run folders go.
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
    // Where processor time decides, work whose time was lost is done again.
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
    // A replay memory is large, and of use only for going on.
    if outcome.isFinal { try? FileManager.default.removeItem(atPath: "\(path)/replay") }
    return (outcome, outcome.isFinal || ending == .paused)
  }

  /// - Throws: `InputOutputError` where the run cannot be gone on with: a damaged file says nothing against the candidate.
  private func goOn(_ path: String, _ beginning: UInt64) throws -> TrainingRun {
    do {
      return try TrainingRun(resuming: path, threads: 1, beginning: beginning)
    } catch let error as InvalidInput {
      let problem = error.problems[0]
      throw InputOutputError(
        path: problem.file, operation: "go on", reason: "found \(problem.found); allowed \(problem.allowed)",
        remedy: "\(problem.remedy) To make the trial again, remove \(path).")
    }
  }

  private static func hasCheckpoint(_ path: String) -> Bool {
    RunFolder.isRun(path) && FileManager.default.fileExists(atPath: "\(path)/checkpoints/latest.safetensors")
  }

  /// Of the calling thread.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
