public import PoiseAlgorithms
import PoiseCore
public import PoiseNetworks
public import PoiseScenarios

/// A run opened for use: its scenario, the policy of a checkpoint, and the instruction set that it computes with.
public struct TrainedRun: Sendable {
  public let folder: RunFolder
  public let scenario: LoadedScenario
  public let checkpoint: RunFolder.Checkpoint
  public let policy: Policy
  /// What a learner with a table has learned, [choices]: Q, or the logits of a policy; `nil` for other learners.
  public let table: [Double]?
  /// Control steps of the training when the checkpoint was written.
  public let environmentSteps: Int?
  /// SHA-256 of the checkpoint's file.
  public let checkpointDigest: String
  /// The one that trained where this processor has it, for the same bits; else the best there is.
  public let instructionSet: InstructionSet

  /// - Parameters:
  ///   - path: the run's folder.
  ///   - overrides: `key.path=value` each, for a look at the same policy under other conditions.
  /// - Throws: `InputOutputError`, `InvalidInput`.
  public init(
    _ path: String, checkpoint: RunFolder.Checkpoint = .best, overrides: [String] = []
  ) throws {
    folder = try RunFolder(contentsOf: path)
    self.checkpoint = checkpoint
    // First: damage to the scenario or the model is told as what it is.
    let file = try folder.open(checkpoint, for: .policy)
    scenario = try folder.loadScenario(overrides: overrides)
    policy = try folder.policy(of: file, for: scenario)
    table = scenario.problem.flatMap { LearnedTable($0, file.tensors)?.preferences }
    environmentSteps = file.environmentSteps
    checkpointDigest = file.digest
    let trained = folder.description.instructionSet
    instructionSet = try trained.isSupported ? trained : InstructionSet.chosen()
  }

  /// The same run with another policy in place of its own.
  init(_ run: TrainedRun, with policy: Policy) {
    (folder, scenario, checkpoint, instructionSet) = (run.folder, run.scenario, run.checkpoint, run.instructionSet)
    self.policy = policy
    (table, environmentSteps) = (run.table, run.environmentSteps)
    checkpointDigest = run.checkpointDigest
  }

  public var controller: ControllerChoice { .policy(policy, name: folder.description.algorithm) }
}
