public import PoiseCore

/// A task written as a Markov decision process: states, and transitions between them by actions.
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
  /// Everything that the future depends on besides the actions and the random stream.
  associatedtype State: Hashable & Sendable & Codable
  /// The result of a step.
  typealias Transition = DecisionTransition

  /// The space of observations.
  var observationSpace: Space { get }
  /// The space of actions; the numbers of a box lie in −1 … 1.
  var actionSpace: Space { get }
  /// The duration of a step, s; `nil` if steps take no time.
  var timeStep: Double? { get }
  /// What episodes are judged by: of the metrics that any process can be judged by, `successRate` and `episodeLength`, and others that
  /// an evaluation as a whole gives.
  var metrics: [Metric] { get }

  /// Draws the state in which an episode starts.
  func start(using random: inout RandomStream) -> State
  /// Writes the observation of a state, [observations].
  func observe(_ state: State, into observation: inout MutableSpan<Float>)
  /// Applies an action to a state.
  ///
  /// - Parameters:
  ///   - state: becomes the next state.
  ///   - action: a value of the action space, [actions]; numbers of a box are clamped to −1 … 1 before.
  ///   - random: the stream to draw from.
  /// - Returns: the reward, and whether the task is over.
  func step(_ state: inout State, _ action: Span<Float>, using random: inout RandomStream) -> Transition
  /// Whether a value that came from a file is a state that an episode may be in.
  func accepts(_ state: State) -> Bool
}

extension DecisionProcess {
  /// `nil`: steps take no time, unless the process says otherwise.
  public var timeStep: Double? { nil }
  /// The success rate and the mean length of episodes, unless the process says otherwise.
  public var metrics: [Metric] { [.successRate, .episodeLength] }
  /// `true`: every value is a possible state, unless the process says otherwise.
  public func accepts(_ state: State) -> Bool { true }
}

/// The result of a step of a decision process.
public struct DecisionTransition: Sendable, Hashable {
  /// The reward of the step.
  public var reward: Double
  /// Whether the task is over: the next state is terminal.
  public var isTerminated: Bool
  /// Whether an episode that ends here is a success.
  public var isSuccess: Bool

  /// Makes a result; parameters are as the properties.
  public init(reward: Double, isTerminated: Bool = false, isSuccess: Bool = false) {
    self.reward = reward
    self.isTerminated = isTerminated
    self.isSuccess = isSuccess
  }
}

/// A decision process with a name and a time limit: a task that makes environments.
public struct DecisionTask<Process: DecisionProcess>: EnvironmentSpecification {
  public let name: String
  /// The process.
  public let process: Process
  public let stepLimit: Int

  /// Makes a task of a process.
  ///
  /// - Parameters:
  ///   - process: the process.
  ///   - name: the name of the scenario.
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

/// An environment of a decision process: its state and the records of the present episode.
public final class DecisionEnvironment<Process: DecisionProcess>: Environment {
  /// The task.
  public let task: DecisionTask<Process>
  private let seed: UInt64
  private let index: Int
  private let detail: EnvironmentDetail
  private var current: State
  private let actionSpace: Space
  /// The last action, brought into its space, [actions].
  private var action: [Float]
  public private(set) var fault: EnvironmentFault?

  /// Makes an environment in a drawn state, before its first episode; parameters are as in
  /// `EnvironmentSpecification.makeEnvironment`.
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

  /// The state of the process and the records of the episode.
  public struct State: EnvironmentState {
    /// The environment's stream.
    public fileprivate(set) var random: RandomStream
    /// The state of the process.
    public fileprivate(set) var process: Process.State
    /// How the present episode started.
    public fileprivate(set) var start: EpisodeStart
    /// The index of the present episode; −1 before the first.
    public fileprivate(set) var episode = -1
    /// Control steps of the present episode.
    public fileprivate(set) var steps = 0
    /// The sum of its rewards.
    public fileprivate(set) var totalReward = 0.0
    /// Whether it is a success if it ends now.
    public fileprivate(set) var isSuccess = false
    /// How it stands.
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
    // In a copy, because both the state and its stream are written to.
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
  /// - Returns: the name of the first number that cannot be brought there; `nil` if there is none.
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

  /// `nil` for a metric that no single episode determines.
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
