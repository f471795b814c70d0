import Dispatch
import Foundation
import PoiseCore

/// Stands between the network and the HTTP server, and lets in nothing but what the viewer's own page sends.
///
/// FlyingFox bounds neither the length of a request's head, nor the time it takes, nor a WebSocket message, nor the number of
/// connections, and an accept that fails ends it. So the socket that the network sees is this one's. It listens on 127.0.0.1
/// alone, reads each head within bounds, checks it, and passes on a request of its own making; what a WebSocket's client sends
/// later passes a `FrameMeter`. Both ways go through buffers of fixed size, so a client that stalls stalls itself alone.
///
/// One thread does all of it and waits in `poll`.
public final class Doorman: Sendable {
  public struct Limits: Sendable {
    public var connections = 24
    /// Bytes of a request's head.
    public var head = 8192
    /// s to send a head in, and to take what was sent.
    public var patience = 8.0
    /// s that our own server may take to answer, or to end a connection, on a machine with much else to do.
    public var answer = 60.0
    /// Bytes of a WebSocket message.
    public var message = LiveCommand.sizeLimit
    /// Bytes per second of a WebSocket's client in the long run, and at once.
    public var rate = 64 * 1024.0
    public var burst = 64 * 1024.0
    /// Bytes on their way, each direction of a connection.
    public var buffer = 128 * 1024
    public init() {}
  }

  static let pagePath = "/"
  static let livePath = "/live"

  public let port: UInt16
  let limits: Limits
  private let inner: String
  private let listener: Int32
  /// A pipe that wakes the thread: its end comes when it is closed.
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private let isOpen = Guarded(false)
  private let finished = DispatchSemaphore(value: 0)

  /// Takes the port; nobody is let in before `open`.
  ///
  /// - Parameter inner: path of the server's socket.
  /// - Throws: `InputOutputError` where the port is taken.
  init(port: UInt16, inner: String, limits: Limits) throws {
    self.inner = inner
    self.limits = limits
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Self.failure(port, "make a socket") }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && listen(descriptor, 32) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    guard isBound else {
      let error = Self.failure(port, "listen")
      Foundation.close(descriptor)
      throw error
    }
    listener = descriptor
    self.port = UInt16(bigEndian: address.sin_port)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Self.failure(port, "make a pipe") }
    (wakeRead, wakeWrite) = (ends[0], ends[1])
    for descriptor in [listener, wakeRead, wakeWrite] {
      setNonBlocking(descriptor)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit { close() }

  private static func failure(_ port: UInt16, _ operation: String) -> InputOutputError {
    let code = errno
    return InputOutputError(
      path: "127.0.0.1:\(port)", operation: operation, reason: String(cString: strerror(code)).lowercased(),
      remedy: code == EADDRINUSE
        ? "Name another port, or 0 for any that is free."
        : code == EACCES ? "Ports below 1024 are the administrator's; name a larger one." : "")
  }

  /// Lets clients in, on a thread of its own.
  func open() {
    isOpen.withLock { $0 = true }
    let (limits, port, listener, wake, inner, finished) = (limits, port, listener, wakeRead, inner, finished)
    let thread = Thread {
      var loop = Loop(limits, port: port, listener: listener, wake: wake, inner: inner)
      loop.run()
      finished.signal()
    }
    thread.name = "poise doorman"
    thread.start()
  }

  /// Closes the port and every connection.
  func close() {
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    guard wasOpen else { return }
    var byte: UInt8 = 0
    _ = write(wakeWrite, &byte, 1)
    finished.wait()
    for descriptor in [listener, wakeRead, wakeWrite] { Foundation.close(descriptor) }
  }

  // MARK: The thread

  /// All connections, and what to wait for.
  private struct Loop {
    private let limits: Limits
    private let listener: Int32
    private let wake: Int32
    private let inner: String
    private let gate: RequestGate
    private var connections: [DoormanConnection] = []

    init(_ limits: Limits, port: UInt16, listener: Int32, wake: Int32, inner: String) {
      self.limits = limits
      self.listener = listener
      self.wake = wake
      self.inner = inner
      gate = RequestGate(port: port)
    }

    mutating func run() {
      while true {
        let now = seconds()
        for connection in connections { connection.prepare(now) }
        connections.removeAll { $0.isOver }
        var entries = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        entries.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
        for connection in connections { entries += connection.interests }
        let wait = connections.map { $0.wait(now) }.min() ?? 3600
        let count = poll(&entries, nfds_t(entries.count), Int32(min(3_600_000, max(0, (wait * 1000).rounded(.up)))))
        if count < 0 && errno != EINTR { break }
        if entries[0].revents != 0 { break }
        var next = 2
        for connection in connections {
          let own = connection.interests.count
          connection.handle(entries[next..<next + own], gate, inner: inner, seconds())
          next += own
        }
        if entries[1].revents != 0 { accept() }
      }
      for connection in connections { connection.end() }
    }

    private mutating func accept() {
      for _ in 0..<limits.connections {
        let client = Foundation.accept(listener, nil, nil)
        guard client >= 0 else { return }
        setNonBlocking(client)
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // Without this the system would take megabytes for a client that takes nothing.
        var size = Int32(limits.buffer)
        setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        // Whoever has left counts while the server has not noticed, but not for a place.
        if connections.count(where: \.hasClient) >= limits.connections || connections.count >= 4 * limits.connections {
          let answer = Array(RequestGate.Refusal.full.response.utf8)
          _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
          Foundation.close(client)
        } else {
          connections.append(DoormanConnection(client, limits, seconds()))
        }
      }
    }
  }
}

func setNonBlocking(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }

/// Seconds of uptime.
private func seconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
