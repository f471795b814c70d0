import PoiseCore

/// Every term that a scenario can name. A new term is one more line in one of these lists.
///
/// Another package adds its own terms with `register`, before anything else in its program.
public enum Terms {
  private static let observationsRegistry = Registry<any ObservationTerm.Type>(
    "observation terms",
    [
      JointPositionsObservation.self, JointVelocitiesObservation.self, BodyHeightObservation.self,
      ProjectedGravityObservation.self, RollPitchObservation.self, LinearVelocityObservation.self,
      AngularVelocityObservation.self, FootContactsObservation.self, ContactForcesObservation.self,
      PreviousActionObservation.self, CommandObservation.self, PhaseObservation.self,
    ])

  private static let rewardsRegistry = Registry<any RewardTerm.Type>(
    "reward terms",
    [
      TiltReward.self, AliveReward.self, HeightReward.self, UprightReward.self, ForwardVelocityReward.self,
      SidewaysVelocityCost.self, DriftCost.self, TorqueCost.self, ActionChangeCost.self, JointLimitCost.self,
      JointVelocityCost.self, JointDeviationCost.self, TargetAngleCost.self, CrawlReward.self, EachStepReward.self,
    ])

  private static let terminationsRegistry = Registry<any TerminationTerm.Type>(
    "termination terms",
    [
      HeightTermination.self, TiltTermination.self, JointRangeTermination.self,
    ])

  private static let resetsRegistry = Registry<any ResetTerm.Type>(
    "reset terms",
    [
      PoseReset.self, UniformReset.self, NoiseReset.self, FreeBodyReset.self, OnGroundReset.self,
    ])

  private static let disturbancesRegistry = Registry<any DisturbanceTerm.Type>(
    "disturbance terms",
    [PushDisturbance.self])
}

extension Terms {
  /// All observation terms.
  public static var observations: [any ObservationTerm.Type] { observationsRegistry.all }
  /// Adds an observation term.
  public static func register(_ term: any ObservationTerm.Type) { observationsRegistry.register(term) }

  /// All reward terms.
  public static var rewards: [any RewardTerm.Type] { rewardsRegistry.all }
  /// Adds a reward term.
  public static func register(_ term: any RewardTerm.Type) { rewardsRegistry.register(term) }

  /// All termination terms.
  public static var terminations: [any TerminationTerm.Type] { terminationsRegistry.all }
  /// Adds a termination term.
  public static func register(_ term: any TerminationTerm.Type) { terminationsRegistry.register(term) }

  /// All reset terms.
  public static var resets: [any ResetTerm.Type] { resetsRegistry.all }
  /// Adds a reset term.
  public static func register(_ term: any ResetTerm.Type) { resetsRegistry.register(term) }

  /// All disturbance terms.
  public static var disturbances: [any DisturbanceTerm.Type] { disturbancesRegistry.all }
  /// Adds a disturbance term.
  public static func register(_ term: any DisturbanceTerm.Type) { disturbancesRegistry.register(term) }
}

extension Terms {
  static let observationCases: [ConfigurationCase<Observation>] = observations.map { Observation.configurationCase($0) }
  static let rewardCases: [ConfigurationCase<Reward>] = rewards.map { Reward.configurationCase($0) }
  static let terminationCases: [ConfigurationCase<Termination>] = terminations.map {
    Termination.configurationCase($0)
  }
  static let resetCases: [ConfigurationCase<Reset>] = resets.map { Reset.configurationCase($0) }
  static let disturbanceCases: [ConfigurationCase<Disturbance>] = disturbances.map {
    Disturbance.configurationCase($0)
  }
}
