internal import Foundation
internal import Synchronization

/// A few threads that are made once and wait for work. They suit loops of tens of microseconds that run thousands of
/// times a second.
///
/// The caller divides work into a fixed list of shards, and results stay with their shard: no number depends on which
/// thread computed what, and when. One thread works on a shard. The calling thread works too, so `threadCount` 1 makes
/// no thread. Waiting threads spin for a few microseconds, then sleep.
public final class WorkerPool: Sendable {
  /// Threads that work, the caller's included; fewer than were asked for where the system made no more.
  public let threadCount: Int
  /// A note for the user that there are fewer threads than were asked for, and why; `nil` if there are all.
  public let note: String?
  private let shared: Shared

  /// Starts the threads, which live as long as the pool.
  ///
  /// - Parameter threadCount: at least 1. Where the system makes fewer, the pool works with those: no number depends
  ///   on it.
  public convenience init(threadCount: Int) {
    // Released once the threads exist.
    let reserve = AddressReserve()
    let hasRoom = reserve != nil
    self.init(threadCount: threadCount) { hasRoom ? SystemThread.start($0, $1) : ENOMEM }
    _ = consume reserve
  }

  /// - Parameter start: makes a thread of that name; 0, or the system's error number.
  package init(threadCount: Int, start: (_ name: String, _ body: @escaping @Sendable () -> Void) -> Int32) {
    precondition(threadCount > 0, "a pool of \(threadCount) threads")
    shared = Shared()
    var code: Int32 = 0
    for helper in 0..<threadCount - 1 {
      code = start("poise-worker-\(helper + 1)") { [shared] in shared.serve(helper) }
      guard code == 0 else { break }
      shared.helperCount += 1
    }
    self.threadCount = shared.helperCount + 1
    note =
      code == 0
      ? nil
      : "\(self.threadCount) of \(threadCount) threads: the system made no more (\(String(cString: strerror(code)))). "
        + "The results are the same, but they take longer."
  }

  deinit { shared.stop() }

  /// Calls `body` once for every element, each on one thread, and returns when all are done.
  ///
  /// With several threads, one call allocates once: the closure's context. Nothing else is allocated.
  ///
  /// - Parameters:
  ///   - shards: `body` gets one element at a time; elements i, i + threads, … go to one thread, in order.
  ///   - body: must not call this pool again.
  public func forEach<Shard: Sendable>(
    _ shards: inout [Shard], _ body: @Sendable (_ index: Int, _ shard: inout Shard) -> Void
  ) {
    let active = min(threadCount, shards.count)
    guard active > 1 else {
      for i in shards.indices { body(i, &shards[i]) }
      return
    }
    shards.withUnsafeMutableBufferPointer { buffer in
      // Only one thread accesses each element, and `run` returns after the last access.
      nonisolated(unsafe) let elements = buffer
      run(active) { thread in
        for i in stride(from: thread, to: elements.count, by: active) { body(i, &elements[i]) }
      }
    }
  }

  /// Calls `body(0)` … `body(count − 1)`, each on a thread of its own, and returns when all are done.
  private func run(_ count: Int, _ body: @Sendable (_ thread: Int) -> Void) {
    withoutActuallyEscaping(body) { escapable in shared.run(count, escapable) }
  }
}

/// The state that the threads of a pool share.
///
/// Unchecked Sendable: the caller of `run` writes `work` only while no helper runs (all have decremented `pending`,
/// with release, and the caller has read the result, with acquire). Helpers read it only after they have read the new
/// `generation` (released after the write). `entry` admits one caller at a time.
private final class Shared: @unchecked Sendable {
  private let entry = Guarded(())
  private let generation = Atomic<Int>(0)
  private let pending = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  /// Set while the pool is made, before the first `run`; no helper reads it.
  var helperCount = 0
  /// How many helpers sleep or are about to; their bell, guarded by its lock.
  private let bell = NSCondition()
  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let done = NSCondition()
  private var work: (count: Int, body: @Sendable (Int) -> Void)?

  /// The number of polls before a thread sleeps: about 10 µs on machines of 2025.
  private static let spins = 4_000

  func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    entry.withLock { _ in
      work = (count, body)
      pending.store(helperCount, ordering: .relaxed)
      generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        bell.lock()
        bell.broadcast()
        bell.unlock()
      }
      body(0)
      for _ in 0..<Self.spins {
        if pending.load(ordering: .acquiring) == 0 { break }
      }
      if pending.load(ordering: .acquiring) != 0 {
        done.lock()
        callerSleeps.store(true, ordering: .sequentiallyConsistent)
        while pending.load(ordering: .sequentiallyConsistent) != 0 { done.wait() }
        callerSleeps.store(false, ordering: .relaxed)
        done.unlock()
      }
      work = nil
    }
  }

  func serve(_ helper: Int) {
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen, spins < Self.spins {
        spins += 1
      }
      if generation.load(ordering: .acquiring) == seen {
        bell.lock()
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while generation.load(ordering: .sequentiallyConsistent) == seen, !isStopped.load(ordering: .acquiring) {
          bell.wait()
        }
        sleepers.wrappingSubtract(1, ordering: .relaxed)
        bell.unlock()
      }
      if isStopped.load(ordering: .acquiring) { return }
      seen += 1
      if let work, helper + 1 < work.count { work.body(helper + 1) }
      if pending.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0,
        callerSleeps.load(ordering: .sequentiallyConsistent)
      {
        done.lock()
        done.signal()
        done.unlock()
      }
    }
  }

  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    bell.lock()
    bell.broadcast()
    bell.unlock()
  }
}
