public import PoiseCore
import PoiseScenarios

/// The error that ends a training whose numbers cannot be trusted any more.
public struct TrainingFailure: PoiseError, Equatable {
  /// The run's folder.
  public var run: String
  /// The first cause: which quantity, what it was, at which update or step.
  public var cause: String
  /// Control steps of all worlds at the failure.
  public var environmentSteps: Int
  /// The iteration in which the training failed, from 1.
  public var iteration: Int
  /// The first fault of the environments in the same iteration, if any.
  public var firstFault: String?
  /// The settings to look at: "ppo.learningRate.initial is 1000.0".
  public var settings: String
  /// Whether a policy was evaluated and saved before the failure.
  public var hasBest: Bool

  /// The exit status of bad input, because hyperparameters or task have to be changed.
  public var exitStatus: ExitStatus { .badInput }

  public var description: String {
    var sentences = [
      "\(run): training cannot go on after \(environmentSteps) steps, in iteration \(iteration): \(cause).",
      "\(settings): lower what is high, or find out why numbers of the task are large.",
    ]
    if let firstFault { sentences.insert("The first fault of these steps: \(firstFault).", at: 1) }
    sentences.append(
      hasBest
        ? "The best policy so far is saved: \(ProgramCommand.line("evaluate", run))."
        : "No policy had been evaluated yet.")
    return sentences.joined(separator: " ")
  }
}
