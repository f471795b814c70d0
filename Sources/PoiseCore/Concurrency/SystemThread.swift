internal import Dispatch
private import Foundation

/// Threads of the operating system.
///
/// Foundation's `Thread` does not report when the system makes none, as happens at a limit of processes or of memory;
/// code that waits for the thread then waits for ever.
package enum SystemThread {
  /// Starts a thread that runs `body` and ends.
  ///
  /// - Parameters:
  ///   - name: for debuggers and `top`.
  ///   - stackSize: bytes.
  /// - Returns: 0, or the error number of the system, which then makes no thread.
  package static func start(
    _ name: String, stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void
  ) -> Int32 {
    let work = Unmanaged.passRetained(Work(name: name, body: body))
    let code = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
      guard let attributes = buffer.baseAddress else { return ENOMEM }
      var code = pthread_attr_init(attributes)
      guard code == 0 else { return code }
      defer { pthread_attr_destroy(attributes) }
      code = pthread_attr_setstacksize(attributes, stackSize)
      if code == 0 { code = pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED)) }
      guard code == 0 else { return code }
      var thread = pthread_t()
      return pthread_create(
        &thread, attributes,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, work.toOpaque())
    }
    if code != 0 { work.release() }
    return code
  }

  private final class Work: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }

    func run() {
      Thread.current.name = name
      body()
    }
  }

  /// Checks whether the system makes a number of threads at the same time, and lets them end.
  ///
  /// Swift's tasks run on threads that the runtime makes later, and it waits for ever where it gets none.
  ///
  /// - Throws: `InputOutputError` with what to do about it.
  package static func require(_ count: Int, for work: String) throws(InputOutputError) {
    let gate = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    var made = 0
    var code: Int32 = 0
    while made < count {
      code = start("poise-probe") {
        gate.wait()
        ended.signal()
      }
      guard code == 0 else { break }
      made += 1
    }
    for _ in 0..<made { gate.signal() }
    for _ in 0..<made { ended.wait() }
    guard code == 0 else { throw InputOutputError(startingThreadsFor: work, code) }
  }
}

extension InputOutputError {
  /// The error of threads that the system did not make.
  package init(startingThreadsFor work: String, _ code: Int32) {
    self.init(
      path: work, operation: "start a thread", reason: String(cString: strerror(code)),
      remedy: "Raise the limits of processes (ulimit -u) or of memory (ulimit -v), or end other programs.")
  }
}

/// Address space that is kept back while threads are made, whose stacks would take all of it where it is limited
/// (`ulimit -v`): without any, the first array would end the process.
struct AddressReserve: ~Copyable {
  private let address: UnsafeMutableRawPointer
  private static let size = 256 << 20

  /// `nil` where there is not even that much.
  init?() {
    // Never touched, so that it takes no memory.
    let address = mmap(nil, Self.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address, address != MAP_FAILED else { return nil }
    self.address = address
  }

  deinit { munmap(address, Self.size) }
}
