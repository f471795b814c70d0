import Dispatch
import Foundation
public import PoiseAlgorithms
public import PoiseCore
import PoiseEnvironments
public import PoiseNetworks
public import PoiseScenarios

/// Trains an off-policy learner on the worlds of a scenario: one control step of all worlds, then the updates that are
/// due, and so on.
///
/// After n control steps of all worlds past the warm-up, ⌊n × `updatesPerStep`⌋ updates have been made; those of the run whose learner
/// a warm start took over do not count.
///
/// Several threads share both phases: the blocks of worlds while acting, the shards of a batch while learning. The
/// alternative, one core that acts while another learns from the data of the step before, can at best reduce the time
/// to the longer of the two phases, and changes the results; `poise bench learners` prints that bound beside the
/// speed-up by shards.
public final class OffPolicyTrainer<Learner: OffPolicyLearner>: Trainer {
  public private(set) var environmentSteps = 0
  private let scenario: LoadedScenario
  private let pool: WorkerPool
  /// The learner.
  var learner: Learner
  private var buffer: ReplayBuffer
  private var shards: [ActingShard<Learner.Actor>]
  /// The replay buffer on disk; made with the first checkpoint.
  private var log: ReplayLog?
  /// The data of the next report.
  private var underWay = Iteration()
  /// Updates that the learner had made when this training began with it.
  private var updatesBefore = 0
  /// Between `read` and `readFiles`: the slots that the checkpoint itself contains.
  private var tail: [UInt8] = []

  /// Makes the worlds and resets them, with an empty replay buffer.
  ///
  /// - Parameters:
  ///   - learner: made for the scenario's task.
  ///   - scenario: gives the task.
  ///   - seed: the root seed of the run.
  ///   - pool: the threads that share the work; their number changes no bit of the result.
  /// - Throws: if a world cannot be made, such as `InvalidInput` for a model that cannot be assembled.
  public init(_ learner: Learner, on scenario: LoadedScenario, seed: UInt64, pool: WorkerPool) throws {
    let settings = learner.settings
    let task = scenario.specification.forTraining
    self.scenario = scenario
    self.pool = pool
    self.learner = learner
    buffer = ReplayBuffer(
      capacity: settings.memoryCapacity, observations: task.observationSpace.count, actions: task.actionSpace.count,
      worlds: settings.worlds)
    shards = try stride(from: 0, to: settings.worlds, by: settings.blockSize).map { first in
      let worlds = first..<min(settings.worlds, first + settings.blockSize)
      return ActingShard(
        block: try EnvironmentBlock(task, worlds: worlds, of: settings.worlds, seed: seed),
        actor: learner.makeActor(worlds: worlds))
    }
    pool.forEach(&shards) { _, shard in shard.block.reset(into: &shard.buffers) }
    for shard in shards { buffer.begin(worlds: shard.block.worlds, observations: shard.buffers.observations) }
  }

  private var settings: Learner.Parameters { learner.settings }

  public var policy: Policy { learner.policy }

  public func beginWithLearner(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try learner.read(tensors, file: file)
    updatesBefore = learner.updates
  }

  /// Bytes of a transition in the replay buffer.
  public var bytesPerTransition: Int { buffer.bytesPerTransition }

  public var note: String {
    let megabytes = Double(buffer.capacity * buffer.bytesPerTransition) * 1e-6
    return "replay buffer: \(buffer.capacity) observations, \(buffer.bytesPerTransition) bytes per transition, "
      + String(format: "%.1f MB", megabytes)
  }

  // MARK: Training

  /// The state of an iteration, which may stop after any control step and be resumed there.
  private struct Iteration: Codable {
    var firstStep = 0
    var sums = MetricSums<Learner.Metrics>()
    var actingSeconds = 0.0
    var learningSeconds = 0.0
  }

