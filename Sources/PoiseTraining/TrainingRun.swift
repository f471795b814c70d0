import Dispatch
import Foundation
public import PoiseAlgorithms
import PoiseCore
public import PoiseNetworks
public import PoiseScenarios
import PoiseTasks
import PoiseEnvironments
import PoiseModels

/// A training run from beginning to end: iterations, evaluations, checkpoints.
///
/// All results of a run follow from its scenario and seed; an interruption at any moment followed by resuming changes
/// no bit of weights, progress or evaluations. Only `timing.csv`, the times in the event file and how often `latest` is
/// written depend on the clock.
///
/// One process at a time trains in a folder: `FolderLock`. This class keeps the promises of `RunFolder` about
/// interruptions and damage.
public final class TrainingRun {
  /// The run's folder.
  public let folder: RunFolder
  /// The run's scenario.
  public let scenario: LoadedScenario
  let trainer: any Trainer
  private let evaluation: Evaluation
  private let pool: WorkerPool
  private let logs: RunLogs
  private var state: State
  private let instructionSet: InstructionSet
  private let lock: FolderLock
  /// What was changed of the run so far; `nil` where nothing was.
  private var changes: LogFile?
  /// Seals of the files that every checkpoint of the run depends on.
  private let inputs: [FileSeal]
  private var lastSave = DispatchTime.now().uptimeNanoseconds
  private let beginning: UInt64

  /// The state of the run beside the trainer's.
  private struct State: Codable {
    var iteration = 0
    /// Control steps of all worlds at the end of the last complete iteration.
    var environmentSteps = 0
    var nextEvaluation = 0
    /// Environment steps at the last evaluation.
    var evaluatedSteps = -1
    var goalsInARow = 0
    var bestSteps = 0
    var best: EvaluationResult?
    var faults = 0
    /// Updates refused so far; older files omit this field.
    var skippedUpdates: Int?
    /// The network that has died, if one has; older files omit this field.
    var death: LearnerHealth.Death?
    /// Evaluations so far that were to confirm one that met the goal; `nil` in older files.
    var confirmations: Int?
    /// Wall time of the processes before this one, s; for display only.
    var secondsBefore = 0.0

    /// Whether all counts are possible; a file may hold any number.
    var isPossible: Bool {
      let counts = [
        iteration, environmentSteps, nextEvaluation, goalsInARow, bestSteps, faults, skippedUpdates ?? 0,
        confirmations ?? 0,
      ]
      return counts.allSatisfy(\.isPossibleCount) && max(0, evaluatedSteps).isPossibleCount && evaluatedSteps >= -1
    }
  }

  /// The longest time between two checkpoints, s, measured at the ends of iterations.
  private static let saveInterval = 20.0

  /// The events of a run, for display.
  public enum Event: Sendable {
    /// An iteration ended, after a number of control steps of all worlds.
    case iteration(TrainingReport, environmentSteps: Int)
    /// An evaluation ended: its result, whether it is better than all before it, and whether it meets the goal.
    case evaluation(EvaluationResult, environmentSteps: Int, isBest: Bool, meetsGoal: Bool)
    /// A fault of an environment, in words.
    case fault(String)
    /// A network of the learner has died, which means that it will hardly learn any more.
    case death(LearnerHealth.Death)
  }

  /// Why `run` returned.
  public enum Ending: Sendable, Hashable {
    /// The goal was met by two evaluations in a row.
    case goalReached
    /// The step limit was reached.
    case stepLimitReached
    /// `pauseSteps` were reached; a checkpoint was written.
    case paused
    /// A signal stopped the run; a checkpoint was written.
    case interrupted(signal: Int32)
  }

  /// The network that had died when the latest checkpoint of a run was written; `nil` if none had, or if there is no such checkpoint.
  ///
  /// - Throws: `InvalidInput` for a damaged checkpoint.
  public static func death(in folder: RunFolder) throws -> LearnerHealth.Death? {
    guard folder.isThere(.latest) else { return nil }
    let file = try folder.open(.latest, for: .policy)
    let state: State = try Tensor.decode("run.state", in: file.tensors, file: file.path)
    return state.death
  }

