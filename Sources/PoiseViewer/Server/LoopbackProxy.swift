import Dispatch
import Foundation
import PoiseCore

/// A filtering reverse proxy between the network and the HTTP server, which passes on only what the viewer's own page sends.
///
/// FlyingFox limits neither the length and duration of a request's head, nor the size of a WebSocket message, nor the
/// number of connections, and it stops when an accept fails. So this proxy owns the network's socket. It listens on
/// 127.0.0.1 only, reads each head within limits, checks it by a `RequestFilter`, and sends a request of its own to the
/// server; later WebSocket frames pass a `FrameFilter`. Buffers in both directions have a fixed size, so a slow client
/// delays only itself.
///
/// One thread does all of it and waits in `poll`.
public final class LoopbackProxy: Sendable {
  /// The port on 127.0.0.1.
  public let port: UInt16
  let limits: ProxyLimits
  private let inner: String
  private let listener: Int32
  /// A pipe that wakes the thread to end it.
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private let isOpen = Guarded(false)
  private let finished = DispatchSemaphore(value: 0)

  /// Binds the port; nothing is accepted before `open`.
  ///
  /// - Parameters:
  ///   - port: 0 for any that is free.
  ///   - inner: path of the server's socket.
  ///   - limits: limits of clients.
  /// - Throws: `InputOutputError` where the port is taken.
  init(port: UInt16, inner: String, limits: ProxyLimits) throws {
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
    guard pipe(&ends) == 0 else {
      let error = Self.failure(port, "make a pipe")
      Foundation.close(descriptor)
      throw error
    }
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
        ? "Choose another port, or 0 for any that is free."
        : code == EACCES ? "Ports below 1024 are reserved for the administrator; choose a larger one." : "")
  }

  /// Starts to accept clients, on a thread of its own.
  ///
  /// - Throws: `InputOutputError` where the system makes no thread.
  func open() throws {
    let (limits, listener, wake, inner, finished) = (limits, listener, wakeRead, inner, finished)
    let code = SystemThread.start("poise-proxy") {
      var loop = Loop(limits, listener: listener, wake: wake, inner: inner)
      loop.run()
      finished.signal()
    }
    guard code == 0 else { throw InputOutputError(startingThreadsFor: "the server", code) }
    isOpen.withLock { $0 = true }
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
    private let limits: ProxyLimits
    private let listener: Int32
    private let wake: Int32
    private let inner: String
    private let filter: RequestFilter
    private var connections: [ProxyConnection] = []
    /// Until when no connection is accepted, s: the system has no descriptor for one more.
    private var pauseEnd = 0.0

    init(_ limits: ProxyLimits, listener: Int32, wake: Int32, inner: String) {
      self.limits = limits
      self.listener = listener
      self.wake = wake
      self.inner = inner
      filter = RequestFilter()
    }

    mutating func run() {
      while true {
        let now = seconds()
        for connection in connections { connection.prepare(now) }
        connections.removeAll { $0.isOver }
        var entries = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        // A negative number is passed over.
        entries.append(pollfd(fd: now < pauseEnd ? -1 : listener, events: Int16(POLLIN), revents: 0))
        for connection in connections { entries += connection.interests }
        var wait = connections.map { $0.wait(now) }.min() ?? 3600
        if now < pauseEnd { wait = min(wait, pauseEnd - now) }
        let count = poll(&entries, nfds_t(entries.count), Int32(min(3_600_000, max(0, (wait * 1000).rounded(.up)))))
        if count < 0 && errno != EINTR { break }
        if entries[0].revents != 0 { break }
        var next = 2
        for connection in connections {
          let own = connection.interests.count
          connection.handle(entries[next..<next + own], filter, inner: inner, seconds())
          next += own
        }
        if entries[1].revents != 0 { accept() }
      }
      for connection in connections { connection.end() }
    }

    private mutating func accept() {
      for _ in 0..<limits.connections {
        let client = Foundation.accept(listener, nil, nil)
        guard client >= 0 else {
          // Waiting clients stay in the queue; asking again at once would only waste processor time.
          if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { pauseEnd = seconds() + 0.2 }
          return
        }
        setNonBlocking(client)
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // Without this the system would buffer megabytes for a client that receives nothing.
        var size = Int32(limits.buffer)
        setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        // Clients that have left do not count, but their connections do until the server has ended them.
        if connections.count(where: \.hasClient) >= limits.connections || connections.count >= 4 * limits.connections {
          let answer = Array(RequestFilter.Refusal.full.response.utf8)
          _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
          Foundation.close(client)
        } else {
          connections.append(ProxyConnection(client, limits, seconds()))
        }
      }
    }
  }
}

func setNonBlocking(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }

/// Seconds of uptime.
private func seconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
