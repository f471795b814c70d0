import Foundation

/// One client of the doorman, from its first byte to its last.
final class DoormanConnection {
  private enum Phase {
    /// Collecting a request's head.
    case head
    /// Passing bytes between the client and the server.
    case relay
    /// Saying why not, and then goodbye.
    case farewell
    /// The client is gone, and the server is being told.
    case parting
    case over
  }

  private var client: Int32
  private var server: Int32 = -1
  private let limits: Doorman.Limits
  private var phase = Phase.head
  private var head: [UInt8] = []
  private var toClient = ByteQueue()
  private var toServer = ByteQueue()
  /// `nil` for the page, whose client has nothing more to say.
  private var meter: FrameMeter?
  private var isServerDone = false
  /// When the present wait is too long, s of uptime; `nil` while nobody waits for the client.
  private var deadline: Double?
  /// Bytes that the client may send now.
  private var allowance: Double
  private var refilled: Double

  init(_ client: Int32, _ limits: Doorman.Limits, _ now: Double) {
    self.client = client
    self.limits = limits
    deadline = now + limits.patience
    allowance = limits.burst
    refilled = now
  }

  var isOver: Bool { if case .over = phase { true } else { false } }

  /// Whether someone is being served.
  var hasClient: Bool { client >= 0 }

  /// Ends both sides at once.
  func end() {
    guard !isOver else { return }
    phase = .over
    for descriptor in [client, server] where descriptor >= 0 { close(descriptor) }
    (client, server) = (-1, -1)
  }

  /// Lets the client go. The server sees the end of what is sent to it, and this side stays until it has closed its own.
  ///
  /// A server whose connection breaks while it writes closes a descriptor that one of its tasks still waits for; FlyingFox's pool
  /// then never hears of the next connection with the same number. Ended in this order, nothing ever breaks.
  private func part(_ now: Double) {
    guard !isOver else { return }
    guard server >= 0, !isServerDone else { return end() }
    phase = .parting
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
    case .relay: meter == nil || (allowance >= 1 && toServer.count < limits.buffer)
    case .farewell, .parting, .over: false
    }
  }

  /// Refills the allowance, and ends what has lasted too long.
  func prepare(_ now: Double) {
    allowance = min(limits.burst, allowance + limits.rate * (now - refilled))
    refilled = now
    if let deadline, now > deadline { if hasClient { part(now) } else { end() } }
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
    // A descriptor below 0 is passed over; a server that is done would wake us all the time.
    return [
      pollfd(fd: client, events: clientEvents, revents: 0),
      pollfd(fd: isServerDone ? -1 : server, events: serverEvents, revents: 0),
    ]
  }

  /// s until something must be looked at although nothing arrives.
  func wait(_ now: Double) -> Double {
    var wait = 3600.0
    if let deadline { wait = min(wait, max(0, deadline - now) + 0.001) }
    if meter != nil, allowance < 1 { wait = min(wait, 1024 / limits.rate) }
    return wait
  }

  // MARK: Working

  func handle(_ entries: ArraySlice<pollfd>, _ gate: RequestGate, inner: String, _ now: Double) {
    guard !isOver, let ofClient = entries.first, let ofServer = entries.last else { return }
    let broken = Int16(POLLERR) | Int16(POLLNVAL)
    if ofClient.revents & broken != 0 { part(now) }
    if ofClient.revents & Int16(POLLIN | POLLHUP) != 0, isListening { hear(gate, inner: inner, now) }
    if ofClient.revents & Int16(POLLHUP) != 0, hasClient, !isListening { part(now) }
    if ofServer.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, server >= 0 { fetch(now) }
    if !toServer.isEmpty { pass(now) }
    if !toClient.isEmpty { deliver(now) }
    if !isOver, toClient.isEmpty, isServerDone || isSayingGoodbye { end() }
  }

  private var isSayingGoodbye: Bool { if case .farewell = phase { true } else { false } }

  /// Reads what the client says.
  private func hear(_ gate: RequestGate, inner: String, _ now: Double) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let limit = meter == nil ? bytes.count : max(1, min(bytes.count, Int(allowance)))
    let count = recv(client, &bytes, limit, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return part(now) }
    allowance -= Double(count)
    switch phase {
    case .head:
      head += bytes[..<count]
      switch gate.judge(head, limit: limits.head) {
      case .incomplete: break
      case .refused(let refusal): say(goodbye: refusal, now)
      case .page(let request): admit(request, rest: [], isLive: false, inner, now)
      case .live(let request, let rest): admit(request, rest: rest, isLive: true, inner, now)
      }
      if case .head = phase {} else { head = [] }
    case .relay:
      // Whoever asked for the page has nothing more to say; it is read and dropped, so that the end is seen.
      if meter != nil { take(bytes[..<count], now) }
    case .farewell, .parting, .over: break
    }
  }

  private func say(goodbye refusal: RequestGate.Refusal, _ now: Double) {
    phase = .farewell
    toClient.append(Array(refusal.response.utf8)[...])
    deadline = now + limits.patience
  }

  /// Connects to the server with a request of the gate's making.
  private func admit(_ request: String, rest: ArraySlice<UInt8>, isLive: Bool, _ inner: String, _ now: Double) {
    server = Self.connect(to: inner)
    guard server >= 0 else { return say(goodbye: .full, now) }
    phase = .relay
    deadline = now + limits.answer
    toServer.append(Array(request.utf8)[...])
    if isLive {
      meter = FrameMeter(limit: limits.message)
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

  /// Lets a WebSocket client's bytes through if they are what a page of ours sends.
  private func take(_ bytes: ArraySlice<UInt8>, _ now: Double) {
    guard meter?.accepts(bytes) == true else { return part(now) }
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
    guard sent > 0 else { return part(now) }
    toServer.remove(sent)
  }

  /// Sends to the client; one that takes nothing for too long is let go.
  private func deliver(_ now: Double) {
    let sent = toClient.withFront { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if sent < 0, errno == EAGAIN || errno == EINTR { return }
    guard sent > 0 else { return part(now) }
    toClient.remove(sent)
    // What comes next is the server's to say: soon for the page, whenever it likes for a WebSocket.
    deadline = !toClient.isEmpty ? now + limits.patience : meter == nil ? now + limits.answer : nil
  }
}

/// Bytes that wait, first in, first out.
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