  public func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport? {
    let end = min(stepLimit, reportBy, underWay.firstStep + settings.reportInterval)
    if let last = learner.reportOfFailure() { return last }
    var time = DispatchTime.now().uptimeNanoseconds
    func lap() -> Double {
      let now = DispatchTime.now().uptimeNanoseconds
      defer { time = now }
      return Double(now - time) * 1e-9
    }
    repeat {
      if isStopped() { return nil }
      act()
      underWay.actingSeconds += lap()
      learn()
      underWay.learningSeconds += lap()
    } while environmentSteps < end && learner.health.failure == nil
    return report()
  }

  /// Makes one control step of all worlds and records it in the replay buffer.
  private func act() {
    pool.forEach(&shards) { [model = learner.model, environmentSteps] _, shard in
      shard.step(model, environmentSteps: environmentSteps)
    }
    for i in shards.indices {
      learner.observe(shards[i].observations)
      buffer.record(
        worlds: shards[i].block.worlds, actions: shards[i].actions, rewards: shards[i].buffers.rewards,
        endings: shards[i].buffers.endings, finalObservations: shards[i].buffers.finalObservations,
        observations: shards[i].buffers.observations)
    }
    environmentSteps += settings.worlds
  }

  /// Makes the updates that are due.
  private func learn() {
    guard buffer.transitionCount > 0 else { return }
    let made = learner.updates - updatesBefore
    let due = Int(clamping: Double(environmentSteps - settings.warmupSteps) * settings.updatesPerStep) - made
    for _ in 0..<max(0, due) where learner.health.failure == nil {
      underWay.sums.add(learner.update(buffer, pool: pool))
    }
  }

  private func report() -> TrainingReport {
    let steps = environmentSteps - underWay.firstStep
    var report = TrainingReport()
    var episodes: [EpisodeSummary] = []
    var saturated = 0
    for i in shards.indices {
      episodes += shards[i].block.finishedEpisodes
      report.faults += shards[i].block.faults
      shards[i].block.clearRecords()
      saturated += shards[i].saturated
      shards[i].saturated = 0
    }
    report.addEpisodes(episodes, task: scenario.specification)
    report.metrics.append(("faults", Double(report.faults.count)))
    report.metrics += underWay.sums.columns + learner.explorationColumns(after: environmentSteps)
    let elements = steps * scenario.specification.actionSpace.count
    report.metrics += [
      ("action_saturation", Double(saturated) / Double(elements)), ("updates", Double(learner.updates)),
      ("skipped_updates", Double(learner.skippedUpdates)), ("memory_transitions", Double(buffer.transitionCount)),
    ]
    report.failure = learner.health.failure
    report.death = learner.health.death
    report.phases = [("acting", underWay.actingSeconds), ("learning", underWay.learningSeconds)]
    underWay = Iteration(firstStep: environmentSteps)
    return report
  }

  // MARK: Checkpointing

  /// The trainer's state beside the learner's tensors.
  private struct State: Codable {
    var environmentSteps: Int
    var underWay: Iteration
    var replay: ReplayBuffer.State
    var shards: [Shard]
    /// `nil` without a warm start, and in older files.
    var updatesBefore: Int?

    struct Shard: Codable {
      var block: EnvironmentBlock.State
      var observations: [Float]
      var noise: Learner.Actor.Exploration
      var saturated: Int
    }
  }

  public func tensors() throws -> [String: Tensor] {
    var tensors = try learner.tensors()
    tensors["trainer.memory"] = try Tensor(
      encoding: State(
        environmentSteps: environmentSteps, underWay: underWay, replay: buffer.state,
        shards: shards.map {
          .init(
            block: $0.block.saved(), observations: $0.buffers.observations, noise: $0.actor.exploration,
            saturated: $0.saturated)
        }, updatesBefore: updatesBefore == 0 ? nil : updatesBefore))
    let tail = buffer.bytes(of: buffer.settled..<buffer.written)
    tensors["replay.tail"] = Tensor(elementType: .uint8, shape: [tail.count], bytes: Data(tail))
    return tensors
  }

