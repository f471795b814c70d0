import Foundation

/// One connection of a client through the proxy.
final class ProxyConnection {
  private enum Phase {
    /// Collecting a request's head.
    case head
    /// Passing bytes between the client and the server.
    case relay
    /// Sending a refusal, then closing.
    case refusing
    /// The client is gone; waiting for the server to end its side.
    case closing
    case over
  }

  private var client: Int32
  private var server: Int32 = -1
  private let limits: ProxyLimits
  private var phase = Phase.head
  private var head: [UInt8] = []
  private var toClient = ByteQueue()
  private var toServer = ByteQueue()
  /// `nil` for the page, whose client sends nothing after its request.
  private var frames: FrameFilter?
  private var isServerDone = false
  /// End of the present wait, s of uptime; `nil` while nothing waits for the client.
  private var deadline: Double?
  /// Bytes that the client may send now.
  private var allowance: Double
  private var refilled: Double

  init(_ client: Int32, _ limits: ProxyLimits, _ now: Double) {
    self.client = client
    self.limits = limits
    deadline = now + limits.patience
    allowance = limits.burst
    refilled = now
  }

  var isOver: Bool { if case .over = phase { true } else { false } }

  /// Whether the client is still connected.
  var hasClient: Bool { client >= 0 }

  /// Ends both sides at once.
  func end() {
    guard !isOver else { return }
    phase = .over
    for descriptor in [client, server] where descriptor >= 0 { close(descriptor) }
    (client, server) = (-1, -1)
  }

  /// Closes the client's side. The server sees the end of its input, and this connection lives until the server has closed its own side.
  ///
  /// A server whose connection breaks while it writes closes a descriptor that one of its tasks still waits for; FlyingFox's pool
  /// then misses the next connection with the same number. In this order no connection breaks while the server writes.
  private func leave(_ now: Double) {
    guard !isOver else { return }
    guard server >= 0, !isServerDone else { return end() }
    phase = .closing
    close(client)
    client = -1
    (toClient, toServer) = (ByteQueue(), ByteQueue())
    shutdown(server, Int32(SHUT_WR))
    deadline = now + limits.answer
  }

  // MARK: Waiting

  private var isListening: Bool {
    switch phase {
    case .head: true
    case .relay: frames == nil || (allowance >= 1 && toServer.count < limits.buffer)
    case .refusing, .closing, .over: false
    }
  }

  /// Refills the allowance, and ends a connection whose deadline has passed.
  func prepare(_ now: Double) {
    allowance = min(limits.burst, allowance + limits.rate * (now - refilled))
    refilled = now
    if let deadline, now > deadline { if hasClient { leave(now) } else { end() } }
  }

  /// Two entries for `poll`, the client's and the server's.
  var interests: [pollfd] {
    var clientEvents: Int16 = 0
    if isListening { clientEvents |= Int16(POLLIN) }
    if !toClient.isEmpty { clientEvents |= Int16(POLLOUT) }
    var serverEvents: Int16 = 0
    if server >= 0 {
      if toClient.count < limits.buffer && !isServerDone { serverEvents |= Int16(POLLIN) }
      if !toServer.isEmpty { serverEvents |= Int16(POLLOUT) }
    }
    // `poll` ignores a descriptor below 0; a server that is done would wake the loop all the time.
    return [
      pollfd(fd: client, events: clientEvents, revents: 0),
      pollfd(fd: isServerDone ? -1 : server, events: serverEvents, revents: 0),
    ]
  }

  /// s until the connection must be checked although nothing arrives.
  func wait(_ now: Double) -> Double {
    var wait = 3600.0
    if let deadline { wait = min(wait, max(0, deadline - now) + 0.001) }
    if frames != nil, allowance < 1 { wait = min(wait, 1024 / limits.rate) }
    return wait
  }

  // MARK: Working

