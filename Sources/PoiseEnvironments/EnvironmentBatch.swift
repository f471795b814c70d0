public import PoiseCore

/// N worlds of one task, stepped over the threads of a pool.
///
/// The worlds are cut into blocks of one fixed size (the last may be shorter), whatever the number of threads: a block is
/// what a thread works on and what a policy is evaluated for. Nothing that is computed depends on the threads.
///
/// A trainer that lets each thread run a whole rollout of its blocks takes `blocks` and steps them itself.
public final class EnvironmentBatch {
  public let task: any EnvironmentSpecification
  public let worldCount: Int
  public let blockSize: Int
  /// In the order of the worlds.
  public private(set) var blocks: [EnvironmentBlock]
  private let pool: WorkerPool

  /// - Parameters:
  ///   - worlds: how many.
  ///   - blockSize: worlds of a block.
  ///   - pool: who steps; made once and shared with everything else that works in parallel.
  /// - Throws: `InvalidInput` for a model that cannot be assembled.
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

  /// Buffers of the right size for all worlds.
  public func makeBuffers() -> StepBuffers {
    StepBuffers(worlds: worldCount, observations: task.observationSpace.count)
  }

  /// Starts an episode in every world.
  public func reset(into buffers: inout StepBuffers) {
    let size = task.observationSpace.count
    precondition(buffers.observations.count == worldCount * size, "buffers of another batch")
    buffers.observations.withUnsafeMutableBufferPointer { memory in
      // Each block touches its own rows alone, and `forEach` returns after the last touch.
      nonisolated(unsafe) let observations = memory
      pool.forEach(&blocks) { _, block in
        let rows = block.worlds.lowerBound * size..<block.worlds.upperBound * size
        var span = observations.extracting(rows).mutableSpan
        block.reset(into: &span)
      }
    }
  }

  /// One control step of every world.
  ///
  /// - Parameter actions: [worlds, actions], each in −1 … 1.
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
            // Each block touches its own rows alone, and `forEach` returns after the last touch.
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

  /// Whether every world stands still, having had its episodes (only with `EpisodeStreams.numbered`).
  public var isFinished: Bool { blocks.allSatisfy(\.isFinished) }

  /// Episodes that ended since the last call, by world within a step of each block, blocks one after the other.
  public func takeFinishedEpisodes() -> [EpisodeSummary] {
    let finished = blocks.flatMap(\.finishedEpisodes)
    for block in blocks { block.clearRecords() }
    return finished
  }

  /// Faults since `takeFinishedEpisodes`, which forgets them.
  public var faults: [EnvironmentFault] { blocks.flatMap(\.faults) }

  public func saved() -> [EnvironmentBlock.State] { blocks.map { $0.saved() } }
  public func restore(_ states: [EnvironmentBlock.State]) {
    precondition(states.count == blocks.count, "\(blocks.count) blocks, the states of \(states.count)")
    for (block, state) in zip(blocks, states) { block.restore(state) }
  }
}
