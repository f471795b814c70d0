import Foundation

/// Time that this thread spends computing in `body`: unlike time on the clock it does not grow on a busy machine. Under a
/// sanitizer, the time that it could be without.
public func processorTime(of body: () throws -> Void) rethrows -> Duration {
  func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
  let start = now()
  try body()
  return (now() - start) / Sanitizer.slowness
}