  func handle(_ entries: ArraySlice<pollfd>, _ filter: RequestFilter, inner: String, _ now: Double) {
    guard !isOver, let ofClient = entries.first, let ofServer = entries.last else { return }
    let broken = Int16(POLLERR) | Int16(POLLNVAL)
    if ofClient.revents & broken != 0 { leave(now) }
    if ofClient.revents & Int16(POLLIN | POLLHUP) != 0, isListening { receive(filter, inner: inner, now) }
    if ofClient.revents & Int16(POLLHUP) != 0, hasClient, !isListening { leave(now) }
    if ofServer.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, server >= 0 { fetch(now) }
    if !toServer.isEmpty { pass(now) }
    if !toClient.isEmpty { deliver(now) }
    if !isOver, toClient.isEmpty, isServerDone || isRefusing { end() }
  }

  private var isRefusing: Bool { if case .refusing = phase { true } else { false } }

  /// Reads what the client sends.
  private func receive(_ filter: RequestFilter, inner: String, _ now: Double) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let limit = frames == nil ? bytes.count : max(1, min(bytes.count, Int(allowance)))
    let count = recv(client, &bytes, limit, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return leave(now) }
    allowance -= Double(count)
    switch phase {
    case .head:
      head += bytes[..<count]
      switch filter.judge(head, limit: limits.head) {
      case .incomplete: break
      case .refused(let refusal): refuse(refusal, now)
      case .page(let request): admit(request, rest: [], isLive: false, inner, now)
      case .live(let request, let rest): admit(request, rest: rest, isLive: true, inner, now)
      }
      if case .head = phase {} else { head = [] }
    case .relay:
      // The page's client sends nothing more; anything it sends is read and dropped, so that its end is noticed.
      if frames != nil { take(bytes[..<count], now) }
    case .refusing, .closing, .over: break
    }
  }

  private func refuse(_ refusal: RequestFilter.Refusal, _ now: Double) {
    phase = .refusing
    toClient.append(Array(refusal.response.utf8)[...])
    deadline = now + limits.patience
  }

  /// Connects to the server and sends it the filter's own request.
  private func admit(_ request: String, rest: ArraySlice<UInt8>, isLive: Bool, _ inner: String, _ now: Double) {
    server = Self.connect(to: inner)
    guard server >= 0 else { return refuse(.full, now) }
    phase = .relay
    deadline = now + limits.answer
    toServer.append(Array(request.utf8)[...])
    if isLive {
      frames = FrameFilter(limit: limits.message)
      take(rest, now)
    }
  }

  private static func connect(to path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let isShort = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard isShort else { return -1 }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return -1 }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    setNonBlocking(descriptor)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    if isConnected { return descriptor }
    close(descriptor)
    return -1
  }

  /// Passes on a WebSocket client's bytes if the frame filter allows them.
  private func take(_ bytes: ArraySlice<UInt8>, _ now: Double) {
    guard frames?.accepts(bytes) == true else { return leave(now) }
    toServer.append(bytes)
  }

  /// Reads what the server answers.
  private func fetch(_ now: Double) {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(server, &bytes, max(1, min(bytes.count, limits.buffer - toClient.count)), 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      isServerDone = true
      return
    }
    guard hasClient else { return }
    if toClient.isEmpty { deadline = now + limits.patience }
    toClient.append(bytes[..<count])
  }

  private func pass(_ now: Double) {
    let sent = toServer.withFront { send(server, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if sent < 0, errno == EAGAIN || errno == EINTR { return }
    guard sent > 0 else { return leave(now) }
    toServer.remove(sent)
  }

  /// Sends to the client; one that receives nothing for too long is disconnected.
  private func deliver(_ now: Double) {
    let sent = toClient.withFront { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if sent < 0, errno == EAGAIN || errno == EINTR { return }
    guard sent > 0 else { return leave(now) }
    toClient.remove(sent)
    // The server speaks next: soon for the page, at any time for a WebSocket.
    deadline = !toClient.isEmpty ? now + limits.patience : frames == nil ? now + limits.answer : nil
  }
}

/// A queue of bytes, first in, first out.
struct ByteQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { start == bytes.count }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if start > 0, start >= bytes.count / 2 {
      bytes.removeSubrange(..<start)
      start = 0
    }
    bytes += more
  }

  func withFront<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }

  mutating func remove(_ count: Int) {
    start += count
    if isEmpty {
      bytes.removeAll(keepingCapacity: true)
      start = 0
    }
  }
}
