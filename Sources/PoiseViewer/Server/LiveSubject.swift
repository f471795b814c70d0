public import PoiseControl
public import PoiseScenarios
public import PoiseTraining

/// What a `LiveSimulation` simulates: a scenario and its controller.
public enum LiveSubject: Sendable {
  /// A run, which may still be training: each newer checkpoint is used from the next episode on.
  case run(path: String, checkpoint: RunFolder.Checkpoint, overrides: [String])
  /// A scenario with a baseline controller.
  case scenario(LoadedScenario, BaselineController)
}