  public func read(_ tensors: [String: Tensor], file: String) throws {
    let state: State = try Tensor.decode(
      "trainer.memory", in: tensors, file: file, userInfo: [.environmentState: shards[0].block.stateType])
    let fits =
      state.shards.count == shards.count
      && zip(state.shards, shards).allSatisfy {
        $1.block.accepts($0.block) && $0.observations.count == $1.buffers.observations.count
          && $1.actor.accepts($0.noise) && $0.saturated.isPossibleCount
      }
    // Every step of a world writes at least one slot. A false number of steps would make a false number of updates due.
    guard fits, (0...max(0, state.replay.written)).contains(state.environmentSteps),
      (0...state.environmentSteps).contains(state.underWay.firstStep), state.underWay.sums.hasPossibleCounts,
      !state.replay.newest.contains(-1), (state.updatesBefore ?? 0).isPossibleCount,
      buffer.begin(from: state.replay)
    else {
      throw InvalidInput(.foreignState(in: file, worlds: settings.worlds, blockSize: settings.blockSize))
    }
    try learner.read(tensors, file: file)
    environmentSteps = state.environmentSteps
    underWay = state.underWay
    updatesBefore = state.updatesBefore ?? 0
    for (i, shard) in state.shards.enumerated() {
      shards[i].block.restore(shard.block)
      shards[i].buffers.observations = shard.observations
      shards[i].actor.exploration = shard.noise
      shards[i].saturated = shard.saturated
    }
    guard let bytes = tensors["replay.tail"]?.bytes,
      bytes.count == (buffer.written - buffer.settled) * buffer.bytesPerTransition
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'replay.tail'", found: "\(tensors["replay.tail"]?.bytes.count ?? 0) bytes",
          allowed:
            "the replay buffer's newest slots, \((buffer.written - buffer.settled) * buffer.bytesPerTransition) bytes",
          remedy: "The file is damaged."))
    }
    tail = [UInt8](bytes)
  }

  public func readFiles(in folder: RunFolder, known: [FileSeal]) throws {
    let settled = buffer.settled
    var log = try ReplayLog(folder, for: buffer)
    try log.read(into: &buffer, settled: settled, known: known)
    guard buffer.restore(settled, from: tail) else {
      throw InvalidInput(
        Problem(
          file: folder.checkpointPath(.latest), place: "tensor 'replay.tail'",
          found: "links to slots outside the replay buffer",
          allowed: "indices below \(buffer.capacity)", remedy: "The file is damaged."))
    }
    self.log = log
    tail = []
  }

  public func willSave(in folder: RunFolder) throws -> [FileSeal] {
    if log == nil { log = try ReplayLog(folder, for: buffer) }
    try log?.append(buffer)
    return try log?.synchronize(buffer) ?? []
  }

  public func didSave(in folder: RunFolder) throws { log?.removeOverwritten(buffer) }
}

/// A block of worlds with its actor and buffers, for one thread.
private struct ActingShard<Actor: BlockActor>: Sendable {
  let block: EnvironmentBlock
  var actor: Actor
  var buffers: StepBuffers
  /// The observations for which the last actions were chosen, [worlds, observations].
  private(set) var observations: [Float]
  /// The last actions as they were applied, [worlds, actions].
  private(set) var actions: [Float]
  /// The number of action elements that the policy put at ±1 (0.99 or more) since the last report.
  var saturated = 0

  init(block: EnvironmentBlock, actor: Actor) {
    self.block = block
    self.actor = actor
    buffers = StepBuffers(worlds: block.count, observations: block.task.observationSpace.count)
    observations = buffers.observations
    actions = Array(repeating: 0, count: block.count * block.task.actionSpace.count)
  }

  /// Makes one control step.
  mutating func step(_ model: Actor.Model, environmentSteps: Int) {
    for k in observations.indices { observations[k] = buffers.observations[k] }
    saturated += actor.act(observations, model, environmentSteps: environmentSteps, into: &actions)
    block.step(actions, into: &buffers)
    for w in 0..<block.count where buffers.endings[w].isOver { actor.endEpisode(world: w) }
  }
}
