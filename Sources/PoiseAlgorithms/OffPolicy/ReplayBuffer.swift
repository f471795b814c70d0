public import PoiseCore
public import PoiseEnvironments
import PoiseNetworks

/// A ring buffer of transitions: the observations of all worlds, in the order in which they were recorded.
///
/// A slot holds one observation; once the control step after it is over, also the action taken there, its reward and a link to the
/// slot of the next observation. So an observation that ends one transition and begins the next is stored once. An
/// episode's last observation has a slot of its own, without a link: the bootstrap past a time limit needs it. Faulted steps
/// are never linked, so no learner sees them.
///
///     o₀ a₀ r₀ → o₁ a₁ r₁ → o₂            links run forward in time; the oldest slot is overwritten first, so a slot
///                                          that is still there has all that follows it
///
/// Nothing is allocated after `init`. Shapes: [capacity, …] each.
public struct ReplayBuffer: Sendable {
  /// The number of slots. A full buffer holds as many transitions, less one for each episode that ended and one for
  /// each world.
  public let capacity: Int
  /// Floats of an observation.
  public let observationCount: Int
  /// Floats of an action.
  public let actionCount: Int
  /// Worlds whose transitions are recorded.
  public let worldCount: Int
  /// Slots written since the beginning; slot number k is at index k mod capacity.
  public private(set) var written = 0
  /// Transitions that can be sampled.
  public private(set) var transitionCount = 0

  /// [capacity, observations]
  private var observations: AlignedVector<Float>
  /// [capacity, actions]
  private var actions: AlignedVector<Float>
  /// [capacity]
  private var rewards: AlignedVector<Float>
  /// The index of the next observation, or why there is none. [capacity]
  private var links: [Int32]
  /// The number of each world's newest slot, [worlds].
  private var newest: [Int]

  /// The entries of `links` for slots without a next observation.
  private enum Link {
    /// The step is not over yet.
    static let open: Int32 = -1
    /// The task terminated with this observation: its value is 0.
    static let terminated: Int32 = -2
    /// A time limit or a fault: the task would have gone on, so the target may bootstrap here.
    static let cut: Int32 = -3
  }

  /// Makes an empty buffer and allocates all of its memory.
  ///
  /// - Parameters:
  ///   - capacity: slots, at least 4 for each world and less than 2³¹.
  ///   - observations: floats of an observation.
  ///   - actions: floats of an action.
  ///   - worlds: number of worlds, at least 1.
  public init(capacity: Int, observations: Int, actions: Int, worlds: Int) {
    precondition(
      capacity >= 4 * worlds && capacity <= Int(Int32.max) && worlds > 0,
      "a buffer of \(capacity) slots for \(worlds) worlds; allowed 4 for each world to 2³¹ − 1")
    self.capacity = capacity
    observationCount = observations
    actionCount = actions
    worldCount = worlds
    self.observations = AlignedVector(zeros: capacity * observations)
    self.actions = AlignedVector(zeros: capacity * actions)
    rewards = AlignedVector(zeros: capacity)
    links = Array(repeating: Link.open, count: capacity)
    newest = Array(repeating: -1, count: worlds)
  }

  /// Slots that have been written and not yet overwritten: at most `capacity`.
  public var filled: Int { min(written, capacity) }

  /// Bytes of a slot: observation, action, reward and link, 4 bytes a number.
  public var bytesPerTransition: Int { 4 * (observationCount + actionCount + 2) }

  // MARK: Recording

  /// Records the first observation of some worlds.
  ///
  /// - Parameters:
  ///   - worlds: the indices of these worlds among all.
  ///   - first: their observations, [worlds, observations].
  public mutating func begin(worlds: Range<Int>, observations first: [Float]) {
    for (i, world) in worlds.enumerated() { newest[world] = append(first, row: i, link: Link.open) }
  }

