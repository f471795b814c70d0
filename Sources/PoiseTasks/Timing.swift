import PoiseCore

/// Lengths of physics steps, control steps and episodes.
public struct Timing: Hashable, Sendable {
  /// Time of a physics step, s.
  public let physicsTimeStep: Double
  /// Time of a control step, s.
  public let controlTimeStep: Double
  /// Physics steps of a control step.
  public let physicsStepsPerControlStep: Int
  /// Control steps of a whole episode.
  public let stepLimit: Int

  init(controlTimeStep: Double, stepLimit: Int, physicsTimeStep: Double) {
    self.physicsTimeStep = physicsTimeStep
    self.controlTimeStep = controlTimeStep
    physicsStepsPerControlStep = max(1, Int(clamping: (controlTimeStep / physicsTimeStep).rounded()))
    self.stepLimit = stepLimit
  }
}

/// Whether a quotient of two decimal numbers is meant to be a whole number.
func isWhole(_ ratio: Double) -> Bool { abs(ratio - ratio.rounded()) <= 1e-9 * max(1, ratio) }
