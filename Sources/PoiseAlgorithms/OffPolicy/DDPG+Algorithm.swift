public import PoiseEnvironments

extension DDPG: Algorithm {
  public static let name = "ddpg"
  public static let title = "Deep deterministic policy gradient"
  public static let paper = "Lillicrap et al. 2016"
  public static let documentation = "Hyperparameters of DDPG."
  public static let family = LearnerFamily<DDPGParameters>.offPolicy { DDPG($0, for: $1) }
  public static let actionKinds: [Space.Kind] = [.box]

  public static func memoryNeed(of parameters: DDPGParameters, observations: Space, actions: Space) -> MemoryNeed {
    let (o, a) = (observations.count, actions.count)
    var need = parameters.common.memoryNeed(observations: observations, actions: actions)
    need.addNetwork(
      "hiddenSizes", from: o, through: parameters.hiddenSizes, to: a, shards: parameters.shards,
      rows: parameters.batchSize)
    need.addNetwork(
      "criticHiddenSizes", from: o + a, through: parameters.criticHiddenSizes, to: 1, shards: parameters.shards,
      rows: parameters.batchSize, copies: parameters.usesTwinCritics ? 2 : 1)
    return need
  }

  public static func stepSizes(of parameters: DDPGParameters) -> String {
    "actorLearningRate is \(parameters.actorLearningRate), criticLearningRate \(parameters.criticLearningRate)"
  }
}