  /// Records one control step of some worlds.
  ///
  /// - Parameters:
  ///   - worlds: the indices of these worlds among all.
  ///   - taken: actions as they were applied, [worlds, actions].
  ///   - gained: rewards, [worlds].
  ///   - endings: how the episodes stood after the step, [worlds].
  ///   - finals: last observations of the episodes that ended, in their rows, [worlds, observations].
  ///   - next: the observations for which the next actions are chosen, [worlds, observations].
  public mutating func record(
    worlds: Range<Int>, actions taken: [Float], rewards gained: [Float], endings: [EpisodeEnding],
    finalObservations finals: [Float], observations next: [Float]
  ) {
    precondition(
      taken.count == worlds.count * actionCount && next.count == worlds.count * observationCount,
      "\(taken.count) numbers for the actions of \(worlds.count) worlds, \(next.count) for their observations")
    for (i, world) in worlds.enumerated() {
      precondition(newest[world] >= 0, "world \(world) has not begun")
      let index = newest[world] % capacity
      guard endings[i] != .fault else {
        links[index] = Link.cut
        newest[world] = append(next, row: i, link: Link.open)
        continue
      }
      for j in 0..<actionCount { actions[index * actionCount + j] = taken[i * actionCount + j] }
      rewards[index] = gained[i]
      var linked = -1
      switch endings[i] {
      case .terminated: linked = append(finals, row: i, link: Link.terminated)
      case .truncated: linked = append(finals, row: i, link: Link.cut)
      case .running, .fault: break
      }
      newest[world] = append(next, row: i, link: Link.open)
      if linked < 0 { linked = newest[world] }
      links[index] = Int32(linked % capacity)
      transitionCount += 1
    }
  }

  /// Overwrites the oldest slot.
  ///
  /// - Returns: the number of the new slot.
  private mutating func append(_ rows: [Float], row: Int, link: Int32) -> Int {
    let index = written % capacity
    if written >= capacity, links[index] >= 0 { transitionCount -= 1 }
    let n = observationCount
    var target = observations.mutableSpan(of: index * n..<(index + 1) * n)
    for k in 0..<n { target[k] = rows[row * n + k] }
    links[index] = link
    written += 1
    return written - 1
  }

  // MARK: Sampling

  /// Whether a slot begins a transition that can be sampled.
  ///
  /// - Parameter index: of the slot, below `filled`.
  func hasTransition(at index: Int) -> Bool { links[index] >= 0 }

  /// Draws transitions uniformly, with replacement.
  ///
  /// Indices are drawn until one holds a transition, so every transition is equally likely.
  ///
  /// - Parameters:
  ///   - indices: where the indices of the transitions are written; its length is the number of draws.
  ///   - random: the stream that is drawn from.
  public func sample(into indices: inout [Int], using random: inout RandomStream) {
    precondition(transitionCount > 0, "a buffer without transitions")
    for i in indices.indices {
      repeat { indices[i] = random.index(below: filled) } while links[indices[i]] < 0
    }
  }

  /// The n-step return from a transition on, without its bootstrap, and where to bootstrap.
  public struct Outcome: Hashable, Sendable {
    /// Σ γᵏ rₜ₊ₖ over the m ≤ n steps that were recorded.
    public var rewards: Float
    /// γᵐ, or 0 if the task terminated: the factor on the value at `index`.
    public var discount: Float
    /// The index of the observation after these steps.
    public var index: Int
  }

  /// Follows the links from a transition for up to n steps: fewer if the episode ended or was not recorded any further.
  ///
  ///     R = Σ_{k<m} γᵏ rₜ₊ₖ,   then γᵐ V(oₜ₊ₘ), m ≤ n
  ///
  /// Source: Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; for DDPG, Barth-Maron et al. 2018, eq. 5.
  public func outcome(of index: Int, steps n: Int, discountFactor γ: Float) -> Outcome {
    var outcome = Outcome(rewards: 0, discount: 1, index: index)
    for _ in 0..<n {
      let next = links[outcome.index]
      guard next >= 0 else { break }
      outcome.rewards += outcome.discount * rewards[outcome.index]
      outcome.discount *= γ
      outcome.index = Int(next)
    }
    if links[outcome.index] == Link.terminated { outcome.discount = 0 }
    return outcome
  }

  /// Copies observations, normalised if there is a normaliser: row i is that of `indices[i]`.
  func gatherObservations(
    _ indices: ArraySlice<Int>, _ normalizer: RunningNormalizer?, into rows: inout AlignedVector<Float>
  ) {
    let n = observationCount
    var target = rows.mutableSpan
    var row = 0
    for index in indices {
      let source = observations.span.extracting(index * n..<(index + 1) * n)
      var part = target._mutatingExtracting(row * n..<(row + 1) * n)
      normalizer.normalize(source, into: &part)
      row += 1
    }
  }

