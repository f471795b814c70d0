public import PoiseCore

/// A task written as what a textbook calls a decision process: states, and what an action does to one.
///
/// The state is a plain value. Everything else follows from it: episodes, time limits, records, faults, snapshots.
///
///     struct Corridor: DecisionProcess {
///       let observationSpace = Space([.init(name: "place", bounds: 0...9)])
///       let actionSpace = Space.discrete(["left", "right"])
///       func start(using random: inout RandomStream) -> Int { 0 }
///       func observe(_ place: Int, into observation: inout MutableSpan<Float>) { observation[0] = Float(place) }
///       func step(_ place: inout Int, _ action: Span<Float>, using random: inout RandomStream) -> Transition {
///         place = min(9, max(0, place + (action[0] == 1 ? 1 : -1)))
///         return Transition(reward: place == 9 ? 1 : 0, isTerminated: place == 9)
///       }
///     }
public protocol DecisionProcess: Sendable {
  /// All that the future depends on beside the actions and the random stream.
  associatedtype State: Hashable & Sendable & Codable
  typealias Transition = DecisionTransition

  /// What an observation is.
  var observationSpace: Space { get }
  /// What an action is; the numbers of a box lie in −1 … 1.
  var actionSpace: Space { get }
  /// Seconds of a step; `nil` where steps take no time.
  var timeStep: Double? { get }
  /// What episodes are judged by: of the metrics that any process can be judged by, `successRate` and `episodeLength`, and others that
  /// an evaluation as a whole tells.
  var metrics: [Metric] { get }

  /// Draws a state in which an episode starts.
  func start(using random: inout RandomStream) -> State
  /// Writes what is seen of a state, [observations].
  func observe(_ state: State, into observation: inout MutableSpan<Float>)
  /// Moves a state on by an action, [actions]: within its space, clamped to −1 … 1 where it is a box.
  func step(_ state: inout State, _ action: Span<Float>, using random: inout RandomStream) -> Transition
  /// Whether a value that came from a file is a state that an episode may be in.
  func accepts(_ state: State) -> Bool
}

extension DecisionProcess {
  public var timeStep: Double? { nil }
  public var metrics: [Metric] { [.successRate, .episodeLength] }
  public func accepts(_ state: State) -> Bool { true }
}

/// What a step of a decision process gives.
public struct DecisionTransition: Sendable, Hashable {
  public var reward: Double
  /// Whether the task is over: nothing follows.
  public var isTerminated: Bool
  /// Whether an episode that ends here is a success.
  public var isSuccess: Bool

  public init(reward: Double, isTerminated: Bool = false, isSuccess: Bool = false) {
    self.reward = reward
    self.isTerminated = isTerminated
    self.isSuccess = isSuccess
  }
}

/// A decision process as a task: what environments of it are made of.
public struct DecisionTask<Process: DecisionProcess>: EnvironmentSpecification {
  public let name: String
  public let process: Process
  public let stepLimit: Int

  /// - Parameters:
  ///   - name: of the scenario.
  ///   - stepLimit: steps after which an episode is truncated, at least 1.
  public init(_ process: Process, name: String, stepLimit: Int) {
    precondition(stepLimit > 0, "episodes of \(stepLimit) steps")
    self.process = process
    self.name = name
    self.stepLimit = stepLimit
  }

  public var observationSpace: Space { process.observationSpace }
  public var actionSpace: Space { process.actionSpace }
  public var controlTimeStep: Double? { process.timeStep }
  public var metrics: [Metric] { process.metrics }

  public func makeEnvironment(
    seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail
  ) throws -> any Environment {
    DecisionEnvironment(self, seed: seed, purpose: purpose, index: index, detail: detail)
  }
}

/// A decision process at work: its state and the records of the present episode.
public final class DecisionEnvironment<Process: DecisionProcess>: Environment {
  public let task: DecisionTask<Process>
  private let seed: UInt64
  private let index: Int
  private let detail: EnvironmentDetail
  private var current: State
  private let actionSpace: Space
  /// The action within its space, [actions].
  private var action: [Float]
  public private(set) var fault: EnvironmentFault?

  /// - Parameters: as `EnvironmentSpecification.makeEnvironment`.
  public init(
    _ task: DecisionTask<Process>, seed: UInt64, purpose: RandomPurpose, index: Int, detail: EnvironmentDetail
  ) {
    self.task = task
    self.seed = seed
    self.index = index
    self.detail = detail
    actionSpace = task.actionSpace
    action = Array(repeating: 0, count: actionSpace.count)
    let random = RandomStream(seed: seed, purpose: purpose, index: index)
    var drawn = random
    current = State(
      random: random, process: task.process.start(using: &drawn),
      start: EpisodeStart(random: random, stepLimit: task.stepLimit))
  }

