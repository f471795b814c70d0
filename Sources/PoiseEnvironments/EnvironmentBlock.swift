public import PoiseCore

/// How the random streams of episodes are numbered.
public enum EpisodeStreams: Sendable, Hashable, Codable {
  /// One stream for each world, for all of its episodes: for training.
  case continuing
  /// As `continuing`, but a world whose episode has ended is not stepped until `begin` starts the next: rollouts of whole episodes. First
  /// episodes are as long as others.
  case onDemand
  /// Episode k of world w among W is stream w + k W, up to so many episodes altogether: evaluation, whose episodes are then
  /// the same for any number of worlds. A world without episodes left stands still.
  case numbered(episodes: Int)
}

/// The results of a step of several worlds; the caller owns the buffers and reuses them.
public struct StepBuffers: Sendable, Hashable {
  /// The observations for the next actions, [worlds, observations]; after the end of an episode, the first of the next
  /// episode.
  public var observations: [Float]
  /// The last observations of the episodes that ended with this step, in their rows, [worlds, observations]; other rows
  /// keep old numbers.
  public var finalObservations: [Float]
  /// The rewards, [worlds].
  public var rewards: [Float]
  /// How each world's episode stood after the step, before the next one was started, [worlds].
  public var endings: [EpisodeEnding]

  /// Makes buffers of zeros.
  ///
  /// - Parameters:
  ///   - worlds: the number of worlds.
  ///   - count: floats of an observation.
  public init(worlds: Int, observations count: Int) {
    observations = Array(repeating: 0, count: worlds * count)
    finalObservations = observations
    rewards = Array(repeating: 0, count: worlds)
    endings = Array(repeating: .running, count: worlds)
  }
}

/// A world in the middle of an episode, with its observation: a state from which an episode can start.
public struct StartState: Sendable, Hashable, Codable {
  /// The state of the environment.
  public var environment: EnvironmentSnapshot
  /// The observation for the next action, [observations].
  public var observation: [Float]

  /// Makes a state of its parts; parameters are as the properties.
  public init(environment: EnvironmentSnapshot, observation: [Float]) {
    self.environment = environment
    self.observation = observation
  }
}

/// A few worlds that one thread steps one after the other, and that a policy is evaluated for at once.
///
/// When an episode ends, the block starts the next one at once, outside of `Environment.step`.
///
/// Unchecked Sendable: the environments are made here, and references to them leave only through `environments`, which
/// is for reading worlds that no other thread steps. `EnvironmentBatch` hands each block to one thread at a time, and
/// `WorkerPool.forEach` orders the writes of one thread before the reads of the next. A caller that steps blocks itself
/// must also use one thread at a time.
public final class EnvironmentBlock: @unchecked Sendable {
  /// The task of all worlds.
  public let task: any EnvironmentSpecification
  /// The indices of these worlds among all.
  public let worlds: Range<Int>
  /// The environments, one for each world; to be read only while no other thread steps them.
  public let environments: [any Environment]
  /// The episodes that ended since `clearRecords`, in order of time; those of one step in order of worlds.
  public private(set) var finishedEpisodes: [EpisodeSummary] = []
  /// The faults since `clearRecords`.
  public private(set) var faults: [EnvironmentFault] = []

  private let seed: UInt64
  private let purpose: RandomPurpose
  private let worldCount: Int
  private let streams: EpisodeStreams
  /// The number of episodes that each world has begun, [worlds of the block].
  private var begun: [Int]
  private var isIdle: [Bool]
  private let workDescription: String
  /// Floats of an observation and of an action.
  private let observationCount, actionCount: Int

