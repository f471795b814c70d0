import Foundation
import PoiseCore
import PoiseModels
public import PoiseNetworks
import PoiseTraining
import PoiseScenarios

/// A hyperparameter search by successive halving. Trials run in parallel, each on one thread; the worst candidates are
/// dropped at each rung; at the end, winner and shipped setting are compared on seeds that were not used for the
/// choice.
///
/// The choice of candidates follows from the outcomes in the sweep's folder alone, so a resumed sweep makes the same
/// choices. With a measure that does not depend on the clock, everything but the columns of seconds repeats to the bit.
public final class Sweep: Sendable {
  /// What is tried, and how.
  public let plan: SweepPlan
  /// All candidates; number 0 is the scenario as it ships.
  public let candidates: [SweepCandidate]
  private let folder: SweepFolder
  /// One process at a time works on a sweep.
  private let lock: FolderLock
  private let runner: any TrialRunner
  /// Control steps of each rung; `nil` is the scenario's own limit.
  private let rungs: [Int?]
  private let rule: SuccessiveHalving

  /// Path of the sweep's folder.
  public var path: String { folder.path }

  /// An event of the sweep, for display.
  public enum Event: Sendable {
    /// A rung begins: its number from 1, the number of rungs, its control steps, and the candidates and trials that
    /// train.
    case rung(number: Int, of: Int, steps: Int, candidates: Int, trials: Int)
    /// The final comparison begins, with its number of trials.
    case report(trials: Int)
    /// A trial has reached its rung or its end: the trial, its outcome, and how many of how many are done.
    case trial(SweepTrial, TrialOutcome, done: Int, of: Int)
  }

  /// How `run` ended.
  public enum Ending: Sendable, Hashable {
    /// Everything is done.
    case finished
    /// A signal stopped it; finished work is kept.
    case interrupted(signal: Int32)
  }

  // MARK: Starting

  /// Starts a sweep.
  ///
  /// - Parameters:
  ///   - planPath: a YAML file; see `SweepPlan`.
  ///   - overrides: changes of the plan, each `key.path=value`.
  ///   - path: the sweep's folder; it must not exist, or be empty.
  ///   - instructionSet: the instruction set of all trainings.
  ///   - runner: trains the trials; `nil` for real trainings.
  /// - Throws: `InvalidInput` with every problem of the plan; `InputOutputError` if a file cannot be read or written.
  public convenience init(
    plan planPath: String, overrides: [String] = [], folder path: String, instructionSet: InstructionSet,
    runner: (any TrialRunner)? = nil
  ) throws {
    let read = try Reading(planPath, overrides)
    let description = SweepFolder.Description(
      poiseVersion: PoiseVersion.current,
      plan: URL(fileURLWithPath: planPath).standardizedFileURL.path, overrides: overrides,
      instructionSet: instructionSet, digest: read.digest)
    // Checked before the lock, which would add a file to a foreign folder, and again under it.
    try SweepFolder.checkIsNew(path)
    try RunFolder.makeFolder(path)
    let lock = try FolderLock(path, work: Self.work)
    try self.init(read, SweepFolder(creating: path, description), lock, runner: runner)
  }

  /// Resumes a sweep.
  ///
  /// - Parameters:
  ///   - path: the sweep's folder.
  ///   - runner: trains the trials; `nil` for real trainings.
  /// - Throws: `InvalidInput` if plan, scenario or model have changed, or for another instruction set; `InputOutputError`.
  public convenience init(resuming path: String, runner: (any TrialRunner)? = nil) throws {
    let folder = try SweepFolder(contentsOf: path)
    let description = folder.description
    guard description.instructionSet.isSupported else {
      throw InvalidInput(
        Problem(
          file: "\(folder.path)/sweep.json", place: "instructionSet", found: description.instructionSet.rawValue,
          allowed: InstructionSet.supported.map(\.rawValue).joined(separator: ", ") + ", which this processor has",
          remedy: "Resume it on the machine where it began, or on a similar one."))
    }
    let read = try Reading(description.plan, description.overrides)
    guard read.digest == description.digest else {
      throw InvalidInput(
        Problem(
          file: description.plan, found: "a plan, scenario or model that has changed since the sweep began",
          allowed: "the same files, since outcomes of two sweeps cannot be compared",
          remedy: "Start a new sweep, or undo the change."))
    }
    try self.init(read, folder, FolderLock(folder.path, work: Self.work), runner: runner)
  }

  /// A plan with everything that it refers to.
  private struct Reading {
    let plan: SweepPlan
    let candidates: [SweepCandidate]
    let digest: String

