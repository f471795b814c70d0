import PoiseEnvironments
import PoiseTasks

// The metrics of robots as properties, for code that has a robot.
extension EvaluationResult {
  /// Episodes that reached the time limit ÷ episodes; 0 for tasks that do not measure it.
  public var survivalRate: Double {
    get { self[.survivalRate] ?? 0 }
    set { self[.survivalRate] = newValue }
  }
  /// Episodes that met the scenario's own condition ÷ episodes; `nil` for tasks without one.
  public var successRate: Double? { self[.successRate] }
  /// Mean over episodes of Σ −(roll² + pitch²) ÷ steps of the full time limit; steps missing after a fall count −(60°)². rad²
  public var tiltRewardPerStep: Double {
    get { self[.tiltRewardPerStep] ?? 0 }
    set { self[.tiltRewardPerStep] = newValue }
  }
  /// Mean length of an episode, s.
  public var episodeSecondsMean: Double { self[.episodeSeconds] ?? 0 }
  /// Steps with the upright body within 12° (or the success condition's tilt) ÷ steps of the full time limit.
  public var uprightShare: Double { metrics["upright_share"].flatMap { $0 } ?? 0 }
  /// Σ −(roll² + pitch²) ÷ the control steps that the episodes lasted, rad².
  public var tiltRewardPerLivedStep: Double { metrics["tilt_reward_per_lived_step"].flatMap { $0 } ?? 0 }
}