  /// Makes the worlds of a block; call `reset` before the first step.
  ///
  /// - Parameters:
  ///   - task: the task of all worlds.
  ///   - worlds: the indices of this block's worlds among all.
  ///   - worldCount: the number of all worlds.
  ///   - seed: the root seed of the run.
  ///   - purpose: `.environment` for training, which also shortens first episodes at random; `.evaluation` for
  ///     evaluation.
  ///   - streams: how the streams of episodes are numbered.
  ///   - detail: how much is measured in each control step.
  /// - Throws: if a world cannot be made, such as `InvalidInput` for a model that cannot be assembled.
  public init(
    _ task: any EnvironmentSpecification, worlds: Range<Int>, of worldCount: Int, seed: UInt64,
    purpose: RandomPurpose = .environment,
    streams: EpisodeStreams = .continuing, detail: EnvironmentDetail = .lean
  ) throws {
    self.task = task
    self.worlds = worlds
    self.worldCount = worldCount
    self.seed = seed
    self.purpose = purpose
    self.streams = streams
    observationCount = task.observationSpace.count
    actionCount = task.actionSpace.count
    environments = try worlds.map {
      try task.makeEnvironment(seed: seed, purpose: purpose, index: $0, detail: detail)
    }
    for environment in environments { environment.desynchronises = streams == .continuing && purpose == .environment }
    begun = Array(repeating: 0, count: worlds.count)
    isIdle = Array(repeating: streams == .onDemand, count: worlds.count)
    finishedEpisodes.reserveCapacity(4 * worlds.count)
    workDescription = "\(task.name), seed \(seed), environments \(worlds.lowerBound) to \(worlds.upperBound - 1)"
  }

  /// The number of worlds of the block.
  public var count: Int { environments.count }
  /// The type of environment states, which decoding this block's `State` requires under
  /// `CodingUserInfoKey.environmentState`.
  public var stateType: any EnvironmentState.Type { type(of: environments[0]).stateType }
  /// Whether no world has episodes left to play; never true with `EpisodeStreams.continuing`.
  public var isFinished: Bool { isIdle.allSatisfy { $0 } }

  /// Clears the finished episodes and the faults.
  public func clearRecords() {
    finishedEpisodes.removeAll(keepingCapacity: true)
    faults.removeAll(keepingCapacity: true)
  }

  /// Starts an episode in every world and writes the first observations, [worlds of the block, observations].
  public func reset(into observations: inout MutableSpan<Float>) {
    prepareThread()
    let size = observationCount
    for i in environments.indices {
      var row = observations._mutatingExtracting(i * size..<(i + 1) * size)
      begin(i, into: &row)
    }
  }

  /// Makes one control step of every world. Worlds whose episode ends start the next one; see `StepBuffers`.
  ///
  /// - Parameters:
  ///   - actions: [worlds of the block, actions].
  ///   - observations: for the next actions, [worlds of the block, observations].
  ///   - finalObservations: written in rows whose episode ended, [worlds of the block, observations].
  ///   - rewards: [worlds of the block].
  ///   - endings: how the episodes stood after the step, [worlds of the block].
  public func step(
    _ actions: Span<Float>, observations: inout MutableSpan<Float>, finalObservations: inout MutableSpan<Float>,
    rewards: inout MutableSpan<Float>, endings: inout MutableSpan<EpisodeEnding>
  ) {
    prepareThread()
    let size = observationCount
    for i in environments.indices {
      guard !isIdle[i] else {
        (rewards[i], endings[i]) = (0, .running)
        continue
      }
      let action = actions.extracting(i * actionCount..<(i + 1) * actionCount)
      var row = observations._mutatingExtracting(i * size..<(i + 1) * size)
      let outcome = environments[i].step(action, into: &row)
      rewards[i] = Float(outcome.reward)
      endings[i] = outcome.ending
      guard outcome.ending.isOver else { continue }
      finishedEpisodes.append(environments[i].summary)
      if let fault = environments[i].fault { faults.append(fault) }
      for k in 0..<size { finalObservations[i * size + k] = row[k] }
      if streams == .onDemand { isIdle[i] = true } else { begin(i, into: &row) }
    }
  }

  /// Makes one control step of every world, with buffers for this block alone.
  public func step(_ actions: Span<Float>, into buffers: inout StepBuffers) {
    step(actions, &buffers.observations, &buffers.finalObservations, &buffers.rewards, &buffers.endings)
  }

  private func step(
    _ actions: Span<Float>, _ observations: inout [Float], _ finalObservations: inout [Float],
    _ rewards: inout [Float], _ endings: inout [EpisodeEnding]
  ) {
    var observationSpan = observations.mutableSpan
    var finalSpan = finalObservations.mutableSpan
    var rewardSpan = rewards.mutableSpan
    var endingSpan = endings.mutableSpan
    step(
      actions, observations: &observationSpan, finalObservations: &finalSpan, rewards: &rewardSpan,
      endings: &endingSpan)
  }

