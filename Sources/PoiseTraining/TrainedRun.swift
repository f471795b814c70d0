public import PoiseAlgorithms
import PoiseCore
public import PoiseNetworks
public import PoiseScenarios

/// A run opened for use: its scenario, the policy of a checkpoint, and the instruction set that it computes with.
public struct TrainedRun: Sendable {
  /// The run's folder.
  public let folder: RunFolder
  /// The run's scenario, with the overrides.
  public let scenario: LoadedScenario
  /// The checkpoint from which the policy comes.
  public let checkpoint: RunFolder.Checkpoint
  /// The policy of the checkpoint.
  public let policy: Policy
  /// What a learner with a table has learned, [choices]: Q, or the logits of a policy; `nil` for other learners.
  public let table: [Double]?
  /// Control steps of the training when the checkpoint was written.
  public let environmentSteps: Int?
  /// SHA-256 of the checkpoint's file, 64 hexadecimal digits.
  public let checkpointDigest: String
  /// The kernels of the training if this processor has them, for the same bits; otherwise the best that it has.
  public let instructionSet: InstructionSet

  /// Opens a run.
  ///
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - checkpoint: which checkpoint's policy to load.
  ///   - overrides: changed settings, `key.path=value` each, to try the same policy under other conditions.
  /// - Throws: `InputOutputError` if a file cannot be read, `InvalidInput` if one is damaged, of another version, or
  ///   does not fit.
  public init(
    _ path: String, checkpoint: RunFolder.Checkpoint = .best, overrides: [String] = []
  ) throws {
    folder = try RunFolder(contentsOf: path)
    self.checkpoint = checkpoint
    // The checkpoint comes first, so that damage to scenario or model is reported as damage.
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

  /// The policy as a controller, named after the algorithm.
  public var controller: ControllerChoice { .policy(policy, name: folder.description.algorithm) }
}
