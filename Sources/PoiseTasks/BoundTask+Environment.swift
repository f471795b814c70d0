public import PoiseCore
public import PoiseEnvironments

extension BoundTask: EnvironmentSpecification {
  public var forTraining: any EnvironmentSpecification { training }
  public var forPlanning: any EnvironmentSpecification { calm }
  public var stepLimit: Int { timing.stepLimit }
  public var controlTimeStep: Double? { timing.controlTimeStep }
  /// No torque; with position targets, the pose of action 0. Where actions are levels, the level that is this action, if there is one.
  public var restingAction: [Float]? {
    let resting =
      settings.actions.positionTargets == nil
      ? actionScaling.map(\.restingAction) : actionScaling.map { _ in Float(0) }
    if levels.isEmpty { return resting }
    return levels.firstIndex { $0.action == resting }.map { [Float($0)] }
  }
  /// The metrics of every robot, the length in control steps where actions are levels, and the metrics of reward terms.
  public var metrics: [Metric] {
    EpisodeQuality.metrics + (levels.isEmpty ? [] : [.episodeLength(atMost: stepLimit)]) + rewardMetrics.map(\.metric)
  }
  public var rewardMetrics: [RewardMetric] {
    zip(rewards, settings.rewards).enumerated().compactMap { term, pair in
      let (bound, weight) = (pair.0, pair.1.weight)
      return weight == 0 ? nil : bound.metric.map { RewardMetric($0, term: term, weight: weight) }
    }
  }

  public func makeEnvironment(
    seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail
  ) throws -> any Environment {
    try TaskEnvironment(self, seed: seed, purpose: purpose, index: index, detail: detail)
  }
}
