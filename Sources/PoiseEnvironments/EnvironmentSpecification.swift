public import PoiseCore

/// A task that makes environments. It is constant and shared by all of them, and learners, evaluations and reports know
/// a task by it alone.
public protocol EnvironmentSpecification: Sendable {
  /// The name of the scenario, for reports.
  var name: String { get }
  /// The space of observations.
  var observationSpace: Space { get }
  /// The space of actions; the numbers of a box lie in −1 … 1.
  var actionSpace: Space { get }
  /// Control steps after which an episode is truncated.
  var stepLimit: Int { get }
  /// The duration of a control step, s; `nil` if steps take no time, as on a grid.
  var controlTimeStep: Double? { get }
  /// The action that does nothing, [actions]; `nil` if there is none.
  var restingAction: [Float]? { get }
  /// The unique names of the reward terms, in the order of `EpisodeSummary.rewardTerms`.
  var rewardNames: [String] { get }
  /// The metrics of episodes besides their return, in the order of tables and of `EpisodeSummary.measurements`.
  var metrics: [Metric] { get }
  /// The metrics that are computed from reward terms; they are among `metrics`, too.
  var rewardMetrics: [RewardMetric] { get }
  /// The task for training, which may have other disturbances than the task for evaluation.
  var forTraining: any EnvironmentSpecification { get }

  /// The task as a planner imagines it, which does not know what will disturb it; its environments accept the snapshots of this task's.
  var forPlanning: any EnvironmentSpecification { get }

  /// Makes an environment.
  ///
  /// - Parameters:
  ///   - seed: the root seed of the run.
  ///   - purpose: `.environment` for training, `.evaluation` for evaluation, which must not share streams.
  ///   - index: the index of the environment, or of the evaluation's episode.
  ///   - detail: how much is measured in each control step.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  func makeEnvironment(
    seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail
  ) throws -> any Environment

  /// The reflections of observations and actions in a plane of symmetry of the task.
  ///
  /// - Throws: `Asymmetry` with everything that is not symmetric.
  func mirrorSymmetry(across plane: MirrorPlane) throws(Asymmetry) -> MirrorSymmetry
}

extension EnvironmentSpecification {
  /// `nil`: steps take no time, unless the task says otherwise.
  public var controlTimeStep: Double? { nil }
  /// `nil`: no action does nothing, unless the task says otherwise.
  public var restingAction: [Float]? { nil }
  /// None: the reward has no named terms, unless the task says otherwise.
  public var rewardNames: [String] { [] }
  /// None besides the return, unless the task says otherwise.
  public var metrics: [Metric] { [] }
  /// None.
  public var rewardMetrics: [RewardMetric] { [] }
  /// The task itself, unless it says otherwise.
  public var forTraining: any EnvironmentSpecification { self }

  /// The task itself, unless it says otherwise.
  public var forPlanning: any EnvironmentSpecification { self }

  /// Throws `Asymmetry`: a task without a method of its own has no mirror symmetry.
  public func mirrorSymmetry(across plane: MirrorPlane) throws(Asymmetry) -> MirrorSymmetry {
    throw Asymmetry(["the environment '\(name)' defines no mirror symmetry"])
  }
}

/// How much is measured in each control step.
public enum EnvironmentDetail: Sendable, Codable, Hashable {
  /// Only what observations, rewards and terminations depend on: for training.
  case lean
  /// Also what `EnvironmentSpecification.metrics` and recordings need: for evaluation.
  case full
}