  // MARK: Making and resuming

  /// Makes a new run with its folder and first checkpoint.
  ///
  /// - Parameters:
  ///   - scenario: the scenario.
  ///   - seed: the root seed of the run.
  ///   - path: the run's folder; new, empty, or one whose run was killed before it had a description.
  ///   - warmStart: the folder of a run whose learner this one begins with: weights, normaliser and the optimiser's
  ///     moments of its latest checkpoint. Worlds, exploration and replay buffer are new; `nil` for an untrained learner.
  ///   - threads: the number of threads, at least 1; it changes no bit of the result.
  ///   - instructionSet: the kernels that the run computes with.
  ///   - beginning: when the process started, ns of `DispatchTime`, for the time that is displayed.
  ///   - willSave: called before the first file is made; until then a signal can lose nothing.
  /// - Throws: `InvalidInput` if scenario, algorithm and memory do not fit together or the folder is in use;
  ///   `InputOutputError` if a file cannot be written.
  public init(
    _ scenario: LoadedScenario, seed: UInt64, folder path: String, warmStart: String? = nil, threads: Int,
    instructionSet: InstructionSet, beginning: UInt64, willSave: () -> Void = {}
  ) throws {
    self.scenario = scenario
    self.instructionSet = instructionSet
    self.beginning = beginning
    pool = WorkerPool(threadCount: threads)
    let fresh = try Self.makeTrainer(scenario, seed: seed, instructionSet: instructionSet, pool: pool)
    let start = try warmStart.map { try Self.begin(fresh, of: scenario, with: $0) }
    trainer = fresh
    // Checked before the lock, which would add a file to a folder of the user's own; and again under the lock.
    if !FolderLock.isPresent(in: path) { try RunFolder.checkIsNew(path) }
    willSave()
    try RunFolder.makeFolder(path)
    lock = try FolderLock(path, work: Self.work)
    folder = try RunFolder(
      creating: path, for: scenario, seed: seed, instructionSet: instructionSet, warmStart: start)
    folder.removeLeftovers()
    inputs = try folder.inputSeals()
    logs = try RunLogs(folder, metrics: scenario.specification.metrics)
    state = Self.beginning(of: scenario)
    evaluation = Self.makeEvaluation(scenario, instructionSet)
    try save()
  }

  /// Gives a fresh trainer what the learner of another run knows.
  private static func begin(
    _ trainer: any Trainer, of scenario: LoadedScenario, with path: String
  ) throws -> RunFolder.Description.WarmStart {
    let run = try RunFolder(contentsOf: path)
    let algorithm = scenario.settings.training.algorithm
    guard run.description.algorithm == algorithm else {
      throw InvalidInput(
        Problem(
          file: run.file("run.json"), place: "algorithm", found: run.description.algorithm,
          allowed: "a run of \(algorithm), which is to train here",
          remedy: "Choose another run, or --algorithm \(run.description.algorithm)."))
    }
    let file = try run.open(.latest, for: .policy)
    do {
      try trainer.beginWithLearner(file.tensors, file: file.path)
    } catch {
      var error = error
      for i in error.problems.indices {
        error.problems[i].remedy =
          "A warm start needs the same observations, actions and networks as the run has: see \(run.scenarioPath)."
      }
      throw error
    }
    return .init(run: path, checkpointSha256: file.digest)
  }

  private static let work = "trains"

  private static func beginning(of scenario: LoadedScenario) -> State {
    var state = State()
    state.nextEvaluation = scenario.settings.evaluationInterval
    return state
  }

