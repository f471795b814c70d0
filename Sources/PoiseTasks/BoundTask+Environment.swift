public import PoiseCore
public import PoiseEnvironments

extension BoundTask: EnvironmentSpecification {
  public var forTraining: any EnvironmentSpecification { training }
  public var stepLimit: Int { timing.stepLimit }
  public var controlTimeStep: Double? { timing.controlTimeStep }
  public var restingAction: [Float]? { actionScaling.map(\.restingAction) }
  public var metrics: [Metric] { EpisodeQuality.metrics }

  public func makeEnvironment(
    seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail
  ) throws -> any Environment {
    try TaskEnvironment(self, seed: seed, purpose: purpose, index: index, detail: detail)
  }
}
