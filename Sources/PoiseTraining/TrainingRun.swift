import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
public import PoiseNetworks
public import PoiseScenarios
import PoiseEnvironments
import PoiseModels

/// A training run from its folder's first file to its last: iterations, evaluations, checkpoints, the end.
///
/// What a run computes follows from its scenario and seed; being interrupted at any moment and going on changes no bit of weights, progress
/// or evaluations. Only `timing.csv`, the event file's times and how often `latest` is saved depend on the clock.
///
/// One process at a time trains in a folder: `FolderLock`. What `RunFolder` says of kills, full disks and damage is kept here.
public final class TrainingRun {
  public let folder: RunFolder
  public let scenario: LoadedScenario
  let trainer: any Trainer
  private let evaluation: Evaluation
  private let pool: WorkerPool
  private let logs: RunLogs
  private var state: State
  private let instructionSet: InstructionSet
  private let lock: FolderLock
  /// What every checkpoint of the run stands on.
  private let inputs: [FileSeal]
  private var lastSave = DispatchTime.now().uptimeNanoseconds
  private let beginning: UInt64

  /// What the machinery itself remembers.
  private struct State: Codable {
    var iteration = 0
    /// At the end of the last whole iteration.
    var environmentSteps = 0
    var nextEvaluation = 0
    /// Environment steps at the last evaluation.
    var evaluatedSteps = -1
    var goalsInARow = 0
    var bestSteps = 0
    var best: EvaluationResult?
    var faults = 0
    /// Updates refused so far; files of before it was kept have no word of it.
    var skippedUpdates: Int?
    /// Wall time of the processes before this one, s; told, not computed with.
    var secondsBefore = 0.0

    /// Whether a run may go on counting from here; a file may say anything.
    var isPossible: Bool {
      let counts = [iteration, environmentSteps, nextEvaluation, goalsInARow, bestSteps, faults, skippedUpdates ?? 0]
      return counts.allSatisfy(\.isPossibleCount) && max(0, evaluatedSteps).isPossibleCount && evaluatedSteps >= -1
    }
  }

  /// Seconds between two saves of `latest` where nothing else asks for one.
  private static let saveInterval = 20.0

  /// What happens in a run, for whoever shows it.
  public enum Event: Sendable {
    case iteration(TrainingReport, environmentSteps: Int)
    case evaluation(EvaluationResult, environmentSteps: Int, isBest: Bool, meetsGoal: Bool)
    case fault(String)
  }

  /// How a run came to its end.
  public enum Ending: Sendable, Hashable {
    case goalReached
    case stepLimitReached
    /// At `pauseSteps`, after saving.
    case paused
    /// By a signal, after saving.
    case interrupted(signal: Int32)
  }

  // MARK: Beginning

  /// Makes a new run.
  ///
  /// - Parameters:
  ///   - beginning: `DispatchTime` ns of the process's start, for the time that is told.
  ///   - willSave: called before the first file is made; until then there is nothing that a signal could lose.
  public init(
    _ scenario: LoadedScenario, seed: UInt64, folder path: String, threads: Int, instructionSet: InstructionSet,
    beginning: UInt64, willSave: () -> Void = {}
  ) throws {
    self.scenario = scenario
    self.instructionSet = instructionSet
    self.beginning = beginning
    pool = WorkerPool(threadCount: threads)
    trainer = try Self.makeTrainer(scenario, seed: seed, instructionSet: instructionSet, pool: pool)
    // Before the lock, which would be one more file in somebody's folder; and again under it.
    if !FolderLock.isPresent(in: path) { try RunFolder.checkIsNew(path) }
    willSave()
    try RunFolder.makeFolder(path)
    lock = try FolderLock(path, work: Self.work)
    folder = try RunFolder(creating: path, for: scenario, seed: seed, instructionSet: instructionSet)
    folder.removeLeftovers()
    inputs = try folder.inputSeals()
    logs = try RunLogs(folder, metrics: scenario.specification.metrics)
    state = Self.beginning(of: scenario)
    evaluation = Self.makeEvaluation(scenario, instructionSet)
    try save()
  }

