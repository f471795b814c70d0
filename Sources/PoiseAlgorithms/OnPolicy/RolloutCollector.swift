public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks

/// A block of worlds with everything that one thread needs to collect its rollouts.
public struct RolloutCollector: Sendable {
  /// The worlds.
  public let block: EnvironmentBlock
  /// The last rollout.
  public var segment: RolloutSegment
  /// Exploration, one stream for each world.
  public var random: [RandomStream]
  /// The observations for the next actions, and the results of the last step.
  public var buffers: StepBuffers
  /// Discounted sum of rewards of the present episode, for the scale of rewards, [worlds].
  public var returns: [Float]
  /// Statistics of `returns` in the last rollout alone.
  public private(set) var returnStatistics = RunningNormalizer(elementCount: 1)
  /// The state of each group of worlds; empty unless the plan is `groups`.
  public var groups: [WorldGroup]
  private let plan: RolloutPlan
  private var actions: [Float]

  /// Makes the worlds; `begin` starts their episodes.
  ///
  /// - Parameters:
  ///   - task: makes the environments.
  ///   - worlds: the indices of this block's worlds, among `settings.worlds` in all.
  ///   - model: the networks that act; their shapes decide the size of the memory.
  ///   - settings: the hyperparameters of the learner.
  ///   - seed: the root seed of the run.
  ///   - instructionSet: the kernels that the networks run on.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
  public init(
    _ task: any EnvironmentSpecification, worlds: Range<Int>, for model: ActorCritic,
    settings: some OnPolicyParameters, seed: UInt64, instructionSet: InstructionSet
  ) throws {
    plan = settings.plan
    let isEpisodic = plan != .continuing
    block = try EnvironmentBlock(
      task, worlds: worlds, of: settings.worlds, seed: seed, streams: isEpisodic ? .onDemand : .continuing)
    segment = RolloutSegment(
      model, worlds: worlds.count,
      steps: isEpisodic ? min(settings.common.rolloutLength, task.stepLimit) : settings.common.rolloutLength,
      isEpisodic: isEpisodic, instructionSet: instructionSet)
    random = worlds.map { RandomStream(seed: seed, purpose: .exploration, index: $0) }
    buffers = StepBuffers(worlds: block.count, observations: task.observationSpace.count)
    actions = Array(repeating: 0, count: block.count * task.actionSpace.count)
    returns = Array(repeating: 0, count: block.count)
    groups = []
    if case .groups(let starts) = plan {
      groups = (0..<worlds.count / starts.size).map {
        WorldGroup(random: RandomStream(seed: seed, purpose: .groupStarts, index: worlds.lowerBound / starts.size + $0))
      }
    }
  }

  /// Starts the first episode of every world, where episodes go on from rollout to rollout.
  public mutating func begin() {
    if plan == .continuing { block.reset(into: &buffers) }
  }

  /// One rollout of this block.
  ///
  /// - Parameters:
  ///   - model: the networks that act.
  ///   - settings: the hyperparameters of the learner.
  ///   - isStopped: asked before every step; once it is true, the rollout ends early, and its contents must not be used.
  public mutating func collect(
    _ model: ActorCritic, _ settings: some OnPolicyParameters, _ isStopped: () -> Bool
  ) {
    segment.begin()
    returnStatistics.reset()
    startEpisodes()
    for _ in 0..<segment.steps {
      if isStopped() { return }
      keepVisitedStates()
      segment.act(buffers.observations, model, random: &random, into: &actions)
      block.step(actions, into: &buffers)
      segment.record(
        rewards: buffers.rewards, endings: buffers.endings, finalObservations: buffers.finalObservations, model)
      if settings.common.scalesRewards { followReturns(discountFactor: Float(settings.common.discountFactor)) }
      if block.isFinished { break }
    }
    segment.finish(buffers.observations, model)
  }

  /// R ← γ R + r, from 0 at the start of an episode.
  private mutating func followReturns(discountFactor γ: Float) {
    for w in returns.indices { returns[w] = γ * returns[w] + buffers.rewards[w] }
    returnStatistics.observe(returns)
    for w in returns.indices where buffers.endings[w].isOver { returns[w] = 0 }
  }

  /// Whether states, for example from a file, are possible for the groups of this block.
  public func accepts(_ groups: [WorldGroup]) -> Bool {
    groups.count == self.groups.count
      && groups.allSatisfy { $0.visitedCount.isPossibleCount && ($0.visited.map { block.accepts($0) } ?? true) }
  }

  // MARK: Starts

  private mutating func startEpisodes() {
    switch plan {
    case .continuing: return
    case .episodes: block.reset(into: &buffers)
    case .groups(let starts):
      for g in groups.indices { start(g, starts) }
    }
    for w in returns.indices { returns[w] = 0 }
  }

  /// Puts the worlds of a group into their start.
  ///
  /// All later random numbers are drawn from streams of this start: the stream in a visited state would repeat what followed that state
  /// before.
  private mutating func start(_ g: Int, _ starts: GroupStarts) {
    let members = g * starts.size..<(g + 1) * starts.size
    func stream(_ w: Int) -> RandomStream {
      RandomStream(seed: groups[g].random.next(), purpose: .environment, index: block.worlds.lowerBound + w)
    }
    let common = stream(members.lowerBound)
    let visits = starts.visitedShare > 0 && groups[g].random.uniform() < starts.visitedShare
    var start = visits ? groups[g].visited : nil
    groups[g].visitedCount = 0
    if !starts.sharesStart {
      for w in members {
        let own = stream(w)
        block.begin(w, drawingFrom: own, into: &buffers)
      }
      return
    }
    if start == nil {
      block.begin(members.lowerBound, drawingFrom: common, into: &buffers)
      start = block.state(ofWorld: members.lowerBound, in: buffers)
    }
    guard let start else { return }
    for w in members {
      block.begin(w, from: start, into: &buffers)
      if starts.sharesDisturbances {
        if visits { block.environments[w].random = common }
      } else {
        block.environments[w].random = stream(w)
      }
    }
  }

  /// Keeps one of the states that the first world of a group has been in, each with the same chance (reservoir sampling, Vitter 1985,
  /// algorithm R).
  private mutating func keepVisitedStates() {
    guard case .groups(let starts) = plan, starts.visitedShare > 0 else { return }
    for g in groups.indices {
      let first = g * starts.size
      guard block.environments[first].ending == .running else { continue }
      groups[g].visitedCount += 1
      guard groups[g].random.index(below: groups[g].visitedCount) == 0 else { continue }
      groups[g].visited = block.state(ofWorld: first, in: buffers)
    }
  }
}

/// The state of a group of worlds between rollouts.
public struct WorldGroup: Sendable, Codable {
  /// The stream from which its starts are drawn.
  public var random: RandomStream
  /// A state of the last rollout from which a later rollout may start; `nil` for none.
  public var visited: StartState?
  /// The number of states from which it was chosen.
  public var visitedCount = 0
}
