public import PoiseCore

/// Hyperparameters of DQN; defaults are those of Mnih et al. 2015, extended data table 1, where it has them; its network is for images.
public struct DQNParameters: OffPolicyParameters {
  /// The loss of an error δ.
  public enum Loss: String, CaseIterable, Sendable { case huber, squared }

  /// The settings that all off-policy algorithms have.
  public var common = OffPolicySettings()
  /// Adam's step size.
  public var learningRate = 2.5e-4
  /// Widths of the hidden layers; none makes Q linear in the observation, and a table of a finite problem.
  public var hiddenSizes = [64, 64]
  /// ε-greedy exploration, by the control steps of all worlds.
  public var exploration = EpsilonGreedy(initial: 1, final: 0.1, decaySteps: 1_000_000)
  /// C: updates from one step of the target network to the next.
  public var targetUpdateInterval = 10_000
  /// Huber's loss, whose gradient is clipped to ±1 as in 2015, or the square of 2013.
  public var loss = Loss.huber
  /// Whether the target's action is that of the network itself: double DQN.
  public var usesDoubleTargets = false
  /// Whether state values and advantages have streams of their own: dueling networks.
  public var isDueling = false
  /// Whether hidden layers are normalised before their activation.
  public var normalizesLayers = false

  public init() {
    common.batchSize = 32
    common.targetUpdateRate = 1
    common.warmupSteps = 50_000
    common.updatesPerStep = 0.25
  }

  public static let keys: [ConfigurationKey<Self>] =
    OffPolicySettings.keys.map { $0.lifted(through: \.common) } + [
      .key("learningRate", \.learningRate, .number(.positive), "Adam's step size."),
      .key(
        "hiddenSizes", \.hiddenSizes, .list(of: .integer(.from(1, through: 65_536))),
        "Widths of the hidden layers; [] makes Q linear in the observation: a table of a finite problem."),
      .key("exploration", \.exploration, .section, "ε-greedy exploration; actions count over all worlds."),
      .key(
        "targetUpdateInterval", \.targetUpdateInterval, .integer(.from(1, through: 1_000_000_000), unit: "updates"),
        "C: the target network takes over targetUpdateRate of the network with every C-th update."),
      .key("loss", \.loss, .choice, "huber: gradients of an error are clipped to ±1; squared: they are not."),
      .key(
        "usesDoubleTargets", \.usesDoubleTargets, .boolean,
        "Double DQN: the network chooses the target's action, the target network judges it."),
      .key(
        "isDueling", \.isDueling, .boolean,
        "Dueling: of the last hidden layer half the units feed V, the other half the advantages."),
      .key("normalizesLayers", \.normalizesLayers, .boolean, "Layer normalisation in the hidden layers."),
    ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    common.crossChecks(&checks)
    checks.requirePairs(of: hiddenSizes, at: "hiddenSizes", for: common.mirrorSymmetry)
    checks.require(
      !isDueling || (hiddenSizes.last ?? 0) >= 4, at: "isDueling",
      found: "true, with a last hidden layer of \(hiddenSizes.last ?? 0) units", allowed: "true with 4 units or more",
      remedy: "Both streams need units of their own.")
  }
}
