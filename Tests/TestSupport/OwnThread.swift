import Foundation

/// Gives each piece of a task a thread of its own, so that it may wait in system calls without keeping others from theirs. Unlike on a
/// bare thread, what goes wrong there is told with the name of its test.
public final class OwnThread: TaskExecutor {
  private static let shared = OwnThread()

  private init() {}

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
  }

  /// Runs a body and waits for it.
  public static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await Task(executorPreference: shared) { try body() }.value
  }
}
