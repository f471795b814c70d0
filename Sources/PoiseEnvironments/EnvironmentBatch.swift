public import PoiseCore

/// N worlds of one task, stepped over the threads of a pool.
///
/// The worlds are divided into blocks of one fixed size (the last may be smaller), whatever the number of threads. A
/// block is the unit of work of a thread and of a batched inference. No result depends on the number of threads.
///
/// A trainer whose threads run whole rollouts of their blocks steps `blocks` itself.
public final class EnvironmentBatch {
  /// The task of all worlds.
  public let task: any EnvironmentSpecification
  /// The number of worlds.
  public let worldCount: Int
  /// The number of worlds in a block; the last block may have fewer.
  public let blockSize: Int
  /// The blocks, in the order of the worlds.
  public private(set) var blocks: [EnvironmentBlock]
  private let pool: WorkerPool

  /// Makes all worlds; call `reset` before the first step.
  ///
  /// - Parameters:
  ///   - task: the task of all worlds.
  ///   - worlds: the number of worlds, at least 1.
  ///   - blockSize: the number of worlds in a block, at least 1.
  ///   - seed: the root seed of the run.
  ///   - purpose: `.environment` for training, `.evaluation` for evaluation.
  ///   - streams: how the streams of episodes are numbered.
  ///   - detail: how much is measured in each control step.
  ///   - pool: the threads that step the worlds; share one pool among everything that works in parallel.
  /// - Throws: if a world cannot be made, such as `InvalidInput` for a model that cannot be assembled.
  public init(
    _ task: any EnvironmentSpecification, worlds: Int, blockSize: Int = 16, seed: UInt64,
    purpose: RandomPurpose = .environment,
    streams: EpisodeStreams = .continuing, detail: EnvironmentDetail = .lean, pool: WorkerPool
  ) throws {
    precondition(worlds > 0 && blockSize > 0, "\(worlds) worlds in blocks of \(blockSize)")
    self.task = task
    worldCount = worlds
    self.blockSize = blockSize
    self.pool = pool
    blocks = try stride(from: 0, to: worlds, by: blockSize).map { first in
      try EnvironmentBlock(
        task, worlds: first..<min(worlds, first + blockSize), of: worlds, seed: seed, purpose: purpose,
        streams: streams, detail: detail)
    }
  }

  /// Makes buffers of the right size for all worlds.
  public func makeBuffers() -> StepBuffers {
    StepBuffers(worlds: worldCount, observations: task.observationSpace.count)
  }

  /// Starts an episode in every world; the first observations go to `buffers.observations`.
  public func reset(into buffers: inout StepBuffers) {
    let size = task.observationSpace.count
    precondition(buffers.observations.count == worldCount * size, "buffers of another batch")
    buffers.observations.withUnsafeMutableBufferPointer { memory in
      // Each block writes its own rows only, and `forEach` returns after the last write.
      nonisolated(unsafe) let observations = memory
      pool.forEach(&blocks) { _, block in
        let rows = block.worlds.lowerBound * size..<block.worlds.upperBound * size
        var span = observations.extracting(rows).mutableSpan
        block.reset(into: &span)
      }
    }
  }

  /// Makes one control step of every world. Worlds whose episode ends start the next one.
  ///
  /// - Parameters:
  ///   - actions: [worlds, actions]; numbers of a box in −1 … 1.
  ///   - buffers: receives observations, rewards and endings.
  public func step(_ actions: [Float], into buffers: inout StepBuffers) {
    let size = task.observationSpace.count
    let actionSize = task.actionSpace.count
    precondition(
      actions.count == worldCount * actionSize, "\(worldCount) worlds × \(actionSize) actions, got \(actions.count)")
    precondition(
      buffers.observations.count == worldCount * size && buffers.rewards.count == worldCount, "buffers of another batch"
    )
    buffers.observations.withUnsafeMutableBufferPointer { a in
      buffers.finalObservations.withUnsafeMutableBufferPointer { b in
        buffers.rewards.withUnsafeMutableBufferPointer { c in
          buffers.endings.withUnsafeMutableBufferPointer { d in
            // Each block writes its own rows only, and `forEach` returns after the last write.
            nonisolated(unsafe) let (observations, finals, rewards, endings) = (a, b, c, d)
            pool.forEach(&blocks) { _, block in
              let worlds = block.worlds
              let rows = worlds.lowerBound * size..<worlds.upperBound * size
              let actionRows = worlds.lowerBound * actionSize..<worlds.upperBound * actionSize
              var observationSpan = observations.extracting(rows).mutableSpan
              var finalSpan = finals.extracting(rows).mutableSpan
              var rewardSpan = rewards.extracting(worlds).mutableSpan
              var endingSpan = endings.extracting(worlds).mutableSpan
              block.step(
                actions.span.extracting(actionRows), observations: &observationSpan, finalObservations: &finalSpan,
                rewards: &rewardSpan, endings: &endingSpan)
            }
          }
        }
      }
    }
  }

  /// Whether no world has episodes left; never true with `EpisodeStreams.continuing`.
  public var isFinished: Bool { blocks.allSatisfy(\.isFinished) }

  /// Returns the episodes that ended since the last call, and clears the records: block by block, in order of time and
  /// world.
  public func takeFinishedEpisodes() -> [EpisodeSummary] {
    let finished = blocks.flatMap(\.finishedEpisodes)
    for block in blocks { block.clearRecords() }
    return finished
  }

  /// The faults since `takeFinishedEpisodes`, which clears them.
  public var faults: [EnvironmentFault] { blocks.flatMap(\.faults) }

  /// Snapshots of all blocks, in order.
  public func saved() -> [EnvironmentBlock.State] { blocks.map { $0.saved() } }
  /// Restores snapshots of all blocks, exact to the bit.
  ///
  /// - Parameter states: one for each block, which the block `accepts`.
  public func restore(_ states: [EnvironmentBlock.State]) {
    precondition(states.count == blocks.count, "\(blocks.count) blocks, the states of \(states.count)")
    for (block, state) in zip(blocks, states) { block.restore(state) }
  }
}