  /// The state of the process, with that of the episode.
  public struct State: EnvironmentState {
    public fileprivate(set) var random: RandomStream
    public fileprivate(set) var process: Process.State
    public fileprivate(set) var start: EpisodeStart
    /// Episodes begun, minus one.
    public fileprivate(set) var episode = -1
    public fileprivate(set) var steps = 0
    public fileprivate(set) var totalReward = 0.0
    public fileprivate(set) var isSuccess = false
    public fileprivate(set) var ending = EpisodeEnding.terminated
  }

  public var random: RandomStream {
    get { current.random }
    set { current.random = newValue }
  }
  public var ending: EpisodeEnding { current.ending }

  public func reset(into observation: inout MutableSpan<Float>) {
    current.start = EpisodeStart(random: current.random, stepLimit: task.stepLimit)
    current.episode += 1
    (current.steps, current.totalReward, current.isSuccess, current.ending) = (0, 0, false, .running)
    fault = nil
    current.process = task.process.start(using: &current.random)
    task.process.observe(current.process, into: &observation)
  }

  public func step(_ given: Span<Float>, into observation: inout MutableSpan<Float>) -> StepOutcome {
    precondition(ending == .running, "a step after the end of an episode; reset the environment first")
    precondition(given.count == action.count, "an action of \(given.count) numbers, of \(action.count) in the space")
    let before = current
    if let place = take(given) {
      return end(at: place, "\(given[0]) is no action of \(actionSpace.summary)", before, into: &observation)
    }
    // In a copy, since the state and its stream are both written to.
    var next = before
    let transition = task.process.step(&next.process, action.span, using: &next.random)
    current = next
    task.process.observe(current.process, into: &observation)
    guard transition.reward.isFinite else {
      return end(at: "reward", "\(transition.reward) is not finite", before, into: &observation)
    }
    for i in observation.indices where !observation[i].isFinite {
      let value = observation[i]
      return end(at: "observation \(i)", "\(value) is not finite", before, into: &observation)
    }
    current.steps += 1
    current.totalReward += transition.reward
    current.isSuccess = transition.isSuccess
    current.ending =
      transition.isTerminated ? .terminated : current.steps >= current.start.stepLimit ? .truncated : .running
    return StepOutcome(reward: transition.reward, ending: current.ending)
  }

  /// Brings an action into its space.
  ///
  /// - Returns: the place of a number that cannot be brought there.
  private func take(_ given: Span<Float>) -> String? {
    for i in action.indices {
      guard given[i].isFinite else { return "action \(i)" }
      action[i] = given[i]
    }
    switch actionSpace {
    case .discrete(let names):
      let isIndex = given[0] == given[0].rounded() && given[0] >= 0 && given[0] < Float(names.count)
      return isIndex ? nil : "action"
    case .box, .image, .composite:
      for i in action.indices { action[i] = min(1, max(-1, action[i])) }
      return nil
    }
  }

  /// Ends the episode as a fault, in the last good state.
  private func end(
    at place: String, _ reason: String, _ before: State, into observation: inout MutableSpan<Float>
  ) -> StepOutcome {
    current = before
    current.ending = .fault
    fault = EnvironmentFault(
      scenario: task.name, seed: seed, environment: index, episode: current.episode, step: current.steps, place: place,
      reason: reason, action: action)
    task.process.observe(current.process, into: &observation)
    return StepOutcome(reward: 0, ending: .fault)
  }

  public var summary: EpisodeSummary {
    EpisodeSummary(
      environment: index, episode: current.episode, start: current.start, ending: current.ending, steps: current.steps,
      totalReward: current.totalReward, measurements: detail == .full ? task.metrics.map(measurement) : nil)
  }

  /// `nil` for what no episode alone can tell.
  private func measurement(_ metric: Metric) -> Double? {
    switch metric {
    case .successRate: current.isSuccess ? 1 : 0
    case .episodeLength: Double(current.steps)
    default: nil
    }
  }

  public func saved() -> State { current }

  public func accepts(_ state: State) -> Bool {
    [max(0, state.episode), state.steps, state.start.stepLimit].allSatisfy(\.isPossibleCount)
      && state.totalReward.isFinite && state.start.stepLimit >= 1 && task.process.accepts(state.process)
      && state.episode >= (state.ending == .running ? 0 : -1)
  }

  public func restore(_ state: State) {
    precondition(accepts(state), "a state that no episode reaches")
    current = state
    fault = nil
  }
}
