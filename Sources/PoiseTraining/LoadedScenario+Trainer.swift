import PoiseAlgorithms
import PoiseEnvironments
public import PoiseCore
public import PoiseNetworks
public import PoiseScenarios

extension LoadedScenario {
  /// Makes a new trainer of the chosen algorithm's family, with its learner, on this scenario's worlds.
  ///
  /// - Parameters:
  ///   - seed: the root seed of the run.
  ///   - instructionSet: the kernels that the networks run on.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  /// - Throws: `InvalidInput` if robot or task lack the mirror symmetry that is asked for, or if the model cannot be
  ///   assembled.
  public func makeTrainer(seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool) throws -> any Trainer {
    let algorithm = settings.algorithm
    let task = specification.forTraining
    let context = LearnerContext(
      observationSpace: task.observationSpace, actionSpace: task.actionSpace,
      symmetry: try symmetry(algorithm.parameters.mirrorSymmetry, learner: algorithm.section), problem: problem,
      seed: seed,
      instructionSet: instructionSet)
    func rollingOut(_ learner: some OnPolicyLearner) throws -> any Trainer {
      try OnPolicyTrainer(learner, on: self, seed: seed, instructionSet: instructionSet, pool: pool)
    }
    func replaying(_ learner: some OffPolicyLearner) throws -> any Trainer {
      try OffPolicyTrainer(learner, on: self, seed: seed, pool: pool)
    }
    func living(_ learner: some TabularLearner) throws -> any Trainer {
      TabularTrainer(learner, on: self, problem: try requireProblem(for: algorithm.name), seed: seed)
    }
    switch algorithm.makeLearner(for: context) {
    case .onPolicy(let learner): return try rollingOut(learner)
    case .offPolicy(let learner): return try replaying(learner)
    case .tabular(let learner): return try living(learner)
    }
  }
}
