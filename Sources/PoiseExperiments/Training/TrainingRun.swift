import Dispatch
import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
public import PoiseNetworks

/// A training run from its folder's first file to its last: iterations, evaluations, checkpoints, the end.
///
/// What a run computes follows from its scenario and seed; being interrupted at any moment and going on changes no bit of weights, progress
/// or evaluations. Only `timing.csv`, the event file's times and how often `latest` is saved depend on the clock.
public final class TrainingRun {
  public let folder: RunFolder
  public let scenario: LoadedScenario
  private let trainer: any Trainer
  private let evaluation: Evaluation
  private let pool: WorkerPool
  private let logs: RunLogs
  private var state: State
  private let instructionSet: InstructionSet
  private var lastSave = DispatchTime.now().uptimeNanoseconds
  private let beginning: UInt64

  /// What the machinery itself remembers.
  private struct State: Codable {
    var iteration = 0
    var environmentSteps = 0
    var nextEvaluation = 0
    /// Environment steps at the last evaluation.
    var evaluatedSteps = -1
    var goalsInARow = 0
    var bestRanking: [Double]?
    var bestSteps = 0
    var best: EvaluationResult?
    var faults = 0
    /// Wall time of the processes before this one, s; told, not computed with.
    var secondsBefore = 0.0
    var logs = RunLogs.Lengths()
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
  /// - Parameter beginning: `DispatchTime` ns of the process's start, for the time that is told.
  public init(
    _ scenario: LoadedScenario, seed: UInt64, folder path: String, threads: Int, instructionSet: InstructionSet,
    beginning: UInt64
  ) throws {
    self.scenario = scenario
    self.instructionSet = instructionSet
    self.beginning = beginning
    pool = WorkerPool(threadCount: threads)
    trainer = try Self.makeTrainer(scenario, seed: seed, instructionSet: instructionSet, pool: pool)
    folder = try RunFolder(creating: path, for: scenario, seed: seed, instructionSet: instructionSet)
    logs = try RunLogs(folder)
    state = State()
    state.nextEvaluation = scenario.scenario.evaluationInterval
    evaluation = Self.makeEvaluation(scenario, instructionSet)
    try save()
  }

  /// Goes on with a run from its last checkpoint.
  public init(resuming path: String, threads: Int, beginning: UInt64) throws {
    self.beginning = beginning
    folder = try RunFolder(contentsOf: path)
    instructionSet = folder.description.instructionSet
    guard instructionSet.isSupported else {
      throw InvalidInput(
        Problem(
          file: folder.file("run.json"), place: "instructionSet", found: instructionSet.rawValue,
          allowed: InstructionSet.supported.map(\.rawValue).joined(separator: ", ") + ", which this processor has",
          remedy: "Go on on the machine that began, or a like one; elsewhere the numbers would differ."))
    }
    scenario = try folder.loadScenario()
    pool = WorkerPool(threadCount: threads)
    trainer = try Self.makeTrainer(
      scenario, seed: folder.description.seed, instructionSet: instructionSet, pool: pool)
    evaluation = Self.makeEvaluation(scenario, instructionSet)
    let (file, name) = try folder.tensors(.latest)
    state = try Tensor.decode("run.state", in: file.tensors, file: name)
    try trainer.read(file.tensors, file: name)
    try trainer.readFiles(in: folder)
    logs = try RunLogs(folder, keeping: state.logs)
  }

  private static func makeTrainer(
    _ scenario: LoadedScenario, seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool
  ) throws -> any Trainer {
    switch scenario.scenario.training.algorithm {
    case .ppo: try PPOTrainer(scenario, seed: seed, instructionSet: instructionSet, pool: pool)
    case .ddpg, .td3: try OffPolicyTrainer(scenario, seed: seed, instructionSet: instructionSet, pool: pool)
    }
  }

  private static func makeEvaluation(_ scenario: LoadedScenario, _ instructionSet: InstructionSet) -> Evaluation {
    let settings = scenario.scenario.evaluation
    return Evaluation(
      scenario, episodes: settings.tuningEpisodes, seed: settings.tuningSeed, instructionSet: instructionSet)
  }

  // MARK: Telling

