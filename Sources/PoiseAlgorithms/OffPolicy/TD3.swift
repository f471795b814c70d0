public import PoiseCore
public import PoiseEnvironments

// Twin delayed deep deterministic policy gradient. Source: Fujimoto, van Hoof and Meger 2018, "Addressing Function Approximation
// Error in Actor-Critic Methods" (arXiv:1802.09477): "the paper" below.
//
// TD3 is DDPG with three changes. Each is an option of `DDPG`; the name `td3` stands for all of them on, with the paper's
// hyperparameters:
//  1. Clipped double Q-learning: `usesTwinCritics`, section 4.2.
//  2. Delayed updates of policy and targets: `actorDelay`, section 5.2; in `DDPG.update`.
//  3. Target policy smoothing: `targetNoise`, `targetNoiseLimit`, section 5.3.

/// Hyperparameters of TD3: those of DDPG, with the defaults of appendix C of Fujimoto et al. 2018.
public struct TD3Parameters: OffPolicyParameters {
  /// All hyperparameters; TD3 is DDPG with three options on.
  public var ddpg = DDPGParameters()

  /// The hyperparameters of the paper.
  public init() {
    ddpg.usesTwinCritics = true
    ddpg.actorDelay = 2
    ddpg.targetNoise = 0.2
    ddpg.targetNoiseLimit = 0.5
    ddpg.exploration.noise = .gaussian
    ddpg.exploration.deviation = 0.1
    ddpg.batchSize = 100
    ddpg.targetUpdateRate = 5e-3
    ddpg.actorLearningRate = 1e-3
    ddpg.criticLearningRate = 1e-3
    ddpg.criticWeightDecay = 0
    ddpg.finalLayerBound = nil
  }

  public static let keys: [ConfigurationKey<Self>] = DDPGParameters.keys.map { $0.lifted(through: \.ddpg) }

  public func crossChecks(_ checks: inout ConfigurationChecks) { ddpg.crossChecks(&checks) }

  public var common: OffPolicySettings {
    get { ddpg.common }
    set { ddpg.common = newValue }
  }
}

/// TD3 as an algorithm that a scenario can name; its learner is `DDPG`.
public enum TD3: Algorithm {
  public static let name = "td3"
  public static let title = "Twin delayed deep deterministic policy gradient"
  public static let paper = "Fujimoto et al. 2018"
  public static let documentation = "Hyperparameters of TD3: those of DDPG with other defaults."
  public static let family = LearnerFamily<TD3Parameters>.offPolicy { DDPG($0.ddpg, for: $1) }
  public static let actionKinds = DDPG.actionKinds

  public static func memoryNeed(of parameters: TD3Parameters, observations: Space, actions: Space) -> MemoryNeed {
    DDPG.memoryNeed(of: parameters.ddpg, observations: observations, actions: actions)
  }

  public static func stepSizes(of parameters: TD3Parameters) -> String { DDPG.stepSizes(of: parameters.ddpg) }
}