  private static let work = "trains"

  private static func beginning(of scenario: LoadedScenario) -> State {
    var state = State()
    state.nextEvaluation = scenario.settings.evaluationInterval
    return state
  }

  /// Goes on with a run from a checkpoint; from the beginning where it was killed before the first.
  ///
  /// - Parameters:
  ///   - checkpoint: `.previous` goes back to the one before the last, which then becomes the last: what came after it is
  ///     computed again. `.best` holds a policy alone, and is refused.
  ///   - willSave: called before the first file is changed.
  public init(
    resuming path: String, from checkpoint: RunFolder.Checkpoint = .latest, threads: Int, beginning: UInt64,
    willSave: () -> Void = {}
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
          remedy: "Go on on the machine that began, or a like one; elsewhere the numbers would differ."))
    }
    let isBeginning = checkpoint == .latest && folder.isBeforeFirstCheckpoint
    // Before anything of the folder is used: damage to the scenario or the model is told as what it is.
    let file = isBeginning ? nil : try folder.open(checkpoint, for: .training)
    scenario = try folder.loadScenario()
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
      try save()
      return
    }
    inputs = file.inputs
    state = try Tensor.decode("run.state", in: file.tensors, file: file.path)
    guard state.isPossible else {
      throw InvalidInput(
        Problem(
          file: file.path, place: "tensor 'run.state'", found: "counts that no run reaches",
          allowed: "whole numbers, not negative, below 2⁴⁸", remedy: "The file is damaged."))
    }
    try trainer.read(file.tensors, file: file.path)
    // From here on files are cut back to what the checkpoint knows of, so it has to be the last one.
    if checkpoint != .latest { try WholeFile.give(file.path, theName: folder.checkpointPath(.latest)) }
    try trainer.readFiles(in: folder, known: file.grown)
    logs = try RunLogs(folder, metrics: scenario.specification.metrics, keeping: file.grown)
  }

  private static func makeTrainer(
    _ scenario: LoadedScenario, seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool
  ) throws -> any Trainer {
    try scenario.checkAlgorithm()
    if let robot = scenario.robot, robot.model.actuators.isEmpty {
      throw InvalidInput(
        Problem(
          file: robot.modelPath, found: "a model without actuators", allowed: "one at least, for a policy to act by",
          remedy: "Such a scenario is only to look at: poise simulate, poise evaluate."))
    }
    try MemoryNeed(measuring: scenario).check(of: scenario)
    return try scenario.makeTrainer(seed: seed, instructionSet: instructionSet, pool: pool)
  }

  private static func makeEvaluation(_ scenario: LoadedScenario, _ instructionSet: InstructionSet) -> Evaluation {
    let settings = scenario.settings.evaluation
    return Evaluation(
      scenario, episodes: settings.tuningEpisodes, seed: settings.tuningSeed, instructionSet: instructionSet)
  }

  // MARK: Telling

  public var environmentSteps: Int { trainer.environmentSteps }
  /// Threads that compute: fewer than were asked for where the system makes no more.
  public var threadCount: Int { pool.threadCount }
  public var stepLimit: Int { scenario.settings.stepLimit }
  /// What a person should know at the start; empty for nothing.
  public var note: String {
    let death = lock.deadOwner.map { "\($0) was killed here; going on from its last checkpoint" }
    return [death, pool.note, trainer.note].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n")
  }
  /// The best evaluation so far, and when it was.
  public var best: (result: EvaluationResult, environmentSteps: Int)? { state.best.map { ($0, state.bestSteps) } }
  public var faults: Int { state.faults }
  /// Updates that were refused so far, because something was not finite.
  public var skippedUpdates: Int { state.skippedUpdates ?? 0 }
  /// Control steps of all worlds after which `run` comes back for now, having evaluated what was due; `nil` for never.
  public var pauseSteps: Int?
  /// Wall time since the process's start, and that of the processes before it.
  public var seconds: Double {
    state.secondsBefore + Double(DispatchTime.now().uptimeNanoseconds - beginning) * 1e-9
  }

  // MARK: Running

  /// Trains to the goal, to the step limit, or until it is told to stop.
  ///
  /// - Parameters:
  ///   - stopSignal: asked every few milliseconds, by any thread, also in the middle of iterations and evaluations; a number other
  ///     than 0, which then must stay, stops the run after saving.
  ///   - tell: called with what happens.
  /// - Throws: `TrainingFailure` where the numbers cannot be trusted any more; the last checkpoint is of before.
  public func run(
    stopSignal: @Sendable () -> Int32 = { 0 }, tell: (Event) throws -> Void = { _ in }
  ) throws -> Ending {
    let settings = scenario.settings.training
    @Sendable func isStopped() -> Bool { stopSignal() != 0 }
    while true {
      // Not the trainer's own count, which may stand in the middle of an iteration.
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
      try tell(.iteration(report, environmentSteps: state.environmentSteps))
      try checkHealth(report, steps: state.environmentSteps - steps)
      if Double(DispatchTime.now().uptimeNanoseconds - lastSave) * 1e-9 > Self.saveInterval { try save() }
    }
  }

  private func stop(_ signal: Int32) throws -> Ending {
    try save()
    return .interrupted(signal: signal)
  }

  /// Faults of an iteration that are told one by one.
  private static let toldFaults = 5

  /// Ends a run that cannot get anywhere any more, without saving what it has come to.
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

  /// - Returns: false if it was stopped; then it is made anew when the run goes on.
  private func evaluate(
    _ steps: Int, _ isStopped: @Sendable () -> Bool, _ tell: (Event) throws -> Void
  ) throws -> Bool {
    let controller = ControllerChoice.policy(trainer.policy, name: folder.description.algorithm)
    let goal = scenario.goal
    let mayEndEarly = scenario.settings.training.stopsAtGoal && goal.canGetOutOfReach
    let result = try evaluation.run(
      controller, pool: pool, partEpisodes: mayEndEarly ? scenario.settings.evaluation.partEpisodes : nil,
      isDecided: { goal.isOutOfReach(after: $0, of: evaluation.episodes) }, isStopped: isStopped)
    guard let result else { return false }
    let meetsGoal = goal.isReached(by: result)
    // Of equals the later one, which has learned more.
    let isBest = state.best.map { !goal.ranking(of: result).lexicographicallyPrecedes(goal.ranking(of: $0)) } ?? true
    state.goalsInARow = meetsGoal ? state.goalsInARow + 1 : 0
    state.evaluatedSteps = steps
    while state.nextEvaluation <= steps {
      state.nextEvaluation += scenario.settings.evaluationInterval
    }
    if isBest { (state.best, state.bestSteps) = (result, steps) }
    try logs.add(result, steps: steps, meetsGoal: meetsGoal)
    try save(alsoAsBest: isBest)
    try tell(.evaluation(result, environmentSteps: steps, isBest: isBest, meetsGoal: meetsGoal))
    return true
  }

  /// Writes `latest`, and keeps the one before it as `previous`.
  private func save(alsoAsBest: Bool = false) throws {
    try lock.confirm()
    try logs.synchronize()
    let grown = try logs.seals + trainer.willSave(in: folder)
    var kept = state
    kept.secondsBefore = seconds
    var tensors = try trainer.tensors()
    tensors.merge(try trainer.policy.tensors()) { first, _ in first }
    tensors["run.state"] = try Tensor(encoding: kept)
    let about = [
      "scenario": scenario.name, "algorithm": folder.description.algorithm,
      "environment_steps": "\(trainer.environmentSteps)",
    ]
    // Best first: should the process die between the two, going on evaluates again and writes the same best once more.
    if alsoAsBest {
      try SealedCheckpoint.write(
        trainer.policy.tensors(), about: about, inputs: inputs, to: folder.checkpointPath(.best))
    }
    try SealedCheckpoint.write(
      tensors, about: about, inputs: inputs, grown: grown, to: folder.checkpointPath(.latest),
      keepingOlderAs: folder.checkpointPath(.previous))
    try trainer.didSave(in: folder)
    lastSave = DispatchTime.now().uptimeNanoseconds
  }
}