  public var environmentSteps: Int { trainer.environmentSteps }
  public var stepLimit: Int { scenario.scenario.stepLimit }
  /// What a person should know at the start; empty for nothing.
  public var note: String { trainer.note }
  /// The best evaluation so far, and when it was.
  public var best: (result: EvaluationResult, environmentSteps: Int)? { state.best.map { ($0, state.bestSteps) } }
  public var faults: Int { state.faults }
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
  ///   - stopSignal: asked between iterations; a number other than 0 stops the run after saving.
  ///   - tell: called with what happens.
  public func run(stopSignal: () -> Int32 = { 0 }, tell: (Event) throws -> Void = { _ in }) throws -> Ending {
    let settings = scenario.scenario.training
    while true {
      let steps = trainer.environmentSteps
      let isOver = steps >= stepLimit
      if steps >= state.nextEvaluation || isOver, steps > state.evaluatedSteps {
        try evaluate(steps, tell)
      }
      if settings.stopsAtGoal, state.goalsInARow >= 2 { return .goalReached }
      if let pauseSteps, steps >= pauseSteps, !isOver {
        try save()
        return .paused
      }
      if isOver { return .stepLimitReached }
      let signal = stopSignal()
      if signal != 0 {
        try save()
        return .interrupted(signal: signal)
      }
      let report = trainer.iterate(stepLimit: stepLimit)
      state.iteration += 1
      state.environmentSteps = trainer.environmentSteps
      state.faults += report.faults.count
      try logs.add(
        report, iteration: state.iteration, steps: trainer.environmentSteps,
        stepsOfIteration: trainer.environmentSteps - steps)
      for fault in report.faults { try tell(.fault(fault.description)) }
      try tell(.iteration(report, environmentSteps: trainer.environmentSteps))
      if Double(DispatchTime.now().uptimeNanoseconds - lastSave) * 1e-9 > Self.saveInterval { try save() }
    }
  }

  private func evaluate(_ steps: Int, _ tell: (Event) throws -> Void) throws {
    let policy = trainer.policy
    let result = try evaluation.run(.policy(policy, name: folder.description.algorithm), pool: pool)
    let goal = scenario.scenario.goal
    let meetsGoal = goal.isReached(by: result)
    let ranking = goal.ranking(of: result)
    // Of equals the later one, which has learned more.
    let isBest = state.bestRanking.map { !ranking.lexicographicallyPrecedes($0) } ?? true
    state.goalsInARow = meetsGoal ? state.goalsInARow + 1 : 0
    state.evaluatedSteps = steps
    while state.nextEvaluation <= steps {
      state.nextEvaluation += scenario.scenario.evaluationInterval
    }
    if isBest { (state.bestRanking, state.best, state.bestSteps) = (ranking, result, steps) }
    try logs.add(result, steps: steps, meetsGoal: meetsGoal)
    try save(alsoAsBest: isBest)
    try tell(.evaluation(result, environmentSteps: steps, isBest: isBest, meetsGoal: meetsGoal))
  }

  /// Writes `latest`, everything in one file, so that it is there whole or not at all.
  private func save(alsoAsBest: Bool = false) throws {
    try logs.synchronize()
    var kept = state
    kept.logs = logs.lengths
    kept.secondsBefore = seconds
    try trainer.willSave(in: folder)
    var tensors = try trainer.tensors()
    tensors.merge(try trainer.policy.tensors()) { first, _ in first }
    tensors["run.state"] = try Tensor(encoding: kept)
    let metadata = [
      "format": "poise-checkpoint-1", "scenario": scenario.name, "algorithm": folder.description.algorithm,
      "environment_steps": "\(trainer.environmentSteps)",
    ]
    // Best first: should the process die between the two, going on evaluates again and writes the same best once more.
    if alsoAsBest {
      try SafetensorsFile(tensors: trainer.policy.tensors(), metadata: metadata)
        .write(to: folder.checkpointPath(.best))
    }
    try SafetensorsFile(tensors: tensors, metadata: metadata).write(to: folder.checkpointPath(.latest))
    try trainer.didSave(in: folder)
    lastSave = DispatchTime.now().uptimeNanoseconds
  }
}
