import Foundation

/// A client that says whatever it is told to, right or wrong: a TCP socket, and the frames of a WebSocket.
///
/// It waits for what must come for as long as the slowest machine may take; how fast a server is, no test here asks.
final class RawClient {
  struct Failure: Error, CustomStringConvertible { var description: String }

  /// s that a client waits at most.
  static let patience = 60.0

  private let descriptor: Int32
  private(set) var received: [UInt8] = []

  /// - Parameter receiveBuffer: bytes that the system keeps for this client, about; small for one that stalls.
  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    wait(seconds: 0.05)
  }

  deinit { close(descriptor) }

  /// Whether something has arrived that is not read yet; it stays where it is.
  var hasMail: Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 1
  }

  /// Whether the server's side of this connection is still open, as the system tells, whatever lies unread here.
  func isServed(by server: UInt16) throws -> Bool {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard result == 0 else { throw Failure(description: "no address") }
    func end(_ port: UInt16) -> String { String(format: "0100007F:%04X", port) }
    // local address, remote address, state 01: established
    return try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n").contains {
      let fields = $0.split(separator: " ")
      return fields.count > 3 && fields[1] == end(server) && fields[2] == end(UInt16(bigEndian: address.sin_port))
        && fields[3] == "01"
    }
  }

  private func wait(seconds: Double) {
    var time = timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1e6))
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// - Returns: false where the server no longer listens.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress.map { $0 + start }, bytes.count - start, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      start += count
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Reads until the server closes, a condition holds, or the time is over.
  ///
  /// - Returns: whether the server has closed.
  @discardableResult
  func read(seconds: Double = patience, until isEnough: ([UInt8]) -> Bool = { _ in false }) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while Date() < end, !isEnough(received) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        received += buffer[..<count]
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        return true
      }
    }
    return false
  }

  var text: String { String(decoding: received, as: UTF8.self) }
  /// Of the answer: "200 OK".
  var status: String { String(text.prefix { $0 != "\r\n" }.dropFirst("HTTP/1.1 ".count)) }

  /// Tries again until a condition holds.
  ///
  /// - Returns: whether it did in the end.
  static func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(patience)
    while try !holds() {
      guard Date() < end else { return false }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return true
  }

  /// Sends a request and reads the whole answer.
  static func ask(_ port: UInt16, _ lines: [String]) throws -> RawClient {
    let client = try RawClient(port: port)
    client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    client.read()
    return client
  }

  // MARK: WebSocket

  /// Shakes hands as the page would.
  static func live(_ port: UInt16, receiveBuffer: Int32? = nil) throws -> RawClient {
    let client = try RawClient(port: port, receiveBuffer: receiveBuffer)
    client.send(
      [
        "GET /live HTTP/1.1", "Host: 127.0.0.1:\(port)", "Origin: http://127.0.0.1:\(port)", "Connection: Upgrade",
        "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
      ].joined(separator: "\r\n"))
    let end = Array("\r\n\r\n".utf8)
    client.read { $0.firstRange(of: end) != nil }
    guard let head = client.received.firstRange(of: end), client.status.hasPrefix("101"),
      // The accept value that RFC 6455, section 1.3, gives for this key.
      client.text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    else { throw Failure(description: "no handshake: \(client.text.prefix(200))") }
    client.received.removeSubrange(..<head.upperBound)
    return client
  }

  /// A masked frame of text.
  static func frame(_ text: String) -> [UInt8] {
    let payload = Array(text.utf8)
    let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    let length: [UInt8] =
      payload.count < 126
      ? [0x80 | UInt8(payload.count)] : [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    return [0x81] + length + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
  }

  @discardableResult
  func command(_ text: String) -> Bool { send(Self.frame(text)) }

  enum Message {
    case text([String: Any])
    /// The episode's number and its rows.
    case rows(UInt32, [Float])
    case closed
  }

  private var pending: (opcode: UInt8, payload: [UInt8])?

  /// The next whole message; `nil` if none comes in time.
  func next(seconds: Double = patience) -> Message? {
    let end = Date().addingTimeInterval(seconds)
    while true {
      while let (first, payload, size) = Self.frame(in: received) {
        received.removeSubrange(..<size)
        let opcode = first & 0x0F
        let whole = opcode == 0 ? (pending?.payload ?? []) + payload : payload
        let kind = opcode == 0 ? pending?.opcode ?? 0 : opcode
        if first & 0x80 == 0 {
          pending = (kind, whole)
          continue
        }
        pending = nil
        switch kind {
        case 1:
          let json = try? JSONSerialization.jsonObject(with: Data(whole)) as? [String: Any]
          return .text(json ?? [:])
        case 2:
          let words = stride(from: 0, to: whole.count, by: 4).map { at in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(whole[at + $1]) << (8 * $1) }
          }
          return .rows(words[0], words.dropFirst().map { Float(bitPattern: $0) })
        case 8: return .closed
        default: continue
        }
      }
      if Date() >= end { return nil }
      let before = received.count
      if read(seconds: min(0.2, end.timeIntervalSinceNow), until: { $0.count > before }), received.count == before {
        return .closed
      }
    }
  }

  /// The next message of text of a kind, others passed over.
  func next(
    _ kind: String, seconds: Double = patience, where fits: ([String: Any]) -> Bool = { _ in true }
  ) -> [String: Any]? {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end, let message = next(seconds: end.timeIntervalSinceNow) {
      if case .closed = message { return nil }
      if case .text(let json) = message, json["kind"] as? String == kind, fits(json) { return json }
    }
    return nil
  }

  private static func frame(in bytes: [UInt8]) -> (first: UInt8, payload: [UInt8], size: Int)? {
    guard bytes.count >= 2 else { return nil }
    var start = 2
    var length = Int(bytes[1] & 0x7F)
    if length == 126 {
      guard bytes.count >= 4 else { return nil }
      length = Int(bytes[2]) << 8 | Int(bytes[3])
      start = 4
    } else if length == 127 {
      guard bytes.count >= 10 else { return nil }
      length = bytes[2..<10].reduce(0) { $0 << 8 | Int($1) }
      start = 10
    }
    guard bytes.count >= start + length else { return nil }
    return (bytes[0], Array(bytes[start..<start + length]), start + length)
  }
}