  /// Resumes a run from a checkpoint; starts it again if it was killed before the first checkpoint.
  ///
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - checkpoint: `.previous` becomes the latest checkpoint, and everything after it is computed again;
  ///     later changes are forgotten. `.best` holds a policy alone and is refused.
  ///   - overrides: what is changed from here on, `key.path=value` each; see `RunChange`.
  ///   - threads: the number of threads, at least 1; it changes no bit of the result.
  ///   - beginning: when the process started, ns of `DispatchTime`, for the time that is displayed.
  ///   - willSave: called before the first file is changed.
  /// - Throws: `InputOutputError` if a file cannot be read or written; `InvalidInput` if one is damaged or of another
  ///   version, if this processor lacks the run's instruction set, or if the folder is in use.
  public init(
    resuming path: String, from checkpoint: RunFolder.Checkpoint = .latest, changing overrides: [String] = [],
    threads: Int, beginning: UInt64, willSave: () -> Void = {}
  ) throws {
    self.beginning = beginning
    folder = try RunFolder(contentsOf: path)
    lock = try FolderLock(folder.path, work: Self.work)
    folder.removeLeftovers()
    instructionSet = folder.description.instructionSet
    guard instructionSet.isSupported else {
      throw InvalidInput(
        Problem(
          file: folder.file("run.json"), place: "instructionSet", found: instructionSet.rawValue,
          allowed: InstructionSet.supported.map(\.rawValue).joined(separator: ", ") + ", which this processor has",
          remedy: "Resume on a machine with that instruction set; elsewhere the numbers would differ."))
    }
    let isBeginning = checkpoint == .latest && folder.isBeforeFirstCheckpoint
    // The checkpoint comes first, so that damage to scenario or model is reported as damage.
    let file = isBeginning ? nil : try folder.open(checkpoint, for: .training)
    if isBeginning, let start = folder.description.warmStart {
      throw InvalidInput(
        Problem(
          file: folder.path,
          found: "a run that was killed before its first checkpoint, begun with what \(start.run) has learned",
          allowed: "a run with a checkpoint", remedy: "Remove the folder, and give the command with --from again."))
    }
    let seal = file?.grown.first { $0.path == RunChange.fileName }
    // A change that no checkpoint knows of was made by a process that was killed before it held.
    if let seal {
      changes = try LogFile(RunChange.fileName, in: folder.path, keeping: seal)
    } else {
      try? FileManager.default.removeItem(atPath: folder.file(RunChange.fileName))
    }
    let before = try folder.loadScenario()
    if !overrides.isEmpty {
      try RunChange.check(overrides, of: folder, algorithm: before.settings.algorithm.type)
    }
    scenario = overrides.isEmpty ? before : try folder.loadScenario(overrides: overrides)
    pool = WorkerPool(threadCount: threads)
    trainer = try Self.makeTrainer(
      scenario, seed: folder.description.seed, instructionSet: instructionSet, pool: pool)
    evaluation = Self.makeEvaluation(scenario, instructionSet)
    willSave()
    guard let file else {
      try RunFolder.makeFolder(folder.file("checkpoints"))
      state = Self.beginning(of: scenario)
      inputs = try folder.inputSeals()
      logs = try RunLogs(folder, metrics: scenario.specification.metrics)
      try change(overrides, from: before)
      try save()
      return
    }
    inputs = file.inputs
    state = try Tensor.decode("run.state", in: file.tensors, file: file.path)
    guard state.isPossible else {
      throw InvalidInput(
        Problem(
          file: file.path, place: "tensor 'run.state'", found: "impossible counts",
          allowed: "whole numbers, not negative, below 2⁴⁸", remedy: "The file is damaged."))
    }
    try trainer.read(file.tensors, file: file.path)
    // From here on files are truncated to the lengths in this checkpoint, so it has to be the latest one.
    if checkpoint != .latest { try WholeFile.give(file.path, theName: folder.checkpointPath(.latest)) }
    try trainer.readFiles(in: folder, known: file.grown)
    logs = try RunLogs(folder, metrics: scenario.specification.metrics, keeping: file.grown)
    if !overrides.isEmpty {
      try change(overrides, from: before)
      try save()
    }
  }

