private import Foundation

/// A value that several threads share; a thread reads or changes it only while it holds the lock.
///
/// It works as `Mutex` of Swift's Synchronization does, with a lock that the thread sanitizer knows. `Mutex` waits in a
/// library that is not instrumented: under contention the sanitizer sees no order between two owners of the lock, and
/// reports false races.
///
/// Unchecked Sendable: `value` is accessed only in `withLock`, between `lock` and `unlock`; values that are passed in
/// or out are `sending`, so no other reference to them exists.
public final class Guarded<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private nonisolated(unsafe) var value: Value

  /// Protects a value by a lock of its own; no other reference to it may exist.
  public init(_ value: sending Value) { self.value = value }

  /// Calls `body` with exclusive access to the value. `body` must not call this method again: that is a deadlock.
  public func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
