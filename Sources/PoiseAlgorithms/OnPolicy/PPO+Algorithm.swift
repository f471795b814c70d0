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
    if parameters.isSmoothed { return "has a smoothnessCoefficient, which choices cannot have" }
    return parameters.mirrorSymmetry == nil ? nil : "has a mirrorSymmetry, which choices cannot have"
  }

  public static func memoryNeed(of parameters: PPOParameters, observations: Space, actions: Space) -> MemoryNeed {
    let (o, outputs) = (observations.count, actions.choices?.count ?? actions.count)
    var need = MemoryNeed()
    need.addWorlds(parameters.worlds)
    // Observations are in the segments (there also those of cut episodes) and in the batch, with smoothness twice; samples and
    // outputs are in segments and batch.
    let numbers = (parameters.isSmoothed ? 4 : 3) * o + 2 * actions.count + 2 * outputs + 10
    need.add("rolloutLength", rows: parameters.rolloutSize, numbers: numbers)
    let rows = min(parameters.minibatchSize, parameters.rolloutSize)
    need.addNetwork(
      "hiddenSizes", from: o, through: parameters.hiddenSizes, to: outputs, shards: parameters.shards,
      rows: rows * (parameters.isSmoothed ? 2 : 1))
    need.addNetwork(
      "valueHiddenSizes", from: o, through: parameters.valueHiddenSizes, to: 1, shards: parameters.shards, rows: rows)
    return need
  }

  public static func stepSizes(of parameters: PPOParameters) -> String {
    "learningRate.initial is \(parameters.learningRate.initial)"
      + (parameters.isSmoothed ? ", smoothnessCoefficient \(parameters.smoothnessCoefficient)" : "")
  }
}