  /// Records what is changed, and lets the run continue past its former end.
  private func change(_ overrides: [String], from before: LoadedScenario) throws {
    guard !overrides.isEmpty else { return }
    guard stepLimit > state.environmentSteps else {
      throw InvalidInput(
        Problem(
          file: folder.path, place: "step limit", found: "\(stepLimit)",
          allowed: "more than \(state.environmentSteps), the control steps that the run has",
          remedy:
            "Give the number of all steps, earlier ones included: --steps \(2 * max(1, state.environmentSteps))."))
    }
    let log = try changes ?? LogFile(RunChange.fileName, in: folder.path)
    try log.append(RunChange(environmentSteps: state.environmentSteps, set: overrides).line())
    changes = log
    // Two evaluations in a row have to reach the goal after the change, whatever was reached before.
    state.goalsInARow = 0
    let interval = scenario.settings.evaluationInterval
    if interval != before.settings.evaluationInterval {
      state.nextEvaluation = (state.environmentSteps / interval + 1) * interval
    }
  }

  private static func makeTrainer(
    _ scenario: LoadedScenario, seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool
  ) throws -> any Trainer {
    try scenario.checkAlgorithm()
    if let robot = scenario.robot, robot.model.actuators.isEmpty {
      throw InvalidInput(
        Problem(
          file: robot.modelPath, found: "a model without actuators",
          allowed: "at least one, through which a policy acts",
          remedy:
            "Such a scenario can only be simulated and evaluated: \(ProgramCommand.name) simulate, \(ProgramCommand.name) evaluate."
        ))
    }
    try MemoryNeed(measuring: scenario).check(of: scenario)
    return try scenario.makeTrainer(seed: seed, instructionSet: instructionSet, pool: pool)
  }

  private static func makeEvaluation(_ scenario: LoadedScenario, _ instructionSet: InstructionSet) -> Evaluation {
    let settings = scenario.settings.evaluation
    return Evaluation(
      scenario, episodes: settings.tuningEpisodes, seed: settings.tuningSeed, instructionSet: instructionSet)
  }

  /// The evaluation that confirms one that met the goal, on tuning episodes that no other has seen. On the same episodes it would
  /// repeat the luck of the first: a run could be stopped by twenty easy episodes.
  ///
  /// - Parameter number: how many there were before.
  private func freshEvaluation(_ number: Int) -> Evaluation {
    let settings = scenario.settings.evaluation
    // Odd, so that every number gives another seed.
    let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    var seed = settings.tuningSeed &+ step &* UInt64(number + 1)
    // Published figures are of episodes that chose nothing.
    if seed == settings.publishedSeed { seed &+= 1 }
    return Evaluation(
      scenario, episodes: settings.tuningEpisodes, seed: seed, instructionSet: instructionSet)
  }

  // MARK: Progress

