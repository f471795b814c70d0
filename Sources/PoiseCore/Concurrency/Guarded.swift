private import Foundation

/// A value that several threads share: whoever reads or changes it holds the lock.
///
/// What `Mutex` of Swift's Synchronization is, over a lock that the thread sanitizer knows. `Mutex` waits in a library
/// that is not instrumented, so that under contention the sanitizer sees no order between two holders and reports races
/// that are none.
///
/// Unchecked Sendable: `value` is touched in `withLock` only, between `lock` and `unlock`; what `sending` lets in or out
/// nobody else holds.
public final class Guarded<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private nonisolated(unsafe) var value: Value

  /// Puts a value under a lock of its own; nobody else may keep a reference to it.
  public init(_ value: sending Value) { self.value = value }

  /// Calls `body` with the value, alone. Not to be called again from `body`: that would wait for ever.
  public func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
