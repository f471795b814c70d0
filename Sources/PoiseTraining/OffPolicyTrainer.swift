import Dispatch
import Foundation
public import PoiseAlgorithms
public import PoiseCore
import PoiseEnvironments
public import PoiseNetworks
public import PoiseScenarios

/// DDPG or TD3 on the worlds of a scenario: one control step of all worlds, then the updates that it is worth, and so on.
///
/// After n control steps of all worlds past the warm-up, ⌊n × `updatesPerStep`⌋ updates have been made.
///
/// Several threads share both: the blocks of worlds while acting, the shards of a batch while learning. The other way to use two
/// cores, one acts while the other learns from what was there a step before, can at best shorten acting + learning to the longer of
/// the two, and changes what is learned; `poise bench learners` prints that bound beside what the shards bring.
public final class OffPolicyTrainer: Trainer {
  public private(set) var environmentSteps = 0
  private let scenario: LoadedScenario
  private let settings: DDPGParameters
  private let pool: WorkerPool
  var ddpg: DDPG
  private var memory: ReplayMemory
  private var shards: [ActingShard]
  /// Made with the first save.
  private var log: ReplayLog?
  /// What the next report will tell of.
  private var underWay = Iteration()
  /// From `read` to `readFiles`: the slots that the checkpoint carried itself.
  private var tail: [UInt8] = []

  /// - Parameter pool: touches no number.
  public init(_ scenario: LoadedScenario, seed: UInt64, instructionSet: InstructionSet, pool: WorkerPool) throws {
    let settings = scenario.settings.offPolicy ?? scenario.settings.ddpg
    let task = scenario.specification.forTraining
    let (observations, actions) = (task.observationSpace.count, task.actionSpace.count)
    self.scenario = scenario
    self.settings = settings
    self.pool = pool
    let ddpg = DDPG(
      settings, observations: observations, actions: actions,
      symmetry: try scenario.symmetry(settings.mirrorSymmetry, learner: scenario.settings.training.algorithm.rawValue),
      seed: seed, instructionSet: instructionSet)
    self.ddpg = ddpg
    memory = ReplayMemory(
      capacity: settings.memoryCapacity, observations: observations, actions: actions, worlds: settings.worlds)
    shards = try stride(from: 0, to: settings.worlds, by: settings.blockSize).map { first in
      let worlds = first..<min(settings.worlds, first + settings.blockSize)
      return ActingShard(
        block: try EnvironmentBlock(task, worlds: worlds, of: settings.worlds, seed: seed),
        actor: MLPWorkspace(
          ddpg.model.actor, rowCapacity: worlds.count, instructionSet: instructionSet, isForTraining: false),
        noise: ExplorationNoise(
          settings.exploration, actions: actions,
          random: worlds.map { RandomStream(seed: seed, purpose: .exploration, index: $0) }))
    }
    pool.forEach(&shards) { _, shard in shard.reset() }
    for shard in shards { memory.begin(worlds: shard.block.worlds, observations: shard.buffers.observations) }
  }

  public var policy: Policy { ddpg.model.policy }

  /// What the replay memory takes for each observation and what came of it.
  public var bytesPerTransition: Int { memory.bytesPerTransition }

  public var note: String {
    let megabytes = Double(memory.capacity * memory.bytesPerTransition) * 1e-6
    return "replay memory: \(memory.capacity) observations, \(memory.bytesPerTransition) bytes per transition, "
      + String(format: "%.1f MB", megabytes)
  }

  // MARK: Training

  /// An iteration that may stop after any control step, and go on from there.
  private struct Iteration: Codable {
    var firstStep = 0
    var sums = LearningSums()
    var actingSeconds = 0.0
    var learningSeconds = 0.0
  }

