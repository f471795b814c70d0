public import PoiseEnvironments

extension PPO: Algorithm {
  public static let name = "ppo"
  public static let title = "Proximal policy optimisation"
  public static let paper = "Schulman et al. 2017"
  public static let documentation = "Hyperparameters of PPO."
  public static let family = LearnerFamily<PPOParameters>.onPolicy { PPO($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box, .discrete]

  public static func objection(
    to observationSpace: Space, actionSpace: Space, with parameters: PPOParameters
  ) -> String? {
    guard actionSpace.choices != nil else { return nil }
    return parameters.isSmoothed ? "has a smoothnessCoefficient, which choices cannot have" : nil
  }

  public static func memoryNeed(of parameters: PPOParameters, observations: Space, actions: Space) -> MemoryNeed {
    parameters.common.memoryNeed(
      value: parameters.value, minibatchSize: parameters.minibatchSize, keepsNextObservations: parameters.isSmoothed,
      observations: observations, actions: actions)
  }

  public static func stepSizes(of parameters: PPOParameters) -> String {
    parameters.common.stepSizes
      + (parameters.isSmoothed ? ", smoothnessCoefficient \(parameters.smoothnessCoefficient)" : "")
  }
}