  /// Control steps of all worlds so far, those of an incomplete iteration included.
  public var environmentSteps: Int { trainer.environmentSteps }
  /// Threads that compute: fewer than were asked for where the system makes no more.
  public var threadCount: Int { pool.threadCount }
  /// Control steps of all worlds after which training ends.
  public var stepLimit: Int { scenario.settings.stepLimit }
  /// The network of the learner that has died; `nil` if none has.
  public var death: LearnerHealth.Death? { state.death }
  /// Information for the user at the start of a training; empty for none.
  public var note: String {
    let death = lock.deadOwner.map { "\($0) was killed here; going on from its last checkpoint" }
    let notes = [death, pool.note, trainer.note] + (scenario.robot?.task.cautions ?? [])
    return notes.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n")
  }
  /// The best evaluation so far, and the control steps of all worlds at which it was made; `nil` before the first.
  public var best: (result: EvaluationResult, environmentSteps: Int)? { state.best.map { ($0, state.bestSteps) } }
  /// The number of faults of the environments so far.
  public var faults: Int { state.faults }
  /// Updates that were refused so far, because something was not finite.
  public var skippedUpdates: Int { state.skippedUpdates ?? 0 }
  /// Updates that were applied so far, of all optimisers together: 0 if the policy is still the one of the beginning, `nil` for a
  /// learner without an optimiser.
  ///
  /// - Throws: what making a checkpoint throws.
  public func appliedUpdates() throws -> Int? {
    // Every optimiser keeps its count in the checkpoint, with that of the refused ones behind it: little-endian 64-bit numbers.
    let counts = try trainer.tensors().filter { $0.key.hasSuffix(".updates") }.values
    guard !counts.isEmpty else { return nil }
    return counts.reduce(0) { sum, counts in
      sum + counts.bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
  }
  /// Control steps of all worlds at which `run` evaluates if that is due, writes a checkpoint and returns; `nil` for
  /// never.
  public var pauseSteps: Int?
  /// Wall time of the run, s: that of this process since its start and of the processes before it.
  public var seconds: Double {
    state.secondsBefore + Double(DispatchTime.now().uptimeNanoseconds - beginning) * 1e-9
  }

  // MARK: Running

  /// Trains until the goal or the step limit is reached, or until a signal or `pauseSteps` stops it.
  ///
  /// - Parameters:
  ///   - stopSignal: asked every few milliseconds, by any thread, also during iterations and evaluations. A number
  ///     other than 0, which then must stay, makes the run write a checkpoint and return.
  ///   - tell: called with each event; an error that it throws ends the run.
  /// - Returns: why it returned.
  /// - Throws: `TrainingFailure` if the numbers cannot be trusted any more, after which the last checkpoint is one from
  ///   before; `InputOutputError` if a file cannot be written; and what `tell` throws.
  public func run(
    stopSignal: @Sendable () -> Int32 = { 0 }, tell: (Event) throws -> Void = { _ in }
  ) throws -> Ending {
    let settings = scenario.settings.training
    @Sendable func isStopped() -> Bool { stopSignal() != 0 }
    while true {
      // Not the trainer's own count, which includes an incomplete iteration.
      let steps = state.environmentSteps
      let isOver = steps >= stepLimit
      if steps >= state.nextEvaluation || isOver, steps > state.evaluatedSteps {
        guard try evaluate(steps, isStopped, tell) else { return try stop(stopSignal()) }
      }
      if settings.stopsAtGoal, state.goalsInARow >= 2 { return .goalReached }
      if let pauseSteps, steps >= pauseSteps, !isOver {
        try save()
        return .paused
      }
      if isOver { return .stepLimitReached }
      guard !isStopped(),
        let report = trainer.iterate(stepLimit: stepLimit, reportBy: state.nextEvaluation, isStopped: isStopped)
      else { return try stop(stopSignal()) }
      state.iteration += 1
      state.environmentSteps = trainer.environmentSteps
      state.faults += report.faults.count
      state.skippedUpdates = report["skipped_updates"].map { Int(clamping: $0) } ?? state.skippedUpdates
      if !report.metrics.isEmpty {
        try logs.add(
          report, iteration: state.iteration, steps: state.environmentSteps,
          stepsOfIteration: state.environmentSteps - steps)
      }
      for fault in report.faults.prefix(Self.toldFaults) { try tell(.fault(fault.description)) }
      if report.faults.count > Self.toldFaults {
        try tell(.fault("and \(report.faults.count - Self.toldFaults) faults more in these steps"))
      }
      if let death = report.death, death != state.death { try tell(.death(death)) }
      state.death = report.death
      try tell(.iteration(report, environmentSteps: state.environmentSteps))
      try checkHealth(report, steps: state.environmentSteps - steps)
      if Double(DispatchTime.now().uptimeNanoseconds - lastSave) * 1e-9 > Self.saveInterval { try save() }
    }
  }

  private func stop(_ signal: Int32) throws -> Ending {
    try save()
    return .interrupted(signal: signal)
  }

  /// The largest number of faults of an iteration that are displayed one by one.
  private static let toldFaults = 5

  /// Ends a run that has failed, without a checkpoint of its present state.
  private func checkHealth(_ report: TrainingReport, steps: Int) throws {
    var cause = report.failure?.description
    if cause == nil, report.faults.count * 2 > steps, let first = report.faults.first {
      cause = "\(report.faults.count) of \(steps) control steps ended as faults; the first: \(first)"
    }
    guard let cause else { return }
    try logs.synchronize()
    throw TrainingFailure(
      run: folder.path, cause: cause, environmentSteps: state.environmentSteps, iteration: state.iteration,
      firstFault: report.failure == nil ? nil : report.faults.first?.description,
      settings: scenario.settings.algorithm.stepSizes, hasBest: state.best != nil)
  }

  /// Evaluates the policy and saves it unless an earlier one was better.
  ///
  /// - Returns: false if it was stopped; then the evaluation is repeated when the run is resumed.
  private func evaluate(
    _ steps: Int, _ isStopped: @Sendable () -> Bool, _ tell: (Event) throws -> Void
  ) throws -> Bool {
    let controller = ControllerChoice.policy(trainer.policy, name: folder.description.algorithm)
    let goal = scenario.goal
    let mayEndEarly = scenario.settings.training.stopsAtGoal && goal.canGetOutOfReach
    let isConfirming = scenario.settings.training.stopsAtGoal && state.goalsInARow == 1
    let evaluation = isConfirming ? freshEvaluation(state.confirmations ?? 0) : self.evaluation
    let result = try evaluation.run(
      controller, pool: pool, partEpisodes: mayEndEarly ? scenario.settings.evaluation.partEpisodes : nil,
      isDecided: { goal.isOutOfReach(after: $0, of: evaluation.episodes) }, isStopped: isStopped)
    guard let result else { return false }
    if isConfirming { state.confirmations = (state.confirmations ?? 0) + 1 }
    let meetsGoal = goal.isReached(by: result)
    let ranking = goal.ranking(of: result)
    let former = state.best.map { goal.ranking(of: $0) }
    let isBetter = former.map { $0.lexicographicallyPrecedes(ranking) } ?? true
    // Of equal ones the later is kept, which has learned more.
    let isKept = former.map { !ranking.lexicographicallyPrecedes($0) } ?? true
    state.goalsInARow = meetsGoal ? state.goalsInARow + 1 : 0
    state.evaluatedSteps = steps
    while state.nextEvaluation <= steps {
      state.nextEvaluation += scenario.settings.evaluationInterval
    }
    if isKept { (state.best, state.bestSteps) = (result, steps) }
    try logs.add(result, steps: steps, meetsGoal: meetsGoal)
    try save(alsoAsBest: isKept)
    try tell(.evaluation(result, environmentSteps: steps, isBest: isBetter, meetsGoal: meetsGoal))
    return true
  }

  /// Writes the checkpoint `latest`; the one before becomes `previous`.
  private func save(alsoAsBest: Bool = false) throws {
    try lock.confirm()
    try logs.synchronize()
    try changes?.synchronize()
    let grown = try logs.seals + (changes.map { [$0.seal] } ?? []) + trainer.willSave(in: folder)
    var kept = state
    kept.secondsBefore = seconds
    var tensors = try trainer.tensors()
    let policy = try trainer.policyTensors()
    tensors.merge(policy) { first, _ in first }
    tensors["run.state"] = try Tensor(encoding: kept)
    let about = [
      "scenario": scenario.name, "algorithm": folder.description.algorithm,
      "environment_steps": "\(trainer.environmentSteps)",
    ]
    // Best first: if the process dies between the two, resuming repeats the evaluation and writes the same best again.
    if alsoAsBest {
      try SealedCheckpoint.write(
        policy, about: about, inputs: inputs, to: folder.checkpointPath(.best))
    }
    try SealedCheckpoint.write(
      tensors, about: about, inputs: inputs, grown: grown, to: folder.checkpointPath(.latest),
      keepingOlderAs: folder.checkpointPath(.previous))
    try trainer.didSave(in: folder)
    lastSave = DispatchTime.now().uptimeNanoseconds
  }
}
