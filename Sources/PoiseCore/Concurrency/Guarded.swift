private import Foundation

/// A value that several threads share; a thread reads or changes it only while it holds the lock.
///
/// It does what `Mutex` of Swift's Synchronization does, with a lock that the thread sanitizer knows. `Mutex` waits in a
/// library that is not instrumented: under contention the sanitizer sees no order between two holders, and reports races
/// that do not exist.
///
/// Unchecked Sendable: `value` is touched in `withLock` only, between `lock` and `unlock`; what `sending` lets in or out
/// nobody else holds.
public final class Guarded<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private nonisolated(unsafe) var value: Value

  /// Puts a value under a lock of its own; nobody else may keep a reference to it.
  public init(_ value: sending Value) { self.value = value }

  /// Calls `body` with exclusive access to the value. `body` must not call this method again: it would wait for ever.
  public func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