  public func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport? {
    let end = min(stepLimit, reportBy, underWay.firstStep + settings.reportInterval)
    // Before anybody acts on them.
    ddpg.checkWeights()
    if let failure = ddpg.health.failure {
      var report = TrainingReport()
      report.failure = failure
      return report
    }
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
    } while environmentSteps < end && ddpg.health.failure == nil
    return report()
  }

  /// One control step of all worlds, into the memory.
  private func act() {
    let deviation =
      environmentSteps < settings.warmupSteps ? nil : settings.exploration.deviation(after: environmentSteps)
    pool.forEach(&shards) { [model = ddpg.model] _, shard in shard.step(model, deviation: deviation) }
    for i in shards.indices {
      ddpg.model.observe(shards[i].observations)
      memory.record(
        worlds: shards[i].block.worlds, actions: shards[i].actions, rewards: shards[i].buffers.rewards,
        endings: shards[i].buffers.endings, finalObservations: shards[i].buffers.finalObservations,
        observations: shards[i].buffers.observations)
    }
    environmentSteps += settings.worlds
  }

  /// The updates that are due.
  private func learn() {
    guard memory.transitionCount > 0 else { return }
    let due = Int(Double(environmentSteps - settings.warmupSteps) * settings.updatesPerStep) - ddpg.updates
    for _ in 0..<max(0, due) where ddpg.health.failure == nil {
      underWay.sums.add(ddpg.update(memory, pool: pool))
    }
  }

  private func report() -> TrainingReport {
    let sums = underWay.sums
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
    report.metrics += [
      ("faults", Double(report.faults.count)), ("critic_loss", sums.mean(\.criticLoss)),
      ("actor_loss", sums.actorMean(\.actorLoss)), ("value", sums.mean(\.value)), ("target", sums.mean(\.target)),
      ("critic_gradient_norm", sums.mean(\.criticGradientNorm)),
      ("actor_gradient_norm", sums.actorMean(\.actorGradientNorm)),
      (
        "exploration_sigma",
        environmentSteps < settings.warmupSteps ? nil : settings.exploration.deviation(after: environmentSteps)
      ),
      ("action_saturation", Double(saturated) / Double(steps * ddpg.model.actionCount)),
      ("updates", Double(ddpg.updates)), ("skipped_updates", Double(ddpg.skippedUpdates)),
      ("memory_transitions", Double(memory.transitionCount)),
    ]
    report.failure = ddpg.health.failure
    report.phases = [("acting", underWay.actingSeconds), ("learning", underWay.learningSeconds)]
    underWay = Iteration(firstStep: environmentSteps)
    return report
  }

  // MARK: Keeping

  /// What stands beside the learner's own tensors.
  private struct State: Codable {
    var environmentSteps: Int
    var underWay: Iteration
    var replay: ReplayMemory.State
    var shards: [Shard]

    struct Shard: Codable {
      var block: EnvironmentBlock.State
      var observations: [Float]
      var noise: ExplorationNoise
      var saturated: Int
    }
  }

  public func tensors() throws -> [String: Tensor] {
    var tensors = try ddpg.tensors()
    tensors["trainer.memory"] = try Tensor(
      encoding: State(
        environmentSteps: environmentSteps, underWay: underWay, replay: memory.state,
        shards: shards.map {
          .init(
            block: $0.block.saved(), observations: $0.buffers.observations, noise: $0.noise, saturated: $0.saturated)
        }))
    let tail = memory.bytes(of: memory.settled..<memory.written)
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
          && $1.noise.accepts($0.noise) && $0.saturated.isPossibleCount
      }
    // Every step of a world writes a slot at least. Steps that never were would be learned from until the end of time.
    guard fits, (0...max(0, state.replay.written)).contains(state.environmentSteps),
      (0...state.environmentSteps).contains(state.underWay.firstStep), !state.replay.newest.contains(-1),
      memory.begin(from: state.replay)
    else {
      throw InvalidInput(.foreignMemory(in: file, worlds: settings.worlds, blockSize: settings.blockSize))
    }
    try ddpg.read(tensors, file: file)
    environmentSteps = state.environmentSteps
    underWay = state.underWay
    for (i, shard) in state.shards.enumerated() {
      shards[i].block.restore(shard.block)
      shards[i].buffers.observations = shard.observations
      shards[i].noise = shard.noise
      shards[i].saturated = shard.saturated
    }
    guard let bytes = tensors["replay.tail"]?.bytes,
      bytes.count == (memory.written - memory.settled) * memory.bytesPerTransition
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'replay.tail'", found: "\(tensors["replay.tail"]?.bytes.count ?? 0) bytes",
          allowed: "the memory's newest slots, \((memory.written - memory.settled) * memory.bytesPerTransition) bytes",
          remedy: "The file is damaged."))
    }
    tail = [UInt8](bytes)
  }

  public func readFiles(in folder: RunFolder, known: [FileSeal]) throws {
    let settled = memory.settled
    var log = try ReplayLog(folder, for: memory)
    try log.read(into: &memory, settled: settled, known: known)
    guard memory.restore(settled, from: tail) else {
      throw InvalidInput(
        Problem(
          file: folder.checkpointPath(.latest), place: "tensor 'replay.tail'",
          found: "links that lead out of the memory",
          allowed: "places below \(memory.capacity)", remedy: "The file is damaged."))
    }
    self.log = log
    tail = []
  }

  public func willSave(in folder: RunFolder) throws -> [FileSeal] {
    if log == nil { log = try ReplayLog(folder, for: memory) }
    try log?.append(memory)
    return try log?.synchronize(memory) ?? []
  }

  public func didSave(in folder: RunFolder) throws { log?.removeOverwritten(memory) }
}

