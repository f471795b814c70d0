import PoiseCore

/// Every term that a scenario can name: the one place where a new one is added, one line in its list.
public enum Terms {
  public static let observations: [any ObservationTerm.Type] = [
    JointPositionsObservation.self, JointVelocitiesObservation.self, BodyHeightObservation.self,
    ProjectedGravityObservation.self, RollPitchObservation.self, LinearVelocityObservation.self,
    AngularVelocityObservation.self, FootContactsObservation.self, ContactForcesObservation.self,
    PreviousActionObservation.self, CommandObservation.self, PhaseObservation.self,
  ]

  public static let rewards: [any RewardTerm.Type] = [
    TiltReward.self, AliveReward.self, HeightReward.self, UprightReward.self, ForwardVelocityReward.self,
    SidewaysVelocityCost.self, DriftCost.self, TorqueCost.self, ActionChangeCost.self, JointLimitCost.self,
    JointVelocityCost.self, JointDeviationCost.self, TargetAngleCost.self,
  ]

  public static let terminations: [any TerminationTerm.Type] = [
    HeightTermination.self, TiltTermination.self, JointRangeTermination.self,
  ]

  public static let resets: [any ResetTerm.Type] = [
    PoseReset.self, UniformReset.self, NoiseReset.self, FreeBodyReset.self, OnGroundReset.self,
  ]

  public static let disturbances: [any DisturbanceTerm.Type] = [PushDisturbance.self]
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
