public import PoiseCore

/// A task that environments are made of: constant, shared by all of them, and all that learners, evaluations and reports know
/// of a task.
public protocol EnvironmentSpecification: Sendable {
  /// Name of the scenario, for reports.
  var name: String { get }
  /// What an observation is.
  var observationSpace: Space { get }
  /// What an action is; the numbers of a box lie in −1 … 1.
  var actionSpace: Space { get }
  /// Control steps after which an episode is truncated.
  var stepLimit: Int { get }
  /// Seconds of a control step; `nil` where steps take no time, as on a grid.
  var controlTimeStep: Double? { get }
  /// The action that does nothing, [actions]; `nil` where every action does something.
  var restingAction: [Float]? { get }
  /// Names of the parts of the reward, each once; a row of `EpisodeSummary.rewardTerms`.
  var rewardNames: [String] { get }
  /// What episodes are judged by, beside their return, in the order of tables; a row of `EpisodeSummary.measurements`.
  var metrics: [Metric] { get }
  /// The metrics that are told of reward terms; they are among `metrics`, too.
  var rewardMetrics: [RewardMetric] { get }
  /// The task as a learner meets it: with disturbances of training where it has others.
  var forTraining: any EnvironmentSpecification { get }

  /// Makes an environment.
  ///
  /// - Parameters:
  ///   - seed: the root seed of the run.
  ///   - purpose: `.environment` for training, `.evaluation` for evaluation, which must not share streams.
  ///   - index: which of the environments, or which of the evaluation's episodes.
  ///   - detail: how much is measured.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  func makeEnvironment(
    seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail
  ) throws -> any Environment

  /// How observations and actions change in a mirror that leaves the task the same.
  ///
  /// - Throws: `Asymmetry` with everything that differs in the mirror.
  func mirrorSymmetry(across plane: MirrorPlane) throws(Asymmetry) -> MirrorSymmetry
}

extension EnvironmentSpecification {
  public var controlTimeStep: Double? { nil }
  public var restingAction: [Float]? { nil }
  public var rewardNames: [String] { [] }
  public var metrics: [Metric] { [] }
  public var rewardMetrics: [RewardMetric] { [] }
  public var forTraining: any EnvironmentSpecification { self }

  public func mirrorSymmetry(across plane: MirrorPlane) throws(Asymmetry) -> MirrorSymmetry {
    throw Asymmetry(["the environment '\(name)' names no mirror image"])
  }
}

/// How much is measured in each control step.
public enum EnvironmentDetail: Sendable, Codable, Hashable {
  /// What observations, rewards and terminations look at: for training.
  case lean
  /// All that `EnvironmentSpecification.metrics` and recordings want, besides: for evaluation.
  case full
}
