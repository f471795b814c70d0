import Foundation

/// Decides which requests the viewer's server answers: those for the page and for its WebSocket, from a browser on this machine or
/// behind a forwarded port (`ssh -L 9000:localhost:8077`).
///
/// `Host` must be localhost, 127.0.0.1 or [::1], with any port, since a forwarded port differs from the server's. A name that
/// an attacker points to 127.0.0.1 is none of these, so DNS rebinding fails. `Origin`, where a browser sends it, must be the page's
/// own, port included, and a WebSocket must have it: browsers do not apply the same-origin policy to WebSockets.
struct RequestFilter: Sendable {
  /// What to do with a request.
  enum Verdict: Equatable {
    /// Wait for more of its head.
    case incomplete
    case refused(Refusal)
    /// The request to pass on.
    case page(String)
    /// The same, and what the client has sent beyond the head.
    case live(String, ArraySlice<UInt8>)
  }

  /// Why a request is refused, as a status line.
  enum Refusal: String, Equatable, Sendable {
    case malformed = "400 Bad Request"
    case foreign = "403 Forbidden"
    case unknown = "404 Not Found"
    case method = "405 Method Not Allowed"
    case tooLong = "431 Request Header Fields Too Large"
    case full = "503 Service Unavailable"

    /// The whole answer.
    var response: String {
      "HTTP/1.1 \(rawValue)\r\nContent-Type: text/plain\r\nContent-Length: \(rawValue.utf8.count)\r\n"
        + "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n\(rawValue)"
    }
  }

  /// Judges a request by its head.
  ///
  /// - Parameters:
  ///   - bytes: everything that the client has sent so far.
  ///   - limit: largest size of a head in bytes.
  func judge(_ bytes: [UInt8], limit: Int) -> Verdict {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      return bytes.count > limit ? .refused(.tooLong) : .incomplete
    }
    guard end.lowerBound <= limit else { return .refused(.tooLong) }
    let head = bytes[..<end.lowerBound]
    // Only printable ASCII, as in every head that a browser sends.
    guard head.allSatisfy({ (32...126).contains($0) || $0 == 13 || $0 == 10 || $0 == 9 }) else {
      return .refused(.malformed)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let request = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard request.count == 3, request[2] == "HTTP/1.1" else { return .refused(.malformed) }
    guard let fields = fields(lines.dropFirst()) else { return .refused(.malformed) }

    guard let host = fields["host"]?.lowercased(), Self.isLoopback(host) else { return .refused(.foreign) }
    if let origin = fields["origin"], origin.lowercased() != "http://\(host)" { return .refused(.foreign) }
    guard request[0] == "GET" else { return .refused(.method) }
    guard fields["transfer-encoding"] == nil, fields["content-length"].map({ $0 == "0" }) ?? true else {
      return .refused(.malformed)
    }
    switch request[1] {
    case ViewerPath.page[...]:
      return .page("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
    case ViewerPath.live[...]:
      guard fields["origin"] != nil else { return .refused(.foreign) }
      guard fields["upgrade"]?.lowercased() == "websocket", fields["sec-websocket-version"] == "13",
        let key = fields["sec-websocket-key"], Data(base64Encoded: key)?.count == 16
      else { return .refused(.malformed) }
      let passed =
        "GET /live HTTP/1.1\r\nHost: \(host)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n\r\n"
      return .live(passed, bytes[end.upperBound...])
    default: return .refused(.unknown)
    }
  }

  /// Whether this is localhost, 127.0.0.1 or [::1], with a port or without one.
  private static func isLoopback(_ host: String) -> Bool {
    guard let name = ["localhost", "127.0.0.1", "[::1]"].first(where: { host.hasPrefix($0) }) else { return false }
    let rest = host.utf8.dropFirst(name.utf8.count)
    guard let colon = rest.first else { return true }
    let digits = rest.dropFirst()
    guard colon == UInt8(ascii: ":"), (1...5).contains(digits.count),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return false }
    return UInt16(String(decoding: digits, as: UTF8.self)).map { $0 > 0 } ?? false
  }

  /// Header fields by lower-case name; `nil` if a line is not a field, or if a relevant one appears twice.
  private func fields(_ lines: ArraySlice<String>) -> [String: String]? {
    var fields: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
      let name = line[..<colon]
      guard name.allSatisfy({ $0.isLetter || $0.isNumber || "-_".contains($0) }) else { return nil }
      let key = name.lowercased()
      let isSingle = ["host", "origin", "content-length", "transfer-encoding", "sec-websocket-key", "upgrade"].contains(
        key)
      if isSingle && fields[key] != nil { return nil }
      fields[key] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return fields
  }
}

/// Parses the frames of a WebSocket's client (RFC 6455, section 5.2) without storing them, and detects frames that are
/// not allowed.
///
/// Allowed are what the viewer's page sends: whole, masked text messages of at most `limit` bytes, and control frames. Fragmented
/// and binary messages are not.
struct FrameFilter: Sendable {
  private let limit: Int
  /// Bytes of the present frame's header so far.
  private var header: [UInt8] = []
  /// Bytes that are left of the present frame, its mask included.
  private var remaining = 0

  init(limit: Int) { self.limit = limit }

  /// Whether these bytes are allowed after everything that passed before.
  mutating func accepts(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      if remaining > 0 {
        let count = min(remaining, rest.count)
        remaining -= count
        rest = rest.dropFirst(count)
        continue
      }
      header.append(rest.removeFirst())
      guard header.count >= 2 else { continue }
      let isFinal = header[0] & 0x80 != 0
      let opcode = header[0] & 0x0F
      let isMasked = header[1] & 0x80 != 0
      guard isFinal, header[0] & 0x70 == 0, isMasked, [0x1, 0x8, 0x9, 0xA].contains(opcode) else { return false }
      let short = Int(header[1] & 0x7F)
      let length: Int
      switch short {
      case 126:
        guard header.count >= 4 else { continue }
        length = Int(header[2]) << 8 | Int(header[3])
      case 127: return false
      default: length = short
      }
      guard length <= (opcode == 1 ? limit : 125) else { return false }
      remaining = 4 + length
      header.removeAll(keepingCapacity: true)
    }
    return true
  }
}