    init(_ path: String, _ overrides: [String]) throws {
      let configured = try Configured<SweepPlan>(contentsOf: path, overrides: overrides)
      plan = configured.value
      let beside = (path.parentFolder as NSString).appendingPathComponent(plan.scenario)
      let scenarioPath =
        plan.scenario.contains(".") && FileManager.default.fileExists(atPath: beside)
        ? beside : try ShippedFiles().resolve(plan.scenario)
      candidates = try plan.candidates(scenarioPath: scenarioPath, source: configured.source)
      try Self.check(plan, candidates, configured.source)
      var bytes = Array((plan.yamlText + candidates[0].scenario.resolvedText).utf8)
      for file in candidates[0].scenario.robot?.model.files ?? [] {
        do {
          bytes += try BoundedFile.read(file, limit: 64 << 20)
        } catch {
          throw InputOutputError(path: file, operation: "read", reason: error.reason)
        }
      }
      digest = SHA256.hexadecimal(bytes)
    }

    /// Checks of the plan that need the scenario.
    private static func check(_ plan: SweepPlan, _ candidates: [SweepCandidate], _ source: ConfigurationSource) throws {
      var problems: [Problem] = []
      let shipped = candidates[0].scenario.settings
      if let first = plan.rungs.first, first < shipped.evaluationInterval {
        problems.append(
          source.problem(
            at: "rungs", found: "a first rung of \(first) steps",
            allowed: "at least \(shipped.evaluationInterval), the evaluation interval",
            remedy: "Without an evaluation candidates cannot be compared."))
      }
      if !shipped.goal.isSet, plan.measure != .score {
        problems.append(
          source.problem(
            at: "measure", found: plan.measure.rawValue, allowed: "score, for a scenario without a goal",
            remedy: "Add a goal to it, or write measure: score."))
      }
      guard problems.isEmpty else { throw InvalidInput(problems) }
    }
  }

  private static let work = "sweeps"

  private init(_ read: Reading, _ folder: SweepFolder, _ lock: FolderLock, runner: (any TrialRunner)?) {
    self.lock = lock
    folder.removeLeftovers()
    plan = read.plan
    candidates = read.candidates
    self.folder = folder
    self.runner =
      runner
      ?? TrainingTrials(
        folder: folder.runs, instructionSet: folder.description.instructionSet, measure: read.plan.measure)
    rungs = read.plan.rungs.isEmpty ? [nil] : read.plan.rungs
    rule = SuccessiveHalving(measure: read.plan.measure, keptShare: read.plan.keptShare)
  }

  // MARK: Running

