public import PoiseCore
import PoiseScenarios

/// Training that has come to an end of its own: its numbers cannot be trusted any more.
public struct TrainingFailure: PoiseError, Equatable {
  /// The run's folder.
  public var run: String
  /// The first cause: which quantity, what it was, at which update or step.
  public var cause: String
  public var environmentSteps: Int
  public var iteration: Int
  /// The first fault of the environments in the same iteration, if any.
  public var firstFault: String?
  /// What to look at: "ppo.learningRate.initial is 1000.0".
  public var settings: String
  /// Whether there is a policy of before.
  public var hasBest: Bool

  /// The hyperparameters or the task are to be changed: input.
  public var exitStatus: ExitStatus { .badInput }

  public var description: String {
    var sentences = [
      "\(run): training cannot go on after \(environmentSteps) steps, in iteration \(iteration): \(cause).",
      "\(settings): lower what is high, or look for what makes the task's numbers large.",
    ]
    if let firstFault { sentences.insert("The first fault of these steps: \(firstFault).", at: 1) }
    sentences.append(
      hasBest
        ? "The best policy of before is kept: \(ProgramCommand.line("evaluate", run))." : "No policy of before was evaluated yet.")
    return sentences.joined(separator: " ")
  }
}