/// Sums of the metrics of several updates.
private struct LearningSums: Codable {
  private var sums = DDPGMetrics()
  private var updates = 0.0
  private var actorUpdates = 0.0

  mutating func add(_ metrics: DDPGMetrics) {
    guard !metrics.isRefused else { return }
    updates += 1
    sums.criticLoss += metrics.criticLoss
    sums.value += metrics.value
    sums.target += metrics.target
    sums.criticGradientNorm += metrics.criticGradientNorm
    guard let loss = metrics.actorLoss, let norm = metrics.actorGradientNorm else { return }
    actorUpdates += 1
    sums.actorLoss = (sums.actorLoss ?? 0) + loss
    sums.actorGradientNorm = (sums.actorGradientNorm ?? 0) + norm
  }

  /// `nil` without updates.
  func mean(_ value: KeyPath<DDPGMetrics, Double>) -> Double? { updates > 0 ? sums[keyPath: value] / updates : nil }

  /// Over the updates that moved the actor.
  func actorMean(_ value: KeyPath<DDPGMetrics, Double?>) -> Double? { sums[keyPath: value].map { $0 / actorUpdates } }
}

/// A block of worlds with all that one thread needs to act in it.
private struct ActingShard: Sendable {
  let block: EnvironmentBlock
  var actor: MLPWorkspace<Float>
  var noise: ExplorationNoise
  var buffers: StepBuffers
  /// What the last actions were chosen for, [worlds, observations].
  var observations: [Float]
  /// As applied, [worlds, actions].
  var actions: [Float]
  /// The actor's outputs after tanh, [worlds, actions].
  private var squashed: AlignedVector<Float>
  /// Action elements of the policy at ±1 (0.99 and more) since the last report.
  var saturated = 0

  init(block: EnvironmentBlock, actor: MLPWorkspace<Float>, noise: ExplorationNoise) {
    self.block = block
    self.actor = actor
    self.noise = noise
    buffers = StepBuffers(worlds: block.count, observations: actor.network.inputCount)
    observations = buffers.observations
    actions = Array(repeating: 0, count: block.count * actor.network.outputCount)
    squashed = AlignedVector(zeros: actions.count)
  }

  mutating func reset() { Self.reset(block, &buffers.observations) }

  private static func reset(_ block: EnvironmentBlock, _ observations: inout [Float]) {
    var span = observations.mutableSpan
    block.reset(into: &span)
  }

  /// One control step.
  ///
  /// - Parameter deviation: of the exploration; `nil` in the warm-up.
  mutating func step(_ model: DeterministicActorCritic, deviation: Double?) {
    for k in observations.indices { observations[k] = buffers.observations[k] }
    if let deviation {
      model.act(observations, &actor, &squashed, into: &actions)
      for action in actions where abs(action) >= 0.99 { saturated += 1 }
      noise.add(to: &actions, deviation: deviation)
    } else {
      noise.drawUniform(into: &actions)
    }
    Self.step(block, actions, &buffers)
    for w in 0..<block.count where buffers.endings[w].isOver { noise.reset(world: w) }
  }

  private static func step(_ block: EnvironmentBlock, _ actions: [Float], _ buffers: inout StepBuffers) {
    block.step(actions.span, into: &buffers)
  }
}