  /// Runs all trials that are not done yet, then writes the tables.
  ///
  /// - Parameters:
  ///   - parallel: trainings at once, each on one thread.
  ///   - stopSignal: called by every training between iterations; a number other than 0 stops all of them after a checkpoint.
  ///   - tell: called with each event, by one thread at a time.
  /// - Returns: whether the sweep is finished or was interrupted.
  /// - Throws: errors that concern all trials, such as a full disk; a training that fails on its own only ranks last.
  public func run(
    parallel: Int, stopSignal: @escaping @Sendable () -> Int32 = { 0 },
    tell: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws -> Ending {
    let crew = Crew(parallel: parallel, stopSignal: stopSignal, tell: tell)
    var survivors = candidates.map(\.number)
    for (rung, steps) in rungs.enumerated() {
      // Seeds in the outer loop, so that a varying load of the machine affects all candidates equally.
      let trials = plan.seeds.flatMap { seed in survivors.map { SweepTrial(candidate: $0, seed: seed) } }
      tell(
        .rung(
          number: rung + 1, of: rungs.count, steps: steps ?? candidates[0].scenario.settings.stepLimit,
          candidates: survivors.count, trials: trials.count))
      if let signal = try work(trials, rung: rung, to: steps, crew) { return .interrupted(signal: signal) }
      let ranked = try self.ranked(survivors, rung: rung)
      survivors = Array(ranked.prefix(rule.keptCount(of: ranked.count)))
      for loser in ranked.dropFirst(survivors.count) where rung + 1 < rungs.count { dropMemory(of: loser) }
    }
    let rivals = try finalists()
    let trials = plan.reportSeeds.flatMap { seed in rivals.map { SweepTrial(candidate: $0, seed: seed) } }
    if !trials.isEmpty {
      tell(.report(trials: trials.count))
      if let signal = try work(trials, rung: 0, to: nil, crew) { return .interrupted(signal: signal) }
    }
    let result = try self.result()
    try folder.write(result.trialsCSV, to: "trials.csv")
    try folder.write(result.candidatesCSV, to: "candidates.csv")
    return .finished
  }

  /// The shipped setting and the winner, which may be the same.
  private func finalists() throws -> [Int] {
    let winner = try standings()[0].candidate
    return winner == 0 ? [0] : [0, winner]
  }

  /// The options of `run`.
  private struct Crew {
    var parallel: Int
    var stopSignal: @Sendable () -> Int32
    var tell: @Sendable (Event) -> Void
  }

  /// Trains trials up to a rung.
  ///
  /// - Returns: the signal that stopped it, if one did.
  private func work(_ trials: [SweepTrial], rung: Int, to steps: Int?, _ crew: Crew) throws -> Int32? {
    struct Progress {
      var next = 0
      var done = 0
      var signal: Int32 = 0
      var error: (any Error)?
    }
    let progress = Guarded(Progress())
    var workers = Array(0..<min(crew.parallel, trials.count))
    WorkerPool(threadCount: max(1, workers.count)).forEach(&workers) { _, _ in
      while true {
        let trial: SweepTrial? = progress.withLock {
          guard $0.next < trials.count, $0.signal == 0, $0.error == nil else { return nil }
          $0.next += 1
          return trials[$0.next - 1]
        }
        guard let trial else { return }
        do {
          let outcome = try self.advance(trial, rung: rung, to: steps, crew.stopSignal)
          progress.withLock {
            if let outcome {
              $0.done += 1
              crew.tell(.trial(trial, outcome, done: $0.done, of: trials.count))
            } else {
              $0.signal = crew.stopSignal()
            }
          }
        } catch {
          progress.withLock { $0.error = $0.error ?? error }
        }
      }
    }
    return try progress.withLock {
      if let error = $0.error { throw error }
      return $0.signal == 0 ? nil : $0.signal
    }
  }

  /// Trains one trial up to a rung, if it has not reached it.
  ///
  /// - Returns: `nil` if a signal stopped it.
  private func advance(
    _ trial: SweepTrial, rung: Int, to steps: Int?, _ stopSignal: @Sendable () -> Int32
  ) throws -> TrialOutcome? {
    var record = try folder.record(trial)
    if record.outcomes.count > rung { return record.outcomes[rung] }
    // A finished trial has the same outcome at higher rungs.
    if let last = record.outcomes.last, last.isFinal {
      record.outcomes.append(last)
      try folder.write(record, of: trial)
      return last
    }
    if stopSignal() != 0 { return nil }
    let wasKilled = record.isRunning
    let earlier = record.latest
    record.isRunning = true
    try folder.write(record, of: trial)
    var (outcome, isThere): (TrialOutcome, Bool)
    do {
      (outcome, isThere) = try runner.run(
        trial, of: candidates[trial.candidate].scenario, to: steps, after: earlier, wasKilled: wasKilled,
        stopSignal: stopSignal)
    } catch let error as InputOutputError {
      // The machine's fault, not the candidate's: once there is space again, the trial can run.
      throw error
    } catch {
      outcome = earlier ?? TrialOutcome()
      outcome.goalReached = false
      outcome.failure = "\(error)"
      (outcome.isFinal, isThere) = (true, true)
    }
    record.isRunning = false
    record.partial = isThere ? nil : outcome
    if isThere { record.outcomes.append(outcome) }
    try folder.write(record, of: trial)
    return isThere ? outcome : nil
  }

  /// Removes the replay buffers of a candidate that was dropped.
  private func dropMemory(of candidate: Int) {
    for seed in plan.seeds {
      try? FileManager.default.removeItem(
        atPath: "\(folder.runs)/\(SweepTrial(candidate: candidate, seed: seed).name)/replay")
    }
  }

  // MARK: Results

  private func outcomes(_ candidate: Int, rung: Int) throws -> [TrialOutcome] {
    try plan.seeds.compactMap { seed in
      let all = try folder.record(SweepTrial(candidate: candidate, seed: seed)).outcomes
      return all.count > rung ? all[rung] : nil
    }
  }

  private func ranked(_ candidates: [Int], rung: Int) throws -> [Int] {
    var outcomes: [Int: [TrialOutcome]] = [:]
    for candidate in candidates { outcomes[candidate] = try self.outcomes(candidate, rung: rung) }
    return rule.ranked(outcomes)
  }

  /// All candidates, the best first: those of the highest rung, then those dropped at the one before, and so on.
  private func standings() throws -> [SweepResult.Standing] {
    var survivors = candidates.map(\.number)
    var fallen: [SweepResult.Standing] = []
    for rung in rungs.indices {
      let ranked = try self.ranked(survivors, rung: rung)
      let kept = rung + 1 == rungs.count ? ranked.count : rule.keptCount(of: ranked.count)
      let standings = try ranked.map {
        SweepResult.Standing(candidate: $0, rung: rung + 1, outcomes: try outcomes($0, rung: rung))
      }
      if rung + 1 == rungs.count { return standings + fallen }
      fallen = Array(standings.dropFirst(kept)) + fallen
      survivors = Array(ranked.prefix(kept))
    }
    return fallen
  }

  /// The result of a finished sweep; throws if an outcome cannot be read.
  public func result() throws -> SweepResult {
    let standings = try standings()
    let rivals = plan.reportSeeds.isEmpty ? [] : try finalists()
    let report = try rivals.map { candidate in
      SweepResult.Standing(
        candidate: candidate, rung: 0,
        outcomes: try plan.reportSeeds.compactMap {
          try folder.record(SweepTrial(candidate: candidate, seed: $0)).outcomes.first
        })
    }
    return SweepResult(plan: plan, candidates: candidates, standings: standings, report: report)
  }
}
