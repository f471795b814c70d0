public import PoiseAlgorithms
import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// Plays a policy's episodes in a task of any kind, one by one, as a learner sees them.
///
/// Episode k is stream k of the root seed: for the same seed it equals, bit for bit, episode k of `Evaluation`. For the
/// states of a robot, see `EpisodePlayer`.
public final class PolicyEpisodes {
  /// The task that is played.
  public let task: any EnvironmentSpecification
  /// Root seed of the episodes.
  public let seed: UInt64
  private let environment: any Environment
  private var workspace: PolicyWorkspace
  /// [observations]
  private var observation: [Float]
  /// [actions]
  private var action: [Float]

  /// The start of an episode, or what a control step led to.
  public struct Moment: Sendable {
    /// The observation of the moment, [observations].
    public var observation: [Float]
    /// The action that led here: numbers in −1 … 1, or the index of a choice; `nil` at the start, [actions].
    public var action: [Float]?
    /// The reward of that action; 0 at the start.
    public var reward = 0.0
    /// How the episode stands.
    public var ending = EpisodeEnding.running
  }

  /// Makes the environment; no episode has begun.
  ///
  /// - Parameters:
  ///   - scenario: the scenario whose episodes are played.
  ///   - policy: a policy for its task.
  ///   - seed: root seed of the episodes.
  ///   - instructionSet: that of the policy's matrix products, which decides their rounding.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(_ scenario: LoadedScenario, _ policy: Policy, seed: UInt64, instructionSet: InstructionSet) throws {
    task = scenario.specification
    self.seed = seed
    environment = try task.makeEnvironment(seed: seed, purpose: .evaluation, index: 0, detail: .full)
    workspace = PolicyWorkspace(policy, rowCapacity: 1, instructionSet: instructionSet)
    observation = Array(repeating: 0, count: task.observationSpace.count)
    action = Array(repeating: 0, count: task.actionSpace.count)
  }

  /// Plays a whole episode.
  ///
  /// - Parameters:
  ///   - number: which episode of the root seed.
  ///   - visit: called at the start and after every control step. A step that ended as a fault is left out.
  /// - Returns: a summary of the episode, with its measurements.
  @discardableResult
  public func play(_ number: Int, visit: (Moment) throws -> Void) rethrows -> EpisodeSummary {
    environment.prepareThread(for: "\(task.name), seed \(seed), episode \(number)")
    environment.random = RandomStream(seed: seed, purpose: .evaluation, index: number)
    Self.reset(environment, &observation)
    try visit(Moment(observation: observation))
    while environment.ending == .running {
      Self.act(&workspace, observation, &action)
      let outcome = Self.step(environment, action, &observation)
      guard outcome.ending != .fault else { break }
      try visit(
        Moment(
          observation: observation, action: isBox ? action.map { min(1, max(-1, $0)) } : action,
          reward: outcome.reward, ending: outcome.ending))
    }
    return environment.summary
  }

  private var isBox: Bool { task.actionSpace.kind == .box }

  private static func reset(_ environment: any Environment, _ observation: inout [Float]) {
    var span = observation.mutableSpan
    environment.reset(into: &span)
  }

  private static func act(_ workspace: inout PolicyWorkspace, _ observation: [Float], _ action: inout [Float]) {
    var span = action.mutableSpan
    workspace.act(observation.span, into: &span)
  }

  private static func step(
    _ environment: any Environment, _ action: [Float], _ observation: inout [Float]
  ) -> StepOutcome {
    var span = observation.mutableSpan
    return environment.step(action.span, into: &span)
  }
}