  private func begin(_ i: Int, into row: inout MutableSpan<Float>) {
    if case .numbered(let episodes) = streams {
      let number = worlds.lowerBound + i + begun[i] * worldCount
      guard number < episodes else {
        isIdle[i] = true
        return
      }
      environments[i].random = RandomStream(seed: seed, purpose: purpose, index: number)
    }
    begun[i] += 1
    isIdle[i] = false
    environments[i].reset(into: &row)
  }

  // MARK: Starts on demand

  /// Starts an episode in one world, with `EpisodeStreams.onDemand`.
  ///
  /// - Parameters:
  ///   - i: the world, counted in this block.
  ///   - random: what the episode draws from.
  ///   - buffers: receive the first observation of this world; the rows of other worlds stay.
  public func begin(_ i: Int, drawingFrom random: RandomStream, into buffers: inout StepBuffers) {
    precondition(streams == .onDemand, "the episodes of this block follow on each other")
    prepareThread()
    environments[i].random = random
    var span = buffers.observations.mutableSpan
    var row = span._mutatingExtracting(i * observationCount..<(i + 1) * observationCount)
    begin(i, into: &row)
  }

  /// Puts one world into a state of a world of this block, its episode's records included, with `EpisodeStreams.onDemand`.
  public func begin(_ i: Int, from state: StartState, into buffers: inout StepBuffers) {
    precondition(streams == .onDemand, "the episodes of this block follow on each other")
    prepareThread()
    environments[i].restore(state.environment)
    isIdle[i] = state.environment.state.ending.isOver
    for k in 0..<observationCount { buffers.observations[i * observationCount + k] = state.observation[k] }
  }

  /// The state of one world.
  ///
  /// - Parameters:
  ///   - i: the world, counted in this block.
  ///   - buffers: what the last step or start gave.
  public func state(ofWorld i: Int, in buffers: StepBuffers) -> StartState {
    StartState(
      environment: environments[i].snapshot(),
      observation: Array(buffers.observations[i * observationCount..<(i + 1) * observationCount]))
  }

  /// Whether a state, for example from a file, is one from which a world of this block could continue.
  public func accepts(_ state: StartState) -> Bool {
    environments[0].accepts(state.environment) && state.environment.state.ending == .running
      && state.observation.count == observationCount
  }

  private func prepareThread() { environments.first?.prepareThread(for: workDescription) }

  // MARK: Snapshots

  /// A snapshot of these worlds: everything that their future depends on, also during episodes.
  public struct State: Hashable, Sendable, Codable {
    /// The snapshots of the environments, [worlds of the block].
    public var environments: [EnvironmentSnapshot]
    /// The number of episodes that each world has begun, [worlds of the block].
    public var begun: [Int]
    /// Whether each world has no episodes left, [worlds of the block].
    public var isIdle: [Bool]
    /// The episodes that ended since `clearRecords`.
    public var finishedEpisodes: [EpisodeSummary]
    /// The faults since `clearRecords`.
    public var faults: [EnvironmentFault]
  }

  /// Takes a snapshot of these worlds.
  public func saved() -> State {
    State(
      environments: environments.map { $0.snapshot() }, begun: begun, isIdle: isIdle,
      finishedEpisodes: finishedEpisodes,
      faults: faults)
  }

  /// Whether a state, for example one from a file, is possible for these worlds.
  public func accepts(_ state: State) -> Bool {
    state.environments.count == count && state.begun.count == count && state.isIdle.count == count
      // They are multiplied by the number of worlds, so their limit is lower than that of other counts.
      && state.begun.allSatisfy { (0..<1 << 40).contains($0) }
      && zip(environments, state.environments).allSatisfy { $0.accepts($1) }
      && zip(state.environments, state.isIdle).allSatisfy { $0.state.ending == .running || $1 }
      && state.finishedEpisodes.allSatisfy {
        $0.rewardTerms.count == task.rewardNames.count && $0.steps.isPossibleCount
      }
  }

  /// Restores a snapshot, exact to the bit.
  ///
  /// - Parameter state: one that this block `accepts`.
  public func restore(_ state: State) {
    precondition(state.environments.count == count, "\(count) worlds, the state of \(state.environments.count)")
    prepareThread()
    for (environment, state) in zip(environments, state.environments) { environment.restore(state) }
    begun = state.begun
    isIdle = state.isIdle
    finishedEpisodes = state.finishedEpisodes
    faults = state.faults
  }
}