  /// Copies actions: row i is that of `indices[i]`.
  func gatherActions(_ indices: ArraySlice<Int>, into rows: inout AlignedVector<Float>) {
    rows.gather(indices, of: actions, columns: actionCount)
  }
}

// MARK: - Checkpointing

extension ReplayBuffer {
  /// Slots with numbers below this do not change any more until they are overwritten; 0 before all worlds have begun.
  public var settled: Int { newest.contains(-1) ? 0 : newest.reduce(written) { min($0, $1) } }

  /// The number of the oldest slot that is not overwritten.
  public var oldest: Int { max(0, written - capacity) }

  /// The state of a buffer apart from the contents of its slots; part of a checkpoint.
  public struct State: Codable, Hashable, Sendable {
    /// Slots written since the beginning.
    public var written: Int
    /// The number of each world's newest slot, −1 before its first, [worlds].
    public var newest: [Int]
    /// Capacity, worlds, floats of an observation and of an action; a buffer takes a state of its own shape only.
    public var shape: [Int]
  }

  /// The present state, for a checkpoint.
  public var state: State { State(written: written, newest: newest, shape: shape) }
  private var shape: [Int] { [capacity, worldCount, observationCount, actionCount] }

  /// Slots as bytes, `bytesPerTransition` each: observation, action, reward, link; little-endian.
  ///
  /// - Parameter numbers: from `oldest` to `written`.
  public func bytes(of numbers: Range<Int>) -> [UInt8] {
    precondition(
      numbers.lowerBound >= oldest && numbers.upperBound <= written, "slots \(numbers) of \(oldest..<written)")
    var bytes = [UInt8](repeating: 0, count: numbers.count * bytesPerTransition)
    var position = 0
    func put(_ bits: UInt32) {
      for shift in 0..<4 { bytes[position + shift] = UInt8(truncatingIfNeeded: bits >> (8 * shift)) }
      position += 4
    }
    for number in numbers {
      let index = number % capacity
      for k in 0..<observationCount { put(observations[index * observationCount + k].bitPattern) }
      for k in 0..<actionCount { put(actions[index * actionCount + k].bitPattern) }
      put(rewards[index].bitPattern)
      put(UInt32(bitPattern: links[index]))
    }
    return bytes
  }

  /// Empties the buffer and sets its counters from a state; `restore(_:from:)` must follow for every slot from `oldest`
  /// to `written`.
  ///
  /// - Returns: whether the state has this buffer's shape and is possible; if not, nothing is changed.
  public mutating func begin(from state: State) -> Bool {
    guard
      state.shape == shape, state.written.isPossibleCount, state.newest.count == worldCount,
      state.newest.allSatisfy({ $0 < state.written && ($0 == -1 || $0 >= state.written - capacity) })
    else { return false }
    (written, newest, transitionCount) = (state.written, state.newest, 0)
    for i in links.indices { links[i] = Link.open }
    return true
  }

  /// Restores slots from bytes, exact to the bit.
  ///
  /// - Parameters:
  ///   - first: number of the first slot.
  ///   - bytes: as `bytes(of:)` gave them; slots older than `oldest` are skipped.
  /// - Returns: whether all links are valid indices of this buffer.
  public mutating func restore(_ first: Int, from bytes: [UInt8]) -> Bool {
    precondition(
      bytes.count.isMultiple(of: bytesPerTransition) && first + bytes.count / bytesPerTransition <= written,
      "\(bytes.count) bytes from slot \(first) on, of \(written)")
    var position = 0
    func take() -> UInt32 {
      defer { position += 4 }
      return (0..<4).reduce(0) { $0 | UInt32(bytes[position + $1]) << (8 * UInt32($1)) }
    }
    for number in first..<first + bytes.count / bytesPerTransition {
      guard number >= oldest else {
        position += bytesPerTransition
        continue
      }
      let index = number % capacity
      for k in 0..<observationCount { observations[index * observationCount + k] = Float(bitPattern: take()) }
      for k in 0..<actionCount { actions[index * actionCount + k] = Float(bitPattern: take()) }
      rewards[index] = Float(bitPattern: take())
      let link = Int32(bitPattern: take())
      guard link >= Link.cut && Int(link) < capacity else { return false }
      if link >= 0 { transitionCount += 1 }
      links[index] = link
    }
    return true
  }
}
